"""Fitting the boundaries of a domain: score samples, separate, choose layers, find the range."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from editor.directions.boundary import Boundary, BoundaryInfo, save_boundary
from editor.directions.fit import fit_hyperplane, project_out
from editor.editing.move import move
from editor.errors import OptionError
from editor.inversion.loop import InversionOptions, invert_all
from editor.metrics.attributes import (
    CONTINUOUS,
    AttributePredictor,
    PooledFeatures,
    fit_predictor,
)
from editor.models.perceptual import DiscriminatorPerceptual
from editor.runtime import fast_dtype, seeded_latents
from editor.training.data import ImageSet
from editor.weights.domain import DomainPack

GROUP = {
    "smile": "Expression",
    "mouth_open": "Expression",
    "yaw": "Pose",
    "pitch": "Pose",
}
TITLE = {"yaw": "turn", "pitch": "nod", "female": "feminine"}
GRID = (1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0)


@dataclass(frozen=True)
class FitOptions:
    """How to fit.

    Attributes:
        samples: how many codes are synthesised and scored.
        share: share of them taken at each end of an attribute.
        probes: photos, the last of the images, whose inversions measure layers and range.
        steps: of their inversion.
        flips: share of the probes whose attribute must change within the range.
        conditional: attribute → others that it is made independent of.
        seed: first seed of the samples.
    """

    samples: int = 10_000
    share: float = 0.1
    held_out: int = 1000
    probes: int = 192
    steps: int = 40
    flips: float = 0.95
    conditional: dict[str, list[str]] | None = None
    seed: int = 100_000


def fit_boundaries(
    pack: DomainPack, images: ImageSet, names: list[str], options: FitOptions, folder: Path
) -> Iterator[dict[str, Any]]:
    """Fit and save one boundary an attribute.

    Args:
        pack: the domain.
        images: labelled images of it.
        names: attributes, as the labels call them.
        options: how to fit.
        folder: where the boundary files go.

    Yields:
        A record after each stage: {"stage": text, "done": n, "total": n}, and for every boundary
        its facts.

    Raises:
        OptionError: an attribute cannot be separated.
        TrainingError: an attribute is not labelled.
    """
    total = len(names) + 3
    conditional = options.conditional or {}
    asked = set(conditional).union(*conditional.values())
    if unknown := sorted(asked - set(names)):
        raise OptionError(f"{unknown} cannot be made independent: not among the fitted {names}")
    generator, device = pack.generator, pack.generator.w_avg.device
    before = generator.compute_dtype
    for network in (generator, pack.encoder, pack.discriminator):
        network.compute_dtype = fast_dtype(device)
    try:
        features = PooledFeatures(pack.discriminator.features, device=device)
        predictor = fit_predictor(
            features,
            images.pixels,
            images.attributes,
            names,
            min(options.held_out, len(images) // 5),
        )
        yield {"stage": "predictor", "done": 1, "total": total, "quality": predictor.quality}
        codes, scores = score_samples(pack, predictor, options)
        yield {"stage": "samples", "done": 2, "total": total, "samples": len(codes)}
        planes = {
            name: fit_hyperplane(codes, scores[name], options.share, seed=options.seed)
            for name in names
        }
        probes = _invert_probes(pack, images, options)
        probe_scores = predictor.score(_synthesise(pack, probes))
        yield {"stage": "inversions", "done": 3, "total": total, "probes": len(probes)}
        for index, name in enumerate(names):
            others = conditional.get(name, [])
            normal = project_out(planes[name].normal, [planes[other].normal for other in others])
            deviation = float(((codes - codes.mean(0)) @ normal).std())
            layers, span, measured = _calibrate(
                pack, predictor, name, normal, deviation, probes, probe_scores, options
            )
            info = BoundaryInfo(
                name=name,
                title=TITLE.get(name, name.replace("_", " ")),
                group=GROUP.get(name, "Face"),
                domain=pack.info.name,
                layers=layers,
                range=span,
                accuracy=planes[name].accuracy,
                facts={
                    "predictor_quality": predictor.quality[name],
                    "svm_codes": planes[name].used,
                    "samples": options.samples,
                    "deviation": deviation,
                    "independent_of": others,
                    **measured,
                },
                generator=pack.fingerprint,
            )
            rows = normal[None].expand(generator.num_ws, -1)
            save_boundary(Boundary(info, rows), folder / f"{name}.safetensors")
            yield {
                "stage": name,
                "done": index + 4,
                "total": total,
                "accuracy": info.accuracy,
                "layers": list(layers),
                "range": list(span),
                **measured,
            }
    finally:
        for network in (generator, pack.encoder, pack.discriminator):
            network.compute_dtype = before


@torch.no_grad()
def score_samples(
    pack: DomainPack, predictor: AttributePredictor, options: FitOptions
) -> tuple[Tensor, dict[str, Tensor]]:
    """Synthesise seeded samples and score them: codes [N, w_dim] and scores [N] by attribute."""
    seeds = list(range(options.seed, options.seed + options.samples))
    codes, scores = [], []
    for start in range(0, len(seeds), 64):
        z = seeded_latents(seeds[start : start + 64], pack.generator.z_dim)
        wp = pack.generator.mapping(z.to(pack.generator.w_avg.device))
        codes.append(wp[:, 0].cpu())
        scores.append(predictor.score(pack.generator.synthesis(wp)))
    return torch.cat(codes), {key: torch.cat([s[key] for s in scores]) for key in scores[0]}


def _invert_probes(pack: DomainPack, images: ImageSet, options: FitOptions) -> Tensor:
    """In-domain codes of the last images: what a person's sliders will move."""
    index = torch.arange(max(len(images) - options.probes, 0), len(images))
    device = pack.generator.w_avg.device
    perceptual = DiscriminatorPerceptual(pack.discriminator)
    target = images.batch(index).to(device)
    how = InversionOptions(steps=options.steps, patience=0)
    return invert_all(target, pack.generator, pack.encoder, perceptual, how)[0]


