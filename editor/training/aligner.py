"""Training of an aligner: windows around known squares, moved, sized and turned at random.

What it learns is to undo the change; windows elsewhere, of another size or upside down are its
negatives. Nothing is labelled by hand: an aligned picture is its own square, and a photo whose
square is known gives its surroundings too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from editor.errors import OptionError
from editor.models.aligner import Aligner, apply_answer, wanted_answer
from editor.models.config import AlignerConfig
from editor.packs.tensors import half, write_tensors
from editor.training.known_photos import PhotoSet
from editor.training.loop import Clock, Schedule, train_loop
from editor.training.run import RunFolder
from editor.training.windows import Spread, draw_windows, recoloured


@dataclass(frozen=True)
class AlignerTraining:
    """Options of an aligner's training; kimg counts windows.

    Attributes:
        positive: share of the windows that hold the object.
        shift: most that a positive window is moved, in its own sides.
        octaves: most that it is too large or small, in powers of 2.
        turn: most that it is turned, degrees; a third of the windows are turned twice as far.
        weight_pose: of the pose's error against that of the confidence.
    """

    kimg: float = 1200.0
    batch: int = 128
    lr: float = 2e-3
    positive: float = 0.5
    shift: float = 0.25
    octaves: float = 0.6
    turn: float = 20.0
    weight_pose: float = 8.0
    held_out: int = 200
    tick_kimg: float = 20.0
    snapshot_kimg: float = 100.0
    seed: int = 0

    @property
    def spread(self) -> Spread:
        """Return how far windows lie from the true squares."""
        return Spread(self.shift, self.octaves, self.turn)

    def __post_init__(self) -> None:
        if self.kimg <= 0 or self.batch < 2 or self.lr <= 0 or not 0 < self.positive < 1:
            raise OptionError(
                f"kimg {self.kimg}, batch {self.batch}, lr {self.lr} must be positive, and positive "
                f"{self.positive} lie between 0 and 1"
            )


@dataclass
class _State:
    aligner: Aligner
    adam: torch.optim.Optimizer
    rng: torch.Generator
    clock: Clock = field(default_factory=Clock)

    @property
    def modules(self) -> dict[str, nn.Module]:
        return {"a": self.aligner}

    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        return {"adam": self.adam}


def train_aligner(
    photos: PhotoSet,
    backgrounds: Tensor,
    run: RunFolder,
    options: AlignerTraining,
    config: AlignerConfig,
    header: dict[str, Any] | None = None,
) -> Iterator[dict[str, Any]]:
    """Train an aligner, or go on where the run folder stopped.

    The last `held_out` photos are never trained on; the error on them is in every record.

    Args:
        photos: with known squares.
        backgrounds: [M, 3, R, R], uint8, without the object; laid behind photos, and used as negatives.
        run: where options, statistics, checkpoint and snapshot go.
        options: how to train.
        config: architecture.
        header: domain, licence and data facts for the snapshot's header.

    Yields:
        One record a tick: the losses, `val_corner` (mean error of the corners after one look, in sides
        of the square) and `val_missed` (share of held-out squares with a confidence below 0.5).

    Raises:
        TrainingError: losses are not finite again and again, or the folder holds another run.
        OptionError: the held-out part leaves nothing to train on.
    """
    if len(photos) <= options.held_out or not len(backgrounds):
        raise OptionError(
            f"{len(photos)} photos, of which {options.held_out} are held out, and "
            f"{len(backgrounds)} backgrounds are too few"
        )
    run.start(
        {
            "training": asdict(options)
            | {"kimg": None, "alignment": (header or {}).get("alignment")},
            "kimg": options.kimg,
            "aligner": config.to_dict(),
            "photos": len(photos),
            "backgrounds": len(backgrounds),
        }
    )
    training = _Training.begin(photos, backgrounds, run, options, config, header or {})
    schedule, (step, snapshot) = Schedule.of(options), (training.step, training.snapshot)
    yield from train_loop(run, training.state, schedule, step, snapshot, training.measure)


@dataclass(frozen=True)
class _Training:
    """The training of one aligner.

    Attributes:
        test: windows of the held-out photos, as `draw_windows` gives them.
        count: so many photos are trained on, the first ones.
    """

    photos: PhotoSet
    backgrounds: Tensor
    run: RunFolder
    options: AlignerTraining
    header: dict[str, Any]
    state: _State
    test: tuple[Tensor, Tensor, Tensor, Tensor]
    count: int

    @classmethod
    def begin(
        cls,
        photos: PhotoSet,
        backgrounds: Tensor,
        run: RunFolder,
        options: AlignerTraining,
        config: AlignerConfig,
        header: dict[str, Any],
    ) -> _Training:
        """Make the network, and draw the windows on which it will be measured."""
        torch.manual_seed(options.seed)
        aligner = Aligner(config)
        adam = torch.optim.Adam(aligner.parameters(), lr=options.lr, betas=(0.9, 0.99))
        state = _State(aligner, adam, torch.Generator().manual_seed(options.seed))
        count = len(photos) - options.held_out
        still = torch.Generator().manual_seed(options.seed + 1)
        index = torch.arange(count, len(photos))
        test = draw_windows(photos, backgrounds, index, options.spread, still, len(index))
        return cls(photos, backgrounds, run, options, header, state, test, count)

    def step(self) -> dict[str, float]:
        """Make one update, and return its losses."""
        options, state = self.options, self.state
        part = min(state.clock.kimg / options.kimg, 1.0)
        for group in state.adam.param_groups:
            group["lr"] = options.lr * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * part)))
        index = torch.randint(self.count, (options.batch,), generator=state.rng)
        positives = round(options.batch * options.positive)
        image, poses, truth, there = draw_windows(
            self.photos, self.backgrounds, index, options.spread, state.rng, positives
        )
        answer = state.aligner(recoloured(image, state.rng))[:, :, 0, 0]
        loss_there = F.binary_cross_entropy_with_logits(answer[:, 0], there)
        wanted = wanted_answer(poses[:positives], truth[:positives])
        loss_pose = F.smooth_l1_loss(answer[:positives, 1:], wanted, beta=0.05)
        state.adam.zero_grad(set_to_none=True)
        (loss_there + options.weight_pose * loss_pose).backward()
        state.adam.step()
        return {"loss_there": loss_there.item(), "loss_pose": loss_pose.item()}

    @torch.no_grad()
    def measure(self) -> dict[str, float]:
        """Measure the errors on the held-out photos."""
        image, poses, truth, _ = self.test
        answer = self.state.aligner(image)[:, :, 0, 0]
        corners = [_corners(rows) for rows in (apply_answer(poses, answer), truth)]
        error = (corners[0] - corners[1]).norm(dim=2).mean(dim=1) / truth[:, 2]
        missed = (answer[:, 0] < 0).float().mean()
        return {"val_corner": error.mean().item(), "val_missed": missed.item()}

    def snapshot(self) -> None:
        """Write the aligner, with its errors in the header."""
        aligner, clock = self.state.aligner, self.state.clock
        training = {**asdict(self.options), "kimg": clock.kimg, "seconds": clock.seconds}
        meta = {"kind": "aligner", "config": aligner.config.to_dict(), **self.header}
        meta["training"] = training | self.measure()
        write_tensors(self.run.path / "aligner.safetensors", half(aligner.state_dict()), meta)


def _corners(poses: Tensor) -> Tensor:
    """Return the corners [N, 4, 2] of squares [N, 4]."""
    x, y, side, angle = (poses[:, i, None] for i in range(4))
    u = torch.tensor([-0.5, -0.5, 0.5, 0.5]) * side
    v = torch.tensor([-0.5, 0.5, 0.5, -0.5]) * side
    cos, sin = angle.cos(), angle.sin()
    return torch.stack([x + cos * u - sin * v, y + sin * u + cos * v], dim=2)
