"""Pictures of more than 8 bits a sample: which value is white."""

from __future__ import annotations

import contextlib
import io
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageFile, TiffImagePlugin

from editor.errors import ImageError
from editor.media import deep
from editor.media.images import common_levels, image_size, load_image
from editor.media.levels import SCALES, Levels, brightest_of, usual_white
from tests.deep_pictures import deep_png

RAMP = np.linspace(0, 1, 60 * 40).reshape(40, 60)
EIGHT = RAMP * 255
BROADER = {2: 1, 4: 3}  # colours of a picture with alpha


def _tiff(values: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    kind = "rgb" if values.ndim == 3 else "minisblack"
    tifffile.imwrite(buffer, values, photometric=kind, **options)
    return buffer.getvalue()


def _ramp(top: float, dtype: str = "uint16", channels: int = 1) -> np.ndarray:
    values = RAMP * top if np.dtype(dtype).kind == "f" else np.round(RAMP * top)
    values = values.astype(dtype)
    return values if channels == 1 else np.repeat(values[..., None], channels, axis=2)


def _away(data: bytes, wanted: np.ndarray = EIGHT) -> float:
    """By how many grey levels a file is away from what it should be."""
    found = np.asarray(load_image(data)).astype(float)
    return float(np.abs(found - wanted[..., None]).max())


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_any_depth_in_a_png_of_16_bits(bits: int, channels: int) -> None:
    values = _ramp(2.0**bits - 1, channels=channels)
    if channels in BROADER:
        values[..., -1] = 65535
    assert _away(deep_png(values)) <= 1.2


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("top", [255, 1023, 4095, 16383, 65535])
def test_any_depth_in_a_tiff_of_16_bits(top: int, order: str, channels: int) -> None:
    assert _away(_tiff(_ramp(top, channels=channels), byteorder=order)) <= 1.2


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("top", [1, 255, 65504])
def test_numbers_with_a_point(top: float, dtype: str, channels: int) -> None:
    assert _away(_tiff(_ramp(top, dtype, channels))) <= 1.3


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("dtype", "top"),
    [
        ("uint32", 255),
        ("uint32", 4095),
        ("uint32", 65535),
        ("uint32", 2**32 - 1),
        ("int32", 65535),
        ("int32", 2**31 - 1),
        ("int16", 4095),
        ("int16", 32767),
    ],
)
def test_integers(dtype: str, top: int, channels: int) -> None:
    assert _away(_tiff(_ramp(top, dtype, channels), compression="deflate")) <= 1.2


@pytest.mark.parametrize("top", [1.5, 4, 20, 1000, 1e6])
def test_high_dynamic_range_is_neither_black_nor_cut_off(top: float) -> None:
    for channels in (1, 3):
        found = np.asarray(load_image(_tiff(_ramp(top, "float32", channels))))[..., 0]
        assert 120 <= found.max() <= 255
        assert len(np.unique(found)) > 110, "nothing bright is cut off"


def test_no_value_turns_a_picture_from_bright_to_dark() -> None:
    for scales in (SCALES, (1.0, *SCALES), (*SCALES, 2.0**32 - 1)):
        values = np.geomspace(0.5, 2.0**33, 20_000)
        whites = np.array([usual_white(value, scales) for value in values])
        assert (whites >= np.minimum(values, whites)).all()
        assert (np.diff(whites) >= 0).all(), "a brighter picture has no darker white"
        step = np.diff(np.log(whites)) / np.diff(np.log(values))
        assert step.max() < 4, "a value brighter by 1% makes a picture darker by 4% at most"
    seen = [np.asarray(load_image(deep_png(_ramp(top))))[-1, -1, 0] for top in (255, 256, 257, 258)]
    assert max(seen) - min(seen) <= 8, seen


def test_one_hot_pixel_makes_no_picture_dark() -> None:
    values = np.tile(_ramp(4095), (5, 5))
    values[3, 3] = 65535
    found = np.asarray(load_image(deep_png(values)))
    assert np.abs(found[40:80, :60, 0] - EIGHT).max() <= 1.2


