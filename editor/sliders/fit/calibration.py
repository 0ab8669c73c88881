"""Calibration of a slider on inverted photos: which of several directions and layers, and how far.

Of those that take the attribute far enough, that one is taken whose cost is least; the range ends where
enough photos have gone far enough. These two figures are for choosing alone. What is then said of both
ends is their `Effect`, by which `evaluate` measures too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from editor.geometry import background
from editor.metrics.attributes import CONTINUOUS, AttributePredictor
from editor.metrics.distances import evenly_spread
from editor.metrics.effect import Effect, could_flip, flipped
from editor.packs.domain_pack import AnyGenerator
from editor.packs.info import DomainInfo
from editor.sliders.move import move

GRID = (1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0)
LIKELY = 2  # index of GRID where a search starts
HALVINGS = 3  # of the grid's last step: a range ends within an eighth of it
FEW = 48
FAR_DEVIATIONS = 1.0  # by which a continuous attribute of the nearer half moves before a range ends
CONTINUOUS_COST = 0.25  # of a deviation, beside a probability


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
        """Render the codes of photos, and score their pictures.

        Args:
            generator: of the domain.
            predictor: scores pictures.
            codes: [N, num_ws, w_dim].
            info: of the domain: what lies around a face should stay.
        """
        images = pictures(generator, codes)
        outside = background(info.subject, images.shape[-1], info.squares)
        return cls(generator, predictor, codes, predictor.score(images), images, outside)

    def few(self) -> Probes:
        """Return a few probes, evenly spread, for a first choice."""
        index = evenly_spread(len(self.codes), FEW)
        scores = {name: values[index] for name, values in self.scores.items()}
        return replace(self, codes=self.codes[index], scores=scores, images=self.images[index])


def pictures(generator: AnyGenerator, codes: Tensor) -> Tensor:
    """Render pictures [N, 3, R, R] of codes [N, num_ws, w_dim], 64 at a time."""
    return torch.cat([generator.synthesis(part) for part in codes.split(64)])


@dataclass(frozen=True)
class Reach:
    """What is looked at while one end of a slider is searched for; for choosing, not for reports.

    Attributes:
        distance: from the photo's code, at least 0.
        far: share of the probes that went far enough, of those that were to: as in `_were_to`.
        changes: mean change of each other attribute's score over these.
        probes: how many were to go far; 0 where none could.
        outside: root of the mean squared change of what should stay as it is, in [-1, 1].
    """

    distance: float
    far: float
    changes: dict[str, float]
    probes: int
    outside: float = 0.0

    @property
    def cost(self) -> float:
        """Return the price of a direction: the mean change of others, and what changes outside.

        A deviation of a continuous attribute costs a quarter of a probability.
        """
        costs = [
            value * CONTINUOUS_COST if name in CONTINUOUS else value
            for name, value in self.changes.items()
        ]
        return sum(costs) / max(len(costs), 1) + self.outside


@dataclass(frozen=True)
class End:
    """One end of a slider, and what it does.

    Attributes:
        distance: from the photo's code, at least 0.
        effect: on the attributes of the probes.
        outside: root of the mean squared change of what should stay as it is, in [-1, 1], over the
            probes that could change.
    """

    distance: float
    effect: Effect
    outside: float


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
    up: End
    down: End

    @property
    def range(self) -> tuple[float, float]:
        """Return the recommended distances, rounded to a tenth away from zero."""
        return -_round_up(self.down.distance), _round_up(self.up.distance)


def calibrate(
    probes: Probes, name: str, candidates: Sequence[Candidate], flips: float
) -> Calibration:
    """Choose direction, layers and range of a slider.

    Args:
        probes: inverted photos.
        name: the attribute.
        candidates: at least one.
        flips: share of the probes whose attribute must go far enough within the range.
    """
    few = probes.few()
    tried = [(reach(few, name, each, flips, 1.0, LIKELY), each) for each in candidates]
    enough = [pair for pair in tried if pair[0].far >= flips]
    if enough:
        end, chosen = min(enough, key=lambda pair: pair[0].cost)
    else:
        end, chosen = max(tried, key=lambda pair: pair[0].far)
    start = next((i for i, f in enumerate(GRID) if f * chosen.deviation >= end.distance), 0)
    up, down = (reach(probes, name, chosen, flips, sign, start) for sign in (1.0, -1.0))
    if not down.probes:  # none has the attribute: as far down as up
        down = up
    return Calibration(
        chosen,
        _end(probes, name, chosen, up.distance, 1.0),
        _end(probes, name, chosen, down.distance, -1.0),
    )


def layer_choices(num_ws: int) -> list[tuple[int, ...]]:
    """Return the layers to try: ranges from layer 0, 2 or 4 up to layer 3, 5, 7 or the last one."""
    ends = [end for end in (4, 6, 8) if end < num_ws] + [num_ws]
    spans = [(start, end) for start in (0, 2, 4) for end in ends if start < end]
    return [tuple(range(start, end)) for start, end in dict.fromkeys(spans)]


def reach(
    probes: Probes, name: str, candidate: Candidate, flips: float, sign: float, start: int = 0
) -> Reach:
    """Find the smallest distance at which enough probes go far, or that at which most do.

    The share is taken to grow with the distance. The search starts at a distance of the grid, walks to
    the first that is enough, and halves the step before it.

    Args:
        probes: inverted photos.
        name: the attribute.
        candidate: the direction.
        flips: share of the probes that is enough.
        sign: of the distance.
        start: index of the grid.
    """
    chosen = _were_to(name, probes.scores[name], sign).nonzero()[:, 0]
    if not len(chosen):
        return Reach(GRID[-1] * candidate.deviation, 0.0, {}, 0)
    tried: dict[float, Reach] = {}

    def at(distance: float) -> Reach:
        if distance not in tried:
            tried[distance] = _tried(probes, name, candidate, chosen, distance, sign)
        return tried[distance]

    grid = [factor * candidate.deviation for factor in GRID]
    index = start
    while index < len(grid) - 1 and at(grid[index]).far < flips:
        index += 1
    while index > 0 and at(grid[index]).far >= flips and at(grid[index - 1]).far >= flips:
        index -= 1
    if at(grid[index]).far < flips:
        return max(tried.values(), key=lambda end: (end.far, -end.distance))
    less, enough = grid[index - 1] if index else 0.0, grid[index]
    for _ in range(HALVINGS):
        middle = (less + enough) / 2
        less, enough = (less, middle) if at(middle).far >= flips else (middle, enough)
    return at(enough)


def _were_to(name: str, scores: Tensor, sign: float) -> Tensor:
    """Return which probes of scores [N] a range has to move: [N] bool.

    They are those that could flip, or of a continuous attribute the half with less of it, or more.
    """
    if name in CONTINUOUS:
        return scores <= scores.median() if sign > 0 else scores > scores.median()
    return could_flip(name, scores, sign)


def _went_far(name: str, before: Tensor, after: Tensor, sign: float) -> Tensor:
    """Return which probes went far enough, by their scores [N] before and after: [N] bool."""
    if name in CONTINUOUS:
        return (after - before) * sign > FAR_DEVIATIONS
    return flipped(name, before, after, sign)


def _tried(
    probes: Probes, name: str, candidate: Candidate, chosen: Tensor, distance: float, sign: float
) -> Reach:
    """Move the chosen probes, and return what that does."""
    after, outside = _moved(probes, candidate, chosen, sign * distance)
    before = {key: values[chosen] for key, values in probes.scores.items()}
    far = _went_far(name, before[name], after[name], sign).float().mean().item()
    changes = {
        key: (values - before[key]).abs().mean().item()
        for key, values in after.items()
        if key != name
    }
    return Reach(distance, far, changes, len(chosen), outside)


def _end(probes: Probes, name: str, candidate: Candidate, distance: float, sign: float) -> End:
    """Measure what one end of a slider does to the probes that could change."""
    could = could_flip(name, probes.scores[name], sign)
    chosen = could.nonzero()[:, 0]
    if not len(chosen):
        return End(distance, Effect(could, 0.0, {}), 0.0)
    after, outside = _moved(probes, candidate, chosen, sign * distance)
    before = {key: values[chosen] for key, values in probes.scores.items()}
    return End(distance, Effect.of(name, before, after, sign), outside)


@torch.no_grad()
def _moved(
    probes: Probes, candidate: Candidate, chosen: Tensor, distance: float
) -> tuple[dict[str, Tensor], float]:
    """Move the chosen probes. Return their scores then, and how much changed outside."""
    moved = move(probes.codes[chosen], candidate.rows, distance, candidate.layers)
    images = pictures(probes.generator, moved)
    after = probes.predictor.score(images)
    if probes.outside is None:
        return after, 0.0
    change = (images.float() - probes.images[chosen].float())[..., probes.outside]
    return after, change.square().mean().sqrt().item()


def _round_up(distance: float) -> float:
    """Round to a tenth, upwards."""
    return -(-distance * 10 // 1) / 10
