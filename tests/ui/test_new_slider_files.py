"""Directions of other programs on the sheet "New slider": the handlers, and a browser."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch

from editor import Domains
from editor.sliders.exchange import export_slider
from editor.ui.component_values import panel_value
from editor.ui.components.filmstrip import filmstrip
from editor.ui.handlers import Handlers
from editor.ui.new_slider import NewSliderSheet
from editor.ui.own_sliders import mine
from editor.ui.page_context import PageContext
from tests.packs.test_hostile import Runs
from tests.ui.test_new_slider import SHEET, _open

ROWS = np.random.default_rng(0).normal(size=(6, 8))


@pytest.fixture
def handlers(tiny_root: Path) -> Handlers:
    return Handlers(Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries"), "tiny")


@pytest.fixture
def panel(handlers: Handlers) -> NewSliderSheet:
    with gr.Blocks():
        shown = gr.Dropdown(), gr.Markdown(), filmstrip({})
        files = gr.JSON(visible=False), gr.File(visible=False)
        return NewSliderSheet(PageContext(handlers, gr.State(), *shown, *files))


def _given(handlers: Handlers, name: str, value: Any) -> dict[str, str]:
    path = Path(handlers.keep_file(None, name, b""))
    if name.endswith(".pt"):
        torch.save(value, path)
    elif isinstance(value, bytes):
        path.write_bytes(value)
    else:
        np.save(path, value)
    return {"path": str(path)}


def _read(panel: NewSliderSheet, *files: Any) -> list[Any]:
    asked = {"domain": "tiny", "hold": [], "method": "files", "first": list(files)}
    return list(panel.found.discovered(panel.page.handlers.first_visitor(), asked))


def test_directions_are_listed_and_named(panel: NewSliderSheet, handlers: Handlers) -> None:
    tiny, visitor = handlers.domains.open("tiny"), handlers.first_visitor()
    edits = {"age": torch.from_numpy(ROWS[:1]), "pose": torch.from_numpy(ROWS)}
    own = export_slider(tiny.boundaries["smile"])
    steps = _read(
        panel,
        _given(handlers, "edits.pt", edits),
        _given(handlers, "hat_boundary.npy", ROWS[2:3]),
        _given(handlers, "smile.safetensors", own),
    )
    rows = steps[-1][panel.sheet]["found"]
    assert [row["name"] for row in rows] == ["Age", "Pose", "Hat", "smile"]
    assert rows[0]["note"] == "Imported from edits.pt. Not fitted for this generator."
    assert all(len(row["sources"]) == 5 for row in rows)
    assert steps[-1][panel.sheet]["working"] == ""
    sliders = steps[-1][panel.found.directions]
    told = panel.found.kept(visitor, {"row": 1, "name": "Her pose"}, sliders)
    assert told[panel.sheet]["said"] == "'Her pose' is among the sliders now."
    assert "added" not in told[panel.sheet], "the sheet stays: there may be more to keep"
    visitor = told[panel.page.visitor]
    (kept,) = visitor.project.sliders
    assert kept.info.generator == "", "never stamped as fitted for this generator"
    assert kept.info.response, "scaled by what it does to pictures"
    assert mine(visitor) == [{"name": "her_pose", "title": "Her pose (imported)"}]
    value = panel_value(tiny.sliders.with_own(visitor.project.sliders))
    notes = {one["name"]: one["note"] for group in value["groups"] for one in group["sliders"]}
    assert notes["her_pose"].startswith("Imported from edits.pt. Not fitted for this generator.")
    assert notes["smile"] == ""


def test_many_are_listed_and_few_are_drawn(panel: NewSliderSheet, handlers: Handlers) -> None:
    rows = np.random.default_rng(1).normal(size=(20, 1, 8))
    found = _read(panel, _given(handlers, "pca.npy", rows))[-1][panel.sheet]["found"]
    assert [bool(row["sources"]) for row in found] == [True] * 12 + [False] * 8
    assert found[19]["name"] == "Pca 20"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("age.npy", np.ones((1, 512)), "has codes of 6 layers of 8 values"),
        ("age.npy", np.zeros((1, 8)), "is zero everywhere"),
        ("age.npy", np.full(8, np.nan), "not finite"),
        ("age.npy", b"\x93NUMPY and nothing more", "age.npy was refused"),
        ("age.pt", {"a": Runs(os.getcwd)}, "age.pt was refused"),
        ("age.npy", pickle.dumps(Runs(os.getcwd)), "age.npy was refused"),
        ("age.safetensors", b"nothing", "damaged"),
        ("pca.npy", np.ones((101, 1, 8)), "at most 100 are listed here"),
    ],
)
def test_what_is_no_direction_is_said_in_place(
    panel: NewSliderSheet, handlers: Handlers, name: str, value: Any, said: str
) -> None:
    told = _read(panel, _given(handlers, name, value))[-1][panel.sheet]
    assert said in told["problem"]
    assert told["problem"]
    assert "/" not in told["problem"], "no folder is named"


def test_so_many_files_are_too_many(panel: NewSliderSheet, handlers: Handlers) -> None:
    rows = np.random.default_rng(1).normal(size=(51, 1, 8))
    told = _read(panel, *(_given(handlers, f"{name}.npy", rows) for name in "ab"))[-1][panel.sheet]
    assert "With b.npy there are 102 directions; at most 100 are listed here" in told["problem"]


@pytest.mark.parametrize(
    "files", [[], [{"path": "/etc/passwd"}], [{"path": ""}], [None], [{"path": "x"}] * 21]
)
def test_files_of_a_stranger_are_refused(panel: NewSliderSheet, files: list[Any]) -> None:
    told = _read(panel, *files)[-1][panel.sheet]
    assert told["problem"]
    assert "passwd" not in told["problem"]


def test_a_direction_is_dropped_on_the_sheet(page, tmp_path: Path, faces) -> None:
    """Two files at once; one does not fit, and says so."""
    torch.save(faces.boundaries["smile"].normal[:1], tmp_path / "grin.pt")
    np.save(tmp_path / "other_boundary.npy", np.random.default_rng(0).normal(size=(1, 256)))
    np.save(tmp_path / "wide.npy", np.ones((1, 512)))
    _open(page)
    page.click(f"{SHEET} [data-way=file]")
    files = f"{SHEET} .pane.file input[type=file]"
    page.set_input_files(files, str(tmp_path / "wide.npy"))
    page.wait_for_selector(f"{SHEET} .problem:has-text('has codes of 10 layers of 256 values')")
    page.set_input_files(
        files, [str(tmp_path / name) for name in ("grin.pt", "other_boundary.npy")]
    )
    rows = page.locator(f"{SHEET} .pane.file .found-row")
    page.wait_for_selector(f"{SHEET} .pane.file .found-row >> nth=1")
    assert rows.nth(0).locator("img").count() == 5
    assert rows.nth(0).locator(".doubt").count() == 0
    assert "likely of another generator" in rows.nth(1).locator(".doubt").inner_text()
    assert rows.nth(1).locator("input").input_value() == "Other"
    rows.nth(0).locator("button").click()
    page.wait_for_selector(f"{SHEET} .said:has-text('is among the sliders now')")
    assert page.evaluate("s => document.querySelector(s).open", SHEET), "there are more to keep"
    page.keyboard.press("Escape")
    label = page.locator("#slider-grin label")
    assert label.inner_text().split() == ["Grin", "imported"]
    assert "Not fitted for this generator" in label.get_attribute("title")
    _open(page)
    drop = """([selector, name]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['x'], name));
      const event = new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer });
      return document.querySelector(selector).dispatchEvent(event);
    }"""
    assert page.evaluate(drop, [f"{SHEET} .cards", "broken.npy"]) is False
    page.wait_for_selector(f"{SHEET} .problem:has-text('broken.npy holds no arrays')")
    assert page.evaluate(drop, [f"{SHEET} .cards", "me.jpg"]) is False
    page.wait_for_selector(f"{SHEET} .problem:has-text('me.jpg holds no directions')")
