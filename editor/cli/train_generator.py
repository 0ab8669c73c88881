"""`train-generator`: a StyleGAN2 generator from a folder or zip of images."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from editor.cli.options import (
    Sub,
    add_command,
    add_data,
    add_dataclass,
    add_device,
    add_dry_run,
    add_presets,
    add_widths,
    data_names,
    from_args,
)


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands, "train-generator", run, "Train a generator; run again to resume."
    )
    from editor.training.adversarial import GeneratorTraining
    from editor.training.presets import GENERATORS

    add_presets(parser, GENERATORS)
    add_data(parser)
    parser.add_argument("--out", type=Path, required=True, help="run folder")
    parser.add_argument("--domain", default="", help="name of the domain, for the file headers")
    parser.add_argument("--licence", default="", help="licence and credits, for the file headers")
    parser.add_argument(
        "--init-from",
        type=Path,
        default=None,
        help="pack or run folder of a smaller generator to grow from; give the same channels",
    )
    parser.add_argument("--resolution", type=int, default=64, help="px, of the pictures made")
    parser.add_argument(
        "--fmaps-base", type=int, default=4096, help="channels at r: base/r, from min to max"
    )
    parser.add_argument("--fmaps-base-d", type=int, default=2048, help="the same, discriminator")
    parser.add_argument(
        "--fmaps-base-e", type=int, default=3072, help="the same, of the encoder of --recon-share"
    )
    add_widths(parser)
    parser.add_argument(
        "--noise",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="a noise field a layer, new for each image while training, fixed afterwards",
    )
    parser.add_argument(
        "--features",
        type=Path,
        default=None,
        help="SqueezeNet v1.0 .npz for a second discriminator on projected features (but for "
        "--projected 0), and for comparing the reconstructions of --recon-share",
    )
    add_dataclass(parser, GeneratorTraining)
    add_dry_run(parser)
    add_device(parser)


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    from editor.cli.progress import launch, load_data
    from editor.models.config import DiscriminatorConfig, EncoderConfig, GeneratorConfig
    from editor.packs.features.squeezenet import load_squeezenet
    from editor.packs.load import load_encoder, load_pair
    from editor.runtime import pick_device, use_threads
    from editor.training.adversarial import GeneratorTraining
    from editor.training.generator import train_generator
    from editor.training.grow import Origin
    from editor.training.parallel import join_ranks, local_device
    from editor.training.run import RunFolder

    use_threads(args.threads)
    device = local_device(pick_device(args.device))
    options = from_args(args, GeneratorTraining)
    size = {
        "resolution": args.resolution,
        "fmaps_min": args.fmaps_min,
        "fmaps_max": args.fmaps_max,
    }
    generator = GeneratorConfig(fmaps_base=args.fmaps_base, noise=args.noise, **size)
    discriminator = DiscriminatorConfig(fmaps_base=args.fmaps_base_d, **size)
    encoder = EncoderConfig(
        fmaps_base=args.fmaps_base_e,
        num_ws=generator.num_ws,
        w_dim=generator.w_dim,
        heads="pyramid" if args.resolution >= 32 else "single",
        **size,
    )
    images = load_data(args, args.resolution)
    header = {"domain": args.domain or None, "licence": args.licence, "data": data_names(args)}
    origin = None
    if args.init_from is not None:
        start = load_encoder(args.init_from) if args.recon_share > 0 else None
        origin = Origin(*load_pair(args.init_from), start)
    features = None if args.features is None else load_squeezenet(args.features)
    with join_ranks() as ranks:

        def train(folder: RunFolder, options: GeneratorTraining) -> Iterator[dict[str, Any]]:
            return train_generator(
                images,
                folder,
                options,
                generator,
                discriminator,
                device,
                header,
                origin,
                ranks,
                features,
                encoder,
            )

        launch(train, options, args.out, args.dry_run, ranks)
