"""Distances between two sets of images: Fréchet on features, and sliced Wasserstein on patches."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from editor.errors import InputError

PATCH, PATCHES, DIRECTIONS, ROUNDS = 7, 64, 128, 4
BINOMIAL = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16


def frechet_distance(real: Tensor, fake: Tensor) -> float:
    """Return the Fréchet distance between normal distributions fitted to two sets of features.

    ‖μ₁ - μ₂‖² + Tr(Σ₁ + Σ₂ - 2 (Σ₁ Σ₂)^½); it falls with the number of images, so that only
    distances of sets of the same sizes can be compared.

    Args:
        real: [N, F], any float dtype.
        fake: [M, F].

    Returns:
        The distance, at least 0.

    Raises:
        InputError: fewer than two rows, different numbers of features, or values not finite.

    Reference: Heusel et al., GANs Trained by a Two Time-Scale Update Rule, equation 6.
    """
    real, fake = _features(real), _features(fake)
    if real.shape[1] != fake.shape[1]:
        raise InputError(
            f"cannot compare {real.shape[1]} features with {fake.shape[1]}; "
            f"take both from the same network"
        )
    shift = (real.mean(dim=0) - fake.mean(dim=0)).square().sum()
    a, b = _covariance_root(real), _covariance_root(fake)
    # Tr (AᵀA BᵀB)^½ is the sum of the singular values of A Bᵀ, also where Σ has no full rank
    both = torch.linalg.svdvals(a @ b.T).sum()
    distance: float = (shift + a.square().sum() + b.square().sum() - 2 * both).item()
    return max(distance, 0.0)


def _features(rows: Tensor) -> Tensor:
    if rows.ndim != 2 or len(rows) < 2 or not bool(torch.isfinite(rows).all()):
        raise InputError(
            f"a set of features has shape {list(rows.shape)}"
            f"{'' if torch.isfinite(rows).all() else ' and values that are not finite'}; "
            f"give at least two rows [N, F] of finite numbers"
        )
    return rows.cpu().double()


def _covariance_root(rows: Tensor) -> Tensor:
    """Return A [min(N, F), F] with AᵀA the covariance of rows [N, F]."""
    root = (rows - rows.mean(dim=0)) / (len(rows) - 1) ** 0.5
    triangle: Tensor = torch.linalg.qr(root, mode="r").R
    return triangle


@torch.no_grad()
def mean_features(
    maps: Callable[[Tensor], list[Tensor]], images: Tensor, batch: int = 64
) -> Tensor:
    """Return the last feature map of a network, averaged over its places: [N, F].

    Args:
        maps: gives feature maps, finest first.
        images: [N, 3, H, W], RGB, in [-1, 1].
        batch: images at a time.
    """
    return torch.cat(
        [maps(part)[-1].float().mean(dim=(2, 3)).cpu() for part in images.split(batch)]
    )


def sliced_wasserstein_distance(real: Tensor, fake: Tensor, seed: int = 0) -> dict[int, float]:
    """Return the sliced Wasserstein distance between patches of the levels of a Laplacian pyramid.

    7×7 patches are drawn at random places, each colour brought to mean 0 and deviation 1 over the
    set, and projected on random directions, along which the distance is the mean gap of the sorted
    values. Sets of different sizes are compared at equal numbers of patches.

    Args:
        real: [N, 3, R, R], RGB, in [-1, 1]; R at least 16.
        fake: [M, 3, R, R].
        seed: of places and directions.

    Returns:
        Distance times 1000 by resolution of the level, finest first; details first, shapes last.

    Reference: Karras et al., Progressive Growing of GANs, section 5.
    """
    draw = torch.Generator().manual_seed(seed)
    found: dict[int, float] = {}
    for a, b in zip(_laplacian_pyramid(real), _laplacian_pyramid(fake), strict=True):
        count = min(len(a), len(b))
        first, second = (_patches(x[evenly_spread(len(x), count)], draw) for x in (a, b))
        total = 0.0
        for _ in range(ROUNDS):
            directions = torch.randn(first.shape[1], DIRECTIONS, generator=draw)
            directions /= directions.norm(dim=0)
            total += wasserstein_along(first, second, directions.to(first)).mean().item()
        found[a.shape[-1]] = 1000 * total / ROUNDS
    return found


def wasserstein_along(real: Tensor, fake: Tensor, directions: Tensor) -> Tensor:
    """Return the Wasserstein-1 distances between the projections of two equally large sets of points.

    Args:
        real: [P, F].
        fake: [P, F].
        directions: [F, D], of length 1.

    Returns:
        [D]: along each direction, the mean gap of the sorted projections.
    """
    gaps = (real @ directions).sort(dim=0).values - (fake @ directions).sort(dim=0).values
    return gaps.abs().mean(dim=0)


def evenly_spread(total: int, most: int) -> Tensor:
    """Return at most `most` indices below `total`, evenly spread, with the first and the last."""
    return torch.linspace(0, total - 1, min(most, total)).round().long()


def _blur(x: Tensor) -> Tensor:
    kernel = (BINOMIAL[:, None] * BINOMIAL).to(x).expand(3, 1, 5, 5)
    return F.conv2d(F.pad(x, (2, 2, 2, 2), mode="reflect"), kernel, groups=3)


def _laplacian_pyramid(images: Tensor) -> list[Tensor]:
    """Return what each level adds to the next coarser one, and last the coarsest (16 px) itself."""
    levels, x = [], images.float()
    while x.shape[-1] > 16:
        small = _blur(x)[:, :, ::2, ::2]
        up = torch.zeros_like(x)
        up[:, :, ::2, ::2] = small
        levels.append(x - 4 * _blur(up))
        x = small
    return [*levels, x]


def _patches(images: Tensor, draw: torch.Generator) -> Tensor:
    """Draw patches [N · PATCHES, 3 · PATCH²], each colour brought to mean 0 and deviation 1."""
    n, _, size, _ = images.shape
    top, left = torch.randint(0, size - PATCH + 1, (2, n, PATCHES, 1, 1), generator=draw)
    step = torch.arange(PATCH)
    rows, columns = top + step[:, None], left + step
    index = torch.arange(n)[:, None, None, None]
    found = images[index, :, rows, columns].flatten(0, 1)  # [N · PATCHES, 7, 7, 3]
    found = found - found.mean(dim=(0, 1, 2))
    found = found / found.std(dim=(0, 1, 2)).clamp(min=1e-8)
    return found.flatten(1)
