"""`diffuse`: a patch of one photo spreads into others."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from editor.cli.batch import Done, Made, check_targets, each_photo
from editor.cli.faces import chosen_squares, face_name
from editor.cli.options import Sub, add_command, open_editor
from editor.cli.photo_job import Digested, add_photo_options, chosen_faces, inversion_job
from editor.cli.photos import find_photos, read_mask
from editor.cli.result_names import further_names

if TYPE_CHECKING:
    from PIL import Image


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "diffuse",
        run,
        "Put a patch of one photo on others and let it spread; run again to go on.",
    )
    parser.add_argument("--target", type=Path, required=True, help="the photo with the patch")
    parser.add_argument(
        "--context", type=Path, nargs="+", required=True, help="photos, or folders of photos"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    patch = parser.add_mutually_exclusive_group()
    patch.add_argument(
        "--mask", type=Path, help="a grey picture of the target's square: white is the patch"
    )
    patch.add_argument(
        "--rectangle",
        type=float,
        nargs=4,
        metavar=("WIDTH", "HEIGHT", "X", "Y"),
        help="size and centre, as shares of the square; default: the published one",
    )
    parser.add_argument(
        "--offset",
        type=float,
        nargs=2,
        default=(0.0, 0.0),
        metavar=("RIGHT", "DOWN"),
        help="how far the patch is moved on the contexts, as shares of the square",
    )
    add_photo_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command. Return 1 where a context failed, after all others are done."""
    from editor.editing.diffuse import rectangle
    from editor.media.images import save_image
    from editor.photo.photo import Photo

    contexts = find_photos(args.context)
    others = [args.target] if args.mask is None else [args.target, args.mask]
    check_targets(contexts, args.out, further_names(args.command, chosen_faces(args)), others)
    editor = open_editor(args)
    side = editor.info.resolution
    if args.mask is not None:
        mask = read_mask(args.mask, editor)
    elif args.rectangle is not None:
        width, height, x, y = args.rectangle
        mask = rectangle(side, (width, height), (x, y))
    else:
        mask = rectangle(side)
    job = inversion_job(args, editor, contexts, usual=editor.engine.diffusion)

    def aligned(path: Path) -> Image.Image:
        read = Photo.read(path, dict(job.levels))
        return editor.align(read, chosen_squares(editor, read, job)[0])

    target = aligned(args.target)
    offset = (args.offset[0], args.offset[1])
    editor.collages(target, [target], mask, offset)  # refuses what is wrong with the patch
    job = replace(
        job,
        target=Digested.of(target, target.tobytes()),
        patch=Digested.of(mask, mask.numpy().tobytes()),
        offset=offset,
    )

    def work(context: Path, name: str, _: Done) -> Made:
        name, square = face_name(name, job), aligned(context)
        (edit,) = editor.diffuse(target, [square], mask, offset, job.options)
        editor.save_code(edit, args.out / f"{name}.npz")
        editor.save(edit, args.out / f"{name}.png")
        (pasted,) = editor.collages(target, [square], mask, offset)
        save_image(pasted, args.out / f"{name}_collage.png")
        return Made(f"{args.out / name}.png", (f"{name}.png",))

    return each_photo(contexts, args.out, job, args.redo, work)
