"""Handlers of the panels, without a browser."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image

from editor import Domains, Editor
from editor.cli import main
from editor.editing.mix import USUAL, mix_groups
from editor.project.actions import add_edit, commit_edit, move_sliders
from editor.project.pixels import mask_png, thumbnail
from editor.sliders.boundary import Boundary, BoundaryInfo
from editor.ui import interpolate as tab_interpolate
from editor.ui.browser_storage import BrowserStorage
from editor.ui.components.filmstrip import filmstrip
from editor.ui.diffuse import DiffusePanel
from editor.ui.edit import EditPanel
from editor.ui.handlers import Handlers
from editor.ui.interpolate import InterpolatePanel
from editor.ui.library import LibraryPanel
from editor.ui.mix import GROUPS, MixPanel
from editor.ui.new_slider import NewSliderSheet
from editor.ui.page import Panels
from editor.ui.page_context import PageContext
from editor.ui.state import Visit, Visitor

ALL_PANELS = (
    EditPanel,
    BrowserStorage,
    InterpolatePanel,
    DiffusePanel,
    MixPanel,
    NewSliderSheet,
    LibraryPanel,
)
STRENGTHS = tuple(USUAL.get(name, 0.0) for name in GROUPS)


@pytest.fixture
def handlers(tiny_root) -> Handlers:
    library = Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries")
    return Handlers(library, "tiny")


def _context(handlers: Handlers) -> PageContext:
    paths = gr.File(visible=False)
    file, strip = gr.JSON(visible=False), filmstrip({})
    return PageContext(handlers, gr.State(), gr.Dropdown(), gr.Markdown(), strip, file, paths)


@pytest.fixture
def sheet(handlers: Handlers) -> NewSliderSheet:
    with gr.Blocks():
        return NewSliderSheet(_context(handlers))


@pytest.fixture
def mixing(handlers: Handlers) -> MixPanel:
    with gr.Blocks():
        return MixPanel(_context(handlers))


@pytest.fixture
def path(handlers: Handlers) -> InterpolatePanel:
    with gr.Blocks():
        return InterpolatePanel(_context(handlers))


def _two(handlers: Handlers) -> tuple[Visitor, dict[str, list[str]]]:
    """A visitor with two pictures, and both of them chosen."""
    tiny, visitor = handlers.domains.open("tiny"), handlers.first_visitor()
    visitor = visitor.keep(add_edit(visitor.project, tiny, tiny.sample(7), "<Ann>", label="made"))
    return visitor, {"chosen": [picture.id for picture in visitor.project.pictures]}


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
    panel, *_ = handlers.refresh(left, "Square", "Keep the photo's detail")
    names = [s["name"] for group in panel["groups"] for s in group["sliders"]]
    assert "bart" not in names
    late, _ = handlers.slide(left, {"moves": {"bart": 2.0, "smile": 1.0, "age": 1.0}})
    assert late["after"] == handlers.slide(left, {"moves": {"smile": 1.0, "age": 1.0}})[0]["after"]
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


def test_an_edit_dropped_onto_the_picture_is_mixed_in(handlers: Handlers, mixing: MixPanel) -> None:
    tiny, visitor = handlers.domains.open("tiny"), handlers.first_visitor()
    first = visitor.project.edit(tiny)
    visitor = visitor.keep(add_edit(visitor.project, tiny, tiny.sample(7), "<Ann>", label="made"))
    panel = {"moves": {"smile": 2.0}}
    mixed, said = mixing.dropped(visitor, {"chosen": 0}, panel, "", *STRENGTHS)
    content = tiny.sample(7).move(smile=2.0).wp_edited
    expected = mix_groups(content, first.wp_edited, USUAL)
    assert np.array_equal(mixed.project.shown.wp, expected.numpy())
    assert not np.array_equal(expected.numpy(), content.numpy())
    assert mixed.project.node.label == "with Example"
    assert mixed.project.node.parent == visitor.project.at
    assert mixed.project.node.thumb == thumbnail(tiny.render(tiny.edit(expected)))
    assert "It took the colour of 'Example'" in said
    other, said = mixing.dropped(mixed, {"chosen": 1}, {}, "", 1.0, 0.0, 0.5)
    strengths = {"pose and shape": 1.0, "colour": 0.5}
    expected = mix_groups(mixed.project.edit(tiny).wp_edited, tiny.sample(7).wp_edited, strengths)
    assert np.array_equal(other.project.shown.wp, expected.numpy())
    assert "pose and shape and colour of '&lt;Ann&gt;'" in said


def test_what_cannot_be_mixed(handlers: Handlers, mixing: MixPanel) -> None:
    visitor = handlers.first_visitor()
    other = replace(visitor, visit=Visit())
    coarse, _ = handlers.commit(other, {"moves": {"smile": 1.0}})  # moves layers 0 to 2 alone
    now = {"moves": {"smile": 1.0}}
    for state, chosen, strengths, says in (
        (visitor, {"chosen": 0}, STRENGTHS, "the picture itself"),
        (visitor, {"chosen": 5}, STRENGTHS, "not in the history"),
        (visitor, None, STRENGTHS, "not in the history"),
        (coarse, {"chosen": 0}, (0.0, 0.0, 0.0), "take nothing"),
        (coarse, {"chosen": 0}, STRENGTHS, "the same colour"),
    ):
        with pytest.raises(gr.Error, match=says):
            mixing.dropped(state, chosen, now if state is coarse else {}, "", *strengths)


def test_the_frames_so_far_are_saved_when_making_was_cancelled(
    handlers: Handlers, path: InterpolatePanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tab_interpolate, "PREVIEW_S", 0.0)
    visitor, chosen = _two(handlers)
    steps = path.make(visitor, chosen, 6, 24, "Even", False)
    for count in (1, 2, 3):
        view, said, frames = next(steps)
        assert len(view["frames"]) == len(frames) == count
        assert f"Frame {count} of 6" in said
    steps.close()
    *_, (file, said) = path.save(frames, "WebP", 24, 2, True)
    with Image.open(file) as found:
        assert (found.n_frames, found.size) == (3, (32, 32))
    assert "Saved: 3 frames" in said


def test_saving_says_how_far_it_is(handlers: Handlers, path: InterpolatePanel) -> None:
    visitor, chosen = _two(handlers)
    *_, (_, _, frames) = path.make(visitor, chosen, 4, 24, "Even", False)
    *steps, (file, said) = path.save(frames, "GIF", 24, 1, True)
    assert steps, "something is said while it is saved"
    assert all(step[0] == gr.skip() and "<progress" in step[1] for step in steps)
    assert Path(file).name == "path.gif"
    assert "Saved: 4 frames" in said
    with pytest.raises(gr.Error, match="make the frames first"):
        list(path.save((), "GIF", 24, 1, True))
    with pytest.raises(gr.Error, match="needs 1…50"):
        list(path.save(frames, "GIF", 60, 1, True))


def test_saving_and_making_wait_for_their_turn(handlers: Handlers) -> None:
    with gr.Blocks() as blocks:
        panel = InterpolatePanel(_context(handlers))
        panel.connect(lambda *_event, **_options: None)
    jobs = [fn for fn in blocks.fns.values() if fn.fn in (panel.make, panel.save)]
    assert len(jobs) == 2
    assert {(job.trigger_mode, job.concurrency_id) for job in jobs} == {("once", "invert")}


def test_saving_that_was_cancelled_stops(
    handlers: Handlers, path: InterpolatePanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, ended, taken = threading.Event(), threading.Event(), []

    def encode(pictures, *_options) -> bytes:
        try:
            for picture in pictures:
                taken.append(picture)
                go_on.wait(10)
        finally:
            ended.set()
        return b""

    monkeypatch.setattr(tab_interpolate, "encode_motion", encode)
    visitor, chosen = _two(handlers)
    *_, (_, _, frames) = path.make(visitor, chosen, 8, 24, "Even", False)
    steps = path.save(frames, "MP4", 24, 1, True)
    assert "of 8" in next(steps)[1]
    steps.close()
    go_on.set()
    assert ended.wait(10)
    assert len(taken) < 2


def test_a_painted_part_that_is_not_kept_is_told(
    handlers: Handlers, path: InterpolatePanel
) -> None:
    tiny, (visitor, chosen) = handlers.domains.open("tiny"), _two(handlers)
    mask = torch.zeros(16, 16)
    mask[:8] = 1

    def said(moves: tuple[tuple[str, float], ...], painted: bytes) -> str:
        node = replace(visitor.project.node, moves=moves, mask=painted)
        now = visitor.keep(commit_edit(visitor.project, tiny, node, "painted"))
        *_, (_, line, _) = path.make(now, chosen, 2, 24, "Even", False)
        return line

    moves = (("smile", 2.0),)
    warned = "The painted part of &lt;Ann&gt; counts for the whole picture here; settle the seam"
    assert warned in said(moves, mask_png(mask))
    assert "painted part" not in said(moves, b"")
    assert "painted part" not in said((), mask_png(mask)), "without a slider it limits nothing"


def test_mixing_tells_its_rows_and_painted_parts(handlers: Handlers, mixing: MixPanel) -> None:
    visitor, chosen = _two(handlers)
    lines = [line for _, line in mixing.make(visitor, chosen, chosen, *STRENGTHS)]
    assert "Row 1 of 2" in lines[0]
    assert "Click one" in lines[1]
    assert "painted part" not in lines[1]
    tiny = handlers.domains.open("tiny")
    mask = mask_png(torch.linspace(0, 1, 256).reshape(16, 16))
    node = replace(visitor.project.node, moves=(("smile", 1.0),), mask=mask)
    visitor = visitor.keep(commit_edit(visitor.project, tiny, node, "painted"))
    *_, (_, line) = mixing.make(visitor, chosen, chosen, *STRENGTHS)
    assert line.count("The painted part of &lt;Ann&gt; counts for the whole picture") == 1


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
        sheet = made.pop(NewSliderSheet)
        Panels(*(made[kind] for kind in ALL_PANELS if kind in made)).connect(sheet)
        assert len(blocks.fns) > 60
