"""What every training shares: the clock, a record a tick, saving, and stopping between two steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from editor.errors import TrainingError
from editor.runtime import stop_requested
from editor.training.run import RunFolder


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


@dataclass(frozen=True)
class Schedule:
    """Length of a training and of its ticks, kimg."""

    kimg: float
    batch: int
    tick_kimg: float
    snapshot_kimg: float


def train_loop(
    run: RunFolder,
    clock: Clock,
    schedule: Schedule,
    step: Callable[[], dict[str, float]],
    save: Callable[[], None],
    measure: Callable[[], dict[str, float]] | None = None,
) -> Iterator[dict[str, Any]]:
    """Call `step` until the length is reached or a person asks to stop.

    Args:
        run: where statistics go.
        clock: advanced here by one batch a step.
        schedule: length, batch and intervals.
        step: one update; returns its losses by name.
        save: writes checkpoint and snapshots.
        measure: further figures for a record, such as a held-out error.

    Yields:
        One record a tick, as appended to stats.jsonl; each loss is the mean over its updates.

    Raises:
        TrainingError: a loss is not finite; nothing is saved then.
    """
    sums: dict[str, list[float]] = {}
    target = schedule.kimg * 1000
    tick, snapshot = schedule.tick_kimg * 1000, schedule.snapshot_kimg * 1000
    started, first = time.monotonic(), clock.images_seen
    with stop_requested() as stop:
        while clock.images_seen < target and not stop:
            for name, value in step().items():
                sums.setdefault(name, []).append(value)
            before = clock.images_seen
            clock.images_seen += schedule.batch
            clock.step += 1
            done = clock.images_seen >= target or bool(stop)
            if before // tick == clock.images_seen // tick and not done:
                continue
            means = {name: sum(values) / len(values) for name, values in sums.items()}
            bad = [name for name, value in means.items() if not math.isfinite(value)]
            if bad:
                raise TrainingError(
                    f"{', '.join(bad)} not finite at {clock.kimg:.1f} kimg; the checkpoint in "
                    f"{run.path} is from before. Run again to resume, with a lower --lr if it recurs."
                )
            spent = time.monotonic() - started
            clock.seconds += spent
            record = {
                "kimg": clock.kimg,
                **means,
                **(measure() if measure else {}),
                "images_per_s": (clock.images_seen - first) / spent,
                "seconds": clock.seconds,
            }
            run.log(record)
            if before // snapshot != clock.images_seen // snapshot or done:
                save()
            yield record
            sums, started, first = {}, time.monotonic(), clock.images_seen
