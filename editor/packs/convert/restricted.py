"""Inert readers of torch's files: nothing in them is ever called.

They go through torch's weights-only reader, which knows tensors and plain data; every other name is refused.
"""

from __future__ import annotations

import argparse
import pickle
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from editor.errors import WeightsError

MAX_FILES = 10_000
ZIP_MAGIC, NPY_MAGIC = b"PK\x03\x04", b"\x93NUMPY"
SAFE = "Nothing in it was executed."


def read_pth(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a torch file, zip or legacy, by name, and run nothing in it.

    Args:
        path: a `.pth` or `.pt` file with a flat dictionary of tensors.

    Raises:
        WeightsError: it is missing, damaged, holds something else than tensors, or was made to do
            harm; nothing of it was executed.
    """
    found = read_torch(
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
    found = read_torch(path, "Only dictionaries of tensors, numbers, texts and options are read.")
    if not isinstance(found, Mapping):
        raise WeightsError(f"{path} holds a {type(found).__name__}, not a dictionary. {SAFE}")
    return {str(key): _options(value) for key, value in found.items()}


def _options(value: Any) -> Any:
    return dict(vars(value)) if isinstance(value, argparse.Namespace) else value


def read_torch(path: Path, again: str) -> Any:
    """Read what a torch file holds, zip or legacy, and run nothing in it.

    A file in torch's zip format is mapped, so that what is not looked at is never read.

    Args:
        path: a file of `torch.save`.
        again: what to do where it is refused, as a sentence.

    Returns:
        Tensors, numbers, texts, options, lists and dictionaries; `check_dense` is still to be asked of
        each tensor.

    Raises:
        WeightsError: it is missing, damaged, or holds anything else; nothing of it was executed.
    """
    require(path)
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
            f"{again}"
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
        check_dense(tensor, source, name)
    return dict(found)


def check_dense(tensor: Tensor, source: str, name: str) -> None:
    """Refuse a tensor whose values do not all lie in the file.

    Raises:
        WeightsError: it is sparse, quantized or without values, or claims more of them than are stored.
    """
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta:
        raise WeightsError(f"{source}: '{name}' is no dense tensor. {SAFE}")
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise WeightsError(
            f"{source}: '{name}' claims {tuple(tensor.shape)} of fewer stored values. {SAFE}"
        )


def require(path: Path) -> None:
    """Refuse a path that is no file.

    Raises:
        WeightsError: there is none.
    """
    if not path.is_file():
        raise WeightsError(f"{path} is missing; give the path of the file")


def _reason(error: BaseException) -> str:
    """Say why torch's reader refuses a file, without its advice on how to load it all the same."""
    asked = re.search(r"GLOBAL ([\w.]+)", str(error))
    if isinstance(error, pickle.UnpicklingError):
        return f"it asks for {asked[1]}" if asked else type(error).__name__
    return first_line(error)


def first_line(error: BaseException) -> str:
    """Return what a reader said of a file, in one line."""
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
