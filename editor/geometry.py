"""Squares in pixels, and windows cut out of tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from editor.errors import OptionError


@dataclass(frozen=True)
class Pose:
    """A square in a picture, px; `angle` in radians, clockwise."""

    x: float
    y: float
    side: float
    angle: float

    @classmethod
    def of_quad(cls, quad: list[list[float]]) -> Pose:
        """Make a square from its corners: top-left, bottom-left, bottom-right, top-right."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad
        x, y = (ax + bx + cx + dx) / 4, (ay + by + cy + dy) / 4
        along = ((dx - ax + cx - bx) / 2, (dy - ay + cy - by) / 2)
        return cls(x, y, math.hypot(*along), math.atan2(along[1], along[0]))

    def quad(self) -> tuple[tuple[float, float], ...]:
        """Return the corners: top-left, bottom-left, bottom-right, top-right."""
        cos, sin, half = math.cos(self.angle), math.sin(self.angle), self.side / 2
        corners = ((-half, -half), (-half, half), (half, half), (half, -half))
        return tuple((self.x + cos * u - sin * v, self.y + sin * u + cos * v) for u, v in corners)

    def scaled(self, factor: float) -> Pose:
        """Return the same square in the picture scaled by a factor."""
        return Pose(self.x * factor, self.y * factor, self.side * factor, self.angle)


@dataclass(frozen=True)
class Alignment:
    """How large a domain's square is beside a face, and how far down it lies.

    Attributes:
        scale: half the square's side, in units of max(2 |e|, 1.8 |m|): e runs from eye to eye, m from
            the middle of the eyes to the middle of the mouth.
        shift: from the middle of the eyes to the square's centre, in units of m.

    Reference: Karras, Aila and Laine, A Style-Based Generator Architecture for Generative
    Adversarial Networks, its data set FFHQ: scale 1.0, shift 0.1.
    """

    scale: float
    shift: float

    def __post_init__(self) -> None:
        inside = 0.2 <= self.scale <= 4.0 and -2.0 <= self.shift <= 2.0  # false where not a number
        if not inside:
            raise OptionError(
                f"alignment {self.scale} {self.shift}: the scale lies in 0.2…4, the shift in -2…2; "
                f"FFHQ's is 1.0 0.1"
            )

    @classmethod
    def of(cls, values: Any) -> Alignment:
        """Read an alignment from [scale, shift], as files hold it.

        Raises:
            OptionError: they are not two numbers, or out of range.
        """
        if not isinstance(values, list | tuple) or len(values) != 2 or not all(map(_plain, values)):
            raise OptionError(
                f"alignment {values!r} is not two numbers, scale and shift: [1.0, 0.1]"
            )
        return cls(float(values[0]), float(values[1]))

    def square(self, landmarks: Sequence[Sequence[float]]) -> Pose:
        """Return the square around a face, whose upper edge runs along e - rot90(m).

        Args:
            landmarks: px, (x, y) of the right eye, left eye, nose, right and left corner of the
                mouth; the person's right, so left in the picture.
        """
        (rx, ry), (lx, ly), _, (ax, ay), (bx, by) = landmarks
        cx, cy = (rx + lx) / 2, (ry + ly) / 2
        ex, ey = lx - rx, ly - ry
        mx, my = (ax + bx) / 2 - cx, (ay + by) / 2 - cy
        half = self.scale * max(2.0 * math.hypot(ex, ey), 1.8 * math.hypot(mx, my))
        angle = math.atan2(ey - mx, ex + my)
        return Pose(cx + self.shift * mx, cy + self.shift * my, 2 * half, angle)

    def values(self) -> list[float]:
        """Return [scale, shift], as files hold it."""
        return [self.scale, self.shift]


TIGHT = Alignment(0.64, 0.36)  # eyebrows to chin: faces64, faces128, and packs that do not say
FFHQ = Alignment(1.0, 0.1)  # the whole head

