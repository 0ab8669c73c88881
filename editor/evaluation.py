"""Figures of a pack on photos that it was not trained on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from editor.editing.move import move
from editor.inversion.loop import InversionOptions, InversionStep, invert
from editor.inversion.objective import Weights
from editor.metrics.attributes import CONTINUOUS, AttributePredictor
from editor.session import Editor

METHODS = {
    "encoder": InversionOptions(steps=0),
    "in-domain": InversionOptions(patience=0),
    "free-from-encoder": InversionOptions(weights=Weights(domain=0.0), patience=0),
    "free-from-mean": InversionOptions(weights=Weights(domain=0.0), start="mean", patience=0),
}


def invert_all(
    editor: Editor, photos: Tensor, options: InversionOptions, batch: int = 50
) -> tuple[Tensor, Tensor, float]:
    """Codes and images of photos [N, 3, R, R], and seconds a photo; each photo is independent."""
    codes, images = [], []
    started = time.monotonic()
    for part in photos.split(batch):
        last: InversionStep | None = None
        for last in invert(  # noqa: B007
            part.to(editor.device),
            editor.pack.generator,
            editor.pack.encoder,
            editor.perceptual,
            options,
        ):
            pass
        assert last is not None
        codes.append(last.wp)
        images.append(last.image)
    return torch.cat(codes), torch.cat(images), (time.monotonic() - started) / len(photos)


@torch.no_grad()
def code_distance(editor: Editor, codes: Tensor, images: Tensor) -> float:
    """Mean over elements of ‖wp - E(G(wp))‖²: how far codes lie outside the domain."""
    again = torch.cat([editor.pack.encoder(part) for part in images.split(50)])
    return (codes - again).square().mean().item()


def evaluate(
    editor: Editor, photos: Tensor, predictor: AttributePredictor, methods: list[str]
) -> Iterator[dict[str, Any]]:
    """Reconstruction of each method, then agreement and slider flips on the in-domain codes.

    Args:
        editor: the open domain.
        photos: [N, 3, R, R], RGB, in [-1, 1], never trained on.
        predictor: independent of the pack: other features than those that the boundaries were
            fitted with.
        methods: names of `METHODS`.

    Yields:
        One record a measurement, each naming itself under "measure".
    """
    kept: tuple[Tensor, Tensor] | None = None
    for name in methods:
        codes, images, seconds = invert_all(editor, photos, METHODS[name])
        yield {
            "measure": "reconstruction",
            "method": name,
            "photos": len(photos),
            "mse": (images - photos.to(images)).square().mean().item(),
            "code_distance": code_distance(editor, codes, images),
            "seconds_per_photo_batched": seconds,
        }
        if name == "in-domain" or kept is None:
            kept = codes, images
    if kept is None:
        return
    codes, images = kept
    truth, before = predictor.score(photos), predictor.score(images)
    for name in truth:
        if name in CONTINUOUS:
            pair = torch.stack([truth[name], before[name]])
            yield {
                "measure": "kept",
                "name": name,
                "correlation": torch.corrcoef(pair)[0, 1].item(),
            }
        else:
            agree = ((truth[name] > 0.5) == (before[name] > 0.5)).float().mean().item()
            yield {"measure": "kept", "name": name, "agreement": agree}
    for name, boundary in editor.boundaries.items():
        if name in before:
            for end, distance in zip(("low", "high"), boundary.info.range, strict=True):
                yield _slide(editor, predictor, codes, before, name, end, distance)


@torch.no_grad()
def _slide(
    editor: Editor,
    predictor: AttributePredictor,
    codes: Tensor,
    before: dict[str, Tensor],
    name: str,
    end: str,
    distance: float,
) -> dict[str, Any]:
    """Flips of one attribute at one end of its slider, among the faces that could flip."""
    boundary = editor.boundary(name)
    moved = move(codes, boundary.normal, distance, boundary.info.layers)
    images = torch.cat([editor.pack.generator.synthesis(part) for part in moved.split(50)])
    after = predictor.score(images)
    sign = 1.0 if distance > 0 else -1.0
    if name in CONTINUOUS:
        chosen = torch.ones(len(codes), dtype=torch.bool)
        flips = ((after[name] - before[name]) * sign > 0.5).float().mean().item()
    else:
        chosen = (before[name] < 0.5) if sign > 0 else (before[name] >= 0.5)
        flips = ((after[name] > 0.5) == (sign > 0))[chosen].float().mean().item()
    others = [
        (after[key] - before[key])[chosen].abs().mean().item()
        for key in after
        if key != name and key not in CONTINUOUS
    ]
    return {
        "measure": "slider",
        "name": name,
        "end": end,
        "distance": distance,
        "photos": int(chosen.sum()),
        "flips": flips,
        "change_of_others": sum(others) / max(len(others), 1),
    }
