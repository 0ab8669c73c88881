"""Device, threads, dtype and seeds: the only place that asks what the machine has."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, TypeVar

import torch
from torch import Tensor

from editor.device_probe import DEVICE_ERRORS, failure_of, short_reason
from editor.errors import OptionError, ShortMemoryError

MAX_THREADS = 1024
GPUS = {"cuda": "CUDA GPU", "mps": "Apple GPU"}  # in the order in which they are chosen
T = TypeVar("T")
NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")  # in what torch says
log = logging.getLogger(__name__)


def pick_device(name: str = "auto") -> torch.device:
    """Return the device of a name. A GPU that fails a small step of an inversion is not taken.

    Args:
        name: "auto" (CUDA, else an Apple GPU, else CPU; with a warning where a GPU that is there
            fails), "cpu", "cuda", "cuda:1", "mps".

    Raises:
        OptionError: the device is unknown, absent or does not work.
    """
    if name == "auto":
        return next((one for one in map(torch.device, GPUS) if _is_taken(one)), torch.device("cpu"))
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise OptionError(f"device '{name}' is not known; use auto, cpu, cuda or mps") from error
    if device.type in GPUS:
        there, why_not = _presence(device)
        if not there:
            because = f" ({why_not})" if why_not else ""
            raise OptionError(
                f"device '{name}' was asked for, but no {GPUS[device.type]} is here{because}; use "
                f"--device cpu"
            )
    failed = None if device.type == "cpu" else failure_of(device)
    if failed is not None:
        raise OptionError(_broken(name, failed))
    return device


def with_device(
    name: str, read: Callable[[], T], work: Callable[[T, torch.device], None]
) -> tuple[T, torch.device]:
    """Read something, and do the first piece of work with it on a device. Return both.

    Where the device was chosen by itself and the work fails on it, it is done on the CPU. What fails while
    reading is no fault of the device, and is raised as it is.

    Args:
        name: as `pick_device` takes it.
        read: reads onto the CPU. It is called again for the CPU.
        work: is given what was read, and the device.

    Raises:
        OptionError: the device was named, and is unknown, absent or fails.
        ShortMemoryError: the device was named, or is the CPU, and has too little memory.
    """
    device, cpu = pick_device(name), torch.device("cpu")
    with telling_memory(cpu):
        given = read()
    if device.type != "cpu":
        try:
            with telling_memory(device):
                work(given, device)
            return given, device
        except ShortMemoryError:
            if name != "auto":
                raise
            failed = "it has not enough memory"
        except DEVICE_ERRORS as error:
            failed = short_reason(error)
            if name != "auto":
                raise OptionError(_broken(name, failed)) from error
        _warn(device, failed)
        del given
        with telling_memory(cpu):
            given = read()  # what lies on a broken device need not come back
    with telling_memory(cpu):
        work(given, cpu)
    return given, cpu


def _broken(name: str, failed: str) -> str:
    return (
        f"device '{name}' was asked for, but does not work ({failed}); mend its driver, or use "
        f"--device cpu"
    )


def _is_taken(device: torch.device) -> bool:
    """Return whether a GPU is there and works. Warn where it does not work."""
    there, failed = _presence(device)
    failed = failure_of(device) if there else failed
    if failed:
        _warn(device, failed)
    return there and not failed


def _warn(device: torch.device, failed: str) -> None:
    log.warning("the %s does not work (%s); the CPU is used instead", GPUS[device.type], failed)


def _presence(device: torch.device) -> tuple[bool, str | None]:
    """Return whether there is a GPU of a kind, and what torch says where it cannot be reached."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        if device.type == "cuda":
            there = torch.cuda.is_available()
        else:
            there = torch.backends.mps.is_available()
    return there, None if there or not said else short_reason(said[0].message)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]


