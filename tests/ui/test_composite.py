"""What the stage draws is what the server saves: the browser's sum against `paste_back`."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from editor.editing.paste import paste_back
from editor.media.images import to_tensor
from editor.photo.crop import Crop
from tests.colour_profiles import adobe_rgb, display_p3
from tests.ui.stage_page import composed, noise, png, stage_served

MOST = 2  # grey levels
CASES = {
    "turned, partly outside": (Crop(0.85, 0.2, 0.7, 23.0), (640, 480), 64),
    "larger than the layer": (Crop(0.4, 0.55, 0.9, -37.5), (900, 1000), 128),
    "smaller than the picture": (Crop(0.5, 0.5, 0.2, 11.0), (400, 300), 128),
    "beyond the photo on all sides": (Crop(0.5, 0.5, 1.7, 180.0), (333, 251), 64),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("photos")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with stage_served(folder) as url:
        yield url


@pytest.fixture(params=["webgl", "canvas"])
def page(request, browser, address: str) -> Iterator[object]:
    tab = browser.new_page(viewport={"width": 1000, "height": 700})
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(f"{address}?kind={request.param}")
    tab.wait_for_selector("body[data-ready]")
    yield tab
    tab.close()
    assert errors == []


def soft(width: int, height: int, seed: int) -> Image.Image:
    """A picture as `noise` whose colours are those of skin and stone: none that a screen could not show."""
    colours = np.asarray(noise(width, height, seed)).astype(float)
    grey = colours.mean(axis=-1, keepdims=True)
    return Image.fromarray(
        (60 + 0.55 * grey + 0.2 * (colours - grey)).clip(0, 255).astype(np.uint8)
    )


def as_profile(image: Image.Image, source: bytes | str, target: bytes | str) -> Image.Image:
    """The same colours as numbers of another profile, which the picture then has."""
    one, other = (
        ImageCms.createProfile("sRGB")
        if isinstance(each, str)
        else ImageCms.ImageCmsProfile(io.BytesIO(each))
        for each in (source, target)
    )
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    made = ImageCms.profileToProfile(image, one, other, renderingIntent=intent)
    assert made is not None
    made.info = {} if isinstance(target, str) else {"icc_profile": target}
    return made


def shown(page, folder: Path, photo: Image.Image, crop: Crop, **more) -> dict:
    """Give the stage a photo with an edit."""
    photo.save(folder / "photo.png", icc_profile=photo.info.get("icc_profile"))
    key = str(hash(photo.tobytes()))
    value = {
        "picture": "p1",
        "turn": 1,
        "state": "done",
        "photo": {
            "url": f"/files/photo.png?{key}",
            "width": photo.width,
            "height": photo.height,
            "key": key,
        },
        "crop": {"x": crop.x, "y": crop.y, "side": crop.side, "angle": crop.angle},
        **more,
    }
    page.evaluate("value => give(value)", value)
    return value


@pytest.mark.parametrize("name", CASES)
def test_the_browser_pastes_as_the_server(page, folder: Path, name: str) -> None:
    crop, size, side = CASES[name]
    photo, before, after = noise(*size, 1), noise(side, side, 2), noise(side, side, 3)
    shown(page, folder, photo, crop, reference=png(before), after=png(after))
    expected = paste_back(photo, crop, to_tensor(before)[0], to_tensor(after)[0])
    got = composed(page)
    assert page.evaluate("() => stage.kind()") in page.url
    assert got.shape[:2] == (photo.height, photo.width)
    assert (got[..., 3] == 255).all()
    difference = np.abs(got[..., :3].astype(int) - np.asarray(expected).astype(int))
    assert difference.max() <= MOST
    untouched = (np.asarray(expected) == np.asarray(photo)).all(axis=-1)
    assert np.abs(got[..., :3].astype(int) - np.asarray(photo))[untouched].max() <= MOST
    assert (np.asarray(expected) != np.asarray(photo)).mean() > 0.02


@pytest.mark.parametrize("gamut", [display_p3, adobe_rgb])
@pytest.mark.parametrize("name", CASES)
def test_a_photo_of_a_wide_gamut_is_saved_as_it_was_shown(
    page, folder: Path, name: str, gamut: Callable[[], bytes]
) -> None:
    crop, size, side = CASES[name]
    wide, seen = gamut(), soft(*size, 1)
    before, after = soft(side, side, 2), soft(side, side, 3)
    photo = as_profile(seen, "sRGB", wide)
    shown(page, folder, photo, crop, reference=png(before), after=png(after))
    saved = paste_back(photo, crop, to_tensor(before)[0], to_tensor(after)[0])
    got, expected = composed(page)[..., :3].astype(int), as_profile(saved, wide, "sRGB")
    difference = np.abs(got - np.asarray(expected).astype(int))
    assert difference.max() <= MOST + 1  # the file's own numbers are rounded once more
    assert (difference > MOST).mean() < 1e-4
    assert (np.asarray(saved) != np.asarray(photo)).mean() > 0.02


@pytest.mark.parametrize("name", CASES)
def test_a_cut_out_is_shown_with_its_alpha(page, folder: Path, name: str) -> None:
    """Nothing is laid under it: what lies behind the picture on the page is seen through it."""
    crop, size, side = CASES[name]
    photo, before, after = noise(*size, 1), noise(side, side, 2), noise(side, side, 3)
    alpha = noise(*size, 5).convert("L").point(lambda v: min(255, max(0, (v - 60) * 2)))
    clear = photo.copy()
    clear.putalpha(alpha)
    shown(page, folder, clear, crop, reference=png(before), after=png(after))
    expected = paste_back(photo, crop, to_tensor(before)[0], to_tensor(after)[0])
    got = composed(page).astype(int)
    opaque = np.asarray(alpha).astype(int)
    assert np.array_equal(got[..., 3], opaque)
    difference = np.abs(got[..., :3] - np.asarray(expected).astype(int)) * opaque[..., None] / 255
    assert difference.max() <= MOST  # as it is seen: of what is hardly there, less is known
    assert (opaque == 0).any()
    assert (opaque == 255).any()


def test_the_page_is_seen_through_a_cut_out(page, folder: Path) -> None:
    clear = Image.new("RGBA", (400, 300), (200, 40, 40, 255))
    clear.paste((0, 0, 0, 0), (0, 0, 200, 300))
    square = noise(64, 64, 5)
    shown(page, folder, clear, Crop(0.5, 0.5, 0.8), reference=png(square), after=png(square))
    page.keyboard.press("9")
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    left, top = page.evaluate("() => stage.view.toScreen([0, 0]).map(Math.round)")
    page.add_style_tag(content=".view > :not(canvas) { display: none !important; }")
    picture = page.screenshot(clip={"x": 0, "y": 0, "width": 1000, "height": 640})
    seen = Image.open(io.BytesIO(picture)).convert("RGB")
    ground = tuple(bytes.fromhex("e9e9e9"))
    assert seen.getpixel((left + 50, top + 150)) == ground
    assert seen.getpixel((left + 350, top + 150)) == (200, 40, 40)


def test_without_an_edit_the_photo_is_itself(page, folder: Path) -> None:
    photo, square = noise(300, 200, 4), noise(64, 64, 5)
    shown(page, folder, photo, Crop(0.5, 0.5, 0.8, 5.0), reference=png(square), after=png(square))
    assert np.array_equal(composed(page)[..., :3], np.asarray(photo))


def test_a_generated_picture_is_shown_alone(page) -> None:
    before, after = noise(64, 64, 6), noise(64, 64, 7)
    value = {"picture": "p2", "turn": 1, "state": "done", "photo": None}
    page.evaluate("v => give(v)", value | {"reference": png(before), "after": png(after)})
    assert np.abs(composed(page)[..., :3].astype(int) - np.asarray(after)).max() <= 1


def test_what_the_server_composed_is_shown_instead(page, folder: Path) -> None:
    photo, made = noise(300, 200, 8), noise(300, 200, 9)
    squares = {"reference": png(noise(64, 64, 1)), "after": png(noise(64, 64, 2))}
    shown(page, folder, photo, Crop(), composed=png(made), **squares)
    assert np.array_equal(composed(page)[..., :3], np.asarray(made))


def test_edits_of_other_squares_are_seen_too(page, folder: Path) -> None:
    photo, before, after = noise(640, 480, 1), noise(64, 64, 2), noise(64, 64, 3)
    first, second = Crop(0.2, 0.5, 0.5, 8.0), Crop(0.75, 0.5, 0.6, -12.0)
    other = {"crop": asdict(second), "reference": png(after), "after": png(before)}
    shown(page, folder, photo, first, reference=png(before), after=png(after), others=[other])
    one = paste_back(photo, second, to_tensor(after)[0], to_tensor(before)[0])
    both = paste_back(one, first, to_tensor(before)[0], to_tensor(after)[0])
    assert np.abs(composed(page)[..., :3].astype(int) - np.asarray(both)).max() <= MOST
    page.evaluate("() => give({ others: [] })")
    alone = paste_back(photo, first, to_tensor(before)[0], to_tensor(after)[0])
    assert np.abs(composed(page)[..., :3].astype(int) - np.asarray(alone)).max() <= MOST


def test_the_screen_shows_the_same_at_its_own_size(page, folder: Path) -> None:
    photo, before, after = noise(640, 480, 1), noise(64, 64, 2), noise(64, 64, 3)
    crop = Crop(0.4, 0.4, 0.7, 23.0)
    value = shown(page, folder, photo, crop, reference=png(before), after=png(noise(64, 64, 9)))
    page.keyboard.press("9")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    page.evaluate("value => give(value)", value | {"after": png(after)})  # over what is drawn
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    assert page.evaluate("() => stage.view.scale()") == 1
    left, top = page.evaluate("() => stage.view.toScreen([0, 0]).map(Math.round)")
    page.add_style_tag(content=".view > :not(canvas) { display: none !important; }")
    picture = page.screenshot(clip={"x": 0, "y": 0, "width": 1000, "height": 640})
    seen = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)
    part = seen[top : top + 480, left : left + 640]
    difference = np.abs(part - composed(page)[..., :3])
    assert part.shape == (480, 640, 3)
    assert difference.max() <= MOST


def test_a_photo_beyond_the_largest_texture_is_shown(page, folder: Path) -> None:
    photo = noise(20_000, 40, 3)
    shown(page, folder, photo, Crop(0.5, 0.5, 1.0, 0.0))
    assert page.evaluate("() => stage.view.photo()") == {"width": 20_000, "height": 40}
    got = composed(page)
    assert got.shape[1] in (8192, 16_384)
    small = np.asarray(photo.resize((200, 4), Image.Resampling.BOX)).astype(int)
    those = Image.fromarray(got[..., :3].copy()).resize((200, 4), Image.Resampling.BOX)
    assert np.abs(np.asarray(those).astype(int) - small).mean() < 4
