"""A photo's file turned by quarters shows the same pixels, turned, and keeps what belongs to it."""

from __future__ import annotations

import itertools
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from editor.errors import ImageError
from editor.media.images import load_image
from editor.photo.quarters import turned_photo
from editor.photo.turned_file import turned_file, turned_orientation

ORIENTATION, MADE = 0x0112, 0x0132
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _noise(mode: str) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (24, 40, 4), np.uint8)
    return Image.fromarray(pixels, "RGBA").convert(mode)


def _pixels(source: str | Path | bytes) -> np.ndarray:
    return np.asarray(load_image(source))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_keeps_its_pixels_and_says_how_it_is_turned(
    tmp_path: Path, orientation: int
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[MADE] = orientation, "2020:02:02 20:20:20"
    path = tmp_path / "a.jpg"
    _noise("RGB").save(path, exif=exif, icc_profile=PROFILE, quality=90)
    for quarters in (1, 2, 3, -1):
        suffix, data = turned_file(path, quarters)
        assert suffix == ".jpg"
        wanted = turned_photo(load_image(path), quarters)
        assert np.array_equal(_pixels(data), np.asarray(wanted))
        with Image.open(BytesIO(data)) as image:
            assert image.getexif()[MADE] == exif[MADE]
            assert image.info["icc_profile"] == PROFILE
    scan = path.read_bytes().index(b"\xff\xdb")
    assert turned_file(path, 1)[1].endswith(path.read_bytes()[scan:]), "not decoded"


def test_a_jpeg_without_exif_and_four_turns(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    _noise("RGB").save(path)
    before, data = _pixels(path), path.read_bytes()
    for _ in range(4):
        path.write_bytes(turned_file(path, 1)[1])
    assert np.array_equal(_pixels(path), before)
    assert len(path.read_bytes()) < len(data) + 100


@pytest.mark.parametrize(
    ("suffix", "mode", "out"),
    [
        ("png", "RGB", ".png"),
        ("png", "RGBA", ".png"),
        ("png", "LA", ".png"),
        ("png", "I;16", ".png"),
        ("png", "P", ".png"),
        ("webp", "RGBA", ".png"),
        ("gif", "P", ".png"),
        ("bmp", "RGB", ".png"),
        ("tif", "RGB", ".tif"),
        ("tif", "F", ".tif"),
        ("tif", "CMYK", ".tif"),
    ],
)
def test_other_files_are_turned_pixel_by_pixel_with_their_depth_and_transparency(
    tmp_path: Path, suffix: str, mode: str, out: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    _noise("RGBA" if mode == "RGBA" else "L" if mode in ("I;16", "F") else "RGB").convert(
        mode
    ).save(path)
    with Image.open(path) as image:
        image.load()
        wanted = image.transpose(Image.Transpose.ROTATE_270)
    made, data = turned_file(path, 1)
    assert made == out
    with Image.open(BytesIO(data)) as turned:
        turned.load()
        assert turned.mode == wanted.mode
        assert np.array_equal(
            np.asarray(turned.convert("RGBA") if mode == "P" else turned),
            np.asarray(wanted.convert("RGBA") if mode == "P" else wanted),
        )


def test_a_png_with_an_orientation_is_upright_afterwards(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[MADE] = 6, "2020:02:02 20:20:20"
    path = tmp_path / "a.png"
    _noise("RGB").save(path, exif=exif, icc_profile=PROFILE)
    _, data = turned_file(path, 1)
    assert np.array_equal(_pixels(data), np.asarray(turned_photo(load_image(path), 1)))
    with Image.open(BytesIO(data)) as image:
        assert ORIENTATION not in image.getexif()
        assert image.getexif()[MADE] == exif[MADE]
        assert image.info["icc_profile"] == PROFILE


def test_orientations_are_a_group() -> None:
    for orientation, first, second in itertools.product(range(1, 9), range(4), range(4)):
        twice = turned_orientation(turned_orientation(orientation, first), second)
        assert twice == turned_orientation(orientation, first + second)
    assert turned_orientation(99, 1) == 6, "nonsense counts as upright"


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("no picture")
    with pytest.raises(ImageError):
        turned_file(tmp_path / "a.jpg", 1)
    whole = tmp_path / "b.png"
    _noise("RGB").save(whole)
    whole.write_bytes(whole.read_bytes()[:300])
    with pytest.raises(ImageError, match="cannot be turned"):
        turned_file(whole, 1)
