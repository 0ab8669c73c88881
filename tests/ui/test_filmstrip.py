"""The filmstrip: its value, and the component alone in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from editor import Domains, Editor
from editor.project.actions import add_edit, move_sliders
from editor.project.history import Project
from editor.ui.component_values import strip_value
from editor.ui.handler_base import first_project
from editor.ui.handlers import Handlers
from tests.ui.harness import alone, colour, visited

SLOT = '<div data-slot id="slot" style="width: 300px; height: 200px"></div><div style="height: 88px">{}</div>'
TILES = [("p2", "friend", 3), ("p3", "group", 4), ("p4", "dog", 5), ("p5", "cat", 6)]


def _value(at: int = 3, picture: str = "p2") -> dict[str, Any]:
    return {
        "pictures": [
            {"id": name, "name": title, "src": colour(node), "at": node}
            for name, title, node in TILES
        ],
        "steps": [
            {"index": index, "label": label, "src": colour(index)}
            for index, label in ((1, "inverted"), (2, "smile +1.0"), (3, "age +2.0"))
        ],
        "picture": picture,
        "at": at,
        "undo": True,
        "redo": False,
    }


def test_the_example_is_not_in_it_until_it_is_used(tiny: Editor) -> None:
    project = first_project(tiny)
    assert strip_value(project)["pictures"] == []
    with_photo = add_edit(project, tiny, tiny.sample(3), "friend")
    assert [one["name"] for one in strip_value(with_photo)["pictures"]] == ["friend"]
    used = move_sliders(with_photo, tiny, "p1", {"smile": 1.0})
    assert [one["name"] for one in strip_value(used)["pictures"]] == ["Example", "friend"]
    made = add_edit(Project.new(tiny), tiny, tiny.sample(0), "made", label="mixed")
    assert [one["name"] for one in strip_value(made)["pictures"]] == ["made"]


def test_the_stage_is_empty_where_the_strip_is(tiny_root: Path) -> None:
    domains = Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries")
    handlers = Handlers(domains, "tiny")
    tiny, first = domains.open("tiny"), handlers.first_visitor()
    mixed = add_edit(first.project, tiny, tiny.sample(3), "mixed", label="mixed")
    beside = mixed.go(0)  # the example is shown
    for project, empty in (
        (first.project, True),
        (mixed, False),
        (mixed.remove({"p1"}), False),
        (beside, False),
        (beside.remove({"p2"}), True),
    ):
        assert (handlers.stage(first.keep(project))["state"] == "empty") is empty
        assert (strip_value(project)["pictures"] == []) is empty


def test_its_steps_are_those_of_the_shown_picture(tiny: Editor) -> None:
    project = add_edit(first_project(tiny), tiny, tiny.sample(3), "friend")
    project = move_sliders(project, tiny, "p2", {"smile": 1.0})
    project = move_sliders(project, tiny, "p1", {"age": 1.0})
    value = strip_value(project.go(project.last("p2")))
    assert [(one["index"], one["label"]) for one in value["steps"]] == [
        (1, "Start"),
        (2, "smile +1.0"),
    ]
    assert (value["picture"], value["at"]) == ("p2", 2)
    assert [one["at"] for one in value["pictures"]] == [3, 2]
    long = project
    for turn in range(70):
        long = move_sliders(long, tiny, "p1", {"age": 2.0 + turn % 2})
    steps = [one["index"] for one in strip_value(long)["steps"]]
    assert steps[0] == 0
    assert (len(steps), steps[-1]) == (61, long.at)


@pytest.fixture
def strip(browser) -> Iterator[Any]:
    with alone("filmstrip", _value(), SLOT) as url:
        page = visited(browser, url, viewport={"width": 900, "height": 320})
        yield page
        page.context.close()


def _tile(page: Any, name: str) -> Any:
    return page.locator(".picture .go", has_text=name)


def test_steps_are_unfolded_beside_the_shown_picture(strip) -> None:
    names = strip.locator(".tiles .go span").all_inner_texts()
    assert names == ["friend", "inverted", "smile +1.0", "age +2.0", "group", "dog", "cat"]
    assert strip.locator(".picture .go[aria-current]").inner_text() == "friend"
    assert strip.locator(".step .go[aria-current=step]").inner_text() == "age +2.0"
    top, foot = strip.evaluate(
        "() => { const b = document.querySelector('.filmstrip').getBoundingClientRect(); "
        "return [b.top, b.bottom]; }"
    )
    assert foot - top <= 88
    strip.evaluate("value => answer(value)", {**_value(4, "p3"), "steps": _value()["steps"][:1]})
    assert strip.locator(".step").count() == 0, "one step alone says nothing"


def test_a_click_shows_and_alt_compares(strip) -> None:
    _tile(strip, "group").click()
    strip.locator(".step .go").nth(1).click()
    strip.locator(".step .go").nth(0).click(modifiers=["Alt"])
    strip.locator(".step").nth(1).hover()
    strip.get_by_label("Compare with: smile +1.0").click()
    assert strip.evaluate("sent") == [
        ["select", {"chosen": 4}],
        ["select", {"chosen": 2}],
        ["edit", {"chosen": 1}],
        ["edit", {"chosen": 2}],
    ]


def test_several_are_chosen(strip) -> None:
    _tile(strip, "dog").click(modifiers=["Control"])
    assert strip.evaluate("page.now().chosen") == ["p2", "p4"], "the shown one is one of them"
    _tile(strip, "cat").click(modifiers=["Control"])
    _tile(strip, "friend").click(modifiers=["Control"])
    assert strip.evaluate("page.now().chosen") == ["p4", "p5"]
    assert _tile(strip, "dog").get_attribute("aria-pressed") == "true"
    _tile(strip, "group").click(modifiers=["Shift"])
    assert strip.evaluate("page.now().chosen") == ["p2", "p3"]
    gone = {**_value(), "pictures": _value()["pictures"][1:]}
    strip.evaluate("value => answer(value)", gone)
    assert strip.evaluate("page.now().chosen") == ["p3"], "what was removed is not chosen"
    _tile(strip, "cat").click()
    assert strip.evaluate("page.now().chosen") == []


def _drag(page: Any, source: Any, x: int, y: int) -> None:
    box = source.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(x, y, steps=4)


HEAR = """() => { window.given = [];
  document.getElementById('slot').addEventListener('give', (event) => window.given.push(event.detail)); }"""


def test_a_tile_is_given_to_a_slot(strip) -> None:
    strip.evaluate(HEAR)
    _drag(strip, _tile(strip, "dog"), 100, 100)
    assert strip.locator(".tile-ghost").count() == 1
    assert "over" in strip.locator("#slot").get_attribute("class")
    strip.mouse.up()
    assert strip.evaluate("given") == [{"picture": "p4", "node": 5}]
    _drag(strip, strip.locator(".step .go").nth(0), 100, 100)
    strip.mouse.up()
    assert strip.evaluate("given")[1:] == [{"picture": "p2", "node": 1}], "a step is given as it is"
    _drag(strip, _tile(strip, "dog"), 100, 100)
    strip.evaluate(
        "() => document.addEventListener('keydown', (event) => { window.escaped = event.defaultPrevented; })"
    )
    strip.keyboard.press("Escape")
    assert strip.evaluate("escaped"), "it ends the drag alone"
    strip.mouse.up()
    assert len(strip.evaluate("given")) == 2
    assert strip.locator(".tile-ghost").count() == 0
    assert strip.evaluate("sent") == [], "a drag is no click"
    _tile(strip, "dog").click()
    assert strip.evaluate("sent") == [["select", {"chosen": 5}]], "and the next click is one"


def test_what_is_chosen_is_given_together(strip) -> None:
    strip.evaluate(HEAR)
    _tile(strip, "cat").click(modifiers=["Control"])
    _drag(strip, _tile(strip, "cat"), 100, 100)
    strip.mouse.up()
    assert [one["picture"] for one in strip.evaluate("given")] == ["p2", "p5"]


def test_keys(strip) -> None:
    strip.locator(".open").focus()
    strip.keyboard.press("Tab")
    assert strip.evaluate("document.activeElement.innerText.trim()") == "age +2.0"
    strip.keyboard.press("ArrowRight")
    strip.keyboard.press("Enter")
    assert strip.evaluate("sent") == [["select", {"chosen": 4}]]
    strip.evaluate("value => answer(value)", _value(4, "p3"))
    assert strip.evaluate("document.activeElement.innerText.trim()") == "group", "the focus stays"
    assert strip.locator(".go[tabindex='0']").count() == 1
    strip.keyboard.press("Home")
    assert strip.evaluate("document.activeElement.innerText.trim()") == "friend"


def test_open_undo_and_redo_are_told(strip) -> None:
    strip.evaluate(
        "() => { window.told = []; for (const name of ['open-photo', 'undo', 'redo']) "
        "page.hear(name, (value) => told.push([name, value ?? null])); }"
    )
    strip.locator(".open").click()
    strip.evaluate("value => answer(value)", {**_value(), "redo": True})
    assert strip.evaluate("told") == [["open-photo", None], ["undo", True], ["redo", True]]


def test_a_long_press_chooses_and_a_finger_drags(browser) -> None:
    with alone("filmstrip", _value(), SLOT) as url:
        page = visited(
            browser, url, viewport={"width": 390, "height": 400}, has_touch=True, is_mobile=True
        )
        page.evaluate(HEAR)
        box = _tile(page, "group").bounding_box()
        at = {"x": box["x"] + 20, "y": box["y"] + 20}
        session = page.context.new_cdp_session(page)

        def touch(kind: str, *points: dict[str, float]) -> None:
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

        touch("touchStart", at)
        page.wait_for_function("() => page.now().chosen.length")
        touch("touchEnd")
        assert page.evaluate("page.now().chosen") == ["p3"]
        assert page.evaluate("sent") == [], "it is not shown as well"
        touch("touchStart", at)
        for x, y in ((at["x"], at["y"] - 10), (at["x"], at["y"] - 60), (100, 100)):
            touch("touchMove", {"x": x, "y": y})
        touch("touchEnd")
        assert page.evaluate("given") == [{"picture": "p3", "node": 4}]
        page.context.close()
