"""What several panels share, in a real browser.

Also single components, without a server: what it answers is then said by the test.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editor.project.pixels import mask_png
from editor.ui.components.html_component import asset, stylesheet
from editor.ui.data_uris import data_uri, drawn_mask, png_uri
from tests.ui.driver import (
    frames,
    invert,
    move,
    settled,
    source,
)

SIDE = 64  # of the domain that a component without a server is shown pictures of
LOAD = """([name, markup, script]) => {
  document.body.innerHTML = `<button id="other">other</button><div id="${name}">${markup}</div>`;
  const watchers = [];
  window.props = { value: null };
  window.sent = [];
  window.give = (value) => { props.value = value; watchers.forEach((one) => one()); };
  const trigger = (kind) => sent.push(kind);
  const watch = (_, one) => watchers.push(one);
  const element = document.getElementById(name);
  new Function('element', 'trigger', 'props', 'watch', script)(element, trigger, props, watch);
}"""

GIVE = """async (value) => {
  give(value);
  for (const src of [value.src, value.mask]) {
    if (!src) continue;
    const image = new Image();
    image.src = src;
    await image.decode();
  }
  for (let i = 0; i < 4; i += 1) await new Promise(requestAnimationFrame);
}"""


@pytest.fixture
def two(page, photo: Path) -> object:
    """The page with an inverted photo beside the generated face."""
    invert(page, photo, steps=3)
    page.wait_for_selector("#history .node >> nth=1")
    return page


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
    settled(page)
    assert page.locator("#history .node").count() == nodes
    assert source(page) == before


def _middle(locator) -> tuple[float, float]:
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.fixture
def part(browser) -> Iterator[object]:
    """An empty page; `_load` puts one component on it."""
    tab = browser.new_page(viewport={"width": 600, "height": 600})
    yield tab
    tab.close()


def _load(page, name: str) -> None:
    """A component as Gradio loads it: `give` is what the server answers, `props` what it gets."""
    page.evaluate(LOAD, [name, asset(f"{name}.html"), asset(f"{name}.js")])
    page.add_style_tag(content=stylesheet())


def _give(page, **value) -> None:
    """What the server answers, and until it is drawn: its pictures are decoded one by one."""
    page.evaluate(GIVE, value)


def _picture(colour: str) -> str:
    return data_uri(Image.new("RGB", (SIDE, SIDE), colour))


def _mask(page) -> str:
    """What the server would get."""
    return page.evaluate("props.value.mask")


def _kept_mask(uri: str) -> str:
    """A drawing as the server keeps it: of the domain's size."""
    mask = drawn_mask(uri, SIDE)
    return "" if mask is None else png_uri(mask_png(mask))


def _painted(page) -> np.ndarray:
    """[256, 256] bool, what the page shows as painted."""
    alpha = """() => {
      const { data } = document.querySelector('canvas').getContext('2d').getImageData(0, 0, 256, 256);
      return Array.from({ length: 256 * 256 }, (_, i) => data[4 * i + 3]);
    }"""
    return np.array(page.evaluate(alpha)).reshape(256, 256) > 60


def _at(page, x: float, y: float) -> tuple[float, float]:
    """A place of the canvas, given as shares of it, on the page."""
    box = page.locator("canvas").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def _dab(page, x: float, y: float) -> None:
    page.mouse.move(*_at(page, x, y))
    page.mouse.down()
    page.mouse.up()


def _eased(page) -> None:
    """Without the brush's outline, which is drawn while the canvas has the focus."""
    page.evaluate("document.activeElement.blur()")


def test_a_drawing_stays_as_fine_as_it_was_drawn(part) -> None:
    page, src = part, _picture("grey")
    _load(page, "paint")
    _give(page, src=src, mask="")
    for x in (0.3, 0.5, 0.7):
        _dab(page, x, 0.5)
        _eased(page)
        drawn, sent = _painted(page), _mask(page)
        for answer in (_kept_mask(sent), sent):
            _give(page, src=src, mask=answer)
            assert np.array_equal(_painted(page), drawn)
            assert _mask(page) == sent
    assert drawn[128, 77]
    assert drawn[128, 179]


def test_a_late_answer_does_not_take_away_what_was_painted_since(part) -> None:
    page, src = part, _picture("grey")
    _load(page, "paint")
    _give(page, src=src, mask="")
    _dab(page, 0.3, 0.3)
    first = _mask(page)
    _dab(page, 0.7, 0.7)
    _eased(page)
    drawn, second = _painted(page), _mask(page)
    for late in ("", first, _kept_mask(first), _kept_mask(second)):
        _give(page, src=src, mask=late)
        assert np.array_equal(_painted(page), drawn)
        assert _mask(page) == second
    page.click("#other")
    _give(page, src=src, mask=_kept_mask(first))
    assert _painted(page)[77, 77], "but who asks for what was before gets it"
    assert not _painted(page)[179, 179]


