"""Calibration of a slider on inverted photos: which of several directions and layers, and how far.

Of those that change the attribute often enough, that one is taken which changes other attributes, and
of faces what lies around them, least; the range ends where enough photos have changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from editor.editing.move import move
from editor.geometry import background
from editor.metrics.attributes import CONTINUOUS, AttributePredictor
from editor.metrics.distances import evenly_spread
from editor.packs.info import DomainInfo
from editor.packs.load import AnyGenerator

GRID = (1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0)
LIKELY = 2  # index of GRID where a search starts
HALVINGS = 3  # of the grid's last step: a range ends within an eighth of it
FEW = 48


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

    @classmethod
    def of(
        cls, generator: AnyGenerator, predictor: AttributePredictor, codes: Tensor, info: DomainInfo
    ) -> Probes:
        """Codes [N, num_ws, w_dim] of photos, with what their pictures show.

        Args:
            info: of the domain: what lies around a face should stay.
        """
        images = pictures(generator, codes)
        outside = background(info.subject, images.shape[-1], info.squares)
        return cls(generator, predictor, codes, predictor.score(images), images, outside)

    def few(self) -> Probes:
        """Evenly spread ones, for a first choice."""
        index = evenly_spread(len(self.codes), FEW)
        scores = {name: values[index] for name, values in self.scores.items()}
        return replace(self, codes=self.codes[index], scores=scores, images=self.images[index])


def pictures(generator: AnyGenerator, codes: Tensor) -> Tensor:
    """[N, 3, R, R] of codes [N, num_ws, w_dim], 64 at a time."""
    return torch.cat([generator.synthesis(part) for part in codes.split(64)])


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
class Candidate:
    """A direction that may become a slider.

    Attributes:
        rows: [num_ws, w_dim], each of length 1.
        layers: that it moves.
        deviation: of the domain's codes along it; the unit of the distances tried.
        facts: how it was made.
    """

    rows: Tensor
    layers: tuple[int, ...]
    deviation: float
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Calibration:
    """The direction chosen, and both ends of its slider."""

    chosen: Candidate
    up: Reach
    down: Reach

    @property
    def range(self) -> tuple[float, float]:
        """Recommended distances, rounded to a tenth away from zero."""
        return -_round_up(self.down.distance), _round_up(self.up.distance)


def calibrate(
    probes: Probes, name: str, candidates: Sequence[Candidate], flips: float
) -> Calibration:
    """Choose direction, layers and range of a slider.

    Args:
        probes: inverted photos.
        name: the attribute.
        candidates: at least one.
        flips: share of the probes whose attribute must change within the range.
    """
    few = probes.few()
    tried = [(reach(few, name, each, flips, 1.0, LIKELY), each) for each in candidates]
    enough = [pair for pair in tried if pair[0].flips >= flips]
    if enough:
        end, chosen = min(enough, key=lambda pair: pair[0].cost)
    else:
        end, chosen = max(tried, key=lambda pair: pair[0].flips)
    start = next((i for i, f in enumerate(GRID) if f * chosen.deviation >= end.distance), 0)
    up, down = (reach(probes, name, chosen, flips, sign, start) for sign in (1.0, -1.0))
    if not down.changes:  # no probe has the attribute: as far down as up
        down = replace(up, flips=0.0)
    return Calibration(chosen, up, down)


def layer_choices(num_ws: int) -> list[tuple[int, ...]]:
    """Candidates: all, and the ranges of whole resolutions that start in the coarser half."""
    ends = [end for end in (4, 6, 8) if end < num_ws] + [num_ws]
    spans = [(start, end) for start in (0, 2, 4) for end in ends if start < end]
    return [tuple(range(start, end)) for start, end in dict.fromkeys(spans)]


@torch.no_grad()
def reach(
    probes: Probes, name: str, candidate: Candidate, flips: float, sign: float, start: int = 0
) -> Reach:
    """The smallest distance that changes enough probes, or that which changes most.

    The share is taken to grow with the distance: the search starts at a distance of the grid, walks to
    the first that changes enough, and halves the step before it.
    """
    scores = probes.scores[name]
    if name in CONTINUOUS:
        can = scores <= scores.median() if sign > 0 else scores > scores.median()
    else:
        can = scores < 0.5 if sign > 0 else scores >= 0.5
    chosen = can.nonzero()[:, 0]
    if not len(chosen):
        return Reach(GRID[-1] * candidate.deviation, 0.0, {})
    tried: dict[float, Reach] = {}

    def at(distance: float) -> Reach:
        if distance not in tried:
            moved = move(probes.codes[chosen], candidate.rows, sign * distance, candidate.layers)
            images = pictures(probes.generator, moved)
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
            tried[distance] = Reach(distance, flipped, changes, outside)
        return tried[distance]

    grid = [factor * candidate.deviation for factor in GRID]
    index = start
    while index < len(grid) - 1 and at(grid[index]).flips < flips:
        index += 1
    while index > 0 and at(grid[index]).flips >= flips and at(grid[index - 1]).flips >= flips:
        index -= 1
    if at(grid[index]).flips < flips:
        return max(tried.values(), key=lambda end: (end.flips, -end.distance))
    less, enough = grid[index - 1] if index else 0.0, grid[index]
    for _ in range(HALVINGS):
        middle = (less + enough) / 2
        less, enough = (less, middle) if at(middle).flips >= flips else (middle, enough)
    return at(enough)


def _flipped(name: str, before: Tensor, after: Tensor, sign: float) -> float:
    """Share whose class changed; if continuous, whose value moved by a standard deviation."""
    if name in CONTINUOUS:
        return ((after - before) * sign > 1.0).float().mean().item()
    return ((after > 0.5) == (sign > 0)).float().mean().item()


def _round_up(distance: float) -> float:
    """To a tenth, upwards."""
    return -(-distance * 10 // 1) / 10
