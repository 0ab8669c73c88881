"""Differentiable augmentation, applied to reals and fakes alike, as strong as it needs to be.

Reference: Zhao et al., Differentiable Augmentation for Data-Efficient GAN Training, section 3; Karras
et al., Training Generative Adversarial Networks with Limited Data, section 3.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from editor.errors import OptionError


def check_shares(*shares: float) -> None:
    """Refuse numbers that are no shares of the images.

    Raises:
        OptionError: one lies outside 0…1.
    """
    if not all(0 <= share <= 1 for share in shares):
        raise OptionError(f"shares of augmented images {shares} lie outside 0…1")


def draw_changes(
    n: int,
    size: int,
    generator: torch.Generator,
    colour: float,
    shift: float,
    max_shift: float = 0.125,
    geometry: float = 0.0,
) -> Tensor:
    """Draw what `apply_changes` shall do to each of N images.

    Args:
        n: how many.
        size: their side, px.
        generator: source of randomness, on the CPU.
        colour: share of images that each of the three colour changes touches.
        shift: share of images that are moved.
        max_shift: greatest move, a fraction of the side; uncovered borders are reflected.
        geometry: share of images that each of zooming, stretching and turning touches.

    Returns:
        [N, 8]: brightness added, saturation, contrast, the move right and down in half sides, the
        logarithms of zoom and stretch to base 2, and the turn in radians.
    """

    def draw(share: float, scale: float, neutral: float) -> Tensor:
        on = torch.rand(n, generator=generator) < share
        amount = torch.rand(n, generator=generator) * 2 - 1
        return torch.where(on, neutral + scale * amount, neutral)

    brightness, saturation, contrast = (
        draw(colour, 0.5, 0.0),
        draw(colour, 1.0, 1.0),
        draw(colour, 0.5, 1.0),
    )
    on = torch.rand(n, generator=generator) < shift
    reach = int(max_shift * size)
    offset = torch.randint(-reach, reach + 1, (n, 2), generator=generator).float()
    offset = torch.where(on[:, None], offset, 0.0) * (2 / size)
    turned = torch.zeros(n, 3)
    if geometry > 0:
        on = torch.rand(n, 3, generator=generator) < geometry
        amounts = torch.randn(n, 2, generator=generator) * 0.2
        angle = (torch.rand(n, 1, generator=generator) * 2 - 1) * math.pi
        turned = torch.where(on, torch.cat([amounts, angle], dim=1), 0.0)
    colours = torch.stack([brightness, saturation, contrast], dim=1)
    return torch.cat([colours, offset, turned], dim=1)


def apply_changes(images: Tensor, changes: Tensor) -> Tensor:
    """Change images [N, 3, H, W] as `draw_changes` drew it, [N, 8], differentiably."""
    changes = changes.to(images.device)
    brightness, saturation, contrast = changes[:, :3, None, None, None].unbind(1)
    x = images + brightness
    mean = x.mean(dim=1, keepdim=True)
    x = mean + (x - mean) * saturation
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    x = mean + (x - mean) * contrast
    zoom, stretch, angle = changes[:, 5:].unbind(1)
    wide, high = torch.exp2(stretch - zoom), torch.exp2(-stretch - zoom)
    rows = [
        torch.stack([angle.cos() * wide, -angle.sin() * high, changes[:, 3]], dim=1),
        torch.stack([angle.sin() * wide, angle.cos() * high, changes[:, 4]], dim=1),
    ]
    grid = F.affine_grid(torch.stack(rows, dim=1), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, "bilinear", "reflection", align_corners=False)


class AdaptiveStrength(nn.Module):
    """Strength of the augmentation, 0…1, that follows the discriminator's overfitting.

    The sign of its logits on real images is near 0 while it cannot tell them from fakes, and 1 once
    it knows the training images by heart. The strength rises while the sign, averaged over
    `interval` updates, lies above the target, and falls below it.

    Attributes:
        value: the strength.
    """

    value: Tensor
    total: Tensor
    count: Tensor

    def __init__(self, target: float, kimg: float, interval: int = 4) -> None:
        """Start with strength 0.

        Args:
            target: mean sign to hold, 0.6 in the paper.
            kimg: thousands of images in which the strength can go from 0 to 1.
            interval: updates between adjustments.
        """
        super().__init__()
        self.target, self.kimg, self.interval = target, kimg, interval
        for name in ("value", "total", "count"):
            self.register_buffer(name, torch.zeros(()))

    @torch.no_grad()
    def observe(self, real_sign: float, batch: int) -> None:
        """Take in one update's mean sign of the logits on real images, and adjust the strength if due."""
        self.total += real_sign
        self.count += 1
        if self.count < self.interval:
            return
        change = torch.sign(self.total / self.count - self.target) * batch * self.interval
        self.value.add_(change / (self.kimg * 1000)).clamp_(0, 1)
        self.total.zero_()
        self.count.zero_()
