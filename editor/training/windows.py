"""Windows around known squares: moved, sized and turned at random, or where there is nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from editor.geometry import sample_windows
from editor.models.aligner import CONTEXT, WINDOW
from editor.training.known_photos import CANVAS_PX, PhotoSet, uniform

ELSEWHERE, SIZED, TURNED, BARE = range(4)  # what makes a window a negative


@dataclass(frozen=True)
class Spread:
    """How far windows lie from the true squares.

    Attributes:
        shift: most that a positive window is moved, in its own sides.
        octaves: most that it is too large or small, in powers of 2.
        turn: most that it is turned, degrees; a third of the windows are turned twice as far.
    """

    shift: float
    octaves: float
    turn: float


def draw_windows(
    photos: PhotoSet,
    backgrounds: Tensor,
    index: Tensor,
    spread: Spread,
    rng: torch.Generator,
    positives: int,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Draw windows of photos, of which the first `positives` hold the object and the others do not.

    Args:
        photos: with known squares.
        backgrounds: [M, 3, R, R], uint8, without the object.
        index: [N], of the photos.
        spread: how far windows lie from the squares.
        rng: of everything random.
        positives: how many hold the object.

    Returns:
        Images [N, 3, WINDOW, WINDOW] in [-1, 1]; the squares that fit the windows and the true ones,
        both [N, 4]; and whether the object is there, [N], 1 or 0.
    """
    n, truth = len(index), photos.truth[index].clone()
    there = torch.zeros(n)
    there[:positives] = 1.0
    poses, kind = _drawn_poses(truth, spread, rng, positives)
    window = poses.clone()
    window[:, 2] *= CONTEXT
    pixels = photos.pixels[index].float()
    front = sample_windows(pixels, window, WINDOW)
    behind = _behind(backgrounds, n, rng)
    place = _inside(photos.sizes[index], window)
    # a photo's own edge, as when its border is repeated, or the photo lying on something else
    bare = (torch.rand(n, generator=rng) < 0.4).float()[:, None, None, None]
    cover = torch.maximum(place, bare) * (kind != BARE).float()[:, None, None, None]
    image = (behind + cover * (front - behind)) / 127.5 - 1.0
    flip = torch.rand(n, generator=rng) < 0.5
    image = torch.where(flip[:, None, None, None], image.flip(3), image)
    return image, poses, torch.where(flip[:, None], _mirrored(truth, poses), truth), there


def _drawn_poses(
    truth: Tensor, spread: Spread, rng: torch.Generator, positives: int
) -> tuple[Tensor, Tensor]:
    """Draw squares [N, 4] for windows around true ones, and what makes each a negative, -1 if nothing."""
    n = len(truth)
    far = torch.where(torch.rand(n, generator=rng) < 1 / 3, 2.0, 1.0)
    turn = uniform(n, -1, 1, rng) * far * math.radians(spread.turn)
    octave = uniform(n, -1, 1, rng) * spread.octaves
    shift = torch.stack([uniform(n, -1, 1, rng) for _ in range(2)], dim=1) * spread.shift
    kind = torch.randint(4, (n,), generator=rng)
    kind[:positives] = -1
    heading = uniform(n, 0, 2 * math.pi, rng)
    reach = uniform(n, 0.55, 1.4, rng)
    away = torch.stack([heading.cos(), heading.sin()], dim=1) * reach[:, None]
    shift = torch.where((kind == ELSEWHERE)[:, None], away, shift)
    sign = torch.where(torch.rand(n, generator=rng) < 0.5, 1.0, -1.0)
    octave = torch.where(kind == SIZED, sign * uniform(n, 1.1, 2.2, rng), octave)
    turn = torch.where(kind == TURNED, sign * uniform(n, 1.6, math.pi, rng), turn)
    side = truth[:, 2] * torch.exp2(octave)
    poses = torch.stack(
        [
            truth[:, 0] + shift[:, 0] * side * CONTEXT,
            truth[:, 1] + shift[:, 1] * side * CONTEXT,
            side,
            truth[:, 3] + turn,
        ],
        dim=1,
    )
    return poses, kind


def _mirrored(truth: Tensor, poses: Tensor) -> Tensor:
    """Mirror true squares [N, 4] left to right within windows [N, 4]."""
    offset = truth[:, :2] - poses[:, :2]
    axis = torch.stack([poses[:, 3].cos(), poses[:, 3].sin()], dim=1)
    along = (offset * axis).sum(dim=1, keepdim=True)
    mirrored = truth.clone()
    mirrored[:, :2] -= 2 * along * axis
    mirrored[:, 3] = 2 * poses[:, 3] - truth[:, 3]
    return mirrored


def _behind(backgrounds: Tensor, count: int, rng: torch.Generator) -> Tensor:
    """Cut windows out of backgrounds at random places and sizes."""
    index = torch.randint(len(backgrounds), (count,), generator=rng)
    size = backgrounds.shape[-1]
    side = uniform(count, 0.25, 1.0, rng) * size
    place = [side / 2 + torch.rand(count, generator=rng) * (size - side) for _ in range(2)]
    turn = torch.where(torch.rand(count, generator=rng) < 0.2, uniform(count, -1, 1, rng), 0.0)
    poses = torch.stack([*place, side, turn], dim=1)
    return sample_windows(backgrounds[index].float(), poses, WINDOW)


def _inside(sizes: Tensor, window: Tensor) -> Tensor:
    """Return masks [N, 1, WINDOW, WINDOW], 1 where a window lies on its photo, else 0."""
    grid = torch.ones(1, 1, CANVAS_PX, CANVAS_PX)
    line = torch.arange(CANVAS_PX) + 0.5
    mask = (line[None, :] < sizes[:, 0, None])[:, None, None] & (line[None, :] < sizes[:, 1, None])[
        :, None, :, None
    ]
    return sample_windows(grid * mask.float(), window, WINDOW, padding="zeros")


def recoloured(image: Tensor, rng: torch.Generator) -> Tensor:
    """Change brightness, colour, sharpness and noise at random, as cameras differ."""
    n = len(image)

    def each(low: float, high: float) -> Tensor:
        return uniform(n, low, high, rng)[:, None, None, None]

    image = image * each(0.6, 1.4) + each(-0.3, 0.3)
    grey = image.mean(dim=1, keepdim=True)
    image = grey + (image - grey) * each(0.0, 1.5)
    small = F.interpolate(image, scale_factor=0.5, mode="area")
    soft = F.interpolate(small, size=WINDOW, mode="bilinear")
    image = torch.where(torch.rand(n, generator=rng)[:, None, None, None] < 0.3, soft, image)
    noise = torch.randn(image.shape, generator=rng) * each(0.0, 0.08)
    return (image + noise).clamp(-1, 1)
