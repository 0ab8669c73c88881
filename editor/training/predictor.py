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
from editor.errors import OptionError
from editor.models.config import PredictorConfig
from editor.models.predictor import Predictor, without_norm
from editor.packs.tensors import half, write_tensors
from editor.runtime import fast_dtype
from editor.training.attribute_labels import agreement, labels_loss, mirrored, read_labels, scale_of
from editor.training.augment import apply_changes, draw_changes
from editor.training.loop import Clock, Schedule, train_loop
from editor.training.run import RunFolder

WARM_UP = 0.1  # share of the training in which the learning rate rises


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


def train_predictor(
    images: ImageSet,
    run: RunFolder,
    options: PredictorTraining,
    config: PredictorConfig,
    device: torch.device,
    header: dict[str, Any] | None = None,
) -> Iterator[dict[str, Any]]:
    """Train a predictor of attributes, or go on where the run folder stopped.

    The loss is cross-entropy with labels of 0…1 as they are, and smooth L1 on standardised continuous
    ones. Labels that are missing do not count. The last `held_out` images are never trained on.

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
    training = _Training.begin(images, run, options, config, device, header or {})
    schedule, (step, snapshot) = Schedule.of(options), (training.step, training.snapshot)
    yield from train_loop(run, training.state, schedule, step, snapshot, training.measure)


@dataclass(frozen=True)
class _Training:
    """The training of one predictor.

    Attributes:
        labels: [N, A], of all images.
        scale: mean and deviation [A] of the continuous attributes.
        count: so many images are trained on, the first ones.
    """

    images: ImageSet
    run: RunFolder
    options: PredictorTraining
    config: PredictorConfig
    device: torch.device
    header: dict[str, Any]
    state: _State
    labels: Tensor
    scale: tuple[Tensor, Tensor]
    count: int

    @classmethod
    def begin(
        cls,
        images: ImageSet,
        run: RunFolder,
        options: PredictorTraining,
        config: PredictorConfig,
        device: torch.device,
        header: dict[str, Any],
    ) -> _Training:
        """Read the labels, and make the network.

        Raises:
            TrainingError: an attribute is hardly labelled.
        """
        count = len(images) - options.held_out
        labels = read_labels(images, config, count)
        scale = scale_of(labels[:count], config)
        torch.manual_seed(options.seed)
        network = Predictor(config, norm=True).to(device)
        network.compute_dtype = fast_dtype(device) if options.bf16 else torch.float32
        decay = options.weight_decay
        adam = torch.optim.AdamW(network.parameters(), lr=options.lr, weight_decay=decay)
        state = _State(network, adam, torch.Generator().manual_seed(options.seed))
        return cls(images, run, options, config, device, header, state, labels, scale, count)

    def step(self) -> dict[str, float]:
        """Make one update, and return its loss."""
        options, rng = self.options, self.state.rng
        network, adam = self.state.network, self.state.adam
        for group in adam.param_groups:
            group["lr"] = options.lr * _rate(self.state.clock.kimg / options.kimg)
        index = self.images.draw(options.batch, rng, self.count)
        flip = torch.rand(options.batch, generator=rng) < (0.5 if options.flip else 0.0)
        photos = self.images.batch(index, flip).to(self.device)
        seen = _changed(photos, options, self.config, rng)
        wanted = mirrored(self.labels[index], flip, self.config)
        network.train()
        blocks = network.blocks(seen)
        kept = torch.rand(options.batch, network.out.in_features, generator=rng)
        mask = (kept >= options.drop).to(self.device) / (1 - options.drop)
        loss = labels_loss(network.answers(blocks, mask), wanted, self.scale, self.config)
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        return {"loss": loss.item()}

    @torch.no_grad()
    def measure(self) -> dict[str, float]:
        """Measure the loss and the agreement with the labels on the held-out images."""
        network = self.state.network.eval()
        index = torch.arange(self.count, len(self.images))
        parts = [network(self.images.batch(part).to(self.device)) for part in index.split(64)]
        answers, wanted = torch.cat(parts), self.labels[self.count :]
        found = {"val_loss": labels_loss(answers, wanted, self.scale, self.config).item()}
        return found | agreement(answers.cpu(), wanted, self.config)

    def snapshot(self) -> None:
        """Write the predictor, with its normalisation folded into the convolutions."""
        clock = self.state.clock
        training = {**asdict(self.options), "kimg": clock.kimg, "seconds": clock.seconds}
        meta = {"kind": "predictor", "config": self.config.to_dict(), **self.header}
        meta["training"] = training | self.measure()
        plain = without_norm(self.state.network.eval()).cpu()
        write_tensors(self.run.path / "predictor.safetensors", half(plain.state_dict()), meta)


def _rate(part: float) -> float:
    """Return the learning rate's factor, which rises in a line, then falls along a cosine to 0.01."""
    if part < WARM_UP:
        return 0.04 + 0.96 * part / WARM_UP
    down = min((part - WARM_UP) / (1 - WARM_UP), 1.0)
    return 0.01 + 0.99 * (0.5 + 0.5 * math.cos(math.pi * down))


def _changed(
    images: Tensor, options: PredictorTraining, config: PredictorConfig, rng: torch.Generator
) -> Tensor:
    """Change the colours of pictures, move them, and soften some batches."""
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
