"""What every training shares: the clock, a record a tick, saving, and stopping between two steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Protocol

import torch
from torch import nn

from editor.errors import NotFiniteError, TrainingError
from editor.runtime import stop_requested
from editor.training.parallel import ALONE, Ranks
from editor.training.run import RunFolder, check_finite, load_checkpoint, save_checkpoint

MAX_ROLLBACKS = 3


@dataclass
class Clock:
    """How far a training is: images shown, updates made, seconds spent."""

    images_seen: int = 0
    step: int = 0
    seconds: float = 0.0

    @property
    def kimg(self) -> float:
        """Return how many thousands of images were shown."""
        return self.images_seen / 1000


class Trainee(Protocol):
    """Everything that changes while training: what a checkpoint keeps."""

    rng: torch.Generator
    clock: Clock

    @property
    def modules(self) -> dict[str, nn.Module]:
        """Return the networks, by name."""
        ...

    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """Return the optimizers, by name."""
        ...


@dataclass(frozen=True)
class Schedule:
    """Length of a training, of its ticks and between snapshots, kimg; batch and seed."""

    kimg: float
    batch: int
    tick_kimg: float
    snapshot_kimg: float
    seed: int

    @classmethod
    def of(cls, options: Any) -> Schedule:
        """Read a schedule off a training's options, which have fields of the same names."""
        return cls(*(getattr(options, item.name) for item in fields(cls)))


def train_loop(
    run: RunFolder,
    state: Trainee,
    schedule: Schedule,
    step: Callable[[], dict[str, float]],
    snapshot: Callable[[], None],
    measure: Callable[[], dict[str, float]] | None = None,
    ranks: Ranks = ALONE,
) -> Iterator[dict[str, Any]]:
    """Call `step` until the length is reached or a person asks to stop. Resume from a checkpoint.

    A loss or a weight that is not finite sets the training back to the last checkpoint, from where
    it goes on with other images. After three times without passing that place it gives up.

    Args:
        run: where checkpoint and statistics go.
        state: restored and saved here, its clock advanced by one batch a step.
        schedule: length, batch, intervals and seed.
        step: one update; returns its losses by name.
        snapshot: writes what is shipped, after every checkpoint.
        measure: further figures for a record, such as a held-out error.
        ranks: this process among those that train together; they stop and roll back together.

    Yields:
        One record a tick, as appended to stats.jsonl; each loss is the mean over its updates.

    Raises:
        TrainingError: a loss or weight is not finite again and again; the last checkpoint stands.
    """
    loop = _Loop(run, state, schedule, step, snapshot, measure, ranks)
    loop.begin()
    with stop_requested() as stop:
        while loop.goes_on:
            record = loop.advance(stop)
            if record is not None:
                yield record
                loop.begin_tick()