def test_what_is_no_number_is_black_and_infinity_white() -> None:
    for channels in (1, 3):
        values = _ramp(1, "float32", channels)
        values[0, :3] = np.array([np.nan, np.inf, -np.inf]).reshape(3, *[1] * (channels > 1))
        found = np.asarray(load_image(_tiff(values)))
        assert found[0, :3, 0].tolist() == [0, 255, 0]
        assert np.abs(found[1:, :, 0] - EIGHT[1:]).max() <= 1
    assert np.asarray(load_image(_tiff(np.full((20, 20), np.nan, np.float32)))).max() == 0


def test_what_the_file_says_counts_first() -> None:
    dark = RAMP * 900
    most, short = (341, 3, 1, 9000, False), (281, 3, 1, 9000, False)
    for tag in (most, short):
        stated = _tiff(np.round(dark).astype(np.uint16), extratags=[tag])
        assert _away(stated, dark / 9000 * 255) <= 1.2
    floats = _tiff(
        (RAMP * 6 - 3).astype("float32"),
        extratags=[(340, 11, 1, -3.0, False), (341, 11, 1, 3.0, False)],
    )
    assert _away(floats) <= 1.2
    assert _away(deep_png(np.round(RAMP * 400), sBIT=b"\x0c"), RAMP * 400 / 4095 * 255) <= 1.2
    assert (
        _away(deep_png(_ramp(400, channels=3), sBIT=b"\x0c\x0c\x0c"), RAMP * 400 / 4095 * 255)
        <= 1.2
    )
    assert _away(deep_png(_ramp(65535), sBIT=b"\x0c")) <= 1, (
        "its values are spread over 16 bits, as the format asks"
    )
    too_low = _tiff(_ramp(4095), extratags=[(341, 3, 1, 255, False)])
    assert _away(too_low) <= 1.2, "what its values belie does not count"


def test_twelve_bits_a_sample() -> None:
    values = np.round(RAMP * 1000).astype(np.uint16)
    pairs = values.reshape(40, 30, 2)
    packed = np.stack(
        [pairs[..., 0] >> 4, (pairs[..., 0] & 15) << 4 | pairs[..., 1] >> 8, pairs[..., 1] & 255],
        -1,
    ).astype(np.uint8)
    tags = {256: 60, 257: 40, 258: 12, 259: 1, 262: 1, 273: 200, 277: 1, 278: 40, 279: packed.size}
    entries = b"".join(
        struct.pack("<HHLL", tag, 4, 1, value) for tag, value in sorted(tags.items())
    )
    head = b"II*\0" + struct.pack("<LH", 8, len(tags)) + entries + bytes(4)
    assert _away(head.ljust(200, b"\0") + packed.tobytes(), RAMP * 1000 / 4095 * 255) <= 1.2


@pytest.mark.parametrize("channels", [1, 3])
def test_a_transparent_value_of_16_bits_makes_only_itself_transparent(channels: int) -> None:
    values = _ramp(65535, channels=channels)
    clear = np.atleast_1d(values[5, 5]).astype(">u2").tobytes()
    found = np.asarray(load_image(deep_png(values, tRNS=clear))).astype(float)
    assert found[5, 5].tolist() == [128, 128, 128]
    found[5, 5] = EIGHT[5, 5]
    assert np.abs(found[..., 0] - EIGHT).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_coloured_tiff_lies_as_a_grey_one_does(orientation: int) -> None:
    extra = [(274, 3, 1, orientation, False)]
    grey, colours, deep_colours = (
        np.asarray(load_image(data))[..., 0].astype(int)
        for data in (
            _tiff(_ramp(4095), extratags=extra),
            _tiff(_ramp(4095, channels=3), extratags=extra),
            _tiff(_ramp(1, "float32", 3), extratags=extra),
        )
    )
    assert image_size(_tiff(_ramp(1, "float32", 3), extratags=extra)) == grey.shape[::-1]
    assert np.array_equal(grey, colours)
    assert deep_colours.shape == grey.shape
    assert np.abs(grey - deep_colours).max() <= 2


