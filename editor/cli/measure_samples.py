"""`measure-samples`: how far a generator's samples lie from photos, as JSON."""

from __future__ import annotations

import argparse
from pathlib import Path

from editor.cli.options import Sub, add_command, add_device, add_exclude, parse_pairs


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "measure-samples",
        run,
        "Fréchet and sliced Wasserstein distance of samples to photos not trained on.",
    )
    parser.add_argument("--generator", type=Path, required=True, help="pack or run folder")
    parser.add_argument("--photos", type=Path, required=True, help="zip or folder, aligned")
    parser.add_argument(
        "--features", type=Path, required=True, help="SqueezeNet v1.0 .npz: the judge's features"
    )
    parser.add_argument("--count", type=int, default=1000, help="samples, seeds from 0")
    add_exclude(parser, ["unusable=0.6"])
    parser.add_argument("--psi", type=float, default=1.0, help="truncation")
    parser.add_argument("--out", type=Path, required=True, help="JSON file")
    add_device(parser)


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    import json

    import torch

    from editor.cli.progress import load_with_bar
    from editor.evaluation.samples import measure_samples
    from editor.files import write_text
    from editor.models.config import GeneratorConfig
    from editor.models.stylegan2 import StyleGAN2Generator
    from editor.packs.features.squeezenet import load_squeezenet
    from editor.packs.load import load_network
    from editor.packs.tensors import read_header
    from editor.runtime import pick_device, use_threads

    exclude = parse_pairs(args.exclude, "NAME=BOUND")
    use_threads(args.threads)
    device = pick_device(args.device)
    file = args.generator / "generator.safetensors"
    generator = load_network(file, "generator", StyleGAN2Generator, GeneratorConfig).to(device)
    photos = load_with_bar(args.photos, generator.resolution, exclude)
    found = {
        "generator": str(args.generator),
        "kimg": read_header(file).get("training", {}).get("kimg"),
        **measure_samples(
            generator,
            photos.batch(torch.arange(len(photos))),
            load_squeezenet(args.features),
            args.count,
            args.psi,
        ),
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_text(args.out, json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))
