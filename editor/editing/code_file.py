"""A code as a file (.npz of plain arrays): what it may hold, and what it must."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from editor.arrays import read_npz
from editor.errors import MismatchError

MAX_BYTES = 64 * 2**20
MAX_SLIDERS = 1000  # of the domain's and one's own together
MAX_TEXT = 200
NAMES = (
    *("schema", "domain", "generator", "wp", "code", "base", "mask"),
    *("move_names", "move_distances", "layer_names", "layers"),
)


@dataclass(frozen=True)
class CodeFile:
    """What a file says.

    Attributes:
        domain: name of the pack.
        generator: fingerprint of its generator.
        wp: the code.
        moves: distance by slider.
        layers: by slider, in words.
        mask: where the sliders may change the picture.
        base: the code that stands for the photo where `wp` does not.
    """

    domain: str
    generator: str
    wp: np.ndarray[Any, Any]
    moves: dict[str, float]
    layers: dict[str, str]
    mask: np.ndarray[Any, Any] | None = None
    base: np.ndarray[Any, Any] | None = None


def read_code(path: Path) -> CodeFile:
    """Read what `Edit.save_code` wrote; shapes are checked by what the code is used for.

    Raises:
        MismatchError: missing, damaged, too large, or not such a file.
    """
    arrays = read_npz(path, NAMES, MAX_BYTES, MismatchError)
    try:
        names, distances = _texts(arrays["move_names"]), arrays["move_distances"]
        moves = {name: float(value) for name, value in zip(names, distances, strict=True)}
        layers = {}
        if "layer_names" in arrays:
            names = _texts(arrays["layer_names"])
            layers = dict(zip(names, _texts(arrays["layers"]), strict=True))
        return CodeFile(
            _text(arrays["domain"]),
            _text(arrays["generator"]),
            _numbers(arrays["wp"]),
            moves,
            layers,
            _numbers(arrays["mask"]) if "mask" in arrays else None,
            _numbers(arrays["base"]) if "base" in arrays else None,
        )
    except KeyError as error:
        raise MismatchError(f"it lacks {error}") from error
    except (TypeError, ValueError) as error:
        raise MismatchError(str(error)) from error


def _numbers(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if array.dtype.kind not in "fiu" or array.ndim != 2:
        raise ValueError(f"values of type {array.dtype} and shape {array.shape} are no matrix")
    return array.astype(np.float32)


def _text(array: np.ndarray[Any, Any]) -> str:
    if array.dtype.kind != "U" or array.size != 1:
        raise ValueError("a text was expected")
    return str(array.reshape(())[()])[:MAX_TEXT]


def _texts(array: np.ndarray[Any, Any]) -> list[str]:
    if array.dtype.kind != "U" or array.ndim != 1 or len(array) > MAX_SLIDERS:
        if array.size == 0:
            return []
        raise ValueError("a list of texts was expected")
    return [str(text)[:MAX_TEXT] for text in array]
