"""Photos whose numbers are not sRGB."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageCms

from editor.editing.paste import paste_back
from editor.media.images import load_image, to_tensor
from editor.media.profiles import conversion
from editor.photo.crop import Crop
from editor.photo.photo import Photo
from editor.project.exports import wipe
from editor.project.pixels import thumbnail
from tests.colour_profiles import adobe_rgb, cmyk_profile, display_p3, grey_profile
from tests.deep_pictures import deep_png

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
CROP = Crop(0.5, 0.5, 0.6, 12.0)


def _grey(level: int) -> Image.Image:
    return Image.new("RGB", (64, 64), (level, level, level))


def _pasted(photo: Image.Image, before: int = 100, after: int = 140, **more: str) -> np.ndarray:
    edit = (to_tensor(_grey(level))[0] for level in (before, after))
    return np.asarray(paste_back(photo, CROP, *edit, **more))  # type: ignore[arg-type]


@pytest.fixture
def photo() -> Image.Image:
    generator = np.random.default_rng(0)
    return Image.fromarray(generator.integers(0, 256, (300, 400, 3)).astype(np.uint8))


def test_colours_are_converted_as_a_screen_shows_them() -> None:
    wide = conversion(display_p3())
    assert wide is not None
    colours = np.array([[[128, 128, 128], [200, 100, 50], [255, 0, 0]]], dtype=np.uint8)
    # skin of Display P3 in sRGB by the matrices of both standards; the red lies beyond sRGB
    seen = wide.to_srgb(colours)[0]
    assert np.abs(seen.astype(int) - [[128, 128, 128], [215, 93, 31], [255, 0, 0]]).max() <= 1
    again = wide.from_srgb(wide.to_srgb(colours))
    assert np.abs(again[0, :2].astype(int) - colours[0, :2]).max() <= 1


def test_what_is_added_is_meant_as_it_is_seen(photo: Image.Image) -> None:
    colour = (180, 120, 100)
    plain = Image.new("RGB", photo.size, colour)
    plain.info["icc_profile"] = display_p3()
    wide = conversion(display_p3())
    assert wide is not None
    middle = _pasted(plain)[150:151, 200:201]
    expected = wide.to_srgb(np.full((1, 1, 3), colour, dtype=np.uint8)).astype(int) + 40
    assert np.abs(wide.to_srgb(middle).astype(int) - expected).max() <= 1
    assert not np.array_equal(middle[0, 0], np.array(colour) + 40)


def test_colours_beyond_srgb_keep_their_own_where_nothing_changes(photo: Image.Image) -> None:
    photo.info["icc_profile"] = display_p3()
    made, own = _pasted(photo), np.asarray(photo)
    assert np.array_equal(made[:20], own[:20])
    assert (made[120:180, 170:230] != own[120:180, 170:230]).any(axis=-1).mean() > 0.9
    red = Image.new("RGB", photo.size, (255, 0, 0))
    red.info["icc_profile"] = display_p3()
    assert np.array_equal(_pasted(red, 140, 100)[0, 0], [255, 0, 0])


@pytest.mark.parametrize("profile", [None, SRGB, b"no profile", display_p3()[:200], LAB])
def test_photos_in_srgb_and_those_with_a_profile_of_no_use_are_summed_as_they_are(
    photo: Image.Image, profile: bytes | None
) -> None:
    plain = _pasted(photo)
    photo.info["icc_profile"] = profile
    assert conversion(profile) is None
    assert np.array_equal(_pasted(photo), plain)


def test_a_film_of_a_photo_is_in_srgb_as_its_frames_have_no_profile() -> None:
    colour = np.full((60, 80, 3), (200, 100, 50), dtype=np.uint8)
    photo = Image.fromarray(colour)
    first = next(wipe(photo, photo))
    assert np.array_equal(np.asarray(first), colour)
    photo.info["icc_profile"] = display_p3()
    wide = conversion(display_p3())
    assert wide is not None
    assert np.array_equal(np.asarray(next(wipe(photo, photo))), wide.to_srgb(colour))


def test_a_square_that_is_laid_in_whole_has_the_colours_that_it_has_in_a_photo_in_srgb(
    photo: Image.Image,
) -> None:
    """The model draws in sRGB, and colours are matched as they are seen, whatever the photo's numbers."""
    wide = conversion(display_p3())
    assert wide is not None
    calm = np.asarray(photo).astype(float) * 0.3 + 90
    seen = Image.fromarray(calm.astype(np.uint8))
    own = Image.fromarray(wide.from_srgb(np.asarray(seen)))
    own.info["icc_profile"] = display_p3()
    expected = _pasted(seen, mode="replace").astype(int)
    got = wide.to_srgb(_pasted(own, mode="replace")).astype(int)
    assert np.abs(got - expected).max() <= 3
    assert np.abs(_pasted(own, mode="replace").astype(int) - expected).max() > 8, "numbers differ"
    assert np.array_equal(_pasted(own, mode="replace")[:20], np.asarray(own)[:20])


