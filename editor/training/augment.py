"""Differentiable augmentation, applied to reals and fakes alike.

Reference: Zhao et al., Differentiable Augmentation for Data-Efficient GAN Training, section 3.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def augment(
    images: Tensor,
    generator: torch.Generator,
    colour: float = 0.3,
    shift: float = 0.5,
    max_shift: float = 0.125,
) -> Tensor:
    """Change brightness, saturation and contrast, and shift, each on a share of the images.

    Args:
        images: [N, 3, H, W], in [-1, 1].
        generator: source of randomness, on the CPU.
        colour: share of images that each of the three colour changes touches.
        shift: share of images that are moved.
        max_shift: greatest move, a fraction of the side; uncovered borders are reflected.

    Returns:
        [N, 3, H, W], differentiable with respect to `images`.
    """
    n, size = images.shape[0], images.shape[2]

    def draw(share: float) -> tuple[Tensor, Tensor]:
        on = torch.rand(n, generator=generator) < share
        amount = torch.rand(n, generator=generator) * 2 - 1
        return on, amount

    def column(values: Tensor) -> Tensor:
        return values.to(images.device)[:, None, None, None]

    on, amount = draw(colour)
    x = images + column(torch.where(on, amount * 0.5, 0.0))
    on, amount = draw(colour)
    mean = x.mean(dim=1, keepdim=True)
    x = mean + (x - mean) * column(torch.where(on, 1 + amount, 1.0))
    on, amount = draw(colour)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    x = mean + (x - mean) * column(torch.where(on, 1 + amount * 0.5, 1.0))

    on = torch.rand(n, generator=generator) < shift
    reach = int(max_shift * size)
    offset = torch.randint(-reach, reach + 1, (n, 2), generator=generator).float()
    offset = torch.where(on[:, None], offset, 0.0) * (2 / size)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = 1.0
    theta[:, :, 2] = offset
    grid = F.affine_grid(theta.to(x.device), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, "bilinear", "reflection", align_corners=False)