def test_what_is_not_read_says_what_to_do() -> None:
    with pytest.raises(ImageError, match="64 bits a sample; save it with 16 or 32 bits"):
        load_image(_tiff(_ramp(1, "float64", 3)))
    with pytest.raises(ImageError, match="save it with 16 bits, or without compression"):
        load_image(_tiff(_ramp(1, "float32", 3), tile=(16, 16)))
    assert _away(_tiff(_ramp(65535, channels=3), tile=(16, 16))) <= 1, "Pillow reads these"


def _frames(folder: Path, *brightest: float) -> list[Path]:
    paths = []
    for number, top in enumerate(brightest):
        paths.append(folder / f"{number}.tif")
        paths[-1].write_bytes(_tiff(_ramp(top)))
    return paths


def test_the_frames_of_a_folder_share_one_white(tmp_path: Path) -> None:
    paths = _frames(tmp_path, 200, 500, 4000)
    (tmp_path / "damaged.tif").write_bytes(paths[0].read_bytes()[:200])
    (tmp_path / "colours.tif").write_bytes(_tiff(_ramp(60_000, channels=3)))
    known = common_levels([*paths, tmp_path / "damaged.tif", tmp_path / "colours.tif"])
    assert {key[3]: levels.white for key, levels in known.items()} == {1: 4095.0}
    for path, top in zip(paths, (200, 500, 4000), strict=True):
        found = np.asarray(load_image(path, known=known))[..., 0]
        assert np.abs(found - RAMP * top / 4095 * 255).max() <= 1.2
    assert common_levels(paths[:1]) == {}, "one picture has its own"


def test_eight_bits_are_not_decoded_for_it(tmp_path: Path, monkeypatch) -> None:
    for name in ("a.jpg", "b.png", "c.png", "d.tif", "e.tif"):
        Image.new("RGB", (40, 40)).save(tmp_path / name)
    for mode in ("L", "P", "RGBA", "CMYK"):
        Image.new(mode, (40, 40)).save(tmp_path / f"{mode}.tif")
    for part in (Image.Image, ImageFile.ImageFile, TiffImagePlugin.TiffImageFile):
        monkeypatch.setattr(part, "load", lambda self: pytest.fail("it was decoded"))
    assert common_levels(sorted(tmp_path.iterdir())) == {}


def test_no_raw_is_developed_to_learn_that_it_has_eight_bits(tmp_path: Path, monkeypatch) -> None:
    from types import SimpleNamespace

    sizes = SimpleNamespace(width=640, height=480, flip=0)
    raw = SimpleNamespace(
        sizes=sizes,
        postprocess=lambda **options: pytest.fail("it was developed"),
        close=lambda: None,
    )
    monkeypatch.setitem(sys.modules, "rawpy", SimpleNamespace(imread=lambda file: raw))
    for name in ("a.nef", "b.nef"):
        (tmp_path / name).write_bytes(_tiff(_ramp(200)))
    monkeypatch.setattr("editor.media.images.refusing", lambda name: contextlib.nullcontext())
    assert common_levels(sorted(tmp_path.iterdir())) == {}


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_exact_steps_of_a_level_come_out_exact(bits: int) -> None:
    white = 2.0**bits - 1
    steps = np.round(np.arange(256) * white / 255).astype(np.uint16)
    assert np.array_equal(Levels(0.0, white).eight_bits(steps), np.arange(256))


def test_the_brightest_of_parts_is_that_of_the_whole(monkeypatch) -> None:
    values = np.random.default_rng(0).integers(0, 60_000, 50_000).astype(np.uint16)
    wanted = np.sort(values)[-6]
    for count in (1, 7, 400):
        assert brightest_of(np.array_split(values, count), values.size) == wanted
    monkeypatch.setattr(deep, "STRIP_PIXELS", 100)
    assert _away(_tiff(_ramp(4095, channels=3))) <= 1.2
