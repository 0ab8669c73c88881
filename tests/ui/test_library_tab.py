"""The tab Library, projects, and the visit that outlives a reload, in a real browser."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import picture_of
from tests.ui.driver import (
    distance,
    invert,
    kept,
    move,
    opened,
    resized,
    served,
    settled,
    shows,
    slide,
    source,
    until,
    wait_for_change,
)


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


KEPT = """async () => {
  const base = await new Promise((done, failed) => {
    const asked = indexedDB.open('in-domain-editor', 2);
    asked.onsuccess = () => done(asked.result);
    asked.onerror = failed;
  });
  const last = await new Promise((done, failed) => {
    const tab = sessionStorage.getItem('in-domain-editor-tab');
    const asked = base.transaction('visits').objectStore('visits').get(tab);
    asked.onsuccess = () => done(asked.result);
    asked.onerror = failed;
  });
  base.close();
  return last && { photos: Object.keys(last.photos).length,
                   domains: Object.keys(last.projects).length };
}"""


def _choose(page, title: str) -> None:
    page.click("#domain input")
    page.click(f"[role=option]:has-text('{title}')")


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
        sizes = [picture_of(archive.open(name)).size for name in archive.namelist()]
    assert sizes == [picture_of(photo).size, (200, 200)]
    page.locator("#library .card").nth(1).click()  # not the second any more
    page.click("#library-open")
    page.wait_for_selector("#slider-smile")
    assert until(lambda: distance(page, "smile") == 2)
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
    assert until(lambda: distance(page, "age") == 1)
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
    settled(page)
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
        _reopen(opened(browser.new_context(), url), file, photo, shown)


def _reopen(other, file: Path, photo: Path, shown: str) -> None:
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
    assert picture_of(download.value.path()).size == picture_of(photo).size
    other.click("#undo")
    wait_for_change(other, shown)
    other.context.close()


def test_the_visit_outlives_a_reload(page, photo: Path) -> None:
    invert(page, photo, steps=3)
    move(page, "smile", 1.5)
    settled(page)
    shown = source(page)
    kept(page)
    assert page.evaluate(KEPT) == {"photos": 1, "domains": 1}
    page.reload()
    page.wait_for_selector("#history .node >> nth=2")
    shows(page, shown)
    assert distance(page, "smile") == 1.5
    with page.expect_download() as download:
        page.click("#save-photo")
    saved = np.asarray(Image.open(download.value.path()))
    assert saved.shape[:2] == picture_of(photo).size[::-1]
    page.click("role=tab[name=Library]")
    page.evaluate(
        "() => { const ask = confirm; confirm = (text) => { window.put = true; return ask(text); }; }"
    )
    page.click("#forget")  # the question is answered with no
    page.wait_for_function("() => window.put")
    settled(page)
    assert page.evaluate(KEPT)["photos"] == 1
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#forget")
    page.wait_for_function("() => document.querySelectorAll('#history .node').length === 1")
    left = page.evaluate(KEPT)
    assert left is None or left["photos"] == 0


def test_both_domains_outlive_a_reload(page, photo: Path) -> None:
    invert(page, photo, steps=3)
    _choose(page, "Published")
    page.wait_for_function("() => document.querySelectorAll('#history .node').length === 1")
    move(page, "tilt", 1)
    kept(page)
    assert page.evaluate(KEPT) == {"photos": 1, "domains": 2}
    page.reload()
    page.wait_for_function("() => document.querySelectorAll('#history .node').length === 2")
    assert distance(page, "tilt") == 1
    _choose(page, "Faces")
    page.wait_for_selector("#history button[title*='inverted']")


FORGETFUL = """
import editor.ui.page
from gradio.state_holder import StateHolder

editor.ui.page.STATE_LIFE_S = 8
delete = StateHolder.delete_state

def told(self, session, expired_only=False):
    before = len(self.session_data[session].state_data) if session in self.session_data else 0
    delete(self, session, expired_only)
    if session in self.session_data and len(self.session_data[session].state_data) < before:
        print("forgotten", flush=True)

StateHolder.delete_state = told
"""


def test_a_visit_that_the_server_forgot_comes_back(
    root: Path, browser, photo: Path, tmp_path: Path
) -> None:
    """As after a night with the lid closed: what the server has instead must not take its place."""
    log = tmp_path / "log.txt"
    with served(root, log, FORGETFUL) as url:
        page = opened(browser.new_context(), url)
        invert(page, photo, steps=3)
        move(page, "smile", 1.5)
        settled(page)
        shown = source(page)
        kept(page)
        seen = log.read_text().count("forgotten")
        assert until(lambda: log.read_text().count("forgotten") > seen)
        slide(page, "age", 1)
        page.wait_for_selector(".toast-body:has-text('forgotten your visit')")
        page.wait_for_selector("#history .node >> nth=2")
        shows(page, shown)
        assert page.evaluate(KEPT)["photos"] == 1
        page.context.close()


def test_what_was_removed_is_brought_back(page, photo: Path) -> None:
    invert(page, photo, steps=2)
    move(page, "age", 1)
    page.click("role=tab[name=Library]")
    page.click("#library-back")
    page.wait_for_selector(".toast-body:has-text('nothing to bring back')")
    _card(page, 1)
    page.click("#library-remove")
    page.wait_for_function("() => document.querySelectorAll('#library .card').length === 1")
    page.click("#library-back")
    page.wait_for_function("() => document.querySelectorAll('#library .card').length === 2")
    page.wait_for_function("() => document.querySelectorAll('#history .node').length === 3")


def test_a_saved_code_is_opened(page, photo: Path, tmp_path: Path) -> None:
    invert(page, photo, steps=2)
    move(page, "age", 1)
    settled(page)
    shown = source(page)
    with page.expect_download() as download:
        page.click("#save-code")
    file = tmp_path / "mine.npz"
    download.value.save_as(file)
    page.click("role=tab[name=Library]")
    page.set_input_files("#library-photos input[type=file]", [str(file)])
    page.wait_for_selector("#library-photos :text('mine')")
    page.click("#library-invert")
    page.wait_for_selector("#library-status :text('1 of 1 done')")
    _card(page, 2)
    page.click("#library-open")
    page.wait_for_function("() => document.querySelectorAll('#history .node').length === 5")
    shows(page, shown)


def test_sliders_may_be_moved_while_photos_are_inverted(
    page, photo: Path, tmp_path: Path, faces
) -> None:
    other = tmp_path / "other.png"
    faces.example(7).resize((200, 200)).save(other)
    page.click("text=Advanced")
    page.get_by_label("Most steps").fill("40")
    page.click("role=tab[name=Library]")
    page.set_input_files("#library-photos input[type=file]", [str(photo), str(other)])
    page.wait_for_selector("#library-photos :text('other')")
    page.click("#library-invert")
    page.wait_for_selector("#library-status :text('0 of 2')")
    page.click("role=tab[name=Edit]")
    move(page, "smile", 2)
    page.click("role=tab[name=Library]")
    page.wait_for_selector("#library-status :text('2 of 2 done')")
    page.wait_for_function("() => document.querySelectorAll('#library .card').length === 3")
    labels = page.locator("#history .node").all_inner_texts()
    page.click("role=tab[name=Edit]")
    assert distance(page, "smile") == 2, labels
    assert page.locator("#history .node").count() == 4, labels


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_overflows(library, width: int) -> None:
    resized(library, width)
    assert library.evaluate("document.documentElement.scrollWidth") <= width
