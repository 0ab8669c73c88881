"""`align`: find the object in photos, and cut its square out."""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from editor.cli.options import Sub, add_command, add_domain

if TYPE_CHECKING:
    from editor.evaluation.aligner import Finder
    from editor.geometry import Alignment
    from editor.session import Editor

PLACES = "places.json"
Places = dict[str, list[dict[str, float]]]


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "align",
        run,
        "Find every face (or what the domain shows) in photos: the surest square as STEM.png, others "
        "as STEM_1.png and so on, and where they are. Run again to go on.",
    )
    parser.add_argument("photos", type=Path, nargs="+", help="photos, or folders of photos")
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    parser.add_argument("--size", type=int, default=None, help="side, px; default: the domain's")
    parser.add_argument(
        "--redo", action="store_true", help="also what is in --out already, instead of going on"
    )
    add_yunet(parser)
    add_domain(parser)


def add_yunet(parser: argparse.ArgumentParser) -> None:
    """--yunet."""
    parser.add_argument(
        "--yunet",
        type=Path,
        default=None,
        metavar="FILE",
        help="find faces with OpenCV's YuNet, read from this .onnx, not with the pack's aligner",
    )


def chosen_finder(editor: Editor, yunet: Path | None, alignment: Alignment | None = None) -> Finder:
    """YuNet where its file was given, else the pack's aligner.

    Args:
        editor: of the domain.
        yunet: its file.
        alignment: of the squares that YuNet gives; by default the pack's.

    Raises:
        OptionError: the pack has no aligner.
        UnavailableError: OpenCV is not installed.
        WeightsError: the file is no YuNet.
    """
    from PIL import Image

    from editor.errors import OptionError
    from editor.geometry import TIGHT
    from editor.photo.yunet import yunet_faces

    if yunet is not None:
        yunet_faces(Image.new("RGB", (64, 64)), yunet)  # before any photo is read
        wished = alignment or editor.info.squares or TIGHT
        return partial(yunet_faces, path=yunet, alignment=wished)
    if not editor.engine.has_aligner:
        name = editor.info.name
        raise OptionError(f"'{name}' has no aligner; train one: python -m editor train-aligner")
    return editor.find


def run(args: argparse.Namespace) -> int:
    """Run the command; 1 when a photo failed or shows nothing, after all others are done."""
    from dataclasses import asdict

    from editor.cli.invert import check_kept, check_targets, each_photo, find_photos
    from editor.errors import ImageError, OptionError
    from editor.media.images import load_image, save_image
    from editor.photo.crop import crop_square
    from editor.runtime import use_threads
    from editor.session import Editor
    from editor.training.run import write_text

    use_threads(args.threads)
    editor = Editor.open(args.domain, args.device)
    size = editor.info.resolution if args.size is None else args.size
    if not 16 <= size <= 4096:
        raise OptionError(f"--size is {size}; choose 16 to 4096 px")
    find = chosen_finder(editor, args.yunet)
    photos = find_photos(args.photos)
    check_targets(photos, args.out)
    places = _read_places(args.out)
    subject = editor.info.subject if args.yunet is None else "face"

    def work(path: Path) -> str:
        if not path.is_file():
            raise ImageError(f"{path} was not found")
        photo = load_image(path)
        found = find(photo)
        if not found:
            raise ImageError(f"no {subject} was found")
        names = [f"{path.stem}{f'_{i}' if i else ''}.png" for i in range(len(found))]
        check_kept([args.out / name for name in names], photos)
        for name, (crop, _) in zip(names, found, strict=True):
            square = crop_square(photo, crop, size)
            square.info |= photo.info  # the colour profile
            save_image(square, args.out / name, edited=False)
        places[path.name] = [asdict(crop) | {"confidence": chance} for crop, chance in found]
        write_text(args.out / PLACES, json.dumps(places, indent=1) + "\n")
        return f"{len(found)} found, {', '.join(f'{chance:.2f}' for _, chance in found)} sure"

    asked = repr((editor.engine.fingerprint, size, args.yunet))
    return each_photo(photos, args.out, asked, args.redo or not places, work)


def _read_places(out: Path) -> Places:
    """What an earlier run found, by the photo's name."""
    try:
        found = json.loads((out / PLACES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
