"""Training of a predictor of attributes on labelled photos, from scratch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from editor.data.image_set import ImageSet
from editor.data.labels import label_of
from editor.errors import OptionError, TrainingError
from editor.models.config import PredictorConfig
from editor.models.predictor import Predictor, without_norm
from editor.packs.tensors import half, write_tensors
from editor.runtime import fast_dtype
from editor.training.augment import apply_changes, draw_changes
from editor.training.loop import Clock, Schedule, train_loop
from editor.training.run import RunFolder

MIRRORED = {"yaw"}  # attributes whose value changes its sign with a mirrored picture
NOT_PREDICTED = {"unusable", "hand_labelled"}
WARM_UP = 0.1  # share of the training in which the learning rate rises
LEAST = 20


@dataclass(frozen=True)
class PredictorTraining:
    """Options of a predictor's training.

    Attributes:
        drop: share of the last features left out at random.
        soften: share of the batches that are scaled down and up again, as a blurred reconstruction
            looks.
        augment_colour: share of the pictures with each colour change.
        augment_shift: share of the pictures that are moved.
    """

    kimg: float = 100.0
    batch: int = 64
    lr: float = 4e-3
    weight_decay: float = 0.02
    drop: float = 0.3
    soften: float = 0.3
    flip: bool = True
    augment_colour: float = 0.5
    augment_shift: float = 0.5
    held_out: int = 600
    tick_kimg: float = 4.0
    snapshot_kimg: float = 20.0
    seed: int = 0
    bf16: bool = True

    def __post_init__(self) -> None:
        if self.kimg <= 0 or self.batch < 2 or self.lr <= 0 or self.held_out < 2:
            raise OptionError(
                f"kimg {self.kimg}, batch {self.batch} and lr {self.lr} must be positive, batch and "
                f"held_out {self.held_out} at least 2"
            )
        if not (0 <= self.drop < 1 and 0 <= self.soften <= 1):
            raise OptionError(f"drop {self.drop} or soften {self.soften} lies outside 0…1")


@dataclass
class _State:
    network: Predictor
    adam: torch.optim.Optimizer
    rng: torch.Generator
    clock: Clock = field(default_factory=Clock)

    @property
    def modules(self) -> dict[str, nn.Module]:
        return {"p": self.network}

    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        return {"adam": self.adam}


def predictable(images: ImageSet) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the attributes that the labels know, and which of them are continuous.

    A label outside 0…1 makes an attribute continuous, as does a name whose sign mirrors.

    Raises:
        TrainingError: no image is labelled.
    """
    values: dict[str, list[float]] = {}
    for row in images.attributes:
        for name in row:
            value = label_of(row, name)
            if name.isidentifier() and name not in NOT_PREDICTED and value is not None:
                values.setdefault(name, []).append(value)
    known = {name: found for name, found in values.items() if len(found) >= LEAST}
    if not known:
        raise TrainingError("no attribute is labelled; put labels into the data's dataset.json")
    continuous = [
        name
        for name, found in known.items()
        if name in MIRRORED or min(found) < 0 or max(found) > 1
    ]
    return tuple(sorted(known)), tuple(sorted(continuous))


def train_predictor(
    images: ImageSet,
    run: RunFolder,
    options: PredictorTraining,
    config: PredictorConfig,
    device: torch.device,
    header: dict[str, Any] | None = None,
) -> Iterator[dict[str, Any]]:
    """Train, or go on where the run folder stopped.

    Cross-entropy with labels of 0…1 as they are, smooth L1 on standardised continuous ones; labels
    that are missing do not count. The last `held_out` images are never trained on.

    Args:
        images: with labels.
        run: where options, statistics, checkpoint and snapshot go.
        options: how to train.
        config: architecture, and the attributes.
        device: where to train.
        header: domain, licence and data facts for the snapshot's header.

    Yields:
        One record a tick: the loss, `val_loss`, and for every attribute val_NAME: the share of
        held-out images on which network and label agree, or the correlation if it is continuous;
        over those that are labelled with it.

    Raises:
        TrainingError: losses are not finite again and again, the folder holds another run, or an
            attribute is not labelled.
        OptionError: the held-out part leaves too few to train on.
    """
    count = len(images) - options.held_out
    if count < options.batch:
        raise OptionError(
            f"{len(images)} images, of which {options.held_out} are held out, leave fewer than a "
            f"batch of {options.batch}"
        )
    run.start(
        {
            "training": asdict(options) | {"kimg": None},
            "kimg": options.kimg,
            "predictor": config.to_dict(),
            "images": len(images),
        }
    )
    labels = _labels(images, config, count)
    scale = _standard(labels[:count], config)
    torch.manual_seed(options.seed)
    network = Predictor(config, norm=True).to(device)
    network.compute_dtype = fast_dtype(device) if options.bf16 else torch.float32
    adam = torch.optim.AdamW(network.parameters(), lr=options.lr, weight_decay=options.weight_decay)
    state = _State(network, adam, torch.Generator().manual_seed(options.seed))

    def step() -> dict[str, float]:
        for group in adam.param_groups:
            group["lr"] = options.lr * _rate(state.clock.kimg / options.kimg)
        index = images.draw(options.batch, state.rng, count)
        flip = torch.rand(options.batch, generator=state.rng) < (0.5 if options.flip else 0.0)
        seen = _changed(images.batch(index, flip).to(device), options, config, state.rng)
        wanted = _mirrored(labels[index], flip, config)
        network.train()
        blocks = network.blocks(seen)
        kept = torch.rand(options.batch, network.out.in_features, generator=state.rng)
        mask = (kept >= options.drop).to(device) / (1 - options.drop)
        loss = _loss(network.answers(blocks, mask), wanted, scale, config)
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        return {"loss": loss.item()}

    @torch.no_grad()
    def measure() -> dict[str, float]:
        network.eval()
        index = torch.arange(count, len(images))
        answers = torch.cat([network(images.batch(part).to(device)) for part in index.split(64)])
        wanted = labels[count:]
        found = {"val_loss": _loss(answers, wanted, scale, config).item()}
        return found | _agreement(answers.cpu(), wanted, config)

    def snapshot() -> None:
        training = {**asdict(options), "kimg": state.clock.kimg, "seconds": state.clock.seconds}
        meta = {"kind": "predictor", "config": config.to_dict(), **(header or {})}
        meta["training"] = training | measure()
        plain = without_norm(network.eval()).cpu()
        write_tensors(run.path / "predictor.safetensors", half(plain.state_dict()), meta)

    yield from train_loop(run, state, Schedule.of(options), step, snapshot, measure)


