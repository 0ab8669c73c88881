"""What a picture's file claims, looked at before anything of it is decoded.

Pillow checks the size that a file claims. Some files make it work or allocate before that: metadata
whose entries all point at the same megabyte, comments that are joined one by one, a JPEG of
thousands of scans, a canvas, tiles of any size. They are refused here.
"""

from __future__ import annotations

import re
import struct

import numpy as np

from editor.errors import ImageError

MAX_METADATA_BYTES = 16 * 2**20
MAX_COMMENT_BYTES = 2**20  # of a GIF before its first frame; Pillow joins them piece by piece
MAX_SCANS = 200  # of a JPEG; encoders write about ten
MAX_TABLES = 200  # TIFF headers in one file, of EXIF and the like; cameras write a few
MAX_PIXELS = 64_000_000
TABLE = re.compile(rb"II\*\x00|MM\x00\*|II\+\x00|MM\x00\+")
MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
TYPE_BYTES = np.zeros(65536, np.uint64)  # of a TIFF's field types, by number; 0: not known
TYPE_BYTES[1:14] = (1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4)
TYPE_BYTES[16:19] = 8
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
        elif TABLE.match(data):
            _check_table(data, 0, len(data), name)
            return
    except (struct.error, IndexError, ValueError):
        return
    for count, found in enumerate(TABLE.finditer(data)):
        if count >= MAX_TABLES:
            raise _refused(name, f"more than {MAX_TABLES} tables of metadata")
        check_table(data, name, found.start())


def check_table(data: bytes, name: str, start: int = 0) -> None:
    """Refuse EXIF (or another TIFF table) whose entries claim more than metadata ever has.

    Args:
        data: with the table's header at `start`.
        name: what to call the file in an error.
        start: of the table.

    Raises:
        ImageError: its entries claim too much.
    """
    try:
        _check_table(data, start, MAX_METADATA_BYTES, name)
    except (struct.error, ValueError):
        return  # cut off: then Pillow leaves it out


def _check_table(data: bytes, start: int, most_bytes: int, name: str) -> None:
    order = "<" if data[start : start + 1] == b"I" else ">"
    big = data[start + 2] == 43 or data[start + 3] == 43
    if big:
        (at,) = struct.unpack_from(f"{order}Q", data, start + 8)
        (count,) = struct.unpack_from(f"{order}Q", data, start + at)
    else:
        (at,) = struct.unpack_from(f"{order}L", data, start + 4)
        (count,) = struct.unpack_from(f"{order}H", data, start + at)
    number, inline = f"{order}u{8 if big else 4}", 8 if big else 4
    entry = np.dtype(
        [("tag", f"{order}u2"), ("type", f"{order}u2"), ("count", number), ("value", number)]
    )
    first = start + at + (8 if big else 2)
    count = min(count, (len(data) - first) // entry.itemsize)
    entries = np.frombuffer(data, entry, max(count, 0), first)
    counts = np.minimum(entries["count"].astype(np.uint64), np.uint64(2**40))
    sizes = TYPE_BYTES[entries["type"]] * counts
    far = sizes > inline
    inside = entries["value"].astype(np.float64) + sizes <= len(data) - start
    if (far & ~inside).any():  # Pillow stops there
        sizes = sizes[: int(np.argmax(far & ~inside))]
    if float(sizes.sum()) > most_bytes:
        raise _refused(name, "metadata that claims more than the file holds")
    _check_tiles(entries, order, name)


def _check_tiles(entries: np.ndarray, order: str, name: str) -> None:
    sides = []
    for tag in (TILE_WIDTH, TILE_LENGTH):
        for entry in entries[entries["tag"] == tag][:1]:
            value = entry["value"].tobytes()
            short = int(entry["type"]) == 3
            sides.append(struct.unpack_from(f"{order}{'H' if short else 'L'}", value)[0])
    if len(sides) == 2 and sides[0] * sides[1] > MAX_PIXELS:
        raise _refused(name, f"tiles of {sides[0]}×{sides[1]} pixels")


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
            raise _refused(name, f"more than {MAX_SCANS} scans")
        if metadata > MAX_METADATA_BYTES:
            raise _refused(name, f"more than {MAX_METADATA_BYTES // 2**20} MB of metadata")
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
                raise _refused(name, "more than 1 MB of comments")
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


def _refused(name: str, what: str) -> ImageError:
    return ImageError(
        f"{name} holds {what}, as no camera writes it; open it in another program and save it again"
    )
