"""What a picture looks like, as numbers that a few marks can be learned from.

Oriented gradients on two grids, with coarse colours and contrast: no network, so that it serves
every domain, and a picture takes about 4 ms. Chosen by measurement: from 40 marks (20 + 20) for
glasses on photos of faces64, a linear SVM was right on 92% of other photos with these (mean of 12
draws), on 80% with the pooled features of the discriminator, and on 59% with the encoder's codes,
which keep glasses on few faces.

Reference: Dalal and Triggs, Histograms of Oriented Gradients for Human Detection, CVPR 2005.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

SIDE_PX = 64
# kind, channels, side of the grid; channels of "unsigned" and "signed" are bins of the angle
PARTS = (
    ("unsigned", 9, 16),
    ("signed", 12, 16),
    ("unsigned", 9, 8),
    ("signed", 12, 8),
    ("colour", 3, 8),
    ("colour", 3, 4),
    ("contrast", 1, 8),
    ("contrast", 1, 16),
    ("contrast", 1, 32),
)
SIZE = sum(channels * side * side for _, channels, side in PARTS)


@torch.no_grad()
def picture_features(images: Tensor) -> Tensor:
    """Compute features that describe pictures.

    Args:
        images: [N, 3, H, W], RGB, in [-1, 1] (clamped).

    Returns:
        [N, SIZE], float32: the parts in their order, each [channels, side, side] flattened.
    """
    x = images.detach().float().cpu().clamp(-1, 1)
    if x.shape[-2:] != (SIDE_PX, SIDE_PX):
        x = F.interpolate(x, (SIDE_PX, SIDE_PX), mode="bilinear", antialias=True)
    grey = F.pad(x.mean(dim=1, keepdim=True), (1, 1, 1, 1), mode="replicate")
    gx = grey[:, :, 1:-1, 2:] - grey[:, :, 1:-1, :-2]
    gy = grey[:, :, 2:, 1:-1] - grey[:, :, :-2, 1:-1]
    size, angle = (gx.square() + gy.square()).sqrt(), torch.atan2(gy, gx)
    made = []
    for kind, channels, side in PARTS:
        if kind == "colour":
            part = F.adaptive_avg_pool2d(x, side)
        elif kind == "contrast":
            part = (F.adaptive_avg_pool2d(size, side) + 0.01).log()
        else:
            turn = math.pi if kind == "unsigned" else 2 * math.pi
            part = _histogram(size, angle % turn / turn * channels, channels, side)
        made.append(part.flatten(1))
    return torch.cat(made, dim=1)


def _histogram(size: Tensor, place: Tensor, bins: int, side: int) -> Tensor:
    """Sum edges by angle, each shared by two bins, and normalise over 3×3 cells: [N, bins, side, side].

    The root is taken, as in Arandjelović and Zisserman's RootSIFT, so that one strong edge does not
    outweigh the rest.
    """
    centres = torch.arange(bins, dtype=place.dtype)[None, :, None, None]
    away = ((place - centres + bins / 2) % bins - bins / 2).abs()
    cells = F.avg_pool2d((1 - away).clamp(min=0) * size, SIDE_PX // side)
    power = F.avg_pool2d(cells.square().sum(dim=1, keepdim=True), 3, 1, 1)
    return (cells * (power + 1e-4).rsqrt()).sqrt()


@cache
def mirror() -> np.ndarray:
    """Return the index [SIZE] that turns the features of a picture into those of its mirror image."""
    found, start = [], 0
    for kind, channels, side in PARTS:
        index = start + np.arange(channels * side * side).reshape(channels, side, side)
        bins = np.arange(channels)
        if kind == "unsigned":
            bins = -bins % channels
        elif kind == "signed":
            bins = (channels // 2 - bins) % channels
        found.append(index[bins][:, :, ::-1].ravel())
        start += index.size
    return np.concatenate(found)


def around(evidence: np.ndarray) -> np.ndarray:
    """Return the mean of evidence [SIZE] over all channels of a part and over 3×3 cells: [SIZE].

    An attribute shows in a place, so that the numbers of that place vouch for each other.
    """
    made, start = [], 0
    for _, channels, side in PARTS:
        count = channels * side * side
        part = torch.from_numpy(evidence[start : start + count].reshape(1, channels, side, side))
        mean = F.avg_pool2d(part.mean(dim=1, keepdim=True), 3, 1, 1, count_include_pad=False)
        made.append(mean.expand(1, channels, side, side).reshape(-1).numpy())
        start += count
    return np.concatenate(made)
