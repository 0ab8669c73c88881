"""Inert readers of torch's files: nothing in them is ever called, and every name but tensors' and plain data's is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from editor.errors import WeightsError
from editor.packs.convert.inert import Refused
from editor.packs.convert.torch_files import Options, load_inertly
from editor.zips import PART

ZIP_MAGIC, NPY_MAGIC = PART, b"\x93NUMPY"
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

    The file is mapped, so that what is not looked at is never read.

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
    return value.state if isinstance(value, Options) else value


def read_torch(path: Path, again: str) -> Any:
    """Read what a torch file holds, zip or legacy, and run nothing in it.

    The file is mapped, so that what is not looked at is never read.

    Args:
        path: a file of `torch.save`.
        again: what to do where it is refused, as a sentence.

    Returns:
        Tensors, numbers, texts, `Options`, lists and dictionaries; `check_dense` is still to be asked of
        each tensor.

    Raises:
        WeightsError: it is missing, damaged, or holds anything else; nothing of it was executed.
    """
    require(path)
    try:
        return load_inertly(path)
    except Exception as error:
        # whatever a hostile file provokes in the reader is a reason to refuse the file
        raise WeightsError(
            f"{path} was refused: it is not a plain file of tensors ({reason(error)}). {SAFE} "
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


def reason(error: BaseException) -> str:
    """Say why a file is refused, in one line."""
    return str(error)[:200] if isinstance(error, Refused) else _first_line(error)


def _first_line(error: BaseException) -> str:
    """Return what a reader said of a file, in one line."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:160]}" if text else type(error).__name__
