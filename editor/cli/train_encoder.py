"""`train-encoder`: a domain-guided (or traditional) encoder for a trained generator."""

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
        commands, "train-encoder", run, "Train an encoder with G fixed; run again to resume."
    )
    from editor.training.encoder_step import EncoderTraining
    from editor.training.presets import ENCODERS

    add_presets(parser, ENCODERS)
    add_data(parser)
    parser.add_argument(
        "--generator",
        type=Path,
        required=True,
        help="run folder with G and D, or pack; one without D starts with an untrained critic",
    )
    parser.add_argument("--out", type=Path, required=True, help="run folder")
    parser.add_argument("--licence", default="", help="licence and credits, for the file header")
    parser.add_argument(
        "--fmaps-base", type=int, default=3072, help="channels at r: base/r, from min to max"
    )
    add_widths(parser)
    parser.add_argument(
        "--heads",
        default="pyramid",
        choices=("single", "pyramid"),
        help="all layers from the last feature map, or finer layers from finer maps",
    )
    parser.add_argument(
        "--perceptual",
        default="discriminator",
        choices=("discriminator", "lpips", "vgg16"),
        help="features of the second term; lpips and vgg16 fetch weights once",
    )
    parser.add_argument(
        "--predictor",
        type=Path,
        default=None,
        help="pack or run folder of train-predictor, whose maps the second term compares as well",
    )
    parser.add_argument(
        "--init-from",
        type=Path,
        default=None,
        help="pack or run folder of an encoder to start from, or to grow; give the same channels and heads",
    )
    add_dataclass(parser, EncoderTraining)
    add_dry_run(parser)
    add_device(parser)


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    import torch

    from editor.cli.progress import launch, load_data
    from editor.models.config import EncoderConfig, PredictorConfig
    from editor.models.encoder import Encoder
    from editor.models.perceptual import Perceptual, PixelsAlone, PredictorPerceptual
    from editor.models.predictor import Predictor
    from editor.packs.features.perceptual import make_perceptual
    from editor.packs.info import needed_file
    from editor.packs.load import load_network
    from editor.packs.tensors import read_header
    from editor.runtime import fast_dtype, pick_device, use_threads
    from editor.training.critic import came_without_critic, load_with_critic, own_perceptual
    from editor.training.encoder import train_encoder
    from editor.training.encoder_step import EncoderTraining
    from editor.training.parallel import join_ranks, local_device
    from editor.training.run import RunFolder

    use_threads(args.threads)
    device = local_device(pick_device(args.device))
    options = from_args(args, EncoderTraining)
    domain = read_header(needed_file(args.generator, "generator")).get("domain")
    channels = (args.fmaps_base, args.fmaps_min, args.fmaps_max)
    features = args.perceptual
    generator, discriminator = load_with_critic(args.generator, *channels)
    generator, discriminator = generator.to(device), discriminator.to(device)
    config = EncoderConfig(
        resolution=generator.resolution,
        fmaps_base=args.fmaps_base,
        fmaps_min=args.fmaps_min,
        fmaps_max=args.fmaps_max,
        num_ws=generator.num_ws,
        w_dim=generator.w_dim,
        heads=args.heads,
    )
    if args.perceptual == "discriminator" and came_without_critic(args.generator):
        print("the pack came without a discriminator: the critic starts untrained", flush=True)
        perceptual: Perceptual = own_perceptual(args.generator).to(device)
        features = "none" if isinstance(perceptual, PixelsAlone) else "the pack's own"
    else:
        perceptual = make_perceptual(args.perceptual, discriminator, device)
    if args.predictor is not None:
        file = needed_file(args.predictor, "predictor")
        predictor = load_network(file, "predictor", Predictor, PredictorConfig).to(device)
        predictor.compute_dtype = fast_dtype(device) if options.bf16 else torch.float32
        perceptual = PredictorPerceptual(predictor, perceptual)
    origin = None
    if args.init_from is not None:
        file = needed_file(args.init_from, "encoder")
        origin = load_network(file, "encoder", Encoder, EncoderConfig).to(device)
    images = load_data(args, generator.resolution)
    header = {"domain": domain, "licence": args.licence, "data": data_names(args)}
    header["perceptual"] = features + ("" if args.predictor is None else " and predictor")

    with join_ranks() as ranks:

        def train(folder: RunFolder, options: EncoderTraining) -> Iterator[dict[str, Any]]:
            return train_encoder(
                images,
                folder,
                options,
                config,
                generator,
                discriminator,
                perceptual,
                header,
                ranks,
                origin,
            )

        launch(train, options, args.out, args.dry_run, ranks)