def test_an_answer_waits_for_the_end_of_a_stroke(part) -> None:
    page, src = part, _picture("grey")
    _load(page, "paint")
    _give(page, src=src, mask="")
    _dab(page, 0.2, 0.2)
    first = _mask(page)
    page.mouse.move(*_at(page, 0.3, 0.8))
    page.mouse.down()
    page.mouse.move(*_at(page, 0.5, 0.8), steps=3)
    _give(page, src=src, mask=_kept_mask(first))
    page.mouse.move(*_at(page, 0.7, 0.8), steps=3)
    page.mouse.up()
    _eased(page)
    whole = drawn_mask(_mask(page), SIDE).numpy() > 0.9
    for x, y in ((0.2, 0.2), (0.35, 0.8), (0.65, 0.8)):
        assert _painted(page)[int(256 * y), int(256 * x)]
        assert whole[int(SIDE * y), int(SIDE * x)]


def test_another_picture_brings_its_own_painted_part(part) -> None:
    page = part
    _load(page, "paint")
    _give(page, src=_picture("grey"), mask="")
    _dab(page, 0.3, 0.3)
    page.mouse.move(*_at(page, 0.7, 0.7))
    page.mouse.down()
    sent = page.evaluate("sent.length")
    _give(page, src=_picture("red"), mask="")
    page.mouse.up()
    _eased(page)
    assert not _painted(page).any(), "also while a stroke is under way"
    assert page.evaluate("sent.length") == sent, "which is not the other picture's"
    half = np.zeros((SIDE, SIDE), np.uint8)
    half[:32] = 255
    upper = data_uri(Image.fromarray(half))
    _give(page, src=_picture("blue"), mask=upper)
    assert _painted(page)[:128].all()
    assert not _painted(page)[128:].any()
    assert page.get_attribute("img", "src") == _picture("blue")


def test_what_the_server_kept_is_gone_on_with_unchanged(part) -> None:
    page, src = part, _picture("grey")
    _load(page, "paint")
    rough = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE), np.uint8)
    rough[40:] = 0
    _give(page, src=src, mask=data_uri(Image.fromarray(rough)))
    _dab(page, 0.5, 0.9)
    kept = drawn_mask(_mask(page), SIDE).numpy() * 255
    assert np.abs(kept[:40] - rough[:40]).max() <= 1


def test_quick_dabs_all_stay(page) -> None:
    page.click("#local button >> nth=0")
    canvas = page.locator("#paint canvas")
    canvas.wait_for()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    places = [(0.1 + 0.11 * i, 0.3 if i % 2 else 0.7) for i in range(8)]
    for x, y in places:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.mouse.down()
        page.mouse.up()
        frames(page, 7)  # as quick as a hand is: answers come in between
    page.wait_for_selector("#history .node >> nth=1")
    settled(page)
    alpha = """([x, y]) => document.querySelector('#paint canvas').getContext('2d')
      .getImageData(Math.round(256 * x), Math.round(256 * y), 1, 1).data[3]"""
    assert [page.evaluate(alpha, list(place)) for place in places] == [140] * 8


def test_keys_act_on_the_tab_edit_alone(page) -> None:
    move(page, "smile", 2)
    page.wait_for_selector("#history .node.at >> nth=0")
    page.evaluate("""() => {
      window.pressed = [];
      for (const id of ['undo', 'redo', 'save']) {
        document.getElementById(id).addEventListener('click', () => pressed.push(id));
      }
      document.addEventListener('idgan:hold', (event) => { if (event.detail) pressed.push('hold'); });
    }""")
    keys = ("Control+z", "Control+Shift+z", "Control+y", "c")
    page.click("role=tab[name=Library]")
    page.wait_for_selector("#library .card")
    for target in ("#library .card", "#library-name textarea, #library-name input", "body"):
        page.locator(target).first.focus()
        for key in (*keys, "Control+s"):
            page.keyboard.press(key)
    assert page.evaluate("pressed") == []
    page.click("role=tab[name=Edit]")
    page.wait_for_selector("#main", state="visible")
    for key in keys:
        page.keyboard.press(key)
    assert page.evaluate("pressed") == ["undo", "redo", "redo", "hold"]
    with page.expect_download():
        page.keyboard.press("Control+s")


def test_rows_keep_the_focus(part) -> None:
    page = part
    _load(page, "rows")
    row = {"title": "smile", "sources": [_picture("grey"), _picture("red")]}
    focused = "() => document.activeElement.getAttribute('aria-label')"
    _give(page, rows=[row], cells=True, button="Add")
    for button, label in ((".cell >> nth=1", "Keep: smile 2"), (".keep >> nth=0", "Add: smile")):
        page.locator(button).focus()
        _give(page, rows=[row, {**row, "title": "age"}], cells=True, button="Add")
        assert page.evaluate(focused) == label
    page.focus("#other")
    _give(page, rows=[row], cells=True)
    assert page.evaluate("document.activeElement.id") == "other"
