"""Reads .npy files, also with an object inside: a pickle is read as data, nothing in it is ever called.

The reader knows a few names and stands in for them with records; every other name is refused.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.lib import format as npy

from editor.errors import WeightsError
from editor.files import read_regular, shown_name
from editor.packs.convert.inert import InertUnpickler, Refused
from editor.packs.convert.plain_data import PlainData
from editor.packs.convert.restricted import SAFE, reason, require
from editor.packs.convert.stand_ins import NUMPY, Array

MAX_NPY_BYTES = 64 * 2**20


def read_npy(path: Path) -> Any:
    """Read an array, or the plain data of a pickled object, from an .npy file.

    Returns:
        A numpy array, or what was pickled: dictionaries, lists, texts, numbers and numpy arrays.

    Raises:
        WeightsError: it is missing, damaged, too large or holds anything else; nothing of it was
            executed.
    """
    require(path)
    with io.BytesIO(read_regular(path, MAX_NPY_BYTES, WeightsError)) as file:
        try:
            shape, order, dtype = _npy_header(file)
            if dtype.hasobject:
                found = InertUnpickler(file, NUMPY).load()
                return PlainData(MAX_NPY_BYTES, _leaf).of(found, shown_name(path))
            array = np.frombuffer(file.read(), dtype=dtype)
            return array.reshape(shape, order=order).copy()
        except WeightsError:
            raise
        except Exception as error:
            raise WeightsError(
                f"{path} was refused: it is no .npy file of plain data ({reason(error)}). {SAFE}"
            ) from error


def _npy_header(file: BinaryIO) -> tuple[tuple[int, ...], Literal["C", "F"], np.dtype[Any]]:
    version = npy.read_magic(file)
    read: Callable[[BinaryIO], Any] = (
        npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    )
    shape, fortran, dtype = read(file)
    if not dtype.hasobject and dtype.kind not in "fib":
        raise ValueError(f"dtype {dtype}")
    return shape, "F" if fortran else "C", dtype


def _leaf(value: Any, name: str, plain: PlainData, depth: int) -> Any:
    """Turn a stand-in for an array into one, or into its one object if it has no dimension."""
    if not isinstance(value, Array):
        raise Refused(f"'{name[:60]}' is a {type(value).__name__}")
    code, shape, _, data = value.parts()
    if code in ("O8", "O"):
        if shape != () or type(data) is not list or len(data) != 1:
            raise Refused("an array of objects")
        return plain.of(data[0], name, depth + 1)
    plain.charge(len(data) if type(data) is bytes else 0)
    return value.values()
