"""The Save dialog alone in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.harness import alone, visited

FACTS = {
    "facts": {"name": "holiday smile+45", "photo": [1800, 2200], "model": 128}
    | {"face": 512, "subject": "face", "faces": 1, "same": "JPEG", "suffix": ".jpg", "word": ""}
    | {"kinds": ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"], "clear": False, "grey": False}
}
FILE = "/kept/holiday smile+45.jpg"
SAVED = {"file": FILE, "name": "holiday smile+45.jpg", "bytes": 4, "width": 1800, "height": 2200}
FILES = {"/gradio_api/file=/kept/holiday%20smile%2B45.jpg": b"data"}
USUAL = {"what": "photo", "name": "", "kind": "SAME", "profile": True, "colour": False}
HEAR = "() => { window.said = []; page.hear('said', (one) => said.push(one.text)); }"
SHARES = """() => { window.shared = [];
  Object.defineProperty(navigator, 'share', { value: async ({ files }) => { shared.push([files[0].name, await files[0].text()]); } }); }"""


@pytest.fixture
def url() -> Iterator[str]:
    with alone("save_dialog", None, files=FILES) as address:
        yield address


@pytest.fixture
def dialog(browser, url: str) -> Iterator[Any]:
    page = visited(browser, url, viewport={"width": 1000, "height": 700}, accept_downloads=True)
    page.evaluate(HEAR)
    yield page
    page.context.close()


def _answer(page: Any, value: dict[str, Any]) -> None:
    page.evaluate("value => answer(value)", value)


def test_it_asks_and_saves(dialog) -> None:
    dialog.evaluate("page.tell('save-as')")
    assert dialog.evaluate("sent") == [["expand", {}]]
    _answer(dialog, FACTS)
    assert "1800 × 2200, edit laid in" in dialog.locator("label", has_text="Photo").inner_text()
    assert "512 px (model 128 px, enlarged)" in dialog.inner_text("#save-dialog")
    name = dialog.get_by_label("Name")
    assert name.get_attribute("placeholder") == "holiday smile+45"
    dialog.get_by_label("Face only").check()
    dialog.get_by_label("WebP").check()
    assert dialog.inner_text(".suffix") == ".webp"
    dialog.get_by_label("Keep the colour profile").uncheck()
    name.fill("me")
    name.press("Enter")
    wish = {"what": "face", "name": "me", "kind": "WEBP", "profile": False, "colour": False}
    assert dialog.evaluate("sent[1]") == ["submit", {"wish": wish, "turn": 1}]
    assert dialog.locator("button.save").is_disabled(), "once is enough"
    with dialog.expect_download() as download:
        _answer(dialog, {"saved": SAVED, "turn": 1})
    assert download.value.suggested_filename == "holiday smile+45.jpg"
    assert download.value.path().read_bytes() == b"data"
    assert dialog.evaluate("said") == ["holiday smile+45.jpg was saved, 1800 × 2200."]
    assert not dialog.locator("#save-dialog").is_visible()
    dialog.evaluate("page.tell('save-as')")
    assert dialog.get_by_label("Face only").is_checked(), "the last choice"
    assert dialog.get_by_label("Name").input_value() == "", "but not the name"


def test_what_cannot_be_saved_yet_says_why(dialog) -> None:
    """A proposal is on the stage and not in the picture; a photo that is opened is none yet."""
    dialog.evaluate("page.tell('proposal', { after: 'x', label: 'patch', picture: 'p1' })")
    for way in ("save", "save-as"):
        dialog.evaluate("way => page.tell(way)", way)
    dialog.evaluate("page.tell('proposal', null)")
    stage = {"picture": "", "version": "", "state": "frame", "domain": "tiny"}
    dialog.evaluate("stage => page.change({ stage })", stage)
    dialog.evaluate("page.tell('save')")
    kept, opening = dialog.evaluate("[said[0], said[2]]")
    assert "not kept yet" in kept
    assert "still being opened" in opening
    assert dialog.evaluate("sent") == []
    dialog.evaluate("stage => page.change({ stage: { ...stage, picture: 'p1' } })", stage)
    dialog.evaluate("page.tell('save')")
    assert [event for event, _ in dialog.evaluate("sent")] == ["submit"]


def test_type_and_profile_are_asked_of_pictures_alone(dialog) -> None:
    dialog.evaluate("page.tell('save-as')")
    _answer(dialog, FACTS)
    for what, suffix, asked in (
        ("Settings", ".npz", 0),
        ("Look", ".json", 0),
        ("Before → after", ".mp4", 0),
        ("Before and after", ".jpg", 1),
    ):
        dialog.get_by_label(what).check()
        assert dialog.inner_text(".suffix") == suffix
        assert dialog.locator(".kinds").is_visible() == bool(asked)


def test_the_type_follows_the_photo_unless_one_is_chosen(dialog) -> None:
    dialog.evaluate("page.tell('save-as')")
    clear = {"same": "PNG", "suffix": ".png", "clear": True}
    _answer(dialog, {"facts": FACTS["facts"] | clear})
    assert dialog.get_by_label("As it came (PNG)").is_checked()
    assert dialog.inner_text(".suffix") == ".png"
    assert dialog.inner_text(".word") == ""
    assert not dialog.get_by_label("HEIC").is_visible(), "it cannot be written there"
    dialog.get_by_label("JPEG", exact=True).check()
    assert dialog.inner_text(".suffix") == ".jpg"
    assert "PNG keeps it" in dialog.inner_text(".word")
    dialog.get_by_label("TIFF").check()
    assert dialog.inner_text(".suffix") == ".tif"
    assert dialog.inner_text(".word") == ""


def test_colour_is_let_into_a_grey_photo_alone(dialog) -> None:
    dialog.evaluate("page.tell('save-as')")
    _answer(dialog, FACTS)
    box = dialog.get_by_label("Let colour in where it is grey")
    assert not box.is_visible()
    _answer(dialog, {"facts": FACTS["facts"] | {"grey": True}})
    box.check()
    dialog.click("button.save")
    assert dialog.evaluate("sent[1][1].wish.colour") is True
    _answer(dialog, {"failed": "no room", "turn": 1})
    dialog.get_by_role("button", name="Cancel").click()
    dialog.evaluate("page.tell('save-as')")
    _answer(dialog, {"facts": FACTS["facts"] | {"grey": True}})
    assert not box.is_checked(), "of the next photo it is asked anew"


def test_without_asking(dialog) -> None:
    dialog.evaluate("page.tell('save')")
    dialog.evaluate("page.tell('save')")
    assert dialog.evaluate("sent") == [["submit", {"wish": USUAL, "turn": 1}]]
    _answer(dialog, {"saved": SAVED, "turn": 0})
    assert dialog.evaluate("said") == [], "of an older turn"
    with dialog.expect_download():
        _answer(dialog, {"saved": SAVED, "turn": 1})
    dialog.evaluate("page.tell('save')")
    _answer(dialog, {"failed": "the photo is not kept any more", "turn": 2})
    assert dialog.evaluate("said[1]") == "The photo is not kept any more."
    dialog.evaluate("page.tell('save')")
    assert dialog.evaluate("sent.length") == 3, "after a failure it can be asked again"


def test_what_failed_is_told_in_the_dialog(dialog) -> None:
    dialog.evaluate("page.tell('save-as')")
    dialog.click("button.save")
    _answer(dialog, {"failed": "there is <no> room", "turn": 1})
    assert dialog.inner_text("[role=alert]") == "There is <no> room"
    assert dialog.locator("button.save").is_enabled()
    dialog.click("button.save")
    _answer(dialog, {"failed": ""})
    assert dialog.locator("button.save").is_enabled(), "the server was busy, which it has told"
    dialog.keyboard.press("Escape")
    assert not dialog.locator("#save-dialog").is_visible()


def test_keys_of_the_page_do_not_reach_it(dialog) -> None:
    dialog.evaluate(
        "() => { window.keys = []; document.addEventListener('keydown', (e) => keys.push(e.key)); page.tell('save-as'); }"
    )
    dialog.get_by_label("Name").fill("x")
    dialog.keyboard.press("c")
    dialog.keyboard.press("Control+s")
    assert dialog.evaluate("keys") == []
    assert dialog.evaluate("sent[1][1].wish.name") == "xc"


def test_several_are_asked_for_once(dialog) -> None:
    dialog.evaluate(
        "page.tell('save-many', { count: 3, done: (wish) => { window.wished = wish; } })"
    )
    assert dialog.inner_text("h2") == "Export 3 pictures"
    assert not dialog.get_by_label("Name").is_visible()
    assert not dialog.get_by_label("Look").is_visible()
    dialog.get_by_label("PNG").check()
    dialog.click("button.save")
    assert dialog.evaluate("wished") == {**USUAL, "kind": "PNG"}
    assert dialog.evaluate("sent") == []


def test_on_a_telephone_it_is_a_sheet_that_shares(browser, url: str) -> None:
    size = {"width": 390, "height": 844}
    page = visited(browser, url, viewport=size, has_touch=True, is_mobile=True)
    page.evaluate(HEAR)
    page.evaluate(SHARES)
    page.evaluate("page.tell('save-as')")
    _answer(page, FACTS)
    box = page.locator("#save-dialog").bounding_box()
    assert box["width"] == 390
    assert box["y"] + box["height"] == pytest.approx(844, abs=1)
    for name in ("Share", "Save"):
        button = page.get_by_role("button", name=name, exact=True)
        assert button.bounding_box()["height"] >= 44
        assert button.bounding_box()["y"] + 44 <= 844
    assert page.locator("#save-dialog label", has_text="Face only").bounding_box()["height"] >= 44
    page.get_by_role("button", name="Share", exact=True).tap()
    _answer(page, {"saved": SAVED, "turn": 1})
    page.wait_for_function("() => shared.length")
    assert page.evaluate("shared") == [["holiday smile+45.jpg", "data"]]
    assert page.evaluate("said") == []
    page.context.close()
