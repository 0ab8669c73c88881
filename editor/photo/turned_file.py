"""A photo's file turned by quarters, without loss: a JPEG by its orientation, others pixel by pixel."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageOps

from editor.errors import ImageError
from editor.files import shown_name, why
from editor.media.images import known_formats, read_bytes
from editor.photo.quarters import QUARTER_TURNS

ORIENTATION = 0x0112  # of EXIF
# how EXIF calls a photo that is turned clockwise by a quarter more, and one that is mirrored
PLAIN, MIRRORED = (1, 6, 3, 8), (2, 7, 4, 5)
TEXTS = (0x0132, 0x013B, 0x8298)  # date, author, copyright
EXIF = b"Exif\0\0"
APP0, APP1, SCAN = 0xE0, 0xE1, 0xDA  # markers of a JPEG


def turned_file(path: str | Path, quarters: int) -> tuple[str, bytes]:
    """Return the suffix and bytes of a photo's file turned clockwise by quarters, as it is seen.

    A JPEG keeps its very pixels, and says that it is to be turned. A TIFF stays one; others become
    PNG, with their depth, transparency, colour profile and EXIF.

    Raises:
        ImageError: it cannot be read, or not be written anew.
    """
    data, name = read_bytes(path), shown_name(path)
    try:
        with Image.open(io.BytesIO(data), formats=known_formats()) as image:
            exif = image.getexif()
            if image.format in ("JPEG", "MPO"):
                exif[ORIENTATION] = turned_orientation(exif.get(ORIENTATION, 1), quarters)
                return ".jpg", _with_exif(data, exif.tobytes())
            kind = "TIFF" if image.format == "TIFF" else "PNG"
            upright = ImageOps.exif_transpose(image)
            turned = upright.transpose(QUARTER_TURNS[quarters % 4]) if quarters % 4 else upright
            if kind == "TIFF":  # its other tags say how its pixels lie
                exif = _with_texts(exif)
            exif.pop(ORIENTATION, None)
            options = {"icc_profile": image.info.get("icc_profile"), "exif": exif.tobytes()}
            options |= {"compression": "tiff_adobe_deflate"} if kind == "TIFF" else {}
            buffer = io.BytesIO()
            turned.save(buffer, kind, **options)
            return (".tif" if kind == "TIFF" else ".png"), buffer.getvalue()
    except ImageError:
        raise
    except Exception as error:  # of a decoder, which may raise anything
        raise ImageError(
            f"{name} cannot be turned ({why(error)}); turn and save it elsewhere"
        ) from error


def turned_orientation(orientation: int, quarters: int) -> int:
    """Return EXIF's orientation of a photo that is turned clockwise by quarters more."""
    cycle = MIRRORED if orientation in MIRRORED else PLAIN
    at = cycle.index(orientation) if orientation in cycle else 0
    return cycle[(at + quarters) % 4]


def _with_texts(exif: Image.Exif) -> Image.Exif:
    """Return EXIF with date, author and copyright alone."""
    kept = Image.Exif()
    for tag in TEXTS:
        if tag in exif:
            kept[tag] = exif[tag]
    return kept


def _with_exif(jpeg: bytes, exif: bytes) -> bytes:
    """Return a JPEG with other EXIF, and every other byte as it was."""
    body = exif if exif.startswith(EXIF) else EXIF + exif
    segment = bytes((0xFF, APP1)) + (len(body) + 2).to_bytes(2, "big") + body
    kept, end = [], 2
    for marker, start, stop in _segments(jpeg):
        end = stop
        if not (marker == APP1 and jpeg[start + 4 : stop].startswith(EXIF)):
            kept.append((marker, jpeg[start:stop]))
    front = [part for marker, part in kept if marker == APP0]
    rest = [part for marker, part in kept if marker != APP0]
    return b"".join([jpeg[:2], *front, segment, *rest, jpeg[end:]])


def _segments(jpeg: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of each segment before the first scan."""
    at = 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF and jpeg[at + 1] != SCAN:
        if jpeg[at + 1] == 0xFF:  # a filler
            at += 1
            continue
        stop = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if stop > len(jpeg):
            return
        yield jpeg[at + 1], at, stop
        at = stop
