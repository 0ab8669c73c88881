"""The square of a photo that is given to the encoder, placed by hand."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from editor.errors import OptionError
from editor.geometry import Pose


@dataclass(frozen=True)
class Crop:
    """A square in a photo.

    Attributes:
        x: centre, fraction of the width from the left.
        y: centre, fraction of the height from the top.
        side: fraction of the photo's shorter side; above 1 reaches beyond the photo.
        angle: degrees by which the square is turned clockwise.
    """

    x: float = 0.5
    y: float = 0.5
    side: float = 1.0
    angle: float = 0.0

    def __post_init__(self) -> None:
        values = (self.x, self.y, self.side, self.angle)
        inside = 0 <= self.x <= 1 and 0 <= self.y <= 1 and 0.02 <= self.side <= 2
        if not all(map(math.isfinite, values)) or not inside or abs(self.angle) > 180:
            raise OptionError(
                f"crop x={self.x}, y={self.y}, side={self.side}, angle={self.angle}: x and y lie in "
                f"0…1, side in 0.02…2, angle in -180…180"
            )

    def quad(self, width: int, height: int) -> tuple[tuple[float, float], ...]:
        """Return the corners in pixels: top-left, bottom-left, bottom-right, top-right."""
        side = self.side * min(width, height)
        return Pose(self.x * width, self.y * height, side, math.radians(self.angle)).quad()


def is_same_place(first: Crop, second: Crop) -> bool:
    """Return whether two squares of a photo show about the same thing.

    Their centres lie within a quarter of the larger side, as shares, and neither is twice as large.
    """
    side = max(first.side, second.side)
    away = max(abs(first.x - second.x), abs(first.y - second.y))
    return away < 0.25 * side and min(first.side, second.side) > 0.5 * side


def left_to_right(found: Iterable[tuple[Crop, float]]) -> list[tuple[Crop, float]]:
    """Return squares with confidences in the order in which the page and `--face` number them."""
    return sorted(found, key=lambda one: (one[0].x, one[0].y))


def crop_square(photo: Image.Image, crop: Crop, resolution: int) -> Image.Image:
    """Cut a square out of a photo, and scale it.

    Args:
        photo: RGB.
        crop: the square; where it reaches beyond the photo, the photo is reflected.
        resolution: side of the result, px.
    """
    width, height = photo.size
    quad = crop.quad(width, height)
    xs, ys = [p[0] for p in quad], [p[1] for p in quad]
    left, top = math.floor(min(xs)) - 2, math.floor(min(ys)) - 2
    right, bottom = math.ceil(max(xs)) + 2, math.ceil(max(ys)) + 2
    inner = (max(left, 0), max(top, 0), min(right, width), min(bottom, height))
    pads = (inner[1] - top, bottom - inner[3], inner[0] - left, right - inner[2])
    part = np.asarray(photo.crop(inner))
    if any(pads):
        part = np.pad(part, (pads[:2], pads[2:], (0, 0))[: part.ndim], mode="symmetric")
    area = Image.fromarray(np.ascontiguousarray(part))
    side = crop.side * min(width, height)
    if crop.angle == 0:
        box = (quad[0][0] - left, quad[0][1] - top, quad[2][0] - left, quad[2][1] - top)
        return area.resize((resolution, resolution), Image.Resampling.LANCZOS, box=box)
    steps = max(1, math.ceil(side / resolution))
    fine = resolution * steps
    flat = [value for x, y in quad for value in (x - left, y - top)]
    turned = area.transform(
        (fine, fine), Image.Transform.QUAD, flat, resample=Image.Resampling.BICUBIC
    )
    return turned.resize((resolution, resolution), Image.Resampling.BOX)
