"""What the results of a batch are called: after their photos, and apart where these share a name."""

from __future__ import annotations

import os
import re
from pathlib import Path

from editor.file_names import folded

USUAL = (".npz", ".jpg", ".jpeg")  # which of several files of one name keeps it, in this order


def is_code(path: Path) -> bool:
    """Return whether a file's name is one of a saved code."""
    return path.suffix.lower() == ".npz"


def further_names(command: str, faces: str) -> str:
    """Return a pattern of what follows a photo's name in those of further results; empty where there are none.

    Args:
        command: that makes them.
        faces: which are taken, as `PhotoJob.faces`.
    """
    numbered = r"(_face\d+)?" if faces not in ("", "largest") else ""
    numbered = r"(_\d+)?" if command == "align" and not faces else numbered
    return numbered + (r"(_collage)?" if command == "diffuse" else "")


def result_names(photos: list[Path], further: str = "") -> dict[Path, str]:
    """Return the name without suffix of each photo's results, no two alike on any disk.

    It is the photo's own. Where several files have one name, as IMG_1.jpg and IMG_1.heic, a saved
    code, else a JPEG, else the first by suffix keeps it, and others get their suffix: IMG_1_heic.
    Further ones, of other folders, are numbered. So is called what would have a further result of the
    name of another file: IMG.jpg beside IMG_1.jpg. The order in which files are given changes nothing.

    Args:
        photos: the files; one that is given twice, in whatever words, has one name.
        further: pattern of `further_names`.
    """
    places = {os.path.abspath(photo): photo for photo in reversed(photos)}
    names: dict[str, str] = {}
    taken: set[str] = set()
    begun = {root for photo in photos for root in roots(folded(photo.stem), further)}
    ranked = sorted(places, key=lambda place: rank(places[place], place))
    for place in ranked:  # names of their own go first
        stem = places[place].stem
        if folded(stem) not in taken | begun:
            names[place] = stem
            taken.add(folded(stem))
    for place in ranked:
        if place not in names:
            names[place] = name = _apart(places[place], taken, begun, further)
            taken.add(folded(name))
            begun |= roots(folded(name), further)
    return {photo: names[os.path.abspath(photo)] for photo in photos}


def _apart(photo: Path, taken: set[str], begun: set[str], further: str) -> str:
    """Return a name with the photo's suffix that is not taken, nor begins or continues another."""
    wished = name = f"{photo.stem}_{photo.suffix.lower().lstrip('.')}"
    joint = "-" if re.fullmatch(further, "_2") else "_"
    number = 2
    while folded(name) in taken | begun or roots(folded(name), further) & taken:
        name, number = f"{wished}{joint}{number}", number + 1
    return name


def roots(name: str, further: str) -> set[str]:
    """Return the names that have one as a name of their further results."""
    ends = (i for i, letter in enumerate(name) if letter == "_" and i)
    return {name[:end] for end in ends if further and re.fullmatch(further, name[end:])}


def rank(photo: Path, place: str = "") -> tuple[int, str, str]:
    """Return what puts files of one name in order: codes, JPEGs, others by suffix; then by their place."""
    suffix = photo.suffix.lower()
    return (USUAL.index(suffix) if suffix in USUAL else len(USUAL)), suffix, place or str(photo)
