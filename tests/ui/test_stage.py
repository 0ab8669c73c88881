"""The stage by hand: zoom, pan, two fingers, comparing, keys, photos given, the live path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.ui.stage_page import (
    CROP,
    composed,
    drag,
    give,
    grey,
    noise,
    opened,
    pixel,
    png,
    stage_served,
    tab_of,
)

LIES = "() => stage.view.toPhoto([300, 200])"


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


def test_the_wheel_zooms_at_the_pointer(page) -> None:
    give(page)
    before, scale = page.evaluate(LIES), page.evaluate("() => stage.view.scale()")
    page.mouse.move(300, 200)
    page.mouse.wheel(0, -400)
    page.wait_for_function("scale => stage.view.scale() > 2 * scale", arg=scale)
    assert np.allclose(page.evaluate(LIES), before, atol=0.01)


def test_a_drag_pans_what_is_zoomed_and_not_what_fits(page) -> None:
    give(page)
    fit = page.evaluate(LIES)
    drag(page, (400, 300), (460, 320))
    assert page.evaluate(LIES) == fit
    page.keyboard.press("9")
    page.keyboard.press("+")
    page.keyboard.press("+")
    before, scale = page.evaluate(LIES), page.evaluate("() => stage.view.scale()")
    drag(page, (400, 300), (390, 280))
    expected = np.array(before) + np.array([10, 20]) / scale
    assert np.allclose(page.evaluate(LIES), expected, atol=0.01)


def test_double_click_and_buttons_go_between_fit_and_face(page) -> None:
    give(page)
    fit = page.evaluate("() => stage.view.scale()")
    page.mouse.dblclick(300, 200)
    face = page.evaluate("() => stage.view.scale()")
    assert face > fit
    assert np.allclose(
        page.evaluate("() => stage.view.toScreen([360, 300])"), page.evaluate(MIDDLE), atol=1
    )
    page.mouse.dblclick(300, 200)
    assert page.evaluate("() => stage.view.scale()") == fit
    page.get_by_role("button", name="Face").click()
    assert page.evaluate("() => stage.view.scale()") == face
    assert page.get_attribute("[data-look=face]", "aria-pressed") == "true"
    page.get_by_role("button", name="100%").click()
    assert page.evaluate("() => stage.view.scale()") == 1


MIDDLE = """() => { const box = document.querySelector('.view').getBoundingClientRect();
  return [box.width / 2, box.height / 2]; }"""


def test_two_fingers_zoom_the_stage_and_not_the_page(browser, address: str) -> None:
    page = opened(
        browser, address, viewport={"width": 390, "height": 440}, has_touch=True, is_mobile=True
    )
    give(page)
    touches = page.context.new_cdp_session(page)

    def fingers(kind: str, *points: tuple[int, int]) -> None:
        those = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": those})

    held = page.evaluate("() => stage.view.toPhoto([200, 200])")
    scale = page.evaluate("() => stage.view.scale()")
    fingers("touchStart", (180, 200))
    fingers("touchStart", (180, 200), (220, 200))
    for part in range(30, 121, 30):
        fingers("touchMove", (200 - part, 200), (200 + part, 200))
    fingers("touchEnd")
    assert abs(page.evaluate("() => stage.view.scale()") / scale - 6) < 0.2
    assert np.allclose(page.evaluate("() => stage.view.toPhoto([200, 200])"), held, atol=2)
    assert page.evaluate("() => visualViewport.scale") == 1
    assert page.errors == []
    page.close()


def test_a_finger_that_rests_shows_the_photo(browser, address: str) -> None:
    page = opened(browser, address, viewport={"width": 390, "height": 440}, has_touch=True)
    give(page)
    touches = page.context.new_cdp_session(page)
    point = {"touchPoints": [{"x": 200, "y": 200}]}
    touches.send("Input.dispatchTouchEvent", {"type": "touchStart"} | point)
    page.wait_for_selector(".tag.before:not([hidden])")
    touches.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_selector(".tag.before", state="hidden")
    page.close()


def test_the_divider_is_dragged_anywhere_in_the_picture(page) -> None:
    give(page, reference=png(grey(40)), after=png(grey(240)))
    middle = page.evaluate("() => stage.view.toScreen([360, 300]).map(Math.round)")
    edited = pixel(page, *middle)
    page.keyboard.press("y")
    drag(page, (100, 500), (middle[0] + 60, 480))
    photo = pixel(page, *middle)
    assert sum(edited) > sum(photo) + 60
    at = page.evaluate(
        "() => stage.view.toPhoto([document.querySelector('.divider').offsetLeft, 0])[0]"
    )
    assert abs(at - page.evaluate("x => stage.view.toPhoto([x, 0])[0]", middle[0] + 60)) < 3
    page.focus(".divider")
    page.keyboard.press("Home")
    assert page.get_attribute(".divider", "aria-valuenow") == "0"
    assert pixel(page, *middle) == edited
    page.keyboard.press("Escape")
    assert page.locator(".divider").is_hidden()


def test_the_photo_is_shown_while_c_is_held_and_when_the_page_says_so(page) -> None:
    give(page, reference=png(grey(40)), after=png(grey(240)))
    middle = page.evaluate("() => stage.view.toScreen([360, 300]).map(Math.round)")
    edited = pixel(page, *middle)
    page.keyboard.down("c")
    photo = pixel(page, *middle)
    assert page.inner_text(".tag.before") == "Before"
    page.keyboard.up("c")
    assert pixel(page, *middle) == edited != photo
    page.evaluate("() => state.tell('compare', true)")
    assert pixel(page, *middle) == photo
    page.evaluate("() => state.tell('compare', false)")
    assert pixel(page, *middle) == edited


def test_side_by_side_both_halves_move_together(page) -> None:
    give(page)
    page.keyboard.press("Shift+Y")
    page.mouse.move(200, 200)
    page.mouse.wheel(0, -200)
    page.wait_for_function("() => stage.view.scale() > 0.5")
    assert page.locator(".tag:not([hidden])").all_inner_texts() == ["Before", "After"]
    left, right = page.evaluate("() => stage.view.toPhoto([200 + 457, 200])"), None
    page.mouse.wheel(0, -200)
    page.wait_for_function("() => stage.view.scale() > 0.9")
    right = page.evaluate("() => stage.view.toPhoto([200 + 457, 200])")
    assert np.allclose(left, right, atol=0.5)


def test_the_difference_is_coloured_where_something_changed(page) -> None:
    give(page, reference=png(grey(40)), after=png(grey(240)))
    inside = page.evaluate("() => stage.view.toScreen([360, 300]).map(Math.round)")
    outside = page.evaluate("() => stage.view.toScreen([850, 550]).map(Math.round)")
    page.keyboard.press("d")
    assert len(set(pixel(page, *outside))) == 1
    assert pixel(page, *inside) != pixel(page, *outside)
    page.evaluate("() => state.tell('compare', false)")
    assert page.inner_text(".tag.after") == "What changed"


def test_a_step_can_be_what_it_is_compared_with(page) -> None:
    give(page, reference=png(grey(40)), after=png(grey(240)))
    middle = page.evaluate("() => stage.view.toScreen([360, 300]).map(Math.round)")
    edited = pixel(page, *middle)
    step = {"src": png(grey(240)), "name": "smile 45"}
    page.evaluate("step => { state.tell('before', step); return stage.ready(); }", step)
    page.keyboard.down("c")
    assert pixel(page, *middle) == edited
    assert page.inner_text(".tag.before") == "Before: smile 45"


def test_the_server_may_name_the_step_that_is_compared_with(page) -> None:
    give(page, reference=png(grey(40)), after=png(grey(240)))
    middle = page.evaluate("() => stage.view.toScreen([360, 300]).map(Math.round)")
    edited = pixel(page, *middle)
    page.evaluate("v => give(v)", {"compare": True, "picture": "p1", "after": png(grey(240))})
    assert pixel(page, *middle) == edited
    page.keyboard.down("c")
    assert pixel(page, *middle) == edited


def test_a_picture_without_a_photo_is_compared_with_its_square(page) -> None:
    squares = {"reference": png(grey(40)), "after": png(grey(240))}
    before = png(Image.new("RGB", (100, 100), (90, 90, 90)))  # of another size
    give(page, photo=None, crop=None, before=before, **squares)
    assert pixel(page, 456, 300) == [240] * 3
    page.keyboard.down("c")
    assert pixel(page, 456, 300) == [90] * 3


def test_the_generated_picture_waits_until_a_slider_moves(page) -> None:
    squares = {"reference": png(grey(40)), "after": png(grey(40))}
    give(page, state="empty", photo=None, crop=None, moves={}, domain="faces64", **squares)
    assert page.evaluate("() => stage.view.photo().width") == 0
    assert page.locator(".empty").is_visible()
    told = {"picture": "p1", "version": "a", "state": "empty", "domain": "faces64"}
    told["turnable"] = False
    assert page.evaluate("() => state.now().stage") == told
    page.evaluate("uri => { window.answer = async () => uri; }", png(grey(200)))
    page.evaluate("() => state.change({ moves: { smile: 1 } })")
    page.wait_for_selector(".empty", state="hidden")
    assert pixel(page, 456, 300) == [200] * 3


def test_a_look_is_tried_for_as_long_as_the_pointer_rests_on_it(page) -> None:
    give(page)
    edited = composed(page)
    page.evaluate(
        "uri => { window.answer = async () => uri; state.change({ moves: { smile: 1 } }); }",
        png(grey(200)),
    )
    wait = "() => new Promise((done) => setTimeout(done, 60)).then(stage.ready)"
    page.evaluate("() => state.tell('try', { smile: 2 })")
    page.evaluate(wait)
    assert not np.array_equal(composed(page), edited)
    page.evaluate("() => state.tell('try', null)")
    page.evaluate(wait)
    assert np.array_equal(composed(page), edited)


STOP = '''() => ['view', 'advice-open', 'tools'].findLast(
  (name) => document.activeElement.closest(`.${name}`)) || ""'''


def test_the_stage_is_few_stops_of_the_tab_key(page) -> None:
    give(page)
    page.focus("body")
    stops = []
    for _ in range(4):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(STOP))
    assert stops == ["view", "advice-open", "tools", ""]
    first = page.evaluate(
        "() => document.querySelector('.tools button').getAttribute('aria-label')"
    )
    page.focus(".tools button[tabindex='0']")
    page.keyboard.press("ArrowRight")
    second = page.evaluate("() => document.activeElement.getAttribute('aria-label')")
    assert (first, second) == ("Split", "Side by side")
    assert page.locator(".tools [tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    assert page.get_attribute("[data-compare=side]", "aria-pressed") == "true"


def test_keys_are_left_to_texts_and_to_other_places(page) -> None:
    give(page)
    scale = page.evaluate("() => stage.view.scale()")
    page.evaluate("() => document.body.append(document.createElement('input'))")
    page.focus("body > input")
    page.keyboard.press("9")
    page.keyboard.press("y")
    assert page.input_value("body > input") == "9y"
    page.evaluate("() => { document.activeElement.remove(); state.change({ place: 'library' }); }")
    page.keyboard.press("9")
    page.keyboard.press("y")
    assert page.evaluate("() => stage.view.scale()") == scale
    assert page.locator(".divider").is_hidden()


def test_the_canvas_follows_room_and_pixels(browser, address: str) -> None:
    page = opened(browser, address, viewport={"width": 600, "height": 500}, device_scale_factor=2)
    give(page)
    page.get_by_role("button", name="100%").click()
    assert page.evaluate("() => stage.view.scale()") == 0.5
    page.get_by_role("button", name="Fit").click()
    fit = page.evaluate("() => stage.view.scale()")
    page.set_viewport_size({"width": 800, "height": 700})
    page.wait_for_function("() => document.querySelector('canvas.picture').width === 1600")
    assert page.evaluate("() => stage.view.scale()") > fit
    page.close()


def test_without_its_graphics_card_the_stage_goes_on(browser, address: str) -> None:
    page = opened(browser, f"{address}?kind=webgl")
    give(page)
    assert page.evaluate("() => stage.kind()") == "webgl"
    shown = composed(page)
    page.evaluate(
        """() => document.querySelector('canvas.picture').getContext('webgl2')
          .getExtension('WEBGL_lose_context').loseContext()"""
    )
    page.wait_for_function("() => stage.kind() === 'canvas'")
    page.evaluate("() => new Promise((done) => setTimeout(done, 300))")
    again = composed(page)
    assert again.shape == shown.shape
    assert np.abs(again.astype(int) - shown).max() <= 2
    page.close()


def test_a_browser_without_a_graphics_card_draws_in_2d(page) -> None:
    give(page)
    assert page.evaluate("() => stage.kind()") == "canvas"


def test_the_newest_moves_win(page) -> None:
    give(page)
    squares = {str(level): png(grey(level)) for level in (10, 100, 200)}
    page.evaluate(
        """(squares) => {
          window.waiting = {};
          window.answer = (moves) => new Promise((done) => {
            waiting[moves.smile] = () => done(squares[moves.smile]);
          });
          for (const smile of [10, 100, 200]) state.change({ moves: { smile } });
        }""",
        squares,
    )
    asked = "async (smile) => { waiting[smile](); await new Promise((done) => setTimeout(done, 60)); await stage.ready(); }"
    page.evaluate(asked, 100)
    second = composed(page)
    page.evaluate(asked, 10)
    assert np.array_equal(composed(page), second)
    page.evaluate(asked, 200)
    assert not np.array_equal(composed(page), second)


def test_a_value_that_comes_while_the_hand_goes_on_does_not_throw_it_back(page) -> None:
    give(page)
    page.evaluate("uri => { window.answer = async () => uri; }", png(grey(200)))
    page.evaluate("() => state.change({ moves: { smile: 3 } })")
    page.evaluate("() => new Promise((done) => setTimeout(done, 100)).then(stage.ready)")
    live = composed(page)
    give(page, turn=2, moves={"smile": 2.0})
    assert np.array_equal(composed(page), live)
    give(page, turn=3, moves={"smile": 3.0})
    assert not np.array_equal(composed(page), live)


def test_a_proposal_is_shown_until_it_is_taken_back(page) -> None:
    give(page)
    edited = composed(page)
    page.evaluate("uri => state.tell('proposal', { after: uri, label: 'blend' })", png(grey(200)))
    page.evaluate("() => stage.ready()")
    assert not np.array_equal(composed(page), edited)
    assert page.locator(".stage.proposing").count() == 1
    page.evaluate("() => state.tell('proposal', null)")
    page.evaluate("() => stage.ready()")
    assert np.array_equal(composed(page), edited)
    assert page.locator(".stage.proposing").count() == 0


def test_a_photo_that_is_not_there_is_said(page) -> None:
    give(page)
    give(
        page,
        picture="p2",
        turn=2,
        photo={"url": "/files/gone.png", "width": 9, "height": 9, "key": "g"},
    )
    expected = "The picture cannot be shown. Reload the page."
    assert page.inner_text(".notice p") == expected


def test_a_value_of_an_earlier_turn_is_not_shown(page) -> None:
    give(page, turn=5)
    shown = composed(page)
    give(page, turn=4, after=png(grey(255)))
    assert np.array_equal(composed(page), shown)
    page.evaluate("() => give({ turn: 6, likeness: 'poor' })")
    assert np.array_equal(composed(page), shown)
    assert page.inner_text(".says") == "Likeness: poor. Small details will drift."


def test_a_value_of_an_older_state_is_not_shown(page) -> None:
    """Of an answer that was long on its way, while the code was refined."""
    give(page, number=8, state="done")
    shown = composed(page)
    give(page, number=7, state="working", after=png(grey(255)))
    assert np.array_equal(composed(page), shown)
    assert page.inner_text(".says") == "Likeness: good"
    give(page, number=8, state="working")
    assert page.inner_text(".says span") != "Likeness: good"


def test_what_the_model_sees_is_shown_beside_the_advice(page) -> None:
    give(page, likeness="fair", advice="The model knows frontal faces best.")
    page.get_by_role("button", name="See what the model sees").click()
    assert page.inner_text(".advice p") == "The model knows frontal faces best."
    assert page.locator(".advice img").is_visible()
    page.keyboard.press("Escape")
    assert page.locator(".advice").is_hidden()


def test_work_is_shown_and_can_be_stopped(page) -> None:
    give(page, state="working", progress={"done": 25, "total": 100, "seconds": 6.0})
    assert page.inner_text(".says") == "Refining likeness… about 6 s"
    page.wait_for_function("() => document.querySelector('.refine i').style.width === '25%'")
    page.get_by_role("button", name="Stop here").click()
    event, value = page.evaluate("() => sent.at(-1)")
    assert (event, value["picture"], value["turn"]) == ("clear", "p1", 1)


def test_a_frame_is_asked_for_and_sent(page) -> None:
    give(page, state="frame", reference="", after="")
    assert page.inner_text(".asking p") == "Is this the face? Drag the frame onto it."
    page.get_by_role("button", name="Use this face").click()
    assert page.evaluate("() => sent.at(-1)[1].frame") == CROP
    page.evaluate("() => state.tell('frame', { x: 0.5, y: 0.5, side: 0.3, angle: 0 })")
    page.get_by_role("button", name="Use this face").click()
    assert page.evaluate("() => [sent.at(-1)[0], sent.at(-1)[1].frame.side]") == ["release", 0.3]
    page.get_by_role("button", name="Cancel").click()
    assert page.evaluate("() => sent.at(-1)[0]") == "clear"


def test_an_example_is_tried(page) -> None:
    examples = [png(noise(32, 32, seed)) for seed in (1, 2)]
    value = {"picture": "", "state": "empty", "subject": "face", "examples": examples}
    page.evaluate("value => give(value)", value)
    assert page.inner_text(".empty .for") == "Face · stays on this computer"
    page.get_by_role("button", name="Try example 2").click()
    assert page.evaluate("() => [sent.at(-1)[0], sent.at(-1)[1].example]") == ["submit", 1]


GIVEN = """([how, name, type, data]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  const options = { bubbles: true, cancelable: true };
  document.body.dispatchEvent(how === 'drop'
    ? new DragEvent('drop', { ...options, dataTransfer: transfer })
    : new ClipboardEvent('paste', { ...options, clipboardData: transfer }));
}"""


@pytest.mark.parametrize("how", ["drop", "paste"])
def test_a_photo_is_shown_at_once_wherever_it_is_dropped_or_pasted(page, how: str) -> None:
    data = png(noise(120, 80, 7)).partition(",")[2]
    page.evaluate(GIVEN, [how, "friend.png", "image/png", data])
    page.wait_for_function("() => sent.length === 1")
    assert page.evaluate("() => [sent[0][0], sent[0][1].given]") == [
        "upload",
        {"path": "/up/friend.png", "name": "friend.png"},
    ]
    page.wait_for_function("() => stage.view.photo().width === 120")
    assert page.inner_text(".says") == "Opening friend.png…"
    assert np.array_equal(composed(page)[..., :3], np.asarray(noise(120, 80, 7)))


def test_a_photo_that_the_browser_cannot_read_is_sent_all_the_same(page) -> None:
    page.set_input_files(
        "input.open", {"name": "a.heic", "mimeType": "", "buffer": b"no picture of the browser's"}
    )
    page.wait_for_function("() => sent.length === 1")
    assert page.evaluate("() => sent[0][1].given.name") == "a.heic"


def test_a_video_is_refused_without_sending_it_and_the_photo_stays(page) -> None:
    give(page)
    shown = composed(page)
    page.evaluate(GIVEN, ["drop", "holiday.mp4", "video/mp4", "AAAA"])
    expected = "holiday.mp4 is a video. Photos: JPEG, PNG, WebP, HEIC, AVIF, TIFF."
    assert page.inner_text(".notice p") == expected
    assert page.evaluate("() => sent.length") == 0
    assert np.array_equal(composed(page), shown)
    page.get_by_role("button", name="Close this message").click()
    assert page.locator(".notice").is_hidden()


def test_a_photo_that_does_not_arrive_leaves_the_old_one(page) -> None:
    give(page)
    shown = composed(page)
    data = png(noise(120, 80, 7)).partition(",")[2]
    page.evaluate(GIVEN, ["drop", "lost.png", "image/png", data])
    page.wait_for_selector(".notice:not([hidden])")
    assert page.inner_text(".notice p") == "lost.png could not be sent. Try again."
    page.evaluate("() => stage.ready()")
    assert np.array_equal(composed(page), shown)


def test_an_error_of_the_server_is_said_over_the_old_photo(page) -> None:
    give(page)
    page.evaluate("() => give({ state: 'error', line: 'a.jpg cannot be read.' })")
    assert page.inner_text(".notice p").startswith("a.jpg cannot be read. Photos: JPEG")
    assert page.get_by_role("button", name="Open another").is_visible()
    assert page.evaluate("() => stage.view.photo().width") == 900


def test_a_bad_photo_leaves_the_question_of_the_one_that_waits(page) -> None:
    give(page, state="frame", picture="", notice="bad.png cannot be read.")
    assert page.inner_text(".asking p") == "Is this the face? Drag the frame onto it."
    assert page.inner_text(".notice p").startswith("bad.png cannot be read. Photos: JPEG")
    asking, notice = (page.locator(one).bounding_box() for one in (".asking", ".notice"))
    assert notice["y"] + notice["height"] < asking["y"]
    give(page, turn=2)
    assert page.is_hidden(".notice")


@pytest.mark.parametrize("state", ["empty", "frame", "working", "done", "error"])
def test_on_a_phone_everything_can_be_touched(browser, address: str, state: str) -> None:
    page = opened(
        browser, address, viewport={"width": 390, "height": 440}, has_touch=True, is_mobile=True
    )
    progress = {"done": 25, "total": 100, "seconds": 6.0}
    none = {"picture": "", "photo": None, "reference": "", "after": ""}
    give(
        page, state=state, likeness="poor", progress=progress, **(none if state == "empty" else {})
    )
    buttons = [b for b in page.locator(".stage :is(button, .button)").all() if b.is_visible()]
    assert len(buttons) >= 2
    for button in buttons:
        box = button.bounding_box()
        assert box["width"] >= 40
        assert box["height"] >= 40, button.evaluate("b => b.outerHTML")
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["y"] + box["height"] <= 440
    page.close()


def test_a_photo_is_turned_where_there_is_room_and_through_the_menu_where_there_is_none(
    page,
) -> None:
    give(page)
    for width, there in ((912, True), (624, True), (561, True), (390, False)):
        page.set_viewport_size({"width": width, "height": 600})
        page.wait_for_function("width => stage.element.clientWidth === width", arg=width)
        turn = page.locator(".tools [aria-label='Turn the photo right']")
        turn.wait_for(state="visible" if there else "hidden")
        full = page.locator(".foot")
        assert full.evaluate("(foot) => foot.scrollWidth <= foot.clientWidth"), width
    assert page.evaluate("state.now().stage.turnable")
    page.evaluate("() => { state.tell('turn-photo', -1); state.tell('frame-anew'); }")
    (first, turned), (second, _) = page.evaluate("sent")
    assert (first, turned["quarters"], second) == ("retry", -1, "option_select")
    give(page, state="frame", picture="")
    assert not page.evaluate("state.now().stage.turnable")


def test_photos_lie_where_overlays_think(page, tmp_path: Path) -> None:
    give(page)
    corner = page.evaluate("() => stage.view.toScreen([0, 0]).map(Math.round)")
    photo = np.asarray(noise(900, 600, 1))[0:4, 0:4].mean(axis=(0, 1))
    assert np.abs(np.array(pixel(page, corner[0] + 1, corner[1] + 1)) - photo).max() < 90
    assert pixel(page, corner[0] - 3, corner[1] + 1) == [0xE9] * 3  # --canvas
