"""What a pack says of its inversions: kept in domain.json, judged by signs."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from editor import Editor
from editor.errors import OptionError
from editor.packs.info import DomainInfo
from editor.packs.verdict import Head, Judgement, Verdict, expanded

# two signs: the first tells what lies outside, the second how far the person is
VERDICT = Verdict(
    ("fit", "unusual"),
    (0.0, 1.0),
    (1.0, 2.0),
    Head((2.0, 0.0, 0.0, 0.0, 0.0), -4.0, 0.0),
    Head((0.0, 0.1, 0.0, 0.0, 0.0), 0.5, 0.6),
    {"auc": 0.9},
)


def test_it_judges_by_its_signs() -> None:
    good = VERDICT.judge({"fit": 0.0, "unusual": 1.0, "other": 9.0})
    assert good == Judgement(pytest.approx(1 / (1 + np.exp(4))), 0.5, "")
    assert good.level == "good"
    assert VERDICT.judge({"fit": 0.0, "unusual": -1.0}).level == "very good"
    assert VERDICT.judge({"fit": 0.0, "unusual": 2.0}).level == "fair"
    other = VERDICT.judge({"fit": 0.0, "unusual": 4.0})
    assert (other.warning, other.level) == ("unlike", "poor")
    outside = VERDICT.judge({"fit": 3.0, "unusual": 4.0})
    assert (outside.warning, outside.level) == ("outside", "poor")
    for broken in ({"fit": 1.0}, {"fit": 1.0, "unusual": float("nan")}):
        with pytest.raises(OptionError, match="unusual"):
            VERDICT.judge(broken)


def test_without_persons_only_what_lies_outside_is_poor() -> None:
    scenes = replace(VERDICT, distance=None)
    assert scenes.judge({"fit": 0.0, "unusual": 9.0}).level is None
    assert scenes.judge({"fit": 0.0, "unusual": 9.0}).distance is None
    assert scenes.judge({"fit": 3.0, "unusual": 0.0}).level == "poor"


def test_signs_are_cut_off_far_away_and_multiplied() -> None:
    x = expanded(np.array([[1.0, np.inf], [0.0, -99.0]]), (0.0, 0.0), (1.0, 1.0))
    assert x.tolist() == [[1, 4, 1, 4, 16], [0, -4, 0, 0, 16]]
    sure = replace(VERDICT, outside=Head((2.0, 0.0, 0.0, 0.0, 0.0), -800.0, 0.0))
    assert sure.judge({"fit": 0.0, "unusual": 1.0}).outside < 1e-20


def test_it_stands_in_domain_json(tiny: Editor) -> None:
    assert "verdict" not in json.loads(tiny.info.to_json())
    info = replace(tiny.info, verdict=VERDICT)
    assert DomainInfo.from_json(info.to_json()) == info


@pytest.mark.parametrize(
    "change",
    [
        {"signs": []},
        {"signs": ["fit"]},
        {"mean": [0.0, float("nan")]},
        {"mean": [0.0, 10**400]},
        {"scale": [1.0, 0.0]},
        {"scale": "xy"},
        {"outside": None},
        {"outside": {"weights": [1.0], "bias": 0.0, "threshold": 0.0}},
        {"outside": {"weights": [1.0] * 5, "bias": 0.0}},
        {"distance": {"weights": ["x"] * 5, "bias": 0.0, "threshold": 0.0}},
        {"measured": 5},
    ],
)
def test_a_damaged_one_is_refused(change: dict) -> None:
    with pytest.raises(OptionError, match="verdict"):
        Verdict.of({**json.loads(json.dumps(VERDICT.values())), **change})
    with pytest.raises(OptionError, match="verdict"):
        Verdict.of([])


def test_an_edit_is_judged_by_its_inversion(tiny: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    aligned = tiny.example(3)
    edit = tiny.edit(tiny.sample(3).wp, aligned)
    assert tiny.judge(edit) is None  # this pack has no verdict
    signs = {k: float(v[0]) for k, v in tiny.engine.signs(_tensor(aligned), edit.wp[None]).items()}
    assert {"fit", "distance", "agreement", "unusual", "contrast"} <= signs.keys()
    with_verdict = replace(tiny.info, verdict=VERDICT)
    monkeypatch.setattr(type(tiny), "info", property(lambda _: with_verdict))
    assert tiny.judge(edit) == VERDICT.judge(signs)
    assert tiny.judge(edit.move(smile=1.0)) == VERDICT.judge(signs)  # whatever the sliders
    assert tiny.judge(tiny.sample(3)) is None  # no photo
    missing = replace(with_verdict, verdict=replace(VERDICT, signs=("fit", "aligner")))
    monkeypatch.setattr(type(tiny), "info", property(lambda _: missing))
    assert tiny.judge(edit) is None  # this pack has no aligner


def _tensor(image):
    from editor.media.images import to_tensor

    return to_tensor(image)
