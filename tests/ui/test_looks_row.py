"""The row of looks alone in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.harness import alone, visited

VALUE = {
    "domain": "f",
    "looks": [{"name": "Big smile", "sliders": {"smile": 1}}],
    "ranges": {"smile": [-2, 2], "age": [-4, 4]},
}
KEPT = "JSON.parse(localStorage.getItem('in-domain-editor-looks')).f"


@pytest.fixture
def looks(browser) -> Iterator[Any]:
    with alone("looks", VALUE, '<div style="width: 320px">{}</div>') as url:
        page = visited(browser, url, viewport={"width": 320, "height": 600})
        page.evaluate(
            "page.change({ stage: { picture: 'p1', version: 'a', state: 'done', domain: 'f' }, moves: { age: 2 } })"
        )
        yield page
        page.context.close()


def _keep(page: Any, name: str) -> None:
    page.click(".keep")
    page.keyboard.type(name)
    page.keyboard.press("Enter")


def test_a_look_of_one_s_own_is_kept_renamed_and_removed(looks) -> None:
    _keep(looks, "Older")
    assert looks.evaluate(KEPT) == [{"name": "Older", "sliders": {"age": 0.5}}]
    looks.click(".more")
    edges = "one => one.closest('.look').getBoundingClientRect().bottom - one.getBoundingClientRect().bottom"
    assert looks.locator(".look[data-name=Older] span").evaluate(edges) >= 0, "the name is cut off"
    rename = looks.get_by_role("button", name="Rename", exact=True)
    assert rename.is_disabled(), "none is chosen"
    looks.click(".look[data-name='Big smile']")
    assert rename.is_disabled(), "it is not one's own"
    looks.click(".look[data-name=Older]")
    rename.click()
    assert looks.evaluate("document.activeElement.value") == "Older"
    looks.keyboard.type("  In   ten years ")
    looks.keyboard.press("Enter")
    assert looks.evaluate(KEPT) == [{"name": "In ten years", "sliders": {"age": 0.5}}]
    assert looks.locator(".look").all_inner_texts() == ["Big smile", "In ten years"]
    assert looks.get_attribute(".look[data-name='In ten years']", "aria-pressed") == "true"
    assert rename.is_enabled()
    assert looks.evaluate("document.documentElement.scrollWidth") <= 320
    looks.get_by_role("button", name="Remove the look In ten years").click()
    assert looks.evaluate(KEPT) == []
    assert looks.evaluate("document.activeElement.className") == "keep", "the focus stays"


def test_a_name_that_is_not_taken_is_forgotten(looks) -> None:
    _keep(looks, "Older")
    looks.click(".look[data-name=Older]")
    looks.click(".more")
    looks.click(".rename")
    looks.keyboard.press("Escape")
    _keep(looks, "Second")
    assert [one["name"] for one in looks.evaluate(KEPT)] == ["Older", "Second"]
