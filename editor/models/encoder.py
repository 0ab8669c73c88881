"""Encoder from image to W+."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from editor.models.config import EncoderConfig
from editor.models.discriminator import Trunk
from editor.models.layers import Conv, Linear


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
        self.dense = Linear(top * 16, 2 * top, activate=True)
        self.out = Linear(2 * top, config.num_ws * config.w_dim)
        self.register_buffer("w_avg", torch.zeros(config.num_ws, config.w_dim))
        self.compute_dtype = torch.float32

    def forward(self, image: Tensor) -> Tensor:
        """Encode images.

        Args:
            image: [N, 3, resolution, resolution], RGB, in [-1, 1].

        Returns:
            wp, [N, num_ws, w_dim], float32.
        """
        x = self.trunk(image, self.compute_dtype)[-1]
        x = self.dense(self.conv(x).float().flatten(1))
        offset = self.out(x).unflatten(1, (self.config.num_ws, self.config.w_dim))
        return cast(Tensor, self.w_avg + offset)
