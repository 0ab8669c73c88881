"""A verdict is fitted on signs that tell, and measured on others."""

from __future__ import annotations

import numpy as np
import pytest

from editor.errors import TrainingError
from editor.metrics.verdict import FALSE_OUTSIDE, fit_verdict, measure_verdict


def _drawn(count: int, seed: int, fit: float = 0.0) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Signs of which one says how far the person is, one nothing, and one what lies outside."""
    rng = np.random.default_rng(seed)
    unusual, noise = rng.normal(size=(2, count))
    signs = {"unusual": unusual, "contrast": noise, "fit": rng.normal(fit, 1.0, count)}
    return signs, 0.5 + 0.1 * unusual + rng.normal(0, 0.04, count)


def test_what_it_learns_holds_for_others() -> None:
    train, distances = _drawn(600, 0)
    outside = _drawn(200, 1, fit=5.0)[0]
    verdict = fit_verdict(train, outside, distances)
    test, others = _drawn(400, 2)
    figures = measure_verdict(verdict, test, {"a": _drawn(100, 3, fit=5.0)[0]}, others)
    assert figures["outside"]["a"] > 0.95
    assert figures["outside"]["all"] == figures["outside"]["a"]
    assert figures["photos_called_outside"] < 2.5 * FALSE_OUTSIDE
    assert figures["auc"] > 0.9
    assert figures["unlike_warned"] > 0.6
    assert figures["good_warned"] < 0.13
    assert figures["unlike"] + figures["good"] == figures["photos"] == 400


def test_signs_that_tell_nothing_tell_nothing() -> None:
    train, _ = _drawn(400, 0)
    distances = np.random.default_rng(9).normal(0.5, 0.1, 400)
    verdict = fit_verdict(train, _drawn(100, 1)[0], distances)
    test, _ = _drawn(400, 2)
    others = np.random.default_rng(8).normal(0.5, 0.1, 400)
    figures = measure_verdict(verdict, test, {"a": _drawn(100, 3)[0]}, others)
    assert 0.4 < figures["auc"] < 0.6
    assert figures["outside"]["all"] < 0.3


def test_unknown_persons_do_not_count() -> None:
    train, distances = _drawn(300, 0)
    distances[::3] = np.nan
    verdict = fit_verdict(train, _drawn(100, 1, fit=5.0)[0], distances)
    figures = measure_verdict(verdict, train, {"a": _drawn(40, 3, fit=5.0)[0]}, distances)
    assert figures["unlike"] + figures["good"] == 200
    without = fit_verdict(train, _drawn(100, 1, fit=5.0)[0])
    assert without.distance is None
    assert "auc" not in measure_verdict(without, train, {"a": train}, None)


def test_figures_of_no_picture_are_none() -> None:
    train, distances = _drawn(300, 0)
    outside = _drawn(100, 1, fit=5.0)[0]
    verdict = fit_verdict(train, outside, distances)
    all_good = measure_verdict(verdict, train, {"a": outside}, distances * 0)
    assert (all_good["auc"], all_good["unlike_warned"], all_good["unlike"]) == (None, None, 0)
    nobody = measure_verdict(verdict, train, {"a": outside}, distances * np.nan)
    assert (nobody["auc"], nobody["good_warned"], nobody["good"]) == (None, None, 0)


def test_no_photo_is_warned_where_all_is_clear() -> None:
    train, _ = _drawn(300, 0)
    outside = _drawn(100, 1, fit=60.0)[0]
    figures = measure_verdict(fit_verdict(train, outside), _drawn(300, 5)[0], {"a": outside})
    assert figures["photos_called_outside"] == 0.0
    assert figures["outside"]["all"] > 0.95


def test_too_few_are_refused() -> None:
    train, distances = _drawn(100, 0)
    with pytest.raises(TrainingError, match="too few"):
        fit_verdict(train, _drawn(10, 1)[0], distances)
    with pytest.raises(TrainingError, match="same person"):
        fit_verdict(train, _drawn(100, 1)[0], distances * 0)
