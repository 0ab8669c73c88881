"""Teaching a slider: marks on pictures, what they mean, and the direction of codes that follows.

The marks teach a linear SVM on the pictures' features; it scores a pool of synthesised pictures, and
the boundary separates the codes of the confident ends: the published recipe with the marks in place
of a trained attribute predictor. Marks alone do not fix a direction of a code: an SVM of 40 codes in
256 dimensions was right on 59% of other photos, this on 92%, and its slider put glasses on 98 to
100% of test faces (faces64, 20 + 20 marks on training photos, 8 and more draws).

Reference: Shen et al., Interpreting the Latent Space of GANs for Semantic Face Editing, section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC
from torch import Tensor

from editor.errors import OptionError
from editor.sliders.hyperplane import fit_hyperplane
from editor.sliders.picture_features import around, mirror

HAS, HAS_NOT, SKIP = 1, -1, 0
LEAST = 1  # marks of each kind before anything is learned
FOLDS = 5
KEPT = 1000  # numbers of the features that speak most clearly
COST = 0.01
SHARE = 0.1
NEAR = 4  # the next batch is spread among this many times as many uncertain ones


@dataclass(frozen=True, eq=False)
class Pool:
    """Synthesised samples that a slider is fitted on; shared by all who teach one.

    Attributes:
        seeds: [N], of the samples.
        codes: [N, num_ws, w_dim], or [N, 1, w_dim] where all layers have one code.
        features: [N, SIZE] float16, standardised.
        mean: [SIZE], of the features, and
        deviation: [SIZE], by which they were standardised.
    """

    seeds: tuple[int, ...]
    codes: Tensor
    features: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, seeds: Sequence[int], codes: Tensor, raw: np.ndarray) -> Pool:
        """Make a pool from codes and raw features [N, SIZE]."""
        mean = raw.mean(axis=0, dtype=np.float32)
        deviation = raw.std(axis=0, dtype=np.float32) + 1e-3
        features = ((raw - mean) / deviation).astype(np.float16)
        return cls(tuple(seeds), codes, features, mean, deviation)

    def standardise(self, raw: np.ndarray) -> np.ndarray:
        """Bring features of other pictures to the pool's scale, float32."""
        scaled: np.ndarray = (raw.astype(np.float32) - self.mean) / self.deviation
        return scaled


@dataclass(frozen=True, eq=False)
class Lesson:
    """What one person has marked; small, and never changes: every mark makes a new one.

    Attributes:
        marks: picture → HAS, HAS_NOT or SKIP; a sample is named `seed_key(seed)`.
        features: [SIZE] float16 of each marked picture that is not in the pool.
    """

    marks: tuple[tuple[str, int], ...] = ()
    features: tuple[tuple[str, np.ndarray], ...] = ()

    def mark(self, key: str, value: int, features: np.ndarray | None = None) -> Lesson:
        """Return a lesson with one more mark. An older mark of the same picture is replaced.

        Args:
            key: names the picture.
            value: HAS, HAS_NOT or SKIP.
            features: [SIZE], for a picture that is not in the pool.

        Raises:
            OptionError: the value is none of these.
        """
        if value not in (HAS, HAS_NOT, SKIP):
            raise OptionError(f"{value!r} is no mark; use {HAS} (has), {HAS_NOT} (has not) or 0")
        marks = {**dict(self.marks), key: value}
        kept = dict(self.features)
        if features is not None:
            kept[key] = features.astype(np.float16)
        return replace(self, marks=tuple(marks.items()), features=tuple(kept.items()))

    @property
    def counts(self) -> tuple[int, int]:
        """Return how many have it, and how many have it not."""
        values = [value for _, value in self.marks]
        return values.count(HAS), values.count(HAS_NOT)


@dataclass(frozen=True, eq=False)
class Judge:
    """A linear SVM on some of the numbers of standardised features.

    Attributes:
        index: [K], which numbers.
        weight: [K].
        offset: of the scores; above 0 has it.
    """

    index: np.ndarray
    weight: np.ndarray
    offset: float

    def score(self, features: np.ndarray) -> np.ndarray:
        """Return scores [N] of standardised features [N, SIZE]."""
        found: np.ndarray = features[:, self.index].astype(np.float32) @ self.weight + self.offset
        return found


@dataclass(frozen=True, eq=False)
class Learned:
    """What follows from the marks.

    Attributes:
        normal: [num_ws or 1, w_dim], rows of length 1, towards "has".
        judge: of pictures.
        accuracy: of the judge, cross-validated on the marks, 0…1; None where they are too few.
        scores: [N], the judge's, of the pool.
        counts: marks that have it, and that have it not.
        pool: that it was learned on, perhaps a part of what is there by now.
    """

    normal: Tensor
    judge: Judge
    accuracy: float | None
    scores: np.ndarray
    counts: tuple[int, int]
    pool: Pool


def seed_key(seed: int) -> str:
    """Return the name of a seed's sample in a lesson."""
    return f"seed {seed}"


