"""What lies over the picture on the stage, by mouse, fingers and keyboard, without the rest of the page."""

from __future__ import annotations

import base64
import functools
import io
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image

from editor.ui.data_uris import drawn_mask
from tests.ui.driver import ROOT

DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SHOW = {
    "frame": "overlays.frame.show({x: .5, y: .5, side: .5, angle: 0}, MARKS)",
    "faces": "overlays.faces.show(FOUND, 0)",
    "brush": "overlays.brush.show({crop: FOUND[0], mask: '', picture: 'a', "
    "ready: [{title: 'Mouth', mask: half}]})",
    "patch": "overlays.patch.show({crop: FOUND[0], picture: ownFace, mask: half})",
    "pucks": "overlays.pucks.show({crop: FOUND[0], marks: MARKS, "
    "shares: {smile: 0, mouth_open: 0, turn: 0, nod: 0, light: 0}})",
}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def harness() -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(ROOT))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/tests/ui/overlays.html"
        server.shutdown()


@pytest.fixture
def stage(browser, harness: str) -> Iterator[Callable[..., object]]:
    """Open the page of the overlays and show some of them; a script's error fails the test."""
    pages, errors = [], []

    def show(*names: str, where: dict = DESKTOP, dark: bool = False):
        page = browser.new_page(**where)
        pages.append(page)
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(harness + ("?dark" if dark else ""))
        page.wait_for_function("() => window.overlays")
        for name in names:
            page.evaluate(f"() => {{ {SHOW[name]} }}")
        return page

    yield show
    for page in pages:
        page.close()
    assert errors == []


def heard(page, name: str) -> list:
    """What was told by that name, without the name."""
    return page.evaluate(
        "name => heard.filter(one => one[0] === name).map(one => one.slice(1))", name
    )


def middle(page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, start: tuple[float, float], by: tuple[float, float], steps: int = 4) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + by[0], start[1] + by[1], steps=steps)
    page.mouse.up()


class Fingers:
    """Fingers on a touch screen, by name."""

    def __init__(self, page) -> None:
        self.session = page.context.new_cdp_session(page)
        self.at: dict[int, tuple[float, float]] = {}

    def _send(self, kind: str) -> None:
        points = [{"id": i, "x": x, "y": y} for i, (x, y) in self.at.items()]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def down(self, finger: int, at: tuple[float, float]) -> None:
        self.at[finger] = at
        self._send("touchStart")

    def move(self, steps: int = 5, **to: tuple[float, float]) -> None:
        start = dict(self.at)
        for step in range(1, steps + 1):
            for name, (x, y) in to.items():
                finger = int(name[1:])
                (a, b), share = start[finger], step / steps
                self.at[finger] = (a + (x - a) * share, b + (y - b) * share)
            self._send("touchMove")

    def up(self) -> None:
        self.at.clear()
        self._send("touchEnd")


def swipe(page, start: tuple[float, float], by: tuple[float, float]) -> None:
    fingers = Fingers(page)
    fingers.down(0, start)
    fingers.move(f0=(start[0] + by[0], start[1] + by[1]))
    fingers.up()


def crop(page) -> dict[str, float]:
    return page.evaluate("() => overlays.frame.crop()")


def scale(page) -> float:
    return page.evaluate("() => view.scale()")


def mask(uri: str) -> np.ndarray:
    """The mask as the server reads it, 64 × 64."""
    read = drawn_mask(uri, 64)
    assert read is not None
    return read.numpy()


# --- frame


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


# --- faces


def test_another_face_is_chosen_by_click_and_by_enter(stage) -> None:
    page = stage("faces")
    page.get_by_role("button", name="Face 2 of 3").click()
    page.get_by_role("button", name="Face 3 of 3").press("Enter")
    assert heard(page, "choose") == [[1], [2]]
    assert page.get_by_role("button", name="Face 1 of 3").count() == 0, "it is the shown one"
    assert page.get_by_role("img", name="Face 1 of 3, shown").count() == 1


def test_a_drag_that_begins_on_a_face_moves_the_picture(stage) -> None:
    page = stage("faces")
    drag(page, middle(page, "button.face >> nth=0"), (30, 10))
    assert heard(page, "choose") == []
    assert [one[0] for one in heard(page, "viewer")] == ["pointerdown"]


