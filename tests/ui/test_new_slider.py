"""The tab Teach in a real browser, and what it makes of names."""

from __future__ import annotations

from pathlib import Path

import pytest

from editor.errors import OptionError
from editor.ui.own_sliders import slider_name
from tests.ui.driver import move, resized, shows, source, wait_for_change


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


def _name(page, text: str) -> None:
    field = page.get_by_label("Name of the slider")
    field.fill(text)
    field.press("Tab")


def test_a_slider_is_taught_used_exported_and_given_to_all(
    page, server: str, browser, root: Path, tmp_path: Path
) -> None:
    page.click("role=tab[name=Teach]")
    page.click("#teach-next")
    page.wait_for_selector(".toast-body:has-text('Show pictures first')")
    page.click("#teach-begin")
    cards = page.locator("#marks .mark-card")
    page.wait_for_selector("#marks .mark-card >> nth=11", timeout=180_000)
    first = cards.nth(0).get_attribute("data-id")
    page.click("#teach-next")
    page.wait_for_selector(".toast-body:has-text('mark 1 of each')")
    for i in range(12):
        kind = "has" if i < 5 else "not"
        cards.nth(i).locator(f"[data-kind={kind}]").click()
        assert kind in cards.nth(i).get_attribute("class")
    cards.nth(0).locator("[data-kind=has]").click()  # the mark is taken back
    assert "open" in cards.nth(0).get_attribute("class")
    page.click("#teach-next")
    page.wait_for_selector("#teach-status :text('4 have it, 7 have not')")
    assert "five of each" in page.inner_text("#teach-status")
    page.wait_for_selector("#teach-result .row >> nth=2")
    assert first not in [cards.nth(i).get_attribute("data-id") for i in range(12)]
    for i in range(12):
        cards.nth(i).locator(f"[data-kind={'has' if i % 2 else 'not'}]").click()
    page.click("#teach-next")
    page.wait_for_selector("#teach-status :text('10 have it, 13 have not')")
    shown = cards.nth(0).get_attribute("data-id")
    for i in range(2):
        cards.nth(i).locator("[data-kind=has]").click()
    page.click("#teach-begin")
    page.wait_for_selector("#teach-status :text('12 have it, 13 have not so far')")
    page.wait_for_function(
        "old => document.querySelector('#marks .mark-card').dataset.id !== old", arg=shown
    )
    page.click("#teach-next")
    page.wait_for_selector("#teach-status :text('12 have it, 13 have not ·')")
    assert "% of marks" in page.inner_text("#teach-status")
    strips = page.locator("#teach-result img").first.get_attribute("src")
    page.click("#teach-others input")
    page.click("[role=option]:has-text('smile')")
    page.wait_for_function(
        "old => document.querySelector('#teach-result img').src !== old", arg=strips
    )
    page.keyboard.press("Escape")
    page.click("#teach-add")
    page.wait_for_selector(".toast-body:has-text('write a name')")
    _name(page, "Smile")
    page.click("#teach-add")
    page.wait_for_selector(".toast-body:has-text('already')")
    _name(page, "Odd ones")
    page.click("#teach-add")
    page.wait_for_selector("#teach-status :text('is among the sliders')")
    # the list of own sliders follows in an event of its own
    page.wait_for_function("() => document.querySelector('#teach-own input').value === 'Odd ones'")
    with page.expect_download() as download:
        page.click("#teach-export")
    file = tmp_path / "odd_ones.safetensors"
    download.value.save_as(file)
    page.click("role=tab[name=Edit]")
    before = source(page)
    page.wait_for_selector("#slider-odd_ones")
    page.locator("#slider-odd_ones input").fill("2")
    moved = wait_for_change(page, before)
    other = browser.new_context().new_page()
    other.goto(server)
    other.wait_for_selector("#slider-smile")
    assert other.locator("#slider-odd_ones").count() == 0, "it is this visitor's own"
    other.click("role=tab[name=Teach]")
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(file.read_bytes()[:-40])
    other.set_input_files("#teach-file input[type=file]", str(bad))
    other.wait_for_selector(".toast-body:has-text('damaged')")
    other.click("#teach-file [aria-label='Clear'], #teach-file [aria-label='Remove this file']")
    other.set_input_files("#teach-file input[type=file]", str(file))
    other.wait_for_selector("#own-status :text('is among the sliders')")
    other.click("role=tab[name=Edit]")
    other.locator("#slider-odd_ones input").fill("2")
    shows(other, moved)
    other.context.close()
    page.click("role=tab[name=Teach]")
    page.click("#teach-keep")
    page.wait_for_selector("#own-status :text('is a slider of')")
    saved = root / "boundaries" / "faces64" / "odd_ones.safetensors"
    assert saved.is_file()
    third = browser.new_context().new_page()
    third.goto(server)
    third.wait_for_selector("#slider-smile")
    third.click("text=Advanced")
    third.get_by_label("Most steps").fill("1")
    third.locator("#examples button").first.click()
    third.wait_for_selector("#slider-odd_ones")
    third.context.close()
    saved.unlink()


def test_directions_are_discovered_and_kept(page) -> None:
    page.click("role=tab[name=Teach]")
    page.click("#discover button >> nth=0")
    page.click("#discover-run")
    page.wait_for_selector("#discovered .keep >> nth=7")
    images = page.locator("#discovered .row").nth(2).locator("img")
    assert images.count() == 5
    assert len({images.nth(i).get_attribute("src") for i in range(5)}) == 5
    _name(page, "Third")
    page.locator("#discovered .keep").nth(2).click()
    page.wait_for_selector("#teach-status :text('is among the sliders')")
    page.click("role=tab[name=Edit]")
    before = source(page)
    move(page, "third", 1)
    moved = wait_for_change(page, before) if source(page) == before else source(page)
    page.click("role=tab[name=Teach]")
    page.click("#teach-remove")
    page.wait_for_selector("#own-status :text('was removed; 1 edit changed')")
    page.click("#teach-remove")
    page.wait_for_selector(".toast-body:has-text('choose one of your sliders')")
    page.click("role=tab[name=Edit]")
    page.wait_for_selector("#slider-third", state="detached")
    shows(page, before)
    assert moved != before


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_overflows(page, width: int) -> None:
    page.click("role=tab[name=Teach]")
    resized(page, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
