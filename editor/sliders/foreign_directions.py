"""Directions that other programs saved, found in plain data: what is a direction, and of which layers.

Read are what these publish: InterFaceGAN and e4e (an array), idinvert and HiGAN ("boundary" with its layers),
GANSpace ("lat_comp" or "comp", one direction a row, with mean and deviations), closed-form factorisation
("eigvec", one a column), and dictionaries of arrays by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from editor.errors import MismatchError, OptionError, WeightsError
from editor.packs.convert.boundary_layers import boundary_layers

MOST = 1000  # of one file
STILL = 0.1  # of the longest row; a layer whose row is shorter hardly moves, and is left out
UNEVEN = 1.5  # longest to shortest row that moves
COMPONENTS = (
    ("lat_comp", "lat_mean", ("lat_stdev", "lat_std")),
    ("comp", "mean", ("std", "stdev")),
)
Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Direction:
    """A direction as a file gives it.

    Attributes:
        name: as in the file, or the file's own where it holds one.
        rows: [num_ws or 1, w_dim], each of length 1.
        layers: that it moves, where the file says or shows it; None: all.
        numbered: it is one of a row of directions that nobody named.
        mean: [w_dim], of the codes that it was found in, where that is known.
        deviation: of those codes along it, where that is known.
        spread: length of the longest of its rows by that of the shortest that moves. In this editor all rows move
            alike.
    """

    name: str
    rows: Tensor
    layers: tuple[int, ...] | None = None
    numbered: bool = False
    mean: Tensor | None = None
    deviation: float | None = None
    spread: float = 1.0


def directions_of(data: Any, name: str, domain: str, num_ws: int, w_dim: int) -> list[Direction]:
    """Find the directions in what a file holds.

    Args:
        data: an array, or a dictionary or list of them, as `read_foreign` returns it.
        name: of the file, without its suffix.
        domain: whose codes they are to move.
        num_ws: layers of its codes.
        w_dim: width of its codes.

    Raises:
        WeightsError: there are none, too many, or one is zero or not finite.
        MismatchError: they are of codes of another shape.
    """
    shape = _Shape(domain, num_ws, w_dim)
    found: list[Direction] = []
    for one in _found(data, name, shape):
        found.append(one)
        if len(found) > MOST:
            raise WeightsError(_too_many(len(found)))
    if not found:
        raise WeightsError("it holds no direction: an array of numbers was expected")
    return found


def _too_many(count: int) -> str:
    return f"it holds {count} directions or more; at most {MOST} are read of a file"


@dataclass(frozen=True)
class _Shape:
    """Of the codes that are to be moved."""

    domain: str
    num_ws: int
    w_dim: int

    def rows(self, array: Any, name: str) -> list[Array]:
        """Return the directions [num_ws or 1, w_dim] in an array.

        Raises:
            WeightsError: it is no array of real numbers, or too long.
            MismatchError: its directions are of another shape.
        """
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu" or not array.ndim:
            raise WeightsError(f"'{name[:60]}' is no array of real numbers")
        layers, width, flat = self.num_ws, self.w_dim, self.num_ws * self.w_dim
        one = array.reshape(1, -1) if array.ndim == 1 else array
        if one.ndim == 2 and one.shape in ((1, width), (layers, width)):
            return [one]
        flattened = one.ndim == 2 and one.shape[1] == flat
        if flattened or (one.ndim == 3 and one.shape[1:] in ((1, width), (layers, width))):
            if len(one) > MOST:
                raise WeightsError(_too_many(len(one)))
            return [row.reshape(-1, width) for row in one]
        raise MismatchError(self.other(array.shape, name))

    def other(self, shape: tuple[int, ...], name: str) -> str:
        """Say in a sentence that an array is of codes of another shape."""
        has = f"'{name[:60]}' has shape {shape}"
        own = f"'{self.domain}' has codes of {self.num_ws} layers of {self.w_dim} values"
        if shape[-1] == self.w_dim and len(shape) > 1:
            return f"{has}: {shape[-2]} layers, but {own}. It belongs to another generator"
        return f"{has}, but {own}. It belongs to another generator, or is no direction"


def _found(data: Any, name: str, shape: _Shape) -> Iterator[Direction]:
    """Yield the directions in an array, dictionary or list."""
    if isinstance(data, np.ndarray):
        yield from _each(shape.rows(data, name), name)
    elif isinstance(data, list):
        for number, one in enumerate(data, 1):
            yield from _found(one, f"{name} {number}", shape)
    elif not isinstance(data, dict):
        raise WeightsError(f"'{name[:60]}' is no array of real numbers")
    elif "boundary" in data:
        yield from _boundary(data, name, shape)
    elif (keys := next((keys for keys in COMPONENTS if keys[0] in data), None)) is not None:
        yield from _components(data, keys, name, shape)
    elif "eigvec" in data:
        yield from _factors(data["eigvec"], name, shape)
    else:
        yield from _by_name(data, shape)


def _by_name(data: dict[str, Any], shape: _Shape) -> Iterator[Direction]:
    """Yield the directions of a dictionary, by their names. What is no array is left out."""
    given = {key: one for key, one in data.items() if isinstance(one, (np.ndarray, dict, list))}
    if any(isinstance(one, np.ndarray) and one.ndim > 3 for one in given.values()):
        raise WeightsError(
            "it holds a network, not directions; python -m editor inspect tells what a file is"
        )
    for key, one in given.items():
        if not (isinstance(one, np.ndarray) and one.ndim == 0):
            yield from _found(one, key, shape)


def _boundary(data: dict[str, Any], name: str, shape: _Shape) -> Iterator[Direction]:
    """Yield the boundary of idinvert or HiGAN, with the layers that it names."""
    try:
        layers = boundary_layers(data, shape.num_ws, "the boundary")
    except OptionError as error:
        raise MismatchError(f"'{name[:60]}': {error}") from error
    yield from _each(shape.rows(data["boundary"], name), name, layers)


def _components(
    data: dict[str, Any], keys: tuple[str, str, tuple[str, ...]], name: str, shape: _Shape
) -> Iterator[Direction]:
    """Yield principal components, one a row, with mean and deviation of the codes."""
    comp, mean, deviations = keys
    array = data[comp]
    if isinstance(array, np.ndarray) and array.ndim == 2 and array.shape[1] == shape.w_dim:
        array = array[:, None]
    rows = shape.rows(array, comp)
    middle = _vector(data.get(mean), shape.w_dim)
    known = next((data[key] for key in deviations if key in data), None)
    along = _vector(known, len(rows))
    for number, row in enumerate(rows, 1):
        deviation = None if along is None else float(along[number - 1])
        yield _direction(row, f"{name} {number}", None, len(rows) > 1, middle, deviation)


def _factors(array: Any, name: str, shape: _Shape) -> Iterator[Direction]:
    """Yield the columns of a matrix [w_dim, N]."""
    if not isinstance(array, np.ndarray) or array.ndim != 2:
        raise WeightsError("'eigvec' is no matrix")
    if len(array) != shape.w_dim:
        raise MismatchError(shape.other(array.T.shape, "eigvec"))
    yield from _each([column[None] for column in array.T], name)


def _each(
    rows: list[Array], name: str, layers: tuple[int, ...] | None = None
) -> Iterator[Direction]:
    many = len(rows) > 1
    for number, row in enumerate(rows, 1):
        yield _direction(row, f"{name} {number}" if many else name, layers, many)


def _vector(array: Any, length: int) -> Tensor | None:
    """Return an array as [length], or None where it is none of finite numbers."""
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu" or array.size != length:
        return None
    vector = torch.from_numpy(array.reshape(-1).astype(np.float32))
    return vector if bool(torch.isfinite(vector).all()) else None


def _direction(
    array: Array,
    name: str,
    layers: tuple[int, ...] | None,
    numbered: bool = False,
    mean: Tensor | None = None,
    deviation: float | None = None,
) -> Direction:
    """Make a direction of an array [num_ws or 1, w_dim].

    Raises:
        WeightsError: it is zero or not finite.
    """
    rows = torch.from_numpy(array.astype(np.float64))
    if not bool(torch.isfinite(rows).all()):
        raise WeightsError(f"'{name[:60]}' has values that are not finite")
    largest = float(rows.abs().max())
    if largest == 0:
        raise WeightsError(f"'{name[:60]}' is zero everywhere")
    rows = rows / largest
    lengths = rows.norm(dim=1)
    moves = lengths >= STILL * lengths.max()
    if layers is not None and len(rows) > 1 and not bool((lengths[list(layers)] > 0).all()):
        raise WeightsError(f"'{name[:60]}' is zero in a layer that it names")
    chosen = moves if layers is None or len(rows) == 1 else torch.zeros_like(moves)
    if chosen is not moves:
        chosen[list(layers or ())] = True
    spread = float(lengths[chosen].max() / lengths[chosen].min())
    if layers is None and not bool(moves.all()):
        layers = tuple(moves.nonzero().flatten().tolist())
    rows[lengths == 0] = rows[int(lengths.argmax())].clone()
    unit = rows / rows.norm(dim=1, keepdim=True)
    return Direction(name, unit.float(), layers, numbered, mean, deviation, spread)