# of a tight square, in its sides: centre x, y and half axes of the ellipse that the face fills
FACE = (0.5, 0.53, 0.36, 0.46)
HEAD = (1.4, 0.25)  # how much larger the head is than the face, and how far up, in half axes
WHOLE = 0.85  # of an alignment's scale, from which the whole head lies in the square
# from the eyes to the mouth, in sides of a square of scale 1; mean of heads256_test, 450 photos
EYES_TO_MOUTH = 0.263
Ellipse = tuple[float, float, float, float]


def face_ellipse(alignment: Alignment = TIGHT) -> Ellipse:
    """Return centre x, y and half axes, in sides of the square, of the ellipse that a face fills."""
    x, y, a, b = FACE
    smaller = TIGHT.scale / alignment.scale
    down = (TIGHT.shift - alignment.shift) * EYES_TO_MOUTH / alignment.scale
    return x, 0.5 + (y - 0.5) * smaller + down, a * smaller, b * smaller


def inside_ellipse(ellipse: Ellipse, side: int) -> Tensor:
    """Return which pixels [side, side] bool lie inside an ellipse, whose numbers are in sides."""
    place = (torch.arange(side) + 0.5) / side
    x, y, a, b = ellipse
    return ((place[None] - x) / a) ** 2 + ((place[:, None] - y) / b) ** 2 <= 1


def background(subject: str, side: int, alignment: Alignment | None = None) -> Tensor | None:
    """Return which pixels edits of an aligned face should leave alone.

    Args:
        subject: of the domain.
        side: of its pictures, px.
        alignment: of its squares; `TIGHT` by default.

    Returns:
        [side, side] bool: outside the face, or the head where the square holds it; None where
        pictures show no face.
    """
    if subject != "face":
        return None
    alignment = alignment or TIGHT
    x, y, a, b = face_ellipse(alignment)
    if alignment.scale >= WHOLE:
        larger, up = HEAD
        x, y, a, b = x, y - up * b, larger * a, larger * b
    return ~inside_ellipse((x, y, a, b), side)


def known_square(name: str, entry: Any, alignment: Alignment | None) -> Pose:
    """Return the square of a photo whose quad, landmarks or both are known, px.

    The quad is taken where it was made by the wished alignment, else the landmarks are.

    Args:
        name: of the photo, for errors.
        entry: {"quad": four corners, "landmarks": five points, "alignment": of the quad}, as in an
            alignment.json; a quad that does not say is of `TIGHT`.
        alignment: the wished one; None takes the quad as it is.

    Raises:
        OptionError: the entry lacks what is needed, or is damaged.
    """
    entry = entry if isinstance(entry, dict) else {}
    quad, landmarks = entry.get("quad"), entry.get("landmarks")
    made_by = Alignment.of(entry.get("alignment", TIGHT.values()))
    if quad is not None and alignment in (None, made_by):
        pose = Pose.of_quad(_points(name, "quad", quad, 4))
    elif alignment is not None and landmarks is not None:
        pose = alignment.square(five_points(name, landmarks))
    else:
        lacking = (
            "" if alignment is None else f" of the alignment {alignment.values()}, no landmarks"
        )
        raise OptionError(
            f"{name} has no quad{lacking}; write its five landmarks into alignment.json, or a quad and "
            f'beside it "alignment": [scale, shift]'
        )
    if not pose.side > 0:
        raise OptionError(
            f"{name} has a square without size; put its points in alignment.json right"
        )
    return pose


def five_points(name: str, landmarks: Any) -> list[list[float]]:
    """Read right eye, left eye, nose, right and left corner of the mouth from pairs or ten numbers.

    Raises:
        OptionError: they are not five points.
    """
    if isinstance(landmarks, list) and len(landmarks) == 10:
        landmarks = [landmarks[i : i + 2] for i in range(0, 10, 2)]
    return _points(name, "landmarks", landmarks, 5)


def _points(name: str, what: str, points: Any, count: int) -> list[list[float]]:
    rows = points if isinstance(points, list) else []
    sound = [
        row
        for row in rows
        if isinstance(row, list) and len(row) == 2 and all(_plain(v) and abs(v) < 1e6 for v in row)
    ]
    if not len(sound) == len(rows) == count:
        raise OptionError(f"the {what} of {name} are not {count} points [x, y]: {str(points)[:80]}")
    return sound


def _plain(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


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
