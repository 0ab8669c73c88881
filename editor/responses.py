"""Measuring what steps along the normals of a domain change in pictures of inverted photos."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from editor.calibration import Probes, layer_choices, pictures
from editor.directions.balance import Responses
from editor.editing.move import move
from editor.metrics.attributes import CONTINUOUS

STEP = 0.75  # deviations of the codes along a normal, to both sides
SIDE = 32  # pictures are made this small before what surrounds a face is compared
SURE = 1e-4  # of a probability: its logit goes no further


def layer_parts(num_ws: int) -> tuple[tuple[int, ...], ...]:
    """The finest groups that all of `layer_choices` are made of."""
    choices = layer_choices(num_ws)
    borders = sorted({0, *(each[0] for each in choices), *(each[-1] + 1 for each in choices)})
    return tuple(tuple(range(start, end)) for start, end in pairwise(borders))


def evidence(scores: dict[str, Tensor]) -> Tensor:
    """[O, N]: logits of the probabilities among scores [N]; continuous ones as they are."""
    return torch.stack(
        [
            values if name in CONTINUOUS else torch.logit(values.clamp(SURE, 1 - SURE))
            for name, values in scores.items()
        ]
    )


@torch.no_grad()
def measure(probes: Probes, normals: dict[str, Tensor], deviations: dict[str, float]) -> Responses:
    """Take short steps along each normal on each part of the layers, to both sides.

    Args:
        probes: inverted photos; their predictor scores an attribute of each normal's name.
        normals: [w_dim] by attribute, of length 1.
        deviations: of the domain's codes along each.
    """
    parts = layer_parts(probes.generator.num_ws)
    names = tuple(normals)
    spread = evidence({name: probes.scores[name] for name in names}).std(dim=1).clamp(min=1e-6)
    whole = _outside(probes)
    changes, around = [], []
    for part in parts:
        for name, normal in normals.items():
            rows = normal[None].expand(probes.generator.num_ws, -1)
            length = STEP * deviations[name]
            ends = []
            for distance in (length, -length):
                moved = move(probes.codes, rows, distance, part)
                images = pictures(probes.generator, moved)
                scores = probes.predictor.score(images)
                shown = evidence({n: scores[n] for n in names})
                ends.append((shown, _small(images)[..., whole].flatten().cpu()))
            (more, beyond), (less, before) = ends
            changes.append((more - less) / spread[:, None] / (2 * length))
            around.append((beyond - before) / (2 * length))
    each = torch.stack(around).double()
    shape = len(parts), len(names), len(names), len(probes.codes)
    return Responses(
        names,
        torch.stack(list(normals.values())),
        parts,
        torch.stack(changes).view(shape),
        each @ each.T / max(each.shape[1], 1),
    )


def _outside(probes: Probes) -> Tensor:
    """[side, side] bool: pixels of small pictures that lie wholly where they should stay as they are."""
    images = probes.images
    if probes.outside is None:
        return torch.zeros_like(_small(images[:1])[0, 0], dtype=torch.bool)
    return (_small(probes.outside[None, None])[0, 0] > 0.99).to(images.device)


def _small(images: Tensor) -> Tensor:
    """[N, C, side, side], float32, of pictures [N, C, R, R]."""
    return F.adaptive_avg_pool2d(images.float(), min(SIDE, images.shape[-1]))
