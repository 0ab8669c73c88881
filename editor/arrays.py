"""Numpy's files, read by what their headers claim: no pickles, and nothing is allocated unseen."""

from __future__ import annotations

import io
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from editor.errors import EditorError
from editor.zips import checked_zip, read_part

KINDS = "fiubU"
MAX_ARRAYS = 1000


def read_npz(
    source: bytes | Path,
    names: Collection[str] | None,
    most_bytes: int,
    error: type[EditorError],
    skipped: tuple[str, ...] = (),
) -> dict[str, np.ndarray[Any, Any]]:
    """Return the arrays of an .npz, by name.

    Args:
        source: the file, or its bytes.
        names: those that may be in it; None for any, at most 1000.
        most_bytes: limit for the file, and for all arrays together.
        error: what to raise.
        skipped: beginnings of the names of those that are not unpacked.

    Raises:
        EditorError: the file is missing, damaged or too large, or holds something else.
    """
    known = None if names is None else {f"{name}.npy" for name in names}
    most_parts = MAX_ARRAYS if known is None else len(known)

    def bound(name: str) -> int:
        if known is not None and name not in known:
            raise error(f"'{name[:60]}' does not belong there")
        return most_bytes

    with checked_zip(source, most_bytes, most_parts, bound, error, "numpy .npz") as (
        archive,
        items,
    ):
        return {
            item.filename.removesuffix(".npy"): _array(read_part(archive, item, error), item, error)
            for item in items
            if not (skipped and item.filename.startswith(skipped))
        }


def _array(data: bytes, item: Any, error: type[EditorError]) -> np.ndarray[Any, Any]:
    file = io.BytesIO(data)
    try:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read(file)
        if dtype.kind not in KINDS or dtype.hasobject or not dtype.itemsize:
            raise ValueError(f"its values are of type {str(dtype)[:40]}")
        count = 1
        for side in shape:
            count *= side
        if count * dtype.itemsize != len(data) - file.tell():
            raise ValueError(f"it claims {str(shape)[:60]} of other bytes than it holds")
        if not count:
            return np.empty(shape, dtype)
        flat = np.frombuffer(data, dtype, count, file.tell())
        return flat.reshape(shape, order="F" if fortran else "C").copy()
    except (ValueError, TypeError, EOFError, SyntaxError, RecursionError, OverflowError) as failed:
        raise error(f"'{item.filename[:60]}' is no plain array: {str(failed)[:200]}") from failed
