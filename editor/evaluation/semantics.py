"""Do inverted codes mean what the photo shows: boundaries on codes, and a judge on pictures.

Reference: Zhu et al., In-Domain GAN Inversion for Real Image Editing, section 4.2 and figure 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from editor.data.labels import label_of
from editor.metrics.attributes import CONTINUOUS, AttributePredictor
from editor.metrics.distances import evenly_spread
from editor.metrics.precision import precision_recall
from editor.metrics.statistics import STATISTICS
from editor.sliders.boundary import Boundary

LEAST_OF_A_CLASS = 5
POINTS = 101


def labels_of(
    name: str, attributes: list[dict[str, Any]], photos: Tensor
) -> tuple[Tensor, Tensor] | str:
    """Return which photos have an attribute.

    Args:
        name: of the attribute; an image statistic is computed from the photos where they are not
            labelled with it.
        attributes: labels of each photo: 0…1, or values of a continuous attribute.
        photos: [N, 3, R, R], RGB, in [-1, 1].

    Returns:
        labels [N] bool and known [N] bool; a value counts as having the attribute above one half,
        or above the median where it is continuous. Or why it is not measured.
    """
    raw = [label_of(row, name) for row in attributes]
    if all(value is None for value in raw) and name in STATISTICS:
        raw = STATISTICS[name](photos).tolist()
    known = torch.tensor([value is not None for value in raw])
    if not bool(known.any()):
        return f"no photo is labelled with '{name}'"
    values = torch.tensor([0.0 if value is None else value for value in raw])
    bound = values[known].median().item() if name in CONTINUOUS else 0.5
    labels = values > bound
    has = int(labels[known].sum())
    least = min(has, int(known.sum()) - has)
    if least < LEAST_OF_A_CLASS:
        return f"only {least} labelled photos are of one class"
    return labels, known


def code_scores(codes: Tensor, boundary: Boundary) -> Tensor:
    """Return where codes lie along a boundary's fitted normal, averaged over the layers it moves: [N].

    The hyperplane's offset shifts all alike, which a ranking does not see.

    Args:
        codes: [N, num_ws, w_dim].
        boundary: of the domain; if its slider was made independent of others, the hyperplane as it
            was before that.
    """
    layers = list(boundary.info.layers)
    fitted = boundary.hyperplane
    normal = boundary.normal[layers] if fitted is None else fitted.expand(len(layers), -1)
    return (codes[:, layers] * normal.to(codes)).sum(dim=2).mean(dim=1)


def semantics(
    codes: Tensor,
    boundaries: Mapping[str, Boundary],
    attributes: list[dict[str, Any]],
    photos: Tensor,
) -> dict[str, Any]:
    """Measure how well each boundary, fitted on synthesised codes, classifies the codes of photos.

    Returns:
        By attribute {"ap", "chance" (the share that has it), "photos", "curve": {"recall",
        "precision"}}, or a text that says why it is not measured.
    """
    found: dict[str, Any] = {}
    for name, boundary in boundaries.items():
        truth = labels_of(name, attributes, photos)
        if isinstance(truth, str):
            found[name] = truth
            continue
        labels, known = truth
        curve = precision_recall(labels[known], code_scores(codes, boundary)[known])
        found[name] = {
            "ap": curve.ap,
            "chance": labels[known].float().mean().item(),
            "photos": int(known.sum()),
            "curve": _thinned(curve.recall, curve.precision),
        }
    return found


def mean_ap(found: dict[str, Any]) -> float | None:
    """Return the mean average precision over the attributes that were measured."""
    values = [entry["ap"] for entry in found.values() if isinstance(entry, dict)]
    return sum(values) / len(values) if values else None


def _thinned(recall: Tensor, precision: Tensor) -> dict[str, list[float]]:
    """Return at most `POINTS` points of a curve, for the file and the plot, in order of rising recall."""
    index = evenly_spread(len(recall), POINTS).flip(0)
    return {"recall": recall[index].tolist(), "precision": precision[index].tolist()}


def kept(judge: AttributePredictor, truth: dict[str, Tensor], images: Tensor) -> dict[str, Any]:
    """Measure how far an independent judge says the same of photos and of reconstructions.

    Args:
        judge: on features that no network of the pack was trained with.
        truth: its scores of the photos.
        images: [N, 3, R, R], the reconstructions.

    Returns:
        By attribute {"agreement"}, the share of photos, or {"correlation"} where it is continuous.
    """
    found: dict[str, Any] = {}
    for name, after in judge.score(images).items():
        if name in CONTINUOUS:
            pair = torch.stack([truth[name].cpu().double(), after.cpu().double()])
            found[name] = {"correlation": torch.corrcoef(pair)[0, 1].item()}
        else:
            same = (truth[name] > 0.5) == (after > 0.5)
            found[name] = {"agreement": same.float().mean().item()}
    return found
