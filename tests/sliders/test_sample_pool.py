"""What can be done before the whole pool is there."""

from __future__ import annotations

import numpy as np
import torch

from editor import Editor
from editor.sliders.lesson import HAS, HAS_NOT, Lesson, seed_key
from editor.sliders.sample_pool import (
    FIRST_SEED,
    LEAST,
    grow_pool,
    grow_pool_for,
    pool_of,
    pool_so_far,
)
from editor.sliders.teach import learn_from, next_seeds, picture, taught_slider


def _grow_to(editor: Editor, count: int) -> None:
    for done, _ in grow_pool(editor.engine):
        if done >= count:
            return


def test_the_first_pictures_need_no_pool(tiny: Editor) -> None:
    first = next_seeds(tiny.engine, Lesson())
    assert pool_of(tiny.engine) is None
    assert len(set(first)) == 12
    assert all(FIRST_SEED <= seed < FIRST_SEED + LEAST for seed in first)
    marked = Lesson()
    for seed in first:
        marked = marked.mark(seed_key(seed), HAS)
    second = next_seeds(tiny.engine, marked)
    assert len(second) == 12
    assert not set(first) & set(second)
    codes = tiny.engine.sample(first, 1.0)[:, 0]
    near = tiny.engine.sample(list(range(FIRST_SEED, FIRST_SEED + 12)), 1.0)[:, 0]
    assert torch.pdist(codes).min() > torch.pdist(near).min(), "they are varied"


def test_a_part_grows_and_keeps_what_it_had(tiny: Editor) -> None:
    assert pool_so_far(tiny.engine) is None
    _grow_to(tiny, 96)
    assert pool_so_far(tiny.engine) is None
    _grow_to(tiny, 176)
    part = pool_so_far(tiny.engine)
    assert part is not None
    assert part.seeds == tuple(range(FIRST_SEED, FIRST_SEED + 176))
    _grow_to(tiny, 192)
    assert pool_so_far(tiny.engine) is part, "a few more are not worth the work"
    _grow_to(tiny, 208)
    later = pool_so_far(tiny.engine)
    assert later is not None
    assert later.seeds[: len(part.seeds)] == part.seeds
    torch.testing.assert_close(later.codes[: len(part.codes)], part.codes)
    assert pool_of(tiny.engine) is None


def test_it_grows_by_a_portion_at_least_and_ends(tiny: Editor) -> None:
    assert grow_pool_for(tiny.engine, 0.0, 120) == (16, 120)
    assert grow_pool_for(tiny.engine, 60.0, 120) == (120, 120)
    assert pool_of(tiny.engine) is pool_so_far(tiny.engine)
    assert grow_pool_for(tiny.engine, 0.0, 120) == (120, 120)


def test_a_part_teaches_while_more_comes(tiny: Editor) -> None:
    """A lesson on a part goes on while the pool grows past it."""
    _grow_to(tiny, 112)
    part = pool_so_far(tiny.engine)
    assert part is not None
    means = {s: float(np.asarray(picture(tiny.engine, s)).mean()) for s in part.seeds[:30]}
    middle = float(np.median(list(means.values())))
    lesson = Lesson()
    for seed, mean in means.items():
        lesson = lesson.mark(seed_key(seed), HAS if mean > middle else HAS_NOT)
    learned = learn_from(tiny.engine, lesson)
    _grow_to(tiny, 400)
    assert len(next_seeds(tiny.engine, lesson, learned)) == 12
    slider = taught_slider(tiny.engine, learned, "bright")
    assert slider.info.facts["samples"] == 112
    assert learn_from(tiny.engine, lesson).pool.seeds[-1] > part.seeds[-1]
