"""Device, threads, dtype and seeds: the only place that asks what the machine has."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import torch
from torch import Tensor

from editor.errors import OptionError


def pick_device(name: str = "auto") -> torch.device:
    """Resolve a device name.

    Args:
        name: "auto" (CUDA, else CPU), "cpu", "cuda", "cuda:1", "mps".

    Raises:
        OptionError: the device is unknown or absent.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise OptionError(f"device '{name}' is not known; use auto, cpu, cuda or mps") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise OptionError(
            f"device '{name}' was asked for, but no CUDA GPU is here; use --device cpu"
        )
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise OptionError(
            f"device '{name}' was asked for, but no Metal GPU is here; use --device cpu"
        )
    return device


def device_label(device: torch.device) -> str:
    """What to show a person: 'CPU (2 threads)' or the name of the GPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    return f"CPU ({torch.get_num_threads()} threads)"


def fast_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the device multiplies it natively, else float32."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
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
    """[N, z_dim] latents, each drawn on the CPU from its own seed: batch size never matters."""
    rows = [torch.randn(z_dim, generator=torch.Generator().manual_seed(s)) for s in seeds]
    return torch.stack(rows)


@contextmanager
def stop_requested() -> Iterator[list[int]]:
    """Turn Ctrl-C and SIGTERM into a list that fills, so that a loop can end between two steps.

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
    """Give memory that nobody uses any more back to the system, where it knows how."""
    gc.collect()
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def use_threads(count: int | None) -> None:
    """Set the number of CPU threads; None leaves torch's choice, or EDITOR_THREADS."""
    value = count if count is not None else int(os.environ.get("EDITOR_THREADS", "0"))
    if value > 0:
        torch.set_num_threads(value)