@torch.no_grad()
def _synthesise(pack: DomainPack, wp: Tensor) -> Tensor:
    return torch.cat([pack.generator.synthesis(part) for part in wp.split(64)])


def _layer_choices(num_ws: int) -> list[tuple[int, ...]]:
    """Candidate layer ranges: all, coarse, middle, and the ranges between."""
    third = max(num_ws // 3, 1)
    spans = [(0, num_ws), (0, third), (0, 2 * third), (third - 1, 2 * third), (third, num_ws)]
    return [tuple(range(a, b)) for a, b in dict.fromkeys(spans)]


def _calibrate(
    pack: DomainPack,
    predictor: AttributePredictor,
    name: str,
    normal: Tensor,
    deviation: float,
    probes: Tensor,
    probe_scores: dict[str, Tensor],
    options: FitOptions,
) -> tuple[tuple[int, ...], tuple[float, float], dict[str, Any]]:
    """Choose the layers that move the attribute with the least change of others, and the range."""
    scores = probe_scores[name]
    if name in CONTINUOUS:
        middle = scores.median()
        low, high = scores <= middle, scores > middle
    else:
        low, high = scores < 0.5, scores >= 0.5
    rows = normal[None].expand(pack.generator.num_ws, -1)

    def reach(layers: tuple[int, ...], sign: float) -> tuple[float, float, float]:
        """Smallest distance that flips enough probes, the share flipped, the change of others.

        Between two distances of the grid the share is taken to grow in a straight line.
        """
        chosen = (low if sign > 0 else high).nonzero()[:, 0]
        best = (GRID[-1] * deviation, 0.0, float("inf"))
        before = (0.0, 0.0)
        for factor in GRID:
            distance = factor * deviation
            moved = _synthesise(pack, move(probes[chosen], rows, sign * distance, layers))
            after = predictor.score(moved)
            flipped = _flipped(name, scores[chosen], after[name], sign)
            change = [
                (after[key] - probe_scores[key][chosen]).abs().mean().item()
                / (4.0 if key in CONTINUOUS else 1.0)
                for key in after
                if key != name
            ]
            result = (distance, flipped, sum(change) / max(len(change), 1))
            if flipped >= options.flips:
                part = (options.flips - before[1]) / max(flipped - before[1], 1e-9)
                distance = before[0] + min(part, 1.0) * (distance - before[0])
                return (distance, *result[1:])
            before = (distance, flipped)
            best = result if flipped > best[1] else best
        return best

    found = {layers: reach(layers, 1.0) for layers in _layer_choices(pack.generator.num_ws)}
    enough = {k: v for k, v in found.items() if v[1] >= options.flips}
    if enough:
        layers = min(enough, key=lambda k: enough[k][2])
    else:
        layers = max(found, key=lambda k: found[k][1])
    up, down = found[layers], reach(layers, -1.0) if bool(high.any()) else found[layers]
    span = (-_round_up(down[0]), _round_up(up[0]))
    return layers, span, {"flips_up": up[1], "flips_down": down[1], "change_of_others": up[2]}


def _flipped(name: str, before: Tensor, after: Tensor, sign: float) -> float:
    """Share whose class changed; if continuous, whose value moved by a standard deviation."""
    if name in CONTINUOUS:
        return ((after - before) * sign > 1.0).float().mean().item()
    return ((after > 0.5) == (sign > 0)).float().mean().item()


def _round_up(distance: float) -> float:
    """To a tenth, upwards."""
    return -(-distance * 10 // 1) / 10
