"""Finding the domain's object in a photo: a pyramid of places and sizes, then refinement."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from editor.geometry import TIGHT, Alignment, Pose, sample_windows
from editor.media.images import to_tensor
from editor.models.aligner import CONTEXT, STRIDE, WINDOW, Aligner, apply_answer
from editor.photo.crop import Crop
from editor.photo.finder import SureAgain

FIRST_PX = 1280  # photos are made smaller at once
LONG_PX = 640  # photos are looked at in this size
STEP = math.sqrt(2.0)
SMALLEST = 0.07  # side of the smallest square looked for, as a share of the longer side
LARGEST = 1.25  # of the largest, where squares are as tight around a face as `TIGHT`
LIKELY = 0.3
MOST = 12  # candidates that are refined
ROUNDS = 3
# chosen on training photos and scenes: 98% of 400 photos have a square above it, 1.3% of 600 scenes
CONFIDENT = 0.975
# higher, as more is looked at. Turned: 40 of 40 photos lie above it, and 2 of 300 scenes; in tiles
# of five mosaics of scenes three squares do, and 174 of 180 faces of 3% of the width
CONFIDENT_AGAIN = SureAgain(turned=0.998, in_tiles=0.995)


@dataclass(frozen=True)
class Found:
    """One object in a photo.

    Attributes:
        pose: the aligned square, in px of the photo.
        confidence: 0…1.
    """

    pose: Pose
    confidence: float


def shrunk(image: Image.Image) -> Image.Image:
    """Return a copy of a photo whose sides have at most 1,280 px."""
    small = image.copy()
    small.thumbnail((FIRST_PX, FIRST_PX), Image.Resampling.BOX)
    return small


def find_squares(
    image: Image.Image, aligner: Aligner, alignment: Alignment | None, device: torch.device
) -> list[tuple[Crop, float]]:
    """Return squares with confidences 0…1 in an upright RGB image, best first.

    Args:
        image: the photo, as `shrunk` returns it: squares are shares of its size.
        aligner: of the domain, on the device.
        alignment: of the domain's squares around a face, if they lie around one.
        device: that looks.
    """
    found = detect(to_tensor(image).to(device), aligner, largest_of(alignment))
    return [(crop_of(one.pose, *image.size), one.confidence) for one in found]


@torch.no_grad()
def detect(photo: Tensor, aligner: Aligner, largest: float = LARGEST) -> list[Found]:
    """Find every object of the domain in a photo.

    Args:
        photo: [1, 3, H, W], RGB, in [-1, 1].
        aligner: of the domain.
        largest: side of the largest square looked for, as a share of the longer side.

    Returns:
        The objects, most confident first; an empty list if there is none.
    """
    height, width = photo.shape[-2:]
    factor = min(LONG_PX / max(height, width), 4.0)
    small = photo
    if factor != 1.0:
        size = (max(round(height * factor), 8), max(round(width * factor), 8))
        small = F.interpolate(photo, size=size, mode="bilinear", antialias=True)
    candidates = _look_everywhere(small, aligner, largest)
    candidates = distinct(candidates)[:MOST]
    if not candidates:
        return []
    poses = torch.tensor([[c.pose.x, c.pose.y, c.pose.side, c.pose.angle] for c in candidates])
    logits = torch.zeros(len(poses))
    for _ in range(ROUNDS):
        poses, logits = refine(small, poses.to(small), aligner)
    exact = [
        Found(Pose(*row).scaled(1 / factor), confidence)
        for row, confidence in zip(poses.tolist(), logits.sigmoid().tolist(), strict=True)
        if confidence > LIKELY
    ]
    return distinct(exact)


def refine(photo: Tensor, poses: Tensor, aligner: Aligner) -> tuple[Tensor, Tensor]:
    """Look once more at squares [N, 4] (x, y, side, angle). Return better squares, and their logits [N]."""
    window = poses.clone()
    window[:, 2] *= CONTEXT
    answer = aligner(sample_windows(photo, window, WINDOW))[:, :, 0, 0].to(poses)
    return apply_answer(poses, answer), answer[:, 0]


def largest_of(alignment: Alignment | None) -> float:
    """Return the side of the largest square to look for, as a share of the photo's longer side.

    It is that of a face that fills the photo, and what lies around it.
    """
    return LARGEST * (1.0 if alignment is None else max(alignment.scale / TIGHT.scale, 1.0))


def _look_everywhere(photo: Tensor, aligner: Aligner, largest: float) -> list[Found]:
    """Return every likely square, of every size."""
    height, width = photo.shape[-2:]
    longest = max(height, width)
    found = []
    side = SMALLEST * longest
    while side < largest * longest:
        scale = WINDOW / (CONTEXT * side)
        size = (max(round(height * scale), 1), max(round(width * scale), 1))
        level = F.interpolate(photo, size=size, mode="bilinear", antialias=True)
        margin = WINDOW // 2
        level = F.pad(level, (margin,) * 4, mode="replicate")
        answer = aligner(level)[0]
        rows, columns = (answer[0].sigmoid() > LIKELY).nonzero(as_tuple=True)
        centre = torch.stack([columns, rows], dim=1) * STRIDE + WINDOW / 2 - margin
        count = len(rows)
        poses = torch.stack(
            [
                centre[:, 0] * width / size[1],
                centre[:, 1] * height / size[0],
                torch.full((count,), side),
                torch.zeros(count),
            ],
            dim=1,
        )
        moved = apply_answer(poses, answer[:, rows, columns].T.cpu())
        chances = answer[0, rows, columns].sigmoid().tolist()
        found += [
            Found(Pose(*row), chance) for row, chance in zip(moved.tolist(), chances, strict=True)
        ]
        side *= STEP
    return found


def distinct(found: list[Found]) -> list[Found]:
    """Keep the most confident of the squares that lie on one another."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda item: -item.confidence):
        if not any(_same(one.pose, other.pose) for other in kept):
            kept.append(one)
    return kept


def _same(a: Pose, b: Pose) -> bool:
    near = math.hypot(a.x - b.x, a.y - b.y) < 0.5 * max(a.side, b.side)
    return near and max(a.side, b.side) < 2.5 * min(a.side, b.side)


def crop_of(pose: Pose, width: int, height: int) -> Crop:
    """Turn a square in px into a crop in shares of a photo's size, within what a crop may be."""
    side = pose.side / min(width, height)
    return Crop(
        min(max(pose.x / width, 0.0), 1.0),
        min(max(pose.y / height, 0.0), 1.0),
        min(max(side, 0.02), 2.0),
        math.degrees(math.remainder(pose.angle, 2 * math.pi)),
    )
