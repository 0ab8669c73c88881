"""The encoder of pSp and e4e: a feature pyramid on IR-SE-50 with a head for each layer's code.

Reference: Richardson et al., Encoding in Style: a StyleGAN Encoder for Image-to-Image Translation,
section 3; Tov et al., Designing an Encoder for StyleGAN Image Manipulation, section 4.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from editor.models.config import PyramidEncoderConfig

INPUT_PX = 256
REDUCTION = 16  # of the channels inside a squeeze
# of IR-SE-50: how many times the stem's channels each stage has, and how many units
STAGES = ((1, 3), (2, 4), (4, 14), (8, 3))
# ends of stages, finest first, whose maps the heads see: at 64, 32 and 16 px
TAPS = tuple(sum(units for _, units in STAGES[: stage + 1]) - 1 for stage in (1, 2, 3))
COARSE, MIDDLE = 3, 7  # the heads before these see the coarse and the middle map
SLOPE = 0.01  # of the heads' leaky ReLU


def to_input(image: Tensor) -> Tensor:
    """Scale pictures [N, 3, R, R] to 256 px: by averages where they are larger."""
    side = image.shape[-1]
    if side > INPUT_PX:
        return F.interpolate(image, size=INPUT_PX, mode="area")
    if side < INPUT_PX:
        return F.interpolate(image, size=INPUT_PX, mode="bilinear", align_corners=False)
    return image


class Squeeze(nn.Module):
    """Weights channels by what they hold in the mean (squeeze and excitation)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inside = max(channels // REDUCTION, 1)
        self.fc1 = nn.Conv2d(channels, inside, 1, bias=False)
        self.fc2 = nn.Conv2d(inside, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=(2, 3), keepdim=True)
        return x * torch.sigmoid(self.fc2(F.relu(self.fc1(mean))))


class Unit(nn.Module):
    """Residual unit: norm → conv → PReLU → conv → norm → squeeze, beside a shortcut.

    Where channels do not change, the shortcut takes every `stride`-th pixel.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.shortcut: nn.Sequential | None = None
        if in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )
        self.body = nn.Sequential(
            nn.BatchNorm2d(in_channels),
            nn.Conv2d(in_channels, out_channels, 3, 1, 1, bias=False),
            nn.PReLU(out_channels),
            nn.Conv2d(out_channels, out_channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(out_channels),
            Squeeze(out_channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        every = self.stride
        side = x[:, :, ::every, ::every] if self.shortcut is None else self.shortcut(x)
        return cast(Tensor, self.body(x) + side)


class CodeHead(nn.Module):
    """A map of a given side to the code of one layer, by halving it down to one pixel."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        halvings = int(math.log2(side))
        self.convs = nn.ModuleList(nn.Conv2d(channels, channels, 3, 2, 1) for _ in range(halvings))
        self.weight = nn.Parameter(torch.randn(channels, channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        for conv in self.convs:
            x = F.leaky_relu_(conv(x), SLOPE)
        # the gain of an equalised learning rate
        return F.linear(x.flatten(1), self.weight / math.sqrt(x.shape[1]), self.bias)


class PyramidEncoder(nn.Module):
    """Predicts a code as an offset from the mean code, one head a layer.

    Attributes:
        config: the architecture.
        w_avg: [num_ws, w_dim], what is added to the heads' answers.
        compute_dtype: kept for the interface; it computes in float32, as its norms were trained.
    """

    w_avg: Tensor

    def __init__(self, config: PyramidEncoderConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.PReLU(width)
        )
        sizes, strides = [width], []
        for times, units in STAGES:
            sizes += [times * width] * units
            strides += [2] + [1] * (units - 1)
        self.units = nn.ModuleList(
            Unit(a, b, stride) for (a, b), stride in zip(pairwise(sizes), strides, strict=True)
        )
        top = 8 * width
        self.lateral1 = nn.Conv2d(4 * width, top, 1)
        self.lateral2 = nn.Conv2d(2 * width, top, 1)
        self.heads = nn.ModuleList(
            CodeHead(top, INPUT_PX // (16 if i < COARSE else 8 if i < MIDDLE else 4))
            for i in range(config.num_ws)
        )
        self.register_buffer("w_avg", torch.zeros(config.num_ws, config.w_dim))
        self.compute_dtype = torch.float32

    def forward(self, image: Tensor) -> Tensor:
        """Encode images.

        Args:
            image: [N, 3, R, R] of any side, RGB, in [-1, 1].

        Returns:
            wp, [N, num_ws, w_dim], float32.
        """
        x = self.stem(to_input(image.float()))
        maps = []
        for index, unit in enumerate(self.units):
            x = unit(x)
            if index in TAPS:
                maps.append(x)
        fine, middle, coarse = maps
        middle = _added(coarse, self.lateral1(middle))
        fine = _added(middle, self.lateral2(fine))
        codes = torch.stack(
            [
                head(coarse if i < COARSE else middle if i < MIDDLE else fine)
                for i, head in enumerate(self.heads)
            ],
            dim=1,
        )
        if self.config.heads == "offsets":
            codes = torch.cat([codes[:, :1], codes[:, :1] + codes[:, 1:]], dim=1)
        return self.w_avg + codes


def _added(coarse: Tensor, fine: Tensor) -> Tensor:
    """Add a coarse map, scaled up corner on corner, to a finer one."""
    size = fine.shape[-2:]
    return F.interpolate(coarse, size=size, mode="bilinear", align_corners=True) + fine
