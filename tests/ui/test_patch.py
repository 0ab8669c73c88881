"""Patch: its handlers, and its panel in a browser without a server."""

from __future__ import annotations

import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image

from editor import Domains
from editor.editing.diffuse import rectangle
from editor.errors import InputError
from editor.media.images import to_tensor
from editor.project.pixels import mask_png
from editor.ui import patch as tool
from editor.ui.components.patch_panel import SHAPE
from editor.ui.data_uris import data_uri, drawn_mask, png_uri
from editor.ui.handlers import Handlers
from editor.ui.patch import Blended, PatchPanel
from editor.ui.patch_wish import ready_patches
from tests.ui.component_page import answer, component_page, give, sent
from tests.ui.panel_context import context_of, received, with_ann

P1 = {"picture": "p1"}


@pytest.fixture
def handlers(tiny_root) -> Handlers:
    return Handlers(Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries"), "tiny")


@pytest.fixture
def panel(handlers: Handlers, monkeypatch: pytest.MonkeyPatch) -> PatchPanel:
    monkeypatch.setattr(tool, "PREVIEW_S", 0.0)
    with gr.Blocks():
        return PatchPanel(context_of(handlers))


def test_the_panel_shows_the_source_and_its_patches(handlers: Handlers, panel: PatchPanel) -> None:
    tiny, visitor = handlers.domains.open("tiny"), with_ann(handlers)
    value = panel.show(visitor, {"source": P1, "on": [P1], "turn": 2})
    assert value["square"] == data_uri(
        tiny.render(visitor.project.edit(tiny, visitor.project.nodes[0]))
    )
    assert value["base"]["name"] == "<Ann>"
    assert [slot["picture"] for slot in value["on"]] == ["p1"]
    assert [(one["name"], one["title"]) for one in value["kinds"]] == [("face", "Middle")]
    assert torch.equal(drawn_mask(value["kinds"][0]["mask"], 16), rectangle(16))
    assert value["turn"] == 2
    empty = panel.show(visitor, None)
    assert (empty["source"], empty["square"], empty["on"]) == (None, "", [])


def test_eyes_and_mouth_lie_at_the_landmarks(faces) -> None:
    masks = {name: mask for name, _, mask in ready_patches(faces.info)}
    assert list(masks) == ["face", "eyes", "mouth"]
    assert torch.equal(masks["face"], rectangle(faces.info.resolution))
    side = faces.info.resolution
    at = {name: (int(x * side), int(y * side)) for name, (x, y) in faces.info.landmarks.items()}
    for mark, patch, other in (
        ("left_eye", "eyes", "mouth"),
        ("right_eye", "eyes", "mouth"),
        ("mouth", "mouth", "eyes"),
    ):
        x, y = at[mark]
        assert masks[patch][y, x] == 1
        assert masks[other][y, x] == 0


def test_the_patch_spreads_and_its_result_is_kept(handlers: Handlers, panel: PatchPanel) -> None:
    tiny, visitor = handlers.domains.open("tiny"), with_ann(handlers)
    asked = {"source": P1, "on": [P1], "kind": "face", "offset": [0.125, 0.0], "steps": 4}
    asked["turn"] = 3
    steps = list(panel.run(visitor, asked))
    assert len(steps) >= 4
    for value, _, made in steps[:-1]:
        assert (value["state"], value["turn"], made.turn, made.domain) == ("working", 3, 3, "tiny")
        assert value["progress"]["total"] == 4
        assert [name for name, _ in made.codes] == ["p2", "p1"]
    value, said, made = steps[-1]
    assert (value["state"], value["progress"], value["turn"]) == ("", None, 3)
    assert value["names"] == ["<Ann>", "Example"]
    assert value["proposal"]["picture"] == "p2"
    assert value["proposal"]["label"] == "patch of Example"
    assert "blended in" in said
    squares = [tiny.render(visitor.project.edit(tiny, visitor.project.nodes[i])) for i in (0, 1)]
    before = to_tensor(tiny.collages(squares[0], squares[1:], rectangle(16), (0.125, 0.0))[0])
    first, last = (to_tensor(tiny.render(tiny.edit(m.codes[0][1]))) for m in (steps[0][2], made))
    inside = torch.roll(rectangle(16), 2, dims=1).bool()
    errors = [float((image - before)[0][:, inside].square().mean()) for image in (first, last)]
    assert errors[1] < errors[0], "the patch is met better at the end"
    kept, _, after, _ = panel.keep(visitor, made, {"result": 1, "turn": 3})
    assert kept.project.shown.name == "Example patch"
    assert np.array_equal(kept.project.shown.wp, made.codes[1][1])
    assert np.array_equal(kept.project.shown.base, visitor.project.picture("p1").wp)
    assert after == {"proposal": None}


def test_a_result_on_another_picture_shows_that_one(handlers: Handlers, panel: PatchPanel) -> None:
    tiny, visitor = handlers.domains.open("tiny"), with_ann(handlers)
    codes = (("p2", tiny.sample(1).wp.numpy()), ("p1", tiny.sample(2).wp.numpy()))
    made = Blended("tiny", None, codes)
    turned, _ = panel.turn_to(visitor, made, {"result": 1})
    assert turned.project.shown.id == "p1"
    value = panel.present(turned, made, {"result": 1})
    assert value["proposal"]["after"] == data_uri(tiny.render(tiny.sample(2)))
    assert value["proposal"]["picture"] == "p1"
    for asked in (panel.turn_to, panel.present, panel.keep):
        for wrong in (2, -1, float("inf"), float("nan")):
            with pytest.raises(gr.Error, match="not there any more"):
                asked(visitor, made, {"result": wrong})


def test_a_result_of_another_domain_or_wish_is_not_kept(
    handlers: Handlers, panel: PatchPanel
) -> None:
    visitor, code = with_ann(handlers), handlers.domains.open("tiny").sample(1).wp.numpy()
    codes = (("p2", code),)
    assert panel.keep(visitor, Blended("tiny", 4, codes), {"result": 0, "turn": 4})
    for wrong in (None, Blended("other", 4, codes), Blended("tiny", 3, codes)):
        for asked in (panel.turn_to, panel.present, panel.keep):
            with pytest.raises(gr.Error, match="not there any more"):
                asked(visitor, wrong, {"result": 0, "turn": 4})


def test_a_painted_patch(handlers: Handlers, panel: PatchPanel) -> None:
    visitor = with_ann(handlers)
    mask = torch.zeros(16, 16)
    mask[:4] = 1
    painted = {"source": P1, "kind": "paint", "mask": png_uri(mask_png(mask)), "steps": 1}
    *_, (value, _, _) = panel.run(visitor, painted)
    assert value["proposal"]
    with pytest.raises(gr.Error, match="no part of the patch lies"):
        list(panel.run(visitor, painted | {"offset": [0.0, -0.9]}))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"source": None}, "drop a picture"),
        ({"source": {"picture": "gone"}}, "drop a picture"),
        ({"kind": "paint"}, "paint the patch first"),
        ({"kind": "paint", "mask": "data:image/png;base64,AAAA"}, "cannot be read"),
        ({"kind": "nose"}, "no patch 'nose'"),
        ({"kind": "eyes"}, "no patch 'eyes'"),
        ({"offset": [0.1]}, "drag it again"),
        ({"offset": [0.0, 5.0]}, "drag it again"),
        ({"offset": [0.0, float("nan")]}, "drag it again"),
        ({"steps": 301}, "expected 0…300"),
        ({"steps": -1}, "expected 0…300"),
        ({"steps": float("nan")}, "expected 0…300"),
    ],
)
def test_what_cannot_be_blended_in(
    handlers: Handlers, panel: PatchPanel, wrong: dict, says: str
) -> None:
    with pytest.raises(gr.Error, match=says):
        list(panel.run(with_ann(handlers), {"source": P1, "steps": 1} | wrong))


