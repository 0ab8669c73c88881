"""Labels of attributes as a predictor learns them: which there are, their scale, the loss on them."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from editor.data.image_set import ImageSet
from editor.data.labels import label_of
from editor.errors import TrainingError
from editor.models.config import PredictorConfig

MIRRORED = {"yaw"}  # attributes whose value changes its sign with a mirrored picture
NOT_PREDICTED = {"unusable", "hand_labelled"}
LEAST = 20


def predictable(images: ImageSet) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the attributes that the labels know, and which of them are continuous.

    A label outside 0…1 makes an attribute continuous, as does a name whose sign mirrors.

    Raises:
        TrainingError: no image is labelled.
    """
    values: dict[str, list[float]] = {}
    for row in images.attributes:
        for name in row:
            value = label_of(row, name)
            if name.isidentifier() and name not in NOT_PREDICTED and value is not None:
                values.setdefault(name, []).append(value)
    known = {name: found for name, found in values.items() if len(found) >= LEAST}
    if not known:
        raise TrainingError("no attribute is labelled; put labels into the data's dataset.json")
    continuous = [
        name
        for name, found in known.items()
        if name in MIRRORED or min(found) < 0 or max(found) > 1
    ]
    return tuple(sorted(known)), tuple(sorted(continuous))


def read_labels(images: ImageSet, config: PredictorConfig, count: int | None = None) -> Tensor:
    """Read labels [N, A], not a number where unknown.

    Args:
        images: with labels.
        config: names the attributes.
        count: how many images are trained on; all by default.

    Raises:
        TrainingError: an attribute is hardly labelled among them.
    """
    rows = [[label_of(row, name) for name in config.names] for row in images.attributes]
    values = [[math.nan if v is None else v for v in row] for row in rows]
    labels = torch.tensor(values)
    each = (~labels[:count].isnan()).sum(0).tolist()
    for name, known in zip(config.names, each, strict=True):
        if known < LEAST:
            raise TrainingError(
                f"attribute '{name}' is labelled on {known} images only, of those that are trained "
                f"on; {LEAST} are needed. Leave it out: name the others with --attributes"
            )
    return labels


def scale_of(labels: Tensor, config: PredictorConfig) -> tuple[Tensor, Tensor]:
    """Return mean and deviation [A] of the continuous attributes, and 0 and 1 of the others."""
    mean, deviation = torch.zeros(len(config.names)), torch.ones(len(config.names))
    for column, name in enumerate(config.names):
        if name in config.continuous:
            known = labels[:, column][~labels[:, column].isnan()]
            mean[column] = 0.0 if name in MIRRORED else known.mean()
            deviation[column] = known.std().clamp(min=1e-6)
    return mean, deviation


def mirrored(labels: Tensor, flip: Tensor, config: PredictorConfig) -> Tensor:
    """Turn labels [N, A] into those of the pictures after some, [N] bool, were mirrored."""
    sign = torch.ones_like(labels)
    for column, name in enumerate(config.names):
        if name in MIRRORED:
            sign[flip, column] = -1.0
    return labels * sign


def labels_loss(
    answers: Tensor, labels: Tensor, scale: tuple[Tensor, Tensor], config: PredictorConfig
) -> Tensor:
    """Return the mean loss of answers [N, A] over the known labels, or 0 where none is known."""
    mean, deviation = scale
    wanted = ((labels - mean) / deviation).to(answers.device)
    known = ~wanted.isnan()
    wanted = wanted.nan_to_num()
    continuous = torch.tensor([name in config.continuous for name in config.names])
    continuous = continuous.to(answers.device).expand_as(known)
    losses = torch.where(
        continuous,
        F.smooth_l1_loss(answers, wanted, reduction="none"),
        F.binary_cross_entropy_with_logits(answers, wanted.clamp(0, 1), reduction="none"),
    )
    return losses[known].sum() / known.sum().clamp(min=1)


def agreement(answers: Tensor, labels: Tensor, config: PredictorConfig) -> dict[str, float]:
    """Measure how answers [N, A] agree with each attribute's known labels, as val_NAME.

    There is no figure where the labels are too few.
    """
    found = {}
    for column, name in enumerate(config.names):
        known = ~labels[:, column].isnan()
        answer, label = answers[known, column], labels[known, column]
        if name not in config.continuous:
            value = ((answer > 0) == (label > 0.5)).float().mean()
        elif len(label) > 1:
            value = torch.corrcoef(torch.stack([answer, label]))[0, 1]
        else:
            continue
        if bool(value.isfinite()):
            found[f"val_{name}"] = value.item()
    return found
