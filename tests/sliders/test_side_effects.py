from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from editor import Editor
from editor.sliders.boundary import Boundary, BoundaryInfo
from editor.sliders.make import independent
from editor.sliders.move import move
from editor.sliders.side_effects import side_effect, side_effects
from editor.sliders.teach import discover


def _slider(name: str, row: list[float], layers: tuple[int, ...], end: float) -> Boundary:
    info = BoundaryInfo(name, name.title(), "Face", "tiny", layers, (-end, end))
    normal = torch.nn.functional.normalize(torch.tensor(row, dtype=torch.float32), dim=0)
    return Boundary(info, normal.repeat(4, 1))


def test_a_share_is_the_way_across_the_others_boundary() -> None:
    other = _slider("other", [1, 0, 0], (0, 1), 2.0)
    mixed = _slider("mixed", [0.6, 0.8, 0], (0, 1, 2), 3.0)
    assert side_effect(mixed, other).share == pytest.approx(3 * 0.6 / 2)
    assert side_effect(other, other).share == pytest.approx(1.0)
    less = replace(mixed, info=replace(mixed.info, layers=(1, 2)))
    assert side_effect(less, other).share == pytest.approx(3 * 0.6 / 4), "one of its two layers"
    away = replace(mixed, normal=-mixed.normal)
    assert side_effect(away, other).share == pytest.approx(-0.9)


def test_the_fitted_hyperplane_tells_what_moves() -> None:
    """A slider led away from its hyperplane moves less across it than another may."""
    other = _slider("other", [0.8, 0.6, 0], (0,), 1.0)
    other = replace(other, hyperplane=torch.tensor([1.0, 0, 0]))
    along = _slider("along", [1, 0, 0], (0,), 1.0)
    across = _slider("across", [0, 1, 0], (0,), 1.0)
    assert side_effect(along, other).share == pytest.approx(1 / 0.8)
    assert side_effect(across, other).share == pytest.approx(0.0)
    held = independent(_slider("held", [1, 1, 1], (0,), 1.0), [other])
    assert side_effect(held, other).share == pytest.approx(0.0, abs=1e-6)
    assert (held.normal @ other.normal.T).abs().max() < 1e-6


def test_the_largest_come_first_and_small_ones_are_left_out() -> None:
    others = [
        _slider("a", [1, 0, 0], (0,), 1.0),
        _slider("b", [0, 1, 0], (0,), 1.0),
        _slider("c", [0, 0, 1], (0,), 1.0),
        _slider("me", [1, 0, 0], (0,), 1.0),
    ]
    slider = _slider("me", [0.3, -0.95, 0.05], (0,), 1.0)
    assert [one.name for one in side_effects(slider, others)] == ["b", "a"]
    assert side_effects(slider, others)[0].share < 0


def test_shares_foretell_what_the_predictor_sees() -> None:
    """What the module says of faces128, on fewer codes."""
    editor = Editor.open("faces128", "cpu")
    predictor = editor.engine.pack.predictor
    assert predictor is not None
    names = predictor.config.names
    known = [editor.boundaries[name] for name in names if name in editor.boundaries]
    rows = [names.index(slider.info.name) for slider in known]
    codes = editor.engine.sample(list(range(5)), 0.8)

    def seen(slider: Boundary | None) -> np.ndarray:
        moved = codes
        if slider is not None:
            moved = move(codes, slider.normal, slider.info.range[1], slider.info.layers)
        with torch.no_grad():
            return predictor(editor.engine.synthesis(moved)).mean(dim=0)[rows].numpy()

    before = seen(None)
    own = np.array([(seen(slider) - before)[i] for i, slider in enumerate(known)])
    found = discover(editor.engine, "sefa", 6)
    wanted = np.stack([(seen(slider) - before) / own for slider in found])
    said = np.array([[side_effect(slider, other).share for other in known] for slider in found])
    assert np.corrcoef(said.ravel(), wanted.ravel())[0, 1] > 0.7
