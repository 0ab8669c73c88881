"""Zips that someone gave: what their index claims is checked before anything is unpacked."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from editor.errors import EditorError
from editor.files import open_regular, shown_name

PART = b"PK\x03\x04"  # begins each part, and so the file
END = b"PK\x05\x06"
END_64 = b"PK\x06\x07"
RECORD_64 = b"PK\x06\x06"
END_BYTES, END_64_BYTES, RECORD_64_BYTES = 22, 20, 56
MAX_COMMENT_BYTES = 65_535
MAX_INDEX_BYTES_A_PART = 256
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others unpack more at a time than asked for
UNREADABLE = (OSError, ValueError, KeyError, EOFError, RuntimeError, NotImplementedError)


@contextmanager
def checked_zip(
    source: bytes | Path,
    most_bytes: int,
    most_parts: int,
    bound: Callable[[str], int],
    error: type[EditorError],
    what: str = "zip",
) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    """Open a zip, and check its index. Read its parts by `read_part` while the `with` lasts.

    Args:
        source: the file, or its bytes.
        most_bytes: limit for all parts together; the file may be a little larger.
        most_parts: limit for the number of parts.
        bound: given a part's name, how many bytes it may have at most; raises `error` for a name
            that does not belong there.
        error: what to raise.
        what: what the file is, in words.

    Raises:
        EditorError: it is no zip, is damaged, has a name twice, or claims more than the limits.
    """
    name = "the file" if isinstance(source, bytes) else shown_name(source)
    with _file(source, most_bytes + 2 * most_parts * MAX_INDEX_BYTES_A_PART, error) as file:
        try:
            _check_index(file, most_parts * MAX_INDEX_BYTES_A_PART)
            archive = zipfile.ZipFile(file)
        except (*UNREADABLE, zipfile.BadZipFile, struct.error) as failed:
            raise error(f"{name} is not a {what}, or it is damaged: {_said(failed)}") from failed
        with archive:
            items = archive.infolist()
            _check_items(items, most_bytes, most_parts, bound, error)
            yield archive, items


def read_part(archive: zipfile.ZipFile, item: zipfile.ZipInfo, error: type[EditorError]) -> bytes:
    """Read a part of a zip, never more than its index says.

    Raises:
        EditorError: it is damaged, or of another size.
    """
    damaged = f"the file is damaged: its part '{item.filename[:60]}'"
    try:
        with archive.open(item) as part:
            data = part.read(item.file_size + 1)
    except (*UNREADABLE, zipfile.BadZipFile, zlib.error) as failed:
        why = _said(failed).partition(" for file ")[0]  # it names the part again
        raise error(f"{damaged} cannot be read ({why}); take another copy") from failed
    if len(data) != item.file_size:
        raise error(f"{damaged} has not the size that it claims; take another copy")
    return data


@contextmanager
def _file(source: bytes | Path, most_bytes: int, error: type[EditorError]) -> Iterator[BinaryIO]:
    if isinstance(source, bytes):
        if len(source) > most_bytes:
            raise error(f"the file is larger than {most_bytes // 2**20} MB")
        yield io.BytesIO(source)
    else:
        with open_regular(source, most_bytes, error) as file:
            yield io.BufferedReader(file)  # type: ignore[type-var,misc]


def index_bytes(file: BinaryIO) -> int:
    """Return how long the index of a zip says to be, also of one with 64-bit sizes; read nothing of it.

    Raises:
        ValueError: it has none, or not where it says.
    """
    tail, at = _end(file)
    end_64 = tail[max(at - END_64_BYTES, 0) : at]
    if end_64[:4] != END_64:
        return int(struct.unpack_from("<L", tail, at + 12)[0])
    size = file.seek(0, io.SEEK_END)
    where = size - len(tail) + at - END_64_BYTES - RECORD_64_BYTES
    file.seek(max(where, 0))
    record = file.read(RECORD_64_BYTES)
    file.seek(0)
    said = struct.unpack_from("<Q", end_64, 8)[0]
    if where < 0 or len(record) < RECORD_64_BYTES or record[:4] != RECORD_64 or said != where:
        raise ValueError("its index does not lie where it says")
    return int(struct.unpack_from("<Q", record, 40)[0])


def _end(file: BinaryIO) -> tuple[bytes, int]:
    """Return the last bytes of a zip, and where among them the record of its end begins."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - END_BYTES - MAX_COMMENT_BYTES - END_64_BYTES))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(END)
    if tail[-END_BYTES:][:4] == END:
        at = len(tail) - END_BYTES
    if at < 0 or at + END_BYTES > len(tail):
        raise ValueError("it has no index")
    return tail, at


def _check_index(file: BinaryIO, most_bytes: int) -> None:
    """Refuse a zip whose index alone is too large, before it is read."""
    tail, at = _end(file)
    if tail[max(at - END_64_BYTES, 0) : at][:4] == END_64 or index_bytes(file) > most_bytes:
        raise ValueError("its index is longer than any of ours")


def _check_items(
    items: list[zipfile.ZipInfo],
    most_bytes: int,
    most_parts: int,
    bound: Callable[[str], int],
    error: type[EditorError],
) -> None:
    if len(items) > most_parts:
        raise error(f"{len(items)} parts are too many; at most {most_parts} belong there")
    left, seen = most_bytes, set()
    for item in items:
        name = item.filename
        if name in seen:
            raise error(f"'{name[:60]}' is there twice")
        seen.add(name)
        if item.file_size > min(bound(name), left):
            raise error(f"'{name[:60]}' is larger than what belongs there")
        if item.compress_type not in METHODS or item.flag_bits & 1:
            raise error(f"'{name[:60]}' is encrypted, or packed in a way that is not read")
        left -= item.file_size


def _said(error: Exception) -> str:
    return f"{str(error) or type(error).__name__}"[:200]
