"""Measuring what steps along the normals of a domain change in pictures of inverted photos."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from editor.calibration import Probes
from editor.directions.balance import Responses
from editor.editing.move import move
from editor.metrics.attributes import CONTINUOUS

STEP = 0.75  # deviations of the codes along a normal, to both sides
SIDE = 32  # pictures are made this small before what surrounds a face is compared
SURE = 1e-4  # of a probability: its logit goes no further
COARSE = 8  # layers from here on are one part


def layer_parts(num_ws: int) -> tuple[tuple[int, ...], ...]:
    """Resolutions of two layers each; those from the ninth layer on together."""
    pairs = [tuple(range(i, min(i + 2, num_ws))) for i in range(0, min(COARSE, num_ws), 2)]
    fine = tuple(range(COARSE, num_ws))
    return tuple([*pairs, fine] if fine else pairs)


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
    changes, around = [], []
    for part in parts:
        for name, normal in normals.items():
            rows = normal[None].expand(probes.generator.num_ws, -1)
            length = STEP * deviations[name]
            ends = []
            for distance in (length, -length):
                moved = move(probes.codes, rows, distance, part)
                images = probes.pictures(moved)
                scores = probes.predictor.score(images)
                ends.append((evidence({n: scores[n] for n in names}), _outside(images, probes)))
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


def _outside(images: Tensor, probes: Probes) -> Tensor:
    """[values]: pixels, made few, of all pictures where they should stay as they are."""
    if probes.outside is None:
        return torch.zeros(1)
    side = min(SIDE, images.shape[-1])
    whole = F.adaptive_avg_pool2d(probes.outside[None, None].float(), side)[0, 0] > 0.99
    return F.adaptive_avg_pool2d(images.float(), side)[..., whole.to(images.device)].flatten().cpu()
