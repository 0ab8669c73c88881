from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from editor.errors import OptionError
from editor.sliders.lesson import (
    HAS,
    HAS_NOT,
    SKIP,
    Lesson,
    Pool,
    cross_validate,
    fit_judge,
    learn,
    next_batch,
    seed_key,
)
from editor.sliders.pairs import difference_of_pairs
from editor.sliders.picture_features import PARTS, SIZE, around, mirror, picture_features


def _unit(*shape: int) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.randn(*shape), dim=-1)


def _world(count: int = 400, width: int = 16, layers: int = 1) -> tuple[Pool, np.ndarray]:
    """A pool whose pictures have a bright bar where the first number of their code is above 0."""
    codes = torch.randn(count, layers, width)
    has = codes[:, :, 0].mean(dim=1) > 0
    images = 0.3 * torch.randn(count, 3, 32, 32)
    images[has, :, 10:14, 6:26] += 1.0
    raw = picture_features(images).numpy()
    return Pool.of(range(1000, 1000 + count), codes, raw), has.numpy()


def _noise(count: int) -> Pool:
    """A pool of features without meaning."""
    raw = np.random.default_rng(0).normal(size=(count, SIZE)).astype(np.float32)
    return Pool.of(range(1000, 1000 + count), torch.randn(count, 1, 8), raw)


def _marked(pool: Pool, has: np.ndarray, each: int) -> Lesson:
    lesson = Lesson()
    for value, chosen in ((HAS, np.flatnonzero(has)), (HAS_NOT, np.flatnonzero(~has))):
        for i in chosen[:each]:
            lesson = lesson.mark(seed_key(pool.seeds[i]), value)
    return lesson


