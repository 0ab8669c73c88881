"""Layers of a code: read from words, and held against those that there are."""

from __future__ import annotations

import reprlib
from collections.abc import Collection
from typing import Any

import numpy as np

from editor.errors import EditorError, OptionError

MAX_LAYERS = 64
MAX_SAID = 1000  # letters of a text, and numbers of a list


def parse_layers(said: Any) -> tuple[int, ...]:
    """Read layers from [0, 1, 2], "0-2" or "0,2-4", and return them in order.

    Raises:
        OptionError: it is none of these.
    """
    try:
        if isinstance(said, str):
            if len(said) > MAX_SAID:
                raise ValueError(f"more than {MAX_SAID} letters")
            layers: set[int] = set()
            for part in said.split(","):
                first, _, last = part.strip().partition("-")
                low, high = int(first), int(last or first)
                if high - low > MAX_LAYERS:
                    raise ValueError(f"more than {MAX_LAYERS} layers")
                layers |= set(range(low, high + 1))
            return tuple(sorted(layers))
        return tuple(sorted({int(layer) for layer in _numbers(said)}))
    except (TypeError, ValueError, OverflowError) as error:
        raise OptionError(
            f"layers {reprlib.repr(said)} are neither a list of numbers nor like '0-2'"
        ) from error


def _numbers(said: Any) -> list[Any]:
    """Return the numbers of an array, a list, a list of lists, or a number alone.

    Raises:
        ValueError: they are too many, or nest more deeply.
    """
    rows = said if isinstance(said, (list, tuple, range)) else [said]
    numbers: list[Any] = []
    for row in rows:
        if isinstance(row, np.ndarray | np.generic):
            numbers += row.ravel()[: MAX_SAID + 1].tolist()
        elif isinstance(row, (list, tuple)):
            numbers += row
        else:
            numbers.append(row)
        if len(numbers) > MAX_SAID:
            raise ValueError(f"more than {MAX_SAID} numbers")
    return numbers


def check_layers(
    layers: Collection[int] | None,
    num_ws: int,
    of: str = "",
    error: type[EditorError] = OptionError,
) -> tuple[int, ...]:
    """Check layers, and return them in order, each once. None means all layers.

    Args:
        layers: to check.
        num_ws: how many there are.
        of: whose they are, for the error.
        error: its type.

    Raises:
        EditorError: of that type, where there are none, or one does not exist.
    """
    if layers is None:
        return tuple(range(num_ws))
    if not layers or min(layers) < 0 or max(layers) >= num_ws:
        whose = f" of {of}" if of else ""
        raise error(f"layers {reprlib.repr(tuple(layers))}{whose} lie outside 0…{num_ws - 1}")
    return tuple(sorted(set(layers)))
