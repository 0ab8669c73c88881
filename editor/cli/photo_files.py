"""Files of whole photos that commands write: their formats, their names, and the options that say them."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from editor.cli.batch import place
from editor.cli.result_names import further_names, result_names
from editor.file_names import folded

if TYPE_CHECKING:
    from editor.cli.photo_job import PhotoJob
    from editor.photo.photo import Photo

NAMES = ".editor-names.json"  # of what was written, and of which photo each was made
FORMATS = ("jpeg", "png", "webp", "tiff", "avif", "heic")


def add_photo_files(parser: argparse.ArgumentParser) -> None:
    """Add --format and --colour."""
    parser.add_argument(
        "--format", choices=FORMATS, default="", help="of the whole photo; default: as it came"
    )
    parser.add_argument(
        "--colour", action="store_true", help="let colour into a grey photo, which stays grey else"
    )


def done_words(moves: tuple[tuple[str, float], ...]) -> str:
    """Return what was done as a file's name tells it, such as "smile+2"; of more than two, "edited"."""
    told = [f"{name.replace('_', ' ')}{distance:+g}" for name, distance in moves]
    return " ".join(told) if 0 < len(told) <= 2 else "edited"


def planned_places(photos: list[Path], out: Path, job: PhotoJob) -> frozenset[str]:
    """Return where the given files and the results named after them lie, as `place` tells them.

    Args:
        photos: photos and codes.
        out: folder of the results.
        job: of all.
    """
    names = result_names(photos, further_names(job.command, job.faces)).values()
    planned = [out / f"{name}{suffix}" for name in names for suffix in (".png", ".npz")]
    return frozenset(map(place, [*photos, *planned]))


def save_whole(
    photo: Photo,
    stem: str,
    out: Path,
    wanted: str,
    made_of: Path,
    kept: Collection[str] = (),
) -> tuple[str, str]:
    """Save an edited photo under a name that is free, or that of an earlier result of the same photo.

    An earlier result that somebody changed since stays.

    Args:
        photo: edited.
        stem: of the file, without suffix.
        out: folder.
        wanted: format; empty follows the photo.
        made_of: the photo's file, which is never written over.
        kept: places of other files that are not written over, as `place` tells them.

    Returns:
        The file's name, and what is to be said of its format.

    Raises:
        OptionError: the format cannot be written.
        ImageError: it is too large for it, or the folder cannot be written.
    """
    from editor.files import write_text
    from editor.media.formats import SUFFIXES, chosen_format
    from editor.media.images import save_image
    from editor.media.names import free_name

    kind, word = chosen_format(wanted, photo.source)
    known, kept = _read_names(out), {*kept, place(made_of)}
    of = hashlib.sha256(str(made_of.resolve()).encode()).hexdigest()[:16]
    alike = {folded(name): name for name in known if (out / name).is_file()}

    def is_taken(name: str) -> bool:
        path = out / name
        if place(path) in kept or alike.get(folded(name), name) != name:
            return True
        return path.exists() and known.get(name) != [of, _digest(path)]

    name = free_name(stem, SUFFIXES[kind], is_taken)
    save_image(photo.pixels, out / name, source=photo.source)
    record = known | {name: [of, _digest(out / name)]}
    write_text(out / NAMES, json.dumps(record, indent=1) + "\n")
    return name, word


def _digest(path: Path) -> str:
    """Return the sha256 of a file; nothing where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _read_names(out: Path) -> dict[str, list[str]]:
    """Read what earlier runs wrote: for each name the photo's key, and the file's digest as it was written."""
    try:
        found = json.loads((out / NAMES).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
