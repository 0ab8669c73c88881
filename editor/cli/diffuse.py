"""`diffuse`: a patch of one photo spreads into others."""

from __future__ import annotations

import argparse
from pathlib import Path

from editor.cli.invert import (
    add_photo_options,
    check_targets,
    chosen_options,
    each_photo,
    find_photos,
    place_by,
    read_mask,
)
from editor.cli.options import Sub, add_command


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
    """Run the command; 1 when a context failed, after all others are done."""
    from editor.editing.diffuse import rectangle
    from editor.media.images import save_image
    from editor.photo.crop import Crop
    from editor.runtime import use_threads
    from editor.session import Editor

    use_threads(args.threads)
    crop = Crop(*args.crop) if args.crop else None
    contexts = find_photos(args.context)
    check_targets(contexts, args.out)
    editor = Editor.open(args.domain, args.device)
    options, side = chosen_options(args, editor.engine.diffusion), editor.info.resolution
    if args.mask is not None:
        mask = read_mask(args.mask, editor)
    elif args.rectangle is not None:
        width, height, x, y = args.rectangle
        mask = rectangle(side, (width, height), (x, y))
    else:
        mask = rectangle(side)
    target, offset = (
        editor.align(args.target, crop or place_by(args.yunet, args.target, editor.info.squares)),
        (args.offset[0], args.offset[1]),
    )
    editor.collages(target, [target], mask, offset)  # refuses what is wrong with the patch

    def work(context: Path) -> str:
        aligned = editor.align(context, crop or place_by(args.yunet, context, editor.info.squares))
        (edit,) = editor.diffuse(target, [aligned], mask, offset, options)
        editor.save_code(edit, args.out / f"{context.stem}.npz")
        editor.save(edit, args.out / f"{context.stem}.png")
        (pasted,) = editor.collages(target, [aligned], mask, offset)
        save_image(pasted, args.out / f"{context.stem}_collage.png")
        return f"{args.out / context.stem}.png"

    drawn, seen = mask.numpy().tobytes(), target.tobytes()
    asked = repr((editor.engine.fingerprint, options, crop, drawn, offset, seen, args.yunet))
    return each_photo(contexts, args.out, asked, args.redo, work)
