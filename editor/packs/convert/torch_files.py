"""Files of `torch.save`, zip and legacy, read as data: torch's own reader is never asked.

Its weights-only reader calls `bytearray` with any size, hashes any key and counts no steps. Here the
pickle is read inertly, and tensors are views of the mapped file, so that what is not looked at is
never read.
"""

from __future__ import annotations

import io
import mmap
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from editor.packs.convert.inert import InertUnpickler, Names, Refused, StandIn
from editor.packs.convert.stand_ins import CONTAINERS
from editor.packs.convert.storages import MAGIC, PROTOCOL, check_inside, check_sizes
from editor.zips import PART, index_bytes

MAX_FILES = 10_000
MAX_INDEX_BYTES = MAX_FILES * 320  # of a zip; torch's names are short
MAX_PICKLE_BYTES = 16 * 2**20  # of a file, beside the values
DTYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
Values = Callable[[str, torch.dtype, int], Tensor]


class Options(StandIn):
    """Stands in for `argparse.Namespace`: its state is what it holds."""


class _Kind:
    """Stands for a name that is a type, and is not called."""

    def __init__(self, dtype: torch.dtype | None = None) -> None:
        self.dtype = dtype

    def __call__(self, *_: Any) -> Any:
        raise Refused("it makes a tensor or storage out of nothing")


def _parameter(data: Any = None, *_: Any) -> Any:
    """Stand in for `torch._utils._rebuild_parameter`."""
    if not isinstance(data, Tensor | None):
        raise Refused("a parameter without a tensor")
    return data


def _tensor(storage: Any, offset: Any, shape: Any, stride: Any, *_: Any) -> Tensor:
    """Stand in for `torch._utils._rebuild_tensor_v2`."""
    check_sizes(offset, shape, stride)
    if not isinstance(storage, Tensor):
        raise Refused("a tensor without a storage")
    check_inside(len(storage), offset, shape, stride)
    return storage.as_strided(shape, stride, offset)


def _nothing(*_: Any) -> None:
    """Stand in for what is not made yet, as its values were not found yet."""


def _with_state(made_by: Any = None, kind: Any = None, args: Any = None, *_: Any) -> Any:
    """Stand in for `torch._tensor._rebuild_from_type_v2`, by which a tensor has attributes."""
    known = (_tensor, _parameter, _nothing)
    if not any(made_by is one for one in known) or type(args) is not tuple:
        raise Refused("a tensor of another kind")
    return made_by(*args)


def _names(tensor: Callable[..., Any], parameter: Callable[..., Any]) -> Names:
    return {
        **CONTAINERS,
        **{("torch", name): _Kind(dtype) for name, dtype in DTYPES.items()},
        ("torch", "Tensor"): _Kind(),
        ("torch.nn.parameter", "Parameter"): _Kind(),
        ("torch", "device"): StandIn,
        ("argparse", "Namespace"): Options,
        ("torch._utils", "_rebuild_tensor"): tensor,
        ("torch._utils", "_rebuild_tensor_v2"): tensor,
        ("torch._utils", "_rebuild_parameter"): parameter,
        ("torch._utils", "_rebuild_parameter_with_state"): parameter,
        ("torch._tensor", "_rebuild_from_type_v2"): _with_state,
    }


NAMES, NAMES_WITHOUT_VALUES = _names(_tensor, _parameter), _names(_nothing, _nothing)


def load_inertly(path: Path) -> Any:
    """Read what a file of `torch.save` holds: tensors, numbers, texts, `Options`, lists and dictionaries.

    Tensors are views of the file, which is mapped.

    Raises:
        Refused: it holds anything else, or more than the limits.
        Exception: it is damaged, in any of many ways.
    """
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)  # changes go nowhere
        if mapped[:4] == PART:
            return _load_zip(file, mapped)
        return _load_legacy(mapped)


def _load_zip(file: BinaryIO, mapped: mmap.mmap) -> Any:
    if index_bytes(file) > MAX_INDEX_BYTES:
        raise Refused(f"its index has more than {MAX_INDEX_BYTES // 2**20} MB")
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
    _check_entries(entries, len(mapped))
    parts = {entry.filename.partition("/")[2]: entry for entry in entries}
    order = parts.get("byteorder")
    if order is not None and bytes(mapped[_span(mapped, order)]) != b"little":
        raise Refused("its values are in another byte order")

    def values(key: str, dtype: torch.dtype, count: int) -> Tensor:
        if f"data/{key}" not in parts:
            raise Refused(f"it lacks the values '{key[:20]}'")
        span = _span(mapped, parts[f"data/{key}"])
        return _values(mapped, span.start, span.stop - span.start, dtype, count)

    if "data.pkl" not in parts:
        raise Refused("it is a zip file, but none of torch")
    span = _span(mapped, parts["data.pkl"])
    if span.stop - span.start > MAX_PICKLE_BYTES:
        raise Refused(f"beside its values it has more than {MAX_PICKLE_BYTES // 2**20} MB")
    return InertUnpickler(io.BytesIO(mapped[span]), NAMES, _found(values)).load()


