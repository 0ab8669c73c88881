"""The sheet "New slider" in a real browser, and what it makes of names."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from editor.errors import OptionError
from editor.ui.own_sliders import slider_name
from tests.ui.driver import opened

SHEET = "#new-slider"
CARDS = f"{SHEET} .card"
FRESH = (
    f"{SHEET} .cards[data-fresh]"  # clicks that were meant for the pictures before do not count yet
)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Odd ones", "odd_ones"),
        ("  Bart! ", "bart"),
        ("Größe 2", "größe_2"),
        ("3 hats", "my_3_hats"),
    ],
)
def test_names_of_sliders(title: str, name: str) -> None:
    assert slider_name(title) == name


@pytest.mark.parametrize("title", ["", "  ", "!?", None])
def test_no_name(title) -> None:
    with pytest.raises(OptionError, match="write a name"):
        slider_name(title)


def _open(page) -> None:
    page.wait_for_selector(f"{SHEET}[data-ready]", state="attached")
    page.evaluate("() => import('/modules/page_state.js').then((m) => m.tell('new-slider'))")
    page.wait_for_selector(f"{CARDS} img >> nth=11")


@pytest.fixture
def phone(server: str, browser) -> Iterator[object]:
    options = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    context = browser.new_context(**options)
    yield opened(context, server)
    context.close()


def _mark(page, kinds: str) -> None:
    """Mark the first pictures one by one: + has it, - has it not. Wait for the next ones."""
    cards = page.locator(CARDS)
    old = cards.nth(0).get_attribute("data-id")
    for i, kind in enumerate(kinds):
        cards.nth(i).click(modifiers=["Shift"] if kind == "-" else [])
        wanted = "not" if kind == "-" else "has"
        page.wait_for_selector(f"{CARDS}[data-id='{cards.nth(i).get_attribute('data-id')}']")
        assert cards.nth(i).get_attribute("data-mark") == wanted
    page.wait_for_function(
        "([s, old]) => document.querySelector(s).dataset.id !== old", arg=[CARDS, old]
    )
    page.wait_for_selector(FRESH, state="detached")


def test_a_slider_is_made_exported_removed_and_opened(page, tmp_path: Path) -> None:
    page.focus("#header-bar [data-act=save]")
    began = time.monotonic()
    _open(page)
    assert time.monotonic() - began < 10, "no pool is waited for"
    assert page.evaluate("document.activeElement.className") == "name"
    first = page.locator(CARDS).nth(0)
    first.click()
    first.click()
    assert first.get_attribute("data-mark") == "", "the same hand takes a mark back"
    first.focus()
    page.keyboard.press("x")
    assert first.get_attribute("data-mark") == "not"
    page.keyboard.press("x")
    page.keyboard.press("Enter")
    assert "has it" in first.get_attribute("aria-label")
    page.keyboard.press("Enter")
    for _ in range(4):
        _mark(page, "+-+-+-")
    page.wait_for_selector(f"{SHEET} .counts:text('12 ✓  12 ✕')")
    page.wait_for_selector(f"{SHEET} .stops img >> nth=4")
    assert "%" in page.inner_text(f"{SHEET} .level")
    hold = page.locator(f"{SHEET} .hold").first
    title = hold.get_attribute("aria-label")
    hold.click()
    page.wait_for_selector(f"{SHEET} .hold[aria-pressed=true][aria-label='{title}']")
    page.click(f"{SHEET} [data-way=surprise]")
    row = page.locator(f"{SHEET} .found-row").nth(1)
    row.locator("input").fill("Wind")
    page.wait_for_selector(f"{SHEET} .found-row >> nth=7")
    assert row.locator("input").input_value() == "Wind", "a name that was begun stays"
    row.locator("button").click()
    page.wait_for_selector("#slider-wind", state="attached")
    assert not page.evaluate("s => document.querySelector(s).open", SHEET)
    assert page.evaluate("document.activeElement.dataset.act") == "save", "the focus goes back"
    _open(page)
    page.click(f"{SHEET} [data-way=mine]")
    with page.expect_download() as download:
        page.click(f"{SHEET} .list button:text-is('Export')")
    file = tmp_path / "wind.safetensors"
    download.value.save_as(file)
    page.click(f"{SHEET} .list button:text-is('Remove')")
    page.wait_for_selector(f"{SHEET} .said:has-text('was removed; no edit changed')")
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(file.read_bytes()[:-40])
    page.set_input_files(f"{SHEET} .open-file input", str(bad))
    page.wait_for_selector(f"{SHEET} .problem:has-text('damaged')")
    page.set_input_files(f"{SHEET} .open-file input", str(file))
    page.wait_for_selector(f"{SHEET} .list li:has-text('Wind')")
    page.click(f"{SHEET} .over")
    page.wait_for_selector(f"{SHEET} .counts:text('0 ✓  0 ✕')")
    page.keyboard.press("Escape")
    assert not page.evaluate("s => document.querySelector(s).open", SHEET)


def test_photos_teach(page, photo: Path) -> None:
    _open(page)
    page.click(f"{SHEET} [data-way=folders]")
    assert page.is_disabled(f"{SHEET} .learn")
    for side in ("first", "second"):
        page.set_input_files(f"{SHEET} .drop[data-side={side}] input", [str(photo)])
    page.click(f"{SHEET} .learn")
    page.wait_for_selector(f"{SHEET} .problem:has-text('0 pictures are marked as having it')")


def test_a_finger_marks_and_nothing_overflows(phone) -> None:
    _open(phone)
    cards = phone.locator(CARDS)
    cards.nth(0).tap()
    assert cards.nth(0).get_attribute("data-mark") == "has"
    box = cards.nth(1).bounding_box()
    for _ in range(2):
        phone.touchscreen.tap(box["x"] + 40, box["y"] + 40)
    assert cards.nth(1).get_attribute("data-mark") == "not"
    assert phone.evaluate("s => document.querySelector(s).scrollWidth", SHEET) <= 390
    add = phone.locator(f"{SHEET} .add").bounding_box()
    assert add["y"] + add["height"] <= 844
