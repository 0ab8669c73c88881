"""A look: what sliders are set to, as shares of their ranges, so that it fits any picture of a domain.

Written as JSON: {"schema": 1, "name", "domain", "sliders": {name: share}}; 1 is the upper end of the
slider's measured range, -1 the lower.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from editor.sliders.slider_set import SliderSet

SCHEMA = 1
DIGITS = 4


def shares(sliders: SliderSet, moves: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return what moves are of their sliders' ranges.

    Args:
        sliders: that are known; moves of others are left out.
        moves: distances by name.

    Returns:
        By name, 1 at the upper end, -1 at the lower. A side without a length counts as long as the other.
    """
    found = {}
    for name, distance in moves:
        if name not in sliders:
            continue
        low, high = sliders[name].info.range
        length = (high if distance > 0 else -low) or max(high, -low)
        if length > 0 and distance:
            found[name] = round(distance / length, DIGITS)
    return found


def look_bytes(name: str, sliders: SliderSet, moves: Iterable[tuple[str, float]]) -> bytes:
    """Return a look's file.

    Args:
        name: as it is shown.
        sliders: of the domain, and one's own.
        moves: distances by name.
    """
    look = {
        "schema": SCHEMA,
        "name": name,
        "domain": sliders.info.name,
        "sliders": shares(sliders, moves),
    }
    return json.dumps(look, ensure_ascii=False, indent=1).encode("utf-8")
