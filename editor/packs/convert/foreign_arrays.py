"""Arrays that other programs saved: .npy, .npz and .pt files as plain data, read inertly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from editor.arrays import read_npz
from editor.errors import WeightsError
from editor.files import open_regular, shown_name
from editor.packs.convert.inert import Refused
from editor.packs.convert.npy_files import read_npy
from editor.packs.convert.plain_data import PlainData
from editor.packs.convert.restricted import (
    NPY_MAGIC,
    SAFE,
    ZIP_MAGIC,
    check_dense,
    read_torch,
    reason,
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
        return _read_tensors(path)
    raise WeightsError(
        f"{shown_name(path)} holds no arrays: a file of numpy (.npy, .npz) or of torch (.pt) is read"
    )


def _read_tensors(path: Path) -> Any:
    found = read_torch(path, AGAIN)
    try:
        return PlainData(MAX_BYTES, _leaf).of(found, shown_name(path))
    except Exception as error:
        # what is impossible to copy is a reason to refuse the file
        raise WeightsError(
            f"{shown_name(path)} was refused: {reason(error)}. {SAFE} {AGAIN}"
        ) from error


def _is_torch(path: Path) -> bool:
    """Return whether a zip is one of torch: each of its parts lies in a folder."""
    with path.open("rb") as file:
        head = file.read(30 + 256)
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    return not name.endswith(b".npy")


def _leaf(value: Any, name: str, plain: PlainData, _: int) -> Any:
    """Turn a tensor into an array, and refuse anything else."""
    if not isinstance(value, Tensor):
        raise Refused(f"'{name[:60]}' is a {type(value).__name__}, no array")
    check_dense(value, "it", name[:60])
    plain.charge(value.numel() * max(value.element_size(), 4))
    if value.is_floating_point() and value.dtype not in (torch.float32, torch.float64):
        value = value.float()
    array: Array = value.numpy().copy()
    return array
