"""`edit`: photos or saved codes with sliders moved."""

from __future__ import annotations

import argparse
from pathlib import Path

from editor.cli import invert
from editor.cli.options import Sub, add_command, parse_pairs


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands, "edit", run, "Move sliders of photos or of codes (.npz) and save the pictures."
    )
    parser.add_argument("photos", type=Path, nargs="+", help="photos, or codes saved as .npz")
    parser.add_argument(
        "--move", nargs="+", required=True, metavar="NAME=DISTANCE", help="smile=2 age=-1"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    parser.add_argument(
        "--paste",
        choices=("difference", "replace", "none"),
        default="difference",
        help="how the whole photo is made: keep its detail, blend the picture in, or not at all",
    )
    parser.add_argument(
        "--mask",
        type=Path,
        help="a grey picture of the square: white where the sliders may change it",
    )
    parser.add_argument(
        "--settle",
        action="store_true",
        help="find a code for the result, so that the mask's seam is the generator's",
    )
    invert.add_photo_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    args.moves = parse_pairs(args.move, "NAME=DISTANCE")
    return invert.run(args)
