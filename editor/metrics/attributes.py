"""Attribute predictors: linear models on features of labelled images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from editor.data.labels import label_of, labelled_names
from editor.errors import MismatchError, TrainingError
from editor.metrics.statistics import STATISTICS

CONTINUOUS = {"age", "yaw", "pitch", *STATISTICS}
LEAST = 20  # labelled images that an attribute needs


class Maps(Protocol):
    """A network that gives feature maps of images."""

    def __call__(self, image: Tensor) -> list[Tensor]: ...


class PooledFeatures(nn.Module):
    """Feature maps of a network, averaged to a coarse grid and flattened.

    Args:
        maps: gives feature maps, finest first; those of at most 16×16 are used.
        resolution: scale images to this side first; None leaves them.
        grid: side of the coarse grid.
        device: where the network lies.
    """

    def __init__(
        self,
        maps: Maps,
        resolution: int | None = None,
        grid: int = 4,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        self.maps, self.resolution, self.grid, self.device = maps, resolution, grid, device

    @torch.no_grad()
    def forward(self, image: Tensor) -> Tensor:
        """Compute features [N, F], float32, of images [N, 3, H, W], RGB, in [-1, 1]."""
        image = image.to(self.device)
        if self.resolution is not None and image.shape[-1] != self.resolution:
            image = F.interpolate(image, size=self.resolution, mode="bicubic", antialias=True)
        parts = []
        for x in self.maps(image.clamp(-1, 1)):
            if x.shape[-1] <= 16:
                x = F.adaptive_avg_pool2d(x.float(), self.grid) if x.shape[-1] > self.grid else x
                parts.append(x.float().flatten(1))
        return torch.cat(parts, dim=1).cpu()


@dataclass(frozen=True)
class AttributePredictor:
    """Scores attributes from pooled features; probabilities, or standardised values if continuous.

    Attributes:
        features: how images become features.
        quality: by attribute, area under the ROC curve (correlation if continuous) on held-out
            labelled images; 1 for image statistics, which are computed.
        moments: mean and deviation of each image statistic over the labelled images.
    """

    features: PooledFeatures
    pca: PCA
    models: dict[str, Any]
    quality: dict[str, float]
    moments: dict[str, tuple[float, float]]

    def score(self, images: Tensor, batch: int = 64) -> dict[str, Tensor]:
        """Return scores [N] by attribute of images [N, 3, H, W], RGB, in [-1, 1]."""
        found: dict[str, Tensor] = {}
        if self.models:
            rows = [self.features(part).numpy() for part in images.split(batch)]
            x = self.pca.transform(np.concatenate(rows))
            found = {name: torch.from_numpy(_scores(m, x)) for name, m in self.models.items()}
        for name, (mean, deviation) in self.moments.items():
            values = torch.cat([STATISTICS[name](part).cpu() for part in images.split(batch)])
            found[name] = (values - mean) / deviation
        return found


def fit_predictor(
    features: PooledFeatures,
    images: Tensor,
    attributes: list[dict[str, Any]],
    names: list[str],
    held_out: int,
    components: int = 256,
    batch: int = 64,
) -> AttributePredictor:
    """Fit a linear model for each attribute: logistic regression, or ridge if it is continuous.

    A name of `STATISTICS` that the labels do not know is computed from the images instead.

    Args:
        features: how images become features.
        images: [N, 3, H, W], uint8, RGB.
        attributes: labels of each image; probabilities in 0…1, or values if continuous. An image
            without a label counts neither in the fit nor in the quality.
        names: attributes to fit.
        held_out: the last so many images only measure the quality.
        components: most principal components that are kept; at most one for every 8 images.
        batch: images at a time.

    Raises:
        TrainingError: an attribute is missing from the labels, or has one class only.
        MismatchError: the images are not uint8.
    """
    if images.dtype != torch.uint8:
        raise MismatchError(f"the images are {images.dtype}; uint8 is needed")
    parts = [part.float() / 127.5 - 1.0 for part in images.split(batch)]
    moments: dict[str, tuple[float, float]] = {}
    labelled = labelled_names(attributes)
    for name in set(names) & set(STATISTICS) - set(labelled):
        values = torch.cat([STATISTICS[name](part) for part in parts])
        moments[name] = (values.mean().item(), max(values.std().item(), 1e-6))
    rows = [features(part).numpy() for part in parts]
    x = np.concatenate(rows)
    cut = len(x) - held_out
    pca = PCA(
        min(components, max(cut // 8, 2), x.shape[1]),
        whiten=True,
        svd_solver="randomized",
        random_state=0,
    )
    pca.fit(x[:cut])
    x = pca.transform(x)
    models: dict[str, Any] = {}
    quality: dict[str, float] = {}
    quality.update(dict.fromkeys(moments, 1.0))
    for name in (name for name in names if name not in moments):
        raw = [label_of(row, name) for row in attributes]
        y = np.array([np.nan if value is None else value for value in raw])
        models[name], quality[name] = _fitted(name, x, y, cut)
    return AttributePredictor(features, pca, models, quality, moments)


def _fitted(name: str, x: np.ndarray, y: np.ndarray, cut: int) -> tuple[Any, float]:
    """Fit the model of an attribute on components [N, K] and labels [N], and measure it.

    Raises:
        TrainingError: too few images are labelled, or all of one class.
    """
    train, test = _split(name, y, cut)
    if name in CONTINUOUS:
        mean, std = y[train].mean(), y[train].std() or 1.0
        ridge = Ridge(alpha=100.0).fit(x[train], (y[train] - mean) / std)
        return ridge, float(np.corrcoef(_scores(ridge, x[test]), y[test])[0, 1])
    model = LogisticRegression(C=0.01, max_iter=2000).fit(x[train], y[train] > 0.5)
    return model, float(roc_auc_score(y[test] > 0.5, _scores(model, x[test])))


def _split(name: str, y: np.ndarray, cut: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which images an attribute is fitted on, and which it is measured on.

    Args:
        name: of the attribute.
        y: [N], its labels, not a number where unknown.
        cut: the images from here on are measured on; where too few of these are labelled, the last
            fifth of those that are.

    Returns:
        Two masks [N] bool of labelled images; those of the fit are clear, unless continuous.

    Raises:
        TrainingError: too few are labelled, or all of one class.
    """
    known = np.isfinite(y)
    total = int(known.sum())
    if total < LEAST:
        raise TrainingError(
            f"attribute '{name}' is labelled on {total} images only; {LEAST} are needed. Leave it "
            f"out, or give images that are labelled with it"
        )
    clear = known if name in CONTINUOUS else known & ((y > 0.7) | (y < 0.3))
    groups = y if name in CONTINUOUS else y > 0.5
    for start in (cut, int(np.flatnonzero(known)[-(total // 5)])):
        train, test = clear.copy(), known.copy()
        train[start:], test[:start] = False, False
        if len(set(groups[train])) > 1 and len(set(groups[test])) > 1:
            return train, test
    raise TrainingError(
        f"attribute '{name}' has only one class among the labels that it is fitted or measured on"
    )


def _scores(model: Any, x: np.ndarray) -> np.ndarray:
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(x)[:, 1], dtype=np.float32)
    return np.asarray(model.predict(x), dtype=np.float32)
