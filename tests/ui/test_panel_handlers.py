"""Handlers of the panels, without a browser."""

from __future__ import annotations

from dataclasses import replace

import gradio as gr
import numpy as np
import pytest
import torch

from editor import Library
from editor.directions.boundary import Boundary, BoundaryInfo
from editor.editing.mix import USUAL, mix_groups
from editor.project.actions import add_edit, move_sliders
from editor.project.pixels import thumbnail
from editor.ui.components import history_strip
from editor.ui.edit import EditPanel
from editor.ui.handlers import Handlers
from editor.ui.mix import GROUPS, MixPanel
from editor.ui.own import OwnSliders
from editor.ui.shell import Shell
from editor.ui.state import Visitor

STRENGTHS = tuple(USUAL.get(name, 0.0) for name in GROUPS)


@pytest.fixture
def handlers(tiny_root) -> Handlers:
    library = Library("cpu", tiny_root / "checkpoints", tiny_root / "boundaries")
    return Handlers(library, "tiny")


def _shell(handlers: Handlers) -> Shell:
    paths = gr.File(visible=False)
    return Shell(handlers, gr.State(), history_strip({}), gr.JSON(visible=False), paths)


@pytest.fixture
def own(handlers: Handlers) -> OwnSliders:
    with gr.Blocks():
        return OwnSliders(_shell(handlers))


@pytest.fixture
def mixing(handlers: Handlers) -> MixPanel:
    with gr.Blocks():
        shell = _shell(handlers)
        edit = EditPanel(shell, handlers.library.open("tiny"), gr.Dropdown(), gr.Markdown())
        with gr.Tab() as tab:
            return MixPanel(shell, edit, tab)


def _taught(handlers: Handlers) -> Visitor:
    """A visitor with a slider <Bart>, who used it once."""
    tiny, visitor = handlers.library.open("tiny"), handlers.first_visitor()
    normal = torch.zeros(tiny.info.num_ws, tiny.info.w_dim)
    normal[:, 3] = 1.0
    info = BoundaryInfo("bart", "<Bart>", "Other", "tiny", (0, 1), (-1.0, 1.0))
    project = replace(visitor.project, sliders=(Boundary(info, normal),))
    project = move_sliders(project, tiny, "p1", {"bart": 2.0, "smile": 1.0})
    return visitor.keep(move_sliders(project, tiny, "p1", {"age": 1.0, "bart": 0.0}))


def test_an_own_slider_is_removed(handlers: Handlers, own: OwnSliders) -> None:
    visitor = _taught(handlers)
    steps = list(own.removed(visitor, "bart"))
    assert all(step[0] == gr.skip() for step in steps[:-1])
    assert "<progress" in steps[0][1]
    left, said = steps[-1]
    assert "'&lt;Bart&gt;' was removed; 1 edit changed." in said
    assert left.project.sliders == ()
    assert [dict(node.moves) for node in left.project.nodes] == [
        {},
        {"smile": 1.0},
        {"smile": 1.0, "age": 1.0},
    ]
    shown = left.project.edit(handlers.library.open("tiny"), left.project.nodes[1]).image
    assert left.project.nodes[1].thumb == thumbnail(shown)
    assert visitor.project.sliders, "a state that was given out is never changed"
    panel, *_ = handlers.refresh(left, "Square", "Keep the photo's detail")
    names = [s["name"] for group in panel["groups"] for s in group["sliders"]]
    assert "bart" not in names
    late, _ = handlers.slide(left, {"moves": {"bart": 2.0, "smile": 1.0, "age": 1.0}})
    assert late["after"] == handlers.slide(left, {"moves": {"smile": 1.0, "age": 1.0}})[0]["after"]
    for wrong in ("bart", "smile", None):
        with pytest.raises(gr.Error, match="choose one of your sliders"):
            list(own.removed(left, wrong))


def test_a_slider_for_everyone_stays(handlers: Handlers, own: OwnSliders) -> None:
    visitor = _taught(handlers)
    own.saved(visitor, "bart")
    *_, (left, said) = own.removed(visitor, "bart")
    assert "no edit changed, it stays a slider of Tiny" in said
    assert left.project.nodes == visitor.project.nodes


def test_an_edit_dropped_onto_the_picture_is_mixed_in(handlers: Handlers, mixing: MixPanel) -> None:
    tiny, visitor = handlers.library.open("tiny"), handlers.first_visitor()
    first = visitor.project.edit(tiny)
    visitor = visitor.keep(add_edit(visitor.project, tiny.sample(7), "<Ann>", label="made"))
    panel = {"moves": {"smile": 2.0}}
    mixed, said = mixing.dropped(visitor, {"chosen": 0}, panel, "", *STRENGTHS)
    content = tiny.sample(7).move(smile=2.0).code
    expected = mix_groups(content, first.code, USUAL)
    assert np.array_equal(mixed.project.shown.code, expected.numpy())
    assert not np.array_equal(expected.numpy(), content.numpy())
    assert mixed.project.node.label == "with Example"
    assert mixed.project.node.parent == visitor.project.at
    assert mixed.project.node.thumb == thumbnail(tiny.edit(expected).image)
    assert "It took the colour of 'Example'" in said
    other, said = mixing.dropped(mixed, {"chosen": 1}, {}, "", 1.0, 0.0, 0.5)
    strengths = {"pose and shape": 1.0, "colour": 0.5}
    expected = mix_groups(mixed.project.edit(tiny).code, tiny.sample(7).code, strengths)
    assert np.array_equal(other.project.shown.code, expected.numpy())
    assert "pose and shape and colour of '&lt;Ann&gt;'" in said


def test_what_cannot_be_mixed(handlers: Handlers, mixing: MixPanel) -> None:
    visitor = handlers.first_visitor()
    coarse, _ = handlers.commit(visitor, {"moves": {"smile": 1.0}})  # moves layers 0 to 2 alone
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
