"""Encoder from image to W+."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from editor.models.config import EncoderConfig
from editor.models.discriminator import Trunk
from editor.models.layers import Conv, Linear

PYRAMID = (
    4,
    8,
)  # the first layers come from the map at 4×4, the next from 8×8, the rest from 16×16


class Head(nn.Module):
    """A feature map of at least 4×4 to some layers of a code."""

    def __init__(self, channels: int, top: int, num_ws: int, w_dim: int) -> None:
        super().__init__()
        self.conv = Conv(channels, top, 3)
        self.dense = Linear(top * 16, 2 * top, activate=True)
        self.out = Linear(2 * top, num_ws * w_dim)
        self.num_ws = num_ws

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, channels, H, W] to [N, num_ws, w_dim], float32."""
        x = F.adaptive_avg_pool2d(self.conv(x).float(), 4)
        return self.out(self.dense(x.flatten(1))).unflatten(1, (self.num_ws, -1))


class Encoder(nn.Module):
    """Predicts a code as an offset from the mean code of each layer.

    Attributes:
        config: the architecture.
        w_avg: [num_ws, w_dim], the generator's mean code of each layer.
        compute_dtype: dtype of the activations; weights stay float32.
    """

    w_avg: Tensor

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        top = config.channels(4)
        self.trunk = Trunk(config)
        self.conv = Conv(top, top, 3)
        first = config.num_ws if config.heads == "single" else PYRAMID[0]
        self.dense = Linear(top * 16, 2 * top, activate=True)
        self.out = Linear(2 * top, first * config.w_dim)
        self.finer = nn.ModuleList()
        if config.heads == "pyramid":
            ends = (*PYRAMID, config.num_ws)
            for side, start, end in zip((8, 16), ends, ends[1:], strict=False):
                self.finer.append(Head(config.channels(side), top, end - start, config.w_dim))
        self.register_buffer("w_avg", torch.zeros(config.num_ws, config.w_dim))
        self.compute_dtype = torch.float32

    @property
    def outputs(self) -> list[Linear]:
        """Return the layers that give the offsets."""
        return [self.out, *(cast(Head, head).out for head in self.finer)]

    def forward(self, image: Tensor) -> Tensor:
        """Encode images.

        Args:
            image: [N, 3, resolution, resolution], RGB, in [-1, 1].

        Returns:
            wp, [N, num_ws, w_dim], float32.
        """
        maps = self.trunk(image, self.compute_dtype)
        x = self.dense(self.conv(maps[-1]).float().flatten(1))
        parts = [self.out(x).unflatten(1, (-1, self.config.w_dim))]
        parts += [head(x) for head, x in zip(self.finer, maps[-2::-1], strict=False)]
        return self.w_avg + torch.cat(parts, dim=1)
