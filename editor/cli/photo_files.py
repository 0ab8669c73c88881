"""Files of whole photos that commands write: their formats, their names, and the options that say them."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from editor.photo.photo import Photo

NAMES = "names.json"  # of what was written, and of which photo each was made
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


def save_whole(photo: Photo, stem: str, out: Path, wanted: str, made_of: Path) -> tuple[str, str]:
    """Save an edited photo under a name that is free, or that of an earlier result of the same photo.

    Args:
        photo: edited.
        stem: of the file, without suffix.
        out: folder.
        wanted: format; empty follows the photo.
        made_of: the photo's file, which is never written over.

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
    known = _read_names(out)
    key = hashlib.sha256(str(made_of.resolve()).encode()).hexdigest()[:16]
    name = free_name(
        stem,
        SUFFIXES[kind],
        lambda one: (out / one).exists() and known.get(one) != key,
    )
    save_image(photo.pixels, out / name, source=photo.source)
    write_text(out / NAMES, json.dumps(known | {name: key}, indent=1) + "\n")
    return name, word


def _read_names(out: Path) -> dict[str, str]:
    """Read what earlier runs wrote."""
    try:
        found = json.loads((out / NAMES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
