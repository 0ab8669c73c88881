"""A second discriminator, which sees an image through a feature network that stays as it is.

References: Sauer et al., Projected GANs Converge Faster, section 3 (random projections of several
feature maps, a discriminator each); Kumari et al., Ensembling Off-the-shelf Models for GAN Training,
section 3 (such discriminators beside the generator's own).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

WIDTH = 64
SEEN_SIZE = 128


class ProjectedDiscriminator(nn.Module):
    """Logits from maps of a frozen feature network; only the heads on them are trained.

    Each map is divided by its root mean square, mixed by a fixed random 1×1 convolution into WIDTH
    channels, and judged place by place by two convolutions under spectral normalisation.
    """

    def __init__(self, features: nn.Module, channels: tuple[int, ...]) -> None:
        """Make fixed projections of the features, and heads to train.

        Args:
            features: turns images [N, 3, H, W] into a list of maps; frozen, and no part of the state.
            channels: of each map.
        """
        super().__init__()
        self.features = [features.eval().requires_grad_(False)]  # in a list: not a submodule
        self.projections = nn.ModuleList(nn.Conv2d(c, WIDTH, 1, bias=False) for c in channels)
        self.heads = nn.ModuleList(_head() for _ in channels)
        self.compute_dtype = torch.float32
        self.requires_grad_(True)

    def requires_grad_(self, requires_grad: bool = True) -> ProjectedDiscriminator:
        """Switch training of the heads on or off. The projections stay fixed."""
        super().requires_grad_(requires_grad)
        self.projections.requires_grad_(False)
        return self

    def maps(self, images: Tensor) -> list[Tensor]:
        """Project the features of images [N, 3, H, W] in [-1, 1], enlarged to SEEN_SIZE if smaller."""
        if images.shape[-1] < SEEN_SIZE:
            images = F.interpolate(images, SEEN_SIZE, mode="bilinear", align_corners=False)
        with torch.autocast(images.device.type, self.compute_dtype, self._low):
            found = self.features[0](images.contiguous(memory_format=torch.channels_last))
            scaled = [x * x.float().square().mean((1, 2, 3), True).add(1e-8).rsqrt() for x in found]
            return [mix(x) for mix, x in zip(self.projections, scaled, strict=True)]

    def judge(self, maps: list[Tensor]) -> Tensor:
        """Judge projected maps by logits [N, L], one for each place of each map."""
        with torch.autocast(maps[0].device.type, self.compute_dtype, self._low):
            logits = [head(x) for head, x in zip(self.heads, maps, strict=True)]
        return torch.cat([x.float().flatten(1) for x in logits], dim=1)

    @property
    def _low(self) -> bool:
        return self.compute_dtype != torch.float32


def draw_window(side: int, rng: torch.Generator, share: float) -> tuple[slice, slice]:
    """Draw the rows and columns to look at: a random quarter with probability `share`, else all.

    A quarter is enlarged before it is judged, so that features of large photos see fine texture.
    """
    half = side // 2
    row, column = torch.randint(side - half + 1, (2,), generator=rng).tolist()
    if torch.rand(1, generator=rng).item() >= share:
        return slice(0, side), slice(0, side)
    return slice(row, row + half), slice(column, column + half)


def _head() -> nn.Sequential:
    return nn.Sequential(
        spectral_norm(nn.Conv2d(WIDTH, WIDTH, 3, padding=1)),
        nn.LeakyReLU(0.2),
        spectral_norm(nn.Conv2d(WIDTH, WIDTH, 3, padding=1)),
        nn.LeakyReLU(0.2),
        spectral_norm(nn.Conv2d(WIDTH, 1, 1)),
    )
