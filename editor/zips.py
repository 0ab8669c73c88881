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

END = b"PK\x05\x06"
END_64 = b"PK\x06\x07"
END_BYTES = 22
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


def _check_index(file: BinaryIO, most_bytes: int) -> None:
    """Refuse a zip whose index alone is too large, before it is read."""
    size = file.seek(0, io.SEEK_END)
    start = max(0, size - END_BYTES - MAX_COMMENT_BYTES - 20)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(END)
    if tail[-END_BYTES:][:4] == END:
        at = len(tail) - END_BYTES
    if at < 0 or at + END_BYTES > len(tail):
        raise ValueError("it has no index")
    (length,) = struct.unpack_from("<L", tail, at + 12)
    if length > most_bytes or tail[max(at - 20, 0) : at][:4] == END_64:
        raise ValueError("its index is longer than any of ours")
    file.seek(0)


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
