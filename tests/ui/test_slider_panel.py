"""The slider panel in a browser, without Gradio and without networks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.module_page import markup, module_page

EVEN = [[-150, -6.0], [-100, -4.0], [0, 0.0], [100, 4.0], [150, 6.0]]
BENT = [[-150, -9.0], [-100, -5.0], [-50, -1.5], [0, 0.0], [50, 2.0], [100, 6.0], [150, 10.0]]
PICTURE = "data:image/gif;base64,R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs="


def _slider(name: str, title: str, knots=EVEN, ends=None, low: float = -100) -> dict[str, Any]:
    return {"name": name, "title": title, "knots": knots, "ends": ends, "low": low, "high": 100}


VALUE = {
    "groups": [
        {"title": "Expression", "sliders": [_slider("smile", "Smile", BENT), _slider("open", "Mouth open")]},
        {
            "title": "Pose",
            "sliders": [
                _slider("tilt", "Tilt up ↔ down", ends=["Tilt up", "Tilt down"]),
                _slider("beard", "Beard", low=-9.3),
            ],
        },
    ],
    "moves": {},
    "visit": "v1",
    "picture": "p1",
    "node": 3,
    "parent": 2,
}  # fmt: skip


FRAME = "() => new Promise(requestAnimationFrame)"
TO_TOP = """async () => {
  for (let still = 0; still < 10; still = scrollY ? 0 : still + 1) {  // it glides on for a moment
    scrollTo(0, 0);
    await new Promise(requestAnimationFrame);
  }
}"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with module_page({"/": markup("slider_panel", VALUE)}) as address:
        yield address


@pytest.fixture
def page(browser, url: str) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield _open(context, url)
    context.close()


@pytest.fixture
def phone(browser, url: str) -> Iterator[Any]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    yield _open(context, url)
    context.close()


def _open(context, url: str):
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.clock.install()  # what rests for a while need not be waited for
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(url)
    page.wait_for_function("() => window.started")
    assert errors == []
    return page


def _range(page, name: str):
    return page.locator(f"#slider-{name} input[type=range]")


def _number(page, name: str) -> str:
    return page.locator(f"#slider-{name} input[type=number]").input_value()


def _moves(page) -> dict[str, float]:
    return page.evaluate("() => state.now().moves")


def _releases(page) -> list[dict[str, float]]:
    assert page.evaluate("() => triggered.every(({ name }) => name === 'release')")
    return page.evaluate("() => triggered.map(({ value }) => value.moves)")


def _at(page, name: str, place: float) -> tuple[float, float]:
    """Where the middle of the thumb is at a position."""
    box = _range(page, name).bounding_box()
    half = 8
    share = (place + 150) / 300
    return box["x"] + half + (box["width"] - 2 * half) * share, box["y"] + box["height"] / 2


def _rested(page, count: int) -> None:
    page.wait_for_function("count => triggered.length === count", arg=count)
    page.clock.run_for(500)
    assert page.evaluate("() => triggered.length") == count


def test_a_drag_moves_at_once_and_is_released_once(page) -> None:
    page.mouse.move(*_at(page, "smile", 0))
    page.mouse.down()
    page.mouse.move(*_at(page, "smile", 50), steps=5)
    place = int(_number(page, "smile"))
    assert abs(place - 50) <= 2
    expected = 2 * place / 50 if place <= 50 else 2 + 4 * (place - 50) / 50
    assert _moves(page)["smile"] == pytest.approx(expected, abs=1e-3)
    page.clock.run_for(500)
    assert _releases(page) == [], "the hand is still there"
    page.mouse.up()
    _rested(page, 1)
    assert _releases(page) == [_moves(page)]
    sent = page.evaluate("() => sent()")
    assert sent["moves"] == _moves(page)
    assert sent["turn"] > 1


def test_a_drag_sticks_at_the_end_until_it_is_pushed_on(page) -> None:
    page.mouse.move(*_at(page, "smile", 0))
    page.mouse.down()
    page.mouse.move(*_at(page, "smile", 110), steps=8)
    assert _number(page, "smile") == "100"
    assert _range(page, "smile").input_value() == "100", "the thumb too"
    assert _moves(page)["smile"] == 6
    assert page.locator("#slider-smile.beyond").count() == 0
    page.mouse.move(*_at(page, "smile", 135), steps=4)
    assert abs(int(_number(page, "smile")) - 135) <= 2
    assert page.locator("#slider-smile.beyond").count() == 1
    assert "beyond" in _range(page, "smile").get_attribute("aria-valuetext")
    page.mouse.move(*_at(page, "smile", 105), steps=4)
    assert abs(int(_number(page, "smile")) - 105) <= 2, "on the way back it does not stick"
    page.mouse.up()
    page.mouse.move(*_at(page, "beard", 0))
    page.mouse.down()
    page.mouse.move(*_at(page, "beard", -20), steps=8)
    page.mouse.up()
    assert _number(page, "beard") == "-9", "a short range ends nearer"


