"""Looks: named settings of several sliders, as shares of their measured ranges.

A folder of boundaries may hold `looks.json`: {"looks": [{"name": "Big smile", "sliders":
{"smile": 1.0}}]}. A share of 1 is the range's high end, of −1 its low end.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from editor.errors import OptionError
from editor.files import plain_text, read_regular
from editor.sliders.slider_set import SliderSet

FILE = "looks.json"
MAX_BYTES = 64 * 1024
MAX_LOOKS = 40
MAX_VALUES = 40
MAX_NAME = 40
SCHEMA = 1
DIGITS = 4
FARTHEST = 2.0  # shares of the range


@dataclass(frozen=True)
class Look:
    """Settings of sliders.

    Attributes:
        name: as shown.
        values: share of the range by slider, −2…2.
    """

    name: str
    values: tuple[tuple[str, float], ...]


def read_looks(folder: Path) -> list[Look]:
    """Read the looks of a folder of boundaries. Return none where there is no file.

    Raises:
        OptionError: the file cannot be understood.
    """
    path = folder / FILE
    if not path.is_file():
        return []
    data = read_regular(path, MAX_BYTES, OptionError)
    try:
        found = json.loads(data)["looks"]
        looks = [look_of(one) for one in found[: MAX_LOOKS + 1]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise OptionError(
            f"{path.name} of '{folder.name}' cannot be understood: {error}"
        ) from error
    if len(looks) > MAX_LOOKS:
        raise OptionError(f"{path.name} of '{folder.name}' has more than {MAX_LOOKS} looks")
    return looks


def look_of(value: Any) -> Look:
    """Read a look from a record of JSON.

    Raises:
        OptionError: a name is empty, or a share is no number of −2…2.
        KeyError, TypeError: it is no such record.
    """
    name = " ".join(plain_text(str(value["name"])).split())[:MAX_NAME]
    values = value["sliders"]
    if not name or not isinstance(values, dict) or len(values) > MAX_VALUES:
        raise OptionError("a look needs a name and at most 40 sliders")
    shares: list[tuple[str, float]] = []
    for slider, share in values.items():
        plain = isinstance(share, int | float) and not isinstance(share, bool)
        if not plain or not math.isfinite(share) or abs(share) > FARTHEST:
            raise OptionError(f"the look '{name}': '{slider}' is no number of −2…2")
        shares.append((str(slider)[:64], float(share)))
    return Look(name, tuple(shares))


def shares(sliders: SliderSet, moves: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return what moves are of their sliders' ranges, as the page reads them.

    Args:
        sliders: that are known; moves of others are left out.
        moves: distances by name.

    Returns:
        By name, 1 at the upper end, -1 at the lower, at most twice as far as these. A move to a side
        without a length is left out: no share tells it.

    Raises:
        OptionError: a look cannot hold as many.
    """
    found = {}
    for name, distance in moves:
        if name not in sliders:
            continue
        low, high = sliders[name].info.range
        length = high if distance > 0 else -low
        if length > 0 and distance:
            share = round(distance / length, DIGITS)
            found[name] = max(-FARTHEST, min(FARTHEST, share))
    if len(found) > MAX_VALUES:
        raise OptionError(f"a look holds at most {MAX_VALUES} sliders; {len(found)} are set")
    return found


def look_bytes(name: str, sliders: SliderSet, moves: Iterable[tuple[str, float]]) -> bytes:
    """Return a look's file.

    Args:
        name: as it is shown.
        sliders: of the domain, and one's own.
        moves: distances by name.

    Raises:
        OptionError: a look cannot hold as many.
    """
    look = {
        "schema": SCHEMA,
        "name": name,
        "domain": sliders.info.name,
        "sliders": shares(sliders, moves),
    }
    return json.dumps(look, ensure_ascii=False, indent=1).encode("utf-8")
