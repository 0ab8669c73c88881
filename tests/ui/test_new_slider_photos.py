"""Sliders from photos, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

from editor import Domains
from editor.errors import OptionError
from editor.sliders.sample_pool import pool_of, pool_so_far
from editor.ui.components.filmstrip import filmstrip
from editor.ui.handlers import Handlers
from editor.ui.new_slider import NewSliderSheet
from editor.ui.new_slider_photos import pair_by_name
from editor.ui.page_context import PageContext


@pytest.fixture
def handlers(tiny_root: Path) -> Handlers:
    return Handlers(Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries"), "tiny")


@pytest.fixture
def panel(handlers: Handlers) -> NewSliderSheet:
    with gr.Blocks():
        shown = gr.Dropdown(), gr.Markdown(), filmstrip({})
        files = gr.JSON(visible=False), gr.File(visible=False)
        return NewSliderSheet(PageContext(handlers, gr.State(), *shown, *files))


def _given(handlers: Handlers, names: list[str], seed: int) -> list[str]:
    """Photos that were given on the page, each in a folder of its own."""
    tiny, made = handlers.domains.open("tiny"), []
    for index, name in enumerate(names):
        path = Path(handlers.keep_file(None, name, b""))
        tiny.example(seed + index).resize((32, 32)).save(path)
        made.append(str(path))
    return made


def _steps(
    panel: NewSliderSheet, first: list[str], second: list[str], kind: str = "folders", **more: Any
) -> list[Any]:
    asked = {
        "kind": kind,
        "first": [{"path": path} for path in first],
        "second": [{"path": path} for path in second],
        **more,
    }
    return list(panel.photos.learned(panel.page.handlers.first_visitor(), asked, {}))


def _problem(panel: NewSliderSheet, steps: list[Any]) -> str:
    return str(steps[-1][panel.sheet].get("problem"))


def test_two_sets_count_as_marks(panel: NewSliderSheet, handlers: Handlers) -> None:
    first = _given(handlers, [f"{i}.png" for i in range(6)], 10)
    second = _given(handlers, [f"{i}.png" for i in range(5)], 20)
    Path(first[2]).write_bytes(b"no picture")
    steps = _steps(panel, first, second)
    assert steps[0][panel.sheet]["working"] == "Photo 1 of 11"
    told = steps[-1][panel.sheet]
    assert told["counts"] == [5, 5]
    assert "Learned from 10 photos. 2.png was left out" in told["said"]
    assert len(told["preview"]) == 5
    (base,) = steps[-1][panel.base]
    assert (base.info.facts["marks_has"], base.info.domain) == (5, "tiny")
    assert told["accuracy"] == base.info.accuracy
    engine = handlers.domains.open("tiny").engine
    assert pool_so_far(engine) is not None
    assert pool_of(engine) is None, "no more samples are waited for than it takes"
    for path in first:
        Path(path).write_bytes(b"no picture")
    assert "Too few photos are left to mark" in _problem(panel, _steps(panel, first, second))


def test_pairs_are_of_equal_names(
    panel: NewSliderSheet, handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = handlers.domains.open("tiny")
    after = _given(handlers, ["a.png", "B.png", "c.png"], 10)
    before = _given(handlers, ["c.png", "a.png", "b.png"], 20)
    names = [(Path(b).name, Path(a).name) for b, a in pair_by_name(before, after)]
    assert names == [("a.png", "a.png"), ("b.png", "B.png"), ("c.png", "c.png")]
    taken: list[Any] = []

    def kept(engine: Any, pairs: Any, name: str) -> None:
        taken.extend(pairs)
        raise OptionError("enough")

    monkeypatch.setattr("editor.ui.new_slider_photos.slider_of_pairs", kept)
    Path(before[0]).write_bytes(b"no picture")  # c
    assert _problem(panel, _steps(panel, after, before, "pairs")) == "Enough."
    expected = [
        (tiny.align(before[1]), tiny.align(after[0])),
        (tiny.align(before[2]), tiny.align(after[1])),
    ]
    for pair, wanted in zip(taken, expected, strict=True):
        assert all(
            np.array_equal(np.asarray(x), np.asarray(y)) for x, y in zip(pair, wanted, strict=True)
        )
    assert "do not make pairs" in _problem(panel, _steps(panel, after[1:], before, "pairs"))


def test_a_slider_of_pairs(panel: NewSliderSheet, handlers: Handlers) -> None:
    after, before = (_given(handlers, [f"{i}.png" for i in range(3)], seed) for seed in (10, 20))
    Path(after[1]).write_bytes(b"no picture")
    steps = _steps(panel, after, before, "pairs")
    told, (base,) = steps[-1][panel.sheet], steps[-1][panel.base]
    assert "Learned from 4 photos. 1.png was left out" in told["said"]
    assert base.info.facts["pairs"] == 2
    assert told["can"] is (base.info.accuracy >= 0.65)


def test_what_cannot_be_learned_from(panel: NewSliderSheet, handlers: Handlers) -> None:
    first, second = (_given(handlers, ["0.png"], seed) for seed in (10, 20))
    assert "both sides" in _problem(panel, _steps(panel, first, []))
    assert "both sides" in _problem(panel, _steps(panel, [], second))
    assert "'magic' is not known" in _problem(panel, _steps(panel, first, second, "magic"))
    assert "At most 100" in _problem(panel, _steps(panel, first * 60, second * 60))
    assert "no slider 'hat'" in _problem(panel, _steps(panel, first, second, hold=["hat"]))
    stranger = _steps(panel, ["/etc/passwd"], second)
    assert "passwd" not in _problem(panel, stranger)
    assert panel.base not in stranger[-1]


def test_pairs_are_of_equal_stems() -> None:
    before = ["/1/a.avif", "/2/a.b.png", "/3/Zoe.HEIC"]
    after = ["/9/zoe.png", "/8/a.b.png", "/7/a.jpg"]
    assert pair_by_name(before, after) == [
        ("/1/a.avif", "/7/a.jpg"),
        ("/2/a.b.png", "/8/a.b.png"),
        ("/3/Zoe.HEIC", "/9/zoe.png"),
    ]
    assert pair_by_name(["/1/1.jpg", "/2/1.heic"], ["/3/1.avif", "/4/1.heic"]) == [
        ("/2/1.heic", "/4/1.heic"),
        ("/1/1.jpg", "/3/1.avif"),
    ]