def test_a_stop_says_what_is_left(panel: PatchPanel) -> None:
    made = Blended("tiny", 2, (("p1", np.zeros(1)),))
    assert "can be kept" in panel.stopped(made, {"turn": 2})[1]
    assert "kept" not in panel.stopped(made, {"turn": 3})[1], "it is of what was set before"
    value, said = panel.stopped(None, None)
    assert "kept" not in said
    assert value["state"] == ""


def test_a_stranger_s_value_is_refused() -> None:
    assert received({"source": P1, "x": 1}, SHAPE)["source"] == P1
    for wrong in ({"source": "p1"}, {"on": P1}, {"offset": "1"}, {"kind": 1}, {"mask": []}):
        with pytest.raises(InputError):
            received(wrong, SHAPE)


@pytest.fixture
def page(browser):
    viewport = {"width": 320, "height": 664}
    with component_page(browser, "patch_panel", "{ tool: 'patch' }", viewport=viewport) as tab:
        yield tab


def _slot(name: str) -> dict[str, object]:
    return {"picture": name, "node": 0, "name": name, "src": data_uri(Image.new("RGB", (8, 8)))}


def _shown(page) -> dict[str, object]:
    kinds = [
        {"name": name, "title": name.capitalize(), "mask": png_uri(mask_png(rectangle(8)))}
        for name in ("face", "eyes", "mouth")
    ]
    answer(page, {"base": _slot("p2"), "kinds": kinds, "turn": 0})
    give(page, "[data-part=source]", "p1", 0)
    square = data_uri(Image.new("RGB", (8, 8), "red"))
    turn = sent(page, "input")["turn"]
    shown = {"base": _slot("p2"), "source": _slot("p1"), "on": [], "square": square, "turn": turn}
    answer(page, shown)
    return shown


def _last(page, name: str):
    return page.evaluate("(n) => told.findLast(([one]) => one === n)?.[1]", name)


def test_the_stage_is_told_of_the_patch_and_says_where_it_lies(page) -> None:
    assert page.is_disabled("[data-part=run]")
    shown = _shown(page)
    told = _last(page, "patch")
    assert (told["picture"], told["offset"]) == (shown["square"], [0, 0])
    page.evaluate("shared.tell('patch-moved', [0.25, -3])")
    page.evaluate("shared.tell('patch-moved', ['x', NaN])")
    page.click("[data-kind=mouth]")
    assert _last(page, "patch")["offset"] == [0.25, -1]
    page.click("[data-part=run]")
    asked = sent(page, "apply")
    assert received(asked, SHAPE)["kind"] == "mouth"
    assert (asked["offset"], asked["steps"]) == ([0.25, -1], 60)
    assert _last(page, "patch") is None, "the proposal takes its place"