@contextmanager
def telling_memory(device: torch.device | None = None) -> Iterator[None]:
    """Turn the error of a device or machine that ran out of memory into a `ShortMemoryError`.

    Args:
        device: the one at work; None where it is not known.

    Raises:
        ShortMemoryError: there is not enough memory.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:  # torch's own is a RuntimeError
        if not is_short(error):
            raise
        said = _first_line(error)
        traceback.clear_frames(error.__traceback__)  # they hold what fills the memory
    else:
        return
    if torch.cuda.is_available() and (device is None or device.type == "cuda"):
        torch.cuda.empty_cache()
    elif device is not None and device.type == "mps":
        torch.mps.empty_cache()
    return_memory()
    where = "the machine" if device is None or device.type == "cpu" else f"device '{device}'"
    raise ShortMemoryError(
        f"{where} has not enough memory for this ({said}). Close what else uses it, take fewer or "
        f"smaller pictures at a time, or use --device cpu"
    )


def is_short(error: BaseException) -> bool:
    """Return whether an error says that memory ran out."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in NO_MEMORY)


def device_label(device: torch.device) -> str:
    """Return what to show a person: 'CPU (2 threads)' or the name of the GPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    return f"CPU ({torch.get_num_threads()} threads)"


def fast_dtype(device: torch.device) -> torch.dtype:
    """Return bfloat16 where the device multiplies it natively, else float32.

    NVIDIA GPUs do from compute capability 8 on. Older ones only emulate it.
    """
    if device.type == "cuda":
        native = torch.version.hip or torch.cuda.get_device_capability(device)[0] >= 8
        return torch.bfloat16 if native else torch.float32
    if device.type == "cpu" and torch.backends.cpu.get_cpu_capability() == "AVX512":
        return torch.bfloat16 if _cpu_has("avx512_bf16") else torch.float32
    return torch.float32


def _cpu_has(flag: str) -> bool:
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="ignore") as file:
            return any(flag in line for line in file if line.startswith("flags"))
    except OSError:
        return False


def seeded_latents(seeds: list[int], z_dim: int) -> Tensor:
    """Draw latents [N, z_dim] on the CPU, each from its own seed, so that the batch size never matters."""
    rows = [torch.randn(z_dim, generator=torch.Generator().manual_seed(s)) for s in seeds]
    return torch.stack(rows)


@contextmanager
def stop_requested() -> Iterator[list[int]]:
    """Give a list that Ctrl-C and SIGTERM fill, so that a loop can end between two steps.

    A second Ctrl-C interrupts at once.
    """
    seen: list[int] = []

    def handler(number: int, frame: FrameType | None) -> None:
        seen.append(number)
        if len(seen) > 1:
            raise KeyboardInterrupt

    before: dict[int, Any] = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        # outside the main thread the caller keeps its own handling
        with suppress(ValueError):
            before[number] = signal.signal(number, handler)
    try:
        yield seen
    finally:
        for known, old in before.items():
            signal.signal(known, old)


def return_memory() -> None:
    """Collect garbage, and give unused memory back to the system where it can take it."""
    gc.collect()
    trim_memory()


def trim_memory() -> None:
    """Give memory that was freed already, as after a large picture, back to the system. It is fast."""
    with suppress(AttributeError, OSError, TypeError):  # TypeError: Windows opens no None
        ctypes.CDLL(None).malloc_trim(0)


def use_threads(count: int | None) -> None:
    """Set the number of CPU threads. None takes EDITOR_THREADS, or leaves torch's choice.

    Raises:
        OptionError: it is no whole number of 1…1024.
    """
    said: int | str | None = os.environ.get("EDITOR_THREADS") if count is None else count
    if said is None or said == "":
        return
    name = "EDITOR_THREADS" if count is None else "the number of threads"
    try:
        value = int(said)
    except ValueError:
        value = 0
    if not 1 <= value <= MAX_THREADS:
        raise OptionError(
            f"{name} is {str(said)[:40]!r}; give a whole number of 1…{MAX_THREADS}, or none at all"
        )
    torch.set_num_threads(value)


_workers: dict[str, ThreadPoolExecutor] = {}


def device_worker(device: torch.device) -> ThreadPoolExecutor:
    """Return the one thread that works on a device.

    A thread of its own, not a lock: torch keeps a pool of helpers for every thread that calls it,
    and on a CPU those pools would get in each other's way.
    """
    name = str(device)
    return _workers.setdefault(name, ThreadPoolExecutor(1, f"editor-{name}"))
