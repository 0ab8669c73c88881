"""Repeats to figures, and losses over time to times of a share of the gain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from editor.errors import NotFiniteError

DIGITS = 6
Figure = dict[str, Any]


def figure(repeats: Sequence[float], unit: str) -> Figure:
    """Return a figure of repeated measurements.

    Args:
        repeats: at least one value.
        unit: of the values, such as "s".

    Returns:
        "unit", "median", the quartiles "low" and "high", "p95", and "repeats"; between two values
        a quantile is interpolated linearly.
    """
    low, median, high, p95 = np.quantile(
        np.asarray(repeats, dtype=np.float64), (0.25, 0.5, 0.75, 0.95)
    )
    return {
        "unit": unit,
        "median": rounded(median),
        "low": rounded(low),
        "high": rounded(high),
        "p95": rounded(p95),
        "repeats": [rounded(value) for value in repeats],
    }


def rounded(value: float) -> float:
    """Return a value to six significant digits."""
    return float(f"{float(value):.{DIGITS}g}")


def time_to_gain(losses: Sequence[float], seconds: Sequence[float], share: float) -> float:
    """Return when an optimisation first had a share of what it gained in all.

    The gain is the loss at step 0 minus the least loss of all steps; where nothing was gained, it was
    had at step 0.

    Args:
        losses: of each step, step 0 first.
        seconds: since the beginning, at the end of each step.
        share: 0…1.

    Returns:
        Seconds.

    Raises:
        NotFiniteError: a loss is infinite or undefined.
    """
    if not all(map(math.isfinite, losses)):
        raise NotFiniteError("a loss of the inversion is infinite or undefined; it gained nothing")
    wanted = share * (losses[0] - min(losses))
    return next(t for loss, t in zip(losses, seconds, strict=True) if losses[0] - loss >= wanted)
