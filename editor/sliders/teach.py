"""Teaching sliders with marks or pairs, and discovering them without: what an engine adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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
from editor.sliders.lesson import Learned, Lesson, Pool, learn, next_batch, seed_key, varied
from editor.sliders.make import independent, make_slider, with_range
from editor.sliders.pairs import difference_of_pairs
from editor.sliders.picture_features import picture_features
from editor.sliders.sample_pool import (
    FIRST_SEED,
    LEAST,
    PSI,
    pool_of,
    pool_so_far,
    sampled,
    shared_code,
)

PAIR_REACH = 2.0  # as the encoder shows less of a change than there is
SAMPLES = 4000


def picture(engine: Engine, seed: int) -> Image.Image:
    """Return the picture of a seed, to be shown and marked."""
    return engine.render(engine.sample([seed], PSI))[0]


def mark_seed(engine: Engine, lesson: Lesson, seed: int, value: int) -> Lesson:
    """Mark the sample of any seed as HAS, HAS_NOT or SKIP. Those of the pool cost nothing."""
    pool = pool_of(engine)
    known = pool is not None and pool.seeds[0] <= seed <= pool.seeds[-1]
    raw = None if known or value == 0 else sampled(engine, [seed])[1][0]
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

    It learns on the part of the pool that is there.

    Raises:
        OptionError: there are fewer than 100 samples yet, or too few marks.
    """
    return learn(_pool(engine), lesson)


def next_seeds(
    engine: Engine, lesson: Lesson, learned: Learned | None = None, count: int = 12
) -> list[int]:
    """Choose the seeds to show next by `next_batch`: varied ones at first, then the most uncertain.

    Before there is a pool they are chosen by their codes alone, which takes milliseconds, from the first
    100 samples, which every pool has.
    """
    if learned is not None:
        return next_batch(learned.pool, lesson, learned.scores, count, seed=len(lesson.marks))
    pool = pool_so_far(engine)
    if pool is not None:
        return next_batch(pool, lesson, None, count, seed=len(lesson.marks))
    seen = {key for key, _ in lesson.marks}
    seeds = [s for s in range(FIRST_SEED, FIRST_SEED + LEAST) if seed_key(s) not in seen]
    return varied(seeds, shared_code(engine.sample(seeds, PSI)), count) if seeds else []


def _pool(engine: Engine) -> Pool:
    pool = pool_so_far(engine)
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
        "samples": len(learned.pool.seeds),
    }
    slider = make_slider(engine, learned.normal, name, title, layers, facts, learned.accuracy)
    return with_range(independent(slider, independent_of), learned.pool.codes)


def holding(engine: Engine, slider: Boundary, others: Sequence[Boundary]) -> Boundary:
    """Make a slider that was learned independent of others, with the range that it then has.

    Args:
        engine: of the domain.
        slider: taught by marks or pairs, or discovered.
        others: that it shall not move along.

    Raises:
        OptionError: nothing is left.
    """
    pool = pool_so_far(engine)
    if not others:
        return slider
    held = independent(slider, others)
    return with_range(held, pool.codes) if pool and "marks_has" in slider.info.facts else held


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
    return torch.cat(
        [shared_code(engine.map(seeded_latents(some, engine.z_dim))) for some in seeds]
    )
