"""Local edits: a painted mask limits what the sliders change."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from editor.errors import MismatchError, OptionError

FEATHER = 1 / 64  # of the side: standard deviation of the blur that softens the edge


def check_mask(mask: Tensor, resolution: int) -> Tensor:
    """Check a mask, and return it as float32 on the CPU.

    Args:
        mask: [R, R], 0…1.
        resolution: R.

    Raises:
        MismatchError: it has another shape.
        OptionError: a value is not finite, or outside 0…1.
    """
    if mask.shape != (resolution, resolution):
        raise MismatchError(
            f"the mask has shape {tuple(mask.shape)}; expected ({resolution}, {resolution})"
        )
    mask = mask.detach().float().cpu()
    if not bool(torch.isfinite(mask).all()) or float(mask.min()) < 0 or float(mask.max()) > 1:
        raise OptionError("the mask holds values outside 0…1")
    return mask


def feather(mask: Tensor, share: float = FEATHER) -> Tensor:
    """Soften the edge of a mask inwards. Where it is 0 it stays 0, and deep inside it stays 1.

    Args:
        mask: [R, R], 0…1.
        share: standard deviation of the blur, as a share of the side.
    """
    sigma = share * mask.shape[-1]
    reach = max(1, math.ceil(3 * sigma))
    place = torch.arange(-reach, reach + 1, dtype=torch.float32)
    kernel = torch.exp(-place.square() / (2 * sigma * sigma))
    kernel = (kernel / kernel.sum()).to(mask)
    padded = F.pad(mask[None, None], (reach,) * 4, mode="replicate")
    blurred = F.conv2d(F.conv2d(padded, kernel[None, None, None]), kernel[None, None, :, None])
    return (2 * blurred[0, 0] - 1).clamp(0, 1) * (mask > 0)


def blend(before: Tensor, after: Tensor, mask: Tensor) -> Tensor:
    """Blend the edit inside the mask with the unedited picture outside it, across a soft edge.

    Args:
        before: [..., R, R], RGB, in [-1, 1].
        after: the same, edited.
        mask: [R, R], 0…1.

    Returns:
        [..., R, R], exactly `before` where the mask is 0.
    """
    soft = feather(mask).to(before)
    return torch.where(soft > 0, before + soft * (after - before), before)
