"""What a pack says of its inversions: outside the domain, or another person; kept in domain.json."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from editor.errors import OptionError

FAR = 4.0  # standard deviations beyond which a sign counts no more
MAX_SIGNS = 32
Fault = Literal["", "outside", "unlike"]
Level = Literal["very good", "good", "fair", "poor"]
LEVELS: tuple[tuple[Level, float], ...] = (("very good", 0.42), ("good", 0.52))  # distances


@dataclass(frozen=True)
class Head:
    """A linear answer from expanded signs, and from where on it warns.

    Attributes:
        weights: one for each expanded sign, see `expanded`.
        bias: added to their sum.
        threshold: warn from here on.
    """

    weights: tuple[float, ...]
    bias: float
    threshold: float

    def answer(self, rows: np.ndarray) -> np.ndarray:
        """Return the answers [N] to expanded signs [N, K]."""
        return np.asarray(rows @ np.array(self.weights) + self.bias)


@dataclass(frozen=True)
class Judgement:
    """What is said of an inversion.

    Attributes:
        outside: probability that the photo lies outside the domain, 0…1.
        distance: expected distance between the person of the photo and that of the inversion, by the
            recogniser that the pack was measured with; None where it knows of no persons.
        warning: "outside", "unlike" or "".
    """

    outside: float
    distance: float | None
    warning: Fault

    @property
    def level(self) -> Level | None:
        """Return how like its photo the inversion is, in words; None where that was not measured."""
        if self.warning:
            return "poor"
        if self.distance is None:
            return None
        return next((word for word, most in LEVELS if self.distance < most), "fair")


@dataclass(frozen=True)
class Verdict:
    """Judges inversions by signs that were measured on photos whose inversions are known.

    Attributes:
        signs: names, in the order of mean and scale.
        mean: of each sign, on the photos that it was fitted on.
        scale: standard deviation of each.
        outside: logit that the photo lies outside the domain.
        distance: between persons, see `Judgement`; None where there are none.
        measured: figures, for people.
    """

    signs: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    outside: Head
    distance: Head | None
    measured: dict[str, Any]

    @classmethod
    def of(cls, values: Any) -> Verdict:
        """Read a verdict from what domain.json holds.

        Raises:
            OptionError: it is not what `values` returns.
        """
        try:
            signs = tuple(str(name) for name in values["signs"])
            mean, scale = _numbers(values["mean"]), _numbers(values["scale"])
            heads = [
                None if values[name] is None else _head(values[name])
                for name in ("outside", "distance")
            ]
            measured = dict(values["measured"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise OptionError(f"the verdict cannot be read: {error!r}") from error
        outside, distance = heads
        count = len(signs)
        whole = count + count * (count + 1) // 2
        if (
            not 0 < count <= MAX_SIGNS
            or not len(mean) == len(scale) == count
            or min(scale) <= 0
            or outside is None
            or any(head is not None and len(head.weights) != whole for head in heads)
        ):
            raise OptionError(f"the verdict has {count} signs, and numbers that do not fit them")
        return cls(signs, mean, scale, outside, distance, measured)

    def values(self) -> dict[str, Any]:
        """Return the verdict as domain.json holds it."""
        return asdict(self)

    def judge(self, signs: Mapping[str, float]) -> Judgement:
        """Judge an inversion by its signs.

        Raises:
            OptionError: one is missing, or not finite.
        """
        if missing := [n for n in self.signs if not math.isfinite(signs.get(n, math.nan))]:
            raise OptionError(f"signs {missing} are missing")
        outside, distance = self.answers(np.array([[signs[name] for name in self.signs]]))
        warning: Fault = ""
        if outside[0] >= self.outside.threshold:
            warning = "outside"
        elif self.distance is not None and distance[0] >= self.distance.threshold:
            warning = "unlike"
        return Judgement(
            1 / (1 + math.exp(-min(max(float(outside[0]), -50.0), 50.0))),
            None if self.distance is None else float(distance[0]),
            warning,
        )

    def answers(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Answer signs [N, S] with logits of lying outside [N], and distances [N], 0 where unknown."""
        x = expanded(rows, self.mean, self.scale)
        far = np.zeros(len(x)) if self.distance is None else self.distance.answer(x)
        return self.outside.answer(x), far


def expanded(rows: np.ndarray, mean: tuple[float, ...], scale: tuple[float, ...]) -> np.ndarray:
    """Standardise signs, clip them, and append their products: [N, S + S (S + 1) / 2].

    Args:
        rows: [N, S].
        mean: of each sign.
        scale: standard deviation of each.
    """
    x = (np.asarray(rows, dtype=np.float64) - mean) / scale
    x = np.clip(x, -FAR, FAR)
    first, second = np.triu_indices(x.shape[1])
    return np.concatenate([x, x[:, first] * x[:, second]], axis=1)


def _head(values: Any) -> Head:
    bias, threshold = _numbers([values["bias"], values["threshold"]])
    return Head(_numbers(values["weights"]), bias, threshold)


def _numbers(values: Any) -> tuple[float, ...]:
    found = tuple(float(value) for value in values)
    if not all(map(math.isfinite, found)):
        raise ValueError("a number is not finite")
    return found
