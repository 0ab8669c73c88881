"""`align`: find the object in photos, and cut its square out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from editor.cli.options import Sub, add_command, add_domain


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "align",
        run,
        "Find every face (or what the domain shows) in photos: squares as pictures, and where they are.",
    )
    parser.add_argument("photos", type=Path, nargs="+", help="photos, or folders of photos")
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    parser.add_argument("--size", type=int, default=None, help="side, px; default: the domain's")
    add_domain(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command; 1 when a photo failed or shows nothing, after all others are done."""
    import json
    from dataclasses import asdict

    from tqdm import tqdm

    from editor.alignment.crop import crop_square
    from editor.cli.invert import find_photos
    from editor.errors import EditorError, ImageError, OptionError
    from editor.images import load_image, save_image
    from editor.runtime import use_threads
    from editor.session import Editor
    from editor.training.run import write_text

    use_threads(args.threads)
    editor = Editor.open(args.domain, args.device)
    if editor.pack.aligner is None:
        raise OptionError(
            f"'{args.domain}' has no aligner; train one: python -m editor train-aligner"
        )
    photos = find_photos(args.photos)
    places: dict[str, list[dict[str, float]]] = {}
    failures: list[str] = []
    for path in tqdm(photos, unit="photo"):
        try:
            if not path.is_file():
                raise ImageError(f"{path} was not found")
            photo = load_image(path)
            found = editor.find(photo)
            if not found:
                raise ImageError(f"no {editor.info.subject} was found")
            places[path.name] = [asdict(crop) | {"confidence": chance} for crop, chance in found]
            for number, (crop, _) in enumerate(found):
                name = f"{path.stem}_{number}.png" if len(found) > 1 else f"{path.stem}.png"
                size = args.size or editor.info.resolution
                save_image(crop_square(photo, crop, size), args.out / name)
        except EditorError as error:
            failures.append(f"{path}: {error}")
    args.out.mkdir(parents=True, exist_ok=True)
    write_text(args.out / "places.json", json.dumps(places, indent=1) + "\n")
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    if failures:
        print(f"{len(failures)} of {len(photos)} failed", file=sys.stderr)
    return 1 if failures else 0
