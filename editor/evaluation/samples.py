"""Pictures that a generator makes: how far they lie from photos, and grids for a card."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from editor.inversion.loop import InversionOptions
from editor.metrics.distances import (
    frechet_distance,
    mean_features,
    sliced_wasserstein_distance,
)
from editor.models.perceptual import SqueezeNetFeatures
from editor.packs.domain_pack import AnyGenerator
from editor.runtime import seeded_latents
from editor.session import Editor
from editor.sliders.move import move


@torch.no_grad()
def measure_samples(
    generator: AnyGenerator,
    photos: Tensor,
    network: SqueezeNetFeatures,
    count: int = 1000,
    truncation_psi: float = 1.0,
) -> dict[str, Any]:
    """Measure how far samples lie from photos, and two halves of the photos from each other.

    Halves have half the images, which alone makes a distance larger; so the samples are also
    measured at that size, half of the photos against as many samples.

    Args:
        generator: sampled with the seeds 0, 1, ….
        photos: [N, 3, R, R], RGB, in [-1, 1], never trained on.
        network: the Fréchet distance takes its last feature map, averaged.
        count: number of samples.
        truncation_psi: 1 samples the whole domain.

    Returns:
        Fréchet distances, and sliced Wasserstein distances (times 1000, by resolution of the
        pyramid's level and their mean), of "samples", "samples_half" and "real_halves".
    """
    device = generator.w_avg.device
    parts = []
    for start in range(0, count, 50):
        z = seeded_latents(list(range(start, min(start + 50, count))), generator.z_dim).to(device)
        parts.append(generator(z, truncation_psi=truncation_psi).clamp(-1, 1).cpu())
    fake = torch.cat(parts)
    real_features, fake_features = mean_features(network, photos), mean_features(network, fake)
    order = torch.randperm(len(photos), generator=torch.Generator().manual_seed(0))
    first, second = order.chunk(2)
    second, some = second[: len(first)], slice(0, len(first))
    pairs = {
        "samples": (photos, real_features, fake, fake_features),
        "samples_half": (photos[first], real_features[first], fake[some], fake_features[some]),
        "real_halves": (photos[first], real_features[first], photos[second], real_features[second]),
    }
    found: dict[str, Any] = {"photos": len(photos), "samples": count, "psi": truncation_psi}
    for name, (a, fa, b, fb) in pairs.items():
        levels = sliced_wasserstein_distance(a, b)
        found[f"frechet_squeezenet_{name}"] = frechet_distance(fa, fb)
        found[f"swd_{name}"] = sum(levels.values()) / len(levels)
        found[f"swd_{name}_by_level"] = levels
    return found


@torch.no_grad()
def sample_grid(editor: Editor, seeds: list[int], truncation_psi: float = 0.7) -> Tensor:
    """Render pictures [N, 3, R, R], one a seed."""
    engine = editor.engine
    wp = engine.map(seeded_latents(seeds, engine.z_dim), truncation_psi)
    return engine.synthesis(wp, batch=32)


@torch.no_grad()
def slider_strips(editor: Editor, seeds: list[int], stops: int = 7) -> Tensor:
    """Render a row for each slider and seed, from the low to the high end of the recommended range.

    Returns:
        [sliders × seeds × stops, 3, R, R], generated pictures.
    """
    codes = editor.engine.map(seeded_latents(seeds, editor.engine.z_dim), truncation_psi=0.7)
    rows = []
    for boundary in editor.boundaries.values():
        low, high = boundary.info.range
        for code in codes:
            distances = torch.linspace(low, high, stops)
            same = code[None].expand(stops, -1, -1)
            moved = move(same, boundary.normal, distances, boundary.info.layers)
            rows.append(editor.engine.synthesis(moved))
    return torch.cat(rows)


def reconstruction_grid(editor: Editor, seeds: list[int], steps: int = 100) -> Tensor:
    """Render mirrored samples, which no code gives exactly, and their inversions.

    Args:
        editor: of the domain.
        seeds: of the samples, psi 0.9.
        steps: of the optimisation.

    Returns:
        [3 · N, 3, R, R], generated pictures: for each seed the target, the encoder's
        reconstruction, and that of domain-regularised optimisation.
    """
    engine = editor.engine
    codes = engine.map(seeded_latents(seeds, engine.z_dim), truncation_psi=0.9)
    target = engine.synthesis(codes).clamp(-1, 1).flip(3)
    rows = [target]
    for count in (0, steps):
        options = InversionOptions(steps=count, patience=0)
        *_, last = engine.invert(target, options)
        rows.append(last.image.float().cpu())
    return torch.stack(rows, dim=1).flatten(0, 1)