def test_numbers_can_be_typed(page) -> None:
    _range(page, "smile").focus()
    page.keyboard.type("75")
    assert _number(page, "smile") == "75"
    assert _moves(page) == {"smile": 4}
    _rested(page, 1)
    page.keyboard.press("Tab")
    _range(page, "open").focus()
    page.keyboard.type("-30")
    page.keyboard.press("Enter")
    assert _moves(page) == {"smile": 4, "open": -1.2}
    _rested(page, 2)
    field = page.locator("#slider-open input[type=number]")
    field.fill("1500")
    field.press("Enter")
    assert field.input_value() == "150"
    assert _moves(page)["open"] == 6
    field.fill("")
    field.press("Tab")
    assert field.input_value() == "150", "what is no number changes nothing"


def test_keys(page) -> None:
    slider = _range(page, "smile")
    slider.focus()
    heard = "window.keys = 0; addEventListener('keydown', () => { window.keys += 1; })"
    page.evaluate(heard)
    for key, place in (
        ("ArrowRight", 1), ("Shift+ArrowRight", 11), ("ArrowLeft", 10), ("Shift+ArrowLeft", 0),
        ("End", 100), ("PageUp", 110), ("Shift+ArrowRight", 120), ("Home", -100), ("Backspace", 0),
    ):  # fmt: skip
        page.keyboard.press(key)
        assert _number(page, "smile") == str(place), key
    assert page.evaluate("() => keys") == 3, "Shift alone: what is used here is no key of the page"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert _moves(page) == {"open": 0.04}
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    assert _moves(page) == {"open": 0.04, "tilt": -0.04}
    _rested(page, 1)


def test_back_to_zero(page) -> None:
    page.evaluate("() => give({ moves: { smile: 2, open: 1, tilt: 3 } })")
    assert [_number(page, name) for name in ("smile", "open", "tilt")] == ["50", "25", "75"]
    assert _moves(page) == {"smile": 2, "open": 1, "tilt": 3}
    page.mouse.dblclick(*_at(page, "smile", 50))
    assert _moves(page) == {"open": 1, "tilt": 3}
    _rested(page, 1)
    page.locator("#slider-tilt label").dblclick()
    assert _moves(page) == {"open": 1}
    _rested(page, 2)
    page.evaluate("() => give({ moves: { smile: 2, open: 1, tilt: 3 } })")
    page.get_by_role("button", name="Reset expression").click()
    assert _moves(page) == {"tilt": 3}
    _rested(page, 3)
    assert page.get_by_role("button", name="Reset expression").count() == 0, "there is nothing left"
    page.evaluate("() => state.tell('reset')")
    assert _moves(page) == {}


def test_what_was_not_committed_outlives_a_reload(page) -> None:
    page.mouse.move(*_at(page, "smile", 0))
    page.mouse.down()
    page.mouse.move(*_at(page, "smile", 50), steps=3)
    moves = _moves(page)
    page.reload()
    page.wait_for_function("() => window.started")
    page.mouse.up()
    assert _moves(page) == moves
    page.wait_for_function("() => triggered.length === 1")
    assert _releases(page) == [moves]
    kept = "() => JSON.parse(sessionStorage.getItem('in-domain-editor-draft'))"
    expected = {"visit": "v1", "picture": "p1", "node": 3, "moves": moves}
    assert page.evaluate(kept) == expected
    turn = page.evaluate("() => sent().turn")
    answer = {"moves": moves, "turn": turn, "node": 4, "parent": 3}
    page.evaluate("answer => give(answer)", answer)
    assert page.evaluate(kept) is None, "it is committed"
    assert _moves(page) == moves


