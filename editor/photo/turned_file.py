"""A photo's file turned by quarters, byte by byte: nothing of it is decoded, and nothing lost."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from PIL import Image

from editor.files import shown_name
from editor.media.images import read_bytes
from editor.media.opening import open_picture
from editor.media.pixels import ORIENTATION, orientation_of, turned_orientation
from editor.media.reading_note import read_note, with_note

EXIF = b"Exif\0\0"
APP0, APP1, SCAN = 0xE0, 0xE1, 0xDA  # markers of a JPEG
SHORT = 3  # a type of EXIF's fields
ENTRY_BYTES = 12  # of EXIF: tag, type, count, value


def turned_file(path: str | Path, quarters: int) -> bytes:
    """Return the bytes of a photo's file turned clockwise by quarters, as it is seen.

    A JPEG says it by EXIF's orientation where it can, for every program; all other files stay as they are, with
    a note for the editor behind their last byte.

    Raises:
        ImageError: it is no picture that is read.
    """
    data, name = read_bytes(path), shown_name(path)
    with open_picture(data, name) as image:
        is_jpeg, now = image.format in ("JPEG", "MPO"), orientation_of(image)
    note = read_note(data)
    turned = _with_orientation(data, turned_orientation(now, quarters)) if is_jpeg else None
    if turned is None:
        return with_note(data, note.turned(quarters))
    return with_note(turned, note.turned(-note.quarters))


def _with_orientation(jpeg: bytes, orientation: int) -> bytes | None:
    """Return a JPEG with another orientation, and every other byte as it was.

    None where its EXIF has no place for it. One without EXIF gets one that says nothing else.
    """
    found = [
        (start + 4 + len(EXIF), stop)
        for marker, start, stop in _segments(jpeg)
        if marker == APP1 and jpeg[start + 4 : stop].startswith(EXIF)
    ]
    if not found:
        return _with_exif(jpeg, orientation)
    at = _value_of_orientation(jpeg[slice(*found[0])]) if len(found) == 1 else None
    if at is None:
        return None
    start = found[0][0]
    value = orientation.to_bytes(2, "little" if jpeg[start : start + 2] == b"II" else "big")
    return jpeg[: start + at] + value + jpeg[start + at + 2 :]


def _value_of_orientation(table: bytes) -> int | None:
    """Return where in EXIF the two bytes of its orientation lie; None where it has none."""
    if table[:4] not in (b"II*\0", b"MM\0*"):
        return None
    order = "<" if table[:1] == b"I" else ">"
    with suppress(struct.error):  # cut off
        (first,) = struct.unpack_from(f"{order}L", table, 4)
        (count,) = struct.unpack_from(f"{order}H", table, first)
        for at in range(first + 2, first + 2 + ENTRY_BYTES * count, ENTRY_BYTES):
            if struct.unpack_from(f"{order}HHL", table, at) == (ORIENTATION, SHORT, 1):
                return at + 8 if at + ENTRY_BYTES <= len(table) else None
    return None


def _with_exif(jpeg: bytes, orientation: int) -> bytes:
    """Return a JPEG with EXIF that says its orientation alone."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    body = EXIF + exif.tobytes().removeprefix(EXIF)
    segment = bytes((0xFF, APP1)) + (len(body) + 2).to_bytes(2, "big") + body
    end = max((stop for marker, _, stop in _segments(jpeg) if marker == APP0), default=2)
    return jpeg[:end] + segment + jpeg[end:]


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
