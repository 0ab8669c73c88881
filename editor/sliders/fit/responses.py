"""Measuring what steps along the directions of a domain change in pictures of inverted photos."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from editor.metrics.attributes import CONTINUOUS
from editor.sliders.fit.balance import Responses
from editor.sliders.fit.calibration import Probes, layer_choices, pictures
from editor.sliders.move import move

STEP = 0.75  # deviations of the codes along a direction, to both sides
SIDE = 32  # pictures are made this small before what surrounds a face is compared
SURE = 1e-4  # of a probability: its logit goes no further


def layer_parts(num_ws: int) -> tuple[tuple[int, ...], ...]:
    """Return the parts of the layers of which all of `layer_choices` are made."""
    choices = layer_choices(num_ws)
    borders = sorted({0, *(each[0] for each in choices), *(each[-1] + 1 for each in choices)})
    return tuple(tuple(range(start, end)) for start, end in pairwise(borders))


def evidence(scores: dict[str, Tensor]) -> Tensor:
    """Stack scores [N] to [O, N], probabilities as logits and continuous ones as they are."""
    return torch.stack(
        [
            values if name in CONTINUOUS else torch.logit(values.clamp(SURE, 1 - SURE))
            for name, values in scores.items()
        ]
    )


@torch.no_grad()
def measure(
    probes: Probes, names: tuple[str, ...], directions: Tensor, deviations: Tensor
) -> Responses:
    """Measure what short steps do, along each direction on each part of the layers, to both sides.

    Args:
        probes: inverted photos.
        names: attributes that their predictor scores, O of them.
        directions: [K, w_dim], of length 1; the first O are the attributes' normals.
        deviations: [K], of the domain's codes along each.
    """
    parts = layer_parts(probes.generator.num_ws)
    spread = evidence({name: probes.scores[name] for name in names}).std(dim=1).clamp(min=1e-6)
    whole = _outside(probes)
    changes, around = [], []
    for part in parts:
        for direction, deviation in zip(directions, deviations.tolist(), strict=True):
            rows = direction[None].expand(probes.generator.num_ws, -1)
            length = STEP * deviation
            ends = []
            for distance in (length, -length):
                moved = move(probes.codes, rows, distance, part)
                images = pictures(probes.generator, moved)
                scores = probes.predictor.score(images)
                shown = evidence({name: scores[name] for name in names})
                ends.append((shown, _small(images)[..., whole].flatten().cpu()))
            (more, beyond), (less, before) = ends
            changes.append((more - less) / spread[:, None] / (2 * length))
            around.append((beyond - before) / (2 * length))
    each = torch.stack(around).cpu().double()
    shape = len(parts), len(directions), len(names), len(probes.codes)
    return Responses(
        names,
        directions,
        parts,
        torch.stack(changes).view(shape),
        each @ each.T / max(each.shape[1], 1),
    )


def _outside(probes: Probes) -> Tensor:
    """Return which pixels [side, side] of small pictures should wholly stay as they are."""
    images = probes.images
    if probes.outside is None:
        return torch.zeros_like(_small(images[:1])[0, 0], dtype=torch.bool)
    return (_small(probes.outside[None, None])[0, 0] > 0.99).to(images.device)


def _small(images: Tensor) -> Tensor:
    """Shrink pictures [N, C, R, R] to [N, C, side, side], float32."""
    return F.adaptive_avg_pool2d(images.float(), min(SIDE, images.shape[-1]))
