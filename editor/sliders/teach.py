"""Teaching sliders with marks or pairs, and discovering them without: what an engine adds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from editor.engine import Engine
from editor.errors import OptionError
from editor.layers import check_layers
from editor.media.images import to_tensor
from editor.runtime import seeded_latents
from editor.sliders.boundary import Boundary
from editor.sliders.discover import pca, sefa
from editor.sliders.lesson import Learned, Lesson, Pool, learn, next_batch, seed_key
from editor.sliders.make import independent, make_slider, with_range
from editor.sliders.pairs import difference_of_pairs
from editor.sliders.picture_features import picture_features

POOL = 2000
FIRST_SEED = 300_000
PSI = 1.0  # the whole domain, rare things too
BATCH = 16
PAIR_REACH = 2.0  # as the encoder shows less of a change than there is
SAMPLES = 4000


class _Growing:
    """A pool in the making; whoever asks for it does the next part."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.codes: list[Tensor] = []
        self.features: list[np.ndarray] = []
        self.pool: Pool | None = None


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
    if count < 100:
        raise OptionError(f"{count} samples are too few to learn from; use 100 or more")
    growing = _of(engine)
    while growing.pool is None:
        with growing.lock:
            done = sum(map(len, growing.codes))
            if done >= count and growing.pool is None:
                seeds = range(FIRST_SEED, FIRST_SEED + done)
                raw = np.concatenate(growing.features)
                growing.pool = Pool.of(seeds, torch.cat(growing.codes), raw)
                growing.codes, growing.features = [], []
            elif growing.pool is None:
                seeds = range(FIRST_SEED + done, FIRST_SEED + min(done + BATCH, count))
                codes, raw = _sample(engine, list(seeds))
                growing.codes.append(codes)
                growing.features.append(raw)
                done += len(codes)
        yield min(done, count), count


def pool_of(engine: Engine) -> Pool | None:
    """Return the domain's pool, or None until `grow_pool` has finished it."""
    return _of(engine).pool


def _sample(engine: Engine, seeds: list[int]) -> tuple[Tensor, np.ndarray]:
    """Return codes [N, layers or 1, w_dim] of seeds, and features [N, SIZE] float16 of their pictures."""
    wp = engine.map(seeded_latents(seeds, engine.z_dim), PSI)
    images = engine.synthesis(wp)
    raw = engine.on_device(lambda: picture_features(images)).numpy().astype(np.float16)
    return _shared(wp), raw


def _shared(wp: Tensor) -> Tensor:
    """Shorten codes to [N, 1, w_dim] where all layers have the same code."""
    return wp[:, :1].clone() if bool((wp == wp[:, :1]).all()) else wp


def picture(engine: Engine, seed: int) -> Image.Image:
    """Return the picture of a seed, to be shown and marked."""
    return engine.render(engine.sample([seed], PSI))[0]


def mark_seed(engine: Engine, lesson: Lesson, seed: int, value: int) -> Lesson:
    """Mark the sample of any seed as HAS, HAS_NOT or SKIP. Those of the pool cost nothing."""
    pool = pool_of(engine)
    known = pool is not None and pool.seeds[0] <= seed <= pool.seeds[-1]
    raw = None if known or value == 0 else _sample(engine, [seed])[1][0]
    return lesson.mark(seed_key(seed), value, raw)


def photo_key(name: str) -> str:
    """Return the name of a photo in a lesson."""
    return f"photo {name}"


def mark_photo(lesson: Lesson, name: str, aligned: Image.Image, value: int) -> Lesson:
    """Mark an aligned photo as HAS, HAS_NOT or SKIP.

    The photo itself is looked at, not its inversion, which may have lost what is to be taught.
    """
    return lesson.mark(photo_key(name), value, picture_features(to_tensor(aligned))[0].numpy())


def learn_from(engine: Engine, lesson: Lesson) -> Learned:
    """Learn what the marks mean. It takes well under a second, so that it may follow every batch.

    Raises:
        OptionError: there is no pool yet, or too few marks.
    """
    return learn(_pool(engine), lesson)


def next_seeds(
    engine: Engine, lesson: Lesson, learned: Learned | None = None, count: int = 12
) -> list[int]:
    """Choose the seeds to show next by `next_batch`: varied ones at first, then the most uncertain.

    Raises:
        OptionError: there is no pool yet.
    """
    scores = None if learned is None else learned.scores
    return next_batch(_pool(engine), lesson, scores, count, seed=len(lesson.marks))


def _pool(engine: Engine) -> Pool:
    pool = pool_of(engine)
    if pool is None:
        raise OptionError("the samples to learn from are not ready; run through grow_pool first")
    return pool