def test_a_tap_chooses_and_one_face_alone_has_no_box(stage) -> None:
    page = stage("faces", where=PHONE)
    page.touchscreen.tap(*middle(page, "button.face >> nth=1"))
    assert heard(page, "choose") == [[2]]
    page.evaluate("() => overlays.faces.show(FOUND.slice(0, 1), 0)")
    assert page.locator(".face:visible").count() == 0
    page.evaluate("() => overlays.faces.show(FOUND.slice(0, 1), -1)")
    assert page.locator("button.face:visible").count() == 1


# --- brush


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


def test_a_finger_paints_and_two_move_the_picture(stage) -> None:
    page = stage("brush", where=PHONE)
    x, y = middle(page, ".brush-canvas")
    swipe(page, (x, y), (0, 30))
    assert len(heard(page, "painted")) == 1
    assert page.evaluate("() => scrollY") == 0
    fingers = Fingers(page)
    fingers.down(0, (x - 20, y))
    fingers.move(f0=(x - 15, y))
    fingers.down(1, (x + 20, y))
    fingers.move(f0=(x - 40, y), f1=(x + 40, y))
    fingers.up()
    assert len(heard(page, "painted")) == 1, "the stroke that began is given up"
    downs = [one for one in heard(page, "viewer") if one[0] == "pointerdown"]
    assert len({pointer for _, pointer in downs}) == 2, "the viewer hears of both fingers"


def test_ready_masks_are_put_on_and_off(stage) -> None:
    page = stage("brush")
    chip = page.get_by_role("button", name="Mouth")
    chip.click()
    found = mask(heard(page, "painted")[-1][0])
    assert found[40:56, 16:48].min() == 1
    assert found.sum() == 16 * 32
    assert chip.get_attribute("aria-pressed") == "true"
    chip.click()
    assert heard(page, "painted")[-1] == [""]
    assert chip.get_attribute("aria-pressed") == "false"


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
    drag(page, (x, y), (20, 0))
    given(page, "", picture="b")
    assert page.evaluate(SHARE) == "Mask 0%", "of another picture"


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
    start = middle(page, "[data-act=invert]")
    swipe(page, (start[0], start[1]), (0, 30))  # up to the page's own edge: nothing to see yet
    page.evaluate("() => document.body.style.paddingTop = '200px'")
    start = middle(page, "[data-act=invert]")
    swipe(page, start, (0, -120))
    page.wait_for_function("() => scrollY > 50")
    assert heard(page, "painted") == []
    assert heard(page, "viewer") == []


# --- patch


def test_a_patch_is_dragged_to_its_place(stage) -> None:
    page = stage("patch")
    page.wait_for_selector(".patch-window canvas")
    box = page.evaluate("() => .42 * 800 * view.scale()")
    start = middle(page, ".patch-handle")
    drag(page, start, (0.1 * box, -0.2 * box))
    ((offset,),) = heard(page, "moved")
    turn = np.radians(6)
    want = (0.1 * np.cos(turn) + 0.2 * np.sin(turn), 0.1 * np.sin(turn) - 0.2 * np.cos(turn))
    assert offset == pytest.approx(want, abs=0.005)
    assert middle(page, ".patch-handle") == pytest.approx(
        (start[0] + 0.1 * box, start[1] - 0.2 * box), abs=1.5
    )
    drag(page, middle(page, ".patch-handle"), (2000, 0), steps=2)
    assert heard(page, "moved")[-1][0][0] == pytest.approx(0.5, abs=0.01)
    assert heard(page, "viewer") == []


def test_a_patch_obeys_keys_and_fingers(stage) -> None:
    page = stage("patch", where=PHONE)
    page.wait_for_selector(".patch-window canvas")
    page.focus(".patch-handle")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowDown")
    assert heard(page, "moved") == [[pytest.approx([-0.01, 0])], [pytest.approx([-0.01, 0.05])]]
    swipe(page, middle(page, ".patch-handle"), (0, -20))
    assert len(heard(page, "moved")) == 3
    assert heard(page, "moved")[-1][0][1] < 0
    assert page.evaluate("() => scrollY") == 0


