"""`align`: find the object in photos, and cut its square out."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from editor.cli.batch import Done, Made, check_kept, check_targets, each_photo, read_record
from editor.cli.faces import chosen_squares, face_name, found_faces
from editor.cli.options import (
    Sub,
    add_command,
    add_domain,
    add_redo,
    add_yunet,
    check_finds,
    open_editor,
)
from editor.cli.photo_job import add_faces, chosen_faces, pack_job
from editor.cli.photos import find_photos
from editor.cli.result_names import further_names, result_names
from editor.errors import ImageError, OptionError

PLACES = "places.json"
Places = dict[str, list[dict[str, float]]]


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "align",
        run,
        "Find every face (or what the domain shows) in photos: the surest square as STEM.png, others "
        "as STEM_1.png and so on, and where they are. With --all-faces they are STEM_face1.png, … from "
        "left to right. Run again to go on.",
    )
    parser.add_argument("photos", type=Path, nargs="+", help="photos, or folders of photos")
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    parser.add_argument("--size", type=int, default=None, help="side, px; default: the domain's")
    add_redo(parser)
    add_faces(parser, every=True)
    add_yunet(parser)
    add_domain(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command. Return 1 where a photo failed or shows nothing, after all others are done."""
    from editor.files import write_text
    from editor.media.images import save_image
    from editor.photo.photo import Photo

    editor = open_editor(args)
    size = editor.info.resolution if args.size is None else args.size
    if not 16 <= size <= 4096:
        raise OptionError(f"--size is {size}; choose 16 to 4096 px")
    check_finds(editor)
    photos = find_photos(args.photos)
    further = further_names(args.command, chosen_faces(args))
    check_targets(photos, args.out, further)
    keys = _place_keys(result_names(photos, further))
    places = _read_places(args.out)
    job = replace(pack_job(args, editor, photos), size_px=size)
    subject = editor.info.subject if args.yunet is None else "face"

    def work(path: Path, name: str, done: Done) -> Made:
        if not path.is_file():
            raise ImageError(f"{path} was not found")
        photo = Photo.read(path, dict(job.levels))
        found = found_faces(editor, photo, job)
        if not found:
            raise ImageError(f"no {subject} was found")
        if job.faces == "":
            found.sort(key=lambda one: -one[1])
            names = [f"{name}{f'_{i}' if i else ''}.png" for i in range(len(found))]
        else:
            wished = chosen_squares(editor, photo, job, found)
            found = [(crop, chance) for crop, chance in found if crop in wished]
            names = [f"{face_name(name, job, i)}.png" for i in range(1, len(found) + 1)]
        check_kept([args.out / file for file in names], photos)
        squares = photo.parts([crop for crop, _ in found], size)
        for file, square in zip(names, squares, strict=True):
            save_image(square, args.out / file, edited=False)
        places[keys[name]] = [asdict(crop) | {"confidence": chance} for crop, chance in found]
        write_text(args.out / PLACES, json.dumps(places, indent=1) + "\n")
        said = f"{len(found)} found, {', '.join(f'{chance:.2f}' for _, chance in found)} sure"
        return Made(said, tuple(names))

    return each_photo(photos, args.out, job, args.redo or not places, work)


def _place_keys(names: dict[Path, str]) -> dict[str, str]:
    """Return by the name of a photo's results what `places.json` calls the photo.

    It is the name of its file. Where photos of several folders share that, the one whose results have
    the shortest name has it, and others are called as their results, without suffix.
    """
    keys: dict[str, str] = {}
    for path, name in sorted(names.items(), key=lambda one: (len(one[1]), one[1])):
        keys.setdefault(name, name if path.name in keys.values() else path.name)
    return keys


def _read_places(out: Path) -> Places:
    """Read what an earlier run found, by the names that `_place_keys` gives.

    Raises:
        OptionError: the file is somebody's own.
    """

    def is_place(place: Any) -> bool:
        return isinstance(place, dict) and "confidence" in place

    found: Places = read_record(out / PLACES, lambda one: all(map(is_place, one)))
    return found
