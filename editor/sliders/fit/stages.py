"""Fitting the boundaries of a domain: score samples, separate, balance, calibrate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from editor.data.image_set import ImageSet
from editor.engine import Engine
from editor.errors import OptionError
from editor.inversion.loop import InversionOptions, invert_all
from editor.metrics.attributes import (
    CONTINUOUS,
    AttributePredictor,
    PooledFeatures,
    fit_predictor,
)
from editor.metrics.effect import FLIP_DEVIATIONS
from editor.packs.domain_pack import DomainPack
from editor.runtime import fast_dtype, seeded_latents
from editor.sliders.boundary import Boundary, BoundaryInfo
from editor.sliders.boundary_file import save_boundary
from editor.sliders.fit.calibration import Calibration, Probes
from editor.sliders.fit.candidates import Choice
from editor.sliders.fit.options import COLOUR, GROUP, TITLE, FitOptions
from editor.sliders.hyperplane import fit_hyperplane
from editor.sliders.response import measured

SHOWN = (  # facts of a boundary that its record repeats
    "flips_up",
    "flips_down",
    "change_of_others",
    "change_outside",
    "independent_of",
    "balanced",
)


def fit_boundaries(
    pack: DomainPack,
    images: ImageSet,
    names: list[str],
    options: FitOptions,
    folder: Path,
    independent: PooledFeatures | None = None,
) -> Iterator[dict[str, Any]]:
    """Fit and save one boundary for each attribute.

    Args:
        pack: the domain.
        images: labelled images of it.
        names: attributes, as the labels call them. Of faces also brightness and warmth are
            measured, which sliders should leave alone.
        options: how to fit.
        folder: where the boundary files go.
        independent: features that the pack does not know, of a judge that measures layers and
            ranges; without them what scored the samples does, which sees a change too early.

    Yields:
        A record after each stage: {"stage": text, "done": n, "total": n}, and for every boundary
        its facts.

    Raises:
        OptionError: an attribute cannot be separated.
        TrainingError: an attribute is not labelled.
    """
    plan = _Plan.of(pack, names, options)
    with _fast_networks(pack):
        predictor, judge = _fit_predictors(pack, images, plan.measured, options, independent)
        yield plan.record("predictor", 1, quality=predictor.quality)
        codes, scores = score_samples(pack, predictor, options)
        yield plan.record("samples", 2, samples=len(codes))
        planes = {
            name: fit_hyperplane(
                codes, scores[name], _share(name, scores, options), seed=options.seed
            )
            for name in plan.measured
        }
        wp = _invert_probes(pack, images, options)
        probes = Probes.of(pack.generator, judge, wp, pack.info)
        yield plan.record("inversions", 3, probes=len(wp))
        choice = Choice.of(codes, planes, probes, options)
        yield plan.record("responses", 4)
        engine = Engine(pack, pack.generator.w_avg.device)
        for done, name in enumerate(plan.chosen, start=5):
            found, others = choice.separate(name)
            quality = {
                "predictor_quality": predictor.quality[name],
                "judge_quality": judge.quality[name],
            }
            boundary = measured(engine, _boundary(pack, choice, name, found, others, quality))
            save_boundary(boundary, folder / f"{name}.safetensors")
            yield plan.record(name, done, **_shown(boundary.info))


@dataclass(frozen=True)
class _Plan:
    """What is fitted.

    Attributes:
        chosen: attributes that become boundaries.
        measured: all attributes that are scored, the chosen ones and those that should stay.
    """

    chosen: list[str]
    measured: list[str]

    @classmethod
    def of(cls, pack: DomainPack, names: list[str], options: FitOptions) -> _Plan:
        """Check what was asked for, and plan it.

        Raises:
            OptionError: a name is not among the fitted ones, or the pack has no discriminator.
        """
        if unknown := sorted(set(options.only) - set(names)):
            raise OptionError(f"{unknown} are not among the fitted {names}")
        chosen = [name for name in names if not options.only or name in options.only]
        conditional = options.conditional or {}
        extra = COLOUR if pack.info.subject == "face" else []
        measured = [*names, *(name for name in extra if name not in names)]
        asked = {other for given in conditional.values() for other in given}
        if unknown := sorted((set(conditional) - set(names)) | (asked - set(measured))):
            raise OptionError(
                f"{unknown} cannot be made independent: not among the fitted {measured}"
            )
        if pack.discriminator is None:
            raise OptionError(
                f"'{pack.info.name}' came without a discriminator, whose features boundaries are "
                f"fitted with; use the boundaries that were published for it"
            )
        return cls(chosen, measured)

    def record(self, stage: str, done: int, **facts: Any) -> dict[str, Any]:
        """Return the record of a stage that is done."""
        return {"stage": stage, "done": done, "total": len(self.chosen) + 4, **facts}


@contextmanager
def _fast_networks(pack: DomainPack) -> Iterator[None]:
    """Compute in the device's fast dtype while the `with` lasts."""
    before = pack.generator.compute_dtype
    for network in pack.networks:
        network.compute_dtype = fast_dtype(pack.generator.w_avg.device)
    try:
        yield
    finally:
        for network in pack.networks:
            network.compute_dtype = before


