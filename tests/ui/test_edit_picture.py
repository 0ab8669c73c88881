"""What is done on the picture itself: compared, framed, painted on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.ui.driver import STAGE, give, in_state, invert, move, settled, shows, source

CROP = "() => calls.stage().value().crop"
PIXELS = """async () => {
  const stage = calls.stage();
  await stage.ready();
  const { data, width, height } = stage.compose();
  return [Array.from(data), width, height];
}"""
BARE = f"{STAGE} .view-host, {STAGE} .tag, {STAGE} .divider, #toasts, #coach {{ visibility: hidden !important }}"
CANVAS = f"{STAGE} canvas.picture"


def _pixels(page) -> np.ndarray:
    """The edited photo as the stage has it."""
    data, width, height = page.evaluate(PIXELS)
    return np.array(data, np.uint8).reshape(height, width, 4)[..., :3]


def _drawn(page) -> bytes:
    page.evaluate("calls.frames(3)")
    return page.locator(CANVAS).screenshot(style=BARE)


def _middle(page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _paint_below(page) -> None:
    """Paint a box over the lower part of the face, which is turned a little in its photo."""
    page.click(f"{STAGE} [data-tool=box]")
    box = page.locator(f"{STAGE} .brush-canvas").bounding_box()
    x, y, width, height = (box[key] for key in ("x", "y", "width", "height"))
    page.mouse.move(x + 0.12 * width, y + 0.55 * height)
    page.mouse.down()
    page.mouse.move(x + 0.88 * width, y + 0.9 * height, steps=4)
    page.mouse.up()
    page.wait_for_selector(f"{STAGE} .bar-note:visible")


@pytest.fixture
def smiling(page, photo: Path):
    """A page with an edited photo."""
    invert(page, photo, steps=3)
    move(page, "smile", 4)
    settled(page)
    page.mouse.move(2, 2)
    return page


@pytest.mark.parametrize("way", ["button", "key"])
def test_the_photo_is_seen_while_compare_is_held(smiling, way: str) -> None:
    page = smiling
    after = _drawn(page)
    if way == "button":
        page.hover("[data-act=compare]")
        page.mouse.down()
    else:
        page.keyboard.down("c")
    page.wait_for_selector(f"{STAGE} .tag.before:visible")
    before = _drawn(page)
    assert before != after
    if way == "button":
        page.mouse.up()
    else:
        page.keyboard.up("c")
    page.wait_for_selector(f"{STAGE} .tag.before", state="hidden")
    assert _drawn(page) == after


def test_the_divider_of_the_split_is_pulled_anywhere_in_the_picture(smiling) -> None:
    page = smiling
    page.keyboard.press("y")
    divider = page.locator(f"{STAGE} .divider")
    divider.wait_for()
    x, y = _middle(page, CANVAS)
    page.mouse.move(x - 40, y + 60)
    page.mouse.down()
    page.mouse.move(x - 90, y + 60, steps=3)
    page.mouse.up()
    there = _middle(page, f"{STAGE} .divider")[0]
    assert abs(there - (x - 90)) < 3
    divider.focus()
    page.keyboard.press("ArrowRight")
    assert _middle(page, f"{STAGE} .divider")[0] > there
    page.keyboard.press("y")
    divider.wait_for(state="hidden")


def test_another_step_is_what_is_compared_with(smiling) -> None:
    page = smiling
    move(page, "age", 2)
    settled(page)
    shown = source(page)
    step = page.locator("#filmstrip .step").nth(1)
    step.locator(".compare").dispatch_event("click")
    page.wait_for_selector(f"{STAGE} .tag.before:visible")
    assert page.inner_text(f"{STAGE} .tag.before") == f"Before: {step.locator('.go').inner_text()}"
    assert page.locator(f"{STAGE} .divider").is_visible()
    settled(page)
    with_step = _drawn(page)
    assert source(page) == shown, "the step is not gone to"
    page.click("[data-act=undo]")
    settled(page)
    assert source(page) != shown
    assert _drawn(page) != with_step


@pytest.fixture
def framing(page, tmp_path: Path):
    """A page that asks for the frame."""
    Image.linear_gradient("L").resize((800, 600)).convert("RGB").save(tmp_path / "none.png")
    give(page, tmp_path / "none.png")
    in_state(page, "frame")
    settled(page)
    return page


def test_the_frame_is_dragged_and_moved_by_keys(framing) -> None:
    page, square = framing, f"{STAGE} .frame-square"
    first = page.locator(square).bounding_box()
    start = page.evaluate(CROP)
    page.focus(square)
    page.keyboard.press("-")
    page.keyboard.press("-")
    page.keyboard.press("ArrowRight")
    second = page.locator(square).bounding_box()
    assert second["width"] < first["width"]
    x, y = _middle(page, square)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 15, steps=3)
    page.mouse.up()
    assert _middle(page, square)[1] < y - 5
    page.click("#stage [data-send=release]")
    in_state(page, "done")
    used = page.evaluate(CROP)
    assert used["side"] < start["side"]
    assert used["x"] > start["x"]
    assert used["y"] < start["y"]


def test_a_painted_part_limits_the_sliders(page, photo: Path) -> None:
    invert(page, photo, steps=3)
    plain = _pixels(page)
    page.keyboard.press("2")
    page.wait_for_selector("#tool-brush")
    _paint_below(page)
    settled(page)
    page.keyboard.press("1")
    move(page, "glasses", 4)
    settled(page)
    half, crop = _pixels(page), page.evaluate(CROP)
    changed = (half != plain).any(axis=(1, 2)).nonzero()[0]
    height, width = plain.shape[:2]
    side = crop["side"] * min(width, height)
    line = crop["y"] * height + 0.05 * side  # where the painted part begins
    assert len(changed), "nothing changed in the painted part"
    assert changed.min() >= line - side / 10, "above the painted part"
    page.keyboard.press("2")
    page.click(f"{STAGE} [data-act=clear]")
    settled(page)
    whole = _pixels(page)
    assert ((whole != plain).any(axis=(1, 2)).nonzero()[0]).min() < line - side / 10
    page.keyboard.press("Control+z")
    settled(page)
    assert np.array_equal(_pixels(page), half)


def test_baked_in_is_a_picture_of_its_own(page, photo: Path) -> None:
    invert(page, photo, steps=3)
    plain = source(page)
    page.keyboard.press("2")
    _paint_below(page)
    page.keyboard.press("1")
    move(page, "smile", 4)
    page.keyboard.press("2")
    page.click(f"{STAGE} [data-act=bake]")
    page.wait_for_selector("#filmstrip .picture >> nth=1")
    in_state(page, "done")
    settled(page)
    assert "baked in" in page.evaluate("calls.stage().value().name")
    assert source(page) != plain
    page.locator("#filmstrip .picture .go").nth(0).click()
    shows(page, source(page))
