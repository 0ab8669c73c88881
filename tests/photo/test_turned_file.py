"""A photo's file turned by quarters shows the same pixels, turned, and keeps all that it says."""

from __future__ import annotations

import itertools
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from editor.errors import ImageError
from editor.media.headers import MAX_PIXELS
from editor.media.images import image_size, load_image
from editor.media.pixels import turned_orientation
from editor.media.reading_note import without_note
from editor.photo.photo import Photo
from editor.photo.quarters import turned_photo
from editor.photo.turned_file import turned_file
from tests.deep_pictures import deep_png

ORIENTATION, MADE, TAKEN, EXIF_IFD = 0x0112, 0x0132, 0x9003, 0x8769
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
        data = turned_file(path, quarters)
        wanted = turned_photo(load_image(path), quarters)
        assert np.array_equal(_pixels(data), np.asarray(wanted))
        with Image.open(BytesIO(data)) as image:
            assert image.getexif()[MADE] == exif[MADE]
            assert image.info["icc_profile"] == PROFILE
    scan = path.read_bytes().index(b"\xff\xdb")
    assert turned_file(path, 1).endswith(path.read_bytes()[scan:]), "not decoded"
    assert len(turned_file(path, 1)) == len(path.read_bytes()), "two bytes are others"


def test_a_jpeg_without_exif_and_four_turns(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    _noise("RGB").save(path)
    before, data = _pixels(path), path.read_bytes()
    for _ in range(4):
        path.write_bytes(turned_file(path, 1))
    assert np.array_equal(_pixels(path), before)
    assert len(path.read_bytes()) < len(data) + 100


@pytest.mark.parametrize("exif", ["without orientation", "twice", "by XMP"])
def test_a_jpeg_whose_exif_has_no_place_for_it_is_noted(tmp_path: Path, exif: str) -> None:
    made, path = Image.Exif(), tmp_path / "a.jpg"
    made[MADE] = "2020:02:02 20:20:20"
    if exif == "by XMP":
        xmp = b'<x xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'
        _noise("RGB").save(path, exif=made, xmp=xmp)
    else:
        _noise("RGB").save(path, exif=made)
    if exif == "twice":
        data = path.read_bytes()
        at = data.index(b"\xff\xe1")
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        path.write_bytes(data[:end] + data[at:end] + data[end:])
    data = turned_file(path, 1)
    assert np.array_equal(_pixels(data), np.asarray(turned_photo(load_image(path), 1)))
    assert without_note(data) == path.read_bytes()


@pytest.mark.parametrize(
    ("suffix", "mode"),
    [
        *[("png", mode) for mode in ("RGB", "RGBA", "LA", "I;16", "P")],
        *[("webp", "RGBA"), ("gif", "P"), ("bmp", "RGB"), ("avif", "RGB"), ("heic", "RGB")],
        *[("tif", mode) for mode in ("RGB", "F", "CMYK", "I;16")],
    ],
)
def test_other_files_stay_as_they_are_and_are_read_turned(
    tmp_path: Path, suffix: str, mode: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "heic":
        pytest.importorskip("pillow_heif").register_heif_opener()
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif.get_ifd(EXIF_IFD)[TAKEN] = "2020:02:02 20:20:20"
    options = {} if suffix in ("gif", "bmp") else {"exif": exif}
    _noise("RGBA" if mode == "RGBA" else "L" if mode in ("I;16", "F") else "RGB").convert(
        mode
    ).save(path, **options)
    before, turned = Photo.read(path), tmp_path / f"turned.{suffix}"
    turned.write_bytes(path.read_bytes())
    for quarters in (1, 2, 3, 4):
        turned.write_bytes(turned_file(turned, 1))
        after, wanted = Photo.read(turned), before.turned(quarters)
        assert np.array_equal(np.asarray(after.pixels), np.asarray(wanted.pixels))
        assert image_size(turned) == wanted.pixels.size
        assert after.source.kind == before.source.kind
        assert after.source.taken == before.source.taken
        assert (after.source.alpha is None) == (before.source.alpha is None)
        if after.source.alpha is not None and wanted.source.alpha is not None:
            assert np.array_equal(after.source.alpha, wanted.source.alpha)
    assert turned.read_bytes() == path.read_bytes(), "four turns leave nothing behind"


def test_colours_of_sixteen_bits_keep_all_of_them(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 4096, (24, 40, 3)).astype(np.uint16)
    path = tmp_path / "a.png"
    path.write_bytes(deep_png(values))
    data = turned_file(path, 1)
    assert data.startswith(path.read_bytes())
    assert np.array_equal(_pixels(data), np.asarray(turned_photo(load_image(path), 1)))


def test_a_jpeg_larger_than_pillows_limit_is_turned_without_decoding(tmp_path: Path) -> None:
    size = (20_000, 9_000)
    assert size[0] * size[1] > 2 * MAX_PIXELS
    path, buffer = tmp_path / "a.jpg", BytesIO()
    _noise("RGB").save(buffer, "JPEG")
    data = bytearray(buffer.getvalue())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = size[1].to_bytes(2, "big") + size[0].to_bytes(2, "big")
    path.write_bytes(data)
    assert image_size(turned_file(path, 1)) == (9_000, 20_000)


def test_orientations_are_a_group() -> None:
    for orientation, first, second in itertools.product(range(1, 9), range(4), range(4)):
        twice = turned_orientation(turned_orientation(orientation, first), second)
        assert twice == turned_orientation(orientation, first + second)
    assert turned_orientation(99, 1) == 6, "nonsense counts as upright"


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("no picture")
    with pytest.raises(ImageError):
        turned_file(tmp_path / "a.jpg", 1)
