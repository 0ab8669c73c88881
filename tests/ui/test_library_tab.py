"""The tab Library, projects, and the visit that outlives a reload, in a real browser."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.ui.driver import AFTER, invert, move, served, source, wait_for_change


@pytest.fixture
def library(page) -> object:
    page.click("role=tab[name=Library]")
    page.wait_for_selector("#library .card")
    return page


def _card(page, index: int) -> None:
    page.locator("#library .card").nth(index).click()
    page.wait_for_function(
        "i => document.querySelectorAll('#library .card')[i].classList.contains('on')", arg=index
    )


def test_many_photos_with_the_same_sliders(page, photo: Path, tmp_path: Path, faces) -> None:
    page.click("text=Advanced")
    page.get_by_label("Most steps").fill("2")
    move(page, "smile", 2)
    other, bad = tmp_path / "other.png", tmp_path / "bad.png"
    faces.example(7).resize((200, 200)).save(other)
    bad.write_text("no picture")
    page.click("role=tab[name=Library]")
    page.set_input_files("#library-photos input[type=file]", [str(photo), str(bad), str(other)])
    page.check("#library-with input")
    page.wait_for_selector("#library-photos :text('other')")
    page.click("#library-invert")
    page.wait_for_selector("#library-status :text('2 of 3 done')")
    assert "not a picture" in page.inner_text("#library-status")
    page.wait_for_function("() => document.querySelectorAll('#library .card').length === 3")
    _card(page, 1)
    _card(page, 2)
    with page.expect_download() as download:
        page.click("#library-save")
    with zipfile.ZipFile(download.value.path()) as archive:
        sizes = [Image.open(archive.open(name)).size for name in archive.namelist()]
    assert sizes == [Image.open(photo).size, (200, 200)]
    page.locator("#library .card").nth(1).click()  # not the second any more
    page.click("#library-open")
    page.wait_for_selector("#slider-smile")
    page.wait_for_function("() => document.querySelector('#slider-smile input').value === '2'")
    assert page.locator("#history .node").count() == 6


def test_rename_copy_and_remove(page, photo: Path) -> None:
    invert(page, photo, steps=2)
    move(page, "age", 1)
    page.click("role=tab[name=Library]")
    page.wait_for_selector("#library .card >> nth=1")
    _card(page, 0)
    page.fill("#library-name input, #library-name textarea", "Grandmother")
    page.click("#library-rename")
    page.wait_for_selector("#library .card[aria-label=Grandmother]")
    page.click("#library-copy")
    page.wait_for_selector("#library-status :text('given to 1')")
    page.click("#library-open")
    page.wait_for_function("() => document.querySelector('#slider-age input').value === '1'")
    page.wait_for_selector("#slider-age")
    page.click("role=tab[name=Library]")
    page.click("#library-remove")
    page.wait_for_function("() => document.querySelectorAll('#library .card').length === 1")
    page.locator("#library .card").first.click()
    page.click("#library-remove")
    page.wait_for_selector(".toast-body:has-text('has to stay')")


def test_a_project_is_saved_and_reopened(
    root: Path, browser, page, photo: Path, tmp_path: Path
) -> None:
    """In another process, as after a restart of the server."""
    invert(page, photo, steps=3)
    move(page, "smile", 1.5)
    page.wait_for_timeout(500)
    shown = source(page)
    page.click("role=tab[name=Library]")
    with page.expect_download() as download:
        page.click("#project-save")
    file = tmp_path / "work.zip"
    download.value.save_as(file)
    with zipfile.ZipFile(file) as archive:
        (kept,) = (n for n in archive.namelist() if n.startswith("photos/"))
        assert archive.read(kept) == photo.read_bytes()
    with served(root, tmp_path / "log.txt") as url:
        _reopen(browser.new_context().new_page(), url, file, photo, shown)


def _reopen(other, url: str, file: Path, photo: Path, shown: str) -> None:
    other.set_default_timeout(60_000)
    other.goto(url)
    other.wait_for_selector(f"{AFTER}[src]")
    first = source(other)
    other.click("role=tab[name=Library]")
    damaged = file.with_name("damaged.zip")
    damaged.write_bytes(file.read_bytes()[:-300])
    other.set_input_files("#project-open input[type=file]", str(damaged))
    other.wait_for_selector(".toast-body:has-text('not a project file')")
    assert source(other) == first
    other.click("#project-open [aria-label='Clear'], #project-open [aria-label='Remove this file']")
    other.set_input_files("#project-open input[type=file]", str(file))
    other.wait_for_selector("#history .node >> nth=2")
    other.click("role=tab[name=Edit]")
    wait_for_change(other, first)
    assert source(other) == shown, "the same picture to the bit"
    with other.expect_download() as download:
        other.click("#save-photo")
    assert Image.open(download.value.path()).size == Image.open(photo).size
    other.click("#undo")
    wait_for_change(other, shown)
    other.context.close()


def test_the_visit_outlives_a_reload(page, photo: Path) -> None:
    invert(page, photo, steps=3)
    move(page, "smile", 1.5)
    page.wait_for_timeout(500)
    shown = source(page)
    kept = """async () => {
      const base = await new Promise((done) => {
        const asked = indexedDB.open('in-domain-editor', 1);
        asked.onsuccess = () => done(asked.result);
      });
      const last = await new Promise((done) => {
        const asked = base.transaction('visit').objectStore('visit').get('last');
        asked.onsuccess = () => done(asked.result);
      });
      base.close();
      return last && Object.keys(last.photos).length;
    }"""
    for _ in range(50):
        if page.evaluate(kept) == 1:
            break
        page.wait_for_timeout(200)
    page.wait_for_timeout(2000)
    page.reload()
    page.wait_for_selector("#history .node >> nth=2")
    page.wait_for_function(
        "now => document.querySelector('#picture img.after').src === now", arg=shown
    )
    assert page.locator("#slider-smile input").input_value() == "1.5"
    with page.expect_download() as download:
        page.click("#save-photo")
    saved = np.asarray(Image.open(download.value.path()))
    assert saved.shape[:2] == Image.open(photo).size[::-1]
    page.click("role=tab[name=Library]")
    page.click("#forget")
    page.wait_for_function("() => document.querySelectorAll('#history .node').length === 1")
    assert page.evaluate(kept) is None or page.evaluate(kept) == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_overflows(library, width: int) -> None:
    library.set_viewport_size({"width": width, "height": 844})
    library.wait_for_timeout(300)
    assert library.evaluate("document.documentElement.scrollWidth") <= width
