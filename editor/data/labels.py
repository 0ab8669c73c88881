"""What a labelled picture says of an attribute: a number, or nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any


def label_of(row: Mapping[str, Any], name: str) -> float | None:
    """Return the value of an attribute, or None where it is absent, null, not a number or not finite."""
    value = row.get(name)
    if not isinstance(value, bool | int | float) or not math.isfinite(value):
        return None
    return float(value)


def labelled_names(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Count the pictures on which each attribute has a value."""
    counts: dict[str, int] = {}
    for row in rows:
        for name in row:
            if label_of(row, name) is not None:
                counts[name] = counts.get(name, 0) + 1
    return counts
