"""What the tool Patch is asked for: which patch, where it is put, and for how many steps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from torch import Tensor

from editor.editing.diffuse import rectangle
from editor.errors import OptionError
from editor.packs.info import DomainInfo
from editor.ui.data_uris import drawn_mask

STEPS, MOST_STEPS = 60, 300
PAINT = "paint"
# width and height of a patch, as shares of the distance between the eyes
EYES, MOUTH = (1.75, 0.62), (1.1, 0.62)


def ready_patches(info: DomainInfo) -> Iterator[tuple[str, str, Tensor]]:
    """Yield name, title and mask [R, R], 0 or 1, of each patch that a domain offers.

    The first is the published one; "eyes" and "mouth" lie at the domain's landmarks, where it has such.
    """
    marks = info.landmarks
    known = {"left_eye", "right_eye", "mouth"} <= set(marks)
    yield "face", "Face" if known else "Middle", rectangle(info.resolution)
    if not known:
        return
    (lx, ly), (rx, ry), mouth = marks["left_eye"], marks["right_eye"], marks["mouth"]
    apart = math.hypot(rx - lx, ry - ly)
    for name, size, (x, y) in (
        ("eyes", EYES, ((lx + rx) / 2, (ly + ry) / 2)),
        ("mouth", MOUTH, mouth),
    ):
        sides = (size[0] * apart, size[1] * apart)
        yield name, name.capitalize(), rectangle(info.resolution, sides, (x, y))


def patch_of(info: DomainInfo, value: dict[str, Any] | None) -> Tensor:
    """Return the mask of the patch on its source, [R, R], 0…1.

    Raises:
        OptionError: nothing was painted, or there is no such patch.
    """
    kind = (value or {}).get("kind") or "face"
    if kind == PAINT:
        painted = drawn_mask((value or {}).get("mask"), info.resolution)
        if painted is None:
            raise OptionError("paint the patch first, or take a ready one")
        return painted
    for name, _, mask in ready_patches(info):
        if name == kind:
            return mask
    raise OptionError(f"there is no patch '{kind[:40]}' here; choose another one")


def offset_of(value: dict[str, Any] | None) -> tuple[float, float]:
    """Return how far the patch was dragged, right and down, as shares of the side.

    Raises:
        OptionError: it makes no sense.
    """
    offset = (value or {}).get("offset") or (0.0, 0.0)
    if len(offset) != 2 or not all(-1 <= share <= 1 for share in offset):
        raise OptionError("the place of the patch cannot be understood; drag it again")
    return float(offset[0]), float(offset[1])


def steps_of(value: dict[str, Any] | None) -> int:
    """Return how many steps are done at most.

    Raises:
        OptionError: they are no number of 0…300.
    """
    steps = (value or {}).get("steps")
    steps = STEPS if steps is None else steps
    if not 0 <= steps <= MOST_STEPS:
        raise OptionError(f"{steps} steps; expected 0…{MOST_STEPS}")
    return int(steps)
