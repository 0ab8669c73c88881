"""Precision and recall: how well scores rank what has an attribute above what has not."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from sklearn.metrics import average_precision_score, precision_recall_curve
from torch import Tensor

from editor.errors import InputError


@dataclass(frozen=True)
class PrecisionRecall:
    """A precision–recall curve.

    Attributes:
        precision: [K], float64, 0…1: the share of the found that have the attribute, one point a
            threshold, from the lowest threshold up; the last is 1.
        recall: [K], float64, falling from 1 to 0: the share found of those that have it.
        ap: average precision, Σ (Rₖ - Rₖ₋₁) Pₖ; chance gives the share of those that have it.
    """

    precision: Tensor
    recall: Tensor
    ap: float


def precision_recall(labels: Tensor, scores: Tensor) -> PrecisionRecall:
    """Return the precision–recall curve of a ranking, and the area under its steps.

    Args:
        labels: [N], bool or 0 and 1: which have the attribute.
        scores: [N], float: higher means more of it; equal scores are found together.

    Raises:
        InputError: the shapes differ, a label is neither 0 nor 1, all labels are the same, or a
            score is not finite.

    Reference: Everingham et al., The Pascal Visual Object Classes Challenge, section 4.2, there
    with the precision made monotone; here the steps are summed as they are.
    """
    if labels.ndim != 1 or labels.shape != scores.shape:
        raise InputError(
            f"labels have shape {list(labels.shape)} and scores {list(scores.shape)}; "
            f"give one of each for every picture: [N] and [N]"
        )
    if not bool(((labels == 0) | (labels == 1)).all()):
        raise InputError("labels must be 0 or 1; drop the pictures whose label is not known")
    if not bool(torch.isfinite(scores).all()):
        raise InputError("scores must be finite; drop the pictures that could not be scored")
    positives = int(labels.sum())
    if positives in (0, len(labels)):
        raise InputError(
            f"{positives} of {len(labels)} labels are 1, so that there is nothing to tell apart; "
            f"give pictures with and without the attribute"
        )
    y, x = labels.cpu().bool().numpy(), scores.detach().cpu().double().numpy()
    precision, recall, _ = precision_recall_curve(y, x)
    return PrecisionRecall(
        torch.from_numpy(precision.copy()),
        torch.from_numpy(recall.copy()),
        float(average_precision_score(y, x)),
    )
