"""What the results of a batch are called: after their photos, and apart where these share a name."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

USUAL = (".npz", ".jpg", ".jpeg")  # which of several files of one name keeps it, in this order


def result_names(photos: list[Path]) -> dict[Path, str]:
    """Return the name without suffix of each photo's results, no two alike on any disk.

    It is the photo's own. Where several files have one name, as IMG_1.jpg and IMG_1.heic, a saved
    code, else a JPEG, else the first by suffix keeps it, and others get their suffix: IMG_1_heic.
    Further ones, of other folders, are numbered. The order in which files are given changes nothing.

    Args:
        photos: the files; one that is given twice, in whatever words, has one name.
    """
    places = {os.path.abspath(photo): photo for photo in reversed(photos)}
    names: dict[str, str] = {}
    taken: set[str] = set()
    ranked = sorted(places, key=lambda place: _rank(places[place], place))
    for place in ranked:  # names of their own go first
        stem = places[place].stem
        if folded(stem) not in taken:
            names[place] = stem
            taken.add(folded(stem))
    for place in ranked:
        if place in names:
            continue
        photo = places[place]
        wished = name = f"{photo.stem}_{photo.suffix.lower().lstrip('.')}"
        number = 2
        while folded(name) in taken:
            name, number = f"{wished}_{number}", number + 1
        names[place] = name
        taken.add(folded(name))
    return {photo: names[os.path.abspath(photo)] for photo in photos}


def _rank(photo: Path, place: str) -> tuple[int, str, str]:
    suffix = photo.suffix.lower()
    return (USUAL.index(suffix) if suffix in USUAL else len(USUAL)), suffix, place


def folded(name: str) -> str:
    """Return what is the same for names that some disks take for one: of any case and composition."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
