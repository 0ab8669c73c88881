"""Putting an edited crop back into its photo, at the photo's full size.

"difference": what the edit changed, edited less unedited reconstruction, is enlarged and added to
the photo inside a soft mask, so that the photo's own detail stays. "replace": the synthesised crop
itself, its colours matched to the photo, is blended in.

What is added or laid in is meant in sRGB, as the page shows it. Into a photo with another colour
profile it is converted, so that the photo as its profile says looks as it was shown.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from editor.errors import MismatchError, OptionError
from editor.media.profiles import conversion
from editor.photo.crop import Crop, crop_square

Mode = Literal["difference", "replace"]
MODES: tuple[Mode, ...] = ("difference", "replace")
BORDER = 0.16  # of the side, over which the mask fades out
STRIP_PIXELS = 2_000_000  # of the photo at a time: bounds the memory
FINE = 512  # the crop is enlarged to this side, smoothly, before it is laid into the photo


def soft_mask(resolution: int, border: float = BORDER) -> Tensor:
    """Make a mask [resolution, resolution] that falls smoothly from 1 inside to 0 at its rounded edge.

    Args:
        resolution: side, px.
        border: share of the side over which it falls.
    """
    line = (torch.arange(resolution) + 0.5) / resolution
    edge = (0.5 - (line - 0.5).abs()).clamp(min=0)  # distance to the nearer edge
    away = ((border - edge) / border).clamp(min=0)
    reach = (away[:, None].square() + away[None].square()).sqrt().clamp(max=1)
    inside = 1 - reach
    return inside * inside * (3 - 2 * inside)


def paste_back(
    photo: Image.Image,
    crop: Crop,
    before: Tensor,
    after: Tensor,
    mode: Mode = "difference",
    mask: Tensor | None = None,
    in_place: bool = False,
    alpha: Image.Image | None = None,
) -> Image.Image:
    """Paste an edit into a photo. Outside the mask every pixel stays as it is.

    Args:
        photo: RGB, any size; its `info` may hold "icc_profile".
        crop: the square that was inverted.
        before: [3, R, R], RGB, in [-1, 1]: the unedited reconstruction.
        after: the same, edited.
        mode: "difference" adds what the edit changed, "replace" lays the edited picture in.
        mask: [R, R], in 0…1; `soft_mask` by default.
        in_place: change the photo itself instead of a copy.
        alpha: L, of the photo's size, how opaque it is: hidden colours have no say in what is matched.

    Returns:
        RGB, the size of the photo.

    Raises:
        OptionError: the mode is not known.
        MismatchError: the pictures are of different sizes.
    """
    if mode not in MODES:
        raise OptionError(f"mode '{mode}' is not known; use {' or '.join(MODES)}")
    if before.shape != after.shape or before.ndim != 3 or before.shape[1] != before.shape[2]:
        raise MismatchError(
            f"the pictures have shapes {tuple(before.shape)} and {tuple(after.shape)}; expected two of "
            f"[3, R, R]"
        )
    before, after = before.detach().float().cpu(), after.detach().float().cpu()
    soft = soft_mask(before.shape[-1]) if mask is None else mask.detach().float().cpu()
    if soft.shape != before.shape[1:]:
        raise MismatchError(
            f"the mask has shape {tuple(soft.shape)}, not {tuple(before.shape[1:])}"
        )
    if mode == "difference":
        layer = (after.clamp(-1, 1) - before.clamp(-1, 1)) * 127.5
        if not bool((layer * soft).any()):
            return photo if in_place else photo.copy()
    else:
        layer = _match_colours((after.clamp(-1, 1) + 1) * 127.5, before, photo, crop, soft, alpha)
    return _blend(
        photo, photo if in_place else photo.copy(), crop, layer, soft, add=mode == "difference"
    )


def _match_colours(
    layer: Tensor,
    before: Tensor,
    photo: Image.Image,
    crop: Crop,
    soft: Tensor,
    alpha: Image.Image | None,
) -> Tensor:
    """Shift and scale each colour by what tells the photo's crop, where it is seen, from its reconstruction."""
    size = before.shape[-1]
    pixels = np.asarray(crop_square(photo, crop, size))
    profile = conversion(photo.info.get("icc_profile"))
    pixels = pixels if profile is None else profile.to_srgb(pixels)
    real = torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1)
    fake = (before.clamp(-1, 1) + 1) * 127.5
    if alpha is not None:
        soft = soft * torch.from_numpy(np.asarray(crop_square(alpha, crop, size)) / np.float32(255))
    weight = soft / soft.sum().clamp(min=1e-6)
    means = [(x * weight).sum(dim=(1, 2)) for x in (real, fake)]
    spread = [
        ((x - m[:, None, None]).square() * weight).sum(dim=(1, 2)).sqrt()
        for x, m in zip((real, fake), means, strict=True)
    ]
    gain = (spread[0] / spread[1].clamp(min=1.0)).clamp(0.7, 1.4)
    return (layer - means[1][:, None, None]) * gain[:, None, None] + means[0][:, None, None]


def _blend(
    photo: Image.Image, result: Image.Image, crop: Crop, layer: Tensor, soft: Tensor, add: bool
) -> Image.Image:
    """Blend the layer into the result, which is the photo or its copy, wherever the square lies."""
    width, height = photo.size
    side = crop.side * min(width, height)
    fine = max(layer.shape[-1], min(FINE, 2 ** math.ceil(math.log2(max(side, 1)))))
    both = torch.cat([layer, soft[None]])[None]
    if fine > layer.shape[-1]:
        both = F.interpolate(both, size=fine, mode="bicubic", align_corners=False)
    elif side < layer.shape[-1]:
        both = F.interpolate(both, size=max(round(side), 2), mode="area")
    both[:, 3:].clamp_(0, 1)
    quad = np.array(crop.quad(width, height))
    left, top = (max(math.floor(v), 0) for v in quad.min(axis=0))
    right, bottom = (
        min(math.ceil(v) + 1, end) for v, end in zip(quad.max(axis=0), (width, height), strict=True)
    )
    rows = max(1, STRIP_PIXELS // max(right - left, 1))
    profile = conversion(photo.info.get("icc_profile"))
    cos, sin = math.cos(math.radians(crop.angle)), math.sin(math.radians(crop.angle))
    x = torch.arange(left, right, dtype=torch.float32) + 0.5 - crop.x * width
    for start in range(top, bottom, rows):
        end = min(start + rows, bottom)
        y = torch.arange(start, end, dtype=torch.float32)[:, None] + 0.5 - crop.y * height
        u, v = (cos * x + sin * y) * (2 / side), (cos * y - sin * x) * (2 / side)
        grid = torch.stack([u, v], dim=-1)[None]
        sampled = F.grid_sample(
            both, grid, mode="bilinear", padding_mode="border", align_corners=False
        )
        inside = ((u.abs() <= 1) & (v.abs() <= 1)).float()
        m = sampled[0, 3] * inside
        own = np.asarray(photo.crop((left, start, right, end)))
        seen = own if profile is None else profile.to_srgb(own)
        part = torch.from_numpy(seen.copy()).permute(2, 0, 1).float()
        change = sampled[0, :3] if add else sampled[0, :3] - part
        mixed = (part + m * change).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).numpy()
        part_now = mixed if profile is None else profile.changed(own, seen, mixed)
        result.paste(Image.fromarray(part_now), (left, start))
    return result
