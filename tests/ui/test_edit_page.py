"""The page around the place Edit: what is in the window, what is hit, help, domains."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.driver import (
    STAGE,
    go_to,
    in_state,
    invert,
    move,
    resized,
    settled,
    source,
    wait_for_change,
)

DESKTOP, PHONE = (1280, 800), (390, 844)
FIRST = "#slider-smile input[type=range]"
COMMON = [
    "#domain input",
    *("[data-act=undo]", "[data-act=redo]", "[data-act=save]"),
    *(f"#rail [data-tool={tool}]" for tool in ("sliders", "brush", "blend", "patch")),
    *(f"{STAGE} canvas.picture", f"{STAGE} [data-look=fit]", f"{STAGE} [data-look=face]"),
    FIRST,
]
NEEDED = {
    DESKTOP: [
        *(f"#header-bar [data-place={place}]" for place in ("edit", "animate", "library")),
        *(*COMMON, "#filmstrip .open", "#filmstrip .picture", "[data-tell=new-slider]"),
        *("[data-act=compare]", "[data-act=theme]", "[data-act=help]", "[data-act=save-as]"),
        *("[data-tell=reset]", "#slider-yaw input[type=range]", f"{STAGE} [data-compare=split]"),
    ],
    PHONE: [
        *COMMON,
        "#header-bar .menu-opener",
        "#rail [data-tool=strip]",
        "#tool-sliders .chip >> nth=0",
    ],
}
INSIDE = """(element) => {
  const { left, top, right, bottom, width, height } = element.getBoundingClientRect();
  return width > 0 && height > 0 && left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
}"""
MISSED = """() => {
  const missed = [];
  const controls = 'button, input:not([type=file]), textarea, select, a[href], [role=slider], summary';
  for (const one of document.querySelectorAll(controls)) {
    if (one.disabled || !one.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (one.closest('dialog:not([open]), [popover]:not(:popover-open)')) continue;
    if (getComputedStyle(one).pointerEvents === 'none') continue;
    one.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
    const { left, top, width, height } = one.getBoundingClientRect();
    if (!width || !height) continue;
    const hit = document.elementFromPoint(left + width / 2, top + height / 2);
    const labelled = hit && one.labels && [...one.labels].some((label) => label.contains(hit));
    if (!hit || !(one.contains(hit) || hit.contains(one) && hit.closest('button, label') || labelled)) {
      missed.push(`${one.outerHTML.slice(0, 120)} → ${hit?.outerHTML.slice(0, 120)}`);
    }
  }
  return missed;
}"""
UNNAMED = """() => [...document.querySelectorAll('input:not([type=file]), button, img, canvas, [role=slider]')]
  .filter((e) => e.checkVisibility({ visibilityProperty: true }))
  .filter((e) => e.tagName === 'IMG' ? !e.hasAttribute('alt')
    : !(e.getAttribute('aria-label') || e.title || e.innerText?.trim() || e.labels?.length))
  .map((e) => e.outerHTML.slice(0, 160))"""
TOOLS = ("sliders", "brush", "blend", "patch")


def _sized(tab, size: tuple[int, int]):
    width, height = size
    phone = {"has_touch": True, "is_mobile": True} if size == PHONE else {}
    return tab(viewport={"width": width, "height": height}, **phone)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_everything_needed_is_in_the_window(tab, photo: Path, size: tuple[int, int]) -> None:
    page = _sized(tab, size)
    assert page.locator(f"{STAGE} .empty [data-open]").evaluate(INSIDE), "Open photo"
    invert(page, photo, steps=2)
    page.evaluate("document.querySelector('#tool-panel').scrollTop = 0")
    outside = [one for one in NEEDED[size] if not page.locator(one).first.evaluate(INSIDE)]
    assert outside == []
    assert page.evaluate("document.documentElement.scrollHeight") <= size[1]
    picture = page.locator(f"{STAGE} canvas.picture").bounding_box()
    assert picture["height"] > 0.3 * size[1]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_what_is_scrolled_into_view_is_what_is_hit(tab, photo: Path, size: tuple[int, int]) -> None:
    page = _sized(tab, size)
    invert(page, photo, steps=2)
    for tool in TOOLS:
        page.click(f"#rail [data-tool={tool}]")
        settled(page)
        assert page.evaluate(MISSED) == [], tool
    for place in ("animate", "library"):
        go_to(page, place)
        settled(page)
        assert page.evaluate(MISSED) == [], place


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_overflows_and_everything_has_a_name(
    tab, photo: Path, size: tuple[int, int]
) -> None:
    page = _sized(tab, size)
    assert page.evaluate(UNNAMED) == []
    invert(page, photo, steps=2)
    for tool in TOOLS:
        page.click(f"#rail [data-tool={tool}]")
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert page.evaluate("document.querySelector('#tool-panel').scrollWidth") <= size[0]
        assert page.evaluate(UNNAMED) == [], tool
    for place in ("animate", "library"):
        go_to(page, place)
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert page.evaluate(UNNAMED) == [], place


def test_the_picture_stays_in_sight_while_sliders_scroll(page, photo: Path) -> None:
    invert(page, photo, steps=2)
    resized(page, 390)
    page.locator("#advanced button.label-wrap").scroll_into_view_if_needed()
    settled(page)
    assert page.evaluate("document.querySelector('#tool-panel').scrollTop") > 0
    assert page.evaluate("scrollY") == 0
    box = page.locator(f"{STAGE} canvas.picture").bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] < 500


def test_help_opens_by_button_and_key_and_tells_the_keys(page) -> None:
    assert page.is_hidden("#help")
    page.click("[data-act=help]")
    assert "Undo, redo" in page.inner_text("#help")
    page.click("#help .close")
    assert page.is_hidden("#help")
    page.keyboard.press("?")
    assert page.is_visible("#help")
    assert "64 px" in page.inner_text("#help .about")
    page.keyboard.press("Escape")
    assert page.is_hidden("#help")


def test_another_domain_is_chosen_and_the_first_comes_back(page, photo: Path) -> None:
    invert(page, photo, steps=2)
    move(page, "smile", 2)
    settled(page)
    shown = source(page)
    _choose(page, "Published", "tilt")
    assert page.locator("#slider-smile").count() == 0
    assert page.locator("#filmstrip .picture").count() == 0, "the example is none yet"
    in_state(page, "empty")
    assert page.evaluate("calls.stage().value().subject") == "scene"
    page.click("#advanced button.label-wrap")
    assert page.get_by_label("Most steps").input_value() == "100"
    page.click("#advanced button.label-wrap")
    invert(page, photo, steps=2)
    before = source(page)
    move(page, "tilt", 3)
    wait_for_change(page, before)
    _choose(page, "Faces", "smile")
    settled(page)
    assert source(page) == shown
    assert page.evaluate("calls.stage().value().moves.smile") == 2


def test_another_domain_costs_no_refusal(page) -> None:
    """Its answers come in a burst, between two streams that the page reads them from."""
    refused: list[int] = []
    page.on("response", lambda one: refused.append(one.status) if one.status >= 400 else None)
    for title, slider in (("Published", "tilt"), ("Faces", "smile")) * 3:
        _choose(page, title, slider)
        assert refused == []
        assert page.locator(".toast-body").count() == 0


def test_eight_presses_of_tab_lead_from_save_to_the_first_slider(page, photo: Path) -> None:
    invert(page, photo, steps=2)
    page.focus("[data-act=save-as]")
    on_slider = "() => document.activeElement.matches('#tool-sliders .move input')"
    presses = 0
    while presses < 12 and not page.evaluate(on_slider):
        page.keyboard.press("Tab")
        presses += 1
    assert presses <= 8


def _choose(page, title: str, slider: str) -> None:
    """Choose another domain by its title, until one of its sliders is there."""
    page.click("#domain input")
    page.click(f"[role=option]:has-text('{title}')")
    page.wait_for_selector(f"#slider-{slider}")
    settled(page)


def test_the_page_of_a_telephone_has_one_slider_and_chips(tab, photo: Path) -> None:
    page = _sized(tab, PHONE)
    invert(page, photo, steps=2)
    rows = page.locator("#tool-sliders .move:visible")
    assert rows.count() == 1
    before = source(page)
    page.tap("#tool-sliders .chip[data-name=smile]")
    assert rows.get_attribute("data-name") == "smile"
    number = rows.locator("input[type=number]")
    number.fill("60")
    number.press("Enter")
    wait_for_change(page, before)
