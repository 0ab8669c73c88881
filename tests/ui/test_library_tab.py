"""The place Library, projects, and the visit that outlives a reload, in a real browser."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import picture_of
from tests.ui.driver import (
    distance,
    go_to,
    invert,
    kept,
    most_steps,
    move,
    opened,
    ready,
    resized,
    served,
    settled,
    shows,
    slide,
    source,
    until,
    wait_for_change,
)

STATE = "async () => { window.shared = await import('/modules/page_state.js'); }"
SQUARE = (
    "() => calls.stage().value().after"  # the edit without the photo, which a code does not have
)
STEPS = "() => document.querySelectorAll('#filmstrip .step').length"


def _library(page) -> None:
    """Open the place, as the page's header does."""
    page.evaluate(STATE)
    go_to(page, "library")
    settled(page)


def _edit(page) -> None:
    go_to(page, "edit")


def _add(page, *paths: Path) -> str:
    """Give photos to the library. What it says in the end."""
    page.set_input_files("#library input.photos", [str(path) for path in paths])
    page.wait_for_selector("#toasts .toast:is(:has-text('read.'), :has-text('opened.'))")
    return page.locator("#toasts .toast span").last.inner_text()


def _tiles(page, count: int) -> None:
    page.wait_for_function(
        "n => document.querySelectorAll('#library .tile[data-key]').length === n", arg=count
    )


def _saved(page):
    """What Ctrl+S takes home."""
    page.evaluate(STATE)
    with page.expect_download() as download:
        page.evaluate("shared.tell('save')")
    return download.value


@pytest.fixture
def library(page) -> object:
    _library(page)
    return page


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
    most_steps(page, 2)
    move(page, "smile", 2)
    other, bad = tmp_path / "other.png", tmp_path / "bad.png"
    faces.example(7).resize((200, 200)).save(other)
    bad.write_text("no picture")
    _library(page)
    said = _add(page, photo, bad, other)
    assert said.startswith("2 photos read. bad.png is not a picture")
    _tiles(page, 3)
    assert page.inner_text("#library .count") == "2 selected", "the new ones"
    page.click("#toasts >> text=Paste settings")
    page.wait_for_selector("#toasts .toast:has-text('2 pictures got the settings.')")
    page.click("#library .export")
    with page.expect_download() as download:
        page.click("#save-dialog button.save")
    with zipfile.ZipFile(download.value.path()) as archive:
        names = archive.namelist()
        assert [name.partition("+")[0] for name in names] == ["photo smile", "other smile"]
        assert [name[-4:] for name in names] == [".jpg", ".png"], "as they came"
        sizes = [picture_of(archive.open(name)).size for name in archive.namelist()]
    assert sizes == [picture_of(photo).size, (200, 200)]
    page.locator("#library .tile .go").nth(2).dblclick()
    page.wait_for_selector("#filmstrip .picture.shown:has-text('other')", state="attached")
    page.wait_for_function("() => shared.now().moves.smile === 2")


def test_a_reload_in_the_library_shows_its_pictures(page, photo: Path) -> None:
    """The grid asks when the page starts, which is before the visit was brought back."""
    most_steps(page, 2)
    _library(page)
    _add(page, photo)
    _tiles(page, 1)
    kept(page)
    page.reload()
    ready(page)
    assert page.evaluate("() => document.body.dataset.place") == "library"
    _tiles(page, 1)
    assert page.locator("#library .empty").is_hidden()


def test_rename_and_remove(page, photo: Path) -> None:
    invert(page, photo, steps=2)
    move(page, "age", 1)
    _library(page)
    _tiles(page, 1)
    page.locator("#library .tile .go").click()
    page.keyboard.press("F2")
    page.keyboard.type("Grandmother")
    page.keyboard.press("Enter")
    page.wait_for_selector("#library .go[aria-label=Grandmother]")
    page.wait_for_selector("#filmstrip .picture:has-text('Grandmother')", state="attached")
    page.keyboard.press("Delete")
    _tiles(page, 0)
    assert page.locator("#library .empty").is_visible()
    page.click("#toasts >> text=Undo")
    _tiles(page, 1)
    page.wait_for_function("() => document.querySelectorAll('#filmstrip .step').length === 2")


def test_a_project_is_saved_and_reopened(
    root: Path, browser, page, photo: Path, tmp_path: Path
) -> None:
    """In another process, as after a restart of the server."""
    invert(page, photo, steps=3)
    move(page, "smile", 1.5)
    settled(page)
    shown = source(page)
    _library(page)
    with page.expect_download() as download:
        page.click("#library .save-project")
    file = tmp_path / "work.zip"
    download.value.save_as(file)
    with zipfile.ZipFile(file) as archive:
        (kept,) = (n for n in archive.namelist() if n.startswith("photos/"))
        assert archive.read(kept) == photo.read_bytes()
    with served(root, tmp_path / "log.txt") as url:
        _reopen(opened(browser.new_context(), url), file, photo, shown)


