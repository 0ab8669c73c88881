"""The brush on the stage, by mouse, fingers and keyboard, without the rest of the page."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from editor.ui.data_uris import drawn_mask
from tests.ui.overlay_stage import PHONE, Fingers, drag, heard, middle, swipe


def mask(uri: str) -> np.ndarray:
    """The mask as the server reads it, 64 × 64."""
    read = drawn_mask(uri, 64)
    assert read is not None
    return read.numpy()


def test_a_stroke_is_painted_where_the_mouse_was_and_told_at_its_end(stage) -> None:
    page = stage("brush")
    side = page.evaluate("() => .42 * 800 * view.scale()")
    x, y = middle(page, ".brush-canvas")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + side / 4, y, steps=3)
    assert heard(page, "painted") == []
    page.mouse.up()
    (uri,) = heard(page, "painted")[0]
    found = mask(uri)
    # the square is turned by −6 degrees: a quarter of a side to the right on the stage
    turn = np.radians(6)
    end = (32 + 16 * np.cos(turn), 32 + 16 * np.sin(turn))
    for u, v in ((32, 32), ((32 + end[0]) / 2, (32 + end[1]) / 2), end):
        assert found[round(v), round(u)] > 0.9
    assert found[:20].max() == 0
    assert found[44:].max() == 0
    assert found[:, :24].max() == 0
    assert heard(page, "viewer") == []
    assert page.inner_text("[data-act=visible]").startswith("Mask ")
    assert page.is_visible("text=Sliders now change only the painted part.")
    page.get_by_role("button", name="Bake in").click()
    assert heard(page, "bake") == [[]]


def test_erase_box_invert_and_clear(stage) -> None:
    page = stage("brush")
    assert page.get_by_role("button", name="Clear").is_disabled()
    x, y = middle(page, ".brush-canvas")
    page.fill("[name=soft]", "0")
    page.get_by_role("button", name="Box", exact=True).click()
    page.evaluate(
        "() => overlays.brush.show({crop: {...FOUND[0], angle: 0}, mask: '', picture: 'a'})"
    )
    side = page.evaluate("() => .42 * 800 * view.scale()")
    drag(page, (x - side / 4, y - side / 4), (side / 2, side / 2))
    square = np.zeros((64, 64), bool)
    square[16:48, 16:48] = True
    found = mask(heard(page, "painted")[-1][0])
    assert np.abs(found - square).mean() < 0.01
    page.get_by_role("button", name="Invert").click()
    assert np.abs(mask(heard(page, "painted")[-1][0]) - ~square).mean() < 0.01
    page.get_by_role("button", name="Erase").click()
    page.fill("[name=size]", "60")
    drag(page, (x, y - side * 0.45), (0, side * 0.1))
    assert mask(heard(page, "painted")[-1][0])[:8, 24:40].max() == 0
    page.get_by_role("button", name="Clear").click()
    assert heard(page, "painted")[-1] == [""]
    assert not page.is_visible(".bar-note")


def test_keys_of_the_brush_are_heard_unless_a_text_is_typed(stage) -> None:
    page = stage("brush")
    size = lambda: int(page.input_value("[name=size]"))  # noqa: E731
    page.keyboard.press("]")
    assert size() == 14
    page.keyboard.press("[")
    page.keyboard.press("x")
    page.keyboard.press("o")
    pressed = "[data-tool][aria-pressed=true]"
    assert (size(), page.inner_text(pressed)) == (12, "Erase")
    assert page.get_attribute("[data-act=visible]", "aria-pressed") == "false"
    page.keyboard.press("x")
    assert page.inner_text(pressed) == "Brush"
    page.focus("#field")
    page.keyboard.type("ox[]")
    assert (size(), page.inner_text(pressed), page.input_value("#field")) == (12, "Brush", "ox[]")
    page.evaluate("() => overlays.brush.hide()")
    page.focus("body")
    page.keyboard.press("x")
    assert page.evaluate("() => listeners.size") == 0
    assert page.evaluate("p => document.querySelector(p).textContent", pressed) == "Brush"


def test_the_keyboard_paints(stage) -> None:
    page = stage("brush")
    page.focus(".brush-canvas")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    found = mask(heard(page, "painted")[0][0])
    assert found[33, 40] > 0.9
    assert found[33, 30] == 0
    assert page.is_visible(".brush-ring")
    page.keyboard.down(" ")  # held, the arrows draw a line
    for _ in range(4):
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.up(" ")
    assert len(heard(page, "painted")) == 2
    assert mask(heard(page, "painted")[1][0])[33, 24:40].min() > 0.9
    page.keyboard.press("ArrowRight")
    assert len(heard(page, "painted")) == 2


def test_space_and_a_drag_leave_the_picture_to_the_viewer(stage) -> None:
    page = stage("brush")
    at = middle(page, ".brush-canvas")
    drag(page, at, (10, 0))
    page.keyboard.down(" ")
    drag(page, at, (40, 40))
    page.keyboard.up(" ")
    assert len(heard(page, "painted")) == 1
    assert [one[0] for one in heard(page, "viewer")] == ["pointerdown"]
    assert len(heard(page, "space")) == 1
    assert page.evaluate("() => scrollY") == 0


def test_two_quick_dabs_are_no_double_click_on_the_picture(stage) -> None:
    page = stage("brush")
    page.mouse.dblclick(*middle(page, ".brush-canvas"))
    assert heard(page, "viewer") == []


def test_a_finger_paints_and_two_move_the_picture(stage) -> None:
    page = stage("brush", where=PHONE)
    x, y = middle(page, ".brush-canvas")
    swipe(page, (x, y), (0, -60))
    assert len(heard(page, "painted")) == 1
    assert page.evaluate("() => scrollY") == 0
    fingers = Fingers(page)
    fingers.down(0, (x - 20, y))
    fingers.move(f0=(x - 15, y))
    fingers.down(1, (x + 20, y))
    fingers.move(f0=(x - 40, y), f1=(x + 40, y))
    fingers.up()
    assert len(heard(page, "painted")) == 1, "the stroke that began is given up"
    ((pinch,),) = heard(page, "pinch")
    assert len(set(pinch)) == 2, "the viewer has both fingers"
    fingers.down(0, (x, y))
    fingers.down(1, (x, y + 150))  # beside the square
    fingers.move(f0=(x, y - 60))
    fingers.up()
    assert len(heard(page, "painted")) == 1
    assert len(heard(page, "pinch")) == 2
    assert page.evaluate("() => fingers.size") == 0


def test_a_stroke_that_has_not_ended_goes_with_the_brush(stage) -> None:
    page = stage("brush")
    x, y = middle(page, ".brush-canvas")
    page.mouse.move(x - 60, y)
    page.mouse.down()
    page.mouse.move(x - 20, y, steps=3)
    page.evaluate("() => overlays.brush.hide()")
    page.mouse.up()
    page.evaluate("() => overlays.brush.show({crop: FOUND[0], mask: '', picture: 'a'})")
    assert heard(page, "painted") == []
    drag(page, (x + 40, y), (20, 0))
    found = mask(heard(page, "painted")[-1][0])
    side = found.shape[0]
    assert found[:, : side // 2].max() == 0, "what the server never had is not there"
    assert found[:, side // 2 :].max() == 1


def answer(uri: str, side: int = 64) -> str:
    """A mask as the server gives it back, at the size of the domain."""
    pixels = (mask(uri) * 255).round().astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).resize((side, side)).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


SHARE = "() => document.querySelector('[data-act=visible]').textContent"


def given(page, uri: str, picture: str = "a") -> None:
    page.evaluate(
        "async ([mask, picture]) => { overlays.brush.show({crop: FOUND[0], mask, picture});"
        " await new Promise(done => setTimeout(done, 200)); }",
        [uri, picture],
    )


def test_a_late_answer_covers_no_newer_stroke_but_going_back_does(stage) -> None:
    page = stage("brush")
    x, y = middle(page, ".brush-canvas")
    drag(page, (x - 40, y), (20, 0))
    one, first = heard(page, "painted")[-1][0], page.evaluate(SHARE)
    drag(page, (x - 40, y + 60), (80, 0))
    both = page.evaluate(SHARE)
    assert both != first
    given(page, answer(one))
    assert page.evaluate(SHARE) == both, "late"
    page.click("#undo")
    given(page, answer(one))
    assert page.evaluate(SHARE) == first
    drag(page, (x - 40, y + 60), (80, 0))
    given(page, answer(one))
    assert page.evaluate(SHARE) == both
    page.keyboard.press("Control+z")
    given(page, answer(one))
    assert page.evaluate(SHARE) == first


def test_nothing_of_a_picture_stays_on_another(stage) -> None:
    page = stage("brush")
    drag(page, middle(page, ".brush-canvas"), (20, 0))
    assert page.evaluate(SHARE) != "Mask 0%"
    given(page, "", picture="b")  # as nothing was painted on the first one at first
    assert page.evaluate(SHARE) == "Mask 0%"


def test_a_mask_that_comes_during_a_stroke_is_not_taken(stage) -> None:
    page = stage("brush")
    x, y = middle(page, ".brush-canvas")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y)
    half = page.evaluate("() => half")
    given(page, half)
    page.mouse.up()
    assert mask(heard(page, "painted")[-1][0])[40:56, 16:24].max() == 0


def test_the_options_bar_scrolls_with_a_finger(stage) -> None:
    page = stage("brush", where=PHONE)
    x, y = middle(page, ".bar-row >> nth=0")
    swipe(page, (x, y), (-150, 0))
    page.wait_for_function("() => document.querySelector('.bar-row').scrollLeft > 50")
    page.evaluate("() => document.body.style.paddingTop = '200px'")
    start = middle(page, "[data-act=invert]")
    swipe(page, start, (0, -120))
    page.wait_for_function("() => scrollY > 50")
    assert heard(page, "painted") == []
    assert heard(page, "viewer") == []


def test_the_options_fit_into_one_row_of_the_smallest_desktop(stage) -> None:
    page = stage("brush", where={"viewport": {"width": 912, "height": 664}})
    page.evaluate("() => overlays.brush.show({crop: null, mask: half, picture: 'a'})")
    page.wait_for_selector("text=Bake in")
    assert page.locator(".bar-row >> nth=0").bounding_box()["height"] <= 32 + 2 * 8
    box = page.locator(".overlay-bar.at-head").bounding_box()
    assert box["x"] >= 8
    assert box["x"] + box["width"] <= 904
