"""Figures of a pack on photos that it was not trained on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from editor.editing.move import move
from editor.inversion.loop import InversionOptions, invert_all
from editor.inversion.objective import Weights
from editor.metrics.attributes import CONTINUOUS, AttributePredictor
from editor.metrics.distances import (
    frechet_distance,
    mean_features,
    sliced_wasserstein_distance,
)
from editor.models.perceptual import SqueezeNetFeatures
from editor.runtime import seeded_latents
from editor.session import Editor
from editor.weights.domain import AnyGenerator

METHODS = {
    "encoder": InversionOptions(steps=0),
    "in-domain": InversionOptions(patience=0),
    "free-from-encoder": InversionOptions(weights=Weights(domain=0.0), patience=0),
    "free-from-mean": InversionOptions(weights=Weights(domain=0.0), start="mean", patience=0),
}


@torch.no_grad()
def code_distances(editor: Editor, codes: Tensor, images: Tensor) -> Tensor:
    """[N]: mean over elements of ‖wp - E(G(wp))‖², how far a code lies outside the domain."""
    again = torch.cat([editor.pack.encoder(part) for part in images.split(50)])
    return (codes - again).square().mean(dim=(1, 2))


def evaluate(
    editor: Editor,
    photos: Tensor,
    predictor: AttributePredictor,
    methods: list[str],
    changes: dict[str, Any] | None = None,
) -> Iterator[dict[str, Any]]:
    """Reconstruction of each method, then agreement and slider flips on the in-domain codes.

    Args:
        editor: the open domain.
        photos: [N, 3, R, R], RGB, in [-1, 1], never trained on.
        predictor: independent of the pack: other features than those that the boundaries were
            fitted with.
        methods: names of `METHODS`.
        changes: options to replace in every method, such as {"steps": 50}.

    Yields:
        One record a measurement, each naming itself under "measure".
    """
    kept: tuple[Tensor, Tensor] | None = None
    for name in methods:
        options = replace(METHODS[name], **(changes or {}) if name != "encoder" else {})
        pack, started = editor.pack, time.monotonic()
        codes, images = invert_all(photos, pack.generator, pack.encoder, editor.perceptual, options)
        seconds = (time.monotonic() - started) / len(photos)
        mse = (images - photos.to(images)).square().mean(dim=(1, 2, 3))
        distance = code_distances(editor, codes, images)
        yield {
            "measure": "reconstruction",
            "method": name,
            "photos": len(photos),
            "mse": mse.mean().item(),
            "mse_p95": mse.quantile(0.95).item(),
            "code_distance": distance.mean().item(),
            "code_distance_p95": distance.quantile(0.95).item(),
            "seconds_per_photo_batched": seconds,
        }
        if name == "in-domain" or kept is None:
            kept = codes, images
    if kept is None:
        return
    codes, images = kept
    truth, before = predictor.score(photos), predictor.score(images)
    for name in truth:
        if name in CONTINUOUS:
            pair = torch.stack([truth[name], before[name]])
            yield {
                "measure": "kept",
                "name": name,
                "correlation": torch.corrcoef(pair)[0, 1].item(),
            }
        else:
            agree = ((truth[name] > 0.5) == (before[name] > 0.5)).float().mean().item()
            yield {"measure": "kept", "name": name, "agreement": agree}
    for name, boundary in editor.boundaries.items():
        if name in before:
            for end, reach in zip(("low", "high"), boundary.info.range, strict=True):
                yield _slide(editor, predictor, codes, before, name, end, reach)


@torch.no_grad()
def _slide(
    editor: Editor,
    predictor: AttributePredictor,
    codes: Tensor,
    before: dict[str, Tensor],
    name: str,
    end: str,
    distance: float,
) -> dict[str, Any]:
    """Flips of one attribute at one end of its slider, among the faces that could flip."""
    boundary = editor.boundary(name)
    moved = move(codes, boundary.normal, distance, boundary.info.layers)
    images = torch.cat([editor.pack.generator.synthesis(part) for part in moved.split(50)])
    after = predictor.score(images)
    sign = 1.0 if distance > 0 else -1.0
    if name in CONTINUOUS:
        chosen = torch.ones(len(codes), dtype=torch.bool)
        flips = ((after[name] - before[name]) * sign > 0.5).float().mean().item()
    else:
        chosen = (before[name] < 0.5) if sign > 0 else (before[name] >= 0.5)
        flips = ((after[name] > 0.5) == (sign > 0))[chosen].float().mean().item()
    others = [
        (after[key] - before[key])[chosen].abs().mean().item()
        for key in after
        if key != name and key not in CONTINUOUS
    ]
    return {
        "measure": "slider",
        "name": name,
        "end": end,
        "distance": distance,
        "photos": int(chosen.sum()),
        "flips": flips,
        "change_of_others": sum(others) / max(len(others), 1),
    }


@torch.no_grad()
def measure_samples(
    generator: AnyGenerator,
    photos: Tensor,
    network: SqueezeNetFeatures,
    count: int = 1000,
    truncation_psi: float = 1.0,
) -> dict[str, Any]:
    """How far samples lie from photos, beside how far two halves of the photos lie from each other.

    Halves have half the images, which alone makes a distance larger; so the samples are also
    measured at that size, half of the photos against as many samples.

    Args:
        generator: sampled with the seeds 0, 1, ….
        photos: [N, 3, R, R], RGB, in [-1, 1], never trained on.
        network: whose last feature map, averaged, the Fréchet distance takes.
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
    """Generated pictures [N, 3, R, R], one a seed."""
    generator = editor.pack.generator
    z = seeded_latents(seeds, generator.z_dim).to(editor.device)
    wp = generator.mapping(z, truncation_psi=truncation_psi)
    return torch.cat([generator.synthesis(part) for part in wp.split(32)])


@torch.no_grad()
def slider_strips(editor: Editor, seeds: list[int], stops: int = 7) -> Tensor:
    """One row a slider and seed, from the low to the high end of its recommended range.

    Returns:
        [sliders × seeds × stops, 3, R, R], generated pictures.
    """
    generator = editor.pack.generator
    z = seeded_latents(seeds, generator.z_dim).to(editor.device)
    codes = generator.mapping(z, truncation_psi=0.7)
    rows = []
    for boundary in editor.boundaries.values():
        low, high = boundary.info.range
        for code in codes:
            distances = torch.linspace(low, high, stops)
            same = code[None].expand(stops, -1, -1)
            moved = move(same, boundary.normal, distances, boundary.info.layers)
            rows.append(generator.synthesis(moved))
    return torch.cat(rows)