def _reopen(other, file: Path, photo: Path, shown: str) -> None:
    first = source(other)
    _library(other)
    damaged = file.with_name("damaged.zip")
    damaged.write_bytes(file.read_bytes()[:-300])
    other.set_input_files("#library input.file", str(damaged))
    other.wait_for_selector("#toasts .toast.bad:has-text('not a project file')")
    assert other.locator(".toast-body").count() == 0, "in the page's own words alone"
    assert source(other) == first
    other.set_input_files("#library input.file", str(file))
    other.wait_for_selector("#filmstrip .step >> nth=1", state="attached")
    _edit(other)
    wait_for_change(other, first)
    assert source(other) == shown, "the same picture to the bit"
    saved = _saved(other)
    assert saved.suggested_filename.startswith("photo smile+")
    assert picture_of(saved.path()).size == picture_of(photo).size
    other.click("[data-act=undo]")
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
    page.wait_for_selector("#filmstrip .step >> nth=1", state="attached")
    shows(page, shown)
    assert distance(page, "smile") == 1.5
    saved = np.asarray(Image.open(_saved(page).path()))
    assert saved.shape[:2] == picture_of(photo).size[::-1]
    _library(page)
    page.evaluate(
        "() => { const ask = confirm; confirm = (text) => { window.put = true; return ask(text); }; }"
    )
    page.click("#library .forget")  # the question is answered with no
    page.wait_for_function("() => window.put")
    settled(page)
    assert page.evaluate(KEPT)["photos"] == 1
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#library .forget")
    page.wait_for_function("() => document.querySelectorAll('#filmstrip .picture').length === 0")
    left = page.evaluate(KEPT)
    assert left is None or left["photos"] == 0


def test_both_domains_outlive_a_reload(page, photo: Path) -> None:
    invert(page, photo, steps=3)
    _choose(page, "Published")
    page.wait_for_function("() => document.querySelectorAll('#filmstrip .picture').length === 0")
    move(page, "tilt", 1)
    kept(page)
    assert page.evaluate(KEPT) == {"photos": 1, "domains": 2}
    page.reload()
    page.wait_for_function("() => document.querySelectorAll('#filmstrip .step').length === 2")
    assert distance(page, "tilt") == 1
    _choose(page, "Faces")
    page.wait_for_selector("#filmstrip .picture.shown:has-text('photo')", state="attached")


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
        page.wait_for_selector("#filmstrip .step >> nth=1", state="attached")
        shows(page, shown)
        assert page.evaluate(KEPT)["photos"] == 1
        page.context.close()


def test_a_saved_code_is_opened(page, photo: Path, tmp_path: Path) -> None:
    invert(page, photo, steps=2)
    move(page, "age", 1)
    settled(page)
    square = page.evaluate(SQUARE)
    page.evaluate(STATE)
    page.evaluate("shared.tell('save-as')")
    page.check("#save-dialog [value=code]")
    with page.expect_download() as download:
        page.click("#save-dialog button.save")
    file = tmp_path / "mine.npz"
    download.value.save_as(file)
    _library(page)
    assert _add(page, file) == "1 code opened."
    page.locator("#library .tile .go", has_text="mine").dblclick()
    page.wait_for_selector("#filmstrip .picture.shown:has-text('mine')", state="attached")
    page.wait_for_function(f"shown => ({SQUARE})() === shown", arg=square)


def test_codes_of_another_program_are_dropped_on_the_stage(page, tmp_path: Path, faces) -> None:
    """As stylegan2-ada saves one: the Library opens it, and it is the picture of that code."""
    code = faces.engine.sample([12])
    np.savez(tmp_path / "projected_w.npz", w=code.numpy())
    page.set_input_files("#stage input.open", str(tmp_path / "projected_w.npz"))
    page.locator("#library .tile .go", has_text="projected_w").dblclick()
    page.wait_for_selector("#filmstrip .picture.shown:has-text('projected_w')", state="attached")
    page.wait_for_function(f"() => ({SQUARE})()")


def test_sliders_may_be_moved_while_photos_are_read(
    page, photo: Path, tmp_path: Path, faces
) -> None:
    other = tmp_path / "other.png"
    faces.example(7).resize((200, 200)).save(other)
    move(page, "age", 1)
    most_steps(page, 40)
    _library(page)
    page.set_input_files("#library input.photos", [str(photo), str(other)])
    page.wait_for_selector("#library .adding .line:has-text('1 of 2 ·')")
    _edit(page)
    move(page, "smile", 2)
    page.wait_for_selector("#toasts .toast:has-text('2 photos read.')")
    assert distance(page, "smile") == 2
    assert page.locator("#filmstrip .step").count() == 3
    assert page.locator("#filmstrip .picture").count() == 3


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_overflows(library, width: int) -> None:
    resized(library, width)
    assert library.evaluate("document.documentElement.scrollWidth") <= width
