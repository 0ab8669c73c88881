"""Image statistics that are attributes by themselves: light and colour, and what they tell of a scene.

Each takes images [N, 3, H, W], RGB, in [-1, 1], and gives [N], higher for more of what it is named.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)
SKY = 0.35  # the share of a scene's height, from the top, that is taken for sky


def _unit(images: Tensor) -> Tensor:
    return (images.float().clamp(-1, 1) + 1) / 2


def _luma(images: Tensor) -> Tensor:
    weights = torch.tensor(LUMA, device=images.device)
    return (_unit(images) * weights[:, None, None]).sum(dim=1)


def _greyness(x: Tensor) -> Tensor:
    """Return [N, H, W], 1 without colour and 0 where a channel is 0, of images [N, 3, H, W] in [0, 1]."""
    return 1 - (x.amax(dim=1) - x.amin(dim=1)) / x.amax(dim=1).clamp(min=1e-3)


def brightness(images: Tensor) -> Tensor:
    """Return the mean luma, 0…1."""
    return _luma(images).mean(dim=(1, 2))


def contrast(images: Tensor) -> Tensor:
    """Return the standard deviation of luma."""
    return _luma(images).std(dim=(1, 2))


def warmth(images: Tensor) -> Tensor:
    """Return the mean of red minus blue."""
    x = _unit(images)
    return (x[:, 0] - x[:, 2]).mean(dim=(1, 2))


def greenness(images: Tensor) -> Tensor:
    """Return the mean of green minus the mean of red and blue."""
    x = _unit(images)
    return (x[:, 1] - (x[:, 0] + x[:, 2]) / 2).mean(dim=(1, 2))


def cloudiness(images: Tensor) -> Tensor:
    """Return how grey the sky is, whatever its brightness."""
    x = _unit(images)
    return _greyness(x[:, :, : int(x.shape[2] * SKY)]).mean(dim=(1, 2))


def snow(images: Tensor) -> Tensor:
    """Return the share of the land, the picture below the sky, that is bright and without colour."""
    x = _unit(images)[:, :, int(images.shape[2] * SKY) :]
    return (torch.sigmoid((x.amin(dim=1) - 0.6) / 0.05)).mean(dim=(1, 2))


def light_side(images: Tensor) -> Tensor:
    """Return how much brighter the right half is than the left one, relative to both."""
    luma = _luma(images)
    left, right = luma.chunk(2, dim=2)
    a, b = left.mean(dim=(1, 2)), right.mean(dim=(1, 2))
    return (b - a) / (a + b).clamp(min=1e-3)


STATISTICS: dict[str, Callable[[Tensor], Tensor]] = {
    function.__name__: function
    for function in (brightness, contrast, warmth, greenness, cloudiness, snow, light_side)
}
