"""The library's grid alone in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.harness import alone, colour, visited

FILES = {"/gradio_api/file=/kept/pictures.zip": b"zip"}
AROUND = '<div style="height: 600px">{}</div>'
NAMES = ("friend", "group", "dog", "cat", "sea")
HEAR = """() => { window.said = []; window.many = null; page.hear('said', (one) => said.push(one));
  page.hear('save-many', (one) => { window.many = one; }); }"""
LAST = "() => sent[sent.length - 1]"
PHOTO = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"x"}


def _value(two: bool = False, **more: Any) -> dict[str, Any]:
    domains = ["f"] * 4 + ["s" if two else "f"]
    pictures = [
        {"key": f"{domain}:p{i}", "id": f"p{i}", "domain": domain, "name": name, "src": colour(i)}
        | {"doubt": "No sure face. Check the frame" if name == "dog" else ""}
        for i, (name, domain) in enumerate(zip(NAMES, domains, strict=True), start=1)
    ]
    known = [{"name": "f", "title": "Faces"}, {"name": "s", "title": "Landscapes"}]
    return {"open": "f", "pictures": pictures, "domains": known, "shown": "f:p1", **more}


@pytest.fixture
def library(browser) -> Iterator[Any]:
    with alone("library_grid", None, AROUND, FILES) as url:
        page = visited(browser, url, viewport={"width": 1000, "height": 600})
        page.evaluate(HEAR)
        yield page
        page.context.close()


def _show(page: Any, value: dict[str, Any]) -> None:
    page.evaluate("value => answer(value)", value)


def _tile(page: Any, name: str) -> Any:
    return page.locator(".tile .go", has_text=name)


def test_empty_it_takes_photos(library) -> None:
    assert library.locator(".empty").is_visible()
    library.evaluate("page.change({ place: 'library' })")
    assert library.evaluate("sent") == [["focus", None]], "it asks when its place is opened"
    files = [{**PHOTO, "name": name} for name in ("a.jpg", "b.npz")]
    with library.expect_file_chooser() as chooser:
        library.get_by_role("button", name="+ Add photos").click()
    chooser.value.set_files(files)
    library.wait_for_function("() => sent.length === 2")
    given = [{"path": f"/kept/{name}", "name": name} for name in ("a.jpg", "b.npz")]
    assert library.evaluate(LAST) == ["upload", {"given": given}]
    library.set_input_files("input.file", {**PHOTO, "name": "work.zip"})
    library.wait_for_function("() => sent.length === 3")
    assert library.evaluate(LAST)[0] == "expand"
    library.evaluate(
        """() => { const data = new DataTransfer(); data.items.add(new File(['x'], 'c.png'));
        document.querySelector('.empty').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true })); }"""
    )
    library.wait_for_function("() => sent.length === 4")
    assert library.evaluate(LAST)[1]["given"] == [{"path": "/kept/c.png", "name": "c.png"}]


def test_several_are_chosen(library) -> None:
    _show(library, _value())
    assert library.locator(".tile").count() == 5
    box = _tile(library, "friend").bounding_box()
    assert box["width"] == 184
    assert library.locator(".export").is_disabled()
    _tile(library, "friend").click()
    _tile(library, "dog").click(modifiers=["Shift"])
    _tile(library, "group").click(modifiers=["Control"])
    assert library.inner_text(".count") == "2 selected"
    assert library.evaluate("page.now().chosen") == ["p1", "p3"], "the filmstrip knows"
    library.get_by_role("button", name="Export 2…").click()
    library.evaluate("many.done({ what: 'face', kind: 'PNG', name: '', profile: true })")
    event, value = library.evaluate(LAST)
    assert event == "download"
    assert value["chosen"] == ["f:p1", "f:p3"]
    wish = {"what": "face", "kind": "PNG", "name": "", "profile": True, "colour": False}
    assert value["wish"] == wish
    library.evaluate("page.change({ chosen: ['p5'] })")
    assert library.inner_text(".count") == "1 selected", "and the filmstrip tells"
    _show(library, {**_value(), "pictures": _value()["pictures"][:2]})
    assert library.inner_text(".count") == "", "what was removed is not chosen"


def test_settings_are_pasted(library) -> None:
    _show(library, _value())
    _tile(library, "cat").click()
    library.get_by_role("button", name="Paste settings").click()
    assert library.get_by_role("menuitem", name="Copied settings").is_disabled()
    library.get_by_role("menuitem", name="Of the shown picture").click()
    assert library.evaluate(LAST) == ["apply", {"chosen": ["f:p4"]}]
    library.evaluate("page.change({ copied: { smile: 2 } })")
    library.get_by_role("button", name="Paste settings").click()
    library.keyboard.press("ArrowDown")
    library.keyboard.press("Enter")
    assert library.evaluate(LAST) == ["apply", {"chosen": ["f:p4"], "moves": {"smile": 2}}]
    library.get_by_role("button", name="Paste settings").click()
    library.keyboard.press("Escape")
    assert library.get_by_role("menuitem").count() == 0


def test_a_double_click_edits(library) -> None:
    _show(library, _value())
    library.evaluate("page.change({ place: 'library' })")
    _tile(library, "group").dblclick()
    assert library.evaluate(LAST) == ["select", {"chosen": ["f:p2"]}]
    assert library.evaluate("page.now().place") == "edit"
    library.get_by_role("button", name="dog: No sure face").click()
    assert library.evaluate(LAST) == ["select", {"chosen": ["f:p3"]}]
    assert library.locator(".doubt").count() == 1


def test_names_are_written_in_place(library) -> None:
    _show(library, _value())
    _tile(library, "group").click()
    library.keyboard.press("F2")
    assert library.evaluate("document.activeElement.value") == "group"
    library.keyboard.type("Us <b>")
    _show(library, _value())  # a tile came in meanwhile
    library.keyboard.press("Enter")
    assert library.evaluate(LAST) == ["input", {"rename": {"key": "f:p2", "name": "Us <b>"}}]
    count = library.evaluate("sent.length")
    library.get_by_role("button", name="More").click()
    library.get_by_role("menuitem", name="Rename").click()
    library.keyboard.type("x")
    library.keyboard.press("Escape")
    assert library.evaluate("sent.length") == count


@pytest.mark.parametrize("key", ["Escape", "Enter"])
def test_what_came_while_a_name_was_written_is_drawn_at_its_end(library, key: str) -> None:
    _show(library, _value())
    _tile(library, "group").click()
    library.keyboard.press("F2")
    _show(library, {**_value(), "pictures": _value()["pictures"][:3]})
    assert library.locator(".tile").count() == 5
    library.keyboard.press(key)  # the name as it was
    assert library.locator(".tile").count() == 3
    assert library.evaluate("document.activeElement.ariaLabel") == "group"


def test_the_focus_stays_in_the_library_when_pictures_go(library) -> None:
    _show(library, _value())
    focused = "[document.activeElement.ariaLabel, document.activeElement.textContent.trim()]"
    _tile(library, "group").click()
    library.keyboard.press("Delete")
    pictures = _value()["pictures"]
    _show(library, {**_value(), "pictures": [pictures[0], *pictures[2:]]})
    assert library.evaluate(focused)[0] == "dog", "the one that took its place"
    _tile(library, "dog").click()
    library.get_by_role("button", name="More").click()
    library.get_by_role("menuitem", name="Remove").click()
    _show(library, {**_value(), "pictures": pictures[3:]})
    assert library.evaluate(focused)[0] == "cat", "More cannot be pressed any more"
    _tile(library, "cat").focus()
    _show(library, {**_value(), "pictures": []})
    assert library.evaluate(focused)[1] == "+ Add photos (up to 50)"


def test_settings_are_pasted_by_their_keys(library) -> None:
    _show(library, _value())
    library.evaluate("page.tell('paste-chosen')")
    assert library.evaluate("said.at(-1).text") == "Choose pictures first."
    _tile(library, "cat").click()
    library.evaluate("page.tell('paste-chosen')")
    assert "Copy settings first" in library.evaluate("said.at(-1).text")
    library.evaluate("page.change({ copied: { smile: 2 } })")
    library.evaluate("page.tell('paste-chosen')")
    assert library.evaluate(LAST) == ["apply", {"chosen": ["f:p4"], "moves": {"smile": 2}}]


def test_files_that_were_given_elsewhere_are_taken_in_their_turn(library) -> None:
    _show(library, _value())
    give = "name => page.tell('add-photos', [new File(['x'], name)])"
    library.evaluate(give, "a.png")
    library.wait_for_function("() => sent.at(-1)?.[0] === 'upload'")
    assert library.evaluate(LAST)[1]["given"] == [{"path": "/kept/a.png", "name": "a.png"}]
    progress = {"done": 0, "total": 1, "seconds": None, "waiting": ["a"]}
    _show(library, {"progress": progress})
    library.evaluate(give, "b.png")
    library.wait_for_selector(".tile.waiting:has-text('b')")
    assert library.evaluate(LAST)[1]["given"][0]["name"] == "a.png", "others are read"
    _show(library, {"progress": None})
    library.wait_for_function("() => sent.at(-1)[1].given?.[0].name === 'b.png'")


def test_what_is_removed_can_be_brought_back(library) -> None:
    _show(library, _value())
    _tile(library, "cat").click()
    library.keyboard.press("Delete")
    assert library.evaluate(LAST) == ["delete", {"chosen": ["f:p4"]}]
    value = _value(said={"text": "1 removed.", "turn": "t1", "undo": True})
    _show(library, value)
    _show(library, value)
    assert library.locator(".toast").count() == 1, "it is told once"
    library.get_by_role("button", name="Undo").click()
    assert library.evaluate(LAST) == ["undo", {}]


def test_arrows_move_in_the_grid(library) -> None:
    _show(library, _value())
    assert library.locator(".go[tabindex='0']").count() == 1
    _tile(library, "friend").focus()
    library.keyboard.press("ArrowRight")
    library.keyboard.press(" ")
    library.keyboard.press("Shift+ArrowRight")
    library.keyboard.press("ArrowDown")
    assert library.inner_text(".count") == "2 selected"
    library.keyboard.press("Home")
    library.keyboard.press("ArrowDown")
    assert library.evaluate("document.activeElement.ariaLabel") == "sea"
    library.keyboard.press("Control+a")
    assert library.inner_text(".count") == "5 selected"
    library.keyboard.press("Enter")
    assert library.evaluate(LAST) == ["select", {"chosen": ["f:p5"]}]


def test_a_batch_fills_in(library) -> None:
    _show(library, _value())
    waiting = ["d", "e", "g"]
    _show(library, {"progress": {"done": 2, "total": 5, "seconds": 24, "waiting": waiting}})
    assert library.inner_text(".adding .line") == "3 of 5 · about 25 s left"
    assert library.locator(".tile").count() == 8
    assert library.locator(".add").is_disabled()
    library.get_by_role("button", name="Stop after this one").click()
    assert library.evaluate(LAST) == ["stop", {}]
    added = {"text": "2 photos read.", "turn": "t2", "added": ["f:p4", "f:p5"]}
    _show(library, _value(progress=None, said=added))
    assert library.locator(".tile").count() == 5
    assert library.inner_text(".count") == "2 selected", "the new ones"
    assert library.get_by_role("button", name="Stop after this one").count() == 0
    library.locator(".toast").get_by_role("button", name="Paste settings").click()
    assert library.evaluate(LAST) == ["apply", {"chosen": ["f:p4", "f:p5"]}]


def _drop(page: Any, *names: str) -> None:
    page.evaluate(
        """names => { const data = new DataTransfer();
        for (const name of names) data.items.add(new File(['x'], name));
        document.querySelector('.grid').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true })); }""",
        list(names),
    )


def _says(page: Any, line: str) -> None:
    page.wait_for_function(
        "line => document.querySelector('.adding .line').textContent === line", arg=line
    )


def test_what_is_dropped_while_photos_are_read_waits_for_them(library) -> None:
    going = {"progress": {"done": 0, "total": 2, "seconds": None, "waiting": ["a", "b"]}}
    _show(library, _value(**going))
    _drop(library, "c.jpg", "d.jpg")
    _says(library, "1 of 2 · 2 more after them")
    assert library.locator(".tile").count() == 9, "their places are seen"
    assert "upload" not in [name for name, _ in library.evaluate("sent")]
    _show(library, {"progress": None})
    assert library.evaluate(LAST)[0] == "upload"
    assert [one["name"] for one in library.evaluate(LAST)[1]["given"]] == ["c.jpg", "d.jpg"]
    _show(library, going)
    _drop(library, "e.jpg")
    _says(library, "1 of 2 · 1 more after them")
    library.get_by_role("button", name="Stop after this one").click()
    _says(library, "1 of 2")
    assert library.evaluate("said")[-1]["text"] == "1 more photo was left out."
    _show(library, {"progress": None})
    assert library.evaluate(LAST) == ["stop", {}]


def test_filters_where_there_are_landscapes_too(library) -> None:
    _show(library, _value())
    assert library.locator(".domains button").count() == 0
    _show(library, _value(two=True))
    assert library.locator(".domains button").all_inner_texts() == [
        "All 5",
        "Faces 4",
        "Landscapes 1",
    ]
    _tile(library, "cat").click()
    library.get_by_role("button", name="Landscapes 1").click()
    assert library.locator(".tile").count() == 1
    assert library.inner_text(".count") == "", "what is not seen is not chosen"
    _tile(library, "sea").dblclick()
    assert library.evaluate(LAST) == ["select", {"chosen": ["s:p5"]}]


def test_files_are_taken_home_and_the_project_tells_when(library) -> None:
    _show(library, _value())
    assert "Not saved" in library.inner_text(".project")
    saved = {"file": "/kept/pictures.zip", "name": "holiday.zip", "project": True}
    message = {"text": "holiday.zip was saved.", "turn": "t3"}
    library.get_by_role("button", name="Save project").click()
    assert library.evaluate(LAST) == ["submit", {}]
    with library.expect_download() as download:
        _show(library, {"saved": saved, "said": message})
    assert download.value.path().read_bytes() == b"zip"
    assert "holiday.zip · saved" in library.inner_text(".which")
    assert library.locator(".tile").count() == 5, "what a value lacks stays"
    library.get_by_role("button", name="Clear everything…").click()
    assert library.evaluate(LAST) == ["clear", {}]


def test_an_undone_opening_brings_the_projects_name_back(library) -> None:
    which = library.locator(".which")
    _show(library, _value(project="first.zip", said={"text": "", "turn": "1", "undo": True}))
    _show(library, _value(project="proj.zip", said={"text": "", "turn": "2", "undo": True}))
    assert which.inner_text() == "proj.zip"
    back = {"text": "It is as it was.", "undo": True}
    for turn, name in (("3", "first.zip"), ("4", "proj.zip"), ("5", "first.zip")):
        _show(library, _value(back=True, said={**back, "turn": turn}))
        assert which.inner_text() == name
    _show(library, _value(said={"text": "1 removed.", "turn": "6", "undo": True}))
    _show(library, _value(back=True, said={**back, "turn": "7"}))
    assert which.inner_text() == "first.zip", "a removal is of the same project"


def test_on_a_telephone(browser) -> None:
    with alone("library_grid", _value(), AROUND) as url:
        size = {"width": 390, "height": 700}
        page = visited(browser, url, viewport=size, has_touch=True, is_mobile=True)
        lefts = page.evaluate(
            "() => [...new Set([...document.querySelectorAll('.tile')].map((t) => t.offsetLeft))]"
        )
        assert len(lefts) == 3
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        short = page.evaluate(
            "() => [...document.querySelectorAll('.library button')].filter((b) => b.offsetHeight && b.offsetHeight < 44).map((b) => b.className)"
        )
        assert short == []
        box = _tile(page, "group").bounding_box()
        session = page.context.new_cdp_session(page)
        point = {"x": box["x"] + 20, "y": box["y"] + 20}
        session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
        page.wait_for_function("() => page.now().chosen.length")
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        _tile(page, "cat").tap()
        assert page.evaluate("page.now().chosen") == ["p2", "p4"], "then each tap chooses"
        page.context.close()
