"""Layers in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from editor.errors import OptionError

MAX_LAYERS = 64


def parse_layers(said: Any) -> tuple[int, ...]:
    """[0, 1, 2], "0-2" or "0,2-4" → layers, in order.

    Raises:
        OptionError: it is none of these.
    """
    try:
        if isinstance(said, str):
            layers: set[int] = set()
            for part in said.split(","):
                first, _, last = part.strip().partition("-")
                low, high = int(first), int(last or first)
                if high - low > MAX_LAYERS:
                    raise ValueError(f"more than {MAX_LAYERS} layers")
                layers |= set(range(low, high + 1))
            return tuple(sorted(layers))
        return tuple(sorted({int(layer) for layer in np.asarray(said).ravel().tolist()}))
    except (TypeError, ValueError) as error:
        raise OptionError(
            f"layers {said!r} are neither a list of numbers nor like '0-2'"
        ) from error
