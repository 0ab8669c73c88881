"""What the weight of the domain term and the number of iterations trade against each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from editor.evaluation.methods import code_distances
from editor.evaluation.semantics import mean_ap, semantics
from editor.inversion.loop import InversionOptions
from editor.metrics.reconstruction import mse
from editor.session import Editor

WEIGHTS = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
ITERATIONS = (0, 10, 20, 50, 100, 200)


def ablation(
    editor: Editor,
    photos: Tensor,
    attributes: list[dict[str, Any]],
    usual: InversionOptions,
    weights: tuple[float, ...] = WEIGHTS,
    iterations: tuple[int, ...] = ITERATIONS,
    batch: int = 50,
) -> Iterator[dict[str, Any]]:
    """Invert photos once for each weight of the domain term, and measure their codes on the way.

    Args:
        editor: the domain's.
        photos: [N, 3, R, R], RGB, in [-1, 1].
        attributes: labels of each photo.
        usual: the other options.
        weights: those of the domain term.
        iterations: updates after which the codes are measured.
        batch: photos at a time.

    Yields:
        {"weight", "iterations", "mse", "code_distance", "mean_ap"} for every pair.
    """
    for weight in weights:
        options = replace(
            usual,
            steps=max(iterations),
            patience=0,
            weights=replace(usual.weights, domain=weight),
        )
        codes: dict[int, list[Tensor]] = {step: [] for step in iterations}
        images: dict[int, list[Tensor]] = {step: [] for step in iterations}
        for part in photos.split(batch):
            for state in editor.engine.invert(part, options):
                if state.step in codes:
                    codes[state.step].append(state.wp.cpu())
                    images[state.step].append(state.image.float().clamp(-1, 1).cpu())
        for step in iterations:
            wp, made = torch.cat(codes[step]), torch.cat(images[step])
            yield {
                "weight": weight,
                "iterations": step,
                "mse": mse(made, photos).mean().item(),
                "code_distance": code_distances(editor, wp, made).mean().item(),
                "mean_ap": mean_ap(semantics(wp, editor.boundaries, attributes, photos)),
            }
