"""Small pictures as bytes: thumbs, the aligned crop, masks."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image

from editor.media.profiles import as_srgb

THUMB_PX = 64
SMALL_PX = 800


def thumbnail(image: Image.Image, side: int = THUMB_PX) -> bytes:
    """Return a picture as a JPEG of at most `side` px, in sRGB whatever profile it has."""
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    as_srgb(small).save(buffer, format="JPEG", quality=88, icc_profile=None)
    return buffer.getvalue()


def mask_png(mask: torch.Tensor) -> bytes:
    """Turn a mask [R, R], 0…1, into a grey PNG of 8 bits."""
    array = (mask.clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, format="PNG")
    return buffer.getvalue()


def read_mask(data: bytes) -> torch.Tensor:
    """Read what `mask_png` wrote, as [R, R] float32, 0…1."""
    with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
        return torch.from_numpy(np.asarray(image.convert("L"), dtype=np.float32) / 255)


def png_bytes(image: Image.Image) -> bytes:
    """Return a picture as the bytes of a PNG."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()