def _agreement(answers: Tensor, labels: Tensor, config: PredictorConfig) -> dict[str, float]:
    """val_NAME over the images [N, A] where each is known; without a figure where there are too few."""
    found = {}
    for column, name in enumerate(config.names):
        known = ~labels[:, column].isnan()
        answer, label = answers[known, column], labels[known, column]
        if name not in config.continuous:
            value = ((answer > 0) == (label > 0.5)).float().mean()
        elif len(label) > 1:
            value = torch.corrcoef(torch.stack([answer, label]))[0, 1]
        else:
            continue
        if bool(value.isfinite()):
            found[f"val_{name}"] = value.item()
    return found


def _rate(part: float) -> float:
    """The learning rate's factor: up in a line, then down a cosine to a hundredth."""
    if part < WARM_UP:
        return 0.04 + 0.96 * part / WARM_UP
    down = min((part - WARM_UP) / (1 - WARM_UP), 1.0)
    return 0.01 + 0.99 * (0.5 + 0.5 * math.cos(math.pi * down))


def _labels(images: ImageSet, config: PredictorConfig, count: int | None = None) -> Tensor:
    """[N, A], not a number where unknown.

    Args:
        images: with labels.
        config: names the attributes.
        count: so many images are trained on; all by default.

    Raises:
        TrainingError: an attribute is hardly labelled among them.
    """
    rows = [[label_of(row, name) for name in config.names] for row in images.attributes]
    values = [[math.nan if v is None else v for v in row] for row in rows]
    labels = torch.tensor(values)
    each = (~labels[:count].isnan()).sum(0).tolist()
    for name, known in zip(config.names, each, strict=True):
        if known < LEAST:
            raise TrainingError(
                f"attribute '{name}' is labelled on {known} images only, of those that are trained "
                f"on; {LEAST} are needed. Leave it out: name the others with --attributes"
            )
    return labels


def _standard(labels: Tensor, config: PredictorConfig) -> tuple[Tensor, Tensor]:
    """Mean and deviation [A] of the continuous attributes; 0 and 1 of the others."""
    mean, deviation = torch.zeros(len(config.names)), torch.ones(len(config.names))
    for column, name in enumerate(config.names):
        if name in config.continuous:
            known = labels[:, column][~labels[:, column].isnan()]
            mean[column] = 0.0 if name in MIRRORED else known.mean()
            deviation[column] = known.std().clamp(min=1e-6)
    return mean, deviation


def _mirrored(labels: Tensor, flip: Tensor, config: PredictorConfig) -> Tensor:
    sign = torch.ones_like(labels)
    for column, name in enumerate(config.names):
        if name in MIRRORED:
            sign[flip, column] = -1.0
    return labels * sign


def _changed(
    images: Tensor, options: PredictorTraining, config: PredictorConfig, rng: torch.Generator
) -> Tensor:
    """Pictures with other colours, moved, and some batches softened."""
    colour, shift = options.augment_colour, options.augment_shift
    images = apply_changes(
        images, draw_changes(len(images), images.shape[-1], rng, colour, shift)
    ).clamp(-1, 1)
    soft = bool(torch.rand(1, generator=rng) < options.soften)
    share = 0.4 + 0.45 * torch.rand(1, generator=rng).item()
    if not soft:
        return images
    side = max(round(config.resolution * share), 8)
    small = F.interpolate(images, side, mode="bilinear", align_corners=False, antialias=True)
    return F.interpolate(small, config.resolution, mode="bilinear", align_corners=False)


def _loss(
    answers: Tensor, labels: Tensor, scale: tuple[Tensor, Tensor], config: PredictorConfig
) -> Tensor:
    """Mean over the known labels; 0 where none is known."""
    mean, deviation = scale
    wanted = ((labels - mean) / deviation).to(answers.device)
    known = ~wanted.isnan()
    wanted = wanted.nan_to_num()
    continuous = torch.tensor([name in config.continuous for name in config.names])
    continuous = continuous.to(answers.device).expand_as(known)
    losses = torch.where(
        continuous,
        F.smooth_l1_loss(answers, wanted, reduction="none"),
        F.binary_cross_entropy_with_logits(answers, wanted.clamp(0, 1), reduction="none"),
    )
    return losses[known].sum() / known.sum().clamp(min=1)
