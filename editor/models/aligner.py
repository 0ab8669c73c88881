"""Finds the domain's object in a window: is it there, and where exactly."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from editor.models.config import AlignerConfig

WINDOW = 64
STRIDE = 8
CONTEXT = 1.3  # the window's side in sides of the aligned square
OUTPUTS = 5  # logit, dx, dy, log2 of the scale, angle


class Aligner(nn.Module):
    """A convolutional network without padding: one answer for a window, a map of them for a picture.

    For each window of 64 px, every 8 px: a logit (high where the object is); dx and dy, from the
    window's centre to the square's, in sides of the window; log2 of the ratio of the square's side
    to that of a square that fits the window; the angle in radians, clockwise.

    Attributes:
        config: the architecture.
    """

    def __init__(self, config: AlignerConfig) -> None:
        super().__init__()
        self.config = config
        w = config.width
        widths = (3, w, 2 * w, 3 * w, 4 * w, 4 * w)
        strides = (2, 2, 1, 2, 1)
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=s)
            for (a, b), s in zip(pairwise(widths), strides, strict=True)
        )
        self.head = nn.Conv2d(4 * w, 6 * w, 4)
        self.out = nn.Conv2d(6 * w, OUTPUTS, 1)
        for layer in (*self.convs, self.head):
            assert isinstance(layer, nn.Conv2d)
            nn.init.kaiming_normal_(layer.weight, a=0.1)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)  # type: ignore[arg-type]

    def forward(self, image: Tensor) -> Tensor:
        """Answer for every window of a picture, in steps of 8 px.

        Args:
            image: [N, 3, H, W], RGB, in [-1, 1]; H and W at least 64.

        Returns:
            [N, 5, (H - 64) // 8 + 1, (W - 64) // 8 + 1], float32.
        """
        x = image.contiguous(memory_format=torch.channels_last)
        for conv in self.convs:
            x = F.leaky_relu(conv(x), 0.1)
        return self.out(F.leaky_relu(self.head(x), 0.1)).float()


def apply_answer(poses: Tensor, answer: Tensor) -> Tensor:
    """Move squares [N, 4] as the network's answers [N, 5] for their windows say."""
    x, y, side, angle = poses.unbind(dim=1)
    _, dx, dy, scale, turn = answer.unbind(dim=1)
    cos, sin, reach = angle.cos(), angle.sin(), side * CONTEXT
    return torch.stack(
        [
            x + reach * (cos * dx - sin * dy),
            y + reach * (sin * dx + cos * dy),
            side * torch.exp2(scale),
            angle + turn,
        ],
        dim=1,
    )


def wanted_answer(poses: Tensor, truth: Tensor) -> Tensor:
    """Return the dx, dy, scale and turn [N, 4] that would move squares [N, 4] to the true ones [N, 4]."""
    x, y, side, angle = poses.unbind(dim=1)
    reach = side * CONTEXT
    right, down = (truth[:, 0] - x) / reach, (truth[:, 1] - y) / reach
    cos, sin = angle.cos(), angle.sin()
    turn = torch.remainder(truth[:, 3] - angle + math.pi, 2 * math.pi) - math.pi
    return torch.stack(
        [cos * right + sin * down, cos * down - sin * right, (truth[:, 2] / side).log2(), turn],
        dim=1,
    )
