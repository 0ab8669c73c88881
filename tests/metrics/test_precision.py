from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from editor.errors import InputError
from editor.metrics.precision import precision_recall
from editor.packs.features.torchvision_ops import define_missing_ops

define_missing_ops()
from torchmetrics.functional.classification import (  # noqa: E402
    binary_average_precision,
    binary_precision_recall_curve,
)


def _rankings() -> list[tuple[torch.Tensor, torch.Tensor]]:
    draw = torch.Generator().manual_seed(0)
    labels = torch.rand(200, generator=draw) < 0.3
    scores = torch.sigmoid(torch.randn(200, generator=draw) + labels.float())
    return [(labels, scores), (labels.long(), (scores * 8).round() / 8)]  # without ties, and with


def _by_hand(labels: torch.Tensor, scores: torch.Tensor) -> list[tuple[float, float]]:
    """(precision, recall) at every score as the threshold, from the lowest up."""
    points = []
    for threshold in sorted(set(scores.tolist())):
        found = scores >= threshold
        hits = int((found & labels.bool()).sum())
        points.append((hits / int(found.sum()), hits / int(labels.sum())))
    return [*points, (1.0, 0.0)]


@pytest.mark.parametrize(("labels", "scores"), _rankings(), ids=["distinct", "ties"])
def test_equals_counting(labels: torch.Tensor, scores: torch.Tensor) -> None:
    found, points = precision_recall(labels, scores), _by_hand(labels, scores)
    curve = list(zip(found.precision.tolist(), found.recall.tolist(), strict=True))
    assert curve == [pytest.approx(point) for point in points]
    area = sum((r - next_r) * p for (p, r), (_, next_r) in pairwise(points))
    assert found.ap == pytest.approx(area, rel=1e-9)


@pytest.mark.parametrize(("labels", "scores"), _rankings(), ids=["distinct", "ties"])
def test_equals_torchmetrics(labels: torch.Tensor, scores: torch.Tensor) -> None:
    found = precision_recall(labels, scores)
    assert found.ap == pytest.approx(binary_average_precision(scores, labels.long()).item(), 1e-5)
    precision, recall, _ = binary_precision_recall_curve(scores, labels.long())
    torch.testing.assert_close(found.precision.float(), precision)
    torch.testing.assert_close(found.recall.float(), recall)


def test_known_rankings() -> None:
    labels = torch.tensor([1, 1, 0, 0])
    assert precision_recall(labels, torch.tensor([4.0, 3, 2, 1])).ap == 1
    assert precision_recall(labels, torch.tensor([1.0, 1, 1, 1])).ap == 0.5
    # found third and fourth: (1/3 + 2/4) / 2
    assert precision_recall(labels, torch.tensor([1.0, 2, 3, 4])).ap == pytest.approx(5 / 12)
    # only the order counts
    scores = torch.tensor([0.3, -5.0, 1e3, 0.2])
    assert precision_recall(labels, scores).ap == precision_recall(labels, scores.atan()).ap


@pytest.mark.parametrize(
    ("labels", "scores", "said"),
    [
        ([1, 1], [0.1, 0.2], "2 of 2 labels are 1.*with and without"),
        ([0, 0], [0.1, 0.2], "0 of 2 labels are 1"),
        ([], [], "0 of 0"),
        ([0, 1], [0.1, float("nan")], "must be finite"),
        ([0, 1], [0.1, float("inf")], "must be finite"),
        ([0, 2], [0.1, 0.2], "must be 0 or 1"),
        ([0.0, float("nan")], [0.1, 0.2], "must be 0 or 1"),
        ([0, 1], [0.1], r"shape \[2\] and scores \[1\]"),
        ([[0, 1]], [[0.1, 0.2]], "one of each"),
    ],
)
def test_what_cannot_be_ranked_is_told(labels: list, scores: list, said: str) -> None:
    with pytest.raises(InputError, match=said):
        precision_recall(torch.tensor(labels), torch.tensor(scores))
