"""Fits and measures a pack's verdict on its inversions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold, cross_val_predict

from editor.errors import TrainingError
from editor.metrics.identity import SAME_PERSON
from editor.packs.verdict import Head, Verdict, expanded

LEAST = 30  # photos of each kind
FOLDS = 5
FALSE_OUTSIDE = 0.03  # share of the domain's own photos that may be called outside
MISSED_OUTSIDE = 0.02  # share of what lies outside that may be missed, where that spares photos
FALSE_UNLIKE = 0.06  # share of the good inversions that may be called unlike, beside these


def fit_verdict(
    signs: dict[str, np.ndarray],
    outside: dict[str, np.ndarray],
    distances: np.ndarray | None = None,
) -> Verdict:
    """Fit both answers of a verdict, and set their thresholds.

    The photos should stay out of every figure given later. Thresholds are set on answers for photos
    that the answer was not fitted on (five folds).

    Args:
        signs: [N] by name, of inversions of photos that the domain knows.
        outside: [M] by name, of inversions of pictures that lie outside it.
        distances: [N], between the person of each photo and of its inversion, not a number where
            unknown; None where there are no persons.

    Raises:
        TrainingError: there are too few photos, or all inversions are good, or none.
    """
    names = tuple(sorted(signs))
    inner, outer = rows_of(signs, names), rows_of(outside, names)
    if min(len(inner), len(outer)) < LEAST:
        raise TrainingError(
            f"{len(inner)} photos and {len(outer)} pictures from outside are too few; give at least "
            f"{LEAST} of each"
        )
    mean, scale = inner.mean(axis=0), np.maximum(inner.std(axis=0), 1e-6)
    moments = tuple(mean.tolist()), tuple(scale.tolist())
    both = expanded(np.concatenate([inner, outer]), *moments)
    is_outside = np.arange(len(both)) >= len(inner)
    folds = KFold(FOLDS, shuffle=True, random_state=0)
    model = LogisticRegression(C=0.03, max_iter=5000)
    unseen = cross_val_predict(model, both, is_outside, cv=folds, method="decision_function")
    threshold = max(
        float(np.quantile(unseen[~is_outside], 1 - FALSE_OUTSIDE)),
        float(np.quantile(unseen[is_outside], MISSED_OUTSIDE)),
    )
    model.fit(both, is_outside)
    first = Head(tuple(model.coef_[0].tolist()), float(model.intercept_[0]), threshold)
    called = unseen[~is_outside] >= threshold
    second = None if distances is None else _fit_distance(both[: len(inner)], distances, called)
    return Verdict(names, *moments, first, second, {})


def _fit_distance(x: np.ndarray, distances: np.ndarray, called: np.ndarray) -> Head:
    known = np.isfinite(distances)
    good = known & (distances < SAME_PERSON)
    if good.sum() < LEAST or (known & ~good).sum() < 5:
        raise TrainingError(
            f"{int(good.sum())} inversions are the same person and {int((known & ~good).sum())} are "
            f"not; at least {LEAST} and 5 are needed"
        )
    model = Ridge(alpha=30.0)
    folds = KFold(FOLDS, shuffle=True, random_state=0)
    unseen = np.full(len(x), np.nan)
    unseen[known] = cross_val_predict(model, x[known], distances[known], cv=folds)
    threshold = float(np.quantile(unseen[good & ~called], 1 - FALSE_UNLIKE))
    model.fit(x[known], distances[known])
    return Head(tuple(model.coef_.tolist()), float(model.intercept_), threshold)


def measure_verdict(
    verdict: Verdict,
    signs: dict[str, np.ndarray],
    outside: dict[str, dict[str, np.ndarray]],
    distances: np.ndarray | None = None,
) -> dict[str, Any]:
    """Measure a verdict on photos that it was not fitted on.

    Args:
        verdict: to measure.
        signs: [N] by name, of inversions of photos that the domain knows.
        outside: for each kind of picture from outside, [M] by name.
        distances: [N], as for `fit_verdict`.

    Returns:
        "outside": share warned, by kind and for "all", of "outside_pictures";
        "photos_called_outside": share of the domain's own "photos"; and with distances "auc" of the
        expected distance for telling another person, "unlike_warned" and "good_warned", shares of the
        inversions at `SAME_PERSON` and beyond, and below, that are warned in one way or the other,
        and "unlike" and "good", how many. None in place of a figure of no picture.
    """
    kinds = {
        name: _warned(verdict, rows_of(found, verdict.signs)) for name, found in outside.items()
    }
    rows = rows_of(signs, verdict.signs)
    logits, far = verdict.answers(rows)
    called = logits >= verdict.outside.threshold
    found: dict[str, Any] = {
        "outside": {name: float(warned.mean()) for name, warned in kinds.items()}
        | {"all": float(np.concatenate(list(kinds.values())).mean())},
        "outside_pictures": sum(map(len, kinds.values())),
        "photos_called_outside": float(called.mean()),
        "photos": len(called),
    }
    if distances is None or verdict.distance is None:
        return found
    known = np.isfinite(distances)
    unlike, good = known & (distances >= SAME_PERSON), known & (distances < SAME_PERSON)
    warned = _warned(verdict, rows)
    return found | {
        "auc": float(roc_auc_score(unlike[known], far[known]))
        if unlike.any() and good.any()
        else None,
        "unlike": int(unlike.sum()),
        "unlike_warned": float(warned[unlike].mean()) if unlike.any() else None,
        "good": int(good.sum()),
        "good_warned": float(warned[good].mean()) if good.any() else None,
    }


def _warned(verdict: Verdict, rows: np.ndarray) -> np.ndarray:
    logits, far = verdict.answers(rows)
    warned = logits >= verdict.outside.threshold
    if verdict.distance is not None:
        warned = warned | (far >= verdict.distance.threshold)
    return np.asarray(warned)


def rows_of(signs: dict[str, np.ndarray], names: tuple[str, ...]) -> np.ndarray:
    """Return signs [N, S] in the order of names."""
    return np.stack([np.asarray(signs[name], dtype=np.float64) for name in names], axis=1)


def with_figures(verdict: Verdict, figures: dict[str, Any]) -> Verdict:
    """Return a verdict with the figures that were measured of it."""
    return replace(verdict, measured=figures)
