"""The tabs Interpolate, Diffuse and Mix in a real browser, on a held-out photo."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from tests.ui.driver import AFTER, invert, source


@pytest.fixture
def two(page, photo: Path) -> object:
    """The page with an inverted photo beside the generated face."""
    invert(page, photo, steps=3)
    page.wait_for_selector("#history .node >> nth=1")
    return page


def _choose(page, picker: str, *places: int) -> None:
    for place in places:
        card = page.locator(f"{picker} .card").nth(place)
        card.click()
        page.wait_for_function(
            "([s, i]) => document.querySelectorAll(s)[i].classList.contains('on')",
            arg=[f"{picker} .card", place],
        )


def _kept(page, nodes: int) -> None:
    """The last edit of the history is a new one, and is what the tab Edit shows."""
    page.wait_for_selector(f"#history .node >> nth={nodes}")
    assert page.locator("#history .node").nth(nodes).locator(".go[aria-current]").count() == 1


def test_interpolate_plays_scrubs_and_saves(two) -> None:
    page = two
    page.click("role=tab[name=Interpolate]")
    page.wait_for_selector("#path .card >> nth=1")
    page.click("#path-make")
    page.wait_for_selector(".toast-body:has-text('at least two')")
    _choose(page, "#path", 1, 0)
    frames = page.get_by_label("number input for Frames", exact=True)
    frames.fill("6")
    frames.press("Tab")
    page.click("#path-make")
    page.wait_for_selector("#path-status :text('6 frames')")
    shown = "#scrubber .frame img"
    first = page.get_attribute(shown, "src")
    page.wait_for_function(
        "([s, old]) => document.querySelector(s).src !== old", arg=[shown, first]
    )  # it plays by itself
    page.locator("#scrubber input[type=range]").fill("3")
    assert page.inner_text("#scrubber output") == "4 of 6"
    held = page.get_attribute(shown, "src")
    page.wait_for_timeout(500)
    assert page.get_attribute(shown, "src") == held, "dragging stops it"
    kinds = {"GIF": "GIF", "WebP": "WEBP", "MP4": None, "Strip": "PNG"}
    for kind, expected in kinds.items():
        page.click(f"#path-kind >> text={kind}")
        with page.expect_download() as download:
            page.click("#path-save")
        data = Path(download.value.path()).read_bytes()
        if expected is None:
            assert data[4:8] == b"ftyp"
            continue
        image = Image.open(io.BytesIO(data))
        assert image.format == expected
        assert image.size == ((6 * 256, 256) if kind == "Strip" else (256, 256))
        assert getattr(image, "n_frames", 1) == (1 if kind == "Strip" else 6)


def test_a_patch_is_painted_placed_and_spreads(two) -> None:
    page = two
    page.click("role=tab[name=Diffuse]")
    page.wait_for_selector("#target .card >> nth=1")
    page.click("#diffuse-run")
    page.wait_for_selector(".toast-body:has-text('choose the picture')")
    _choose(page, "#target", 1)
    _choose(page, "#contexts", 0)
    page.wait_for_selector("#patch .paint:not(.empty)")
    page.click("#diffuse-run")
    page.wait_for_selector(".toast-body:has-text('paint the patch')")
    canvas = page.locator("#patch canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 30, middle[1] + 20, steps=3)
    page.mouse.up()
    board = page.locator("#place canvas")
    board.wait_for()
    pixels = "() => document.querySelector('#place canvas').toDataURL()"
    page.wait_for_timeout(500)
    before = page.evaluate(pixels)
    page.click("#patch-preset")
    page.wait_for_function(
        "old => document.querySelector('#place canvas').toDataURL() !== old", arg=before
    )
    before = page.evaluate(pixels)
    board.focus()
    page.keyboard.press("Shift+ArrowDown")
    assert page.evaluate(pixels) != before
    steps = page.get_by_label("number input for Steps at most")
    steps.fill("10")
    steps.press("Tab")
    page.click("#diffuse-run")
    page.wait_for_selector("#diffuse-status :text('Done')")
    nodes = page.locator("#history .node").count()
    result = page.locator("#diffused .cell img").get_attribute("src")
    page.click("#diffused .cell")
    _kept(page, nodes)
    page.click("role=tab[name=Edit]")
    page.wait_for_function(
        "([s, now]) => document.querySelector(s).src === now", arg=[AFTER, result]
    )


def test_mixing_follows_the_strengths_and_a_mixture_is_kept(two) -> None:
    page = two
    edited = source(page)
    page.click("role=tab[name=Mix]")
    page.wait_for_selector("#contents .card >> nth=1")
    page.wait_for_selector("#mix-status :text('both lists')")
    _choose(page, "#contents", 1)
    _choose(page, "#styles", 0, 1)
    page.wait_for_selector("#mix-grid .cell >> nth=1")
    cells = page.locator("#mix-grid .cell img")
    page.wait_for_timeout(1000)
    assert cells.nth(1).get_attribute("src") == edited, "mixed with itself nothing changes"
    mixed = cells.nth(0).get_attribute("src")
    assert mixed != edited
    shape = page.get_by_label("number input for How much pose and shape")
    shape.fill("1")
    shape.press("Tab")
    page.wait_for_function(
        "old => document.querySelector('#mix-grid .cell img').src !== old", arg=mixed
    )
    with page.expect_download() as download:
        page.click("#mix-save")
    assert Image.open(download.value.path()).width > 3 * 64
    nodes = page.locator("#history .node").count()
    page.locator("#mix-grid .cell").nth(0).click()
    _kept(page, nodes)


@pytest.mark.parametrize("tab", ["Interpolate", "Diffuse", "Mix"])
def test_every_tab_fits_a_telephone_and_is_labelled(page, tab: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(300)
    entry = page.locator(f"role=tab[name={tab}]")
    if not entry.first.is_visible():
        page.click("#tabs .overflow-menu > button")
        page.click(f"#tabs .overflow-dropdown button:has-text('{tab}')")
    else:
        entry.first.click()
    page.wait_for_timeout(700)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    unlabelled = page.evaluate(
        """() => [...document.querySelectorAll('input:not([type=file]), button, img, canvas')]
          .filter((e) => e.offsetParent !== null)
          .filter((e) => e.tagName === 'IMG' ? !e.hasAttribute('alt')
            : !(e.getAttribute('aria-label') || e.title || e.innerText?.trim() || e.labels?.length))
          .map((e) => e.outerHTML.slice(0, 160))"""
    )
    assert unlabelled == []