@dataclass
class _Loop:
    """A training, from tick to tick.

    Attributes:
        stopping: whether a person asked to stop.
        sums: losses of the tick's updates, by name.
        started: when the tick began, s.
        first: images shown until then.
        attempts: failures without passing `failed_at`.
        failed_at: most images shown at a failure.
        rollbacks: failures in all.
    """

    run: RunFolder
    state: Trainee
    schedule: Schedule
    step: Callable[[], dict[str, float]]
    snapshot: Callable[[], None]
    measure: Callable[[], dict[str, float]] | None
    ranks: Ranks
    stopping: bool = False
    sums: dict[str, list[float]] = field(default_factory=dict)
    started: float = 0.0
    first: int = 0
    attempts: int = 0
    failed_at: int = 0
    rollbacks: int = 0

    @property
    def goes_on(self) -> bool:
        """Return whether there is more to do."""
        return self.state.clock.images_seen < self.schedule.kimg * 1000 and not self.stopping

    def begin(self) -> None:
        """Go on from the checkpoint, or write a first one."""
        begun = self.run.checkpoint.exists()
        self.ranks.wait()
        if begun:
            _restore(self.run, self.state, self.ranks)
        else:
            _save(self.run, self.state, self.ranks)
        self.begin_tick()

    def begin_tick(self) -> None:
        """Start a tick with nothing counted."""
        self.sums, self.started = {}, time.monotonic()
        self.first = self.state.clock.images_seen

    def advance(self, stop: list[int]) -> dict[str, Any] | None:
        """Make one update, and return a record if a tick ends with it."""
        clock = self.state.clock
        try:
            before = clock.images_seen
            self._update(stop)
            if not self._passed(self.schedule.tick_kimg, before):
                return None
            record = self._record()
            if self.ranks.main:
                self.run.log(record)
            if self._passed(self.schedule.snapshot_kimg, before):
                _save(self.run, self.state, self.ranks)
                if self.ranks.main:
                    self.snapshot()
        except NotFiniteError as error:
            self._roll_back(error)
            return None
        return record

    def _update(self, stop: list[int]) -> None:
        """Make one update, and count its losses.

        Raises:
            NotFiniteError: a loss is not finite.
        """
        losses = self.ranks.mean_losses(self.step())
        self.stopping = self.ranks.agree(bool(stop))
        if bad := [name for name, value in losses.items() if not math.isfinite(value)]:
            raise NotFiniteError(f"{', '.join(bad)} not finite")
        for name, value in losses.items():
            self.sums.setdefault(name, []).append(value)
        self.state.clock.images_seen += self.schedule.batch
        self.state.clock.step += 1

    def _passed(self, every_kimg: float, before: int) -> bool:
        """Return whether an update passed a multiple of a length, or was the last."""
        every = every_kimg * 1000
        return before // every != self.state.clock.images_seen // every or not self.goes_on

    def _record(self) -> dict[str, Any]:
        """Return the record of a tick that ends, and advance the clock's seconds."""
        clock = self.state.clock
        means = {name: sum(values) / len(values) for name, values in self.sums.items()}
        spent, shown = time.monotonic() - self.started, clock.images_seen - self.first
        clock.seconds += spent
        return {
            "kimg": clock.kimg,
            **means,
            **(self.measure() if self.measure else {}),
            "images_per_s": shown / spent,
            "seconds_per_kimg": 1000 * spent / shown,
            "seconds": clock.seconds,
            **({"rollbacks": self.rollbacks} if self.rollbacks else {}),
        }

    def _roll_back(self, error: NotFiniteError) -> None:
        """Go back to the last checkpoint, and go on from there with other images.

        Raises:
            TrainingError: the training has failed here too often.
        """
        seen = self.state.clock.images_seen
        self.attempts = 1 if seen > self.failed_at else self.attempts + 1
        self.failed_at, self.rollbacks = max(self.failed_at, seen), self.rollbacks + 1
        if self.attempts > MAX_ROLLBACKS:
            raise TrainingError(
                f"{error} at {self.state.clock.kimg:.1f} kimg, {self.attempts} times; the checkpoint "
                f"in {self.run.path} is from before. Start a new run with a lower --lr."
            ) from error
        _restore(self.run, self.state, self.ranks)
        # the images that follow are others than those that led here
        again = 1_000_003 * self.rollbacks + self.state.clock.step
        self.state.rng.manual_seed(self.schedule.seed + again)
        self.begin_tick()


def _save(run: RunFolder, state: Trainee, ranks: Ranks) -> None:
    """Write the checkpoint.

    Raises:
        NotFiniteError: a weight is not finite; nothing is written.
    """
    check_finite(state.modules)
    if ranks.main:
        facts = asdict(state.clock)
        save_checkpoint(run.checkpoint, state.modules, state.optimizers, state.rng, facts)
    ranks.wait()


def _restore(run: RunFolder, state: Trainee, ranks: Ranks) -> None:
    """Set everything, the clock and the log too, back to the checkpoint."""
    facts = load_checkpoint(run.checkpoint, state.modules, state.optimizers, state.rng)
    clock = state.clock
    clock.images_seen, clock.step = facts["images_seen"], facts["step"]
    clock.seconds = facts["seconds"]
    if ranks.main:
        run.trim_log(clock.images_seen)
    ranks.wait()
