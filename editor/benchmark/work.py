"""What is measured inside a process that holds an open editor."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from PIL import Image

from editor.benchmark.figures import Figure, figure, rounded, time_to_gain
from editor.data.image_set import load_images
from editor.errors import OptionError
from editor.inversion.loop import InversionStep, invert
from editor.media.images import to_pil, to_tensor
from editor.runtime import seeded_latents
from editor.session import Editor

WORKS = ("encode", "synthesis", "inversion")
NOISE = 0.1  # standard deviation, of pictures in [-1, 1]
WARM_CALLS = 3
FEW_STEPS = 5  # after these an inversion holds as much as after all
ENCODER_REPEATS = 10
MEGABYTE = 1e6
Call = Callable[[], object]


def finish(device: torch.device) -> None:
    """Wait until a device has done all it was given. Only then is the clock honest."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def facts(editor: Editor) -> dict[str, Any]:
    """Return what the figures are of: device, threads, architecture, sizes."""
    pack = editor.engine.pack
    return {
        "device": editor.engine.device_label,
        "threads": editor.engine.on_device(torch.get_num_threads),
        "resolution": editor.info.resolution,
        "architecture": type(pack.generator).__name__,
        "num_ws": editor.info.num_ws,
        "w_dim": editor.info.w_dim,
        "weights_mb": rounded(editor.engine.weight_bytes / MEGABYTE),
    }


def peak_rss_mb() -> float | None:
    """Return the most memory that this process has held, in MB (10⁶ bytes), or None where nothing tells it.

    Where the system tells it: getrusage counts from a process's parent on, and would give the
    parent's memory for a child that needs less.
    """
    with suppress(OSError, StopIteration, IndexError, ValueError):
        with open("/proc/self/status", encoding="ascii", errors="ignore") as file:
            line = next(line for line in file if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / MEGABYTE
    if sys.platform == "win32":
        return None
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE


def memory(editor: Editor, seed: int = 0) -> dict[str, dict[str, float]]:
    """Measure peak memory, in MB, after each of a visitor's steps in turn.

    Args:
        editor: just opened, in a process of its own.
        seed: of the picture.

    Returns:
        For "opened", "moved" (a slider on a generated picture) and "inverted": "rss" of the process
        so far, and on CUDA "gpu", what torch allocated since the stage before.
    """
    found = {"opened": _peaks(editor)}
    edit = editor.sample(seed)
    picture = editor.render(edit)
    if editor.boundaries:
        _ = editor.render(edit.move(**{next(iter(editor.boundaries)): 1.0}))
    found["moved"] = _peaks(editor)
    options = replace(editor.engine.inversion, steps=FEW_STEPS, patience=0)
    for _ in editor.invert_steps(picture, options):
        pass
    found["inverted"] = _peaks(editor)
    return found


def _peaks(editor: Editor) -> dict[str, float]:
    held = peak_rss_mb()
    found = {} if held is None else {"rss": rounded(held)}
    if editor.engine.device.type == "cuda":
        found["gpu"] = rounded(torch.cuda.max_memory_allocated(editor.engine.device) / MEGABYTE)
        torch.cuda.reset_peak_memory_stats(editor.engine.device)
    return found


def photos(editor: Editor, count: int, seed: int, source: Path | None = None) -> list[Image.Image]:
    """Return pictures to invert.

    They are of a zip or folder, or generated ones with noise, which no code gives.

    Args:
        editor: of the domain.
        count: at most so many of the source.
        seed: of the first generated one; the next have the next seeds.
        source: zip or folder of aligned photos.

    Raises:
        TrainingError: the source holds no usable picture, or a damaged one.
    """
    if source is not None:
        found = load_images(source, editor.info.resolution, limit=count)
        return [to_pil(image) for image in found.batch(torch.arange(len(found)))]
    return [_noisy(editor.example(seed + i), seed + i) for i in range(count)]


def _noisy(picture: Image.Image, seed: int) -> Image.Image:
    image = to_tensor(picture)
    noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(seed))
    return to_pil(image + NOISE * noise)


def inversion(editor: Editor, pictures: list[Image.Image], steps: int | None) -> dict[str, Any]:
    """Invert pictures one after the other, as the page does, and see when the loss fell.

    Args:
        editor: of the domain.
        pictures: aligned.
        steps: most updates; None: as the domain says.

    Returns:
        Figures "to_90", "to_99" and "total", in s since the picture was given, "steps_per_s" without
        step 0, and "encoder" in ms; for each picture "loss_start", "loss_best" and "steps".

    Raises:
        NotFiniteError: a loss is infinite or undefined.
    """
    options = (
        editor.engine.inversion if steps is None else replace(editor.engine.inversion, steps=steps)
    )
    for _ in editor.invert_steps(pictures[0], replace(options, steps=WARM_CALLS)):
        pass
    runs = [_run(editor, partial(editor.invert_steps, picture, options)) for picture in pictures]
    rates = [(len(t) - 1) / (t[-1] - t[0]) for _, t in runs if len(t) > 1]
    return {
        "to_90": figure([time_to_gain(losses, t, 0.9) for losses, t in runs], "s"),
        "to_99": figure([time_to_gain(losses, t, 0.99) for losses, t in runs], "s"),
        "total": figure([t[-1] for _, t in runs], "s"),
        "steps_per_s": figure(rates, "1/s"),
        "encoder": _encoder(editor, pictures[0]),
        "loss_start": [rounded(losses[0]) for losses, _ in runs],
        "loss_best": [rounded(min(losses)) for losses, _ in runs],
        "steps": [len(losses) - 1 for losses, _ in runs],
    }


