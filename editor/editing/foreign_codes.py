"""Codes that other programs saved, found in plain data: inversions of idinvert, stylegan2-ada, e4e, ReStyle.

Read are arrays [num_ws, w_dim], [N, num_ws, w_dim] (`inverted_codes.npy`, `latents.pt`) and the same flattened,
lists of these, `w` of stylegan2-ada's `projected_w.npz`, and dictionaries from a photo's name to such an array,
or to a list of them, of which the last is taken: ReStyle keeps its steps. A single w, [w_dim], [1, w_dim] or
[N, 1, w_dim], is used in every layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np

from editor.errors import MismatchError, WeightsError
from editor.files import plain_text, shown_name
from editor.packs.convert.foreign_arrays import read_foreign

MOST = 10_000  # codes of one file
MAX_NAME = 60
LARGEST = 1e4  # of a value in a code; usual ones lie below 100
Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class ForeignCode:
    """A code as a file gives it.

    Attributes:
        name: of its photo where the file says it; else the file's own, numbered where there are several.
        wp: [num_ws, w_dim], float32, finite.
    """

    name: str
    wp: Array


def read_foreign_codes(
    path: Path, domain: str, num_ws: int, w_dim: int, most: int = MOST
) -> list[ForeignCode]:
    """Read the codes of a file that another program saved, and run nothing in it.

    Args:
        path: an .npy, .npz or .pt file.
        domain: that is open.
        num_ws: layers of its codes.
        w_dim: width of its codes.
        most: codes that it may hold.

    Raises:
        WeightsError: it is missing, damaged, too large, or holds no plain arrays.
        MismatchError: it holds no codes of this shape, or more than that.
    """
    try:
        return codes_of(read_foreign(path), plain_text(path.stem), domain, num_ws, w_dim, most)
    except WeightsError as error:
        said = str(error).replace(str(path), path.name)  # folders are nobody's business
        raise type(error)(said if path.name in said else f"{shown_name(path)}: {said}") from error


def codes_of(
    data: Any, name: str, domain: str, num_ws: int, w_dim: int, most: int = MOST
) -> list[ForeignCode]:
    """Find the codes in what a file holds.

    Args:
        data: an array, or a dictionary of them, as `read_foreign` returns it.
        name: of the file, without its suffix.
        domain: that is open.
        num_ws: layers of its codes.
        w_dim: width of its codes.
        most: codes that there may be, counted before any is made.

    Raises:
        MismatchError: there are none, or more, they are of another shape, or one is not finite.
    """
    given = [
        (title, _shaped(array, title, domain, num_ws, w_dim))
        for title, array in _arrays(data, name)
    ]
    count = sum(len(codes) for _, codes in given)
    if count > most:
        raise MismatchError(_too_many(count, most))
    found: list[ForeignCode] = []
    for title, codes in given:
        for number, code in enumerate(codes, 1):
            wp = code.astype(np.float32)
            shown = f"{title} {number}" if len(codes) > 1 else title
            if not np.isfinite(wp).all() or np.abs(wp).max() > LARGEST:
                raise MismatchError(
                    f"the code '{shown}' has values that are not finite, or beyond ±{LARGEST:g}"
                )
            found.append(ForeignCode(shown, wp))
    if not found:
        raise MismatchError("it holds no code: an array of numbers was expected")
    return found


def _too_many(count: int, most: int) -> str:
    """Say in a sentence that a file holds too many codes."""
    if most < MOST:
        return (
            f"it holds {count} codes, and at most {most} are opened at once; take some of them by the "
            f"command: python -m editor edit … --code 1 2 3"
        )
    return f"it holds {count} codes; at most {most} are read of a file"


def _arrays(data: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield what may be codes, with a name for each."""
    if isinstance(data, list):
        for number, one in enumerate(data, 1):
            if (array := _last(one)) is not None:
                yield f"{name} {number}" if len(data) > 1 else name, array
        return
    if not isinstance(data, dict):
        yield name, _last(data)
        return
    arrays = {key: array for key, one in data.items() if (array := _last(one)) is not None}
    if "w" in arrays:  # of stylegan2-ada; what is beside it is of its optimisation
        yield name, arrays["w"]
    elif len(arrays) == 1 and "latent" in next(iter(arrays)):
        yield name, next(iter(arrays.values()))
    else:
        for key, array in arrays.items():
            yield _photo_name(key) or name, array


def _last(value: Any) -> Array | None:
    """Return an array, or the last of a list of them; None where it is neither."""
    if isinstance(value, list) and value:
        value = value[-1]
    return value if isinstance(value, np.ndarray) and value.ndim else None


def _photo_name(key: str) -> str:
    """Return the name of a photo without its folder and suffix."""
    plain = PureWindowsPath(PurePosixPath(plain_text(key)).name).stem
    return "".join(c if c.isprintable() else "_" for c in plain)[:MAX_NAME]


def _shaped(array: Any, name: str, domain: str, num_ws: int, w_dim: int) -> Array:
    """Return an array as codes [N, num_ws, w_dim].

    Raises:
        MismatchError: it is none of real numbers, or of another shape.
    """
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu" or not array.size:
        raise MismatchError(f"'{name[:MAX_NAME]}' is no array of real numbers")
    shape, whole = array.shape, (num_ws, w_dim)
    codes = None
    if shape[-2:] == whole or (shape[-1] == num_ws * w_dim and array.ndim <= 2):
        codes = array.reshape(-1, *whole)
    elif shape[-1] == w_dim and (array.ndim == 1 or shape[-2] == 1):
        codes = np.broadcast_to(array.reshape(-1, 1, w_dim), (array.size // w_dim, *whole))
    if codes is None:
        raise MismatchError(_other(shape, name, domain, num_ws, w_dim))
    return codes


def _other(shape: tuple[int, ...], name: str, domain: str, num_ws: int, w_dim: int) -> str:
    """Say in a sentence that an array is of codes of another shape."""
    said = (
        f"'{name[:MAX_NAME]}' has shape {shape}, but a code of '{domain}' has {num_ws} layers of {w_dim} "
        f"values"
    )
    layers = shape[-2] if len(shape) > 1 else 0
    if shape[-1] in (w_dim, 512) and layers % 2 == 0 and 4 <= layers <= 18:
        said += f" (it seems to be of a generator of {2 ** (layers // 2 + 1)} px)"
    return f"{said}; open the domain that it is of, or give a code of this one"
