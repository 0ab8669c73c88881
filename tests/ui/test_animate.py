"""Animate: its handlers, and its panel in a browser without a server."""

from __future__ import annotations

import io
import threading
from dataclasses import replace
from pathlib import Path

import av
import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image

from editor import Domains
from editor.editing.interpolate import interpolate
from editor.errors import InputError, OptionError
from editor.photo.crop import Crop
from editor.project.actions import commit_edit, move_sliders
from editor.project.pixels import mask_png, thumbnail
from editor.ui import animate as place
from editor.ui.animate import MOST_FRAMES, AnimatePanel
from editor.ui.components.animate_panel import SHAPE
from editor.ui.data_uris import JPEG, data_uri, jpeg_uri
from editor.ui.film import film_of
from editor.ui.handlers import Handlers
from editor.ui.slider_words import slider_words
from editor.ui.state import Visitor
from tests.ui.component_page import answer, component_page, give, sent
from tests.ui.panel_context import context_of, received, with_ann

P1, P2 = {"picture": "p1"}, {"picture": "p2"}
BOTH = {"kind": "people", "tiles": [P1, P2], "gaps": [0.5, 0.25], "back": True}


@pytest.fixture
def handlers(tiny_root) -> Handlers:
    return Handlers(Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries"), "tiny")


@pytest.fixture
def panel(handlers: Handlers) -> AnimatePanel:
    with gr.Blocks():
        return AnimatePanel(context_of(handlers))


def _film(panel: AnimatePanel, visitor: Visitor, asked: dict) -> dict:
    """All answers together, asked for as the page does."""
    frames, value = [], panel.make(visitor, asked)
    while True:
        frames = frames[: value.get("from", 0)] + value.get("frames", [])
        if value["state"] != "working":
            return value | {"frames": frames}
        value = value | panel.make(visitor, asked | {"done": len(frames)})


def _uri(image: Image.Image) -> str:
    return jpeg_uri(thumbnail(image, max(image.size)))


def test_people_are_met_at_their_times(handlers: Handlers, panel: AnimatePanel) -> None:
    tiny, visitor = handlers.domains.open("tiny"), with_ann(handlers)
    value = _film(panel, visitor, BOTH | {"ease": "even", "turn": 5})
    ends = torch.stack(
        [visitor.project.edit(tiny, node).wp_edited for node in visitor.project.nodes]
    )
    path = interpolate(ends, value["count"], "linear", True, (0.5, 0.25))
    assert (value["count"], value["seconds"], value["turn"]) == (12, 0.75, 5)
    assert value["frames"] == [_uri(tiny.render(tiny.edit(code))) for code in path]
    assert [slot["name"] for slot in value["tiles"]] == ["Example", "<Ann>"]
    once = _film(panel, visitor, BOTH | {"back": False, "gaps": [0.75]})
    assert once["frames"][-1] == _uri(tiny.render(visitor.project.edit(tiny)))


def test_frames_come_in_answers_that_are_short(
    handlers: Handlers, panel: AnimatePanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = with_ann(handlers)
    whole = _film(panel, visitor, BOTH)
    monkeypatch.setattr(place, "PREVIEW_S", -1.0)
    first = panel.make(visitor, BOTH)
    assert (first["state"], first["from"], len(first["frames"])) == ("working", 0, 1)
    assert first["progress"] == {"done": 1, "total": 12}
    assert panel.make(visitor, BOTH | {"done": 11})["state"] == "done"
    assert _film(panel, visitor, BOTH)["frames"] == whole["frames"]
    for wrong in (12, 10**9, -1, float("nan"), float("inf")):
        assert panel.make(visitor, BOTH | {"done": wrong})["from"] == 0


def test_before_and_after(handlers: Handlers, panel: AnimatePanel) -> None:
    tiny, visitor = handlers.domains.open("tiny"), with_ann(handlers)
    asked = {"kind": "change", "length": 1.0, "back": False}
    nothing = panel.make(visitor, asked)
    assert nothing["state"] == "empty"
    assert "Move a slider" in nothing["line"]
    mask = torch.zeros(16, 16)
    mask[:8] = 1
    for painted in (b"", mask_png(mask)):
        node = replace(visitor.project.node, moves=(("smile", 2.0),), mask=painted)
        now = visitor.keep(commit_edit(visitor.project, tiny, node, "smile"))
        edit = now.project.edit(tiny)
        value = _film(panel, now, asked)
        assert value["frames"][0] == _uri(tiny.reconstruction(edit))
        assert value["frames"][-1] == _uri(tiny.render(edit)), "also with a painted part"
        assert value["ends"] == [value["frames"][0], value["frames"][-1]]


def test_one_slider_goes_through_its_range(handlers: Handlers, panel: AnimatePanel) -> None:
    tiny, visitor = handlers.domains.open("tiny"), with_ann(handlers)
    visitor = visitor.keep(move_sliders(visitor.project, tiny, "p2", {"age": 1.0}))
    asked = {"kind": "slider", "slider": "smile", "length": 1.0, "back": True}
    value = _film(panel, visitor, asked)
    low, high = (tiny.sample(7).move(age=1.0, smile=distance) for distance in (-2.0, 2.0))
    assert value["ends"] == [_uri(tiny.render(low)), _uri(tiny.render(high))]
    assert value["frames"][0] == value["ends"][0]
    assert value["frames"][8] == value["ends"][1]
    assert {one["name"]: one["title"] for one in value["sliders"]} == {
        info.name: slider_words(info).title for info in tiny.sliders
    }
    assert panel.make(visitor, asked | {"slider": ""})["state"] == "empty"
    unknown = panel.make(visitor, asked | {"slider": "nose"})
    assert unknown["state"] == "error"
    assert "nose" in unknown["line"]


def test_a_painted_part_is_an_error_with_a_way_out(handlers: Handlers, panel: AnimatePanel) -> None:
    tiny, visitor = handlers.domains.open("tiny"), with_ann(handlers)
    node = replace(visitor.project.node, moves=(("smile", 2.0),), mask=mask_png(torch.eye(16)))
    visitor = visitor.keep(commit_edit(visitor.project, tiny, node, "painted").go(0))
    value = panel.make(visitor, BOTH)
    assert value["state"] == "error"
    assert value["line"] == "<Ann> has a painted part; Animate uses the whole face."
    assert (value["bake"]["picture"], value["bake"]["node"]) == ("p2", 2)
    turned = panel.turn_to(visitor, BOTH)
    assert turned.project.at == 2
    with pytest.raises(gr.Error, match="painted part"):
        list(panel.save(visitor, BOTH))
    with pytest.raises(gr.Error, match="no picture of these"):
        panel.turn_to(visitor, BOTH | {"tiles": [P1, P1]})


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"gaps": [0.01, 1.0]}, "gap is 0.01 s"),
        ({"gaps": [11.0, 1.0]}, "gap is 11 s"),
        ({"gaps": [float("nan"), 1.0]}, "can be 0.1 to 10 s"),
        ({"tiles": [P1, P2] * 6, "gaps": [10.0] * 12}, "length is 120 s"),
        ({"gaps": [], "length": 31.0}, "length is 31 s"),
        ({"kind": "slider", "slider": "smile", "length": 0.1}, "length is 0.1 s"),
        ({"kind": "dance"}, "does not know 'dance'"),
        ({"ease": "bounce"}, "does not know"),
    ],
)
def test_what_makes_no_sense(
    handlers: Handlers, panel: AnimatePanel, asked: dict, says: str
) -> None:
    visitor = with_ann(handlers)
    value = panel.make(visitor, BOTH | asked)
    assert value["state"] == "error"
    assert says in value["line"]
    with pytest.raises(gr.Error):
        list(panel.save(visitor, BOTH | asked))


