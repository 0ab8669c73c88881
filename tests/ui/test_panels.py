"""The tabs Interpolate, Diffuse and Mix in a real browser, on a held-out photo."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from tests.ui.driver import AFTER, invert, source, wait_for_change


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


def test_a_thumb_dragged_onto_the_picture_is_mixed_in(two) -> None:
    page = two
    before, nodes = source(page), page.locator("#history .node").count()
    thumbs = page.locator("#history .node")
    frame = page.locator("#picture .frame")
    thumbs.nth(0).locator(".go").drag_to(frame)
    _kept(page, nodes)
    mixed = wait_for_change(page, before)
    page.wait_for_selector("#status :text(\"It took the colour of 'Example'\")")
    page.click("#undo")
    page.wait_for_function(
        "([s, old]) => document.querySelector(s).src === old", arg=[AFTER, before]
    )
    button = page.get_by_label("Mix into the picture: Example", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    _kept(page, nodes + 1)
    page.wait_for_function(
        "([s, now]) => document.querySelector(s).src === now", arg=[AFTER, mixed]
    )
    assert page.locator("#history .at .mix").count() == 0, "not with itself"


def test_a_drag_that_ends_elsewhere_does_nothing(two) -> None:
    page = two
    before, nodes = source(page), page.locator("#history .node").count()
    thumb = page.locator("#history .node").nth(0).locator(".go")
    thumb.drag_to(page.locator("#title"))
    assert page.locator(".strip-ghost").count() == 0
    thumb.scroll_into_view_if_needed()
    page.mouse.move(*_middle(thumb))
    page.mouse.down()
    page.mouse.move(*_middle(page.locator("#picture .frame")), steps=4)
    assert page.locator(".strip-ghost").count() == 1
    assert "over" in page.get_attribute("#picture .frame", "class")
    page.keyboard.press("Escape")
    page.mouse.up()
    assert page.locator(".strip-ghost").count() == 0
    page.wait_for_timeout(800)
    assert page.locator("#history .node").count() == nodes
    assert source(page) == before


def test_a_finger_drags_a_thumb_too(server: str, browser) -> None:
    context = browser.new_context(has_touch=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(server)
    page.wait_for_selector(f"{AFTER}[src]")
    page.click("text=Advanced")
    page.get_by_label("Most steps").fill("1")
    page.locator("#examples button").nth(1).click()
    page.wait_for_selector("#status :text('Done')")
    before, nodes = source(page), page.locator("#history .node").count()
    thumb = page.locator("#history .node").nth(0).locator(".go")
    thumb.scroll_into_view_if_needed()
    x, y = _middle(thumb)
    goal = _middle(page.locator("#picture .frame"))
    assert goal[1] > 0, "the picture is in sight while the strip is"
    finger = context.new_cdp_session(page)
    points = [(x, y - 20 * i) for i in range(int((y - goal[1]) / 20) + 1)] + [goal]
    for index, (left, top) in enumerate(points):
        kind = "touchMove" if index else "touchStart"
        finger.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": left, "y": top}]}
        )
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    _kept(page, nodes)
    wait_for_change(page, before)
    context.close()


def _middle(locator) -> tuple[float, float]:
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


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
