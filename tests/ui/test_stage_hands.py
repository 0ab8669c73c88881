"""What hands do to the stage where a pointer is lifted elsewhere, a stage is hidden, or a key ends something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from editor.ui.components.html_component import asset
from tests.ui.overlay_stage import Fingers
from tests.ui.stage_page import give, grey, noise, opened, png, stage_served, tab_of

LIES = "() => stage.view.toPhoto([300, 200])"
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
PHONE = {"viewport": {"width": 390, "height": 640}, "has_touch": True}


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("photos")
    noise(900, 600, 1).save(folder / "photo.png")
    with stage_served(folder) as url:
        yield url


@pytest.fixture
def page(browser, address: str) -> Iterator[Any]:
    with tab_of(browser, address) as tab:
        yield tab


@pytest.fixture
def phone(browser, address: str) -> Iterator[Any]:
    tab = opened(browser, address, **PHONE)
    yield tab
    tab.close()
    assert tab.errors == []


def zoomed(page) -> None:
    page.evaluate("() => stage.view.set({ scale: 3, x: -900, y: -500 })")


def beside(page) -> None:
    """Leave room beside the stage for a panel, which hears its own pointers."""
    page.evaluate("() => { document.querySelector('#stage').style.right = '300px'; }")
    page.wait_for_function("() => stage.view.element.clientWidth < 700")


def test_a_view_that_was_hidden_lies_where_it_was(page) -> None:
    give(page)
    zoomed(page)
    before = page.evaluate("() => ({ ...stage.view.transform() })")
    for shown in ("none", ""):
        page.evaluate("s => { document.querySelector('#stage').style.display = s; }", shown)
        page.wait_for_function("s => !stage.view.element.clientWidth === Boolean(s)", arg=shown)
        page.evaluate(FRAMES)
    assert page.evaluate("() => stage.view.transform()") == before


def test_the_middle_stays_in_the_middle_side_by_side(page) -> None:
    give(page)
    zoomed(page)
    middle = "() => { const box = stage.view.boxes().at(-1); return stage.view.toPhoto([box.left + box.width / 2, box.height / 2]); }"
    before = page.evaluate(middle)
    page.keyboard.press("Shift+Y")
    assert np.allclose(page.evaluate(middle), before, atol=0.01)
    page.keyboard.press("Shift+Y")
    assert np.allclose(page.evaluate(middle), before, atol=0.01)


def test_a_mouse_that_is_lifted_over_the_panel_pans_no_more(page) -> None:
    give(page)
    beside(page)
    zoomed(page)
    edge = page.evaluate("() => stage.view.element.clientWidth") - 2
    page.mouse.move(edge, 300)
    page.mouse.down()
    page.mouse.move(edge + 100, 300)  # at once over the panel
    page.mouse.up()
    lies = page.evaluate(LIES)
    page.mouse.move(400, 300)
    page.mouse.move(300, 250)
    assert page.evaluate(LIES) == lies


def test_a_divider_that_is_let_go_over_the_panel_is_let_go(page) -> None:
    give(page)
    beside(page)
    page.keyboard.press("y")
    at = "() => document.querySelector('.divider').getAttribute('aria-valuenow')"
    page.mouse.move(600, 300)
    page.mouse.down()
    page.mouse.move(800, 300)
    page.mouse.up()
    assert page.evaluate(at) == "100"
    page.mouse.move(400, 300)
    page.mouse.move(300, 300)
    assert page.evaluate(at) == "100"


def test_a_press_whose_end_nobody_told_pans_nothing(page) -> None:
    give(page)
    zoomed(page)
    page.mouse.move(400, 300)
    page.mouse.down()
    page.evaluate(  # as where another window took the mouse
        "() => window.addEventListener('pointerup', (event) => event.stopImmediatePropagation(), true)"
    )
    page.evaluate(
        "() => stage.view.element.addEventListener('lostpointercapture', (event) => event.stopImmediatePropagation(), true)"
    )
    page.mouse.up()
    lies = page.evaluate(LIES)
    page.mouse.move(300, 200)
    page.mouse.move(250, 200)
    assert page.evaluate(LIES) == lies


def test_a_finger_that_is_lifted_over_the_panel_is_forgotten(phone) -> None:
    give(phone, picture="p1")
    phone.evaluate("() => { document.querySelector('.view').style.maxHeight = '400px'; }")
    phone.wait_for_function("() => stage.view.element.clientHeight === 400")
    phone.add_style_tag(content=asset("stage_overlays.css"))
    phone.evaluate("() => state.change({ tool: 'brush' })")
    phone.wait_for_selector(".overlay.brush:not([hidden])")
    canvas = phone.locator(".overlay.brush canvas").bounding_box()
    x, y = canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2
    fingers = Fingers(phone)
    fingers.down(0, (x - 20, y))
    fingers.down(1, (x + 20, y))
    fingers.move(f0=(x - 60, y), f1=(x + 60, y))
    fingers.move(f0=(x - 60, 600))  # onto the panel
    fingers.up()
    phone.evaluate("() => state.change({ tool: 'sliders' })")
    zoomed(phone)
    scale = phone.evaluate("() => stage.view.scale()")
    fingers.down(2, (200, 100))
    fingers.move(f2=(120, 140))
    fingers.up()
    assert phone.evaluate("() => stage.view.scale()") == scale


def test_a_finger_of_which_nothing_more_was_heard_does_not_pinch(phone) -> None:
    give(phone)
    zoomed(phone)
    phone.evaluate(
        """() => stage.view.element.dispatchEvent(new PointerEvent('pointerdown', {
          pointerType: 'touch', pointerId: 99, clientX: 10, clientY: 10, bubbles: true, buttons: 1 }))"""
    )
    scale, lies = phone.evaluate("() => stage.view.scale()"), phone.evaluate(LIES)
    fingers = Fingers(phone)
    fingers.down(0, (200, 200))
    fingers.move(f0=(150, 240))
    fingers.up()
    assert phone.evaluate("() => stage.view.scale()") == scale
    assert phone.evaluate(LIES) != lies


HAND = """([name, pointerId, clientX, clientY]) => stage.view.element.dispatchEvent(new PointerEvent(name, {
  pointerType: 'touch', pointerId, clientX, clientY, isPrimary: pointerId === 1, bubbles: true, buttons: 1 }))"""


def test_a_finger_that_is_put_down_again_begins_anew(phone) -> None:
    give(phone)
    zoomed(phone)
    for name, finger, x in (
        *(("pointerdown", 1, 100), ("pointerdown", 2, 200), ("pointermove", 2, 240)),
        ("pointerup", 2, 240),
    ):
        phone.evaluate(HAND, [name, finger, x, 200])
    scale = phone.evaluate("() => stage.view.scale()")
    assert scale == pytest.approx(3 * 1.4)
    phone.evaluate(HAND, ["pointerdown", 3, 150, 200])
    assert phone.evaluate("() => stage.view.scale()") == scale
    phone.evaluate(HAND, ["pointermove", 3, 160, 200])
    assert phone.evaluate("() => stage.view.scale()") == pytest.approx(scale * 1.2)


def test_escape_ends_the_comparison_and_then_the_proposal(page) -> None:
    give(page)
    page.evaluate(
        """async (after) => {
          const { proposals } = await import('/modules/proposals.js');
          state.change({ tool: 'patch' });
          window.standing = proposals('patch', () => {});
          standing.set({ after, label: 'patch', picture: 'p1' });
        }""",
        png(grey(200)),
    )
    page.keyboard.press("y")
    now = "() => [!document.querySelector('.divider').hidden, Boolean(standing.standing())]"
    assert page.evaluate(now) == [True, True]
    page.keyboard.press("Escape")
    assert page.evaluate(now) == [False, True]
    page.keyboard.press("Escape")
    assert page.evaluate(now) == [False, False]


def test_the_keys_that_the_frame_names_do_what_it_says(page) -> None:
    give(page, state="frame", picture="", reference="", after="")
    page.focus(".frame-square")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    event, sent = page.evaluate("() => sent.at(-1)")
    assert (event, sent["frame"]["side"]) == ("release", 0.4)
    assert sent["frame"]["x"] > 0.4
    page.keyboard.press("Escape")
    assert page.evaluate("() => sent.at(-1)[0]") == "clear"
