"""The place Edit in a real browser, with the shipped pack: from a photo over its sliders to a file."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
from PIL import Image

from editor.media.profiles import conversion
from tests.colour_profiles import display_p3
from tests.conftest import picture_of
from tests.ui.driver import (
    STAGE,
    distance,
    drop,
    in_state,
    invert,
    move,
    place,
    settled,
    shows,
    slide,
    source,
    wait_for_change,
)

STEPS = "#filmstrip .step"
PRESSES = """() => {
  window.presses = 0;
  addEventListener('pointerdown', () => { presses += 1; }, true);
}"""


def _track(page, name: str) -> dict[str, float]:
    thumb = page.locator(f"#slider-{name} input[type=range]")
    thumb.scroll_into_view_if_needed()
    box = thumb.bounding_box()
    return {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2, "w": box["width"]}


def test_a_friend_smiles_in_three_clicks_and_three_seconds(page, photo: Path) -> None:
    """The first drag is on the encoder's guess, while the likeness is still refined."""
    before = page.locator(f"{STAGE} canvas.picture").screenshot()
    page.evaluate(PRESSES)
    began = time.monotonic()
    drop(page, photo)
    page.wait_for_function(
        "() => { const { picture, photo } = calls.stage().value(); return picture && photo && !photo.file; }"
    )
    untouched = source(page)
    track = _track(page, "smile")
    page.mouse.move(track["x"], track["y"])
    page.mouse.down()
    page.mouse.move(track["x"] + 0.1 * track["w"], track["y"], steps=3)
    wait_for_change(page, untouched)
    took = time.monotonic() - began
    state = page.get_attribute(STAGE, "data-state")
    page.mouse.move(track["x"] + 0.2 * track["w"], track["y"], steps=3)
    page.mouse.up()
    print(f"first drag seen after {took:.2f} s, {state}")
    assert took <= 3
    in_state(page, "done")
    settled(page)
    assert page.locator(f"{STAGE} canvas.picture").screenshot() != before
    with page.expect_download() as download:
        page.click("#header-bar [data-act=save]")
    saved, given = picture_of(download.value.path()), picture_of(photo)
    assert saved.size == given.size
    assert page.evaluate("presses") <= 3
    assert np.abs(np.asarray(saved, int) - np.asarray(given.convert("RGB"), int)).max() > 20


def test_photo_slide_reset_save(page, photo: Path) -> None:
    invert(page, photo)
    plain = source(page)
    page.locator("#slider-smile input[type=range]").focus()
    last = plain
    for _ in range(10):
        page.keyboard.press("ArrowRight")
        last = wait_for_change(page, last)
    assert place(page, "smile") == 10
    settled(page)
    stored = page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert "data:image" not in stored
    assert len(stored) < 2000, "the browser keeps something of every step"
    page.keyboard.press("Control+Shift+s")
    page.check("#save-dialog [value=code]")
    with page.expect_download() as download:
        page.click("#save-dialog .save")
    with np.load(download.value.path(), allow_pickle=False) as data:
        assert data["wp"].shape == (10, 256)
        assert list(data["move_names"]) == ["smile"]
    page.click("[data-tell=reset]")
    shows(page, plain)
    assert place(page, "smile") == 0


def test_dragging_follows_and_the_last_position_wins(page, photo: Path) -> None:
    invert(page, photo, steps=2)
    before, count = source(page), page.locator(STEPS).count()
    track = _track(page, "female")
    page.mouse.move(track["x"], track["y"])
    page.mouse.down()
    for i in range(20):
        page.mouse.move(track["x"] + 0.02 * i * track["w"], track["y"])
    wait_for_change(page, before)
    page.mouse.up()
    page.wait_for_function(
        "([s, n]) => document.querySelectorAll(s).length > n", arg=[STEPS, count]
    )
    settled(page)
    label = page.get_attribute(f"{STAGE} canvas.picture", "aria-label")
    assert f"female +{distance(page, 'female'):.1f}" in label
    assert page.evaluate("calls.stage().value().moves.female") == distance(page, "female")
    assert place(page, "female") > 50
    assert source(page) != before


def test_a_slider_shows_where_it_works_and_a_double_click_resets(page, photo: Path) -> None:
    invert(page, photo, steps=2)
    row = page.locator("#slider-glasses")
    before = source(page)
    row.locator("input[type=range]").focus()
    page.keyboard.press("End")
    moved = wait_for_change(page, before)
    assert place(page, "glasses") == 100
    assert "beyond" not in row.get_attribute("class")
    number = row.locator("input[type=number]")
    number.fill("130")
    number.press("Enter")
    wait_for_change(page, moved)
    assert "beyond" in row.get_attribute("class")
    row.locator("label").dblclick()
    shows(page, before)
    assert place(page, "glasses") == 0
    assert "beyond" not in row.get_attribute("class")
    assert row.locator(".mark.high").bounding_box()["height"] > 4


