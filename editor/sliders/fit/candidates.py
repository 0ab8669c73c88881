"""Directions that may become the slider of an attribute, and the choice between them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from editor.errors import OptionError
from editor.metrics.attributes import CONTINUOUS
from editor.sliders.discover import pca
from editor.sliders.fit.balance import Responses, balance
from editor.sliders.fit.calibration import Calibration, Candidate, Probes, calibrate, layer_choices
from editor.sliders.fit.options import FitOptions
from editor.sliders.fit.responses import measure
from editor.sliders.hyperplane import Hyperplane, project_out

BALANCES = ((0.1, 10.0), (0.03, 30.0))  # stiffness and weight of what is outside, to be tried
CONTINUOUS_WEIGHT = 0.5  # of what lies on a scale, beside what is there or not


def _principal(centred: Tensor, count: int) -> Tensor:
    """Return at most `count` directions of length 1 along which codes [N, w_dim] vary most."""
    count = min(count, centred.shape[1], len(centred) - 1)
    return pca(centred[:, None], count).rows[:, 0] if count else centred[:0]


def _deviation(centred: Tensor, rows: Tensor) -> float:
    """Return the deviation of centred codes along rows [L, w_dim], as a root mean square over these."""
    return float((centred @ rows.T).square().mean().sqrt())


@dataclass(frozen=True)
class Choice:
    """The candidates of every attribute, and the choice between them.

    Attributes:
        centred: [N, w_dim], codes of the samples, less their mean.
        planes: separating hyperplanes, by attribute.
        probes: inverted photos.
        options: how to fit.
        responses: to steps along the planes' normals and the codes' principal directions; None
            where nothing is balanced.
    """

    centred: Tensor
    planes: dict[str, Hyperplane]
    probes: Probes
    options: FitOptions
    responses: Responses | None

    @classmethod
    def of(
        cls, codes: Tensor, planes: dict[str, Hyperplane], probes: Probes, options: FitOptions
    ) -> Choice:
        """Prepare the choice. Unless nothing is balanced, measure what short steps along directions do.

        Args:
            codes: [N, w_dim], of the samples.
            planes: by attribute.
            probes: inverted photos.
            options: how to fit.
        """
        centred, responses = codes - codes.mean(0), None
        if options.balance:
            normals = torch.stack([plane.normal for plane in planes.values()])
            directions = torch.cat([normals, _principal(centred, options.components)])
            deviations = (centred @ directions.T).square().mean(dim=0).sqrt()
            responses = measure(probes.few(), tuple(planes), directions, deviations)
        return cls(centred, planes, probes, options, responses)

    def separate(self, name: str) -> tuple[Calibration, list[str]]:
        """Choose an attribute's best direction. Also name the attributes it was made independent of."""
        others = (self.options.conditional or {}).get(name, [])
        normal = project_out(
            self.planes[name].normal, [self.planes[other].normal for other in others]
        )
        num_ws = self.probes.generator.num_ws
        rows = normal[None].expand(num_ws, -1)
        unit = _deviation(self.centred, normal[None])
        candidates = [Candidate(rows, layers, unit) for layers in layer_choices(num_ws)]
        if self.responses is not None and not others:
            candidates += self._balanced(self.responses, name)
        return calibrate(self.probes, name, candidates, self.options.flips), others

    def _balanced(self, responses: Responses, name: str) -> list[Candidate]:
        """Return the balanced directions of an attribute, for every choice of layers and balance."""
        weights = {other: CONTINUOUS_WEIGHT for other in responses.names if other in CONTINUOUS}
        components = len(responses.directions) - len(responses.names)
        found = []
        for layers in layer_choices(self.probes.generator.num_ws):
            for stiffness, outside in BALANCES:
                try:
                    rows = balance(responses, name, layers, weights, stiffness, outside)
                except OptionError:  # nothing that these layers do changes the attribute
                    continue
                facts = {
                    "stiffness": stiffness,
                    "outside": outside,
                    "components": components,
                }
                unit = _deviation(self.centred, rows[list(layers)])
                found.append(Candidate(rows, layers, unit, facts))
        return found