def _fit_predictors(
    pack: DomainPack,
    images: ImageSet,
    measured: list[str],
    options: FitOptions,
    independent: PooledFeatures | None,
) -> tuple[AttributePredictor, AttributePredictor]:
    """Fit the predictor that scores the samples, and the judge that measures layers and ranges."""
    assert pack.discriminator is not None
    seen = pack.discriminator.features if pack.predictor is None else pack.predictor.blocks
    features = PooledFeatures(seen, device=pack.generator.w_avg.device)
    held_out = min(options.held_out, len(images) // 5)
    labelled = images.pixels, images.attributes, measured, held_out
    predictor = fit_predictor(features, *labelled)
    judge = predictor if independent is None else fit_predictor(independent, *labelled)
    return predictor, judge


def _boundary(
    pack: DomainPack,
    choice: Choice,
    name: str,
    found: Calibration,
    others: list[str],
    quality: dict[str, float],
) -> Boundary:
    """Make the boundary of a direction that was chosen."""
    plane = choice.planes[name]
    info = BoundaryInfo(
        name=name,
        title=TITLE.get(name, name.replace("_", " ")),
        group=GROUP.get(name, "Face" if pack.info.subject == "face" else "Scene"),
        domain=pack.info.name,
        layers=found.chosen.layers,
        range=found.range,
        accuracy=plane.accuracy,
        facts={
            **quality,
            "svm_codes": plane.used,
            "samples": choice.options.samples,
            "deviation": found.chosen.deviation,
            "independent_of": others,
            "balanced": found.chosen.facts,
            "flip_deviations": FLIP_DEVIATIONS,
            "flips_up": found.up.effect.flips,
            "flips_down": found.down.effect.flips,
            "change_of_others": found.up.effect.change_of_others,
            "change_outside": found.up.outside,
            "changes": found.up.effect.changes,
        },
        generator=pack.fingerprint,
    )
    plain = not others and not found.chosen.facts
    return Boundary(info, found.chosen.rows, None if plain else plane.normal)


def _shown(info: BoundaryInfo) -> dict[str, Any]:
    """Return what a record says of a boundary."""
    facts = {key: info.facts[key] for key in SHOWN}
    return {
        "accuracy": info.accuracy,
        "layers": list(info.layers),
        "range": list(info.range),
        **facts,
    }


def _share(name: str, scores: dict[str, Tensor], options: FitOptions) -> float:
    """Return the share of the samples to take at each end. A rare class gives no more than it has."""
    if name in CONTINUOUS:
        return options.share
    has = (scores[name] > 0.5).float().mean().item()
    least = max(100 / options.samples, 0.01)
    return min(options.share, max(min(has, 1 - has), least))


@torch.no_grad()
def score_samples(
    pack: DomainPack, predictor: AttributePredictor, options: FitOptions
) -> tuple[Tensor, dict[str, Tensor]]:
    """Synthesise seeded samples, and score them.

    Returns:
        Codes [N, w_dim], and scores [N] by attribute.
    """
    seeds = list(range(options.seed, options.seed + options.samples))
    codes, scores = [], []
    for start in range(0, len(seeds), 64):
        z = seeded_latents(seeds[start : start + 64], pack.generator.z_dim)
        wp = pack.generator.mapping(z.to(pack.generator.w_avg.device))
        codes.append(wp[:, 0].cpu())
        scores.append(predictor.score(pack.generator.synthesis(wp)))
    return torch.cat(codes), {key: torch.cat([s[key] for s in scores]) for key in scores[0]}


def _invert_probes(pack: DomainPack, images: ImageSet, options: FitOptions) -> Tensor:
    """Invert the last images, since in-domain codes are what a person's sliders will move."""
    index = torch.arange(max(len(images) - options.probes, 0), len(images))
    device = pack.generator.w_avg.device
    target = images.batch(index).to(device)
    how = InversionOptions(steps=options.steps, patience=0)
    return invert_all(target, pack.generator, pack.encoder, pack.feature_term(), how)[0]
