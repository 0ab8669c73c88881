"""The header, its keys and Explore alone in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.harness import alone, visited

AROUND = '<div id="header-bar">{}</div> <input id="field" type="text"><div id="note" contenteditable="true"></div>'
HEAR = """() => { window.told = [];
  for (const name of ['paste-settings', 'copy-settings', 'paste-chosen', 'save', 'open-photo']) page.hear(name, () => told.push(name)); }"""


@pytest.fixture
def header(browser) -> Iterator[Any]:
    with alone("header", {"place": "edit", "tool": "sliders", "about": {}}, AROUND) as url:
        page = visited(browser, url, viewport={"width": 1280, "height": 600})
        page.evaluate(HEAR)
        yield page
        page.context.close()


@pytest.mark.parametrize("field", ["#field", "#note"])
def test_what_is_typed_in_keeps_its_keys(header, field: str) -> None:
    header.focus(field)
    for keys in ("Control+Shift+v", "Control+Shift+c", "?", "Control+s"):
        header.keyboard.press(keys)
    assert header.evaluate("told") == ["save"]
    assert header.is_hidden("#help")
    header.evaluate("document.activeElement.blur()")
    header.keyboard.press("Control+Shift+v")
    header.evaluate("page.change({ place: 'library' })")
    header.keyboard.press("Control+Shift+v")
    assert header.evaluate("told") == ["save", "paste-settings", "paste-chosen"]


def test_undo_and_redo_say_whether_they_do_anything(header) -> None:
    undo = header.locator("[data-act=undo]")
    assert undo.get_attribute("aria-disabled") == "true"
    assert float(undo.evaluate("(one) => getComputedStyle(one).opacity")) < 1
    header.evaluate("page.tell('undo', true)")
    assert undo.get_attribute("aria-disabled") == "false"
    assert undo.evaluate("(one) => getComputedStyle(one).opacity") == "1"
    assert header.locator("[data-act=redo]").get_attribute("aria-disabled") == "true"


def test_the_menu_has_a_name(header) -> None:
    header.set_viewport_size({"width": 390, "height": 600})
    header.click(".menu-opener")
    assert header.get_by_role("menu", name="Places and more").is_visible()
    assert header.get_by_role("button", name="Edit, menu").is_visible()


def test_the_menu_turns_a_photo_and_frames_it_anew_where_there_is_one(header) -> None:
    header.set_viewport_size({"width": 390, "height": 844})
    of_photo = ["Turn the photo left", "Turn the photo right", "Frame another part"]
    header.evaluate(
        """() => { window.asked = [];
        for (const name of ['turn-photo', 'frame-anew']) page.hear(name, (by) => asked.push([name, by ?? null])); }"""
    )
    items = header.get_by_role("menuitem")
    for turnable, place in ((False, "edit"), (True, "library")):
        header.evaluate(
            "([turnable, place]) => page.change({ place, stage: { ...page.now().stage, turnable } })",
            [turnable, place],
        )
        header.click(".menu-opener")
        assert not set(of_photo) & set(items.all_inner_texts())
        header.keyboard.press("Escape")
    header.evaluate("page.change({ place: 'edit' })")
    for title in of_photo:
        header.click(".menu-opener")
        header.get_by_role("menuitem", name=title).click()
    assert header.evaluate("asked") == [["turn-photo", -1], ["turn-photo", 1], ["frame-anew", None]]


def test_explore_keeps_the_focus_where_a_picture_was_chosen(header) -> None:
    header.evaluate(
        """async () => {
        const { explores } = await import('/modules/explore.js');
        page.change({ stage: { picture: 'p1', version: 'a', state: 'done', domain: 'f' } });
        explores(() => ({ ranges: { smile: [-2, 2], age: [-2, 2] }, titles: { smile: 'Smile', age: 'Age' } }));
        page.tell('explore'); }"""
    )
    chosen = header.get_by_role("button", name="Smile +")
    chosen.focus()
    before = chosen.element_handle()
    header.keyboard.press("Enter")
    header.wait_for_function("(old) => !old.isConnected", arg=before)
    assert header.evaluate("document.activeElement.ariaLabel") == "Smile +"
    assert header.evaluate("page.now().moves.smile") == 1
