"""The samples that sliders are taught on: synthesised once for a domain, used while they grow."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from editor.engine import Engine
from editor.errors import OptionError
from editor.runtime import seeded_latents
from editor.sliders.lesson import Pool
from editor.sliders.picture_features import picture_features

POOL = 2000
LEAST = 100  # samples before anything is learned: ten at each end make a boundary
FIRST_SEED = 300_000
PSI = 1.0  # the whole domain, rare things too
BATCH = 16
STALE = 1.1  # a part is made anew when so many times its samples are there


class _Growing:
    """A pool in the making; whoever asks for it does the next part."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.portions: list[tuple[Tensor, np.ndarray]] = []  # codes and features of each
        self.part: Pool | None = None
        self.pool: Pool | None = None

    def made(self, portions: list[tuple[Tensor, np.ndarray]]) -> Pool:
        """Make a pool of the first portions."""
        codes = torch.cat([one for one, _ in portions])
        raw = np.concatenate([one for _, one in portions])
        return Pool.of(range(FIRST_SEED, FIRST_SEED + len(codes)), codes, raw)


_growing: WeakKeyDictionary[Engine, _Growing] = WeakKeyDictionary()
_growing_lock = Lock()


def _of(engine: Engine) -> _Growing:
    with _growing_lock:
        return _growing.setdefault(engine, _Growing())


def grow_pool(engine: Engine, count: int = POOL) -> Iterator[tuple[int, int]]:
    """Synthesise the samples that sliders are taught on, once for a domain.

    Stop iterating to cancel. What is done stays, and the next call goes on. Visitors who ask at the
    same time share the work. 2,000 samples take 34 MB while the domain is in memory, or about 90 MB
    where every one of 14 layers has its own code of 512.

    Args:
        engine: of the domain; every editor of it shares its pool.
        count: how many; a pool that is ready stays as it is.

    Yields:
        The number of samples done, and the number wanted.

    Raises:
        OptionError: the count is below 100.
    """
    if count < LEAST:
        raise OptionError(f"{count} samples are too few to learn from; use {LEAST} or more")
    growing = _of(engine)
    while growing.pool is None:
        with growing.lock:
            done = _count(growing.portions)
            if done >= count and growing.pool is None:
                growing.pool = growing.made(growing.portions)
                growing.portions, growing.part = [], None
            elif growing.pool is None:
                seeds = range(FIRST_SEED + done, FIRST_SEED + min(done + BATCH, count))
                growing.portions.append(sampled(engine, list(seeds)))
                done += len(seeds)
        yield min(done, count), count


def grow_pool_for(engine: Engine, seconds: float, count: int = POOL) -> tuple[int, int]:
    """Let the pool grow for about so long, and at least by one portion.

    Args:
        engine: of the domain.
        seconds: after which no new portion is begun.
        count: as of `grow_pool`.

    Returns:
        The number of samples done, and the number wanted; equal when the pool is ready.
    """
    end, at = time.monotonic() + seconds, (count, count)
    growing = grow_pool(engine, count)
    for at in growing:
        if time.monotonic() >= end and at[0] < count:
            break
    return at


def pool_of(engine: Engine) -> Pool | None:
    """Return the domain's pool, or None until `grow_pool` has finished it."""
    return _of(engine).pool


def pool_so_far(engine: Engine) -> Pool | None:
    """Return the pool, or one of the samples that are there, or None while they are fewer than 100.

    Each later answer holds the samples of the earlier ones.
    """
    growing = _of(engine)
    portions = list(growing.portions)
    if growing.pool is not None:
        return growing.pool
    part, done = growing.part, _count(portions)
    if done < LEAST:
        return part
    if part is None or done >= STALE * len(part.seeds):
        part = growing.made(portions)
        if growing.pool is None:
            growing.part = part
    return part


def sampled(engine: Engine, seeds: list[int]) -> tuple[Tensor, np.ndarray]:
    """Return codes [N, layers or 1, w_dim] of seeds, and features [N, SIZE] float16 of their pictures."""
    wp = engine.map(seeded_latents(seeds, engine.z_dim), PSI)
    images = engine.synthesis(wp)
    raw = engine.on_device(lambda: picture_features(images)).numpy().astype(np.float16)
    return shared_code(wp), raw


def shared_code(wp: Tensor) -> Tensor:
    """Shorten codes to [N, 1, w_dim] where all layers have the same code."""
    return wp[:, :1].clone() if bool((wp == wp[:, :1]).all()) else wp


def _count(portions: list[tuple[Tensor, np.ndarray]]) -> int:
    return sum(len(codes) for codes, _ in portions)
