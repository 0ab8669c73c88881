"""Quarter turns: of photos, and of the squares in them."""

from __future__ import annotations

import math
from dataclasses import replace

from PIL import Image

from editor.photo.crop import Crop

# by quarters clockwise; Pillow's names count anticlockwise
QUARTER_TURNS = {
    1: Image.Transpose.ROTATE_270,
    2: Image.Transpose.ROTATE_180,
    3: Image.Transpose.ROTATE_90,
}


def turned_photo(photo: Image.Image, quarters: int) -> Image.Image:
    """Return a photo turned clockwise by quarters, whole and pixel by pixel; its `info` stays."""
    quarters %= 4
    if not quarters:
        return photo
    turned = photo.transpose(QUARTER_TURNS[quarters])
    turned.info = dict(photo.info)
    return turned


def turned_crop(crop: Crop, quarters: int) -> Crop:
    """Return where a square lies after its photo was turned clockwise by quarters."""
    x, y = crop.x, crop.y
    for _ in range(quarters % 4):
        x, y = 1 - y, x
    angle = math.remainder(crop.angle + 90 * (quarters % 4), 360)
    return replace(crop, x=x, y=y, angle=angle)
