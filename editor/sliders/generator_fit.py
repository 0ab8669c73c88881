"""How well a direction of unknown origin fits a generator, measured on the generator's codes.

With Σ the covariance [D, D] of codes in a layer and n a unit direction,

    alignment = nᵀ Σ n / (tr Σ / D)

is the variance of the codes along n, by that along a direction drawn at random, which has 1 in the mean. Drawn at
random from the sphere it varies by

    2 D / (D + 2) · (tr Σ² / (tr Σ)² − 1 / D)

A direction of another generator lies at random to this one's codes. One that is aligned no better than 97 in a
hundred random ones (mean and two standard deviations) is therefore doubted. Measured: the 27 shipped sliders have 2.0 to
6.7 in their own generators, whose bound is 1.31; 97% of 20,000 random ones stay below it. Generators that were grown from one
another share their codes, and no measure of codes tells them apart.

Where a file tells mean and deviation of the codes that it was found in, they are compared as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from editor.engine import Engine
from editor.runtime import seeded_latents
from editor.sliders.foreign_directions import UNEVEN, Direction
from editor.sliders.sample_pool import shared_code

SAMPLES = 4000
PORTION = 250
BEYOND = 2.0  # standard deviations of random directions
DEVIATIONS = (2 / 3, 1.5)  # the file's by this generator's
FAR = 0.1  # squared distance of the means, in variances of the codes; of 4,000 samples 0.0003 is chance


@dataclass(frozen=True, eq=False)
class CodeStatistics:
    """Codes that a generator gives, and what is needed of them.

    Attributes:
        codes: [N, num_ws or 1, w_dim].
        mean: [num_ws or 1, w_dim].
        covariance: [num_ws or 1, w_dim, w_dim].
    """

    codes: Tensor
    mean: Tensor
    covariance: Tensor

    @classmethod
    def of(cls, codes: Tensor) -> CodeStatistics:
        """Compute the statistics of codes [N, num_ws or 1, w_dim]."""
        mean = codes.mean(dim=0)
        centred = (codes - mean).transpose(0, 1)
        return cls(codes, mean, centred.transpose(1, 2) @ centred / (len(codes) - 1))

    @property
    def variance(self) -> Tensor:
        """[num_ws or 1], of all values together: tr Σ."""
        return self.covariance.diagonal(dim1=1, dim2=2).sum(dim=1)

    @property
    def bound(self) -> float:
        """What about 97 in a hundred random directions stay below, in the mean of the layers."""
        width = self.mean.shape[1]
        concentrated = (self.covariance**2).sum(dim=(1, 2)) / self.variance**2
        varies = 2 * width / (width + 2) * (concentrated - 1 / width)
        return 1 + BEYOND * math.sqrt(max(float(varies.mean()), 0.0))

    def along(self, rows: Tensor, layers: tuple[int, ...]) -> tuple[float, float]:
        """Return standard deviation and alignment of the codes along rows [num_ws or 1, w_dim], mean of layers."""
        last, width = len(self.mean) - 1, self.mean.shape[1]
        deviations, alignments = [], []
        for layer in layers:
            row, own = rows[min(layer, len(rows) - 1)], min(layer, last)
            variance = float(row @ self.covariance[own] @ row)
            deviations.append(math.sqrt(max(variance, 0.0)))
            alignments.append(variance / max(float(self.variance[own]) / width, 1e-12))
        return sum(deviations) / len(layers), sum(alignments) / len(layers)


@dataclass(frozen=True)
class GeneratorFit:
    """How a direction fits a generator.

    Attributes:
        deviation: standard deviation of the generator's codes along it.
        alignment: as in this module's description.
        warnings: sentences that say what does not fit.
    """

    deviation: float
    alignment: float
    warnings: tuple[str, ...]


_known: WeakKeyDictionary[Engine, CodeStatistics] = WeakKeyDictionary()


def code_statistics(engine: Engine) -> CodeStatistics:
    """Return the statistics of 4,000 codes of a generator, made once while it is open."""
    if (found := _known.get(engine)) is None:
        parts = [
            shared_code(engine.map(seeded_latents(list(range(at, at + PORTION)), engine.z_dim)))
            for at in range(0, SAMPLES, PORTION)
        ]
        found = _known[engine] = CodeStatistics.of(torch.cat(parts))
    return found


def fit_to_generator(
    statistics: CodeStatistics, direction: Direction, layers: tuple[int, ...], domain: str
) -> GeneratorFit:
    """Measure how a direction fits a generator.

    Args:
        statistics: of the generator's codes.
        direction: of unknown origin.
        layers: that it is to move.
        domain: name of the generator's domain, for the warnings.
    """
    deviation, alignment = statistics.along(direction.rows, layers)
    warnings = []
    if alignment < statistics.bound:
        warnings.append(
            f"the codes of '{domain}' vary along it no more than along a direction drawn at random "
            f"({alignment:.2f}, bound {statistics.bound:.2f}): it is likely of another generator"
        )
    if direction.deviation is not None:
        ratio = direction.deviation / max(deviation, 1e-12)
        if not DEVIATIONS[0] <= ratio <= DEVIATIONS[1]:
            warnings.append(
                f"its file says that codes deviate by {direction.deviation:.3g} along it; those of "
                f"'{domain}' do by {deviation:.3g}"
            )
    if direction.mean is not None:
        apart = (direction.mean - statistics.mean).square().sum(dim=1) / statistics.variance
        if float(apart.mean()) > FAR:
            warnings.append(f"the mean code in its file is not that of '{domain}'")
    if direction.spread > UNEVEN:
        warnings.append(
            f"its layers have unequal lengths (up to {direction.spread:.1f} times); here they move equally"
        )
    return GeneratorFit(deviation, alignment, tuple(warnings))
