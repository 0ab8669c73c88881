"""`convert`: a domain pack of published files."""

from __future__ import annotations

import argparse
from pathlib import Path

from editor.cli.conversion import install
from editor.cli.options import (
    Sub,
    add_alignment,
    add_command,
    add_root,
    chosen_alignment,
    chosen_folders,
)
from editor.defaults import UNSAID


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands, "convert", run, "Make a domain pack of published networks, read inertly."
    )
    parser.add_argument(
        "format",
        choices=("idinvert", "stylegan2"),
        help="whose files they are: idinvert's, or StyleGAN2 in NVIDIA's .pkl (stylegan2-ada-pytorch, "
        "stylegan3), rosinality's .pt, or the .pt of pSp and e4e",
    )
    parser.add_argument(
        "--generator", type=Path, help="its file; not needed where --encoder holds it (pSp, e4e)"
    )
    parser.add_argument(
        "--encoder",
        type=Path,
        help="its file; stylegan2 makes a pack without one where it is left out",
    )
    parser.add_argument("--perceptual", type=Path, help=".pth of VGG16, for the feature term")
    parser.add_argument("--boundaries", type=Path, help="folder of .npy boundaries")
    parser.add_argument("--name", required=True, help="of the domain, such as ffhq256")
    add_root(parser)
    add_pack_facts(parser)
    add_alignment(parser, "how its squares lie around a face; default: ffhq")


def add_pack_facts(parser: argparse.ArgumentParser) -> None:
    """Add options for what a pack says of itself and how it is stored."""
    parser.add_argument("--title", default="", help="a person's words for the domain")
    parser.add_argument("--subject", default="face", help="what a picture shows: face, scene")
    parser.add_argument("--licence", default=UNSAID, help="of the weights, with credits")
    parser.add_argument(
        "--float16",
        action="store_true",
        help="store half as much; pictures then differ from the original's in the last grey level",
    )


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    from editor.packs.convert.run import Sources

    install(
        Sources(
            name=args.name,
            generator=args.generator,
            encoder=args.encoder,
            perceptual=args.perceptual,
            boundaries=args.boundaries,
            title=args.title,
            subject=args.subject,
            licence=args.licence,
            float16=args.float16,
            alignment=chosen_alignment(args),
            family=args.format,
        ),
        *chosen_folders(args),
    )
