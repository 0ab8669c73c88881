"""`invert`: photos to codes and reconstructions."""

from __future__ import annotations

import argparse
from pathlib import Path

from editor.cli.batch import check_targets
from editor.cli.options import Sub, add_command, open_editor
from editor.cli.photo_job import add_photo_options, chosen_faces, inversion_job
from editor.cli.photos import find_photos, save_edits
from editor.cli.result_names import further_names


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "invert",
        run,
        "Invert photos: a code (.npz) and a picture (.png) of each. Run again to go on.",
    )
    parser.add_argument("photos", type=Path, nargs="+", help="photos, or folders of photos")
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    add_photo_options(parser, all_faces=True)


def run(args: argparse.Namespace) -> int:
    """Run the command. Return 1 where a photo failed, after all others are done."""
    photos = find_photos(args.photos)
    check_targets(photos, args.out, further_names(args.command, chosen_faces(args)))
    editor = open_editor(args)
    job = inversion_job(args, editor, photos)
    return save_edits(editor, photos, job, args.out, args.redo)