def test_without_two_pictures_it_says_what_to_do(handlers: Handlers, panel: AnimatePanel) -> None:
    visitor = with_ann(handlers)
    for tiles in ([], [P1], [P1, {"picture": "gone"}]):
        value = panel.make(visitor, BOTH | {"tiles": tiles})
        assert (value["state"], value.get("frames")) == ("empty", None)
        assert "Drop two pictures" in value["line"]
    assert panel.make(visitor, None)["state"] == "empty"


def test_long_films_have_no_more_frames_than_the_page_can_hold(
    handlers: Handlers, panel: AnimatePanel
) -> None:
    visitor = with_ann(handlers)
    value = panel.make(visitor, BOTH | {"gaps": [10.0, 10.0]})
    assert value["count"] == MOST_FRAMES
    many = panel.make(visitor, BOTH | {"tiles": [P1, P2] * 500})
    assert len(many["tiles"]) == 12


@pytest.mark.parametrize("kind", ["MP4", "GIF", "WebP"])
def test_it_is_exported(handlers: Handlers, panel: AnimatePanel, kind: str) -> None:
    visitor = with_ann(handlers)
    asked = BOTH | {"type": kind, "size": 32, "gaps": [0.25, 0.25]}
    *steps, (file, value, _) = panel.save(visitor, asked)
    assert all(step[0] == gr.skip() and step[1]["state"] == "saving" for step in steps)
    assert Path(file).stem == "animation"
    assert (value["state"], value["line"][:18]) == ("done", "Exported 12 frames")
    if kind == "MP4":
        with av.open(file) as film:
            assert film.streams.video[0].average_rate == 24
            assert [frame.width for frame in film.decode(video=0)] == [32] * 12
    else:
        with Image.open(file) as found:
            assert (found.size, found.n_frames) == ((32, 32), 12)


