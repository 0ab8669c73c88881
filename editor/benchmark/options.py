"""What a benchmark measures, and how often."""

from __future__ import annotations

from dataclasses import dataclass

from editor.errors import OptionError

SECTIONS = ("start", "memory", "inversion", "slider", "throughput")
SIZES = (16, 1024)


@dataclass(frozen=True)
class BenchmarkOptions:
    """What is measured, and how often; the defaults are the whole benchmark.

    Attributes:
        sizes: px, of packs with random weights.
        domains: installed packs to measure as well.
        device: "auto", "cpu", "cuda", "mps".
        threads: of the CPU, all processes together; None: as torch chooses.
        seed: of weights, pictures and codes.
        sections: of `SECTIONS`.
        repeats: of each start, and of each window of throughput.
        warm_starts: starts before them that do not count.
        count: pictures that are inverted.
        steps: most updates of an inversion; None: as the pack says.
        moves: of a slider.
        batches: sizes of a batch, for throughput.
        processes: how many at once, for throughput.
        window_s: least length of a window.
    """

    sizes: tuple[int, ...] = (64, 128, 256)
    domains: tuple[str, ...] = ()
    device: str = "auto"
    threads: int | None = None
    seed: int = 0
    sections: tuple[str, ...] = SECTIONS
    repeats: int = 5
    warm_starts: int = 1
    count: int = 8
    steps: int | None = None
    moves: int = 100
    batches: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    processes: tuple[int, ...] = (1, 2)
    window_s: float = 1.0

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.sections) - set(SECTIONS)):
            raise OptionError(f"{unknown} cannot be measured; choose of {', '.join(SECTIONS)}")
        if not self.sizes and not self.domains:
            raise OptionError("nothing to measure; give --sizes or --domain")
        low, high = SIZES
        if bad := [s for s in self.sizes if not low <= s <= high or s & (s - 1)]:
            raise OptionError(f"sizes {bad} px; expected powers of two from {low} to {high}")
        numbers = (self.repeats, self.count, self.moves, *self.batches, *self.processes)
        given = [n for n in (*numbers, self.steps, self.threads) if n is not None]
        empty = not (self.sections and self.batches and self.processes)
        if min(given) < 1 or empty or self.warm_starts < 0 or not self.window_s > 0:
            raise OptionError(
                "repeats, count, steps, moves, threads, batches and processes must be 1 or more, "
                "and a window longer than 0 s"
            )


QUICK = BenchmarkOptions(
    sizes=(64,),
    repeats=1,
    warm_starts=0,
    count=2,
    steps=8,
    moves=10,
    batches=(1, 4),
    processes=(1,),
    window_s=0.1,
)
