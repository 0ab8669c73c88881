"""Moving codes along boundaries: wp′ = wp + distance · n on chosen layers."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor

from editor.errors import OptionError
from editor.layers import check_layers
from editor.sliders.boundary import MAX_DISTANCE


def check_distance(value: Any, name: str) -> float:
    """Return a slider's distance as a number.

    Args:
        value: what was given.
        name: of the slider.

    Raises:
        OptionError: it is no number, not finite, or beyond ±1000.
    """
    try:
        distance = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise OptionError(f"distance {str(value)[:40]} of '{name}' is not a number") from error
    if not math.isfinite(distance) or abs(distance) > MAX_DISTANCE:
        raise OptionError(
            f"distance {distance} of '{name}' is not finite, or beyond ±{MAX_DISTANCE:g}"
        )
    return distance


def move(
    wp: Tensor, direction: Tensor, distance: float | Tensor, layers: tuple[int, ...]
) -> Tensor:
    """Move codes along one direction.

    Args:
        wp: [N, num_ws, w_dim].
        direction: [num_ws, w_dim], each row of length 1.
        distance: signed length of the step, in units of the code; a tensor [N] moves each its own.
        layers: layers that move; the others keep their values exactly.

    Raises:
        OptionError: a distance is not finite, or a layer does not exist.

    Reference: Zhu et al., In-Domain GAN Inversion for Real Image Editing, section 4.3.
    """
    if isinstance(distance, float | int) and not math.isfinite(distance):
        raise OptionError(f"distance {distance} is not finite")
    if layers:
        check_layers(layers, wp.shape[1])
    moved = wp.clone()
    index = list(layers)
    step = direction[index].to(wp)[None]
    amount = distance.to(wp)[:, None, None] if isinstance(distance, Tensor) else float(distance)
    moved[:, index] = moved[:, index] + amount * step
    return moved
