"""Semantic diffusion: a patch of one picture spreads into another.

The patch is pasted on the context, the collage is encoded, and its code is optimised with pixel and
feature terms inside the patch only and no domain term: the rest follows what the generator knows.

Reference: Zhu et al., In-Domain GAN Inversion for Real Image Editing, section 4.4.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from editor.engine import Engine
from editor.errors import MismatchError, OptionError
from editor.inversion.loop import InversionOptions, InversionStep

# genforce/idinvert, diffuse.py, at 256 px: --crop_size 110 --center_x 125 --center_y 145
PUBLISHED_SIZE = 110 / 256
PUBLISHED_CENTRE = (125 / 256, 145 / 256)


def rectangle(
    resolution: int,
    size: float | tuple[float, float] = PUBLISHED_SIZE,
    centre: tuple[float, float] = PUBLISHED_CENTRE,
) -> Tensor:
    """Make the mask of a rectangular patch, by default the published one.

    Args:
        resolution: side of the pictures, px.
        size: side, or width and height, as shares of the pictures' side.
        centre: x and y, as shares.

    Returns:
        [R, R], 0 or 1.

    Raises:
        OptionError: nothing of it lies inside the picture.
    """
    width, height = size if isinstance(size, tuple) else (size, size)
    if not all(map(math.isfinite, (width, height, *centre))):
        raise OptionError(f"size {size} or centre {centre} is not finite")
    place = (torch.arange(resolution) + 0.5) / resolution
    across = (place - centre[0]).abs() <= width / 2
    down = (place - centre[1]).abs() <= height / 2
    mask = (down[:, None] & across[None]).float()
    if not bool(mask.any()):
        raise OptionError(f"a patch of {size} around {centre} holds no pixel of the picture")
    return mask


def collage(
    target: Tensor, contexts: Tensor, mask: Tensor, offset: tuple[float, float] = (0.0, 0.0)
) -> tuple[Tensor, Tensor]:
    """Paste the patch of a target onto contexts.

    Args:
        target: [3, R, R], RGB, in [-1, 1].
        contexts: [N, 3, R, R].
        mask: [R, R], 0…1, on the target.
        offset: how far the patch is moved right and down, as shares of the side; whole pixels.

    Returns:
        [N, 3, R, R], and where the patch lies on them, [R, R].

    Raises:
        MismatchError: the shapes do not fit.
        OptionError: nothing of the patch lies on the contexts, or it is not finite.
    """
    resolution = target.shape[-1]
    square = (resolution, resolution)
    if target.shape != (3, *square) or contexts.shape[1:] != target.shape or mask.shape != square:
        raise MismatchError(
            f"target {tuple(target.shape)}, contexts {tuple(contexts.shape)} and mask "
            f"{tuple(mask.shape)}; expected [3, R, R], [N, 3, R, R] and [R, R]"
        )
    if not all(map(math.isfinite, offset)) or not bool(torch.isfinite(mask).all()):
        raise OptionError(f"offset {offset} or the mask is not finite")
    by = [round(max(-1.0, min(1.0, share)) * resolution) for share in offset]
    placed = _shifted(mask[None].to(target), *by)[0].clamp(0, 1)
    if not bool(placed.any()):
        raise OptionError("no part of the patch lies on the context; paint one, or move it back")
    moved = _shifted(target, *by)
    return contexts + placed * (moved - contexts), placed


def diffuse(
    engine: Engine, collages: Tensor, placed: Tensor, options: InversionOptions | None = None
) -> Iterator[InversionStep]:
    """Spread the patch of collages into their contexts, step by step. Each picture is independent.

    Args:
        engine: of the domain.
        collages: [N, 3, R, R], RGB, in [-1, 1].
        placed: [R, R], 0…1: where the patch is.
        options: how to optimise, by default as `Engine.diffusion`; the domain term is left out,
            whatever its weight.

    Yields:
        The steps of `Engine.invert`.
    """
    options = options or engine.diffusion
    free = replace(options, weights=replace(options.weights, domain=0.0), start="encoder")
    return engine.invert(collages, free, mask=placed[None, None].to(collages))


def _shifted(image: Tensor, right: int, down: int) -> Tensor:
    """Return [C, R, R] moved by whole pixels. What comes in from outside is 0."""
    size = image.shape[-1]
    moved = torch.zeros_like(image)
    to_x, to_y = (
        slice(max(right, 0), size + min(right, 0)),
        slice(max(down, 0), size + min(down, 0)),
    )
    of_x, of_y = (
        slice(max(-right, 0), size - max(right, 0)),
        slice(max(-down, 0), size - max(down, 0)),
    )
    moved[:, to_y, to_x] = image[:, of_y, of_x]
    return moved