def taught_slider(
    engine: Engine,
    learned: Learned,
    name: str,
    title: str = "",
    independent_of: Sequence[Boundary] = (),
    layers: tuple[int, ...] | None = None,
) -> Boundary:
    """Make a slider of what was learned. `SliderSet.with_own([it])` makes it usable at once.

    Its range is ±2.5 standard deviations of the pool along it.

    Args:
        engine: of the domain.
        learned: what the marks mean.
        name: letters, digits and _.
        title: as shown; made of the name by default.
        independent_of: sliders that it shall not move along.
        layers: that it moves; all by default.

    Raises:
        OptionError: the name cannot be used, a layer is unknown, or nothing is left.
    """
    facts = {
        "made": "taught by marks",
        "marks_has": learned.counts[0],
        "marks_has_not": learned.counts[1],
        "samples": len(_pool(engine).seeds),
    }
    slider = make_slider(engine, learned.normal, name, title, layers, facts, learned.accuracy)
    return with_range(independent(slider, independent_of), _pool(engine).codes)


def slider_of_pairs(
    engine: Engine,
    pairs: Sequence[tuple[Image.Image, Image.Image]],
    name: str,
    title: str = "",
    independent_of: Sequence[Boundary] = (),
    layers: tuple[int, ...] | None = None,
    steps: int = 0,
) -> Boundary:
    """Make a slider from pairs of aligned pictures (before, after). It moves the layers that change most.

    Its range is twice the mean difference, both ways.

    Args:
        steps: updates of each inversion; 0 is the encoder alone, which is quick.

    Raises:
        OptionError: as `taught_slider`, no pairs, or pictures that do not differ.
        ImageError: a picture is not of the domain's size.
    """
    if not pairs:
        raise OptionError("there are no pairs of pictures to learn from; give one at least")
    before, after = (
        torch.stack([_invert(engine, pair[side], steps) for pair in pairs]) for side in (0, 1)
    )
    found = difference_of_pairs(before, after)
    facts = {"made": "taught by pairs", "pairs": len(pairs), "steps": steps}
    slider = make_slider(
        engine, found.normal, name, title, layers or found.layers, facts, found.accuracy
    )
    end = round(PAIR_REACH * found.length, 2)
    slider = replace(slider, info=replace(slider.info, range=(-end, end)))
    return independent(slider, independent_of)


def _invert(engine: Engine, aligned: Image.Image, steps: int) -> Tensor:
    """Invert an aligned picture to a code [num_ws, w_dim]."""
    *_, last = engine.invert(engine.tensor(aligned), replace(engine.inversion, steps=steps))
    return last.wp[0].cpu()


def discover(
    engine: Engine, method: str, count: int = 10, layers: tuple[int, ...] | None = None
) -> list[Boundary]:
    """Discover sliders that nobody named, strongest first. `renamed` gives one a name.

    Args:
        engine: of the domain.
        method: "sefa" (of the weights) or "pca" (of 4,000 sampled codes).
        count: how many.
        layers: that are looked at and moved; all by default.

    Raises:
        OptionError: the method, a layer or the count is not possible.
    """
    num_ws = engine.info.num_ws
    chosen = check_layers(layers, num_ws)
    codes = _codes(engine, SAMPLES)
    if method == "sefa":
        found = sefa(engine.style_weights(), chosen, count)
    elif method == "pca":
        found = pca(codes if codes.shape[1] == 1 else codes[:, list(chosen)], count)
    else:
        raise OptionError(f"method '{method}' is not known; use sefa or pca")
    sliders = []
    for number, (rows, share) in enumerate(zip(found.rows, found.strength, strict=True), 1):
        if rows.shape[0] not in (1, num_ws):  # codes of their own in the chosen layers
            whole = rows[:1].repeat(num_ws, 1)
            whole[list(chosen)] = rows
            rows = whole
        facts = {"made": f"discovered by {method}", "strength": round(float(share), 5)}
        name = f"{method}_{number}"
        title = f"{'SeFa' if method == 'sefa' else 'PCA'} {number}"
        sliders.append(with_range(make_slider(engine, rows, name, title, chosen, facts), codes))
    return sliders


def _codes(engine: Engine, count: int) -> Tensor:
    """Return codes [N, layers or 1, w_dim] of as many seeds."""
    seeds = [list(range(start, min(start + 250, count))) for start in range(0, count, 250)]
    return torch.cat([_shared(engine.map(seeded_latents(some, engine.z_dim))) for some in seeds])
