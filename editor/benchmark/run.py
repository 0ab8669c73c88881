"""The benchmark: which figures are measured of which packs, and the result as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import torch

from editor.benchmark.figures import Figure, figure
from editor.benchmark.machine import machine
from editor.benchmark.options import SIZES, BenchmarkOptions
from editor.benchmark.packs import write_random_pack
from editor.benchmark.processes import Worker, ask_all, time_page, time_python, workers
from editor.benchmark.work import WORKS
from editor.data.image_set import load_images
from editor.defaults import VERSION
from editor.errors import EditorError
from editor.packs.info import BOUNDARIES, CHECKPOINTS, PROJECT, read_info
from editor.runtime import pick_device, use_threads

SCHEMA = 1
MEMORY_REPEATS = 3
CASE_S, LEAST_WINDOWS = 30.0, 3  # a case that has taken so long needs no more windows than these
ERROR_CHARACTERS = 300
FAILURES = (EditorError, OSError, RuntimeError, MemoryError, ValueError)
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Pack:
    """A pack on disk that is measured; `root` holds checkpoints/ and boundaries/."""

    name: str
    root: Path
    random: bool


def benchmark(
    options: BenchmarkOptions,
    root: Path = PROJECT,
    photos: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Run the measurements in processes of their own, which end at once on Ctrl-C.

    What fails is left out and told in its place, and does not stop the rest.

    Args:
        options: what, and how often.
        root: folder of checkpoints/ and boundaries/ with the domains.
        photos: zip or folder of aligned photos to invert; None: generated ones with noise.
        progress: called with (done, total, what comes next).

    Returns:
        A JSON-ready dictionary: the machine, the options, "start" (start-ups that need no pack),
        and for each of "packs" its facts, one key a section, and "errors" by section.

    Raises:
        OptionError: the device is not there.
        PackNotFoundError: a domain is not there.
        TrainingError: the photos cannot be used.
    """
    device = str(pick_device(options.device))
    for name in options.domains:
        read_info(name, root / CHECKPOINTS.name)
    if photos is not None:
        load_images(photos, SIZES[0], limit=options.count)
    use_threads(options.threads)
    session = _Session(replace(options, device=device), root, photos, progress)
    packs = len(options.sizes) + len(options.domains)
    session.total = packs * len(options.sections) + ("start" in options.sections)
    result: dict[str, Any] = {
        "schema": SCHEMA,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "editor": VERSION,
        **machine(),
        "threads": session.threads,
        "seed": options.seed,
        "photos": photos.name if photos is not None else "generated, with noise",
        "options": asdict(options),
        "start": session.bare_start() if "start" in options.sections else {},
        "packs": [],
    }
    for size in options.sizes:
        result["packs"].append(session.measure_random(size))
    for name in options.domains:
        result["packs"].append(session.measure(Pack(name, root, random=False)))
    return result


