"""Residual discriminator that also yields its feature maps."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from editor.models.config import DiscriminatorConfig, NetworkConfig
from editor.models.layers import Conv, Linear, ResidualDown


class Trunk(nn.Module):
    """Image to the feature map at 4×4, through one residual block a resolution."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        sizes = config.resolutions[::-1]
        self.from_rgb = Conv(3, config.channels(sizes[0]), 1)
        self.blocks = nn.ModuleList(
            ResidualDown(config.channels(r), config.channels(r // 2)) for r in sizes[:-1]
        )

    def forward(self, image: Tensor, dtype: torch.dtype) -> list[Tensor]:
        x = self.from_rgb(image.to(dtype).contiguous(memory_format=torch.channels_last))
        maps = []
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        return maps


def minibatch_std(x: Tensor, group: int) -> Tensor:
    """Append one channel: the mean standard deviation over groups of the batch.

    Reference: Karras et al., Progressive Growing of GANs, section 3.
    """
    n, c, h, w = x.shape
    size = min(group, n)
    while n % size:
        size -= 1
    y = x.float().reshape(size, -1, c, h, w)
    y = (y.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3))
    y = y.repeat(size)[:, None, None, None].expand(n, 1, h, w)
    return torch.cat([x, y.to(x.dtype)], dim=1)


class Discriminator(nn.Module):
    """Real or fake: a logit for each image, high for real.

    Attributes:
        config: the architecture.
        compute_dtype: dtype of the activations; weights stay float32.
    """

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        top = config.channels(4)
        self.trunk = Trunk(config)
        self.conv = Conv(top + 1, top, 3)
        self.dense = Linear(top * 16, top, activate=True)
        self.out = Linear(top, 1)
        self.compute_dtype = torch.float32

    def features(self, image: Tensor) -> list[Tensor]:
        """Return the feature maps from resolution/2 down to 4×4, each independent of the batch.

        Args:
            image: [N, 3, H, W], RGB, in [-1, 1].
        """
        return cast(list[Tensor], self.trunk(image, self.compute_dtype))

    def forward(self, image: Tensor) -> Tensor:
        """Return logits [N] of images [N, 3, H, W], RGB, in [-1, 1]."""
        x = self.features(image)[-1]
        x = self.conv(minibatch_std(x, self.config.mbstd_group))
        x = self.dense(x.float().flatten(1))
        return cast(Tensor, self.out(x)[:, 0])
