"""The measure of effect, against figures computed by hand."""

from __future__ import annotations

import math

import pytest
import torch

from editor.metrics.effect import Effect, could_flip, flipped

BEFORE = {
    "smile": torch.tensor([0.1, 0.2, 0.4, 0.9]),
    "glasses": torch.tensor([0.5, 0.5, 0.2, 0.0]),
    "hat": torch.tensor([0.0, 0.4, 0.4, 0.0]),
    "age": torch.tensor([0.0, 0.0, 0.0, 0.0]),
}
AFTER = {
    "smile": torch.tensor([0.9, 0.3, 0.6, 0.1]),
    "glasses": torch.tensor([0.6, 0.3, 0.2, 1.0]),
    "hat": torch.tensor([0.0, 0.1, 0.4, 1.0]),
    "age": torch.tensor([0.6, 0.4, -0.8, 2.0]),
}


def test_a_binary_attribute_upwards() -> None:
    """Three of four could smile and two of them do; the fourth counts in nothing."""
    found = Effect.of("smile", BEFORE, AFTER, 1.0)
    assert found.could.tolist() == [True, True, True, False]
    assert found.flips == pytest.approx(2 / 3)
    assert found.changes == {
        "glasses": pytest.approx((0.1 + 0.2 + 0.0) / 3),
        "hat": pytest.approx((0.0 + 0.3 + 0.0) / 3),
        "age": pytest.approx((0.6 + 0.4 + 0.8) / 3),
    }
    assert found.change_of_others == pytest.approx(0.1)


def test_a_binary_attribute_downwards() -> None:
    found = Effect.of("smile", BEFORE, AFTER, -1.0)
    assert found.could.tolist() == [False, False, False, True]
    assert found.flips == 1.0
    assert found.change_of_others == pytest.approx(1.0)


def test_a_continuous_attribute_changes_by_half_a_deviation() -> None:
    """All four could; 0.6 and 2 are enough upwards, -0.8 downwards, 0.4 is not."""
    up, down = (Effect.of("age", BEFORE, AFTER, sign) for sign in (1.0, -1.0))
    assert bool(up.could.all())
    assert up.flips == 0.5
    assert down.flips == 0.25
    assert up.changes["smile"] == pytest.approx((0.8 + 0.1 + 0.2 + 0.8) / 4)
    others = (1.9 / 4 + 1.3 / 4 + 1.3 / 4) / 3
    assert up.change_of_others == pytest.approx(others)


def test_at_the_bounds() -> None:
    """A half has the attribute, but is no change to it; half a deviation is no change either."""
    half = torch.tensor([0.5])
    assert could_flip("smile", half, -1.0).tolist() == [True]
    assert could_flip("smile", half, 1.0).tolist() == [False]
    assert flipped("smile", half, half, 1.0).tolist() == [False]
    assert flipped("smile", half, half, -1.0).tolist() == [True]
    assert flipped("age", torch.zeros(1), half, 1.0).tolist() == [False]


def test_where_no_picture_could_change() -> None:
    found = Effect.of("smile", {n: s + 1 for n, s in BEFORE.items()}, AFTER, 1.0)
    assert found.flips == 0.0
    assert math.isnan(found.change_of_others)


def test_without_other_binary_attributes_nothing_else_changes() -> None:
    scores = {"smile": BEFORE["smile"], "age": BEFORE["age"]}
    found = Effect.of("smile", scores, {"smile": AFTER["smile"], "age": AFTER["age"]}, 1.0)
    assert found.change_of_others == 0.0
    assert found.changes["age"] == pytest.approx(0.6)
