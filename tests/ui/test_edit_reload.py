"""What outlives a reload of the page, whenever it comes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PIL import Image

from tests.ui.driver import (
    STAGE,
    distance,
    give,
    go_to,
    in_state,
    invert,
    place,
    ready,
    settled,
    shows,
    source,
    wait_for_change,
)

STEPS = "#filmstrip .step"
DARK = "() => document.body.classList.contains('dark')"
AFTER_RELEASE_S = 0.2


def _reload(page) -> None:
    page.reload()
    ready(page)


def _grab(page, name: str, share: float) -> None:
    """Drag a slider by a share of its track, and hold it."""
    box = page.locator(f"#slider-{name} input[type=range]").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + share * box["width"], y, steps=4)


@pytest.mark.parametrize("released", [True, False], ids=["released", "held"])
def test_a_reload_keeps_what_the_hand_did_just_before(page, photo: Path, released: bool) -> None:
    invert(page, photo, steps=3)
    plain = source(page)
    _grab(page, "smile", 0.2)
    wait_for_change(page, plain)
    if released:
        page.mouse.up()
        time.sleep(AFTER_RELEASE_S)
    there = distance(page, "smile")
    assert there > 0
    _reload(page)
    page.mouse.up()
    settled(page)
    assert distance(page, "smile") == pytest.approx(there)
    assert page.evaluate("calls.stage().value().moves.smile") == pytest.approx(there)
    assert page.locator(STEPS).count() == 2, "one step, whoever committed it"
    assert source(page) != plain
    page.click("[data-act=undo]")
    shows(page, plain)
    settled(page)
    assert place(page, "smile") == 0


def test_after_a_reload_photo_theme_place_and_tool_are_there(page, photo: Path) -> None:
    invert(page, photo, steps=3)
    shown, before = source(page), page.evaluate(DARK)
    page.click("[data-act=theme]")
    page.click("#rail [data-tool=brush]")
    settled(page)
    _reload(page)
    assert page.evaluate(DARK) is not before
    assert page.is_visible("#tool-brush")
    assert page.is_visible(f"{STAGE} .overlay.brush")
    assert source(page) == shown
    assert page.evaluate("calls.stage().value().name") == photo.stem
    go_to(page, "library")
    settled(page)
    for _ in range(2):
        _reload(page)
        assert page.is_visible("#library-place")
        assert page.is_hidden("#stage")
        assert page.get_attribute("#header-bar [data-place=library]", "aria-current") == "page"
    go_to(page, "edit")
    page.click("#rail [data-tool=sliders]")
    page.click("[data-act=theme]")
    settled(page)
    _reload(page)
    assert page.evaluate(DARK) is before
    assert page.is_visible("#tool-sliders")
    assert source(page) == shown


def test_after_a_reload_a_frame_that_waits_still_waits(page, tmp_path: Path) -> None:
    Image.linear_gradient("L").resize((400, 300)).convert("RGB").save(tmp_path / "none.png")
    give(page, tmp_path / "none.png")
    in_state(page, "frame")
    settled(page)
    crop = page.evaluate("calls.stage().value().crop")
    _reload(page)
    in_state(page, "frame")
    assert page.is_visible(f"{STAGE} .frame-square")
    assert page.evaluate("calls.stage().value().crop") == crop
    page.click("#stage [data-send=release]")
    in_state(page, "working", "done")


def test_a_reload_while_a_photo_is_read_goes_on_with_it(page, photo: Path) -> None:
    give(page, photo)
    page.wait_for_selector("#filmstrip .picture")
    _reload(page)
    assert page.locator("#filmstrip .picture").count() == 1
    assert page.evaluate("calls.stage().value().name") == photo.stem
    plain = source(page)
    _grab(page, "smile", 0.2)
    wait_for_change(page, plain)
    page.mouse.up()
    page.wait_for_selector(f"{STEPS} >> nth=1")