@pytest.mark.parametrize(("node", "parent", "visit", "taken"), [
    (3, 2, "v1", True), (4, 3, "v1", True), (5, 4, "v1", False), (3, 2, "v2", False),
])  # fmt: skip
def test_a_draft_goes_where_it_belongs(page, node, parent, visit, taken) -> None:
    draft = {"visit": "v1", "picture": "p1", "node": 3, "moves": {"smile": 2, "gone": 1}}
    page.evaluate("d => sessionStorage.setItem('in-domain-editor-draft', JSON.stringify(d))", draft)
    place = {"visit": visit, "picture": "p1", "node": node, "parent": parent}
    page.evaluate("place => give({ moves: {}, ...place })", place)
    assert _moves(page) == ({"smile": 2} if taken else {})


def test_the_newest_hand_wins(page) -> None:
    page.mouse.move(*_at(page, "smile", 0))
    page.mouse.down()
    page.mouse.move(*_at(page, "smile", 30), steps=3)
    moves = _moves(page)
    page.evaluate("() => give({ moves: { open: 2 }, node: 4 })")
    assert _moves(page) == moves
    assert _number(page, "open") == "0"
    page.mouse.up()
    turn = page.evaluate("() => triggered[0].value.turn")
    page.mouse.click(*_at(page, "open", 40))  # before the answer to the first release
    page.evaluate("answer => give(answer)", {"moves": moves, "turn": turn, "node": 4})
    assert set(_moves(page)) == {"smile", "open"}
    sent = page.evaluate("() => sent()")  # by an event that waits for the first one's answer
    assert (sent["moves"], sent["node"], sent["hand"]) == (_moves(page), 4, True)
    _rested(page, 2)
    page.evaluate("() => give({ moves: { tilt: 1 }, node: 2 })")
    assert _moves(page) == {"tilt": 1}, "undo: no hand is there"
    page.mouse.move(*_at(page, "smile", 0))
    page.mouse.down()
    page.mouse.move(*_at(page, "smile", 30), steps=3)
    page.evaluate("() => give({ moves: { open: 2 }, picture: 'p2', node: 9 })")
    assert _moves(page) == {"open": 2}, "another picture"
    page.mouse.up()


def test_after_a_drag_digits_choose_tools_and_after_tab_they_are_numbers(page) -> None:
    page.evaluate(
        "() => document.addEventListener('keydown', ({ key }) => { window.passed = key; })"
    )
    page.mouse.click(*_at(page, "smile", 41))
    before = _moves(page)
    page.keyboard.press("2")
    assert page.evaluate("() => window.passed") == "2", "it is the page's"
    assert _moves(page) == before
    page.keyboard.press("7")
    page.keyboard.press("Enter")
    assert _number(page, "smile") == "7", "no tool has that number"
    _range(page, "open").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("2")
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    assert _number(page, "open") == "25"


def test_a_number_that_is_pressed_is_typed_over(page) -> None:
    page.locator("#slider-smile input[type=number]").click()
    page.keyboard.type("40")
    page.keyboard.press("Enter")
    assert _number(page, "smile") == "40"


def test_undo_in_a_number_is_that_of_the_edits(page) -> None:
    page.evaluate("() => { window.undone = 0; state.hear('press-undo', () => { undone += 1; }); }")
    for name, text in (("smile", "40"), ("open", "30")):
        page.locator(f"#slider-{name} input[type=number]").click()
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    moves = _moves(page)
    for _ in range(3):
        page.keyboard.press("Control+z")
        page.locator("#slider-open input[type=number]").focus()
    assert page.evaluate("() => undone") == 3
    assert _moves(page) == moves, "the browser's own undo went through the fields"


def test_an_undo_takes_what_has_not_come_to_rest_with_it(page) -> None:
    _range(page, "smile").focus()
    page.keyboard.press("ArrowRight")
    assert _moves(page)["smile"] > 0
    page.evaluate("() => state.tell('resting')")  # the server makes an edit of it, and undoes that
    page.clock.run_for(1000)
    assert _releases(page) == [], "the same moves were made an edit after the undo"
    page.keyboard.press("ArrowRight")
    _rested(page, 1)


def test_other_parts_of_the_page_move_sliders(page) -> None:
    page.evaluate("() => state.change({ moves: { smile: -1.5, open: 2.5 } })")
    assert [_number(page, name) for name in ("smile", "open")] == ["-50", "63"]
    _rested(page, 1)
    assert _releases(page) == [{"smile": -1.5, "open": 2.5}]
    page.evaluate("() => { state.change({ moves: {} }); state.tell('rest'); }")
    assert _releases(page)[-1] == {}


