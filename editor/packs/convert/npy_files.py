"""Reads .npy files, also with an object inside: a pickle is read as data, nothing in it is ever called.

The reader knows a few names and stands in for them with records; every other name is refused.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.lib import format as npy

from editor.errors import WeightsError
from editor.files import read_regular
from editor.packs.convert.restricted import SAFE, first_line, require

MAX_NPY_BYTES = 64 * 2**20
MAX_ITEMS = 100_000
DTYPES = {
    **{"f2": np.float16, "f4": np.float32, "f8": np.float64},
    **{"i4": np.int32, "i8": np.int64, "b1": np.bool_},
}


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
                return _plain(_Unpickler(file).load(), [MAX_ITEMS, MAX_NPY_BYTES])
            array = np.frombuffer(file.read(), dtype=dtype)
            return array.reshape(shape, order=order).copy()
        except WeightsError:
            raise
        except Exception as error:
            raise WeightsError(
                f"{path} was refused: it is no .npy file of plain data ({first_line(error)}). {SAFE}"
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


@dataclass
class _Record:
    """Stands in for an object: keeps what it was made of and given as state."""

    args: tuple[Any, ...] = ()
    state: Any = field(default=None)

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Array(_Record):
    """Stands in for numpy.ndarray."""


class _Dtype(_Record):
    """Stands in for numpy.dtype."""

    def __init__(self, *args: Any) -> None:
        super().__init__(args)


def _reconstruct(kind: Any, shape: Any, code: Any) -> _Array:
    if kind is not _Array:
        raise pickle.UnpicklingError("an array of another type")
    return _Array()


def _encode(text: Any, encoding: Any) -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError("a text in another encoding")
    return text.encode("latin-1")


ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _encode,
}


class _Scalar(_Record):
    """Stands in for a number of numpy."""


def _scalar(dtype: Any, data: Any = b"") -> _Scalar:
    return _Scalar((dtype, data))


ALLOWED |= {
    (module, "scalar"): _scalar for module in ("numpy.core.multiarray", "numpy._core.multiarray")
}


class _Unpickler(pickle._Unpickler):  # type: ignore[name-defined,misc]
    """Knows the names in `ALLOWED` and stands in for each; the slow reader, whose memo cannot be blown up."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}") from None

    def get_extension(self, code: int) -> Any:
        raise pickle.UnpicklingError("it asks for a registered extension")

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("it refers to something outside")


def _plain(value: Any, left: list[int]) -> Any:
    """Turn what was read into plain data. Records become arrays, and anything else is refused.

    Args:
        value: what was read.
        left: how many more items may come, and how many more bytes of arrays.
    """
    left[0] -= 1
    if left[0] < 0:
        raise ValueError(f"more than {MAX_ITEMS} items")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(item, left) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item, left) for key, item in value.items()}
    if isinstance(value, _Array):
        return _array(value, left)
    if isinstance(value, _Scalar):
        dtype, data = value.args
        return _array(_Array(state=(1, (), dtype, False, data)), left).item()
    raise ValueError(f"a {type(value).__name__.lstrip('_')} among the data")


def _array(record: _Array, left: list[int]) -> Any:
    """Turn a stand-in into a numpy array, or into its one object if it has no dimension."""
    _, shape, dtype, fortran, data = record.state
    if not isinstance(dtype, _Dtype) or not isinstance(dtype.args[0], str):
        raise ValueError("an array without a dtype")
    shape = tuple(int(side) for side in shape)
    code = dtype.args[0]
    if code in ("O8", "O"):
        if shape != () or not isinstance(data, list) or len(data) != 1:
            raise ValueError("an array of objects")
        return _plain(data[0], left)
    if code not in DTYPES or not isinstance(data, (bytes, bytearray)):
        raise ValueError(f"an array of {code}")
    if dtype.state is not None and dtype.state[1] not in ("<", "|", "="):
        raise ValueError("an array in another byte order")
    left[1] -= len(data)  # one that is named often is copied as often
    if left[1] < 0:
        raise ValueError(f"more than {MAX_NPY_BYTES} bytes of arrays")
    array: np.ndarray[Any, Any] = np.frombuffer(data, dtype=DTYPES[code])
    return array.reshape(shape, order="F" if fortran else "C").copy()
