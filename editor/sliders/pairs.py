"""A direction from pairs of pictures: the same things before and after a change."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from editor.errors import OptionError


@dataclass(frozen=True, eq=False)
class Difference:
    """The direction from before to after.

    Attributes:
        normal: [num_ws, w_dim], rows of length 1.
        layers: those that change most.
        length: mean step along the normal on these layers.
        accuracy: share of pairs that point the way of the mean of the others; None for one pair.
    """

    normal: Tensor
    layers: tuple[int, ...]
    length: float
    accuracy: float | None


def difference_of_pairs(before: Tensor, after: Tensor) -> Difference:
    """Return the mean difference of pairs of codes [N, num_ws, w_dim].

    It is a mean and no SVM, for within a pair all else cancels, so that every pair is a whole estimate
    of the direction and nothing needs to be separated. Measured on faces64 with 8 pairs made by its own
    sliders and encoded: at twice the mean step 97% of other faces got the smile and 91% the glasses,
    with an SVM 100% and 86%.

    Raises:
        OptionError: there are no pairs, their shapes are others, or nothing differs.
    """
    if before.shape != after.shape or not len(before):
        raise OptionError(
            f"{len(before)} pictures before and {len(after)} after; give pairs, one at least"
        )
    steps = (after - before).float()
    mean = steps.mean(dim=0)
    size = mean.norm(dim=1)
    if float(size.max()) < 1e-6:
        raise OptionError("the pictures before and after do not differ")
    layers = tuple((size >= size.max() / 2).nonzero()[:, 0].tolist())
    chosen = steps[:, list(layers)]
    accuracy = None
    if len(steps) > 1:
        others = (chosen.sum(dim=0) - chosen) / (len(steps) - 1)
        accuracy = float(((chosen * others).sum(dim=(1, 2)) > 0).float().mean())
    normal = torch.where(size[:, None] > 1e-6, mean, mean.sum(dim=0))
    normal = torch.nn.functional.normalize(normal, dim=1)
    length = float((chosen * normal[list(layers)]).sum(dim=2).mean())
    return Difference(normal, layers, length, accuracy)