def _run(editor: Editor, start: Callable[[], Any]) -> tuple[list[float], list[float]]:
    """Measure the losses of an inversion, and seconds since its start at the end of each step."""
    losses: list[float] = []
    seconds: list[float] = []
    started = perf_counter()
    step: InversionStep
    for step in start():
        finish(editor.engine.device)
        seconds.append(perf_counter() - started)
        losses.append(step.losses["loss"])
    return losses, seconds


def _encoder(editor: Editor, picture: Image.Image) -> Figure:
    """Time the way from one picture to its code, in ms."""

    def encode() -> object:
        with torch.no_grad():
            return editor.engine.pack.encoder(to_tensor(picture).to(editor.engine.device))

    return figure([1000 * t for t in _timed(editor, encode, ENCODER_REPEATS)], "ms")


def _timed(editor: Editor, call: Call, repeats: int) -> list[float]:
    """Return the seconds of each call on the device, warm."""

    def work() -> list[float]:
        times = []
        for index in range(WARM_CALLS + repeats):
            started = perf_counter()
            call()
            finish(editor.engine.device)
            if index >= WARM_CALLS:
                times.append(perf_counter() - started)
        return times

    return editor.engine.on_device(work)


def slider(editor: Editor, moves: int, seed: int = 0) -> Figure:
    """Time a slider's step: move the code, synthesise, make an 8-bit picture. It is in ms, warm.

    Args:
        editor: of the domain.
        moves: how many, all of other distances.
        seed: of the generated picture that is edited.

    Raises:
        OptionError: the domain has no slider.
    """
    if not editor.boundaries:
        raise OptionError(
            f"domain '{editor.info.name}' has no slider to measure. "
            f"Fit some: python -m editor fit-boundaries"
        )
    info = next(iter(editor.sliders))
    low, high = info.range
    edit = editor.sample(seed)
    times = []
    for index in range(-WARM_CALLS, moves):
        distance = low + (high - low) * (index + 0.5) / moves
        started = perf_counter()
        _ = editor.render(edit.move(**{info.name: distance}))
        if index >= 0:
            times.append(1000 * (perf_counter() - started))
    return figure(times, "ms")


def prepare(editor: Editor, work: str, batch: int, seed: int = 0) -> Call:
    """Return a warm function that does one batch of work on the device's own thread.

    Args:
        editor: of the domain.
        work: "encode", "synthesis", or "inversion": one update of the codes.
        batch: pictures, or codes, at a time.
        seed: of the first of them.

    Raises:
        OptionError: the work is not known.
    """
    pack, side, random = (
        editor.engine.pack,
        editor.info.resolution,
        torch.Generator().manual_seed(seed),
    )
    images = (torch.rand(batch, 3, side, side, generator=random) * 2 - 1).to(editor.engine.device)
    z = seeded_latents(list(range(seed, seed + batch)), pack.generator.z_dim).to(
        editor.engine.device
    )

    def encode() -> object:
        with torch.no_grad():
            return pack.encoder(images)

    def synthesise() -> object:
        with torch.no_grad():
            return pack.generator.synthesis(codes)

    call: Call
    if work == "encode":
        call = encode
    elif work == "synthesis":
        with torch.no_grad():
            codes = editor.engine.on_device(lambda: pack.generator.mapping(z).detach())
        call = synthesise
    elif work == "inversion":
        options = replace(editor.engine.inversion, steps=10_000, patience=0)
        network = (pack.generator, pack.encoder, editor.engine.feature_term)
        endless = chain.from_iterable(invert(images, *network, options) for _ in repeat(None))
        call = partial(next, endless)
    else:
        raise OptionError(f"work '{work}' is not known; use {', '.join(WORKS)}")
    for _ in range(2):  # the first call of an inversion encodes as well
        window(editor, call, 0.0)
    return call


def window(editor: Editor, call: Call, least_s: float) -> tuple[int, float]:
    """Call again and again for at least some time. Return the number of calls and the seconds."""

    def work() -> tuple[int, float]:
        calls, started = 0, perf_counter()
        while True:
            call()
            finish(editor.engine.device)
            calls += 1
            if (elapsed := perf_counter() - started) >= least_s:
                return calls, elapsed

    return editor.engine.on_device(work)
