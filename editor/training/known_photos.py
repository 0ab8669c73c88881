"""Photos whose squares are known, and pictures without any, for an aligner to learn from."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from editor.data.image_set import ImageSet
from editor.errors import TrainingError
from editor.geometry import Alignment, Pose, known_square
from editor.media.opening import known_formats

SIDE_PX = 72  # of the known squares, to which photos are scaled
CANVAS_PX = 192
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class PhotoSet:
    """Photos with one known square each, scaled so that the squares have the same side.

    Attributes:
        pixels: [N, 3, CANVAS_PX, CANVAS_PX], uint8; each photo in its top left corner, its last
            row and column repeated beyond it.
        sizes: [N, 2], width and height of each, px.
        truth: [N, 4], the squares: x, y, side, angle.
    """

    pixels: Tensor
    sizes: Tensor
    truth: Tensor

    def __len__(self) -> int:
        return len(self.truth)


def photos_of_images(images: ImageSet) -> PhotoSet:
    """Make a set of photos from aligned pictures, each of which is its own square."""
    count = len(images)
    pixels = torch.empty(count, 3, CANVAS_PX, CANVAS_PX, dtype=torch.uint8)
    for i in range(count):
        small = F.interpolate(images.pixels[i : i + 1].float(), size=SIDE_PX, mode="area")
        pixels[i] = F.pad(small, (0, CANVAS_PX - SIDE_PX) * 2, mode="replicate")[0].round()
    truth = torch.tensor([[SIDE_PX / 2, SIDE_PX / 2, SIDE_PX, 0.0]]).repeat(count, 1)
    return PhotoSet(pixels, torch.full((count, 2), float(SIDE_PX)), truth)


def load_photos(
    source: Path,
    part: str,
    progress: Progress | None = None,
    alignment: Alignment | None = None,
) -> PhotoSet:
    """Read the photos of a zip with an alignment.json, whose entries are as in `known_square`.

    Args:
        source: the zip.
        part: take only names that begin so, such as "train/".
        progress: called with (done, total).
        alignment: of the squares; None takes the quads as they are.

    Raises:
        TrainingError: there is no such zip, or nothing in it can be used.
        OptionError: a photo's square is not known.
    """
    if not source.is_file():  # opening a pipe would wait
        raise TrainingError(f"{source} is no zip of photos with an alignment.json: it is no file")
    try:
        archive = zipfile.ZipFile(source)
        known = json.loads(archive.read("alignment.json"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise TrainingError(
            f"{source} is no zip of photos with an alignment.json: {error}"
        ) from error
    names = sorted(name for name in known if name.startswith(part))
    if not names:
        raise TrainingError(f"{source} has no photo whose name begins with '{part}'")
    squares = [known_square(name, known[name], alignment) for name in names]
    pixels = torch.empty(len(names), 3, CANVAS_PX, CANVAS_PX, dtype=torch.uint8)
    sizes, truth = [], []
    for i, (name, pose) in enumerate(zip(names, squares, strict=True)):
        with Image.open(io.BytesIO(archive.read(name)), formats=known_formats()) as image:
            photo, pose = _around(image.convert("RGB"), pose)
        array = torch.from_numpy(np.asarray(photo).copy()).permute(2, 0, 1)[None].float()
        gaps = (0, CANVAS_PX - photo.width, 0, CANVAS_PX - photo.height)
        pixels[i] = F.pad(array, gaps, mode="replicate")[0]
        sizes.append([float(photo.width), float(photo.height)])
        truth.append([pose.x, pose.y, pose.side, pose.angle])
        if progress:
            progress(i + 1, len(names))
    return PhotoSet(pixels, torch.tensor(sizes), torch.tensor(truth))


def _around(photo: Image.Image, pose: Pose) -> tuple[Image.Image, Pose]:
    """Cut out what lies around a square, and scale it so that the square has SIDE_PX."""
    factor = SIDE_PX / pose.side
    reach = CANVAS_PX / 2 / factor
    left, top = max(pose.x - reach, 0.0), max(pose.y - reach, 0.0)
    right, bottom = min(pose.x + reach, photo.width), min(pose.y + reach, photo.height)
    size = (
        min(max(round((right - left) * factor), 1), CANVAS_PX),
        min(max(round((bottom - top) * factor), 1), CANVAS_PX),
    )
    small = photo.resize(size, Image.Resampling.BICUBIC, box=(left, top, right, bottom))
    moved = Pose((pose.x - left) * factor, (pose.y - top) * factor, SIDE_PX, pose.angle)
    return small, moved


def made_backgrounds(images: ImageSet, count: int, seed: int = 0) -> Tensor:
    """Make pictures without the object from shuffled tiles and coloured noise, for want of others.

    Args:
        images: aligned pictures, whose tiles have the texture of photos but not their shapes.
        count: how many.
        seed: of everything random.

    Returns:
        [count, 3, 128, 128], uint8.
    """
    rng = torch.Generator().manual_seed(seed)
    made = torch.empty(count, 3, 128, 128, dtype=torch.uint8)
    line = torch.fft.fftfreq(128)
    radius = (line[:, None].square() + line.square()).sqrt().clamp(min=1 / 128)
    for i in range(count):
        if i % 2:
            tile = (8, 16, 32)[int(torch.randint(3, (1,), generator=rng))]
            index = images.draw(1, rng)
            x = F.interpolate(images.pixels[index].float(), size=128, mode="area")
            tiles = F.unfold(x, tile, stride=tile)
            order = torch.randperm(tiles.shape[2], generator=rng)
            x = F.fold(tiles[:, :, order], 128, tile, stride=tile)[0]
        else:
            slope = uniform(1, 0.5, 2.0, rng)
            noise = torch.randn(3, 128, 128, generator=rng)
            x = torch.fft.ifft2(torch.fft.fft2(noise) / radius**slope).real
            x = x / x.std(dim=(1, 2), keepdim=True) * uniform(1, 10, 60, rng)
            shared = torch.rand(1, generator=rng)  # of the channels: grey to coloured
            x = shared * x.mean(dim=0) + (1 - shared) * x
            x = x + torch.rand(3, 1, 1, generator=rng) * 255
        made[i] = x.clamp(0, 255).round()
    return made


def uniform(count: int, low: float, high: float, rng: torch.Generator) -> Tensor:
    """Draw numbers [count] evenly between two bounds."""
    return low + (high - low) * torch.rand(count, generator=rng)
