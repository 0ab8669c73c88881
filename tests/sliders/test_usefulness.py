from __future__ import annotations

from typing import Any

import pytest
import torch

from editor.errors import OptionError
from editor.sliders.boundary import Boundary, BoundaryInfo
from editor.sliders.usefulness import check_useful, level_of, more_of_each


@pytest.mark.parametrize(
    ("accuracy", "level"),
    [(None, "not yet"), (0.64, "not yet"), (0.65, "usable"), (0.84, "usable"), (0.85, "good")],
)
def test_levels(accuracy: float | None, level: str) -> None:
    assert level_of(accuracy) == level


def test_how_many_more_are_wanted() -> None:
    assert more_of_each((0, 0), None) == 5
    assert more_of_each((9, 3), None) == 2
    assert more_of_each((8, 10), 0.62) == 5, "8 · ((0.15 / 0.12)² − 1) = 4.5"
    assert more_of_each((8, 10), 0.4) == 12, "no more at a time than anybody marks"
    assert more_of_each((20, 20), 0.9) == 0
    assert more_of_each((20, 20), 0.84) == 2, "to be good: 20 · ((0.35 / 0.34)² − 1) = 1.2"


def _taught(accuracy: float | None, **facts: Any) -> Boundary:
    info = BoundaryInfo("hat", "Hat", "Other", "tiny", (0,), (-1, 1), accuracy, facts)
    return Boundary(info, torch.eye(1, 4))


def test_what_is_not_good_enough_is_refused() -> None:
    marks = {"marks_has": 8, "marks_has_not": 10}
    check_useful(_taught(0.65, **marks))
    with pytest.raises(OptionError, match=r"right on 48% .* needs 65%"):
        check_useful(_taught(0.48, **marks))
    with pytest.raises(OptionError, match="8 pictures have it and 4 have it not; mark 5 of each"):
        check_useful(_taught(0.9, marks_has=8, marks_has_not=4))
    with pytest.raises(OptionError, match="right on 50%"):
        check_useful(_taught(0.5, pairs=4))
    check_useful(_taught(None, pairs=1))
    check_useful(_taught(None, made="discovered by sefa"))
