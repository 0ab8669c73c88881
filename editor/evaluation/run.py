"""The whole comparison: every method on the same photos, kept in a folder, resumable."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from editor.errors import OptionError
from editor.evaluation.ablation import ITERATIONS, WEIGHTS, ablation
from editor.evaluation.edits import STOPS, KeptFaces, edits, interpolations
from editor.evaluation.features import Features, Reference
from editor.evaluation.methods import (
    METHODS,
    TRADITIONAL,
    code_distances,
    find_codes,
    options_of,
    read_codes,
)
from editor.evaluation.reconstruct import METRICS, lpips_or_why, reconstruction
from editor.evaluation.semantics import kept, mean_ap, semantics
from editor.files import write_whole
from editor.inversion.loop import InversionOptions
from editor.metrics.attributes import AttributePredictor
from editor.metrics.distances import evenly_spread
from editor.metrics.identity import People, Recogniser
from editor.models.encoder import Encoder
from editor.packs.tensors import fingerprint
from editor.runtime import fast_dtype
from editor.session import Editor
from editor.sliders.boundary import Boundary

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Plan:
    """What to measure.

    Attributes:
        methods: names of `METHODS`.
        metrics: of the reconstruction, names of `METRICS`.
        batch: photos at a time; with float32 no figure depends on it beyond rounding.
        edit_count: photos whose codes are edited; 0 leaves edits and interpolations out.
        stops: distances of the edits, multiples of each slider's recommended range.
        ablation_count: photos of the ablation; 0 leaves it out.
        ablation_weights: of the domain term.
        ablation_iterations: updates after which its codes are measured.
        fast: bfloat16 where the device multiplies it natively: quicker, and rounding then depends
            on the batch.
        seed: of pairs, halves and bootstrap.
    """

    methods: tuple[str, ...] = ("free", "free-from-encoder", "encoder", "in-domain")
    metrics: tuple[str, ...] = METRICS
    batch: int = 50
    edit_count: int = 200
    stops: tuple[float, ...] = STOPS
    ablation_count: int = 60
    ablation_weights: tuple[float, ...] = WEIGHTS
    ablation_iterations: tuple[int, ...] = ITERATIONS
    fast: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for what, given, known in (
            ("methods", self.methods, METHODS),
            ("metrics", self.metrics, METRICS),
        ):
            if unknown := sorted(set(given) - set(known)):
                raise OptionError(f"{what} {unknown} are not known; use {', '.join(known)}")
        if not self.methods or self.batch < 1 or self.edit_count < 0 or self.ablation_count < 0:
            raise OptionError(
                f"methods {self.methods} must not be empty, batch {self.batch} at least 1, and the "
                f"counts {self.edit_count} and {self.ablation_count} not negative"
            )
        if not self.ablation_weights or min(self.ablation_iterations, default=-1) < 0:
            raise OptionError(
                f"weights {self.ablation_weights} or iterations {self.ablation_iterations} of the "
                f"ablation are empty or negative"
            )
        if not self.stops or min(self.stops) <= 0:
            raise OptionError(f"stops {self.stops} must be positive")


@dataclass(frozen=True)
class Subject:
    """What is measured, and with what.

    Attributes:
        photos: [N, 3, R, R], RGB, in [-1, 1], never trained on.
        attributes: labels of each photo.
        features: of the Fréchet distance.
        judge: scores pictures, on features that the pack was not trained with; or why there is none.
        traditional: the encoder of that method.
        usual: options of the inversion.
        recogniser: says who is shown, or None to leave that out.
    """

    photos: Tensor
    attributes: list[dict[str, Any]]
    features: Features
    judge: AttributePredictor | str
    traditional: Encoder | None
    usual: InversionOptions
    recogniser: Recogniser | None = None


def evaluate(
    editor: Editor, subject: Subject, plan: Plan, folder: Path, progress: Progress
) -> dict[str, Any]:
    """Measure every method. What the folder holds already is not measured again.

    Args:
        editor: of the domain.
        subject: photos, labels, features, judge.
        plan: what to measure.
        folder: holds options.json, the codes, and the figures of finished parts.
        progress: called with (part, done, total).

    Returns:
        The figures, ready for JSON.

    Raises:
        OptionError: the folder holds figures of other options, or the traditional encoder is missing.
    """
    if TRADITIONAL in plan.methods and subject.traditional is None:
        raise OptionError("method 'traditional' needs its encoder: give --traditional RUN")
    facts = _facts(editor, subject, plan)
    claim(folder, facts)
    with _precision(editor, subject, plan):
        return {**facts, **_measure(editor, subject, plan, folder, progress)}


def _measure(
    editor: Editor, subject: Subject, plan: Plan, folder: Path, progress: Progress
) -> dict[str, Any]:
    photos, count = subject.photos, len(subject.photos)
    judge = subject.judge
    truth = None if isinstance(judge, str) else judge.score(photos)
    reference = Reference.of(photos, subject.features, editor.engine.pack.discriminator)
    lpips = lpips_or_why(editor.engine.device, "lpips" in plan.metrics)
    found: dict[str, Any] = {
        "halves_of_the_photos": reference.halves(plan.seed),
        "lpips": lpips if isinstance(lpips, str) else "measured",
        "judge": judge if isinstance(judge, str) else judge.quality,
        "recogniser": None if subject.recogniser is None else subject.recogniser.name,
        "methods": {},
    }
    sliders = _digest(editor.boundaries)
    people = None if subject.recogniser is None else People.of(subject.recogniser, photos)
    some = evenly_spread(count, plan.edit_count)
    for name in plan.methods:
        encoder = subject.traditional if name == TRADITIONAL else None
        options = options_of(name, subject.usual)
        label = name if encoder is None else f"{name}-{fingerprint(encoder)}"
        for done in find_codes(editor, photos, label, options, encoder, folder, plan.batch):
            progress(f"{name}: codes", done, count)
        inverted = read_codes(editor, label, count, folder, plan.batch)
        distances = code_distances(editor, inverted.codes, inverted.images, plan.batch)
        entry: dict[str, Any] = {
            "says": METHODS[name].says,
            "reconstruction": reconstruction(
                photos, inverted, distances, reference, plan.metrics, lpips
            ),
            "semantics": semantics(inverted.codes, editor.boundaries, subject.attributes, photos),
        }
        entry["mean_ap"] = mean_ap(entry["semantics"])
        if truth is not None and not isinstance(judge, str):
            entry["kept"] = kept(judge, truth, inverted.images)
        if people is not None:
            entry["identity"] = people.compare(inverted.images)
        if plan.edit_count:
            entry["interpolations"] = interpolations(editor, inverted, reference, plan.seed)
            if not isinstance(judge, str):
                part = type(inverted)(inverted.codes[some], inverted.images[some], 0.0)
                kept_faces = None if people is None else KeptFaces(people.some(some), photos[some])
                records = edits(editor, judge, part, reference, plan.stops, kept_faces)
                total = 2 * len(editor.boundaries) * len(plan.stops) + len(plan.stops)
                file = folder / f"edits{'' if people is None else '-people'}-{label}.json"
                entry["edits"] = _once(file, sliders, records, f"{name}: edits", total, progress)
        found["methods"][name] = entry
    if plan.ablation_count:
        index = evenly_spread(count, plan.ablation_count)
        labels = [subject.attributes[i] for i in index.tolist()]
        weights, iterations = plan.ablation_weights, plan.ablation_iterations
        records = ablation(
            editor, photos[index], labels, subject.usual, weights, iterations, plan.batch
        )
        total = len(weights) * len(iterations)
        file = folder / "ablation.json"
        found["ablation"] = _once(file, sliders, records, "ablation", total, progress)
    return found


def _digest(boundaries: Mapping[str, Boundary]) -> str:
    """Return a hash of these sliders, which changes when they are fitted again."""
    digest = hashlib.sha256()
    for name, boundary in sorted(boundaries.items()):
        info = boundary.info
        digest.update(json.dumps([name, info.layers, info.range]).encode())
        for tensor in (boundary.normal, boundary.hyperplane):
            if tensor is not None:
                digest.update(tensor.detach().cpu().float().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def _once(
    file: Path,
    sliders: str,
    records: Iterator[dict[str, Any]],
    name: str,
    total: int,
    progress: Progress,
) -> list[dict[str, Any]]:
    """Return the file's records if they are of these sliders, else make and write them."""
    if file.exists():
        before = json.loads(file.read_text(encoding="utf-8"))
        if before["sliders"] == sliders:
            kept_records: list[dict[str, Any]] = before["records"]
            return kept_records
    made = []
    for record in records:
        made.append(record)
        progress(name, len(made), total)
    write_whole(file, json.dumps({"sliders": sliders, "records": made}, indent=1).encode())
    return made


