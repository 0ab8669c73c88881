"""Arrays that other programs saved: .npy, .npz and .pt files as plain data, read inertly."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from editor.arrays import read_npz
from editor.errors import WeightsError
from editor.files import open_regular, shown_name
from editor.packs.convert.npy_files import MAX_ITEMS, read_npy
from editor.packs.convert.restricted import (
    NPY_MAGIC,
    ZIP_MAGIC,
    check_dense,
    read_torch,
)

SUFFIXES = (".npy", ".npz", ".pt", ".pth")
MAX_BYTES = 64 * 2**20  # of a file, and of what is unpacked of it
ACTIVATIONS = "act_"  # of GANSpace's files; as large as the rest is small, and no codes
AGAIN = "Save plain arrays: numpy.save(file, array), or torch.save(tensor, file)."
Array = np.ndarray[Any, Any]


def read_foreign(path: Path) -> Any:
    """Read the arrays of a file that another program wrote, and run nothing in it.

    What it is is told by its first bytes, not by its name.

    Returns:
        An array of numbers, or a dictionary or list of arrays, numbers, texts and the like.
        Tensors are arrays.

    Raises:
        WeightsError: it is missing, larger than 64 MB, damaged, or holds anything else; nothing of it
            was executed.
    """
    with open_regular(path, MAX_BYTES, WeightsError) as file:
        magic = file.read(6)
    if magic == NPY_MAGIC:
        return read_npy(path)
    if magic[:4] == ZIP_MAGIC and not _is_torch(path):
        return dict(read_npz(path, None, MAX_BYTES, WeightsError, (ACTIVATIONS,)))
    if magic[:4] == ZIP_MAGIC or magic[:1] == b"\x80":
        return _plain(read_torch(path, AGAIN), path, shown_name(path), [MAX_ITEMS, MAX_BYTES])
    raise WeightsError(
        f"{shown_name(path)} holds no arrays: a file of numpy (.npy, .npz) or of torch (.pt) is read"
    )


def _is_torch(path: Path) -> bool:
    """Return whether a zip is one of torch: each of its parts lies in a folder."""
    with path.open("rb") as file:
        head = file.read(30 + 256)
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    return not name.endswith(b".npy")


def _plain(value: Any, path: Path, name: str, left: list[int]) -> Any:
    """Turn what a torch file holds into plain data, and refuse anything else.

    Args:
        value: what was read.
        path: of the file.
        name: where in the file it was.
        left: how many more items may come, and how many more bytes of arrays.
    """
    left[0] -= 1
    if left[0] < 0:
        raise WeightsError(f"{shown_name(path)} holds more than {MAX_ITEMS} items")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Tensor):
        return _array(value, path, name, left)
    if isinstance(value, (list, tuple)):
        return [_plain(one, path, f"{name} {i}", left) for i, one in enumerate(value, 1)]
    if isinstance(value, Mapping):
        return {str(key): _plain(one, path, str(key), left) for key, one in value.items()}
    raise WeightsError(
        f"{shown_name(path)}: '{name[:60]}' is a {type(value).__name__}, no array. {AGAIN}"
    )


def _array(tensor: Tensor, path: Path, name: str, left: list[int]) -> Array:
    check_dense(tensor, str(path), name[:60])
    left[1] -= tensor.numel() * max(tensor.element_size(), 4)
    if left[1] < 0:
        raise WeightsError(f"{shown_name(path)} holds more than {MAX_BYTES // 2**20} MB of arrays")
    plain = tensor.detach()
    if plain.is_complex():
        raise WeightsError(f"{shown_name(path)}: '{name[:60]}' holds complex numbers")
    if plain.is_floating_point() and plain.dtype not in (torch.float32, torch.float64):
        plain = plain.float()
    return plain.resolve_conj().resolve_neg().numpy().copy()
