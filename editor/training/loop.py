"""What every training shares: the clock, a record a tick, saving, and stopping between two steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
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
        """Thousands of images shown."""
        return self.images_seen / 1000


class Trainee(Protocol):
    """Everything that changes while training: what a checkpoint holds."""

    rng: torch.Generator
    clock: Clock

    @property
    def modules(self) -> dict[str, nn.Module]:
        """By name."""
        ...

    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """By name."""
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
        """From a training's options, which have fields of the same names."""
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
    """Call `step` until the length is reached or a person asks to stop; resume if there is a checkpoint.

    A loss or a weight that is not finite sets the training back to the last checkpoint, from where
    it goes on with other images; after three times without passing that place it gives up.

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
        TrainingError: not finite again and again; the last good checkpoint stands.
    """
    sums: dict[str, list[float]] = {}
    attempts, failed_at, rollbacks = 0, 0, 0
    target = schedule.kimg * 1000
    tick, every = schedule.tick_kimg * 1000, schedule.snapshot_kimg * 1000
    clock = state.clock
    begun = run.checkpoint.exists()
    ranks.wait()
    if begun:
        _restore(run, state, ranks)
    else:
        _save(run, state, ranks)
    started, first = time.monotonic(), clock.images_seen
    with stop_requested() as stop:
        stopping = False
        while clock.images_seen < target and not stopping:
            try:
                losses = ranks.mean_losses(step())
                stopping = ranks.agree(bool(stop))
                if bad := [name for name, value in losses.items() if not math.isfinite(value)]:
                    raise NotFiniteError(f"{', '.join(bad)} not finite")
                for name, value in losses.items():
                    sums.setdefault(name, []).append(value)
                before = clock.images_seen
                clock.images_seen += schedule.batch
                clock.step += 1
                done = clock.images_seen >= target or stopping
                if before // tick == clock.images_seen // tick and not done:
                    continue
                means = {name: sum(values) / len(values) for name, values in sums.items()}
                spent = time.monotonic() - started
                clock.seconds += spent
                record = {
                    "kimg": clock.kimg,
                    **means,
                    **(measure() if measure else {}),
                    "images_per_s": (clock.images_seen - first) / spent,
                    "seconds_per_kimg": 1000 * spent / (clock.images_seen - first),
                    "seconds": clock.seconds,
                    **({"rollbacks": rollbacks} if rollbacks else {}),
                }
                if ranks.main:
                    run.log(record)
                if before // every != clock.images_seen // every or done:
                    _save(run, state, ranks)
                    if ranks.main:
                        snapshot()
            except NotFiniteError as error:
                attempts = 1 if clock.images_seen > failed_at else attempts + 1
                failed_at, rollbacks = max(failed_at, clock.images_seen), rollbacks + 1
                if attempts > MAX_ROLLBACKS:
                    raise TrainingError(
                        f"{error} at {clock.kimg:.1f} kimg, {attempts} times; the checkpoint in "
                        f"{run.path} is from before. Start a new run with a lower --lr."
                    ) from error
                _restore(run, state, ranks)
                # the images that follow are others than those that led here
                state.rng.manual_seed(schedule.seed + 1_000_003 * rollbacks + clock.step)
                sums, started, first = {}, time.monotonic(), clock.images_seen
                continue
            yield record
            sums, started, first = {}, time.monotonic(), clock.images_seen


def _save(run: RunFolder, state: Trainee, ranks: Ranks) -> None:
    """Write the checkpoint; NotFiniteError, writing nothing, when a weight is not finite."""
    check_finite(state.modules)
    if ranks.main:
        facts = asdict(state.clock)
        save_checkpoint(run.checkpoint, state.modules, state.optimizers, state.rng, facts)
    ranks.wait()


def _restore(run: RunFolder, state: Trainee, ranks: Ranks) -> None:
    """Put everything, the clock and the log too, back to the checkpoint."""
    facts = load_checkpoint(run.checkpoint, state.modules, state.optimizers, state.rng)
    clock = state.clock
    clock.images_seen, clock.step = facts["images_seen"], facts["step"]
    clock.seconds = facts["seconds"]
    if ranks.main:
        run.trim_log(clock.images_seen)
    ranks.wait()
