"""Blend: its handlers, and its panel in a browser without a server."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image

from editor import Domains
from editor.editing.mix import USUAL, mix_groups
from editor.errors import InputError
from editor.project.actions import commit_edit, move_sliders
from editor.project.pixels import mask_png
from editor.ui.blend import GROUPS, BlendPanel
from editor.ui.components.blend_panel import SHAPE
from editor.ui.data_uris import PNG, data_uri
from editor.ui.handlers import Handlers
from tests.ui.component_page import answer, component_page, give, sent
from tests.ui.panel_context import context_of, received, with_ann

P1, P2 = {"picture": "p1"}, {"picture": "p2", "node": 1}


@pytest.fixture
def handlers(tiny_root) -> Handlers:
    return Handlers(Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries"), "tiny")


@pytest.fixture
def panel(handlers: Handlers) -> BlendPanel:
    with gr.Blocks():
        return BlendPanel(context_of(handlers))


def test_the_proposal_takes_what_the_sliders_say(handlers: Handlers, panel: BlendPanel) -> None:
    tiny, visitor = handlers.domains.open("tiny"), with_ann(handlers)
    project = visitor.project
    base, style = (project.edit(tiny, project.latest(name)).wp_edited for name in ("p2", "p1"))
    for given, strengths in (
        (None, USUAL),
        ([100, 0, 50], {"pose and shape": 1.0, "colour": 0.5}),
    ):
        value, said = panel.propose(visitor, {"from": [P1], "strengths": given, "turn": 3})
        expected = tiny.render(tiny.edit(mix_groups(base, style, strengths)))
        assert value["proposal"]["after"] == data_uri(expected)
        assert value["proposal"]["picture"] == "p2"
        assert value["base"]["name"] == "<Ann>"
        assert [slot["name"] for slot in value["from"]] == ["Example"]
        assert value["turn"] == 3
        assert "warn" not in said
    assert value["proposal"]["label"] == "pose and shape and colour of Example"


def test_a_slot_may_mean_an_edit_of_a_picture(handlers: Handlers, panel: BlendPanel) -> None:
    tiny, visitor = handlers.domains.open("tiny"), with_ann(handlers)
    visitor = visitor.keep(move_sliders(visitor.project, tiny, "p1", {"age": 2.0}))
    visitor = visitor.keep(visitor.project.go(1))
    all_of = {"strengths": [100, 100, 100]}
    edits = {
        node: tiny.render(visitor.project.edit(tiny, visitor.project.nodes[node]))
        for node in (0, 2)
    }
    for node, expected in ((0, 0), (2, 2), (None, 2), (1, 2), (99, 2), (-1, 2)):
        slot = {"picture": "p1", "node": node}
        value, _ = panel.propose(visitor, {"from": [slot], **all_of})
        assert value["proposal"]["after"] == data_uri(edits[expected])


def test_without_anything_to_take_there_is_no_proposal(
    handlers: Handlers, panel: BlendPanel
) -> None:
    visitor = with_ann(handlers)
    for value in (None, {}, {"from": []}, {"from": [{"picture": "gone"}, {}]}):
        made, said = panel.propose(visitor, value)
        assert made["proposal"] is None
        assert made["base"]["picture"] == "p2"
        assert "changes nothing" not in said
    made, said = panel.propose(visitor, {"from": [P1], "strengths": [0, 0, 0]})
    assert made["proposal"] is None
    assert "raise a slider" in said
    made, said = panel.propose(visitor, {"from": [P2]})
    assert made["proposal"] is None
    assert "take another picture" in said
    for asked in (panel.keep, panel.save):
        with pytest.raises(gr.Error):
            asked(visitor, {"from": []})


def test_the_grid_has_every_base_with_every_picture(handlers: Handlers, panel: BlendPanel) -> None:
    tiny, visitor = handlers.domains.open("tiny"), with_ann(handlers)
    asked = {"from": [P1, P2], "bases": [P1], "strengths": [0, 0, 100]}
    steps = [value["grid"] for value, _ in panel.combine(visitor, asked)]
    assert [len(grid["rows"]) for grid in steps] == [1, 2]
    assert [grid["whole"] for grid in steps] == [False, True]
    codes = [
        visitor.project.edit(tiny, visitor.project.latest(name)).wp_edited for name in ("p2", "p1")
    ]
    for row, base in zip(steps[-1]["rows"], codes, strict=True):
        for cell, style in zip(row, reversed(codes), strict=True):
            assert cell == data_uri(tiny.render(tiny.edit(mix_groups(base, style, USUAL))))
    file = panel.save(visitor, asked)
    sheet = Image.open(io.BytesIO(base64.b64decode(file["uri"].removeprefix(PNG))))
    assert file["name"] == "blends.png"
    assert sheet.width >= 3 * tiny.info.resolution


def test_a_cell_of_another_row_shows_that_base(handlers: Handlers, panel: BlendPanel) -> None:
    visitor = with_ann(handlers)
    turned, _ = panel.turn_to(visitor, {"bases": [P1], "cell": {"row": 1, "column": 0}})
    assert turned.project.shown.id == "p1"
    assert turned.project.nodes == visitor.project.nodes
    for cell in (None, {}, {"row": 2}, {"row": -1}, {"row": float("inf")}):
        with pytest.raises(gr.Error, match="not there any more"):
            panel.turn_to(visitor, {"bases": [P1], "cell": cell})


def test_what_is_kept_is_what_was_proposed(handlers: Handlers, panel: BlendPanel) -> None:
    tiny, visitor = handlers.domains.open("tiny"), with_ann(handlers)
    asked = {"from": [P1], "strengths": [40, 0, 100]}
    proposed, _ = panel.propose(visitor, asked)
    kept, _, after, said = panel.keep(visitor, asked)
    assert data_uri(tiny.render(kept.project.edit(tiny))) == proposed["proposal"]["after"]
    assert kept.project.shown.name == "<Ann> blend"
    assert np.array_equal(kept.project.shown.base, visitor.project.picture("p2").wp)
    assert after == {"proposal": None, "from": []}
    assert "Kept" in said
    assert visitor.project.shown.id == "p2", "a state that was given out is never changed"


def test_a_painted_part_is_told(handlers: Handlers, panel: BlendPanel) -> None:
    tiny, visitor = handlers.domains.open("tiny"), with_ann(handlers)
    node = replace(visitor.project.node, moves=(("smile", 2.0),), mask=mask_png(torch.eye(16)))
    visitor = visitor.keep(commit_edit(visitor.project, tiny, node, "painted"))
    _, said = panel.propose(visitor, {"from": [P1]})
    assert said.count("The painted part of &lt;Ann&gt; counts for the whole picture") == 1


def test_strengths_that_make_no_sense(handlers: Handlers, panel: BlendPanel) -> None:
    visitor = with_ann(handlers)
    for wrong in ([1, 2], [0, 0, 101], [-1, 0, 0], [float("nan"), 0, 0], [0] * 5000):
        with pytest.raises(gr.Error, match=f"expected {len(GROUPS)} of 0…100"):
            panel.propose(visitor, {"from": [P1], "strengths": wrong})


def test_no_more_pictures_than_six(handlers: Handlers, panel: BlendPanel) -> None:
    visitor = with_ann(handlers)
    many = [{"picture": "p1", "node": n} for n in range(50)] + [P2] * 500
    value, _ = panel.propose(visitor, {"from": many, "bases": many, "style": 1e18})
    assert len(value["from"]) == 2, "one edit stands in one slot"
    assert value["style"] == 0


def test_a_stranger_s_value_is_refused() -> None:
    assert received({"from": [P1], "x": 1}, SHAPE)["from"] == [P1]
    for wrong in ({"from": "p1"}, {"from": [1]}, {"strengths": ["1"]}, {"cell": 3}, {"turn": True}):
        with pytest.raises(InputError):
            received(wrong, SHAPE)


@pytest.fixture
def page(browser):
    viewport = {"width": 320, "height": 664}
    with component_page(browser, "blend_panel", "{ tool: 'blend' }", viewport=viewport) as tab:
        yield tab


def _slot(name: str) -> dict[str, object]:
    return {"picture": name, "node": 0, "name": name, "src": data_uri(Image.new("RGB", (8, 8)))}


def _proposal(picture: str = "p2") -> dict[str, str]:
    return {
        "after": data_uri(Image.new("RGB", (8, 8), "red")),
        "label": "colour",
        "picture": picture,
    }


def test_pictures_are_dropped_and_the_stage_is_told(page) -> None:
    give(page, "[data-part=from]", "p1", 0)
    asked = sent(page, "input")
    assert received(asked, SHAPE)["from"] == [{"picture": "p1", "node": 0}]
    assert asked["strengths"] == [0, 0, 100]
    assert page.is_disabled("[data-part=keep]")
    shown = {"base": _slot("p2"), "bases": [], "from": [_slot("p1")], "style": 0}
    answer(page, {**shown, "turn": asked["turn"], "proposal": _proposal()})
    name, told = page.evaluate("told.at(-1)")
    assert (name, told["picture"], told["of"]) == ("proposal", "p2", "blend")
    page.fill("input[type=range] >> nth=0", "70")
    assert sent(page, "input")["strengths"] == [70, 0, 100]
    page.click("[data-part=keep]")
    assert sent(page, "submit")["from"] == [{"picture": "p1", "node": 0}]


def test_escape_and_leaving_the_tool_drop_the_proposal(page) -> None:
    give(page, "[data-part=from]", "p1")
    shown = {"base": _slot("p2"), "from": [_slot("p1")], "style": 0}
    for leave in ("press", "tool"):
        answer(page, {**shown, "turn": sent(page, "input")["turn"], "proposal": _proposal()})
        assert page.evaluate("told.at(-1)")[1]
        if leave == "press":
            page.keyboard.press("Escape")
        else:
            page.evaluate("shared.change({ tool: 'sliders' })")
        assert page.evaluate("told.at(-1)") == ["proposal", None]
        assert page.is_disabled("[data-part=keep]")


def test_a_late_answer_takes_no_picture_away(page) -> None:
    give(page, "[data-part=from]", "p1")
    first = sent(page, "input")["turn"]
    give(page, "[data-part=from]", "p2")
    answer(page, {"base": _slot("p2"), "from": [_slot("p1")], "style": 0, "turn": first})
    assert page.locator("[data-part=from] .out").count() == 2
    answer(page, {"proposal": None, "from": []})
    assert page.locator("[data-part=from] .out").count() == 0, "but who kept it begins anew"


def test_nothing_stays_of_another_domain(page) -> None:
    stage = "domain => shared.change({ stage: { ...shared.now().stage, domain } })"
    page.evaluate(stage, "faces")
    give(page, "[data-part=from]", "p1")
    shown = {"base": _slot("p2"), "from": [_slot("p1")], "style": 0}
    answer(page, {**shown, "turn": sent(page, "input")["turn"], "proposal": _proposal()})
    page.evaluate(stage, "scenes")
    assert page.evaluate("told.at(-1)") == ["proposal", None]
    assert page.locator("[data-part=from] .out").count() == 0
    assert sent(page, "input")["from"] == [], "its ids mean other pictures here"


def test_a_row_that_is_the_same_is_not_drawn_under_the_hand(page) -> None:
    give(page, "[data-part=from]", "p1")
    shown = {"base": _slot("p2"), "from": [_slot("p1")], "style": 0}
    asked = sent(page, "input")["turn"]
    answer(page, {**shown, "turn": asked})
    page.click("[data-part=from] .empty")
    page.evaluate("window.before = document.querySelector('[data-part=from] .pick')")
    answer(page, {**shown, "turn": asked, "proposal": _proposal()})
    assert page.evaluate("before === document.querySelector('[data-part=from] .pick')")
    outline = "getComputedStyle(document.querySelector('[data-part=from]')).outlineStyle"
    assert page.evaluate(outline) == "solid", "it is seen that it waits for a tile"
    page.keyboard.press("Escape")
    assert page.evaluate(outline) == "none"


def test_a_slot_that_is_pressed_takes_the_next_tile(page) -> None:
    page.click("[data-part=from] .empty")
    page.click("#filmstrip [data-key='p:p2'] .go")
    assert sent(page, "input")["from"] == [{"picture": "p2", "node": None}]
    page.click("[data-part=from] .empty")
    page.keyboard.press("Escape")
    page.click("#filmstrip [data-key='p:p1'] .go")
    assert len(sent(page, "input")["from"]) == 1


def test_a_cell_of_the_grid_becomes_the_proposal(page) -> None:
    page.evaluate("shared.change({ chosen: ['p1', 'p3'] })")
    page.click("[data-part=chosen]")
    turn = sent(page, "input")["turn"]
    answer(
        page,
        {
            "base": _slot("p2"),
            "bases": [_slot("p4")],
            "from": [_slot("p1"), _slot("p3")],
            "style": 1,
            "turn": turn,
        },
    )
    page.click("[data-part=combine]")
    assert len(sent(page, "apply")["from"]) == 2
    cell = data_uri(Image.new("RGB", (8, 8)))
    answer(page, {"grid": {"rows": [[cell, cell], [cell, cell]], "whole": True}})
    page.click(".cell >> nth=0")
    assert sent(page, "input")["style"] == 0
    page.click("[data-part=combine]")
    answer(page, {"grid": {"rows": [[cell, cell], [cell, cell]], "whole": True}})
    page.click(".cell >> nth=3")
    asked = sent(page, "select")
    assert (asked["cell"], asked["style"]) == ({"row": 1, "column": 1}, 1)
    assert not page.locator("dialog[open]").count()


def test_all_is_in_sight_and_has_a_name(page) -> None:
    for name in ("p1", "p2", "p3", "p4", "p5", "p6"):
        give(page, "[data-part=from]", name)
    box = page.locator("[data-part=keep]").bounding_box()
    assert box["y"] + box["height"] <= 664
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.evaluate(UNNAMED) == []


UNNAMED = """() => [...document.querySelectorAll('#component :is(input, button, select, canvas)')]
  .filter((e) => e.offsetParent !== null)
  .filter((e) => !(e.getAttribute('aria-label') || e.title || e.innerText?.trim() || e.labels?.length))
  .map((e) => e.outerHTML)"""