def _photographed(handlers: Handlers, tmp_path: Path) -> Visitor:
    """A visitor whose second picture lies in a photo of 90×60, and smiles."""
    tiny, visitor = handlers.domains.open("tiny"), with_ann(handlers)
    noise = np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    crop = Crop(0.5, 0.5, 0.4, 10)
    picture = replace(visitor.project.shown, photo=str(tmp_path / "photo.png"), crop=crop)
    project = move_sliders(visitor.project.amend(picture), tiny, "p2", {"smile": 2.0})
    return visitor.keep(project)


def test_the_whole_photo_moves(handlers: Handlers, panel: AnimatePanel, tmp_path: Path) -> None:
    tiny, visitor = handlers.domains.open("tiny"), _photographed(handlers, tmp_path)
    asked = {"kind": "change", "length": 0.5, "back": False, "size": 0, "type": "WebP"}
    assert panel.make(visitor, asked)["photo"] is True
    film = film_of(visitor.project, tiny, asked)
    photo = Image.open(tmp_path / "photo.png").convert("RGB")
    crop = visitor.project.shown.crop
    first, *_, last = film.in_photo(tiny, photo, crop, 12)
    assert np.array_equal(first, photo)
    assert np.array_equal(last, tiny.paste(film.edit, photo=photo, crop=crop))
    *_, (file, _, _) = panel.save(visitor, asked)
    with Image.open(file) as found:
        assert (found.size, found.n_frames) == ((90, 60), 12)
    (tmp_path / "photo.png").unlink()
    with pytest.raises(gr.Error, match="not kept any more"):
        list(panel.save(visitor, asked))
    for people in (BOTH, BOTH | {"kind": "slider", "slider": "smile"}):
        value = people | {"size": 0}
        shown = visitor.keep(visitor.project.go(0))
        with pytest.raises(gr.Error, match="no whole photo"):
            list(panel.save(shown, value))


def test_sizes_that_are_not_offered(handlers: Handlers, panel: AnimatePanel) -> None:
    visitor = with_ann(handlers)
    for size in (15, -16, 10**9, float("nan")):
        with pytest.raises(gr.Error, match="not offered"):
            list(panel.save(visitor, BOTH | {"size": size}))
    with pytest.raises(gr.Error, match="nothing to export"):
        list(panel.save(visitor, BOTH | {"type": "AVI"}))
    with pytest.raises(OptionError, match="too much for one file"):
        place._check_pixels(720, 1024, 1024)


