"""The frame on the stage, by mouse, fingers and keyboard, without the rest of the page."""

from __future__ import annotations

import numpy as np
import pytest

from tests.ui.overlay_stage import PHONE, SHOW, Fingers, drag, heard, middle, swipe


def crop(page) -> dict[str, float]:
    return page.evaluate("() => overlays.frame.crop()")


def scale(page) -> float:
    return page.evaluate("() => view.scale()")


def test_the_frame_is_dragged_resized_and_turned_by_mouse(stage) -> None:
    page = stage("frame")
    zoom = scale(page)
    drag(page, middle(page, ".frame-square"), (100 * zoom, -80 * zoom))
    assert crop(page) == pytest.approx({"x": 0.6, "y": 0.4, "side": 0.5, "angle": 0}, abs=1e-3)
    assert heard(page, "changed")[-1] == [crop(page)]
    drag(page, middle(page, "[data-corner='2']"), (80 * zoom, 80 * zoom))
    assert crop(page) == pytest.approx({"x": 0.64, "y": 0.45, "side": 0.6, "angle": 0}, abs=2e-3)
    centre, handle = middle(page, ".frame-square"), middle(page, ".frame-turn")
    away = abs(handle[1] - centre[1])
    drag(page, handle, (centre[0] + away - handle[0], centre[1] - handle[1]))
    assert abs(crop(page)["angle"]) == pytest.approx(90, abs=0.5)
    assert heard(page, "viewer") == [], "the picture stays where it is"


def test_a_wheel_resizes_the_frame_and_beside_it_zooms_the_picture(stage) -> None:
    page = stage("frame")
    page.mouse.move(*middle(page, ".frame-square"))
    page.mouse.wheel(0, -80)
    page.wait_for_function("() => heard.some(one => one[0] === 'changed')")
    assert crop(page)["side"] == pytest.approx(0.5 * np.exp(0.1), rel=1e-3)
    assert heard(page, "viewer") == []
    page.mouse.move(30, 300)
    page.mouse.wheel(0, -80)
    page.wait_for_function("() => heard.some(one => one[0] === 'viewer')")
    drag(page, (30, 300), (20, 0))
    assert [one[0] for one in heard(page, "viewer")] == ["wheel", "pointerdown"]
    assert crop(page)["x"] == 0.5


def test_a_value_that_comes_during_a_drag_does_not_move_the_frame(stage) -> None:
    page = stage("frame")
    x, y = middle(page, ".frame-square")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 50, y)
    page.evaluate(f"() => {{ {SHOW['frame']} }}")
    assert crop(page)["x"] > 0.5
    page.mouse.move(x + 100, y)
    page.mouse.up()
    want = 0.5 + 100 / (1000 * scale(page))
    assert crop(page)["x"] == pytest.approx(want, abs=1e-3)
    page.evaluate(f"() => {{ {SHOW['frame']} }}")
    assert crop(page)["x"] == 0.5


def test_the_frame_obeys_keys(stage) -> None:
    page = stage("frame")
    page.focus(".frame-square")
    for key in ("ArrowRight", "Shift+ArrowDown", "+", "]", "]", "["):
        page.keyboard.press(key)
    assert crop(page) == pytest.approx({"x": 0.508, "y": 0.55, "side": 0.525, "angle": 1})
    page.keyboard.press("Enter")
    assert heard(page, "use") == [[crop(page)]]
    page.keyboard.press("Escape")
    assert heard(page, "cancel") == [[]]


def test_two_fingers_resize_and_turn_the_frame(stage) -> None:
    page = stage("frame", where=PHONE)
    x, y = middle(page, ".frame-square")
    fingers = Fingers(page)
    fingers.down(0, (x - 20, y))
    fingers.down(1, (x + 20, y))
    fingers.move(f0=(x, y - 40), f1=(x, y + 40))
    fingers.up()
    assert crop(page) == pytest.approx({"x": 0.5, "y": 0.5, "side": 1.0, "angle": 90}, abs=0.01)
    page.evaluate(f"() => {{ {SHOW['frame']} }}")
    fingers.down(0, (x, y))  # the second one beside the small frame
    fingers.down(1, (x + 150, y))
    fingers.move(f1=(x + 75, y))
    fingers.up()
    assert crop(page)["side"] == pytest.approx(0.25, abs=0.02)
    assert heard(page, "viewer") == []
    assert heard(page, "pinch") == []
    fingers.down(0, (x, y + 160))  # both beside it: the picture is zoomed
    fingers.down(1, (x + 60, y + 160))
    fingers.up()
    assert len(heard(page, "pinch")) == 1
    assert page.evaluate("() => fingers.size") == 0


def test_a_finger_drags_the_frame_and_the_page_does_not_scroll(stage) -> None:
    page = stage("frame", where=PHONE)
    swipe(page, middle(page, ".frame-square"), (0, 40))
    assert crop(page)["y"] == pytest.approx(0.5 + 40 / (800 * scale(page)), abs=0.01)
    assert page.evaluate("() => scrollY") == 0


def test_the_question_names_what_is_looked_for_and_answers_are_buttons(stage) -> None:
    page = stage()
    page.evaluate(
        "() => overlays.frame.show({x: .5, y: .5, side: .5, angle: 0}, null, 'landscape')"
    )
    assert page.inner_text(".frame-question") == "Is this the landscape? Drag the frame onto it."
    page.get_by_role("button", name="Use this landscape").click()
    page.get_by_role("button", name="Cancel").click()
    assert heard(page, "use") == [[{"x": 0.5, "y": 0.5, "side": 0.5, "angle": 0}]]
    assert heard(page, "cancel") == [[]]
    assert heard(page, "viewer") == []
    assert page.locator(".frame-mark:visible").count() == 0
    page.evaluate("() => overlays.frame.hide()")
    assert not page.is_visible(".overlay.frame")
    assert page.evaluate("() => listeners.size") == 0


def test_marks_and_frame_lie_on_the_face_at_any_zoom(stage) -> None:
    page = stage()
    page.evaluate("() => overlays.frame.show(FOUND[1], MARKS)")
    for look in ("look(.6, 40, 60)", "look(1.3, -500, -100)"):
        page.evaluate(f"() => {look}")
        want = page.evaluate(
            """() => {
              const { x, y, side, angle } = FOUND[1];
              const turn = angle * Math.PI / 180, by = (MARKS.mouth[1] - .5) * side * 800;
              const [a, b] = view.toScreen([x * 1000 - Math.sin(turn) * by, y * 800 + Math.cos(turn) * by]);
              return [a, b];
            }"""
        )
        assert middle(page, ".frame-mark.mouth") == pytest.approx(want, abs=1)
