"""The resolution of a photo, in dots per inch, comes back."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from editor.media.images import encode_image
from editor.media.reading_note import ReadingNote, with_note
from editor.photo.photo import Photo
from tests.media.test_source import encoded, noise, opened

KINDS = ("JPEG", "PNG", "TIFF", "WEBP", "AVIF", "HEIF")


def _picture() -> Image.Image:
    return Image.fromarray(noise(48, 60, 3))


def _exif(across: float, down: float, unit: int = 2, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[282], exif[283], exif[296], exif[274] = across, down, unit, orientation
    return exif.tobytes()


def _saved_dpi(photo: Photo, kind: str) -> tuple[float, float] | None:
    """What a file of it says, by another reader than ours where there is one."""
    data = encode_image(photo.pixels, kind, source=photo.source)
    image = opened(data)
    if kind == "TIFF" and 282 not in image.tag_v2:
        return None  # where Pillow says one dot
    if kind in ("JPEG", "PNG", "TIFF"):
        return image.info.get("dpi")
    exif = image.getexif()
    assert exif.get(296, 2) == 2
    return (float(exif[282]), float(exif[283])) if 282 in exif else None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("given", ["JPEG", "PNG", "TIFF"])
def test_it_comes_back_in_every_format(given: str, kind: str) -> None:
    photo = Photo.read(encoded(_picture(), given, dpi=(300, 300)))
    assert _saved_dpi(photo, kind) == pytest.approx((300, 300), abs=0.01)
    again = Photo.read(encode_image(photo.pixels, kind, source=photo.source))
    assert again.source.dpi == pytest.approx((300, 300), abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_photo_that_says_none_nothing_is_made_up(kind: str) -> None:
    exif = Image.Exif()
    exif[274] = 1
    for options in ({}, {"exif": exif.tobytes()}):
        photo = Photo.read(encoded(_picture(), "JPEG", **options))
        assert photo.source.dpi is None
        assert _saved_dpi(photo, kind) is None


def test_exif_says_it_where_the_file_does_not() -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        photo = Photo.read(encoded(_picture(), kind, exif=_exif(240, 240)))
        assert photo.source.dpi == (240, 240)
    metric = Photo.read(encoded(_picture(), "JPEG", exif=_exif(100, 100, unit=3)))
    assert metric.source.dpi == pytest.approx((254, 254))
    no_unit = Photo.read(encoded(_picture(), "JPEG", exif=_exif(100, 100, unit=1)))
    assert no_unit.source.dpi is None


def test_it_turns_with_the_photo() -> None:
    data = encoded(_picture(), "JPEG", exif=_exif(200, 100, orientation=6), dpi=(200, 100))
    photo = Photo.read(data)
    assert photo.source.dpi == (100, 200)
    assert photo.turned(1).source.dpi == (200, 100)
    assert photo.turned(2).source.dpi == (100, 200)
    assert Photo.read(with_note(data, ReadingNote(1))).source.dpi == (200, 100)


@pytest.mark.parametrize(
    "options",
    [{"dtype": "uint16"}, {"dtype": "float32"}, {"dtype": "uint16", "planarconfig": "separate"}],
)
def test_deep_tiffs_keep_it(options: dict[str, Any]) -> None:
    options = dict(options)
    values = (np.ones((48, 60, 3)) * 0.5).astype(options.pop("dtype"))
    values = values.transpose(2, 0, 1) if "planarconfig" in options else values
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer, values, photometric="rgb", resolution=(300, 300), resolutionunit=2, **options
    )
    assert Photo.read(buffer.getvalue()).source.dpi == (300, 300)


@pytest.mark.parametrize("dpi", [(0.5, 0.5), (70_000, 70_000), (300, 0)])
def test_what_no_file_could_say_is_left_out(dpi: tuple[float, float]) -> None:
    photo = Photo.read(encoded(_picture(), "JPEG", exif=_exif(*dpi)))
    assert photo.source.dpi is None
    assert encode_image(photo.pixels, "JPEG", source=photo.source)


def test_a_square_of_another_scale_has_none() -> None:
    photo = Photo.read(encoded(_picture(), "JPEG", dpi=(300, 300)))
    assert photo.source.without_alpha().dpi is None
