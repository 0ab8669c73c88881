"""`invert`: photos to codes and reconstructions."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from editor.cli.options import Sub, add_command, add_domain
from editor.errors import OptionError


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands, "invert", run, "Invert photos: a code (.npz) and a picture (.png) of each."
    )
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    add_photo_options(parser)


def add_photo_options(parser: argparse.ArgumentParser) -> None:
    """Options of everything that inverts a photo."""
    add_domain(parser)
    parser.add_argument("--steps", type=int, default=100, help="most updates; 0: the encoder alone")
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--weight-pix", type=float, default=1.0)
    parser.add_argument("--weight-feat", type=float, default=0.2)
    parser.add_argument("--weight-domain", type=float, default=2.0)
    parser.add_argument(
        "--crop",
        type=float,
        nargs=4,
        default=None,
        metavar=("X", "Y", "SIDE", "ANGLE"),
        help="centre (0…1), side (of the shorter side), degrees; default: the centre square",
    )


def run(args: argparse.Namespace) -> int:
    """Run the command; 1 when a photo failed, after all others are done."""
    from tqdm import tqdm

    from editor.alignment.crop import Crop
    from editor.errors import EditorError, ImageError
    from editor.inversion.loop import InversionOptions
    from editor.inversion.objective import Weights
    from editor.runtime import use_threads
    from editor.session import Editor

    use_threads(args.threads)
    weights = Weights(args.weight_pix, args.weight_feat, args.weight_domain)
    options = InversionOptions(steps=args.steps, lr=args.lr, weights=weights)
    crop = Crop(*args.crop) if args.crop else None
    _check_targets(args.photos, args.out)
    editor = Editor.open(args.domain, args.device)
    moves = getattr(args, "moves", {})
    failures: list[str] = []
    for photo in tqdm(args.photos, unit="photo"):
        try:
            if not photo.is_file():
                raise ImageError(f"{photo} was not found")
            if photo.suffix == ".npz":
                edit = editor.open_code(photo).move(**moves)
            else:
                edit = editor.invert(photo, crop, options).move(**moves)
            edit.save(args.out / f"{photo.stem}.png")
            edit.save_code(args.out / f"{photo.stem}.npz")
            fit = dict(edit.losses).get("loss_pix")
            tqdm.write(
                f"{photo.name}: {args.out / photo.stem}.png" + (f", fit {fit:.4f}" if fit else "")
            )
        except EditorError as error:
            failures.append(f"{photo}: {error}")
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    return 1 if failures else 0


def _check_targets(photos: list[Path], out: Path) -> None:
    """Refuse to write over a photo that was given, or two results to one name."""
    seen: dict[str, Path] = {}
    for photo in photos:
        if photo.stem in seen:
            raise OptionError(
                f"{seen[photo.stem]} and {photo} would both be saved as {photo.stem}.png; rename one"
            )
        seen[photo.stem] = photo
        if photo.suffix != ".npz" and photo.resolve() == (out / f"{photo.stem}.png").resolve():
            raise OptionError(f"{photo} would be overwritten; choose another --out")