def test_cmyk_is_converted_by_its_profile() -> None:
    """A press whose inks are red, green and blue rather than cyan, magenta and yellow."""
    profile = cmyk_profile(
        {(1, 0, 0, 0): (54.0, 81.0, 70.0), (0, 0, 0, 0): (100.0, 0.0, 0.0)}, default=(20.0, 0, 0)
    )
    inks = Image.new("CMYK", (40, 30), (255, 0, 0, 0))
    inks.paste((0, 0, 0, 0), (20, 0, 40, 30))
    for kind in ("JPEG", "TIFF"):
        buffer = io.BytesIO()
        inks.save(buffer, kind, icc_profile=profile, **({"quality": 100} if kind == "JPEG" else {}))
        found = load_image(buffer.getvalue())
        assert found.info == {}, "it is in sRGB now"
        red, white = (np.array(found.getpixel((x, 15))) for x in (5, 35))
        assert np.abs(red - (254, 0, 0)).max() <= 6, kind  # Lab 54, 81, 70 is the red of sRGB
        assert np.abs(white - 255).max() <= 2, kind


def test_cmyk_without_a_profile_is_not_inverted() -> None:
    """Photoshop writes the inks of a JPEG upside down, and says so by a marker of Adobe's."""
    inks = Image.new("CMYK", (40, 30), (0, 255, 255, 0))
    buffer = io.BytesIO()
    inks.save(buffer, "JPEG", quality=100)
    assert b"Adobe" in buffer.getvalue()
    red = np.array(load_image(buffer.getvalue()).getpixel((20, 15)))
    assert np.abs(red - (255, 0, 0)).max() <= 4


def test_grey_is_converted_by_its_profile() -> None:
    linear = grey_profile(1.0)
    buffer = io.BytesIO()
    Image.new("L", (40, 30), 55).save(buffer, "PNG", icc_profile=linear)
    grey = load_image(buffer.getvalue()).getpixel((5, 5))
    # 55/255 of the light is 0.5029 by the curve of sRGB
    assert np.abs(np.array(grey) - 128).max() <= 2


def _clear_grey(kind: str, level: int) -> bytes:
    """A grey picture, the left of which is transparent, with a profile of light itself."""
    linear, buffer = grey_profile(1.0), io.BytesIO()
    if kind == "tRNS":
        image = Image.new("L", (40, 30), level)
        image.paste(0, (0, 0, 20, 30))
        image.save(buffer, "PNG", icc_profile=linear, transparency=0)
        return buffer.getvalue()
    image = Image.new("LA", (40, 30), (level, 255))
    image.paste((level, 0), (0, 0, 20, 30))
    if kind == "12 bits":
        whole = np.asarray(image).astype(np.uint16) * 257
        whole[..., 0] >>= 4
        packed = b"linear\0\0" + zlib.compress(linear)
        return deep_png(whole, iCCP=packed, sBIT=b"\x0c\x10")
    if kind == "upper bytes":
        whole = np.asarray(image).astype(np.uint16) * 257
        return deep_png(whole, iCCP=b"linear\0\0" + zlib.compress(linear))
    image.save(buffer, kind, icc_profile=linear)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "tRNS", "12 bits", "upper bytes"])
def test_grey_that_is_transparent_is_converted_by_its_profile(kind: str) -> None:
    level, wanted = 180, 218  # the light in the curve of sRGB
    photo = Photo.read(_clear_grey(kind, level))
    seen = np.array(photo.pixels.getpixel((30, 15)))
    assert np.abs(seen - wanted).max() <= 2
    assert photo.source.alpha is not None
    assert photo.source.alpha.getextrema() == (0, 255)
    laid = load_image(_clear_grey(kind, level))
    assert laid.getpixel((5, 15)) == (128, 128, 128)
    assert np.abs(np.array(laid.getpixel((30, 15))) - wanted).max() <= 2


@pytest.mark.parametrize("profile", [b"nothing", display_p3(), LAB])
def test_cmyk_with_a_profile_of_no_use_is_converted_as_without(profile: bytes) -> None:
    inks = Image.new("CMYK", (40, 30), (10, 200, 90, 30))
    plain, told = io.BytesIO(), io.BytesIO()
    inks.save(plain, "TIFF")
    inks.save(told, "TIFF", icc_profile=profile)
    assert np.array_equal(load_image(told.getvalue()), load_image(plain.getvalue()))


@pytest.mark.parametrize("gamut", [display_p3, adobe_rgb])
def test_a_thumbnail_is_in_srgb_as_it_has_no_profile(gamut: Callable[[], bytes]) -> None:
    wide = conversion(gamut())
    assert wide is not None
    photo = Image.new("RGB", (400, 300), (180, 120, 100))
    photo.info["icc_profile"] = gamut()
    with Image.open(io.BytesIO(thumbnail(photo, 80))) as small:
        assert "icc_profile" not in small.info
        seen = wide.to_srgb(np.full((1, 1, 3), (180, 120, 100), np.uint8))[0, 0].astype(int)
        assert np.abs(np.array(small.getpixel((40, 30))) - seen).max() <= 2
