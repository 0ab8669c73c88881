"""Files dropped and pasted anywhere on the page: the stage alone, in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.stage_page import stage_served

# drops or pastes files of these names onto an element: whether the browser would still act on it, and where it says so
GIVEN = """([how, selector, ...names]) => {
  const transfer = new DataTransfer();
  for (const name of names) transfer.items.add(new File(['x'], name));
  const options = { bubbles: true, cancelable: true };
  const target = document.querySelector(selector);
  const event = how === 'paste' ? new ClipboardEvent('paste', { ...options, clipboardData: transfer })
    : new DragEvent(how, { ...options, dataTransfer: transfer });
  return target.dispatchEvent(event);
}"""
HEAR = """() => { window.added = []; window.said = [];
  state.hear('add-photos', (files) => added.push(files.map((one) => one.name))); state.hear('said', (one) => said.push(one.text)); }"""
DIALOG = "() => { document.body.append(document.createElement('dialog')); document.querySelector('dialog').showModal(); }"


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    with stage_served(tmp_path_factory.mktemp("photos")) as url:
        yield url


@pytest.fixture
def page(browser, address: str) -> Iterator[Any]:
    tab = browser.new_page(viewport={"width": 912, "height": 664})
    tab.goto(address)
    tab.wait_for_selector("body[data-ready]")
    tab.evaluate(HEAR)
    yield tab
    tab.close()


@pytest.mark.parametrize("place", ["edit", "animate", "library"])
def test_no_file_makes_the_browser_leave_the_page(page, place: str) -> None:
    page.evaluate("place => state.change({ place })", place)
    for how in ("dragover", "drop"):
        assert page.evaluate(GIVEN, [how, "body", "a.png"]) is False
    page.evaluate(DIALOG)
    for how in ("dragover", "drop"):
        assert page.evaluate(GIVEN, [how, "dialog", "b.png"]) is False


def test_what_is_dropped_in_another_place_goes_where_it_is_seen(page) -> None:
    page.evaluate("state.change({ place: 'library' })")
    page.evaluate(GIVEN, ["drop", "body", "a.png"])
    page.evaluate(GIVEN, ["paste", "body", "b.png"])
    assert page.evaluate("added") == [["a.png"], ["b.png"]]
    page.evaluate("state.change({ place: 'animate' })")
    page.evaluate(GIVEN, ["drop", "body", "c.png"])
    page.wait_for_function("() => sent.at(-1)?.[1].given?.name === 'c.png'")
    assert page.evaluate("state.now().place") == "edit"


def test_a_photo_that_is_opened_is_shown_in_edit(page) -> None:
    page.evaluate("state.change({ place: 'library' })")
    with page.expect_file_chooser() as chooser:
        page.evaluate("state.tell('open-photo')")
    assert page.evaluate("state.now().place") == "library", "nothing is chosen yet"
    chooser.value.set_files([{"name": "a.png", "mimeType": "image/png", "buffer": b"x"}])
    page.wait_for_function("() => sent.at(-1)?.[1].given?.name === 'a.png'")
    assert page.evaluate("state.now().place") == "edit"


def test_several_files_are_the_library_s(page) -> None:
    page.evaluate(GIVEN, ["drop", "#stage", "a.png", "b.png", "c.pdf"])
    assert page.evaluate("added") == [["a.png", "b.png", "c.pdf"]]
    assert page.evaluate("said") == ["The library reads the 3 files."]
    assert page.evaluate("state.now().place") == "library"
    assert page.evaluate("sent") == []


def test_what_is_left_out_beside_a_photo_is_said(page) -> None:
    page.evaluate(GIVEN, ["drop", "#stage", "c.pdf", "a.png"])
    page.wait_for_function("() => sent.at(-1)?.[1].given?.name === 'a.png'")
    (said,) = page.evaluate("said")
    assert said.startswith("c.pdf is a PDF.")


def test_nothing_is_taken_under_an_open_dialog(page) -> None:
    page.evaluate(DIALOG)
    page.evaluate(GIVEN, ["paste", "body", "a.png"])
    page.evaluate(GIVEN, ["drop", "dialog", "a.png"])
    page.evaluate("document.querySelector('dialog').close()")
    page.evaluate(GIVEN, ["paste", "body", "b.png"])
    page.wait_for_function("() => sent.length")
    assert page.evaluate("sent.map((one) => one[1].given.name)") == ["b.png"]


def test_saved_settings_and_looks_go_where_they_are_opened(page) -> None:
    page.evaluate(
        "() => { window.looks = []; state.hear('bring-looks', ({ name }) => looks.push(name)); }"
    )
    page.evaluate(GIVEN, ["drop", ".stage", "me smile+2.npz"])
    assert page.evaluate("added") == [["me smile+2.npz"]]
    assert page.evaluate("said") == ["The library reads me smile+2.npz."]
    for name in ("inverted_codes.npy", "projected_w.npz", "latents.pt", "LATENTS.PTH"):
        page.evaluate(GIVEN, ["drop", ".stage", name])  # codes of other programs
        assert page.evaluate("added.at(-1)") == [name]
    page.evaluate("state.change({ place: 'edit' })")
    page.evaluate(GIVEN, ["drop", ".stage", "mine.json"])
    assert page.evaluate("looks") == ["mine.json"]
    assert page.evaluate("sent") == []