def _facts(editor: Editor, subject: Subject, plan: Plan) -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "domain": editor.info.name,
        "generator": editor.engine.fingerprint,
        "networks": {name: facts["sha256"] for name, facts in sorted(editor.info.files.items())},
        "photos": len(subject.photos),
        "photos_sum": sum_of(subject.photos),
        "resolution": editor.info.resolution,
        "features": subject.features.name,
        "device": editor.engine.device_label,
        "torch": torch.__version__,
        "inversion": asdict(subject.usual),
        "plan": {**asdict(plan), "methods": None, "metrics": None},
    }


def sum_of(photos: Tensor) -> float:
    """Return a checksum that tells photos from others, and from the same in another order."""
    weights = torch.arange(1, len(photos) + 1, dtype=torch.float64)
    return round(float((photos.cpu().double().mean(dim=(1, 2, 3)) * weights).sum()), 6)


def claim(folder: Path, facts: dict[str, Any]) -> None:
    """Write the options to a folder, or check them where it has some.

    Raises:
        OptionError: they differ.
    """
    file = folder / "options.json"
    facts = json.loads(json.dumps(facts))
    if file.exists():
        before = json.loads(file.read_text(encoding="utf-8"))
        differ = {k: (before.get(k), v) for k, v in facts.items() if before.get(k) != v}
        if differ:
            raise OptionError(
                f"{folder} holds figures of other options (was, now): {differ}. Choose another "
                f"--out, or give the same options to go on."
            )
    write_whole(file, json.dumps(facts, indent=2).encode())


def _precision(editor: Editor, subject: Subject, plan: Plan) -> AbstractContextManager[None]:
    """Compute in float32, or the device's fast dtype, while it is measured."""
    dtype = fast_dtype(editor.engine.device) if plan.fast else torch.float32
    others = () if subject.traditional is None else (subject.traditional,)
    return editor.engine.computing_in(dtype, *others)
