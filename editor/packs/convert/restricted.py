"""Inert readers of foreign files: pickles are read as data, nothing in them is ever called.

`.pth` files go through torch's weights-only reader, `.npy` files with an object inside through a
reader that knows four names and stands in for them with records; every other name is refused.
"""

from __future__ import annotations

import argparse
import io
import pickle
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.lib import format as npy
from torch import Tensor

from editor.errors import WeightsError
from editor.files import read_regular

MAX_NPY_BYTES = 64 * 2**20
MAX_FILES = 10_000
MAX_ITEMS = 100_000
ZIP_MAGIC, NPY_MAGIC = b"PK\x03\x04", b"\x93NUMPY"
SAFE = "Nothing in it was executed."
DTYPES = {"f4": np.float32, "f8": np.float64, "i4": np.int32, "i8": np.int64, "b1": np.bool_}


def read_pth(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a torch file, zip or legacy, by name, and run nothing in it.

    Args:
        path: a `.pth` or `.pt` file with a flat dictionary of tensors.

    Raises:
        WeightsError: it is missing, damaged, holds something else than tensors, or was made to do
            harm; nothing of it was executed.
    """
    found = _load(
        path, "Export it again as a flat state dict: torch.save(network.state_dict(), file)."
    )
    return dense_tensors(found, str(path))


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a torch file that nests: dictionaries of tensors, numbers, texts and options.

    A file in torch's zip format is mapped, so that what is not looked at is never read.

    Args:
        path: a `.pt` file with a dictionary; `argparse.Namespace` is read as what it holds.

    Raises:
        WeightsError: as `read_pth`.
    """
    found = _load(path, "Only dictionaries of tensors, numbers, texts and options are read.")
    if not isinstance(found, Mapping):
        raise WeightsError(f"{path} holds a {type(found).__name__}, not a dictionary. {SAFE}")
    return {str(key): _options(value) for key, value in found.items()}


def _options(value: Any) -> Any:
    return dict(vars(value)) if isinstance(value, argparse.Namespace) else value


def _load(path: Path, advice: str) -> Any:
    """Load a torch file with its weights-only reader."""
    _require(path)
    with path.open("rb") as file:
        zipped = file.read(4) == ZIP_MAGIC
    if zipped:
        _check_zip(path)
    try:
        with torch.serialization.safe_globals([argparse.Namespace]):
            return torch.load(path, map_location="cpu", weights_only=True, mmap=zipped)
    except Exception as error:
        # whatever a hostile file provokes in the reader is a reason to refuse the file
        raise WeightsError(
            f"{path} was refused: it is not a plain file of tensors ({_reason(error)}). {SAFE} "
            f"{advice}"
        ) from error


def dense_tensors(found: Any, source: str) -> dict[str, Tensor]:
    """Check that something is a flat dictionary of tensors that hold what they claim.

    Args:
        found: what a reader gave.
        source: what to call it in an error.

    Raises:
        WeightsError: it is something else.
    """
    if not isinstance(found, Mapping) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in found.items()
    ):
        raise WeightsError(
            f"{source} holds a {type(found).__name__}, not a flat dictionary of tensors. {SAFE} "
            f"Export the network's state_dict()."
        )
    for name, tensor in found.items():
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta:
            raise WeightsError(f"{source}: '{name}' is no dense tensor. {SAFE}")
        if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
            raise WeightsError(
                f"{source}: '{name}' claims {tuple(tensor.shape)} of fewer stored values. {SAFE}"
            )
    return dict(found)


def read_npy(path: Path) -> Any:
    """Read an array, or the plain data of a pickled object, from an .npy file.

    Returns:
        A numpy array, or what was pickled: dictionaries, lists, texts, numbers and numpy arrays.

    Raises:
        WeightsError: it is missing, damaged, too large or holds anything else; nothing of it was
            executed.
    """
    _require(path)
    with io.BytesIO(read_regular(path, MAX_NPY_BYTES, WeightsError)) as file:
        try:
            shape, dtype = _npy_header(file)
            if dtype.hasobject:
                return _plain(_Unpickler(file).load(), [MAX_ITEMS])
            array = np.frombuffer(file.read(), dtype=dtype)
            return array.reshape(shape).copy()
        except WeightsError:
            raise
        except Exception as error:
            raise WeightsError(
                f"{path} was refused: it is no .npy file of plain data ({_first_line(error)}). {SAFE}"
            ) from error


def _require(path: Path) -> None:
    if not path.is_file():
        raise WeightsError(f"{path} is missing; give the path of the file")


def _reason(error: BaseException) -> str:
    """Say why torch's reader refuses a file, without its advice on how to load it all the same."""
    asked = re.search(r"GLOBAL ([\w.]+)", str(error))
    if isinstance(error, pickle.UnpicklingError):
        return f"it asks for {asked[1]}" if asked else type(error).__name__
    return _first_line(error)


def _first_line(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:160]}" if text else type(error).__name__


def _check_zip(path: Path) -> None:
    """Refuse archives whose contents are larger than the file, as torch never compresses."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise WeightsError(f"{path} is a damaged zip file: {error}. Download it again.") from error
    total = sum(entry.file_size for entry in entries)
    compressed = [entry for entry in entries if entry.compress_type != zipfile.ZIP_STORED]
    if compressed or total > path.stat().st_size or len(entries) > MAX_FILES:
        raise WeightsError(
            f"{path} was refused: {len(entries)} entries, {len(compressed)} of them compressed, "
            f"{total} bytes in a file of {path.stat().st_size}; torch writes uncompressed files. {SAFE}"
        )


def _npy_header(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = npy.read_magic(file)
    read: Callable[[BinaryIO], Any] = (
        npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    )
    shape, fortran, dtype = read(file)
    if fortran:
        raise ValueError("Fortran order")
    if not dtype.hasobject and dtype.kind not in "fib":
        raise ValueError(f"dtype {dtype}")
    return shape, dtype


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
        left: a list of one number, how many more items may come.
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
    if code not in DTYPES or fortran or not isinstance(data, (bytes, bytearray)):
        raise ValueError(f"an array of {code}")
    if dtype.state is not None and dtype.state[1] not in ("<", "|", "="):
        raise ValueError("an array in another byte order")
    return np.frombuffer(data, dtype=DTYPES[code]).reshape(shape).copy()
