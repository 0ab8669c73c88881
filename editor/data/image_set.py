"""Image sets for training: a folder or a zip, decoded once into memory as uint8."""

from __future__ import annotations

import io
import json
import math
import random
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from editor.errors import ImageError, OptionError, TrainingError
from editor.media.opening import known_formats, refusing

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}
MAX_CLASSES = 32
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class ImageSet:
    """Images of one size in memory.

    Attributes:
        pixels: [N, 3, R, R], uint8, RGB.
        names: the file name of each.
        attributes: what dataset.json says of each; an empty dictionary where it says nothing.
        weights: [N], float64, positive: how often each is drawn, relative to the others; None where
            all are drawn alike.
    """

    pixels: Tensor
    names: list[str]
    attributes: list[dict[str, Any]]
    weights: Tensor | None = None

    def __len__(self) -> int:
        return len(self.names)

    def draw(self, size: int, rng: torch.Generator, count: int | None = None) -> Tensor:
        """Draw indices [size] with replacement from the first `count` images (all by default)."""
        count = len(self) if count is None else count
        if self.weights is None:
            return torch.randint(count, (size,), generator=rng)
        return torch.multinomial(self.weights[:count], size, replacement=True, generator=rng)

    def batch(self, index: Tensor, flip: Tensor | None = None) -> Tensor:
        """Return pictures [B, 3, R, R], float32, in [-1, 1], on the device of the pixels.

        Those with a true `flip` [B] are mirrored left and right.
        """
        device = self.pixels.device
        images = self.pixels[index.to(device)].float().div_(127.5).sub_(1.0)
        if flip is not None:
            images = torch.where(flip.to(device)[:, None, None, None], images.flip(3), images)
        return images

    def near(self, device: torch.device) -> ImageSet:
        """Return the set with its pixels on a GPU if they take at most a quarter of what is free there."""
        if device.type != "cuda" or self.pixels.nbytes > torch.cuda.mem_get_info(device)[0] / 4:
            return self
        return replace(self, pixels=self.pixels.to(device))


def load_images(
    source: Path,
    resolution: int,
    exclude: dict[str, float] | None = None,
    limit: int | None = None,
    progress: Progress | None = None,
) -> ImageSet:
    """Read every picture of a folder or zip, scaled to a square, in a fixed shuffled order.

    A text among the attributes, such as "class": "sea", becomes one flag a value: "sea": 1, others 0.

    Args:
        source: a folder or a .zip; a dataset.json in it may hold attributes.
        resolution: side to scale to, px.
        exclude: leave out pictures whose attribute exceeds a value: {"unusable": 0.6}.
        limit: take only so many.
        progress: called with (done, total).

    Raises:
        TrainingError: nothing usable is there, or a picture cannot be read.
    """
    names, read, attributes = _open(source)
    known = [name for name in names if not _excluded(attributes.get(name, {}), exclude or {})]
    random.Random(0).shuffle(known)  # so that a held-out tail is like the rest
    known = known[:limit]
    if not known:
        raise TrainingError(f"{source} holds no usable picture ({', '.join(sorted(SUFFIXES))})")
    pixels = torch.empty(len(known), 3, resolution, resolution, dtype=torch.uint8)
    for i, name in enumerate(known):
        try:
            with (
                refusing(name),
                Image.open(io.BytesIO(read(name)), formats=known_formats()) as image,
            ):
                rgb = _square(image.convert("RGB"), resolution)
        except ImageError as error:
            raise TrainingError(
                f"{name} in {source} cannot be read ({error}); remove it and run again"
            ) from error
        pixels[i] = torch.from_numpy(np.asarray(rgb).copy()).permute(2, 0, 1)
        if progress and (i % 200 == 0 or i == len(known) - 1):
            progress(i + 1, len(known))
    return ImageSet(pixels, known, _flags([attributes.get(name, {}) for name in known]))


def join_images(sets: Sequence[ImageSet], weights: Sequence[float] | None = None) -> ImageSet:
    """Join several sets into one, in a fixed shuffled order.

    Args:
        sets: of one resolution.
        weights: share of the drawn images that come from each set, relative to the others; without
            them every image is drawn alike.

    Raises:
        OptionError: a weight is missing, or not a positive number.
    """
    check_weights(weights, len(sets))
    if len(sets) == 1:
        return sets[0]
    order = list(range(sum(len(one) for one in sets)))
    random.Random(0).shuffle(order)  # so that a held-out tail is like the rest
    names = [name for one in sets for name in one.names]
    attributes = [row for one in sets for row in one.attributes]
    each = None
    if weights is not None:
        shares = zip(sets, weights, strict=True)
        drawn = [torch.full((len(one),), w / len(one), dtype=torch.float64) for one, w in shares]
        each = torch.cat(drawn)[order]
    return ImageSet(
        torch.cat([one.pixels for one in sets])[order],
        [names[i] for i in order],
        [attributes[i] for i in order],
        each,
    )


def check_weights(weights: Sequence[float] | None, count: int) -> None:
    """Refuse weights that do not fit a number of data sets.

    Raises:
        OptionError: one is missing, or not a positive number.
    """
    if weights is None:
        return
    if len(weights) != count:
        raise OptionError(f"{len(weights)} weights do not fit {count} data sets; give one each")
    if not all(0 < weight < math.inf for weight in weights):
        raise OptionError(f"the weights {list(weights)} must be positive numbers")


def _flags(attributes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Turn each text into one flag a value. Texts with many different values are left out."""
    values: dict[str, set[str]] = {}
    for row in attributes:
        for key, value in row.items():
            if isinstance(value, str):
                values.setdefault(key, set()).add(value)
    values = {key: flags for key, flags in values.items() if len(flags) <= MAX_CLASSES}
    return [
        {key: value for key, value in row.items() if not isinstance(value, str)}
        | {
            flag: float(row[key] == flag)
            for key, flags in values.items()
            if isinstance(row.get(key), str)
            for flag in flags
        }
        for row in attributes
    ]


def _square(image: Image.Image, resolution: int) -> Image.Image:
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    box = (left, top, left + side, top + side)
    return image.resize((resolution, resolution), Image.Resampling.LANCZOS, box=box)


def _excluded(attributes: dict[str, Any], exclude: dict[str, float]) -> bool:
    return any(
        isinstance(attributes.get(key), (int, float)) and attributes[key] > bound
        for key, bound in exclude.items()
    )


def _open(source: Path) -> tuple[list[str], Callable[[str], bytes], dict[str, dict[str, Any]]]:
    if source.is_dir():
        files = {p.relative_to(source).as_posix(): p for p in source.rglob("*") if p.is_file()}
        names = list(files)

        def read(name: str) -> bytes:
            return files[name].read_bytes()

    elif zipfile.is_zipfile(source):
        archive = zipfile.ZipFile(source)
        names = archive.namelist()
        read = archive.read
    else:
        raise TrainingError(f"{source} is neither a folder nor a zip of images")
    attributes: dict[str, dict[str, Any]] = {}
    if "dataset.json" in names:
        try:
            found = json.loads(read("dataset.json")).get("attributes") or {}
            attributes = {name: row or {} for name, row in found.items()}
        except (ValueError, AttributeError) as error:
            raise TrainingError(f"dataset.json in {source} cannot be read: {error}") from error
    pictures = [name for name in names if Path(name).suffix.lower() in SUFFIXES]
    return sorted(pictures), read, attributes
