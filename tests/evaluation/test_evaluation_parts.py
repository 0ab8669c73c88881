"""The mathematics of the comparison, on made-up figures with known answers."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from editor.evaluation.claims import claims
from editor.evaluation.reconstruct import summary
from editor.evaluation.semantics import code_scores, labels_of, mean_ap, semantics
from editor.geometry import FFHQ, TIGHT, background, face_ellipse
from editor.sliders.boundary import Boundary, BoundaryInfo

NORMAL = torch.nn.functional.normalize(torch.randn(4, 6, generator=torch.manual_seed(1)), dim=1)
SMILE = Boundary(BoundaryInfo("smile", "smile", "Face", "tiny", (1, 2), (-1.0, 1.0)), NORMAL)
PHOTOS = torch.zeros(12, 3, 8, 8)


def test_the_interval_is_that_of_the_mean() -> None:
    values = torch.randn(400, generator=torch.Generator().manual_seed(3)) * 2 + 5
    found = summary(values)
    half = 1.96 * values.std().item() / math.sqrt(400)
    assert found["mean"] == pytest.approx(values.mean().item(), rel=1e-6)
    assert found["low"] == pytest.approx(found["mean"] - half, abs=0.03)
    assert found["high"] == pytest.approx(found["mean"] + half, abs=0.03)
    assert found["p95"] == pytest.approx(values.quantile(0.95).item(), rel=1e-5)
    same = summary(torch.full((10,), 0.25))
    assert same["low"] == same["high"] == same["mean"] == 0.25


def test_a_score_is_the_mean_place_along_the_normal_of_its_layers() -> None:
    codes = torch.randn(3, 4, 6)
    expected = [sum(float(codes[i, k] @ NORMAL[k]) for k in (1, 2)) / 2 for i in range(len(codes))]
    assert code_scores(codes, SMILE).tolist() == pytest.approx(expected, rel=1e-5)
    moved = codes.clone()
    moved[:, 1:3] += 2.0 * NORMAL[1:3]
    gain = code_scores(moved, SMILE) - code_scores(codes, SMILE)
    assert gain.tolist() == pytest.approx([2.0] * 3, rel=1e-4)
    moved = codes.clone()
    moved[:, 0] += 5.0
    assert torch.equal(code_scores(moved, SMILE), code_scores(codes, SMILE))


def test_an_independent_slider_scores_by_its_hyperplane_as_fitted() -> None:
    fitted = torch.nn.functional.normalize(torch.randn(6), dim=0)
    codes = torch.randn(3, 4, 6)
    expected = (codes[:, 1:3] @ fitted).mean(dim=1)
    found = code_scores(codes, replace(SMILE, hyperplane=fitted))
    torch.testing.assert_close(found, expected)
    assert not torch.allclose(found, code_scores(codes, SMILE))


def test_codes_in_order_have_an_average_precision_of_one() -> None:
    labels = [{"smile": float(i >= 6)} for i in range(12)]
    codes = torch.zeros(12, 4, 6)
    codes[:, 1:3] = torch.arange(12.0)[:, None, None] * NORMAL[1:3]
    found = semantics(codes, {"smile": SMILE}, labels, PHOTOS)
    assert found["smile"]["ap"] == 1.0
    assert found["smile"]["chance"] == 0.5
    assert found["smile"]["curve"]["recall"][0] == 0.0
    worst = semantics(-codes, {"smile": SMILE}, labels, PHOTOS)
    brute = sum((k + 1) / (7 + k) for k in range(6)) / 6  # all six after the six without
    assert worst["smile"]["ap"] == pytest.approx(brute, rel=1e-6)
    assert mean_ap({"smile": found["smile"], "age": "no labels"}) == 1.0
    assert mean_ap({"age": "no labels"}) is None


def test_labels_are_halves_medians_or_computed() -> None:
    rows = [{"smile": i / 11, "age": float(i), "rare": float(i == 0)} for i in range(12)]
    rows[3] = {"smile": None}
    labels, known = labels_of("smile", rows, PHOTOS)
    assert known.tolist() == [i != 3 for i in range(12)]
    assert labels[known].tolist() == [i / 11 > 0.5 for i in range(12) if i != 3]
    labels, known = labels_of("age", rows, PHOTOS)
    assert labels[known].float().mean() == pytest.approx(5 / 11)
    photos = torch.linspace(-1, 1, 12)[:, None, None, None].expand(12, 3, 8, 8)
    labels, known = labels_of("brightness", rows, photos)
    assert labels.tolist() == [i > 5 for i in range(12)]
    assert "labelled" in labels_of("beard", rows, PHOTOS)
    assert "one class" in labels_of("rare", rows, PHOTOS)


def test_the_background_is_outside_the_face() -> None:
    outside = background("face", 64)
    assert outside is not None
    assert bool(outside[0, 0])
    assert bool(outside[-1, 0])
    assert not bool(outside[34, 32])
    share = 1 - outside.float().mean().item()
    assert share == pytest.approx(math.pi * 0.36 * 0.46, rel=0.02)
    assert background("scene", 64) is None
    whole = background("face", 64, FFHQ)  # a whole head lies in the square
    assert whole is not None
    assert not bool(whole[8, 32])  # hair
    assert not bool(whole[37, 32])
    assert bool(whole[-3, 32])  # neck
    assert bool(whole[32, 4])


def test_a_face_lies_where_the_alignment_puts_it() -> None:
    assert face_ellipse(TIGHT) == pytest.approx((0.5, 0.53, 0.36, 0.46))
    x, y, a, b = face_ellipse(FFHQ)
    assert (x, a / 0.36, b / 0.46) == pytest.approx((0.5, 0.64, 0.64))
    # the chin: in a tight square it is as far below the mouth as in FFHQ's, in units of the face
    assert 0.85 < y + b < 0.9


def _entry(mse: float, ap: float | None, edits: list[float], between: float) -> dict:
    stops = zip((0.5, 1.0, 1.5), edits, strict=True)
    return {
        "reconstruction": {
            "seconds_per_photo_batched": mse,
            "mse": {"mean": mse},
            "ssim": {"mean": 1 - mse},
            "lpips_vgg": "not measured",
            "code_distance": {"mean": ap or 0.0},
        },
        "mean_ap": ap,
        "edits": [{"slider": "smile", "stop": 1.0, "flips": 0.5}]
        + [{"slider": "all", "stop": stop, "swd_9": v, "logit": -v} for stop, v in stops],
        "interpolations": {"swd_9": between, "logit": -between},
    }


def test_claims_are_held_against_the_figures() -> None:
    ours = _entry(0.02, 0.9, [10.0, 20.0, 99.0], 5.0)
    methods = {
        "traditional": _entry(0.1, 0.8, [20.0, 9.0, 1.0], 5.0),
        "free": _entry(0.01, None, [16.0, 15.0, 0.0], 6.0),
        "encoder": _entry(0.028, 0.9, [1.0, 1.0, 1.0], 1.0),
        "in-domain": ours,
    }
    found = {
        (one["against"], one["measure"]): (one["ours"], one["theirs"], one["holds"])
        for one in claims({"methods": methods})
    }
    assert found == {
        ("traditional", "mse"): (0.02, 0.1, True),
        ("traditional", "ssim"): (0.98, 0.9, True),
        ("traditional", "mean average precision"): (0.9, 0.8, True),
        ("traditional", "edits: swd_9"): (15.0, 14.5, False),
        ("traditional", "edits: logit"): (-15.0, -14.5, False),
        ("traditional", "interpolations: swd_9"): (5.0, 5.0, False),
        ("traditional", "interpolations: logit"): (-5.0, -5.0, False),
        ("free", "edits: swd_9"): (15.0, 15.5, True),
        ("free", "edits: logit"): (-15.0, -15.5, True),
        ("free", "interpolations: swd_9"): (5.0, 6.0, True),
        ("free", "interpolations: logit"): (-5.0, -6.0, True),
        ("encoder", "lower error than the encoder's"): (
            pytest.approx(0.2857, abs=1e-4),
            0.3,
            False,
        ),
    }
    assert claims({"methods": {"free": ours}}) == []