def test_it_is_stopped_and_kept(page) -> None:
    _shown(page)
    page.click("[data-part=run]")
    after = {"after": data_uri(Image.new("RGB", (8, 8))), "label": "patch", "picture": "p2"}
    going = {"state": "working", "progress": {"done": 20, "total": 60, "seconds": 3.2}}
    answer(page, {"proposal": after, "results": [after["after"]], "names": ["p2"], **going})
    assert "about 4 s" in page.inner_text("[data-part=left]")
    assert _last(page, "proposal")["of"] == "patch"
    assert page.is_disabled("[data-part=keep]"), "not before it is done"
    page.click("[data-part=stop]")
    sent(page, "clear")
    answer(page, {"state": "", "progress": None})
    page.click("[data-part=keep]")
    assert sent(page, "submit")["result"] == 0


def test_what_is_set_while_it_works_stops_it_and_late_results_count_nothing(page) -> None:
    shown = _shown(page)
    page.click("[data-part=run]")
    turn = sent(page, "apply")["turn"]
    give(page, "[data-part=on]", "p3")
    assert sent(page, "clear")["turn"] == sent(page, "input")["turn"] == turn + 1
    assert page.is_visible("[data-part=run]")
    after = {"after": shown["square"], "label": "patch", "picture": "p2"}
    late = {"proposal": after, "results": [shown["square"]] * 2, "names": ["p2", "p3"]}
    answer(page, {**late, "state": "working", "turn": turn})
    assert _last(page, "proposal") is None
    assert page.is_disabled("[data-part=keep]")
    assert page.locator(".result").count() == 0
    assert page.is_visible("[data-part=run]")
    answer(page, {**late, "state": "working", "progress": None, "turn": turn + 1})
    assert _last(page, "proposal")["picture"] == "p2"
    page.evaluate("window.before = document.querySelector('.result')")
    answer(page, {**late, "state": "", "turn": turn + 1})
    assert page.evaluate("before === document.querySelector('.result')"), "it can be pressed"
    page.click("[data-kind=eyes]")
    assert _last(page, "proposal") is None, "it was of another patch"
    assert sent(page, "input")["turn"] == turn + 2


def test_nothing_stays_of_another_domain(page) -> None:
    shown = _shown(page)
    stage = "domain => shared.change({ stage: { ...shared.now().stage, domain } })"
    page.evaluate(stage, "faces")
    assert page.locator("[data-part=source] .pick").count() == 1, "it is the first"
    after = {"after": shown["square"], "label": "patch", "picture": "p2"}
    answer(page, {"proposal": after, "turn": shown["turn"]})
    page.evaluate(stage, "scenes")
    assert _last(page, "proposal") is None
    assert page.locator("[data-part=source] .pick").count() == 0
    asked = sent(page, "input")
    assert (asked["source"], asked["on"]) == (None, [])


def test_one_of_several_results_is_meant(page) -> None:
    _shown(page)
    give(page, "[data-part=on]", "p3")
    uri = data_uri(Image.new("RGB", (8, 8)))
    after = {"after": uri, "label": "patch", "picture": "p2"}
    done = {"state": "", "progress": None, "results": [uri, uri], "names": ["p2", "p3"]}
    answer(page, {"proposal": after, **done})
    page.click(".result >> nth=1")
    assert sent(page, "select")["result"] == 1
    answer(page, {"base": _slot("p3")})
    assert _last(page, "proposal") is None, "another picture is shown"
    answer(page, {"proposal": {**after, "picture": "p3"}})
    assert _last(page, "proposal")["picture"] == "p3"


def test_a_patch_is_painted_and_erased(page) -> None:
    _shown(page)
    page.click("[data-kind=paint]")
    assert page.is_disabled("[data-part=run]")
    box = page.locator("canvas").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(middle[0] - 40, middle[1])
    page.mouse.down()
    page.mouse.move(middle[0] + 40, middle[1], steps=4)
    page.mouse.up()
    page.click("[data-part=run]")
    mask = drawn_mask(sent(page, "apply")["mask"], 64).numpy()
    assert mask[32, 32] == 1
    assert mask[32, 20] == 1
    assert mask[8, 32] == 0
    answer(page, {"state": "", "progress": None})
    page.click("[data-part=erase]")
    page.focus("canvas")
    page.keyboard.press("Space")
    mask = drawn_mask(page.evaluate("props.value.mask"), 64).numpy()
    assert mask[32, 32] == 0
    page.click("[data-part=clear]")
    assert page.evaluate("props.value.mask") == ""


def test_all_is_in_sight_also_while_painting(page) -> None:
    _shown(page)
    page.click("[data-kind=paint]")
    box = page.locator("[data-part=keep]").bounding_box()
    assert box["y"] + box["height"] <= 664
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
