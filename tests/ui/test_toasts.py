"""Messages at the foot of the page, with their buttons, in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.harness import alone, visited
from tests.ui.test_filmstrip import SLOT, _value

SAY = """() => { window.ran = 0;
  page.tell('said', { text: '2 removed.', actions: [{ title: 'Undo', run: () => { ran += 1; } }] }); }"""


@pytest.fixture
def toasts(browser) -> Iterator[Any]:
    with alone("filmstrip", _value(), SLOT) as url:
        page = visited(browser, url, viewport={"width": 390, "height": 500})
        page.evaluate("() => import('/modules/toasts.js')")
        page.clock.install()
        yield page
        page.context.close()


def test_a_message_offers_what_can_be_done_about_it(toasts) -> None:
    toasts.evaluate(SAY)
    region = toasts.locator("#toasts")
    assert region.get_attribute("role") == "status"
    button = region.get_by_role("button", name="Undo")
    assert button.bounding_box()["height"] >= 44
    button.click()
    assert toasts.evaluate("ran") == 1
    assert region.locator(".toast").count() == 0


def test_a_message_goes_by_itself_unless_it_is_read(toasts) -> None:
    toasts.evaluate(SAY)
    toasts.clock.run_for(7000)
    assert toasts.locator(".toast").count() == 1
    toasts.locator(".toast").hover()
    toasts.clock.run_for(20_000)
    assert toasts.locator(".toast").count() == 1, "it stays under the pointer"
    toasts.mouse.move(1, 1)
    toasts.clock.run_for(9000)
    assert toasts.locator(".toast").count() == 0


def test_a_message_that_appears_under_the_pointer_goes_by_itself(toasts) -> None:
    toasts.evaluate(SAY)
    box = toasts.locator(".toast").bounding_box()
    toasts.get_by_role("button", name="Close").click()
    x, y = int(box["x"] + 20), int(box["y"] + box["height"] / 2)
    toasts.mouse.move(x, y)
    toasts.evaluate(SAY)
    toasts.locator(".toast").dispatch_event("pointerenter", {"clientX": x, "clientY": y})
    toasts.clock.run_for(9000)
    assert toasts.locator(".toast").count() == 0


def test_only_the_last_ones_stand(toasts) -> None:
    for number in range(5):
        toasts.evaluate("n => page.tell('said', { text: `<b>${n}</b>` })", number)
    assert toasts.locator(".toast span").all_inner_texts() == ["<b>2</b>", "<b>3</b>", "<b>4</b>"]


def test_what_tells_of_failures_stays_until_it_is_closed(toasts) -> None:
    toasts.evaluate("() => page.tell('said', { text: 'bad.jpg', bad: true, stay: true })")
    toasts.clock.run_for(60_000)
    for number in range(4):
        toasts.evaluate("n => page.tell('said', { text: String(n) })", number)
    assert toasts.locator(".toast span").all_inner_texts() == ["bad.jpg", "2", "3"]
    toasts.clock.run_for(9000)
    assert toasts.locator(".toast").count() == 1
    toasts.get_by_role("button", name="Close").click()
    assert toasts.locator(".toast").count() == 0


def test_a_message_in_a_dialog_outlives_it(toasts) -> None:
    toasts.evaluate(
        "() => { for (const id of ['a', 'b']) document.body.append(Object.assign(document.createElement('dialog'), { id }));"
        " for (const id of ['a', 'b']) document.getElementById(id).showModal(); }"
    )
    toasts.evaluate(SAY)
    for above, id in (("b", "b"), ("a", "a"), ("", "")):
        where = "document.querySelector('#toasts').closest('dialog')?.id || ''"
        toasts.wait_for_function(f"id => ({where}) === id", arg=above)
        assert toasts.locator(".toast").is_visible()
        if id:
            toasts.evaluate("id => document.getElementById(id).close()", id)
    toasts.get_by_role("button", name="Undo").click()
    assert toasts.evaluate("ran") == 1