def test_undo_redo_and_the_history(page, photo: Path) -> None:
    invert(page, photo, steps=3)
    plain = source(page)
    move(page, "smile", 2)
    settled(page)
    smiling = source(page)
    move(page, "age", 1)
    settled(page)
    both = source(page)
    assert len({plain, smiling, both}) == 3
    steps = page.locator(STEPS)
    assert steps.count() == 3

    page.keyboard.press("Control+z")
    shows(page, smiling)
    settled(page)
    assert (distance(page, "smile"), distance(page, "age")) == (2, 0)
    page.click("[data-act=undo]")
    shows(page, plain)
    settled(page)
    assert place(page, "smile") == 0
    page.click("[data-act=redo]")
    shows(page, smiling)
    page.keyboard.press("Control+Shift+z")
    shows(page, both)
    settled(page)
    assert steps.count() == 3, "undo and redo add no step"
    steps.nth(0).locator(".go").click()
    shows(page, plain)
    settled(page)
    steps.nth(2).locator(".go").click()
    shows(page, both)
    settled(page)
    assert (distance(page, "smile"), distance(page, "age")) == (2, 1)
    move(page, "glasses", 1)
    settled(page)
    page.click("[data-act=undo]")
    shows(page, both)
    for _ in range(2):  # faster than the answers come
        page.keyboard.press("Control+z")
    shows(page, plain)
    settled(page)
    assert (place(page, "smile"), steps.count()) == (0, 4)


def test_undo_in_the_middle_of_a_move_takes_that_move_back(page, photo: Path) -> None:
    invert(page, photo, steps=2)
    plain = source(page)
    slide(page, "smile", 2, rests=False)
    wait_for_change(page, plain)
    page.keyboard.press("Control+z")
    shows(page, plain)
    settled(page)
    assert distance(page, "smile") == 0
    page.keyboard.press("Control+Shift+z")
    wait_for_change(page, plain)
    settled(page)
    assert distance(page, "smile") == 2


def test_layers_of_a_slider(page, photo: Path) -> None:
    invert(page, photo, steps=2)
    before = source(page)
    move(page, "smile", 3)
    settled(page)
    own = source(page)
    assert own != before
    page.click("#advanced button.label-wrap")
    field = page.get_by_label("Layers of the sliders")
    field.fill("smile=0-1")
    field.press("Enter")
    wait_for_change(page, own)
    settled(page)
    field.fill("smile=99")
    field.press("Enter")
    page.wait_for_selector(".toast-body:has-text('lie outside 0…9')")


def test_ctrl_s_gives_the_photo_s_own_size_and_says_so(page, tmp_path: Path, faces) -> None:
    whole = Image.new("RGB", (1100, 1300), (90, 110, 130))
    whole.paste(faces.example(3, 0.6).resize((700, 700)), (200, 250))
    path = tmp_path / "own size.png"
    whole.save(path)
    invert(page, path, steps=2)
    move(page, "smile", 3)
    with page.expect_download() as download:
        page.keyboard.press("Control+s")
    saved = picture_of(download.value.path())
    assert (saved.format, saved.size) == ("PNG", (1100, 1300)), "as it came"
    name = download.value.suggested_filename
    assert re.fullmatch(r"own size smile\+\d+\.png", name), name
    page.wait_for_selector(f"#toasts :text('{name} was saved, 1100 × 1300.')")
    assert page.locator("#toasts .toast").count() == 1


def test_a_cut_out_in_a_wide_gamut_goes_home_as_it_came(page, tmp_path: Path, faces) -> None:
    whole = Image.new("RGB", (700, 800), (90, 110, 130))
    whole.paste(faces.example(3, 0.6).resize((500, 500)), (100, 150))
    alpha = Image.radial_gradient("L").resize(whole.size).point(lambda v: max(0, 255 - v * 2))
    whole.putalpha(alpha)
    path = tmp_path / "cut out.png"
    whole.save(path, icc_profile=display_p3())
    invert(page, path, steps=2)
    move(page, "smile", 3)
    settled(page)
    shown = page.evaluate(
        "() => { const { data, width, height } = calls.stage().compose();"
        " const at = (x, y) => [...data.slice((y * width + x) * 4, (y * width + x) * 4 + 4)];"
        " return { width, height, corner: at(2, 2), middle: at(350, 400) }; }"
    )
    assert (shown["width"], shown["height"]) == (700, 800)
    assert shown["corner"][3] == 0, "what lies behind it on the page is seen"
    assert shown["middle"][3] == alpha.getpixel((350, 400))
    with page.expect_download() as download:
        page.keyboard.press("Control+s")
    saved = picture_of(download.value.path())
    assert re.fullmatch(r"cut out smile\+\d+\.png", download.value.suggested_filename)
    assert saved.mode == "RGBA"
    assert saved.getchannel("A").tobytes() == alpha.tobytes()
    assert saved.info["icc_profile"] == display_p3()
    assert saved.convert("RGB").tobytes() != whole.convert("RGB").tobytes()
    as_seen = conversion(display_p3()).to_srgb(np.asarray(saved.convert("RGB")))[400, 350]
    assert np.abs(as_seen.astype(int) - shown["middle"][:3]).max() <= 3