def test_an_export_that_was_stopped_ends(
    handlers: Handlers, panel: AnimatePanel, monkeypatch: pytest.MonkeyPatch
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

    monkeypatch.setattr(place, "encode_motion", encode)
    steps = panel.save(with_ann(handlers), BOTH)
    assert "of 18" in next(steps)[1]["line"]
    steps.close()
    go_on.set()
    assert ended.wait(10)
    assert len(taken) < 2


def test_export_waits_for_its_turn(handlers: Handlers) -> None:
    with gr.Blocks() as blocks:
        made = AnimatePanel(context_of(handlers))
        made.connect(lambda *_event, **_options: None, {"fn": None})
    jobs = [fn for fn in blocks.fns.values() if fn.fn == made.save]
    assert [(job.trigger_mode, job.concurrency_id) for job in jobs] == [("once", "invert")]


def test_a_stranger_s_value_is_refused() -> None:
    assert received(BOTH | {"x": 1}, SHAPE)["tiles"] == [P1, P2]
    for wrong in ({"tiles": P1}, {"gaps": ["1"]}, {"back": 1}, {"kind": []}, {"length": "3"}):
        with pytest.raises(InputError):
            received(wrong, SHAPE)


@pytest.fixture
def page(browser):
    viewport = {"width": 1280, "height": 664}
    with component_page(browser, "animate_panel", "{ place: 'animate' }", viewport=viewport) as tab:
        yield tab


def _slot(name: str) -> dict[str, object]:
    return {"picture": name, "node": 0, "name": name, "src": data_uri(Image.new("RGB", (8, 8)))}


def _two(page) -> dict:
    """Both tiles on the timeline; what was sent for it."""
    for name in ("p1", "p2"):
        give(page, ".timeline", name, 0)
    page.wait_for_function("() => sent.at(-1)?.value.tiles.length === 2")
    return sent(page, "input")


def _frames(count: int) -> list[str]:
    return [jpeg_uri(thumbnail(Image.new("RGB", (8, 8), (20 * i, 0, 0)), 8)) for i in range(count)]


def _answer(page, asked: dict, **value) -> None:
    slots = [_slot(one["picture"]) for one in asked["tiles"]]
    shown = {"tiles": slots, "sliders": [], "side": 128, "photo": False, "base": _slot("p1")}
    answer(
        page, {**shown, "line": "", "bake": None, "progress": None, "turn": asked["turn"], **value}
    )


def test_the_second_picture_makes_it_and_frames_play_as_they_arrive(page) -> None:
    asked = _two(page)
    assert received(asked, SHAPE)["gaps"] == [1.5, 1.5]
    frames = _frames(6)
    page.evaluate("sent.length = 0")
    _answer(page, asked, state="working", count=6, seconds=3, frames=frames[:2], **{"from": 0})
    page.wait_for_selector("[data-part=play][aria-label=Pause]")
    again = sent(page, "input")
    assert (again["done"], again["turn"]) == (2, asked["turn"])
    _answer(page, asked, state="done", count=6, seconds=3, frames=frames[2:], **{"from": 2})
    page.fill("[data-part=scrub]", "2.5")
    assert page.get_attribute("[data-part=frame]", "src") == frames[5]
    assert page.inner_text("[data-part=time]") == "0:02.5 / 3 s"
    assert page.get_attribute("[data-part=play]", "aria-label") == "Play", "a hand stops it"
    page.focus("[data-part=scrub]")
    page.keyboard.press("Home")
    assert page.get_attribute("[data-part=frame]", "src") == frames[0]
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("[data-part=frame]", "src") == frames[1]
    page.keyboard.press("Space")
    page.wait_for_selector("[data-part=play][aria-label=Pause]")


def test_an_answer_to_what_was_wanted_before_is_not_shown(page) -> None:
    asked = _two(page)
    page.check("[value=even]")
    _answer(page, asked, state="done", count=2, seconds=3, frames=_frames(2), **{"from": 0})
    assert page.is_disabled("[data-part=export]")
    page.wait_for_function("() => sent.at(-1).value.ease === 'even'")


def test_tiles_are_moved_taken_out_and_timed(page) -> None:
    asked = _two(page)
    _answer(page, asked, state="done", count=2, seconds=3, frames=_frames(2), **{"from": 0})
    give(page, ".timeline .gap", "p3", 0)
    page.wait_for_function("() => sent.at(-1).value.tiles.length === 3")
    asked = sent(page, "input")
    assert [one["picture"] for one in asked["tiles"]] == ["p1", "p3", "p2"], "dropped between"
    page.focus(".face >> nth=0")
    page.keyboard.press("ArrowRight")
    page.fill(".gap input >> nth=0", "2.5")
    page.press(".gap input >> nth=0", "Enter")
    page.wait_for_function("() => sent.at(-1).value.gaps[0] === 2.5")
    asked = sent(page, "input")
    assert [one["picture"] for one in asked["tiles"]] == ["p3", "p1", "p2"]
    assert asked["length"] == 5.5
    box = page.locator(".gap .line >> nth=1").bounding_box()
    page.mouse.move(box["x"] + 4, box["y"])
    page.mouse.down()
    page.mouse.move(box["x"] + 4 + 60, box["y"], steps=4)
    page.mouse.up()
    page.wait_for_function("() => sent.at(-1).value.gaps[1] === 2.5")
    left, right = (page.locator(".face").nth(i).bounding_box() for i in (0, 2))
    page.mouse.move(left["x"] + 20, left["y"] + 20)
    page.mouse.down()
    page.mouse.move(right["x"] + 50, right["y"] + 20, steps=5)
    page.mouse.up()
    page.wait_for_function("() => sent.at(-1).value.tiles[2].picture === 'p3'")
    page.focus(".face >> nth=2")
    page.keyboard.press("Delete")
    page.wait_for_function("() => sent.at(-1).value.tiles.length === 2")
    page.uncheck("[data-part=back]")
    page.wait_for_function("() => sent.at(-1).value.gaps.length === 1")


def test_an_error_shows_its_way_out(page) -> None:
    asked = _two(page)
    line = "p2 has a painted part; Animate uses the whole face."
    _answer(page, asked, state="error", line=line, bake=_slot("p2"))
    assert page.inner_text("[data-part=said]") == line
    assert page.is_disabled("[data-part=export]")
    page.click("[data-part=bake]")
    sent(page, "edit")
    assert page.evaluate("[shared.now().place, shared.now().tool]") == ["edit", "brush"]


def test_export_asks_for_type_and_size_and_stops(page) -> None:
    asked = _two(page)
    _answer(page, asked, state="done", count=2, seconds=3, frames=_frames(2), **{"from": 0})
    page.click("[data-part=more]")
    page.check("[value=GIF]")
    page.select_option("[data-part=size]", "256")
    page.click("[data-part=export] >> text=Export GIF")
    asked = sent(page, "submit")
    assert (asked["type"], asked["size"]) == ("GIF", 256)
    page.click("[data-part=export] >> text=Stop")
    sent(page, "clear")


def test_what_is_chosen_is_used_when_it_is_opened(page) -> None:
    page.evaluate("shared.change({ place: 'edit', chosen: ['p1', 'p2'] })")
    page.evaluate("shared.change({ place: 'animate' })")
    page.wait_for_function("() => sent.at(-1)?.value.tiles.length === 2")


@pytest.mark.parametrize("size", [(1280, 664), (390, 700)])
def test_all_is_in_sight_and_has_a_name(browser, size: tuple[int, int]) -> None:
    viewport = {"width": size[0], "height": size[1]}
    phone = {"has_touch": True, "is_mobile": True} if size[0] < 900 else {}
    with component_page(
        browser, "animate_panel", "{ place: 'animate' }", viewport=viewport, **phone
    ) as page:
        page.add_style_tag(
            content="#component { flex: 1; min-height: 0 } #filmstrip { display: none }"
        )
        asked = _two(page)
        _answer(page, asked, state="done", count=2, seconds=3, frames=_frames(2), **{"from": 0})
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        for part in ("export", "play", "timeline"):
            box = page.locator(f"[data-part={part}]").bounding_box()
            assert box["y"] + box["height"] <= size[1]
        if phone:
            small = """() => [...document.querySelectorAll('#component :is(button, select, label, input[type=number])')]
              .filter((e) => e.offsetParent && !e.matches('.out, .sliders label') && e.offsetHeight < 44)
              .map((e) => e.outerHTML)"""
            assert page.evaluate(small) == []


def test_the_frames_are_pictures(handlers: Handlers, panel: AnimatePanel) -> None:
    import base64

    value = panel.make(with_ann(handlers), BOTH)
    data = base64.b64decode(value["frames"][0].removeprefix(JPEG))
    with Image.open(io.BytesIO(data)) as frame:
        assert frame.size == (16, 16)
