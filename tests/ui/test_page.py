"""The page in a real browser, with the shipped pack: photo, square, sliders, history."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import picture_of
from tests.ui.driver import (
    AFTER,
    invert,
    move,
    opened,
    resized,
    settled,
    shows,
    source,
    wait_for_change,
)


def test_photo_invert_slide_reset_save(page, photo: Path, tmp_path: Path) -> None:
    empty = source(page)
    invert(page, photo)
    inverted = source(page)
    assert inverted != empty
    thumb = page.locator("#slider-smile input[type=range]")
    thumb.focus()
    last = inverted
    for _ in range(10):
        page.keyboard.press("ArrowRight")
        last = wait_for_change(page, last)
    stored = page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert "data:image" not in stored
    assert len(stored) < 2000, "the browser keeps something of every step"
    with page.expect_download() as download:
        page.click("#save")
    saved = picture_of(download.value.path())
    assert (saved.format, saved.size) == ("PNG", (64, 64))
    with page.expect_download() as download:
        page.click("#save-code")
    with np.load(download.value.path(), allow_pickle=False) as data:
        assert data["wp"].shape == (10, 256)
        assert list(data["move_names"]) == ["smile"]
    page.click("#reset")
    wait_for_change(page, last)
    shows(page, inverted)


def test_dragging_follows_and_the_last_position_wins(page, photo: Path, faces) -> None:
    invert(page, photo, steps=2)
    before = source(page)
    thumb = page.locator("#slider-female input[type=range]")
    thumb.scroll_into_view_if_needed()
    box = thumb.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    for i in range(20):
        page.mouse.move(box["x"] + box["width"] * (0.5 + 0.02 * i), middle)
    during = wait_for_change(page, before)
    page.mouse.up()
    page.wait_for_selector("#history .node >> nth=2")
    settled(page)
    alt = page.get_attribute(AFTER, "alt")
    assert f"female {float(thumb.input_value()):+.1f}" in alt
    assert source(page) != before
    assert during != before


def test_before_after_and_hold_to_compare(page, photo: Path) -> None:
    invert(page, photo, steps=2)
    clip = "() => document.querySelector('#picture img.before').style.clipPath"
    page.locator("#picture .divider").fill("60")
    assert "40%" in page.evaluate(clip)
    page.hover("#compare")
    page.mouse.down()
    assert page.evaluate(clip).startswith("inset(0")
    assert "40%" not in page.evaluate(clip)
    page.mouse.up()
    assert "40%" in page.evaluate(clip)


def test_square_is_dragged_and_moved_by_keys(page, photo: Path) -> None:
    page.set_input_files("#photo input[type=file]", str(photo))
    square = page.locator("#square .square")
    square.wait_for()
    first = square.evaluate("e => [e.style.left, e.style.top, e.style.width]")
    square.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("-")
    second = square.evaluate("e => [e.style.left, e.style.top, e.style.width]")
    assert float(second[0][:-1]) > float(first[0][:-1])
    assert float(second[2][:-1]) < float(first[2][:-1])
    box = square.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 - 15)
    page.mouse.up()
    third = square.evaluate("e => [e.style.left, e.style.top, e.style.width]")
    assert float(third[1][:-1]) < float(second[1][:-1])


def test_another_photo_follows_one_that_was_removed(page, photo: Path) -> None:
    for _ in range(2):
        page.set_input_files("#photo input[type=file]", str(photo))
        page.wait_for_selector("#square .crop:not([hidden])")
        page.click("#photo [aria-label='Remove Image']")
        page.wait_for_selector("#square .crop", state="hidden")
    settled(page)
    assert page.locator(".toast-body").count() == 0


def test_example_shows_the_whole_thing(page) -> None:
    before = source(page)
    page.locator("#examples button").nth(1).click()
    page.wait_for_selector("#status progress")
    wait_for_change(page, before)
    page.wait_for_selector("#status :text('Done')")


def test_cancel_keeps_the_last_picture(page, photo: Path) -> None:
    page.set_input_files("#photo input[type=file]", str(photo))
    page.wait_for_selector("#square .crop:not([hidden])")
    page.click("#invert")
    page.wait_for_selector("#status :text('Step')")
    page.click("#cancel")
    page.wait_for_selector("#status :text('Stopped')")
    settled(page)
    kept = source(page)
    assert "Stopped" in page.inner_text("#status")
    page.locator("#slider-smile input[type=range]").focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    wait_for_change(page, kept)


def test_wrong_files_give_a_message_and_the_session_goes_on(
    page, photo: Path, tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("no picture")
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    Image.new("1", (20_000, 20_000)).save(tmp_path / "huge.png")
    whole = tmp_path / "whole.jpg"
    Image.effect_noise((300, 300), 80).convert("RGB").save(whole)
    (tmp_path / "cut.jpg").write_bytes(whole.read_bytes()[:2000])
    messages = {
        "text.png": "not a picture",
        "dot.png": "1×1 pixels",
        "huge.png": "megapixels",
        "cut.jpg": "damaged or incomplete",
    }
    for name, said in messages.items():
        page.set_input_files("#photo input[type=file]", str(tmp_path / name))
        page.wait_for_selector(f".toast-body:has-text('{said}')")
        page.wait_for_selector("#photo [aria-label='Remove Image']", state="detached")
    face = Image.open(photo).convert("RGB")
    for name, image in (
        ("cmyk.jpg", face.convert("CMYK")),
        ("grey.png", face.convert("L")),
        ("clear.png", face.convert("RGBA")),
        ("moving.gif", face.convert("P")),
    ):
        image.save(tmp_path / name)
    page.click("text=Advanced")
    page.get_by_label("Most steps").fill("1")
    for name in ("cmyk.jpg", "grey.png", "clear.png", "moving.gif"):
        page.set_input_files("#photo input[type=file]", str(tmp_path / name))
        page.wait_for_selector("#square .crop:not([hidden])")
        before = source(page)
        page.click("#invert")
        wait_for_change(page, before)
        page.wait_for_selector("#status :text('Done')")
        page.click("#photo [aria-label='Remove Image']")
        page.wait_for_selector("#square .crop", state="hidden")


def test_two_visitors_do_not_see_each_other(server: str, browser, page, photo: Path) -> None:
    other = opened(browser.new_context(), server)
    untouched = source(other)
    invert(page, photo, steps=2)
    assert source(other) == untouched
    other.locator("#examples button").nth(0).click()
    other.wait_for_selector("#status :text('Done')")
    mine = source(page)
    other.locator("#slider-smile input[type=range]").focus()
    before = source(other)
    other.keyboard.press("PageUp")
    other.keyboard.press("ArrowRight")
    wait_for_change(other, before)
    assert source(page) == mine
    other.context.close()


def test_sliders_show_where_they_work_and_a_double_click_resets(page) -> None:
    row = page.locator("#slider-glasses")
    thumb = row.locator("input")
    before = source(page)
    thumb.fill(thumb.get_attribute("max"))
    moved = wait_for_change(page, before)
    assert "beyond" in row.get_attribute("class")
    row.locator("label").dblclick()
    wait_for_change(page, moved)
    assert float(thumb.input_value()) == 0
    assert "beyond" not in row.get_attribute("class")
    assert row.locator(".range").bounding_box()["width"] > 20


def test_another_domain_is_chosen_and_the_first_comes_back(page, photo: Path) -> None:
    page.set_input_files("#photo input[type=file]", str(photo))
    page.wait_for_selector("#square .mark:not([hidden])")
    before = source(page)
    page.click("#domain input")
    page.click("[role=option]:has-text('Published')")
    page.wait_for_selector("#slider-tilt")
    published = wait_for_change(page, before)
    assert "32 px" in page.inner_text("#where")
    assert page.locator("#slider-smile").count() == 0
    assert page.locator("#square .mark:not([hidden])").count() == 0
    assert "scene" in page.inner_text("#hint")
    page.click("text=Advanced")
    steps = page.get_by_label("Most steps")
    assert steps.input_value() == "100"
    steps.fill("2")
    page.click("#invert")
    page.wait_for_selector("#status :text('Done')")
    inverted = source(page)
    assert inverted != published
    page.locator("#slider-tilt input").fill("3")
    wait_for_change(page, inverted)
    page.click("#domain input")
    page.click("[role=option]:has-text('Faces')")
    page.wait_for_selector("#slider-smile")
    shows(page, before)
    page.wait_for_selector("#square .mark:not([hidden])")


def test_the_whole_photo_is_shown_saved_and_gone_on_with(page, tmp_path: Path, faces) -> None:
    """Two faces in one photo, edited one after the other."""
    whole = Image.new("RGB", (900, 500), (90, 110, 130))
    for index, x in enumerate((80, 520)):
        whole.paste(faces.example(index, 0.6).resize((300, 300)), (x, 100))
    path = tmp_path / "two.png"
    whole.save(path)
    page.set_input_files("#photo input[type=file]", str(path))
    page.wait_for_selector("#square .crop:not([hidden])")
    boxes = page.locator("#square .found button")
    boxes.nth(1).wait_for()
    assert "2 faces were found" in page.inner_text("#square .says")
    order = sorted(range(2), key=lambda i: boxes.nth(i).bounding_box()["x"])
    boxes.nth(order[0]).click()
    page.click("text=Advanced")
    page.get_by_label("Most steps").fill("5")
    page.click("#invert")
    page.wait_for_selector("#status :text('Done')")
    before = source(page)
    page.click("#view :text('Whole photo')")
    shown = wait_for_change(page, before)
    assert shown.startswith("data:image/jpeg")
    assert "contain" in page.get_attribute("#picture .frame", "class")
    with page.expect_download() as download:
        page.click("#save-photo")
    untouched = np.asarray(Image.open(download.value.path()))
    assert np.array_equal(untouched, np.asarray(whole))
    page.locator("#slider-smile input").fill("3")
    wait_for_change(page, shown)
    with page.expect_download() as download:
        page.click("#save-photo")
    edited = np.asarray(Image.open(download.value.path()))
    assert edited.shape == (500, 900, 3)
    changed = (edited != np.asarray(whole)).any(axis=2)
    assert changed.any()
    assert not changed[:, 460:].any()
    first = page.get_attribute("#square img", "src")
    page.click("#adopt")
    page.wait_for_function("old => document.querySelector('#square img').src !== old", arg=first)
    boxes.nth(1).wait_for()
    order = sorted(range(2), key=lambda i: boxes.nth(i).bounding_box()["x"])
    boxes.nth(order[1]).click()
    page.click("#invert")
    page.wait_for_selector("#status :text('Step')")
    page.wait_for_selector("#status :text('Done')")
    settled(page)
    with page.expect_download() as download:
        page.click("#save-photo")
    again = np.asarray(Image.open(download.value.path()))
    assert np.array_equal(again, edited)  # the second face was not moved yet


def test_faces_are_found_turned_photos_too_and_their_absence_is_told(
    page, photo: Path, tmp_path: Path
) -> None:
    face = Image.open(photo).convert("RGB")
    page.set_input_files("#photo input[type=file]", str(photo))
    page.wait_for_selector("#square .crop:not([hidden])")
    upright = page.locator("#square .square").evaluate("e => [e.style.left, e.style.top]")
    assert not page.is_visible("#square .says")
    lying = Image.Exif()
    lying[0x0112] = 6  # the camera lay on its side
    face.rotate(90, expand=True).save(tmp_path / "side.jpg", exif=lying, quality=95)
    first = page.get_attribute("#square img", "src")
    page.set_input_files("#photo input[type=file]", str(tmp_path / "side.jpg"))
    page.wait_for_function("old => document.querySelector('#square img').src !== old", arg=first)
    settled(page)
    again = page.locator("#square .square").evaluate("e => [e.style.left, e.style.top]")
    for a, b in zip(upright, again, strict=True):
        assert abs(float(a[:-1]) - float(b[:-1])) < 2
    Image.linear_gradient("L").resize((400, 300)).convert("RGB").save(tmp_path / "none.png")
    page.set_input_files("#photo input[type=file]", str(tmp_path / "none.png"))
    page.wait_for_selector("#square .says:not([hidden])")
    assert "by hand" in page.inner_text("#square .says") or "Check" in page.inner_text(
        "#square .says"
    )
    assert page.is_visible("#square .square")


def test_a_group_of_three(page, tmp_path: Path, faces) -> None:
    group = Image.new("RGB", (1200, 600), (120, 110, 100))
    for index, x in enumerate((60, 460, 860)):
        group.paste(faces.example(index, 0.6).resize((280, 280)), (x, 140))
    path = tmp_path / "group.jpg"
    group.save(path, quality=95)
    page.set_input_files("#photo input[type=file]", str(path))
    boxes = page.locator("#square .found button")
    boxes.nth(2).wait_for()
    assert boxes.count() == 3
    assert "3 faces were found" in page.inner_text("#square .says")
    centre = "e => [e.style.left, e.style.top].map(parseFloat)"
    canvas = "() => document.querySelector('#square .preview canvas').toDataURL()"
    seen = set()
    for i in range(3):
        boxes.nth(i).click()
        x, y = page.locator("#square .square").evaluate(centre)
        expected = min((200, 600, 1000), key=lambda middle: abs(middle - 12 * x))
        assert abs(12 * x - expected) < 60
        assert abs(6 * y - 280) < 60
        seen.add((expected, page.evaluate(canvas)))
    assert len(seen) == 3, "the preview follows the square"


def test_undo_redo_and_the_history(page, photo: Path) -> None:
    empty = source(page)
    invert(page, photo, steps=3)
    inverted = source(page)
    move(page, "smile", 2)
    smiling = wait_for_change(page, inverted) if source(page) == inverted else source(page)
    move(page, "age", 1)
    page.wait_for_function(
        "([s, old]) => document.querySelector(s).src !== old", arg=[AFTER, smiling]
    )
    both = source(page)
    nodes = page.locator("#history .node")
    assert nodes.count() == 4
    thumb = page.locator("#slider-smile input")

    page.keyboard.press("Control+z")
    shows(page, smiling)
    assert thumb.input_value() == "2"
    page.click("#undo")
    shows(page, inverted)
    assert thumb.input_value() == "0"
    page.click("#undo")
    shows(page, empty)
    page.click("#redo")
    shows(page, inverted)
    nodes.nth(3).locator(".go").click()
    shows(page, both)
    assert (thumb.input_value(), page.locator("#slider-age input").input_value()) == ("2", "1")
    before = page.get_attribute("#picture img.before", "src")
    nodes.nth(1).locator(".compare").dispatch_event("click")
    page.wait_for_function(
        "now => document.querySelector('#picture img.before').src === now", arg=inverted
    )
    assert source(page) == both
    assert before != inverted
    page.click("#undo")
    shows(page, smiling)
    assert page.get_attribute("#picture img.before", "src") == before


def test_a_painted_part_limits_the_sliders(page) -> None:
    plain = source(page)
    page.click("#local button >> nth=0")
    canvas = page.locator("#paint canvas")
    canvas.wait_for()
    page.click("#paint [data-tool=rectangle]")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2, steps=4)
    page.mouse.up()
    page.wait_for_selector("#history .node >> nth=1")
    page.locator("#slider-glasses input").fill("4")
    half = wait_for_change(page, plain)
    pixels = """async (sources) => Promise.all(sources.map(async (source) => {
      const image = new Image(); image.src = source; await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
      const pen = canvas.getContext('2d'); pen.drawImage(image, 0, 0);
      return Array.from(pen.getImageData(0, 0, canvas.width, canvas.height).data);
    }))"""
    before, after = (np.array(p).reshape(64, 64, 4) for p in page.evaluate(pixels, [plain, half]))
    assert np.array_equal(before[:28], after[:28]), "above the painted part"
    assert (before[36:] != after[36:]).any()
    page.click("#paint [data-act=clear]")
    wait_for_change(page, half)


def test_layers_of_a_slider(page) -> None:
    before = source(page)
    page.locator("#slider-smile input").fill("3")
    own = wait_for_change(page, before)
    page.click("text=Advanced")
    field = page.get_by_label("Layers of the sliders")
    field.fill("smile=0-1")
    field.press("Enter")
    wait_for_change(page, own)
    field.fill("smile=99")
    field.press("Enter")
    page.wait_for_selector(".toast-body:has-text('lie outside 0…9')")


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_overflows_and_everything_is_labelled(page, width: int) -> None:
    resized(page, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    unlabelled = page.evaluate(
        """() => [...document.querySelectorAll('input:not([type=file]), button, img')]
          .filter((e) => e.offsetParent !== null)
          .filter((e) => e.tagName === 'IMG' ? !e.hasAttribute('alt')
            : !(e.getAttribute('aria-label') || e.title || e.innerText?.trim() || e.labels?.length))
          .map((e) => e.outerHTML.slice(0, 160))"""
    )
    assert unlabelled == []


def test_the_picture_stays_in_sight_while_sliders_scroll(page) -> None:
    resized(page, 390)
    page.locator("#slider-turn input, #slider-yaw input").first.scroll_into_view_if_needed()
    page.mouse.wheel(0, 300)
    page.wait_for_function("() => scrollY > 400")
    settled(page)
    box = page.locator("#picture .frame").bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] < 600


def test_help_opens_and_tells_the_keys(page) -> None:
    assert not page.is_visible("#help")
    page.click("#help-button")
    assert "undo, redo" in page.inner_text("#help")
    assert page.get_attribute("#help-button", "aria-expanded") == "true"
    page.click("#help-button")
    assert not page.is_visible("#help")


def test_another_domain_costs_no_refusal(page) -> None:
    """Its answers come in a burst, between two streams that the page reads them from."""
    refused: list[int] = []
    page.on("response", lambda one: refused.append(one.status) if one.status >= 400 else None)
    for title, slider in (("Published", "tilt"), ("Faces", "smile")) * 3:
        page.click("#domain input")
        page.click(f"[role=option]:has-text('{title}')")
        page.wait_for_selector(f"#slider-{slider}")
        settled(page)
        assert refused == []
        assert page.locator(".toast-body").count() == 0


def test_theme_and_place_outlive_a_reload(page) -> None:
    dark = "() => document.body.classList.contains('dark')"
    before = page.evaluate(dark)
    page.click("#dark")
    page.click("role=tab[name=Library]")
    settled(page)
    for _ in range(2):
        page.reload()
        page.wait_for_selector("role=tab[name=Library][selected=true]")
        page.wait_for_selector("#library .card")
        assert page.evaluate(dark) is not before
    page.click("#dark")
    page.click("role=tab[name=Edit]")
    page.reload()
    page.wait_for_selector(f"{AFTER}[src]")
    assert page.evaluate(dark) is before
    assert page.locator("role=tab[name=Edit][selected=true]").count() == 1
