"""Whether what was taught is good enough to be a slider, and how many more marks it wants."""

from __future__ import annotations

import math
from typing import Literal

from editor.errors import OptionError
from editor.sliders.boundary import Boundary
from editor.sliders.lesson import FOLDS

USABLE, GOOD = 0.65, 0.85  # held-out accuracy
CHANCE = 0.5
MOST = 12  # more marks of each that anybody is asked for at a time

Level = Literal["not yet", "usable", "good"]


def level_of(accuracy: float | None) -> Level:
    """Return what a held-out accuracy, 0…1, means; None, of too few marks, is "not yet"."""
    if accuracy is None or accuracy < USABLE:
        return "not yet"
    return "good" if accuracy >= GOOD else "usable"


def more_of_each(counts: tuple[int, int], accuracy: float | None) -> int:
    """Return about how many more marks of each kind are wanted for the next level; 0 where it is good.

    Without an accuracy they are those that are missing for one. With one it is taken that what exceeds
    chance grows with the root of the marks, as the errors of means shrink: a rule of thumb.
    """
    least = min(counts)
    if least < FOLDS or accuracy is None:
        return max(FOLDS - least, 1)
    if accuracy >= GOOD:
        return 0
    wanted = (USABLE if accuracy < USABLE else GOOD) - CHANCE
    above = max(accuracy - CHANCE, 0.01)
    return min(MOST, max(1, math.ceil(least * ((wanted / above) ** 2 - 1))))


def check_useful(slider: Boundary) -> None:
    """Refuse a taught slider whose marks are too few, or which is right too seldom on held-out ones.

    A discovered slider and one of a single pair were not measured, and pass.

    Raises:
        OptionError: it has fewer than five marks of a kind, or an accuracy below 65%.
    """
    facts, accuracy = slider.info.facts, slider.info.accuracy
    counts = facts.get("marks_has"), facts.get("marks_has_not")
    if counts != (None, None):
        has, has_not = (int(count or 0) for count in counts)
        if min(has, has_not) < FOLDS:
            raise OptionError(
                f"{has} pictures have it and {has_not} have it not; mark {FOLDS} of each at least"
            )
    if accuracy is not None and accuracy < USABLE:
        raise OptionError(
            f"it is right on {100 * accuracy:.0f}% of the pictures that it did not learn from; a slider "
            f"needs {100 * USABLE:.0f}%. Mark more, or what differs more clearly"
        )
