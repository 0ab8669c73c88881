"""Calibration of a slider on inverted photos: which layers it moves, and how far.

Of the layers that change the attribute often enough, those are taken that change other attributes,
and of faces what lies around them, least; the range ends where enough photos have changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from editor.editing.move import move
from editor.metrics.attributes import CONTINUOUS, AttributePredictor
from editor.weights.domain import AnyGenerator

GRID = (1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0)
FEW = 32
VISIBLE = 0.15


@dataclass(frozen=True)
class Probes:
    """Inverted photos on which sliders are tried.

    Attributes:
        generator: of the domain.
        predictor: scores pictures.
        codes: [N, num_ws, w_dim], in-domain codes of photos.
        scores: [N] by attribute, of their pictures.
        images: [N, 3, R, R], their pictures.
        outside: [R, R] bool, where pictures should stay as they are; None: nowhere.
    """

    generator: AnyGenerator
    predictor: AttributePredictor
    codes: Tensor
    scores: dict[str, Tensor]
    images: Tensor
    outside: Tensor | None = None

    def few(self) -> Probes:
        """Evenly spread ones, for a first choice."""
        index = torch.linspace(0, len(self.codes) - 1, min(FEW, len(self.codes))).round().long()
        scores = {name: values[index] for name, values in self.scores.items()}
        return replace(self, codes=self.codes[index], scores=scores, images=self.images[index])


@dataclass(frozen=True)
class Reach:
    """What one end of a slider does.

    Attributes:
        distance: from the photo's code, at least 0.
        flips: share of the probes that could change and did.
        changes: mean change of each other attribute's score; a continuous one counts a quarter.
        outside: root of the mean squared change of what should stay as it is, in [-1, 1].
    """

    distance: float
    flips: float
    changes: dict[str, float]
    outside: float = 0.0

    @property
    def change_of_others(self) -> float:
        """Mean over the other attributes."""
        return sum(self.changes.values()) / max(len(self.changes), 1)

    @property
    def cost(self) -> float:
        """All that changes besides the attribute."""
        return self.change_of_others + self.outside


@dataclass(frozen=True)
class Calibration:
    """Layers and both ends of a slider."""

    layers: tuple[int, ...]
    up: Reach
    down: Reach

    @property
    def range(self) -> tuple[float, float]:
        """Recommended distances, rounded to a tenth away from zero."""
        return -_round_up(self.down.distance), _round_up(self.up.distance)


def calibrate(
    probes: Probes, name: str, normal: Tensor, deviation: float, flips: float
) -> Calibration:
    """Choose layers and range of a slider.

    Args:
        probes: inverted photos.
        name: the attribute.
        normal: [w_dim], of length 1.
        deviation: of the domain's codes along the normal; the unit of the distances tried.
        flips: share of the probes whose attribute must change within the range.
    """
    few = probes.few()
    tried = {
        layers: reach(few, name, normal, deviation, flips, layers, 1.0)
        for layers in layer_choices(probes.generator.num_ws)
    }
    enough = {layers: end for layers, end in tried.items() if end.flips >= flips}
    if enough:
        layers = min(enough, key=lambda key: enough[key].cost)
    else:
        layers = max(tried, key=lambda key: tried[key].flips)
    start = next((i for i, f in enumerate(GRID) if f * deviation >= tried[layers].distance), 0)
    up, down = (
        reach(probes, name, normal, deviation, flips, layers, sign, start) for sign in (1.0, -1.0)
    )
    if not down.changes:  # no probe has the attribute: as far down as up
        down = replace(up, flips=0.0)
    return Calibration(layers, up, down)


def entangled(calibration: Calibration, names: list[str]) -> list[str]:
    """Others that a slider visibly changes at its high end, most changed first."""
    changes = calibration.up.changes
    found = [name for name in names if changes.get(name, 0.0) > VISIBLE]
    return sorted(found, key=lambda name: -changes[name])


def layer_choices(num_ws: int) -> list[tuple[int, ...]]:
    """Candidates: all, and the ranges of whole resolutions that start in the coarser half."""
    ends = [end for end in (4, 6, 8) if end < num_ws] + [num_ws]
    spans = [(start, end) for start in (0, 2, 4) for end in ends if start < end]
    return [tuple(range(start, end)) for start, end in dict.fromkeys(spans)]


@torch.no_grad()
def reach(
    probes: Probes,
    name: str,
    normal: Tensor,
    deviation: float,
    flips: float,
    layers: tuple[int, ...],
    sign: float,
    start: int = 0,
) -> Reach:
    """The smallest distance that changes enough probes, or that which changes most.

    The share is taken to grow with the distance, between two distances of the grid in a straight
    line: the search starts at one of the grid and walks to the first that changes enough.
    """
    scores = probes.scores[name]
    if name in CONTINUOUS:
        can = scores <= scores.median() if sign > 0 else scores > scores.median()
    else:
        can = scores < 0.5 if sign > 0 else scores >= 0.5
    chosen = can.nonzero()[:, 0]
    if not len(chosen):
        return Reach(GRID[-1] * deviation, 0.0, {})
    rows = normal[None].expand(probes.generator.num_ws, -1)
    tried: dict[int, Reach] = {}

    def at(index: int) -> Reach:
        if index not in tried:
            distance = GRID[index] * deviation
            moved = move(probes.codes[chosen], rows, sign * distance, layers)
            images = torch.cat([probes.generator.synthesis(part) for part in moved.split(64)])
            after = probes.predictor.score(images)
            changes = {
                key: (values - probes.scores[key][chosen]).abs().mean().item()
                / (4.0 if key in CONTINUOUS else 1.0)
                for key, values in after.items()
                if key != name
            }
            flipped = _flipped(name, scores[chosen], after[name], sign)
            outside = 0.0
            if probes.outside is not None:
                change = (images.float() - probes.images[chosen].float())[..., probes.outside]
                outside = change.square().mean().sqrt().item()
            tried[index] = Reach(distance, flipped, changes, outside)
        return tried[index]

    index = start
    while index < len(GRID) - 1 and at(index).flips < flips:
        index += 1
    while index > 0 and at(index).flips >= flips and at(index - 1).flips >= flips:
        index -= 1
    if at(index).flips < flips:
        return max(tried.values(), key=lambda end: (end.flips, -end.distance))
    before = at(index - 1) if index else Reach(0.0, 0.0, {})
    found = at(index)
    part = (flips - before.flips) / max(found.flips - before.flips, 1e-9)
    return replace(found, distance=before.distance + part * (found.distance - before.distance))


def _flipped(name: str, before: Tensor, after: Tensor, sign: float) -> float:
    """Share whose class changed; if continuous, whose value moved by a standard deviation."""
    if name in CONTINUOUS:
        return ((after - before) * sign > 1.0).float().mean().item()
    return ((after > 0.5) == (sign > 0)).float().mean().item()


def _round_up(distance: float) -> float:
    """To a tenth, upwards."""
    return -(-distance * 10 // 1) / 10
