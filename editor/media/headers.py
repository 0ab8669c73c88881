"""What a picture's file claims, looked at before anything of it is decoded.

Pillow checks the size that a file claims. Some files make it work or allocate before that: metadata
whose entries all point at the same megabyte, comments that are joined one by one, a JPEG of
thousands of scans, a canvas, tiles of any size. They are refused here.
"""

from __future__ import annotations

import re
import struct

from editor.errors import ImageError
from editor.media.tables import MAX_METADATA_BYTES, START, Tables, refused

MAX_COMMENT_BYTES = 2**20  # of a GIF before its first frame; Pillow joins them piece by piece
MAX_SCANS = 200  # of a JPEG; encoders write about ten
MAX_STARTS = 200  # headers of TIFF in one file, of EXIF and the like; cameras write a few
MAX_PIXELS = 64_000_000
MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
TILE_WIDTH, TILE_LENGTH = 322, 323


def check_headers(data: bytes, name: str) -> None:
    """Refuse a picture that would take far too much before its size is even known.

    A file that is damaged or no picture passes, as reading it will say so.

    Args:
        data: the file.
        name: what to call it in an error.

    Raises:
        ImageError: it is made to take memory or time.
    """
    try:
        if data[:2] == b"\xff\xd8":
            _check_jpeg(data, name)
        elif data[:4] == b"GIF8":
            _check_gif(data, name)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            _check_webp(data, name)
        elif START.match(data):
            _check_tables(data, 0, len(data), name)
            return
    except (struct.error, IndexError, ValueError):
        return
    for count, found in enumerate(START.finditer(data)):
        if count >= MAX_STARTS:
            raise refused(name, f"more than {MAX_STARTS} tables of metadata")
        check_table(data, name, found.start())


def check_table(data: bytes, name: str, start: int = 0) -> None:
    """Refuse EXIF (or another TIFF table) whose entries claim more than metadata ever has.

    The tables that it points at count too: Pillow reads them when it turns, saves or closes a picture.

    Args:
        data: with the table's header at `start`.
        name: what to call the file in an error.
        start: of the table.

    Raises:
        ImageError: its entries claim too much.
    """
    _check_tables(data, start, MAX_METADATA_BYTES, name)


def _check_tables(data: bytes, start: int, most_bytes: int, name: str) -> None:
    try:
        tables = Tables(data, start, name, most_bytes)
    except struct.error:
        return  # cut off: then Pillow leaves it out
    for table in tables.walk():
        # of a tag given twice one decoder takes the first, another the last
        width, length = (max(table.numbers(tag), default=0) for tag in (TILE_WIDTH, TILE_LENGTH))
        if width * length > MAX_PIXELS:
            raise refused(name, f"tiles of {width}×{length} pixels")


def _check_jpeg(data: bytes, name: str) -> None:
    at, metadata, scans, exif = 2, 0, 0, []
    while at + 4 <= len(data):
        found = MARKER.search(data, at)
        if found is None:
            return
        at, marker = found.start() + 2, found[0][1]
        if marker == 0xD9:
            break
        if marker in (0x01, 0xD8):
            continue
        (length,) = struct.unpack_from(">H", data, at)
        if marker == 0xDA:
            scans += 1
        elif marker == 0xFE or 0xE0 <= marker <= 0xEF:
            metadata += length
            if marker == 0xE1 and data[at + 2 : at + 8] == b"Exif\0\0":
                exif.append(data[at + 8 : at + length])
        if scans > MAX_SCANS:
            raise refused(name, f"more than {MAX_SCANS} scans")
        if metadata > MAX_METADATA_BYTES:
            raise refused(name, f"more than {MAX_METADATA_BYTES // 2**20} MB of metadata")
        at += length
    if len(exif) > 1:  # Pillow joins them
        check_table(b"".join(exif), name)


def _check_gif(data: bytes, name: str) -> None:
    flags = data[10]
    at, comments = 13 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0), 0
    while data[at] == 0x21:
        at += 2
        while length := data[at]:
            at += 1 + length
            comments += length
            if comments > MAX_COMMENT_BYTES:
                raise refused(name, "more than 1 MB of comments")
        at += 1


def _check_webp(data: bytes, name: str) -> None:
    if data[12:16] == b"VP8X":
        width = 1 + int.from_bytes(data[24:27], "little")
        height = 1 + int.from_bytes(data[27:30], "little")
    elif data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{name} is {width}×{height} pixels; at most {MAX_PIXELS // 10**6} megapixels are "
            f"read. Make it smaller first"
        )
