"""Fitting a boundary: a linear SVM between the confident ends of an attribute.

Reference: Shen et al., Interpreting the Latent Space of GANs for Semantic Face Editing, section 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.svm import LinearSVC
from torch import Tensor

from editor.errors import OptionError


@dataclass(frozen=True)
class Hyperplane:
    """A separating hyperplane of codes.

    Attributes:
        normal: [w_dim], of length 1, pointing to higher scores.
        intercept: signed distance of the origin.
        accuracy: on the held-out part of the confident ends.
        used: how many codes were used.
    """

    normal: Tensor
    intercept: float
    accuracy: float
    used: int


def fit_hyperplane(
    codes: Tensor, scores: Tensor, share: float = 0.1, held_out: float = 0.3, seed: int = 0
) -> Hyperplane:
    """Separate the codes of the highest scores from those of the lowest.

    Args:
        codes: [N, w_dim].
        scores: [N], higher means more of the attribute.
        share: share of the codes taken at each end.
        held_out: share of these kept for the accuracy.
        seed: of the split.

    Raises:
        OptionError: too few codes, or scores that do not vary.
    """
    count = int(len(codes) * share)
    if count < 10 or codes.shape[0] != scores.shape[0]:
        raise OptionError(
            f"{len(codes)} codes with {len(scores)} scores give {count} at each end; at least 10 "
            f"are needed. Synthesise more samples"
        )
    order = scores.argsort()
    low, high = order[:count], order[-count:]
    if scores[low[-1]] >= scores[high[0]]:
        raise OptionError("the scores do not vary; the attribute cannot be separated")
    x = torch.cat([codes[low], codes[high]]).cpu().double().numpy()
    y = np.repeat([0, 1], count)
    shuffled = np.random.default_rng(seed).permutation(len(y))
    test = int(len(y) * held_out)
    centre = x.mean(axis=0)
    scale = float(x.std()) or 1.0
    x = (x - centre) / scale
    svm = LinearSVC(C=0.01, dual=False, max_iter=5000).fit(x[shuffled[test:]], y[shuffled[test:]])
    accuracy = float(svm.score(x[shuffled[:test]], y[shuffled[:test]]))
    weight = svm.coef_[0]
    length = float(np.linalg.norm(weight))
    normal = torch.from_numpy(weight / length).float()
    intercept = float(svm.intercept_[0]) * scale / length - float(
        normal.cpu().double().numpy() @ centre
    )
    return Hyperplane(normal, intercept, accuracy, len(y))


def project_out(normal: Tensor, others: list[Tensor]) -> Tensor:
    """Make a normal independent of others, as a conditional boundary is.

    Args:
        normal: [w_dim], of length 1.
        others: normals [w_dim] whose attributes should stay.

    Returns:
        [w_dim], of length 1, orthogonal to all `others`.

    Raises:
        OptionError: nothing is left, because `normal` lies in the span of the others.

    Reference: Shen et al., section 3.2, conditional manipulation.
    """
    if not others:
        return normal
    basis, _ = torch.linalg.qr(torch.stack(others, dim=1).cpu().double())
    rest = normal.cpu().double() - basis @ (basis.T @ normal.cpu().double())
    length = rest.norm()
    if length < 1e-3:
        raise OptionError("the boundary lies in the span of those that it should be independent of")
    unit: Tensor = (rest / length).float()
    return unit
