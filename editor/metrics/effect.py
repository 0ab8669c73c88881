"""What a step along a slider does to pictures, as a judge of attributes sees it: the one measure of it.

Fitting reports by it and `evaluate` measures by it, so that their figures compare. With a judge's
scores s before a step and s′ after it, and the step's sign d = ±1:

    binary      sᵢ is a probability    could change: d > 0 and sᵢ < ½, or d < 0 and sᵢ ≥ ½
                                       changed:      (s′ᵢ > ½) = (d > 0)
    continuous  sᵢ in deviations       could change: always
                                       changed:      d (s′ᵢ − sᵢ) > ½

    flips            = share of those that could change and did
    change of a      = mean of |s′ₐᵢ − sₐᵢ| over those i that could change, in the unit of a
    change of others = mean of the changes of all other binary attributes
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from editor.metrics.attributes import CONTINUOUS

FLIP_DEVIATIONS = 0.5  # by which a continuous attribute moves before it counts as changed


@dataclass(frozen=True, eq=False)
class Effect:
    """What a step along the slider of one attribute does to pictures.

    Attributes:
        could: [N] bool, pictures that could change.
        flips: share of these that did; 0 where none could.
        changes: mean absolute change of every other attribute's score over these, not a number
            where none could: a probability, or deviations of what is continuous.
    """

    could: Tensor
    flips: float
    changes: dict[str, float]

    @classmethod
    def of(
        cls, name: str, before: dict[str, Tensor], after: dict[str, Tensor], sign: float
    ) -> Effect:
        """Compare the scores of pictures before and after a step.

        Args:
            name: of the attribute that the slider is for.
            before: scores [N] by attribute.
            after: the same, of the same pictures after the step.
            sign: of the step; above 0 it goes towards more of the attribute.
        """
        could = could_flip(name, before[name], sign)
        did = flipped(name, before[name], after[name], sign)
        changes = {
            other: (values - before[other])[could].abs().mean().item()
            for other, values in after.items()
            if other != name
        }
        return cls(could, did[could].float().mean().item() if bool(could.any()) else 0.0, changes)

    @property
    def change_of_others(self) -> float:
        """Return the mean change of the other binary attributes; 0 where there are none.

        Continuous ones have another unit, and do not count; `changes` has them.
        """
        binary = [value for name, value in self.changes.items() if name not in CONTINUOUS]
        return sum(binary) / max(len(binary), 1)


def could_flip(name: str, before: Tensor, sign: float) -> Tensor:
    """Return which pictures a step could change: [N] bool.

    Args:
        name: of the attribute.
        before: its scores.
        sign: of the step.
    """
    if name in CONTINUOUS:
        return torch.ones(len(before), dtype=torch.bool, device=before.device)
    return before < 0.5 if sign > 0 else before >= 0.5


def flipped(name: str, before: Tensor, after: Tensor, sign: float) -> Tensor:
    """Return which pictures a step changed, among those that it could change: [N] bool.

    Args:
        name: of the attribute.
        before: its scores.
        after: its scores after the step.
        sign: of the step.
    """
    if name in CONTINUOUS:
        return (after - before) * sign > FLIP_DEVIATIONS
    return (after > 0.5) == (sign > 0)