class _Session:
    """One run of the benchmark."""

    def __init__(
        self,
        options: BenchmarkOptions,
        root: Path,
        photos: Path | None,
        progress: Progress | None,
    ) -> None:
        self.options, self.root, self.photos = options, root, photos
        self.progress = progress
        self.threads = torch.get_num_threads()
        self.done = self.total = 0

    def tell(self, what: str, done: int = 0) -> None:
        self.done += done
        if self.progress is not None:
            self.progress(self.done, self.total, what)

    def measure_random(self, size: int) -> dict[str, Any]:
        """Measure all sections of a pack of random weights. Make it first, and remove it afterwards."""
        self.tell(f"{size} px: making a pack")
        with TemporaryDirectory() as folder:
            pack = Pack(f"random{size}", Path(folder), random=True)
            try:
                write_random_pack(pack.root, size, self.options.seed)
            except FAILURES as error:
                self.tell(f"{pack.name}: failed", done=len(self.options.sections))
                return self._empty(pack, size) | {"errors": {"pack": self._plain(error, pack)}}
            return self.measure(pack)

    def measure(self, pack: Pack) -> dict[str, Any]:
        """Measure all sections of one pack."""
        info = read_info(pack.name, pack.root / CHECKPOINTS.name)
        found = self._empty(pack, info.resolution)
        works: dict[str, Callable[[Pack, dict[str, Any]], Any]] = {
            "start": self._start,
            "memory": self._memory,
            "inversion": self._inversion,
            "slider": self._slider,
            "throughput": self._throughput,
        }
        for section in self.options.sections:
            self.tell(f"{pack.name}: {section}")
            try:
                found[section] = works[section](pack, found["facts"])
            except FAILURES as error:
                found["errors"][section] = self._plain(error, pack)
            self.tell(f"{pack.name}: {section}", done=1)
        return found

    @staticmethod
    def _empty(pack: Pack, resolution: int) -> dict[str, Any]:
        weights = "random" if pack.random else "trained"
        empty = {"name": pack.name, "weights": weights, "resolution": resolution}
        return empty | {"facts": {}, "errors": {}}

    def bare_start(self) -> dict[str, Figure]:
        """Time start-ups of Python alone, and of `import editor`."""
        found = {}
        for name, code in (("python", "pass"), ("import", "import editor")):
            self.tell(f"starting: {code}")
            found[name] = figure(self._repeat_start(partial(time_python, code)), "s")
        self.tell("starting", done=1)
        return found

    def _repeat_start(self, start: Callable[[], float]) -> list[float]:
        warm = self.options.warm_starts
        return [start() for _ in range(warm + self.options.repeats)][warm:]

    @contextmanager
    def _workers(self, pack: Pack, facts: dict[str, Any], count: int = 1) -> Iterator[list[Worker]]:
        """Start processes that open the pack. Share the threads out among them."""
        with workers(
            count,
            domain=pack.name,
            device=self.options.device,
            checkpoints=str((pack.root / CHECKPOINTS.name).resolve()),
            boundaries=str((pack.root / BOUNDARIES.name).resolve()),
            threads=max(1, self.threads // count),
        ) as some:
            yield some
            if count == 1 and not facts:
                facts |= some[0].ask("facts")

    def _start(self, pack: Pack, facts: dict[str, Any]) -> dict[str, Figure]:
        def open_once() -> float:
            begun = perf_counter()
            with self._workers(pack, facts):
                return perf_counter() - begun

        def page_once() -> float:
            return time_page(pack.name, self.options.device, pack.root)

        opened = self._repeat_start(open_once)
        self.tell(f"{pack.name}: the page")
        return {"open": figure(opened, "s"), "page": figure(self._repeat_start(page_once), "s")}

    def _memory(self, pack: Pack, facts: dict[str, Any]) -> dict[str, dict[str, Figure]]:
        runs = []
        for _ in range(min(MEMORY_REPEATS, self.options.repeats)):
            with self._workers(pack, facts) as (worker,):
                runs.append(worker.ask("memory", seed=self.options.seed))
        return {
            stage: {kind: figure([run[stage][kind] for run in runs], "MB") for kind in peaks}
            for stage, peaks in runs[0].items()
        }

    def _inversion(self, pack: Pack, facts: dict[str, Any]) -> Any:
        options = self.options
        asked = {"count": options.count, "seed": options.seed, "steps": options.steps}
        source = None if self.photos is None else str(self.photos.resolve())
        with self._workers(pack, facts) as (worker,):
            return worker.ask("inversion", source=source, **asked)

    def _slider(self, pack: Pack, facts: dict[str, Any]) -> Any:
        with self._workers(pack, facts) as (worker,):
            return worker.ask("slider", moves=self.options.moves, seed=self.options.seed)

    def _throughput(self, pack: Pack, facts: dict[str, Any]) -> list[dict[str, Any]]:
        """Measure cases by processes, work and batch."""
        return [
            case for count in self.options.processes for case in self._together(pack, facts, count)
        ]

    def _together(self, pack: Pack, facts: dict[str, Any], count: int) -> list[dict[str, Any]]:
        """Measure cases of some processes. Leave out a work's larger batches once one has failed."""
        cases: list[dict[str, Any]] = []
        pending = [(work, batch) for work in WORKS for batch in sorted(set(self.options.batches))]

        def case(**found: Any) -> dict[str, Any]:
            work, batch = pending[0]
            share = max(1, self.threads // count)
            return {"work": work, "batch": batch, "processes": count, "threads": share, **found}

        while pending:
            try:
                with self._workers(pack, facts, count) as some:
                    while pending:
                        work, batch = pending[0]
                        self.tell(f"{pack.name}: {work}, {count} × batch {batch}")
                        cases.append(case(**self._case(some, work, batch)))
                        pending.pop(0)
            except FAILURES as error:
                if not pending:
                    raise
                cases.append(case(error=self._plain(error, pack)))
                pending = [one for one in pending if one[0] != pending[0][0]]
        return cases

    def _case(self, some: list[Worker], work: str, batch: int) -> dict[str, Any]:
        """Measure windows that all processes begin at once. Add up what each does in a second."""
        begun = perf_counter()
        ask_all(some, "prepare", work=work, batch=batch, seed=self.options.seed)
        windows: list[list[tuple[int, float]]] = []
        while len(windows) < self.options.repeats:
            if perf_counter() - begun > CASE_S and len(windows) >= LEAST_WINDOWS:
                break
            windows.append(ask_all(some, "window", least_s=self.options.window_s))
        rates = [sum(batch * calls / s for calls, s in window) for window in windows]
        return {"images_per_s": figure(rates, "1/s"), "windows": windows}

    def _plain(self, error: Exception, pack: Pack) -> str:
        """Return an error in a line that names no folder of this machine."""
        text = next(iter(str(error).splitlines()), "") or type(error).__name__
        for folder in (pack.root, self.root, PROJECT, Path.home()):
            for form in {str(folder), str(folder.resolve())}:
                text = text.replace(form, "…") if form not in ("/", ".") else text
        return text[:ERROR_CHARACTERS]
