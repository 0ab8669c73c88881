"""Fitting the boundaries of a domain: score samples, separate, balance, calibrate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from editor.data.image_set import ImageSet
from editor.data.labels import labelled_names
from editor.errors import OptionError
from editor.inversion.loop import InversionOptions, invert_all
from editor.metrics.attributes import (
    CONTINUOUS,
    AttributePredictor,
    PooledFeatures,
    fit_predictor,
)
from editor.packs.load import DomainPack
from editor.runtime import fast_dtype, seeded_latents
from editor.sliders.boundary import Boundary, BoundaryInfo, save_boundary
from editor.sliders.discover import pca
from editor.sliders.fit.balance import Responses, balance
from editor.sliders.fit.calibration import Calibration, Candidate, Probes, calibrate, layer_choices
from editor.sliders.fit.responses import measure
from editor.sliders.hyperplane import Hyperplane, fit_hyperplane, project_out

GROUP = {
    "smile": "Expression",
    "mouth_open": "Expression",
    "yaw": "Pose",
    "pitch": "Pose",
    "light_side": "Light",
    "brightness": "Light",
    "contrast": "Light",
    "warmth": "Light",
}
TITLE = {
    "yaw": "turn",
    "pitch": "nod",
    "female": "feminine",
    "headwear": "hat",
    "light_side": "light from the right",
}
OF_FACES = ["light_side"]
OF_SCENES = ["brightness", "contrast", "warmth", "greenness", "cloudiness", "snow"]
COLOUR = ["brightness", "warmth"]  # of a face: no sliders of it, but none should change it
NOT_SLIDERS = {"unusable", "hand_labelled"}
BALANCES = ((0.1, 10.0), (0.03, 30.0))  # stiffness and weight of what is outside, to be tried
CONTINUOUS_WEIGHT = 0.5  # of what lies on a scale, beside what is there or not


@dataclass(frozen=True)
class FitOptions:
    """How to fit.

    Attributes:
        samples: how many codes are synthesised and scored.
        share: most that is taken of them at each end of an attribute; a rare one takes less.
        held_out: the last images only measure the predictor, as in `train-predictor`.
        probes: photos, the last of the images, whose inversions measure layers and range.
        steps: of their inversion.
        flips: share of the probes whose attribute should change within the range.
        conditional: attribute → others that it is made independent of, by projection; it is not
            balanced then.
        balance: try directions that leave all other attributes as they are, by measurement.
        components: principal directions of the codes that those may take in beside the normals; at
            most as many as codes have dimensions.
        only: names to calibrate and save; empty means all. The others are still measured.
        seed: first seed of the samples.
    """

    samples: int = 10_000
    share: float = 0.1
    held_out: int = 600
    probes: int = 192
    steps: int = 40
    flips: float = 0.95
    conditional: dict[str, list[str]] | None = None
    balance: bool = True
    components: int = 32
    only: tuple[str, ...] = ()
    seed: int = 100_000

    def __post_init__(self) -> None:
        if self.probes < 2 or self.samples < 2:
            raise OptionError(f"probes {self.probes} and samples {self.samples} must be at least 2")
        if self.components < 0:
            raise OptionError(f"components {self.components} must not be negative")
        if not 0 < self.flips <= 1:
            raise OptionError(f"flips {self.flips} lies outside 0…1")


def known_attributes(images: ImageSet, subject: str) -> list[str]:
    """Attributes that sliders can be fitted for: labelled ones, and statistics that suit the subject."""
    labelled = {
        name
        for name in labelled_names(images.attributes)
        if name.isidentifier() and name not in NOT_SLIDERS
    }
    computed = OF_FACES if subject == "face" else OF_SCENES
    return sorted(labelled) + [name for name in computed if name not in labelled]


def fit_boundaries(
    pack: DomainPack,
    images: ImageSet,
    names: list[str],
    options: FitOptions,
    folder: Path,
    independent: PooledFeatures | None = None,
) -> Iterator[dict[str, Any]]:
    """Fit and save one boundary an attribute.

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
    if unknown := sorted(set(options.only) - set(names)):
        raise OptionError(f"{unknown} are not among the fitted {names}")
    chosen = [name for name in names if not options.only or name in options.only]
    total = len(chosen) + 4
    conditional = options.conditional or {}
    extra = COLOUR if pack.info.subject == "face" else []
    measured = [*names, *(name for name in extra if name not in names)]
    asked = {other for given in conditional.values() for other in given}
    if unknown := sorted((set(conditional) - set(names)) | (asked - set(measured))):
        raise OptionError(f"{unknown} cannot be made independent: not among the fitted {measured}")
    if pack.discriminator is None:
        raise OptionError(
            f"'{pack.info.name}' came without a discriminator, whose features boundaries are fitted "
            f"with; use the boundaries that were published for it"
        )
    generator, device = pack.generator, pack.generator.w_avg.device
    before = generator.compute_dtype
    for network in pack.networks:
        network.compute_dtype = fast_dtype(device)
    try:
        seen = pack.discriminator.features if pack.predictor is None else pack.predictor.blocks
        features = PooledFeatures(seen, device=device)
        held_out = min(options.held_out, len(images) // 5)
        labelled = images.pixels, images.attributes, measured, held_out
        predictor = fit_predictor(features, *labelled)
        judge = predictor if independent is None else fit_predictor(independent, *labelled)
        yield {"stage": "predictor", "done": 1, "total": total, "quality": predictor.quality}
        codes, scores = score_samples(pack, predictor, options)
        yield {"stage": "samples", "done": 2, "total": total, "samples": len(codes)}
        planes = {
            name: fit_hyperplane(
                codes, scores[name], _share(name, scores, options), seed=options.seed
            )
            for name in measured
        }
        wp = _invert_probes(pack, images, options)
        probes = Probes.of(generator, judge, wp, pack.info)
        yield {"stage": "inversions", "done": 3, "total": total, "probes": len(wp)}
        centred, responses = codes - codes.mean(0), None
        if options.balance:
            normals = torch.stack([planes[name].normal for name in measured])
            directions = torch.cat([normals, _principal(centred, options.components)])
            deviations = (centred @ directions.T).square().mean(dim=0).sqrt()
            responses = measure(probes.few(), tuple(measured), directions, deviations)
        fit = _Fit(centred, planes, probes, options, responses)
        yield {"stage": "responses", "done": 4, "total": total}
        for index, name in enumerate(chosen):
            found, others = fit.separate(name)
            info = BoundaryInfo(
                name=name,
                title=TITLE.get(name, name.replace("_", " ")),
                group=GROUP.get(name, "Face" if pack.info.subject == "face" else "Scene"),
                domain=pack.info.name,
                layers=found.chosen.layers,
                range=found.range,
                accuracy=planes[name].accuracy,
                facts={
                    "predictor_quality": predictor.quality[name],
                    "judge_quality": judge.quality[name],
                    "svm_codes": planes[name].used,
                    "samples": options.samples,
                    "deviation": found.chosen.deviation,
                    "independent_of": others,
                    "balanced": found.chosen.facts,
                    "flips_up": found.up.flips,
                    "flips_down": found.down.flips,
                    "change_of_others": found.up.change_of_others,
                    "change_outside": found.up.outside,
                    "changes": found.up.changes,
                },
                generator=pack.fingerprint,
            )
            plain = not others and not found.chosen.facts
            fitted = None if plain else planes[name].normal
            boundary = Boundary(info, found.chosen.rows, fitted)
            save_boundary(boundary, folder / f"{name}.safetensors")
            yield {
                "stage": name,
                "done": index + 5,
                "total": total,
                "accuracy": info.accuracy,
                "layers": list(info.layers),
                "range": list(info.range),
                **{
                    key: info.facts[key]
                    for key in (
                        "flips_up",
                        "flips_down",
                        "change_of_others",
                        "change_outside",
                        "independent_of",
                        "balanced",
                    )
                },
            }
    finally:
        for network in pack.networks:
            network.compute_dtype = before


def _share(name: str, scores: dict[str, Tensor], options: FitOptions) -> float:
    """Share of the samples taken at each end: a rare class gives no more than it has."""
    if name in CONTINUOUS:
        return options.share
    has = (scores[name] > 0.5).float().mean().item()
    least = max(100 / options.samples, 0.01)
    return min(options.share, max(min(has, 1 - has), least))


def _principal(centred: Tensor, count: int) -> Tensor:
    """[count or less, w_dim]: directions that codes [N, w_dim] vary most along, of length 1."""
    count = min(count, centred.shape[1], len(centred) - 1)
    return pca(centred[:, None], count).rows[:, 0] if count else centred[:0]


def _deviation(centred: Tensor, rows: Tensor) -> float:
    """Root mean square, over rows [L, w_dim], of the deviation of codes, less their mean, along each."""
    return float((centred @ rows.T).square().mean().sqrt())


@dataclass(frozen=True)
class _Fit:
    """What the directions of all attributes are made of.

    Attributes:
        centred: [N, w_dim], codes of the samples, less their mean.
        planes: by attribute.
        probes: inverted photos.
        options: how to fit.
        responses: to steps along the planes' normals and the codes' principal directions; None:
            nothing is balanced.
    """

    centred: Tensor
    planes: dict[str, Hyperplane]
    probes: Probes
    options: FitOptions
    responses: Responses | None

    def separate(self, name: str) -> tuple[Calibration, list[str]]:
        """The best direction of an attribute, and the others that it was asked to be independent of."""
        others = (self.options.conditional or {}).get(name, [])
        normal = project_out(
            self.planes[name].normal, [self.planes[other].normal for other in others]
        )
        num_ws = self.probes.generator.num_ws
        rows = normal[None].expand(num_ws, -1)
        unit = _deviation(self.centred, normal[None])
        candidates = [Candidate(rows, layers, unit) for layers in layer_choices(num_ws)]
        if self.responses is not None and not others:
            candidates += self._balanced(self.responses, name)
        return calibrate(self.probes, name, candidates, self.options.flips), others

    def _balanced(self, responses: Responses, name: str) -> list[Candidate]:
        weights = {other: CONTINUOUS_WEIGHT for other in responses.names if other in CONTINUOUS}
        components = len(responses.directions) - len(responses.names)
        found = []
        for layers in layer_choices(self.probes.generator.num_ws):
            for stiffness, outside in BALANCES:
                try:
                    rows = balance(responses, name, layers, weights, stiffness, outside)
                except OptionError:  # nothing that these layers do changes the attribute
                    continue
                facts = {
                    "stiffness": stiffness,
                    "outside": outside,
                    "components": components,
                }
                unit = _deviation(self.centred, rows[list(layers)])
                found.append(Candidate(rows, layers, unit, facts))
        return found


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
    target = images.batch(index).to(device)
    how = InversionOptions(steps=options.steps, patience=0)
    return invert_all(target, pack.generator, pack.encoder, pack.feature_term(), how)[0]
