"""Blend and Patch in the whole page; on a telephone the filmstrip is a tool of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.driver import invert, settled

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
OPEN = "() => document.body.dataset.tool"


@pytest.mark.parametrize("way", ["plus", "rail"])
def test_patch_is_fed_from_the_strip_and_comes_back(tab, photo: Path, way: str) -> None:
    page = tab(**PHONE)
    invert(page, photo, steps=2)
    page.tap("#rail [data-tool=patch]")
    settled(page)
    assert page.is_hidden("#filmstrip")
    page.tap("#patch-panel [data-part=source] .empty")
    page.wait_for_selector("#filmstrip .picture")
    if way == "rail":
        page.tap("#rail [data-tool=strip]")
    page.tap("#filmstrip .picture .go >> nth=0")
    page.wait_for_selector("#patch-panel [data-part=source] .pick img")
    assert page.evaluate(OPEN) == "patch"
    page.wait_for_selector("#patch-panel [data-part=run]:enabled")
    settled(page)


def test_another_tool_ends_the_waiting_for_a_tile(tab, photo: Path) -> None:
    page = tab(**PHONE)
    invert(page, photo, steps=2)
    page.tap("#rail [data-tool=blend]")
    settled(page)
    page.tap("#blend-panel [data-part=from] .empty")
    page.wait_for_selector("#filmstrip .picture")
    page.tap("#rail [data-tool=blend]")
    page.wait_for_selector("#blend-panel [data-part=from] .empty")
    assert page.locator("[data-armed]").count() == 0
    page.tap("#rail [data-tool=strip]")
    page.tap("#filmstrip .picture .go >> nth=0")
    settled(page)
    assert page.evaluate(OPEN) == "strip", "the tile is shown, not taken"
    assert page.locator("#blend-panel [data-part=from] .pick").count() == 0


def test_a_patch_that_is_changed_while_it_works_is_stopped_and_blended_in_again(
    page, photo: Path
) -> None:
    invert(page, photo, steps=2)
    page.click("#rail [data-tool=patch]")
    settled(page)
    page.click("#patch-panel [data-part=source] .empty")
    page.click("#filmstrip .picture .go >> nth=0")
    page.evaluate("document.querySelector('#patch-panel [data-part=steps]').value = 300")
    page.click("#patch-panel [data-part=run]:enabled")
    page.wait_for_selector("#stage .proposing")
    page.click("#patch-panel [data-kind=mouth]")
    page.wait_for_selector("#patch-panel [data-part=run]:enabled")
    settled(page)
    assert page.locator("#stage .proposing").count() == 0, "nothing of the first comes late"
    assert page.inner_text("#patch-status").strip() == "Stopped."
    page.evaluate("document.querySelector('#patch-panel [data-part=steps]').value = 5")
    page.click("#patch-panel [data-part=run]")
    page.wait_for_selector("#stage .proposing")
    page.click("#patch-panel [data-part=keep]:enabled")
    page.wait_for_selector("#filmstrip .picture >> nth=1")
    assert page.inner_text("#patch-status").strip() == "Kept as a new picture."
