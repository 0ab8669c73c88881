from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from editor.editing.interpolate import EASINGS, at, fractions, interpolate
from editor.errors import MismatchError, OptionError


@pytest.fixture
def codes() -> torch.Tensor:
    return torch.randn(3, 6, 8)


def test_the_ends_and_the_codes_between_are_exact(codes: torch.Tensor) -> None:
    for easing in EASINGS:
        path = interpolate(codes, 51, easing)
        assert path.shape == (51, 6, 8)
        assert torch.equal(path[0], codes[0])
        assert torch.equal(path[25], codes[1])
        assert torch.equal(path[50], codes[2])


@pytest.mark.parametrize("count", [2, 3, 7, 50])
def test_each_code_is_met_exactly_where_a_frame_falls_on_it(count: int) -> None:
    codes = torch.randn(count, 3, 4)
    assert torch.equal(interpolate(codes, count), codes)
    assert torch.equal(interpolate(codes, count, loop=True), codes)


def test_linear_is_what_the_published_code_computes(codes: torch.Tensor) -> None:
    path = interpolate(codes[:2], 7)
    lam = np.linspace(0.0, 1.0, 7)[:, None, None]
    first, last = codes[0].numpy(), codes[1].numpy()
    np.testing.assert_allclose(path.numpy(), first + lam * (last - first), atol=1e-6)


def test_a_loop_comes_back_without_a_doubled_frame(codes: torch.Tensor) -> None:
    path = interpolate(codes, 12, loop=True)
    assert torch.equal(path[0], codes[0])
    assert torch.equal(path[4], codes[1])
    assert torch.equal(path[8], codes[2])
    steps = (path - path.roll(-1, dims=0)).flatten(1).norm(dim=1)
    for side in range(3):
        expected = (codes[side] - codes[(side + 1) % 3]).norm() / 4
        assert torch.allclose(steps[side * 4 : side * 4 + 4], expected.expand(4), atol=1e-5)
    assert torch.equal(at(codes, 1.0, loop=True), codes[0])


def test_two_codes_loop_there_and_back() -> None:
    codes = torch.tensor([0.0, 1.0])[:, None, None]
    path = interpolate(codes, 4, loop=True).flatten()
    assert path.tolist() == [0.0, 0.5, 1.0, 0.5]


def test_the_easings() -> None:
    codes = torch.tensor([0.0, 1.0], dtype=torch.float64)[:, None, None]
    closed = {
        "linear": lambda t: t,
        "smoothstep": lambda t: 3 * t**2 - 2 * t**3,
        "cubic": lambda t: 4 * t**3 if t < 0.5 else 1 - (2 - 2 * t) ** 3 / 2,
    }
    assert set(closed) == set(EASINGS)
    for easing, formula in closed.items():
        found = [float(at(codes, i / 100, easing)) for i in range(101)]
        assert found == pytest.approx([formula(i / 100) for i in range(101)], abs=1e-9)
        assert found == sorted(found)
        assert found[50] == pytest.approx(0.5)
        mirrored = [1 - value for value in reversed(found)]
        assert found == pytest.approx(mirrored, abs=1e-9)


def test_easing_applies_to_each_stretch_by_itself() -> None:
    codes = torch.tensor([0.0, 1.0, 5.0])[:, None, None]
    slow = [float(at(codes, 0.5 + d, "smoothstep")) for d in (-0.01, 0.01)]
    assert slow == pytest.approx([1.0, 1.0], abs=0.01)
    assert float(at(codes, 0.75, "smoothstep")) == pytest.approx(3.0)


def test_a_scrubber_shows_the_same_codes_as_the_frames(codes: torch.Tensor) -> None:
    for loop in (False, True):
        path = interpolate(codes, 17, "cubic", loop)
        for t, code in zip(fractions(17, loop), path, strict=True):
            assert torch.equal(at(codes, t, "cubic", loop), code)


def test_fractions() -> None:
    assert fractions(5) == [0, 0.25, 0.5, 0.75, 1]
    assert fractions(4, loop=True) == [0, 0.25, 0.5, 0.75]
    assert len(fractions(1000)) == 1000


@pytest.mark.parametrize("frames", [-1, 0, 1, 1001, 10**9])
def test_absurd_numbers_of_frames(codes: torch.Tensor, frames: int) -> None:
    with pytest.raises(OptionError, match=str(frames)):
        interpolate(codes, frames)


def test_what_does_not_fit_is_refused(codes: torch.Tensor) -> None:
    for few in (codes[:1], codes[:0]):
        with pytest.raises(OptionError, match="at least two"):
            interpolate(few, 5)
    with pytest.raises(OptionError, match=r"melt.*smoothstep"):
        interpolate(codes, 5, "melt")
    with pytest.raises(MismatchError, match="num_ws"):
        interpolate(codes[0], 5)
    with pytest.raises(MismatchError, match="not finite"):
        interpolate(codes.clone().fill_(math.nan), 5)
    for t in (-0.1, 1.1, math.nan):
        with pytest.raises(OptionError, match="outside"):
            at(codes, t)


def test_each_stretch_takes_its_time(codes: torch.Tensor) -> None:
    path = interpolate(codes, 11, times=(0.8, 0.2))
    assert torch.equal(path[8], codes[1])
    for index, code in enumerate(path[:9]):
        assert torch.allclose(code, torch.lerp(codes[0], codes[1], index / 8), atol=1e-6)
    assert torch.allclose(path[9], (codes[1] + codes[2]) / 2, atol=1e-6)
    assert torch.equal(path[10], codes[2])
    back = interpolate(codes, 10, "smoothstep", loop=True, times=(1.0, 3.0, 6.0))
    assert torch.equal(back[0], codes[0])
    assert torch.equal(back[1], codes[1])
    assert torch.equal(back[4], codes[2])
    assert torch.allclose(back[7], (codes[2] + codes[0]) / 2, atol=1e-6)


@pytest.mark.parametrize("unit", [1.0, 0.7, 1e-300, 1e308])
def test_times_that_are_all_the_same_change_nothing(codes: torch.Tensor, unit: float) -> None:
    for loop in (False, True):
        times = [unit] * (3 if loop else 2)
        for easing in EASINGS:
            same = interpolate(codes, 25, easing, loop, times)
            assert torch.allclose(same, interpolate(codes, 25, easing, loop), atol=1e-6)


def test_times_that_make_no_sense(codes: torch.Tensor) -> None:
    for times in ((), (1.0,), (1.0, 1.0, 1.0)):
        with pytest.raises(OptionError, match="2 stretches"):
            interpolate(codes, 5, times=times)
    with pytest.raises(OptionError, match="3 stretches"):
        interpolate(codes, 5, loop=True, times=(1.0, 1.0))
    for wrong in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(OptionError, match="above 0"):
            interpolate(codes, 5, times=(1.0, wrong))