def test_gradients_against_a_loop_over_pixels() -> None:
    """The unsigned histogram of 8×8 cells, summed pixel by pixel."""
    image = torch.rand(1, 3, 64, 64) * 2 - 1
    start = sum(c * s * s for _, c, s in PARTS[:2])
    found = picture_features(image)[0, start : start + 9 * 64].reshape(9, 8, 8).double().numpy()
    grey = np.pad(image.mean(1)[0].double().numpy(), 1, mode="edge")
    cells = np.zeros((9, 8, 8))
    for y in range(64):
        for x in range(64):
            gx, gy = grey[y + 1, x + 2] - grey[y + 1, x], grey[y + 2, x + 1] - grey[y, x + 1]
            place = math.atan2(gy, gx) % math.pi / math.pi * 9
            low = math.floor(place)
            size = math.hypot(gx, gy) / 64
            cells[low % 9, y // 8, x // 8] += size * (1 - (place - low))
            cells[(low + 1) % 9, y // 8, x // 8] += size * (place - low)
    power = np.pad((cells**2).sum(0), 1)
    mean = sum(power[a : a + 8, b : b + 8] for a in range(3) for b in range(3)) / 9
    np.testing.assert_allclose(found, np.sqrt(cells / np.sqrt(mean + 1e-4)), atol=2e-3)


def test_mirror_is_the_looks_of_the_mirrored_picture() -> None:
    images = torch.rand(3, 3, 64, 64) * 2 - 1
    np.testing.assert_allclose(
        picture_features(images.flip(3)).numpy(),
        picture_features(images).numpy()[:, mirror()],
        atol=1e-3,
    )
    assert sorted(mirror()) == list(range(SIZE))


def test_looks_of_other_sizes_and_of_flat_pictures() -> None:
    assert picture_features(torch.zeros(2, 3, 16, 16)).shape == (2, SIZE)
    assert picture_features(torch.full((1, 3, 256, 256), 9.0)).isfinite().all()
    assert picture_features(torch.zeros(0, 3, 64, 64)).shape == (0, SIZE)


def test_around_is_a_mean_within_its_part() -> None:
    evidence = np.zeros(SIZE, dtype=np.float32)
    evidence[: 9 * 256].reshape(9, 16, 16)[:, 5, 5] = 9.0
    near = around(evidence)
    assert near[: 9 * 256].reshape(9, 16, 16)[0, 4, 6] == pytest.approx(1.0)
    assert near[: 9 * 256].reshape(9, 16, 16)[0, 5, 8] == 0
    assert not near[9 * 256 :].any()


@pytest.mark.parametrize(("layers", "cosine"), [(1, 0.8), (3, 0.5)])
def test_marks_find_the_direction(layers: int, cosine: float) -> None:
    pool, has = _world(layers=layers)
    learned = learn(pool, _marked(pool, has, 20))
    assert learned.normal.shape == (layers, 16)
    torch.testing.assert_close(learned.normal.norm(dim=1), torch.ones(layers))
    assert learned.normal[:, 0].min() > cosine
    assert learned.accuracy is not None
    assert learned.accuracy > 0.95
    assert ((learned.scores > 0) == has).mean() > 0.95
    assert learned.counts == (20, 20)


def test_accuracy_is_honest_about_marks_without_meaning() -> None:
    """The judge fits such marks perfectly; marks that it has not seen it gets right by chance."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, SIZE)).astype(np.float32)
    accuracies = []
    for seed in range(6):
        has = np.random.default_rng(seed).permutation(np.arange(60) % 2 == 0)
        assert ((fit_judge(x, has).score(x) > 0) == has).all()
        found = cross_validate(x, has)
        assert found is not None
        accuracies.append(found)
    assert 0.35 < np.mean(accuracies) < 0.65
    assert cross_validate(x[:12], np.arange(12) < 4) is None
    assert cross_validate(x[:10], np.arange(10) < 5) is not None


def test_few_of_one_kind_do_not_look_better_than_they_are() -> None:
    """Always saying "has not" is right for half of the kinds, not for nine of ten marks."""
    x = np.random.default_rng(0).normal(size=(60, SIZE)).astype(np.float32)
    found = cross_validate(x, np.arange(60) < 6)
    assert found is not None
    assert found < 0.75


def test_an_odd_attribute_is_learned_though_most_are_even() -> None:
    """A bar at the left against one at the right: mirrored copies would say the opposite."""
    images = 0.3 * torch.randn(60, 3, 32, 32)
    images[:30, :, 8:24, 4:8] += 1.0
    images[30:, :, 8:24, 24:28] += 1.0
    raw = picture_features(images).numpy()
    x, has = (raw - raw.mean(0)) / raw.std(0), np.arange(60) < 30
    train = np.arange(60) % 2 == 0
    right = (fit_judge(x[train], has[train]).score(x[~train]) > 0) == has[~train]
    assert right.mean() > 0.95


def test_learning_needs_both_kinds_and_known_pictures() -> None:
    pool = _noise(200)
    one = Lesson().mark(seed_key(1000), HAS)
    with pytest.raises(OptionError, match="1 pictures are marked as having it and 0 as not"):
        learn(pool, one)
    with pytest.raises(OptionError, match="no mark"):
        one.mark(seed_key(1001), 2)
    with pytest.raises(OptionError, match="'seed 5' was marked"):
        learn(pool, one.mark(seed_key(1001), HAS_NOT).mark("seed 5", HAS))
    two = one.mark(seed_key(1001), HAS_NOT).mark("seed 5", SKIP)
    assert learn(pool, two).accuracy is None
    assert one.counts == (1, 0), "a lesson never changes"
    assert two.mark(seed_key(1000), HAS_NOT).counts == (0, 2), "a mark can be changed"


def test_a_picture_of_ones_own_counts_as_the_same_sample_does() -> None:
    pool, has = _noise(200), np.arange(200) % 2 == 0
    inside, outside = _marked(pool, has, 6), Lesson()
    for key, value in inside.marks:
        raw = pool.features[pool.seeds.index(int(key.split()[1]))] * pool.deviation + pool.mean
        outside = outside.mark(f"photo {key}", value, raw)
    a, b = learn(pool, inside), learn(pool, outside)
    assert np.corrcoef(a.scores, b.scores)[0, 1] > 0.999
    assert sum(array.nbytes for _, array in outside.features) == 12 * SIZE * 2


def test_the_next_batch_is_uncertain_unseen_and_varied() -> None:
    pool, has = _noise(300), np.arange(300) % 2 == 0
    first = next_batch(pool, Lesson(), None, 12)
    assert len(set(first)) == 12
    assert first == next_batch(pool, Lesson(), None, 12)
    assert first != next_batch(pool, Lesson(), None, 12, seed=1)
    lesson = _marked(pool, has, 10)
    scores = np.linspace(-3, 3, 300)
    batch = next_batch(pool, lesson, scores, 12)
    seen = {key for key, _ in lesson.marks}
    assert not {seed_key(seed) for seed in batch} & seen
    places = [pool.seeds.index(seed) for seed in batch]
    free = [i for i, seed in enumerate(pool.seeds) if seed_key(seed) not in seen]
    nearest = sorted(free, key=lambda i: abs(scores[i]))[:48]
    assert set(places) <= set(nearest)
    assert places[0] == nearest[0]
    everyone = next_batch(pool, lesson, scores, 1000)
    assert len(everyone) == 280, "no more than there are"


def test_near_duplicates_are_not_asked_twice() -> None:
    codes = torch.randn(100, 1, 8)
    codes[1::2] = codes[::2] + 1e-3
    pool = Pool.of(range(100), codes, np.random.default_rng(0).normal(size=(100, SIZE)))
    batch = next_batch(pool, Lesson(), np.zeros(100), 24)
    assert len({seed // 2 for seed in batch}) == 24


def test_rare_things_are_sought() -> None:
    pool = _noise(300)
    lesson = Lesson().mark(seed_key(1299), HAS)
    for seed in range(1000, 1010):
        lesson = lesson.mark(seed_key(seed), HAS_NOT)
    scores = np.linspace(-3, 1, 300)
    batch = next_batch(pool, lesson, scores, 12)
    assert sum(seed >= 1299 - 24 for seed in batch) == 6
    assert len(set(batch)) == 12
    other = Lesson(tuple((key, -value) for key, value in lesson.marks))
    assert sum(seed < 1010 + 24 for seed in next_batch(pool, other, scores, 12)) == 6


def test_pairs_give_their_mean_difference() -> None:
    truth = _unit(6, 8)
    before = torch.randn(10, 6, 8)
    step = torch.tensor([2.0, 2.0, 1.5, 0.1, 0.0, 1.0])
    after = before + step[:, None] * truth + 0.05 * torch.randn(10, 6, 8)
    found = difference_of_pairs(before, after)
    assert found.layers == (0, 1, 2, 5)
    torch.testing.assert_close(found.normal.norm(dim=1), torch.ones(6))
    assert (found.normal * truth).sum(dim=1)[[0, 1, 2, 5]].min() > 0.99
    assert found.length == pytest.approx(6.5 / 4, abs=0.05)
    assert found.accuracy == 1.0
    back = difference_of_pairs(after, before)
    torch.testing.assert_close(back.normal, -found.normal)


def test_pairs_that_say_nothing() -> None:
    codes = torch.randn(4, 6, 8)
    with pytest.raises(OptionError, match="do not differ"):
        difference_of_pairs(codes, codes)
    with pytest.raises(OptionError, match="0 pictures before"):
        difference_of_pairs(codes[:0], codes[:0])
    with pytest.raises(OptionError, match="4 pictures before and 3 after"):
        difference_of_pairs(codes, codes[:3])
    assert difference_of_pairs(codes[:1], codes[1:2]).accuracy is None
    changed = codes.clone()
    changed[:, 2] += 1.0  # one layer alone
    found = difference_of_pairs(codes, changed)
    assert found.layers == (2,)
    torch.testing.assert_close(found.normal.norm(dim=1), torch.ones(6))
    agree = difference_of_pairs(torch.zeros(400, 2, 8), torch.randn(400, 2, 8)).accuracy
    assert agree is not None
    assert 0.35 < agree < 0.65
