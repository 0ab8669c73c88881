"""`edit`: photos or saved codes with sliders moved."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from editor.cli.batch import check_targets
from editor.cli.foreign_codes import Opened, add_code, check_code, is_code_file, opened_codes
from editor.cli.options import Sub, add_command, open_editor, parse_pairs
from editor.cli.photo_files import add_photo_files
from editor.cli.photo_job import Digested, add_photo_options, chosen_faces, inversion_job
from editor.cli.photos import find_photos, read_mask, save_edits
from editor.cli.result_names import further_names
from editor.errors import OptionError

if TYPE_CHECKING:
    from editor.session import Editor


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands, "edit", run, "Move sliders of photos or of codes and save the pictures."
    )
    parser.add_argument("photos", type=Path, nargs="+", help="photos, or codes (.npz, .npy, .pt)")
    parser.add_argument(
        "--move",
        nargs="+",
        action="extend",
        required=True,
        metavar="NAME=DISTANCE",
        help="smile=2 age=-1",
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
    add_code(parser)
    add_photo_files(parser)
    add_photo_options(parser, all_faces=True)


def run(args: argparse.Namespace) -> int:
    """Run the command. Return 1 where a photo failed, after all others are done."""
    moves = parse_pairs(args.move, "NAME=DISTANCE")
    photos = find_photos(args.photos)
    further = further_names(args.command, chosen_faces(args))
    mask = [] if args.mask is None else [args.mask]
    check_targets([path for path in photos if not is_code_file(path)], args.out, further, mask)
    check_code(args.code, photos)
    _check_photos(args, photos)
    editor = open_editor(args)
    with opened_codes(editor, photos, args.code) as given:
        check_targets(given.paths, args.out, further, [*photos, *mask])
        return _edited(editor, given, args, moves)


def _check_photos(args: argparse.Namespace, given: list[Path]) -> None:
    """Refuse options of photos where codes alone were given, which have none.

    Raises:
        OptionError: there is one.
    """
    asked = {
        "--all-faces": args.all_faces,
        "--face": args.face,
        "--turn": args.turn,
        "--crop": args.crop,
        "--format": args.format,
        "--colour": args.colour,
    }
    named = [name for name, value in asked.items() if value]
    if named and all(is_code_file(path) for path in given):
        raise OptionError(f"{named[0]} is for photos, and only codes were given; leave it out")


def _edited(
    editor: Editor, given: Opened, args: argparse.Namespace, moves: dict[str, float]
) -> int:
    mask = None if args.mask is None else read_mask(args.mask, editor)
    job = replace(
        inversion_job(args, editor, given.paths, moves),
        paste=None if args.paste == "none" else args.paste,
        mask=None if mask is None else Digested.of(mask, mask.numpy().tobytes()),
        settle=args.settle,
        kind=args.format,
        colour=args.colour,
    )
    return save_edits(editor, given.paths, job, args.out, args.redo, given.states)
