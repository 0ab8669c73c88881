"""What names of Python and numpy stand for in pickles that are read as data."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from editor.packs.convert.inert import Names, Refused, StandIn

NUMBERS = {"f8": "<d", "f4": "<f", "f2": "<e", "i8": "<q", "i4": "<i", "b1": "?"}
ARRAYS: dict[str, np.dtype[Any]] = {
    **{code: np.dtype(f"<{code}") for code in ("f2", "f4", "f8", "i4", "i8")},
    "b1": np.dtype(np.bool_),
}


class Dtype(StandIn):
    """Stands in for `numpy.dtype`."""

    def code(self) -> str:
        """Return its name, such as "f4".

        Raises:
            Refused: it has none, or its bytes are in another order.
        """
        name = self.args[0] if self.args else None
        if type(name) is not str:
            raise Refused("an array without a dtype")
        if self.state is not None and (
            type(self.state) is not tuple
            or len(self.state) < 2
            or self.state[1] not in ("<", "|", "=")
        ):
            raise Refused("an array in another byte order")
        return name


class Array(StandIn):
    """Stands in for `numpy.ndarray`: its state is read by `values`."""

    def parts(self) -> tuple[str, tuple[int, ...], str, Any]:
        """Return the name of its dtype, its shape, the order of its axes, and its data.

        Raises:
            Refused: it is no array.
        """
        if type(self.state) is not tuple or len(self.state) != 5:
            raise Refused("an array without values")
        _, shape, dtype, fortran, data = self.state
        if not isinstance(dtype, Dtype) or type(shape) is not tuple:
            raise Refused("an array without a dtype or shape")
        if len(shape) > 32 or not all(type(side) is int and side >= 0 for side in shape):
            raise Refused("an array of an impossible shape")
        return dtype.code(), shape, "F" if fortran is True else "C", data

    def values(self) -> np.ndarray[Any, Any]:
        """Return the array, copied.

        Raises:
            Refused: it is of another type, or claims other values than it holds.
        """
        code, shape, order, data = self.parts()
        if code not in ARRAYS or type(data) is not bytes:
            raise Refused(f"an array of {code[:20]}")
        flat: np.ndarray[Any, Any] = np.frombuffer(data, dtype=ARRAYS[code])
        return flat.reshape(shape, order="F" if order == "F" else "C").copy()


def reconstruct(kind: Any = None, *_: Any) -> Array:
    """Stand in for numpy's `_reconstruct`."""
    if kind is not Array:
        raise Refused("an array of another type")
    return Array()


def scalar(dtype: Any = None, data: Any = None) -> float | int:
    """Stand in for numpy's `scalar`, a number."""
    code = NUMBERS.get(dtype.code()) if isinstance(dtype, Dtype) else None
    if code is None or type(data) is not bytes or len(data) != struct.calcsize(code):
        raise Refused("a number of another type")
    value: float | int = struct.unpack(code, data)[0]
    return value


def encode(text: Any = None, encoding: Any = None) -> bytes:
    """Stand in for `_codecs.encode`, by which older protocols write bytes."""
    if type(text) is not str or encoding not in ("latin1", "latin-1"):
        raise Refused("a text in another encoding")
    return text.encode("latin-1")


def mapping(*args: Any) -> dict[Any, Any]:
    """Stand in for a kind of dictionary, which is filled afterwards."""
    if args:
        raise Refused("a dictionary is made of something")
    return {}


def members(*args: Any) -> tuple[Any, ...]:
    """Stand in for a set or a size, made of one list or tuple."""
    if len(args) > 1 or (args and not isinstance(args[0], list | tuple)):
        raise Refused("a set is made of something else than a list")
    return tuple(args[0]) if args else ()


NUMPY: Names = {
    ("numpy.core.multiarray", "_reconstruct"): reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): reconstruct,
    ("numpy.core.multiarray", "scalar"): scalar,
    ("numpy._core.multiarray", "scalar"): scalar,
    ("numpy", "ndarray"): Array,
    ("numpy", "dtype"): Dtype,
    ("_codecs", "encode"): encode,
}
CONTAINERS: Names = {
    ("collections", "OrderedDict"): mapping,
    ("builtins", "set"): members,
    ("__builtin__", "set"): members,
    ("torch", "Size"): members,
}
