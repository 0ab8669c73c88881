"""Photos whose numbers are not sRGB."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageCms

from editor.editing.paste import paste_back
from editor.media.images import to_tensor
from editor.media.profiles import conversion
from editor.photo.crop import Crop
from editor.project.exports import wipe
from tests.colour_profiles import display_p3

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


def test_a_square_that_is_laid_in_whole_has_the_numbers_of_its_photo(photo: Image.Image) -> None:
    plain = _pasted(photo, mode="replace")
    photo.info["icc_profile"] = display_p3()
    assert np.array_equal(_pasted(photo, mode="replace"), plain)
