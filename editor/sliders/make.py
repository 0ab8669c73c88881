"""Sliders made of a direction: named, made independent of others, given a range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from editor.engine import Engine
from editor.layers import check_layers
from editor.sliders.boundary import Boundary, BoundaryInfo, check_name, clean_title
from editor.sliders.hyperplane import project_out

REACH = 2.5  # standard deviations; the ends of fitted sliders lie at 1.4 to 3


def make_slider(
    engine: Engine,
    rows: Tensor,
    name: str,
    title: str = "",
    layers: tuple[int, ...] | None = None,
    facts: dict[str, Any] | None = None,
    accuracy: float | None = None,
) -> Boundary:
    """Make a slider from a direction. Its range is still to be set by `with_range`.

    Args:
        engine: of the domain.
        rows: [num_ws or 1, w_dim], each of length 1.
        name: letters, digits and _.
        title: as shown; made of the name by default.
        layers: that it moves; all by default.
        facts: how it was made; "made" says it in words.
        accuracy: of what it separates, 0…1.

    Raises:
        OptionError: the name cannot be used, or a layer does not exist.
    """
    check_name(name)
    info = BoundaryInfo(
        name=name,
        title=clean_title(name, title),
        group="Other",
        domain=engine.info.name,
        layers=check_layers(layers, engine.info.num_ws),
        range=(-1.0, 1.0),
        accuracy=accuracy,
        facts=facts or {},
        generator=engine.fingerprint,
    )
    return Boundary(info, rows.float().expand(engine.info.num_ws, -1).contiguous())


def renamed(slider: Boundary, name: str, title: str = "") -> Boundary:
    """Rename a slider.

    Raises:
        OptionError: the name cannot be used.
    """
    check_name(name)
    return replace(slider, info=replace(slider.info, name=name, title=clean_title(name, title)))


def independent(slider: Boundary, others: Sequence[Boundary]) -> Boundary:
    """Make a slider independent of others, layer by layer.

    It moves neither along them nor, where the hyperplane that tells their attribute apart is known,
    along the normal of that, from which a fitted slider may have been led away.

    Raises:
        OptionError: nothing is left.
    """
    named = {other.info.name: other for other in others}
    if not named:
        return slider
    rows = [
        project_out(row, [each for other in named.values() for each in _normals(other, layer)])
        for layer, row in enumerate(slider.normal)
    ]
    facts = {**slider.info.facts, "independent_of": list(named)}
    return Boundary(replace(slider.info, facts=facts), torch.stack(rows))


def _normals(slider: Boundary, layer: int) -> list[Tensor]:
    """Return a slider's directions [w_dim] in a layer: that which it moves along, and the fitted one."""
    fitted = [] if slider.hyperplane is None else [slider.hyperplane]
    return [slider.normal[layer], *fitted]


def with_range(slider: Boundary, codes: Tensor) -> Boundary:
    """Set the range of a slider to ±2.5 standard deviations of codes along it.

    Args:
        slider: the one to set.
        codes: [N, num_ws, w_dim], or [N, 1, w_dim] where all layers have one code.
    """
    centred, last = codes - codes.mean(dim=0), codes.shape[1] - 1
    along = [centred[:, min(i, last)] @ slider.normal[i] for i in slider.info.layers]
    deviation = float(torch.stack(along).std(dim=1).mean())
    end = max(round(REACH * deviation, 2), 0.01)
    facts = {**slider.info.facts, "deviation": deviation}
    return replace(slider, info=replace(slider.info, range=(-end, end), facts=facts))
