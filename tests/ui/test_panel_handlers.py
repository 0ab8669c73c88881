"""Handlers of the panels, without a browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest
import torch

from editor import Domains, Editor
from editor.cli import main
from editor.project.actions import move_sliders
from editor.project.pixels import thumbnail
from editor.sliders.boundary import Boundary, BoundaryInfo
from editor.ui.animate import AnimatePanel
from editor.ui.blend import BlendPanel
from editor.ui.browser_storage import BrowserStorage
from editor.ui.components.filmstrip import filmstrip
from editor.ui.components.header import header
from editor.ui.edit import EditPanel
from editor.ui.handler_base import KEEP
from editor.ui.handlers import Handlers
from editor.ui.library import LibraryPanel
from editor.ui.new_slider import NewSliderSheet
from editor.ui.page import Panels
from editor.ui.page_context import PageContext
from editor.ui.patch import PatchPanel
from editor.ui.saving import SaveDialog
from editor.ui.state import Visitor

ALL_PANELS = (
    EditPanel,
    BrowserStorage,
    BlendPanel,
    PatchPanel,
    AnimatePanel,
    LibraryPanel,
    NewSliderSheet,
    SaveDialog,
)  # in the order of `Panels`


@pytest.fixture
def handlers(tiny_root) -> Handlers:
    library = Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries")
    return Handlers(library, "tiny")


def _context(handlers: Handlers) -> PageContext:
    paths = gr.File(visible=False)
    file, strip = gr.JSON(visible=False), filmstrip({})
    return PageContext(handlers, gr.State(), gr.Dropdown(), header({}), strip, file, paths)


@pytest.fixture
def sheet(handlers: Handlers) -> NewSliderSheet:
    with gr.Blocks():
        return NewSliderSheet(_context(handlers))


def _taught(handlers: Handlers) -> Visitor:
    """A visitor with a slider <Bart>, who used it once."""
    tiny, visitor = handlers.domains.open("tiny"), handlers.first_visitor()
    normal = torch.zeros(tiny.info.num_ws, tiny.info.w_dim)
    normal[:, 3] = 1.0
    info = BoundaryInfo("bart", "<Bart>", "Other", "tiny", (0, 1), (-1.0, 1.0))
    project = replace(visitor.project, sliders=(Boundary(info, normal),))
    project = move_sliders(project, tiny, "p1", {"bart": 2.0, "smile": 1.0})
    return visitor.keep(move_sliders(project, tiny, "p1", {"age": 1.0, "bart": 0.0}))


def test_an_own_slider_is_removed(handlers: Handlers, sheet: NewSliderSheet) -> None:
    visitor = _taught(handlers)
    steps = list(sheet.own.removed(visitor, {"own": "bart"}))
    assert all(step[sheet.sheet]["working"] for step in steps[:-1])
    left = steps[-1][sheet.page.visitor]
    assert steps[-1][sheet.sheet] == {
        "mine": [],
        "working": "",
        "said": "'<Bart>' was removed; 1 edit changed.",
    }
    assert left.project.sliders == ()
    assert [dict(node.moves) for node in left.project.nodes] == [
        {},
        {"smile": 1.0},
        {"smile": 1.0, "age": 1.0},
    ]
    editor = handlers.domains.open("tiny")
    shown = editor.render(left.project.edit(editor, left.project.nodes[1]))
    assert left.project.nodes[1].thumb == thumbnail(shown)
    assert visitor.project.sliders, "a state that was given out is never changed"
    panel, *_ = handlers.refresh(left, KEEP)
    names = [s["name"] for group in panel["groups"] for s in group["sliders"]]
    assert "bart" not in names
    late = handlers.look(left, {"moves": {"bart": 2.0, "smile": 1.0, "age": 1.0}})
    assert late["after"] == handlers.look(left, {"moves": {"smile": 1.0, "age": 1.0}})["after"]
    for wrong in ("bart", "smile", None):
        (told,) = sheet.own.removed(left, {"own": wrong})
        assert "Choose one of your sliders" in told[sheet.sheet]["problem"]


def test_a_slider_for_everyone_stays(handlers: Handlers, sheet: NewSliderSheet) -> None:
    visitor = _taught(handlers)
    told = sheet.own.saved(visitor, {"own": "bart"})
    assert "slider of Tiny for everyone" in told[sheet.sheet]["said"]
    *_, last = sheet.own.removed(visitor, {"own": "bart"})
    assert "no edit changed, it stays a slider of Tiny" in last[sheet.sheet]["said"]
    assert last[sheet.page.visitor].project.nodes == visitor.project.nodes


def test_an_own_slider_goes_out_and_comes_back(handlers: Handlers, sheet: NewSliderSheet) -> None:
    told = sheet.own.exported(_taught(handlers), {"own": "bart"})
    path, visitor = told[sheet.page.paths], handlers.first_visitor()
    assert Path(path).name == "bart.safetensors"
    back = sheet.own.imported(visitor, {"file": {"path": path}})
    assert [one.info.title for one in back[sheet.page.visitor].project.sliders] == ["<Bart>"]
    for wrong in (None, {"path": "/etc/passwd"}, {"path": ""}):
        told = sheet.own.imported(visitor, {"file": wrong})
        assert told[sheet.sheet]["problem"]
        assert sheet.page.visitor not in told


@pytest.mark.parametrize(
    "command",
    [
        ["interpolate", "{a}", "{b}", "--out", "{out}", "--frames", "3"],
        ["mix", "--content", "{a}", "--style", "{b}", "--out", "{out}"],
    ],
)
def test_a_painted_part_that_is_not_kept_is_told_on_the_command_line(
    tmp_path: Path,
    tiny: Editor,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
) -> None:
    monkeypatch.setattr(Editor, "open", classmethod(lambda *_: tiny))
    names = {"a": tmp_path / "a.npz", "b": tmp_path / "b.npz", "out": tmp_path / "x.png"}
    tiny.save_code(tiny.sample(0).move(smile=2.0), names["a"])
    tiny.save_code(tiny.sample(1).move(smile=2.0).inside(torch.eye(16)), names["b"])
    argv = [word.format(**names) for word in command]
    assert main(argv) == 0
    said = capsys.readouterr().err
    assert said.count("warning: the painted part of b.npz counts for the whole picture") == 1
    assert "--settle" in said
    assert "a.npz" not in said


def test_panels_are_made_in_any_order_and_connected_later(handlers: Handlers) -> None:
    with gr.Blocks() as blocks:
        context = _context(handlers)
        made = {kind: kind(context) for kind in reversed(ALL_PANELS)}
        assert not blocks.fns, "a panel was connected while it was made"
        made[EditPanel].sliders()
        Panels(*(made[kind] for kind in ALL_PANELS)).connect()
        assert len(blocks.fns) > 60