def test_small_pictures_of_both_ends(page) -> None:
    page.evaluate("() => { window.asked = []; state.hear('ends', (name) => asked.push(name)); }")
    page.mouse.move(*_at(page, "tilt", 90))
    page.wait_for_function("() => asked.length === 1")
    assert page.evaluate("() => asked") == ["tilt"]
    tell = "([name, low, high]) => state.tell('ends-pictures', { name, low, high })"
    page.evaluate(tell, ["smile", PICTURE, PICTURE])
    assert page.locator(".ends").is_hidden(), "that is another slider"
    page.evaluate(tell, ["tilt", PICTURE, PICTURE])
    assert page.locator(".ends figcaption").all_inner_texts() == ["Tilt up", "Tilt down"]
    box, row = page.locator(".ends").bounding_box(), page.locator("#slider-tilt").bounding_box()
    assert box["x"] + box["width"] <= row["x"]
    page.mouse.move(10, 10)
    assert page.locator(".ends").is_hidden()
    page.locator("#slider-smile input[type=number]").focus()
    page.keyboard.press("Shift+Tab")
    page.wait_for_function("() => asked.length === 2")
    page.evaluate(tell, ["smile", PICTURE, PICTURE])
    assert page.locator(".ends figcaption").all_inner_texts() == ["−100", "+100"]
    page.keyboard.press("Escape")
    assert page.locator(".ends").is_hidden()


def test_rows_are_36_px_and_all_have_names(page) -> None:
    heights = page.evaluate(
        "() => [...document.querySelectorAll('.move')].map((e) => e.offsetHeight)"
    )
    assert set(heights) == {36}
    for name in ("Smile", "Mouth open", "Tilt up ↔ down", "Beard"):
        assert page.get_by_role("slider", name=name, exact=True).count() == 1
        assert page.get_by_role("spinbutton", name=f"{name}, number").count() == 1
    assert page.locator(".chips").is_hidden()


def _finger(phone, start: tuple[float, float], by: tuple[float, float], steps: int = 8) -> None:
    session = phone.context.new_cdp_session(phone)
    for step in range(steps + 1):
        point = {"x": start[0] + by[0] * step / steps, "y": start[1] + by[1] * step / steps}
        kind = "touchMove" if step else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        phone.evaluate(FRAME)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    phone.evaluate(FRAME)


def _middle(locator) -> tuple[float, float]:
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_on_a_telephone_one_slider_is_there_with_chips_for_the_others(phone) -> None:
    visible = "() => [...document.querySelectorAll('.move')].filter((e) => e.offsetParent).map((e) => e.dataset.name)"
    assert phone.evaluate(visible) == ["smile"]
    phone.locator(".chip", has_text="Tilt").tap()
    assert phone.evaluate(visible) == ["tilt"]
    assert phone.locator("#slider-tilt .end").all_inner_texts() == ["Tilt up", "Tilt down"]
    assert phone.locator(".chip[aria-pressed=true]").all_inner_texts() == ["Tilt up ↔ down"]
    sizes = phone.evaluate(
        "() => [...document.querySelectorAll('button, input')].filter((e) => e.offsetParent)"
        ".map((e) => [e.className || e.type, e.offsetWidth, e.offsetHeight])"
    )
    assert [one for one in sizes if min(one[1:]) < 44] == []
    assert phone.evaluate("() => document.documentElement.scrollWidth") == 390


def test_a_finger_slides_across_and_scrolls_up_and_down(phone) -> None:
    x, y = _middle(_range(phone, "smile"))
    width = _range(phone, "smile").bounding_box()["width"]
    _finger(phone, (x + 80, y), (0, -150))
    assert phone.evaluate("() => scrollY") > 60
    assert (_moves(phone), _number(phone, "smile")) == ({}, "0")
    assert _range(phone, "smile").input_value() == "0"
    phone.evaluate(TO_TOP)
    _finger(phone, (x + 80, y), (width / 6 + 6, 0))
    assert abs(int(_number(phone, "smile")) - 50) <= 2, (
        "as far as the finger went, not to the finger"
    )
    assert _range(phone, "smile").input_value() == _number(phone, "smile")
    assert phone.evaluate("() => scrollY") == 0
    _rested(phone, 1)
    assert _releases(phone) == [_moves(phone)]
    before = _moves(phone)
    phone.touchscreen.tap(x - 100, y)
    assert _moves(phone) == before, "a tap moves nothing"
    _finger(phone, (x, y), (width * 58 / 300 + 6, 0))
    assert _number(phone, "smile") == "100", "it sticks"
