"""Tensors inside a plain pickle: torch writes each storage as a small file of its own into it.

Such a file is five pickles (a magic number, a protocol, facts of the machine, the storage, its key)
and the values. All five are read inertly, and the values are taken where their number is right.
"""

from __future__ import annotations

import io
import math
import struct
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.lib.stride_tricks import as_strided
from torch import Tensor

from editor.packs.convert.inert import InertUnpickler, Names, Refused

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
MAX_DIMS, MAX_SIDE = 8, 2**31
MAX_STEPS, MAX_COPIED = 500, 2**16  # of each pickle of a storage, which has a few dozen
DTYPES: dict[str, np.dtype[Any]] = {
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "HalfStorage": np.dtype("<f2"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype("?"),
}


def _named(dtype: np.dtype[Any]) -> Any:
    def stand_in(*_: Any) -> Any:
        raise Refused("it makes a storage out of nothing")

    stand_in.dtype = dtype  # type: ignore[attr-defined]
    return stand_in


STORAGES: Names = {("torch", name): _named(dtype) for name, dtype in DTYPES.items()}


@dataclass(frozen=True, eq=False)
class Stored:
    """The bytes of a storage, not read yet."""

    data: bytes

    @cached_property
    def values(self) -> np.ndarray:
        """Return the values, [N], without a copy. They are looked for once.

        Raises:
            Refused: they are no storage of numbers, or fewer or more than it says.
        """
        file = io.BytesIO(self.data)
        read = [  # four plain pickles and the storage
            InertUnpickler(file, STORAGES, lambda pid: pid, MAX_STEPS, MAX_COPIED).load()
            for _ in range(5)
        ]
        magic, protocol, machine, pid, keys = read
        if magic != MAGIC or protocol != PROTOCOL or not isinstance(machine, dict):
            raise Refused("a storage is not of torch's format")
        if machine.get("little_endian") is not True:
            raise Refused("a storage is in another byte order")
        if not (isinstance(pid, tuple) and len(pid) == 6 and pid[0] == "storage"):
            raise Refused("a storage is something else")
        dtype, key, count, view = getattr(pid[1], "dtype", None), pid[2], pid[4], pid[5]
        if dtype is None or type(count) is not int or view is not None or keys != [key]:
            raise Refused("a storage is of another kind")
        rest = len(self.data) - file.tell()
        if rest < 8 or struct.unpack("<q", file.read(8))[0] != count:
            raise Refused("a storage does not hold what it says")
        if count < 0 or rest - 8 != count * dtype.itemsize:
            raise Refused(f"a storage claims {count} values of {max(rest - 8, 0)} bytes")
        return np.frombuffer(self.data, dtype=dtype, offset=len(self.data) - (rest - 8))


@dataclass(frozen=True)
class Lazy:
    """A tensor whose values are not read yet."""

    storage: Stored
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def count(self) -> int:
        """Return how many values it claims."""
        return math.prod(self.shape)

    def tensor(self) -> Tensor:
        """Return the tensor. Of its storage no more is copied than is its own.

        Raises:
            Refused: it claims more than its storage holds.
        """
        values = self.storage.values
        if self.count > len(values):
            raise Refused(f"a tensor claims {self.shape} of {len(values)} stored values")
        check_inside(len(values), self.offset, self.shape, self.stride)
        strides = tuple(step * values.itemsize for step in self.stride)
        rest = values[self.offset :] if self.count else values[:0]
        return torch.from_numpy(as_strided(rest, self.shape, strides).copy())


class StoredOnce:
    """Keeps the storages of a file, each once, so that none is read again where it is named again."""

    def __init__(self) -> None:
        self._known: dict[int, Stored] = {}

    def load_from_bytes(self, data: Any) -> Stored:
        """Stand in for `torch.storage._load_from_bytes`, which would run what it is given."""
        if type(data) is not bytes:
            raise Refused("a storage that is no bytes")
        return self._known.setdefault(id(data), Stored(data))  # which keeps them, and so the number


def check_inside(count: int, offset: int, shape: tuple[int, ...], stride: tuple[int, ...]) -> None:
    """Refuse a tensor that reaches beyond its storage.

    Args:
        count: values of the storage.
        offset: of its first value.
        shape: as it claims.
        stride: values from one to the next, for each axis.

    Raises:
        Refused: it does.
    """
    last = offset + sum((n - 1) * s for n, s in zip(shape, stride, strict=True))
    if math.prod(shape) and last >= count:
        raise Refused(f"a tensor claims {shape} of {count} stored values")


def check_sizes(offset: Any, shape: Any, stride: Any) -> None:
    """Refuse what is no offset, shape and stride.

    Raises:
        Refused: it is not.
    """
    if not _sizes(shape) or not _sizes(stride) or len(shape) != len(stride):
        raise Refused("a tensor without a shape or stride")
    if type(offset) is not int or not 0 <= offset < MAX_SIDE:
        raise Refused("a tensor whose offset does not fit")


def rebuild_tensor(storage: Any, offset: Any, shape: Any, stride: Any, *_: Any) -> Lazy:
    """Stand in for `torch._utils._rebuild_tensor_v2`."""
    if not isinstance(storage, Stored):
        raise Refused("a tensor without a storage")
    check_sizes(offset, shape, stride)
    return Lazy(storage, offset, tuple(shape), tuple(stride))


def rebuild_parameter(data: Any, *_: Any) -> Lazy:
    """Stand in for `torch._utils._rebuild_parameter`."""
    if not isinstance(data, Lazy):
        raise Refused("a parameter without a tensor")
    return data


def _sizes(values: Any) -> bool:
    return (
        isinstance(values, tuple)
        and len(values) <= MAX_DIMS
        and all(type(value) is int and 0 <= value < MAX_SIDE for value in values)
    )