def _check_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse archives whose contents are larger than the file, as torch never compresses."""
    total = sum(entry.file_size for entry in entries)
    compressed = [entry for entry in entries if entry.compress_type != zipfile.ZIP_STORED]
    if compressed or total > size or len(entries) > MAX_FILES:
        raise Refused(
            f"{len(entries)} entries, {len(compressed)} of them compressed, {total} bytes in a file "
            f"of {size}; torch writes uncompressed files"
        )


def _span(mapped: mmap.mmap, entry: zipfile.ZipInfo) -> slice:
    """Return where the bytes of a stored part lie.

    Raises:
        Refused: they do not lie in the file.
    """
    head = mapped[entry.header_offset : entry.header_offset + 30]
    if len(head) != 30 or head[:4] != PART:
        raise Refused("a part of it does not lie where its index says")
    start = entry.header_offset + 30 + sum(struct.unpack("<HH", head[26:30]))
    if start + entry.file_size > len(mapped):
        raise Refused("a part of it does not lie in the file")
    return slice(start, start + entry.file_size)


def _values(mapped: mmap.mmap, start: int, size: int, dtype: torch.dtype, count: int) -> Tensor:
    """Return values of the file, [count], without a copy where they lie as the machine wants them.

    Raises:
        Refused: they are fewer.
    """
    if count * dtype.itemsize > size:
        raise Refused(f"a storage claims {count} values of {size} bytes")
    if count == 0:
        return torch.empty(0, dtype=dtype)
    found = torch.frombuffer(mapped, dtype=dtype, count=count, offset=start)
    return found.clone() if start % dtype.itemsize else found


def _found(values: Values) -> Callable[[Any], Tensor]:
    """Return what finds a storage by its persistent id, each once."""
    known: dict[str, Tensor] = {}

    def find(pid: Any) -> Tensor:
        key, dtype, count = _claim(pid)
        if key not in known:
            known[key] = values(key, dtype, count)
        if known[key].dtype != dtype or len(known[key]) != count:
            raise Refused("a storage is claimed twice, as two kinds")
        return known[key]

    return find


def _claim(pid: Any) -> tuple[str, torch.dtype, int]:
    """Return key, dtype and count of the persistent id of a storage."""
    if not (type(pid) is tuple and len(pid) in (5, 6) and pid[0] == "storage"):
        raise Refused("it refers to something outside")
    kind, key, count = pid[1], pid[2], pid[4]
    if len(pid) == 6 and pid[5] is not None:
        raise Refused("a storage that is a part of another")
    if not isinstance(kind, _Kind) or kind.dtype is None or type(key) is not str:
        raise Refused("a storage of another kind")
    if type(count) is not int or not 0 <= count < 2**40:
        raise Refused("a storage of an impossible size")
    return key, kind.dtype, count


def _load_legacy(mapped: mmap.mmap) -> Any:
    """Read a file whose values follow the pickles: those are read twice, first to see where they end."""
    file = io.BytesIO(mapped[:MAX_PICKLE_BYTES])
    claims: dict[str, tuple[torch.dtype, int]] = {}

    def claim(pid: Any) -> None:
        key, dtype, count = _claim(pid)
        claims[key] = (dtype, count)

    magic, protocol, machine = (InertUnpickler(file, {}).load() for _ in range(3))
    if magic != MAGIC or protocol != PROTOCOL or type(machine) is not dict:
        raise Refused("it is no file of torch")
    if machine.get("little_endian") is not True:
        raise Refused("its values are in another byte order")
    start = file.tell()
    InertUnpickler(file, NAMES_WITHOUT_VALUES, claim).load()
    keys = InertUnpickler(file, {}).load()
    if type(keys) is not list or len(keys) > MAX_FILES or not all(type(k) is str for k in keys):
        raise Refused("it does not say which values follow")
    found, at = {}, file.tell()
    for key in keys:
        if key not in claims:
            raise Refused(f"nothing claims the values '{key[:20]}'")
        dtype, count = claims[key]
        if mapped[at : at + 8] != struct.pack("<q", count):
            raise Refused("a storage does not hold what it says")
        found[key] = _values(mapped, at + 8, len(mapped) - at - 8, dtype, count)
        at += 8 + count * dtype.itemsize

    def values(key: str, dtype: torch.dtype, count: int) -> Tensor:
        if key not in found:
            raise Refused(f"it lacks the values '{key[:20]}'")
        return found[key]

    file.seek(start)
    return InertUnpickler(file, NAMES, _found(values)).load()