def test_a_patch_shows_its_picture_where_the_mask_is_white(stage) -> None:
    page = stage("patch")
    page.wait_for_selector(".patch-window canvas")
    opaque = page.evaluate(
        """() => {
          const canvas = document.querySelector('.patch-window canvas');
          const pen = canvas.getContext('2d'), at = (u, v) => pen.getImageData(u * 512, v * 512, 1, 1).data[3];
          return [at(.5, .75), at(.5, .3), at(.1, .75)];
        }"""
    )
    assert opaque == [255, 0, 0]


# --- pucks


def test_a_puck_pulls_sliders(stage) -> None:
    page = stage("pucks")
    side = page.evaluate("() => .42 * 800 * view.scale()")
    drag(page, middle(page, "[data-part=mouth]"), (0, -0.08 * side))
    last = dict(heard(page, "pull"))
    assert last["smile"] == pytest.approx(0.5 * np.cos(np.radians(6)), abs=0.03)
    assert abs(last["mouth_open"]) == pytest.approx(0.5 * np.sin(np.radians(6)), abs=0.03)
    assert len(heard(page, "rest")) == 1
    assert heard(page, "viewer") == []
    drag(page, middle(page, "[data-part=nose]"), (0.08 * side, 0))
    assert dict(heard(page, "pull"))["turn"] == pytest.approx(-0.5, abs=0.03), "its sign is turned"
    drag(page, middle(page, "[data-part=sun]"), (0.3 * side, 0.1 * side))
    assert 0.3 < dict(heard(page, "pull"))["light"] < 0.8
    page.dblclick("[data-part=sun]")
    assert dict(heard(page, "pull"))["light"] == 0


def test_pucks_obey_keys_and_h_hides_them(stage) -> None:
    page = stage("pucks")
    puck = page.get_by_role("slider", name="Mouth")
    puck.focus()
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    assert dict(heard(page, "pull")) == pytest.approx({"smile": 0.11, "mouth_open": 0.01})
    assert len(heard(page, "rest")) == 3
    assert puck.get_attribute("aria-valuetext") == "mouth open 1, smile 11"
    page.keyboard.press("Backspace")
    assert dict(heard(page, "pull")) == {"smile": 0, "mouth_open": 0}
    page.keyboard.press("h")
    assert not page.is_visible(".puck")
    assert heard(page, "seen") == [[False]]
    page.focus("#field")
    page.keyboard.type("h")
    assert not page.is_visible(".puck")
    page.focus("body")
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("H")
    assert page.is_visible("[data-part=mouth]")


def test_a_finger_pulls_a_puck_that_lies_where_its_sliders_are(stage) -> None:
    page = stage("pucks", where=PHONE)
    before = middle(page, "[data-part=mouth]")
    swipe(page, before, (0, -10))
    assert heard(page, "pull")[-1][0] in ("smile", "mouth_open")
    assert len(heard(page, "rest")) == 1
    assert page.evaluate("() => scrollY") == 0
    page.evaluate(f"() => {{ {SHOW['pucks']} }}")
    assert middle(page, "[data-part=mouth]") == pytest.approx(before, abs=0.5)
    page.evaluate("() => overlays.pucks.show({crop: FOUND[0], marks: MARKS, shares: {smile: 0}})")
    assert page.locator(".puck:visible").count() == 1, "the others' sliders are not there"
    page.evaluate("() => overlays.pucks.show({crop: FOUND[2], marks: MARKS, shares: {smile: 0}})")
    assert page.locator(".puck:visible").count() == 0, "too small"


# --- all of them


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("where", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_everything_has_a_name_and_can_be_read(stage, where: dict, dark: bool) -> None:
    if not AXE.exists():
        pytest.skip("axe-core was not installed: npm ci")
    page = stage(where=where, dark=dark)
    page.add_script_tag(path=str(AXE))
    for name, show in SHOW.items():
        page.evaluate(f"() => {{ {show} }}")
        found = page.evaluate(
            "async () => (await axe.run('#host')).violations.map(v => [v.id, v.nodes[0].html])"
        )
        assert found == [], name
        page.evaluate(f"() => overlays.{name}.hide()")


def test_targets_are_large_enough_for_fingers(stage) -> None:
    page = stage("frame", "faces", "brush", where=PHONE)
    for selector in (".overlay-bar button:visible", ".frame-corner", ".frame-turn", ".bar-range"):
        for one in page.locator(selector).all():
            box = one.bounding_box()
            assert min(box["height"], box["width"]) >= 44, f"{selector} {one.text_content()}"
