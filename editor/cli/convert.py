"""`convert`: a domain pack of published files."""

from __future__ import annotations

import argparse
from pathlib import Path

from editor.cli.conversion import install
from editor.cli.options import Sub, add_command, add_root, chosen_folders


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands, "convert", run, "Make a domain pack of published networks, read inertly."
    )
    parser.add_argument("format", choices=("idinvert",), help="whose files they are")
    parser.add_argument("--generator", type=Path, required=True, help=".pth of the generator")
    parser.add_argument("--encoder", type=Path, required=True, help=".pth of its encoder")
    parser.add_argument("--perceptual", type=Path, help=".pth of VGG16, for the feature term")
    parser.add_argument("--boundaries", type=Path, help="folder of .npy boundaries")
    parser.add_argument("--name", required=True, help="of the domain, such as ffhq256")
    add_root(parser)
    add_pack_facts(parser)


def add_pack_facts(parser: argparse.ArgumentParser) -> None:
    """Add options for what a pack says of itself and how it is stored."""
    parser.add_argument("--title", default="", help="a person's words for the domain")
    parser.add_argument("--subject", default="face", help="what a picture shows: face, scene")
    parser.add_argument(
        "--licence", default="as published; see the publisher", help="of the weights, with credits"
    )
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
        ),
        *chosen_folders(args),
    )
