"""The page under everybody's hands: axe, the Tab key, fingers, small windows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.driver import ROOT, give, go_to, opened, resized, settled

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  return violations.filter((one) => ['serious', 'critical'].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.target.join(' ')).join('; ')}`);
}"""
COVERED = """() => {
  const seen = [];
  for (const one of document.querySelectorAll('#page button, #page input:not([type=file]), #page [role=slider]')) {
    if (one.disabled || one.closest('[inert], dialog') || !one.checkVisibility({ visibilityProperty: true })) continue;
    if (one.classList.contains('unseen') || one.tabIndex < 0 && one.matches('input')) continue;
    one.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    const box = one.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    if (!(hit && (one.contains(hit) || hit.contains(one) || one.labels && [...one.labels].some((label) => label.contains(hit))))) {
      seen.push(`${one.outerHTML.slice(0, 90)} is under ${hit?.outerHTML.slice(0, 90)}`);
    }
  }
  return seen;
}"""


@pytest.fixture
def axed(page, photo: Path) -> Iterator[object]:
    if not AXE.is_file() and not os.environ.get("REQUIRE_NODE"):
        pytest.skip("axe-core is not there: npm ci")
    page.add_script_tag(path=str(AXE))
    return page


def _done(page, photo: Path) -> None:
    give(page, photo)
    page.wait_for_selector("#stage .stage[data-state=done]")
    settled(page)


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_grave(axed, photo: Path, dark: bool) -> None:
    page = axed
    page.evaluate("dark => document.body.classList.toggle('dark', dark)", dark)
    page.evaluate("() => Promise.all(document.getAnimations().map((one) => one.finished))")
    found = {"empty": page.evaluate(GRAVE)}
    _done(page, photo)
    for tool in ("sliders", "brush", "blend", "patch"):
        page.click(f"#rail [data-tool={tool}]")
        settled(page)
        found[tool] = page.evaluate(GRAVE)
    for place in ("animate", "library", "edit"):
        go_to(page, place)
        settled(page)
        found[place] = page.evaluate(GRAVE)
    page.keyboard.press("?")
    page.wait_for_selector("#help[open]")
    found["help"] = page.evaluate(GRAVE)
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_the_first_slider_is_eight_tabs_away(page, photo: Path) -> None:
    _done(page, photo)
    page.evaluate(
        "() => { document.activeElement?.blur(); window.getSelection()?.removeAllRanges(); }"
    )
    page.keyboard.press("Tab")
    assert page.inner_text(":focus") == "Skip to the sliders"
    page.keyboard.press("Enter")
    presses = 1
    while not page.evaluate("() => document.activeElement?.matches('#panel input[type=range]')"):
        page.keyboard.press("Tab")
        presses += 1
        assert presses <= 8


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_what_is_scrolled_into_view_is_what_is_hit(page, photo: Path, size) -> None:
    page.emulate_media(reduced_motion="reduce")  # the row of chips would glide
    resized(page, *size)
    _done(page, photo)
    for tool in ("sliders", "brush", "blend", "patch"):
        page.click(f"#rail [data-tool={tool}]")
        settled(page)
        page.evaluate("() => document.querySelector('#toasts')?.replaceChildren()")
        assert page.evaluate(COVERED) == [], tool


def test_the_list_of_domains_closes_when_the_focus_goes_on(page) -> None:
    listed = page.locator("#domain [role=option]")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    listed.first.wait_for()
    page.keyboard.press("Tab")
    listed.first.wait_for(state="detached")
    page.click("#domain input")
    listed.first.wait_for()
    page.mouse.click(400, 600)
    listed.first.wait_for(state="detached")


@pytest.mark.parametrize("width", [320, 360, 390, 720, 768, 844, 940, 1000])
def test_save_is_inside_a_window_of_any_width(page, width: int) -> None:
    resized(page, width, 700)
    for place in ("animate", "library", "edit"):  # the widest name of them has room
        go_to(page, place)
        save = page.locator("#header-bar [data-act=save]").bounding_box()
        assert save["x"] + save["width"] <= width, place


def test_a_narrow_window_does_not_overflow(page) -> None:
    resized(page, 320, 640)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for place in ("animate", "library", "edit"):
        go_to(page, place)
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, place


def test_fingers_scroll_the_sheet_and_pinch_the_stage_alone(
    server: str, browser, photo: Path
) -> None:
    page = opened(
        browser, server, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    try:
        _done(page, photo)
        touch = page.context.new_cdp_session(page)

        def gesture(kind: str, *points: tuple[float, float]) -> None:
            touch.send(
                "Input.dispatchTouchEvent",
                {
                    "type": kind,
                    "touchPoints": [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)],
                },
            )

        box = page.locator("#stage canvas.picture").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        before = page.inner_text("#stage .size")
        gesture("touchStart", (x - 20, y), (x + 20, y))
        for step in range(1, 12):
            gesture("touchMove", (x - 20 - 6 * step, y), (x + 20 + 6 * step, y))
        gesture("touchEnd")
        settled(page)
        assert page.evaluate("visualViewport.scale") == 1
        assert page.get_attribute("#stage [data-look=fit]", "aria-pressed") == "false", before
        size = page.locator("#rail [data-tool=brush]").bounding_box()
        assert min(size["width"], size["height"]) >= 44
        slider = page.locator("#panel .move.chosen input[type=range]").bounding_box()
        value = page.locator("#panel .move.chosen input[type=number]").input_value()
        sx, sy = slider["x"] + slider["width"] * 0.5, slider["y"] + slider["height"] / 2
        gesture("touchStart", (sx, sy))
        for step in range(1, 10):
            gesture("touchMove", (sx, sy - 12 * step))
        gesture("touchEnd")
        settled(page)
        assert page.locator("#panel .move.chosen input[type=number]").input_value() == value
    finally:
        page.context.close()


def test_what_a_sheet_ends_with_can_be_pressed(page) -> None:
    """Styles of the whole page once hid the foot of the sheet, and with it the button that adds."""
    page.click("[data-tell=new-slider]")
    page.wait_for_selector("#new-slider[open] .card img")
    box = page.locator("#new-slider .add").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= page.viewport_size["height"]


def test_controls_are_as_large_as_a_finger(browser, server: str) -> None:
    page = opened(browser, server, viewport={"width": 390, "height": 844}, has_touch=True)
    size = page.evaluate(
        "() => getComputedStyle(document.documentElement).getPropertyValue('--control')"
    )
    assert size == "44px"
    names = (".menu-opener", "[data-act=undo]", "[data-act=redo]", "[data-act=save]")
    boxes = [page.locator(f"#header-bar {name}").bounding_box() for name in names]
    assert all(min(box["width"], box["height"]) >= 44 for box in boxes), boxes
    assert page.locator("#domain").bounding_box()["width"] >= 120
    page.close()
