"""EXIF of a photo, read by hand within a budget: its orientation, resolution, date, author and copyright, and nothing else."""

from __future__ import annotations

import codecs
import contextlib
import re
import struct
from dataclasses import dataclass

from PIL import Image

from editor.files import plain_text
from editor.media.tables import START, Table, Tables

ORIENTATION, ARTIST, COPYRIGHT, EXIF_TABLE = 0x0112, 0x013B, 0x8298, 0x8769
TAKEN, TAKEN_OFFSET = 0x9003, 0x9011  # of EXIF: DateTimeOriginal, OffsetTimeOriginal
X_DPI, Y_DPI, DPI_UNIT = 0x011A, 0x011B, 0x0128
INCH, CENTIMETRE = 2, 3  # values of the unit
CM_PER_INCH, MAX_DPI = 2.54, 65_535  # the most that a JPEG can say
DATE = re.compile(r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d")
OFFSET = re.compile(r"[+-]\d\d:\d\d")
PREFIX = b"Exif\0\0"
MAX_WORDS = 500
MAX_PROFILE_CHARS = 2**20  # of EXIF as hexadecimal text in a PNG


@dataclass(frozen=True)
class Exif:
    """What is read of EXIF. Texts are empty where it says nothing.

    Attributes:
        orientation: 1…8; 1 where it says none.
        taken: when, "2024:05:06 07:08:09".
        taken_offset: of that time from UTC, such as "+02:00".
        artist: who took it.
        copyright: whose it is.
        dpi: dots per inch of the file's columns and rows; None where it says none.
    """

    orientation: int = 1
    taken: str = ""
    taken_offset: str = ""
    artist: str = ""
    copyright: str = ""
    dpi: tuple[float, float] | None = None


def exif_bytes(image: Image.Image, data: bytes = b"") -> bytes:
    """Return the EXIF of a picture, from its header on; empty where it has none. Decode nothing.

    Args:
        image: opened; what a PNG says behind its pixels is known once these were decoded.
        data: of its file. A TIFF is a table of this kind itself.
    """
    if image.format == "TIFF":
        return data
    exif = image.info.get("exif")
    if exif is None and (text := image.info.get("Raw profile type exif")) is not None:
        lines = str(text)[:MAX_PROFILE_CHARS].split("\n", 3)
        with contextlib.suppress(ValueError):
            exif = bytes.fromhex("".join(lines[3:]).replace("\n", ""))
    found = bytes(exif) if isinstance(exif, bytes | bytearray) else b""
    while found.startswith(PREFIX):
        found = found[len(PREFIX) :]
    return found


def read_exif(exif: bytes, name: str = "the picture") -> Exif:
    """Read EXIF, or the tags of a TIFF. What is damaged says nothing.

    Args:
        exif: from its header on, as `exif_bytes` returns it.
        name: what to call the file in an error.

    Raises:
        ImageError: its tables claim more than metadata ever has.
    """
    try:
        if not START.match(exif):
            return Exif()
        tables = Tables(exif, 0, name, max(len(exif), 1))
        first = tables.read(tables.first)
    except struct.error:
        return Exif()
    dates, at = None, first.number(EXIF_TABLE)
    with contextlib.suppress(struct.error):
        dates = tables.read(at) if at > 0 else None
    taken, offset = (_words(dates, tag) for tag in (TAKEN, TAKEN_OFFSET))
    taken = taken if DATE.fullmatch(taken) else ""
    turn = first.number(ORIENTATION, 1)
    scale = {INCH: 1.0, CENTIMETRE: CM_PER_INCH}.get(first.number(DPI_UNIT, INCH), 0.0)
    return Exif(
        turn if 1 <= turn <= 8 else 1,
        taken,
        offset if OFFSET.fullmatch(offset) else "",
        _words(first, ARTIST),
        _words(first, COPYRIGHT),
        usable_dpi(first.fraction(X_DPI) * scale, first.fraction(Y_DPI) * scale),
    )


def usable_dpi(across: float, down: float) -> tuple[float, float] | None:
    """Return dots per inch as a pair; None where no file of ours could say them, or they say nothing."""
    return (across, down) if 1 <= min(across, down) <= max(across, down) <= MAX_DPI else None


def _words(table: Table | None, tag: int) -> str:
    """Return a text of EXIF in one line. It should be ASCII; most programs write UTF-8, older ones Latin-1."""
    body = b"" if table is None else table.text(tag)
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeError:
        text = body.decode("latin-1")
    plain = "".join(c for c in plain_text(text) if c.isprintable())
    return plain[:MAX_WORDS].strip()
