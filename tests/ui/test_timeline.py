"""The timeline of Animate under a hand, in a browser without a server."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from editor.ui.data_uris import data_uri
from tests.ui.component_page import answer, component_page, give, sent

PIXEL = data_uri(Image.new("RGB", (8, 8)))


@pytest.fixture
def page(browser):
    viewport = {"width": 1280, "height": 664}
    with component_page(browser, "animate_panel", "{ place: 'animate' }", viewport=viewport) as tab:
        yield tab


def _three(page: Any) -> dict[str, Any]:
    """Three pictures on the timeline, which the server has named; what was sent for them."""
    for name in ("p1", "p2", "p3"):
        give(page, ".timeline", name, 0)
    page.wait_for_function("() => sent.at(-1)?.value.tiles.length === 3")
    asked = sent(page, "input")
    _frames(page, asked, 0)
    return asked


def _frames(page: Any, asked: dict[str, Any], count: int, names: str = "") -> None:
    """More frames come, with the tiles as they were asked for, whose names may be others."""
    tiles = [{**one, "name": one["picture"] + names, "src": PIXEL} for one in asked["tiles"]]
    value = {"tiles": tiles, "sliders": [], "side": 128, "photo": False, "base": None, "line": ""}
    more = {"from": count, "frames": [PIXEL], "count": 9, "seconds": 4.5, "state": "done"}
    answer(page, {**value, **more, "bake": None, "progress": None, "turn": asked["turn"]})


def _press(page: Any, selector: str) -> tuple[float, float]:
    """Press the mouse on the left of a part, and keep it down; where."""
    box = page.locator(selector).bounding_box()
    at = (box["x"] + 6, box["y"] + box["height"] / 2)
    page.mouse.move(*at)
    page.mouse.down()
    return at


def test_frames_that_come_leave_the_parts_where_they_are(page) -> None:
    asked = _three(page)
    page.evaluate("window.parts = [...document.querySelector('.timeline').children]")
    _frames(page, asked, 1)
    same = "parts.every((one, i) => one === document.querySelector('.timeline').children[i])"
    assert page.evaluate(same)
    _frames(page, asked, 2, "!")
    assert page.inner_text(".face span >> nth=0") == "p1!", "another name is shown"


def test_a_tile_that_is_dragged_while_frames_come_is_moved(page) -> None:
    asked = _three(page)
    x, y = _press(page, ".face >> nth=0")
    page.mouse.move(x + 40, y)
    _frames(page, asked, 1, "!")
    last = page.locator(".face >> nth=2").bounding_box()
    page.mouse.move(last["x"] + 55, y, steps=4)
    page.mouse.up()
    page.wait_for_function("() => sent.at(-1).value.tiles[2].picture === 'p1'")
    assert page.inner_text(".face span >> nth=2") == "p1!", "what came is shown then"


def test_a_time_that_is_dragged_while_frames_come_is_taken(page) -> None:
    asked = _three(page)
    x, y = _press(page, ".gap .line >> nth=0")
    page.mouse.move(x + 30, y)
    _frames(page, asked, 1, "!")
    assert page.input_value(".gap input >> nth=0") == "2.0"
    page.mouse.move(x + 60, y)
    page.mouse.up()
    page.wait_for_function("() => sent.at(-1).value.gaps[0] === 2.5")
    assert page.inner_text(".face span >> nth=0") == "p1!"


def test_a_number_that_is_half_typed_stays(page) -> None:
    asked = _three(page)
    page.focus(".gap input >> nth=1")
    page.keyboard.press("Control+a")
    page.keyboard.type("3")
    _frames(page, asked, 1, "!")
    page.keyboard.type(".5")
    assert page.input_value(".gap input >> nth=1") == "3.5"
    page.keyboard.press("Enter")
    page.wait_for_function("() => sent.at(-1).value.gaps[1] === 3.5")
    assert page.evaluate("document.activeElement.ariaLabel") == "Seconds between 2 and 3"
    page.keyboard.press("Control+a")
    page.keyboard.type("99")
    page.keyboard.press("Enter")
    assert page.input_value(".gap input >> nth=1") == "10.0", "the longest"


def test_a_length_that_is_dragged_while_frames_come_stays_under_the_hand(page) -> None:
    asked = _three(page)
    length = page.locator("[data-part=length]")
    length.evaluate("(one) => { one.value = 9; one.dispatchEvent(new Event('input')); }")
    _frames(page, asked, 1)
    assert length.input_value() == "9"
    length.dispatch_event("change")
    page.wait_for_function("() => sent.at(-1).value.length === 9")


def test_the_focus_stays_where_a_picture_was_taken_out(page) -> None:
    _three(page)
    for left in (2, 1):
        page.focus(".timeline .out >> nth=0")
        page.keyboard.press("Enter")
        page.wait_for_function("n => document.querySelectorAll('.face').length === n", arg=left)
        assert page.evaluate("document.activeElement.className") == "out"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.className") == "plus"


def test_and_back_is_turned_off_and_on_also_without_people(page) -> None:
    page.check("[value=change]")
    page.wait_for_function("() => sent.at(-1)?.value.kind === 'change'")
    asked = sent(page, "input")
    value = {"ends": [PIXEL, PIXEL], "state": "done", "frames": [PIXEL], "from": 0}
    answer(page, {**value, "count": 1, "seconds": 3, "turn": asked["turn"]})
    for pressed in ("false", "true"):
        page.click(".timeline .round")
        assert page.get_attribute(".timeline .round", "aria-pressed") == pressed


def test_another_domain_empties_it(page) -> None:
    stage = "domain => shared.change({ stage: { ...shared.now().stage, domain } })"
    page.evaluate(stage, "faces")
    _three(page)
    page.evaluate(stage, "scenes")
    page.wait_for_function("() => sent.at(-1).value.tiles.length === 0")
    assert page.locator(".face").count() == 0


def test_a_finger_scrolls_it_and_drags_after_it_has_rested(browser) -> None:
    phone = {"viewport": {"width": 390, "height": 700}, "has_touch": True, "is_mobile": True}
    with component_page(browser, "animate_panel", "{ place: 'animate' }", **phone) as page:
        _three(page)
        session = page.context.new_cdp_session(page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            at = [{"x": x, "y": y} for x, y in points]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

        def middle(selector: str) -> tuple[float, float]:
            box = page.locator(selector).bounding_box()
            return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

        def swipe(x: float, y: float, by: float) -> None:
            touch("touchStart", (x, y))
            for step in range(1, 9):
                touch("touchMove", (x + by * step, y))
            touch("touchEnd")

        scrolled = "document.querySelector('.timeline').scrollLeft"
        x, y = middle(".gap .line >> nth=0")
        touch("touchStart", (x, y))  # on the number, which a tap would type
        page.wait_for_selector(".gap.held")
        for step in range(1, 7):
            touch("touchMove", (x + 10 * step, y))
        touch("touchEnd")
        page.wait_for_function("() => sent.at(-1).value.gaps[0] === 2.5")
        assert page.evaluate(scrolled) == 0
        swipe(*middle(".face >> nth=1"), -10)
        page.wait_for_function(f"() => {scrolled} > 20")
        x, y = middle(".gap .line >> nth=1")
        swipe(x, y, 10)
        page.wait_for_function(f"() => {scrolled} < 20")
        asked = sent(page, "input")
        assert [one["picture"] for one in asked["tiles"]] == ["p1", "p2", "p3"]
        assert asked["gaps"] == [2.5, 1.5, 1.5]