def fit_judge(features: np.ndarray, has: np.ndarray) -> Judge:
    """Fit a judge that tells pictures that have something from those that have not.

    Every mark counts for the mirrored picture too, unless the mean difference of the two classes is
    more odd than even under mirroring, as that of a turned head is. The numbers that speak most
    clearly, by themselves and in their place, are kept and weighted by how clearly they do.

    Args:
        features: [n, SIZE], standardised.
        has: [n] bool, both values.
    """
    x, difference = features, features[has].mean(axis=0) - features[~has].mean(axis=0)
    if difference @ difference[mirror()] > 0:
        x, has = np.concatenate([x, x[:, mirror()]]), np.tile(has, 2)
    first, second = x[has], x[~has]
    evidence = (first.mean(axis=0) - second.mean(axis=0)) ** 2
    evidence /= first.var(axis=0) + second.var(axis=0) + 0.05
    evidence = np.sqrt(evidence * around(evidence))
    index = np.sort(np.argsort(-evidence, kind="stable")[:KEPT])
    gain = np.sqrt(evidence[index])
    gain /= np.sqrt(np.square(gain).mean()) + 1e-12
    svm = SVC(kernel="linear", C=COST, class_weight="balanced").fit(x[:, index] * gain, has)
    return Judge(index, (svm.coef_[0] * gain).astype(np.float32), float(svm.intercept_[0]))


def cross_validate(
    features: np.ndarray, has: np.ndarray, folds: int = FOLDS, seed: int = 0
) -> float | None:
    """Return the share of marks that a judge of the other marks gets right. Both kinds count alike.

    Everything is learned again in each fold, from standardised features [n, SIZE] and `has` [n] bool.

    Returns:
        0…1, or None where a kind has fewer marks than there are folds.
    """
    if min(has.sum(), (~has).sum()) < folds:
        return None
    right = np.zeros(len(has), dtype=bool)
    split = StratifiedKFold(folds, shuffle=True, random_state=seed)
    for train, test in split.split(features, has):
        right[test] = (fit_judge(features[train], has[train]).score(features[test]) > 0) == has[
            test
        ]
    return float((right[has].mean() + right[~has].mean()) / 2)


def learn(pool: Pool, lesson: Lesson) -> Learned:
    """Learn what the marks of a lesson mean for the codes.

    Raises:
        OptionError: there are too few marks, or a marked picture's features are not known.
    """
    features, has = _marked(pool, lesson)
    judge = fit_judge(features, has)
    scores = judge.score(pool.features)
    share = max(SHARE, min(0.5, 10 / len(pool.seeds)))
    plane = fit_hyperplane(pool.codes.flatten(1), torch.from_numpy(scores), share)
    rows = plane.normal.unflatten(0, pool.codes.shape[1:])
    normal = torch.nn.functional.normalize(rows, dim=1)
    return Learned(normal, judge, cross_validate(features, has), scores, lesson.counts, pool)


def _marked(pool: Pool, lesson: Lesson) -> tuple[np.ndarray, np.ndarray]:
    """Return the standardised features [n, SIZE] of the marked pictures, and which were marked HAS."""
    if min(lesson.counts) < LEAST:
        yes, no = lesson.counts
        raise OptionError(
            f"{yes} pictures are marked as having it and {no} as not; mark {LEAST} of each at least"
        )
    place = {seed_key(seed): i for i, seed in enumerate(pool.seeds)}
    own, rows = dict(lesson.features), []
    marks = [(key, value) for key, value in lesson.marks if value != SKIP]
    for key, _ in marks:
        if key in place:
            rows.append(pool.features[place[key]].astype(np.float32))
        elif key in own:
            rows.append(pool.standardise(own[key]))
        else:
            raise OptionError(f"'{key}' was marked, but is not among the pictures any more")
    return np.stack(rows), np.array([value == HAS for _, value in marks])


def next_batch(
    pool: Pool, lesson: Lesson, scores: np.ndarray | None, count: int = 12, seed: int = 0
) -> list[int]:
    """Choose the seeds of the samples to mark next.

    Without scores these are varied ones, and with scores the most uncertain. While one kind has fewer
    than half as many marks as the other, half of the batch are likely to be of that kind, so that
    rare things are found. Of more than are asked for, those are taken that lie farthest from each
    other, so that no two are nearly the same.

    Args:
        pool: to choose from.
        lesson: whose marks are not asked for again.
        scores: [N], of the judge so far.
        count: how many; fewer where the pool has no more.
        seed: of the varied ones.
    """
    seen = {key for key, _ in lesson.marks}
    free = np.array([i for i, s in enumerate(pool.seeds) if seed_key(s) not in seen], dtype=int)
    if scores is None:
        some = np.random.default_rng(seed).permutation(free)[: NEAR * count]
        return [pool.seeds[i] for i in _spread(pool, some, count)]
    chosen: list[int] = []
    has, has_not = lesson.counts
    if 2 * min(has, has_not) < max(has, has_not):
        order = np.argsort(-scores[free] if has < has_not else scores[free], kind="stable")
        chosen = _spread(pool, free[order[: NEAR * (count // 2)]], count // 2)
        free = np.setdiff1d(free, chosen)
    left = count - len(chosen)
    order = np.argsort(np.abs(scores[free]), kind="stable")[: NEAR * left]
    return [pool.seeds[i] for i in chosen + _spread(pool, free[order], left)]


def varied(seeds: Sequence[int], codes: Tensor, count: int) -> list[int]:
    """Choose seeds whose codes [N, layers, w_dim] lie far from each other, the first one first."""
    return [seeds[i] for i in _farthest(codes, count)]


def _spread(pool: Pool, near: np.ndarray, count: int) -> list[int]:
    return [int(near[i]) for i in _farthest(pool.codes[near], count)]


def _farthest(given: Tensor, count: int) -> list[int]:
    """Choose the first code, and then always the one that is farthest from those chosen."""
    codes = given.flatten(1).cpu().double().numpy()
    chosen: list[int] = []
    away = np.full(len(codes), np.inf)
    for _ in range(min(count, len(codes))):
        chosen.append(int(away.argmax()))
        away = np.minimum(away, np.square(codes - codes[chosen[-1]]).sum(axis=1))
        away[chosen] = -1.0
    return chosen
