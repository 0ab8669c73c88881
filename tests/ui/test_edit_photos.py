"""Photos that are given to the place Edit: right ones, wrong ones, several in a row, with several faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import picture_of
from tests.ui.driver import (
    STAGE,
    distance,
    drop,
    give,
    in_state,
    invert,
    most_steps,
    move,
    opened,
    settled,
    source,
    wait_for_change,
)

NOTICE = f"{STAGE} .notice"
FACES = f"{STAGE} .overlay.faces"
PICTURES = "#filmstrip .picture"
SHOWN = "#filmstrip .picture.shown span"
MESSAGES = f"{NOTICE}:visible, .toast-body:visible, #toasts .toast:visible"
CROP = "() => calls.stage().value().crop"


def _of_faces(faces, path: Path, size: tuple[int, int], *places: tuple[int, int, int]) -> Path:
    """A photo of generated faces, each at (left, top, side)."""
    whole = Image.new("RGB", size, (90, 110, 130))
    for index, (left, top, side) in enumerate(places):
        whole.paste(faces.example(index, 0.6).resize((side, side)), (left, top))
    whole.save(path, quality=95)
    return path


@pytest.fixture
def two(faces, tmp_path: Path) -> Path:
    """A photo of two faces."""
    return _of_faces(faces, tmp_path / "two.png", (900, 500), (80, 100, 300), (520, 100, 300))


def _saved(page) -> np.ndarray:
    """The photo that Save gives by the choices as they are."""
    with page.expect_download() as download:
        page.keyboard.press("Control+s")
    return np.asarray(picture_of(download.value.path()))


def _as_png(page) -> None:
    """Save as PNG from now on."""
    page.keyboard.press("Control+Shift+s")
    page.check("#save-dialog [value=PNG]")
    with page.expect_download():
        page.click("#save-dialog .save")


def _wrong(folder: Path) -> dict[str, str]:
    """Files that are no photos, and what is said of each."""
    (folder / "text.png").write_text("no picture")
    Image.new("RGB", (1, 1)).save(folder / "dot.png")
    Image.new("1", (20_000, 20_000)).save(folder / "huge.png")
    (folder / "film.mp4").write_bytes(b"\0" * 100)
    (folder / "empty.jpg").write_bytes(b"")
    whole = folder / "whole.jpg"
    Image.effect_noise((300, 300), 80).convert("RGB").save(whole)
    (folder / "cut.jpg").write_bytes(whole.read_bytes()[:2000])
    return {
        "text.png": "not a picture",
        "dot.png": "1×1 pixels",
        "huge.png": "megapixels",
        "film.mp4": "is a video",
        "empty.jpg": "is empty",
        "cut.jpg": "damaged or incomplete",
    }


def test_a_wrong_file_says_so_once_in_its_place_and_the_old_picture_stays(
    page, photo: Path, tmp_path: Path
) -> None:
    invert(page, photo, steps=2)
    before, count = source(page), page.locator(PICTURES).count()
    for name, said in _wrong(tmp_path).items():
        give(page, tmp_path / name)
        page.wait_for_selector(f"{NOTICE}:has-text('{said}')")
        settled(page)
        assert page.locator(MESSAGES).count() == 1, name
        text = page.inner_text(f"{NOTICE} p")
        assert "Error" not in text
        assert text.endswith(".")
        assert source(page) == before, name
        assert page.locator(PICTURES).count() == count
        page.click(f"{NOTICE} .close")
        assert page.locator(MESSAGES).count() == 0
    move(page, "smile", 2)
    wait_for_change(page, before)


def test_photos_of_every_kind_are_read_after_a_wrong_one(page, photo: Path, tmp_path: Path) -> None:
    most_steps(page, 1)
    (tmp_path / "text.png").write_text("no picture")
    give(page, tmp_path / "text.png")
    page.wait_for_selector(f"{NOTICE}:visible")
    face = Image.open(photo).convert("RGB")
    kinds = {"cmyk.jpg": "CMYK", "grey.png": "L", "clear.png": "RGBA", "moving.gif": "P"}
    for number, (name, mode) in enumerate(kinds.items()):
        face.convert(mode).save(tmp_path / name)
        give(page, tmp_path / name)
        page.wait_for_selector(f"{SHOWN}:text-is('{Path(name).stem}')")
        in_state(page, "done")
        assert page.locator(PICTURES).count() == number + 1
        assert page.locator(MESSAGES).all_inner_texts() == []


def test_two_photos_in_a_row_both_arrive_and_the_last_is_shown(
    page, photo: Path, two: Path, tmp_path: Path
) -> None:
    Image.open(photo).convert("RGB").save(tmp_path / "first.png")
    Image.open(photo).convert("RGB").save(tmp_path / "last.png")
    give(page, tmp_path / "first.png")
    give(page, tmp_path / "last.png")
    in_state(page, "done")
    settled(page)
    names = page.locator(f"{PICTURES} span").all_inner_texts()
    assert names == ["first", "last"]
    assert page.inner_text(SHOWN) == "last"
    assert page.evaluate("calls.stage().value().name") == "last"
    assert page.locator(MESSAGES).count() == 0


def test_another_photo_in_the_middle_of_the_first_ends_it(page, photo: Path, two: Path) -> None:
    drop(page, photo)
    page.wait_for_selector("#filmstrip .picture")
    drop(page, two)
    page.wait_for_selector(f"{SHOWN}:text('two')")
    in_state(page, "done")
    settled(page)
    assert page.inner_text(SHOWN).startswith("two")
    assert page.evaluate("calls.stage().value().name") == "two"


def test_a_photo_that_the_server_does_not_take_leaves_what_was_there(
    server: str, browser, photo: Path, two: Path
) -> None:
    page = opened(browser, server)  # whose console complains of what is refused here
    invert(page, photo, steps=2)
    move(page, "smile", 1.5)
    settled(page)
    before = source(page)
    page.route(
        "**/queue/join**", lambda route: route.fulfill(status=503, body='{"detail": "busy"}')
    )
    give(page, two)
    page.wait_for_selector(f"{NOTICE}:has-text('was not opened')")
    assert in_state(page, "done")
    assert source(page) == before
    page.unroute("**/queue/join**")
    assert distance(page, "smile") == 1.5
    invert(page, two, steps=2)
    assert page.inner_text(SHOWN).startswith("two")
    page.context.close()


def test_while_a_photo_is_opened_no_other_picture_is_edited_or_saved(
    page, photo: Path, two: Path
) -> None:
    invert(page, photo, steps=2)
    steps = page.locator("#filmstrip .step").count()
    held = []
    page.route("**/upload**", lambda route: held.append(route))  # a large photo on a slow way
    give(page, two)
    page.wait_for_function("() => document.querySelector('#tool-sliders').inert")
    page.keyboard.press("Control+s")
    page.wait_for_selector("#toasts .toast:has-text('still being opened')")
    page.keyboard.press("Control+z")
    held[0].continue_()
    page.unroute("**/upload**")
    in_state(page, "done")
    page.wait_for_function("() => !document.querySelector('#tool-sliders').inert")
    settled(page)
    assert page.inner_text(SHOWN).startswith("two")
    page.locator(PICTURES, has_text="photo").locator(".go").click()
    settled(page)
    assert page.locator("#filmstrip .step").count() == steps, "the picture before was changed"


def test_a_frame_that_waits_hears_keys_and_leaves_the_old_picture_alone(
    page, photo: Path, tmp_path: Path
) -> None:
    invert(page, photo, steps=2)
    Image.effect_noise((500, 400), 60).convert("RGB").save(tmp_path / "noise.png")
    give(page, tmp_path / "noise.png")
    in_state(page, "frame")
    page.wait_for_function("() => document.querySelector('#tool-sliders').inert")
    page.evaluate("() => document.activeElement?.blur()")
    page.keyboard.press("Control+z")
    settled(page)
    assert in_state(page, "frame"), "an undo threw the new photo away"
    page.keyboard.press("Escape")
    in_state(page, "done")
    assert page.inner_text(SHOWN) == "photo"
    give(page, tmp_path / "noise.png")
    in_state(page, "frame")
    page.evaluate("() => document.activeElement?.blur()")
    page.keyboard.press("Enter")
    in_state(page, "done")
    assert page.inner_text(SHOWN) == "noise"


def test_an_example_is_read_as_a_photo_is(page) -> None:
    most_steps(page, 5)
    tries = page.locator(f"{STAGE} .tries button")
    assert tries.count() >= 3
    tries.nth(1).click()
    in_state(page, "done")
    settled(page)
    move(page, "smile", 3)
    assert page.locator(PICTURES).count() == 1
    assert page.evaluate("calls.stage().value().photo !== null")


def test_stop_keeps_the_last_picture_and_its_sliders(page, photo: Path) -> None:
    most_steps(page, 1000)
    give(page, photo)
    page.wait_for_selector(f"{STAGE} .says:has-text('Refining likeness')")
    page.click(f"{STAGE} .stop")
    in_state(page, "done")
    settled(page)
    assert page.is_hidden(f"{STAGE} .stop")
    assert page.is_hidden(f"{STAGE} .refine")
    before = source(page)
    move(page, "smile", 2)
    wait_for_change(page, before)


def test_two_faces_in_one_photo_each_with_its_sliders_and_one_save(page, two: Path, faces) -> None:
    invert(page, two, steps=5)
    whole = np.asarray(picture_of(two).convert("RGB"))
    assert page.locator(f"{FACES} .face").count() == 2
    _as_png(page)
    assert np.array_equal(_saved(page), whole), "nothing was moved yet"
    first = page.evaluate(CROP)["x"] < 0.5
    mine = np.s_[:, :460] if first else np.s_[:, 460:]
    other = np.s_[:, 460:] if first else np.s_[:, :460]
    move(page, "smile", 3)
    one = _saved(page)
    assert one.shape == (500, 900, 3)
    assert (one[mine] != whole[mine]).any()
    assert np.array_equal(one[other], whole[other]), "outside of the face not one pixel changes"
    seen = source(page)
    page.click(f"{FACES} button.face")
    page.wait_for_function("first => (calls.stage().value().crop.x < 0.5) !== first", arg=first)
    settled(page)
    assert source(page) == seen, "the other face is seen with its edit"
    assert page.input_value("#slider-smile input[type=number]") == "0"
    move(page, "glasses", 4)
    both = _saved(page)
    assert np.array_equal(both[mine], one[mine])
    assert (both[other] != whole[other]).any()
    page.wait_for_selector("#toasts .toast")
    page.click(f"{FACES} button.face")
    page.wait_for_function("first => (calls.stage().value().crop.x < 0.5) === first", arg=first)
    settled(page)
    assert float(page.input_value("#slider-smile input[type=number]")) > 30


def test_three_faces_are_found_and_each_is_chosen(page, tmp_path: Path, faces) -> None:
    places = [(x, 140, 280) for x in (60, 460, 860)]
    path = _of_faces(faces, tmp_path / "group.jpg", (1200, 600), *places)
    invert(page, path, steps=2)
    assert page.locator(f"{FACES} .face").count() == 3
    seen = []
    for number in range(3):
        box = page.locator(f"{FACES} .face").nth(number)
        if "current" not in box.get_attribute("class"):
            box.click()
            page.wait_for_selector(f"{FACES} .face.current >> nth=0")
            page.wait_for_function(
                "n => document.querySelectorAll('#stage .face')[n].matches('.current')", arg=number
            )
        settled(page)
        crop = page.evaluate(CROP)
        seen.append(round(1200 * crop["x"]))
        assert abs(600 * crop["y"] - 280) < 60
    for middle, expected in zip(seen, (200, 600, 1000), strict=True):
        assert abs(middle - expected) < 60
    assert page.locator(PICTURES).count() == 3


def test_a_face_is_found_in_a_photo_that_was_turned(page, photo: Path, tmp_path: Path) -> None:
    invert(page, photo, steps=1)
    upright = page.evaluate(CROP)
    lying = Image.Exif()
    lying[0x0112] = 6  # the camera lay on its side
    face = Image.open(photo).convert("RGB")
    face.rotate(90, expand=True).save(tmp_path / "side.jpg", exif=lying, quality=95)
    invert(page, tmp_path / "side.jpg", steps=1)
    again = page.evaluate(CROP)
    for key in ("x", "y"):
        assert abs(upright[key] - again[key]) < 0.02


def test_where_no_face_is_found_the_frame_is_asked_for(page, tmp_path: Path) -> None:
    Image.linear_gradient("L").resize((400, 300)).convert("RGB").save(tmp_path / "none.png")
    give(page, tmp_path / "none.png")
    in_state(page, "frame")
    asking = f"{STAGE} .asking"
    assert "frame" in page.inner_text(f"{asking} p")
    assert page.is_visible(f"{STAGE} .frame-square")
    page.click(f"{asking} :text('Cancel')")
    in_state(page, "empty")
    assert page.is_hidden(asking)


def test_two_visitors_do_not_see_each_other(tab, photo: Path) -> None:
    mine, other = tab(), tab()
    invert(mine, photo, steps=2)
    settled(other)
    assert source(other) == ""
    assert other.locator(PICTURES).count() == mine.locator(PICTURES).count() - 1
    shown = source(mine)
    other.locator(f"{STAGE} .tries button").nth(0).click()
    in_state(other, "done")
    before = source(other)
    move(other, "smile", 3)
    wait_for_change(other, before)
    settled(mine)
    assert source(mine) == shown


def test_a_photo_is_turned_by_its_button_with_its_edit_and_turned_back_by_undo(
    page, tmp_path: Path, faces
) -> None:
    path = _of_faces(faces, tmp_path / "wide.jpg", (900, 600), (120, 120, 360))
    invert(page, path, steps=2)
    move(page, "smile", 2)
    settled(page)
    upright = page.evaluate(CROP)
    size = "() => { const { photo } = calls.stage().value(); return [photo.width, photo.height]; }"
    page.click(f"{STAGE} .tools [aria-label='Turn the photo right']")
    page.wait_for_function(f"() => ({size})()[1] === 900")
    settled(page)
    assert page.evaluate(size) == [600, 900]
    turned = page.evaluate(CROP)
    assert (turned["x"], turned["y"]) == pytest.approx((1 - upright["y"], upright["x"]))
    assert distance(page, "smile") == 2
    page.reload()
    page.wait_for_function("() => calls.stage()?.value().photo?.height === 900")
    assert page.evaluate(CROP) == turned
    assert distance(page, "smile") == 2
    page.keyboard.press("Control+z")
    page.wait_for_function("() => calls.stage().value().photo.height === 600")
    assert page.evaluate(CROP) == upright
    assert page.locator(MESSAGES).count() == 0


def test_a_face_on_its_side_is_found_and_framed_as_it_lies(page, tmp_path: Path, faces) -> None:
    path = _of_faces(faces, tmp_path / "wide.png", (900, 600), (120, 120, 360))
    with Image.open(path) as image:
        image.transpose(Image.Transpose.ROTATE_90).save(path)
    invert(page, path, steps=1)
    crop = page.evaluate(CROP)
    assert crop["angle"] == pytest.approx(-90, abs=12)
    assert (crop["x"], crop["y"]) == pytest.approx((300 / 600, 600 / 900), abs=0.05)


def test_another_part_of_a_read_photo_is_framed(page, two: Path) -> None:
    invert(page, two, steps=1)
    page.click(f"{STAGE} .tools [aria-label='Frame another part']")
    in_state(page, "frame")
    page.locator(f"{STAGE} .frame-square").press("Shift+]")
    page.click(f"{STAGE} .asking [data-quarters='-1']")
    page.wait_for_function("() => calls.stage().value().photo?.height === 900")
    in_state(page, "done")


def test_thirty_small_faces_are_listed(page, tmp_path: Path, faces) -> None:
    places = [(80 + 130 * (i % 10), 120 + 320 * (i // 10), 44) for i in range(30)]
    path = _of_faces(faces, tmp_path / "class.png", (1400, 1050), *places)
    most_steps(page, 1)
    give(page, path)
    page.wait_for_function(
        "n => document.querySelectorAll('#stage .overlay.faces .face').length === n", arg=30
    )
    assert (
        page.locator(f"{FACES} .face").last.get_attribute("aria-label").startswith("Face 30 of 30")
    )
