"""Squares in pixels, and windows cut out of tensors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

FACE = (
    0.5,
    0.53,
    0.36,
    0.46,
)  # centre x, y and half axes of the ellipse that an aligned face fills


def beside_face(side: int) -> Tensor:
    """[side, side] bool: outside the ellipse of an aligned face."""
    place = (torch.arange(side) + 0.5) / side
    x, y, a, b = FACE
    return ((place[None] - x) / a) ** 2 + ((place[:, None] - y) / b) ** 2 > 1


def background(subject: str, side: int) -> Tensor | None:
    """[side, side] bool: outside the ellipse of an aligned face; None where pictures have no such."""
    return beside_face(side) if subject == "face" else None


@dataclass(frozen=True)
class Pose:
    """A square in a picture, px; `angle` in radians, clockwise."""

    x: float
    y: float
    side: float
    angle: float

    @classmethod
    def of_quad(cls, quad: list[list[float]]) -> Pose:
        """From corners: top-left, bottom-left, bottom-right, top-right."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad
        x, y = (ax + bx + cx + dx) / 4, (ay + by + cy + dy) / 4
        along = ((dx - ax + cx - bx) / 2, (dy - ay + cy - by) / 2)
        return cls(x, y, math.hypot(*along), math.atan2(along[1], along[0]))

    def quad(self) -> tuple[tuple[float, float], ...]:
        """Corners: top-left, bottom-left, bottom-right, top-right."""
        cos, sin, half = math.cos(self.angle), math.sin(self.angle), self.side / 2
        corners = ((-half, -half), (-half, half), (half, half), (half, -half))
        return tuple((self.x + cos * u - sin * v, self.y + sin * u + cos * v) for u, v in corners)

    def scaled(self, factor: float) -> Pose:
        """In a picture of another size."""
        return Pose(self.x * factor, self.y * factor, self.side * factor, self.angle)


def sample_windows(images: Tensor, poses: Tensor, size: int, padding: str = "border") -> Tensor:
    """Cut turned squares out of pictures.

    Args:
        images: [N, C, H, W], or [1, C, H, W] for all.
        poses: [N, 4]: x, y, side (px) and angle (radians, clockwise).
        size: side of a result, px.
        padding: what lies beyond the picture, as in `grid_sample`.

    Returns:
        [N, C, size, size].
    """
    height, width = images.shape[-2:]
    line = (torch.arange(size, device=poses.device) + 0.5) / size - 0.5
    v, u = torch.meshgrid(line, line, indexing="ij")
    x, y, side, angle = (poses[:, i, None, None] for i in range(4))
    cos, sin = angle.cos(), angle.sin()
    px = x + side * (cos * u - sin * v)
    py = y + side * (sin * u + cos * v)
    grid = torch.stack([2 * px / width - 1, 2 * py / height - 1], dim=-1)
    source = images.expand(len(poses), -1, -1, -1)
    return F.grid_sample(
        source, grid.to(images), mode="bilinear", padding_mode=padding, align_corners=False
    )
