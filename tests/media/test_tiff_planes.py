"""TIFFs that Pillow alone misreads: planes apart, grey with alpha, YCbCr without compression, BigTIFF."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

from editor.errors import ImageError
from editor.media.images import decoded, load_image
from editor.media.source import read_source

WIDTH, HEIGHT = 72, 48
DOWN, ACROSS = np.mgrid[0:1:48j, 0:1:72j]
COLOURS = np.stack([DOWN, ACROSS, (1 - DOWN) * 0.6, 0.2 + ACROSS * 0.8], axis=-1)


def _written(values: np.ndarray, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, photometric=kind, **options)
    return buffer.getvalue()


def _planes(dtype: str, top: float, channels: int = 3, **options: object) -> bytes:
    values = COLOURS[..., :channels] * top
    values = values if dtype.startswith("f") else np.round(values)
    apart = np.ascontiguousarray(values.astype(dtype).transpose(2, 0, 1))
    extra = {"extrasamples": ["unassalpha"]} if channels == 4 else {}
    return _written(apart, "rgb", planarconfig="separate", **extra, **options)


def _away(data: bytes, wanted: np.ndarray) -> float:
    """By how many levels a file, with its alpha, is away from what it should be."""
    pixels, source = decoded(data, read_source(data))
    found = np.asarray(pixels).astype(float)
    if source.alpha is not None:
        found = np.dstack([found, np.asarray(source.alpha)])
    assert found.shape == wanted.shape
    return float(np.abs(found - wanted).max())


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "options", [{}, {"rowsperstrip": 7}, {"tile": (16, 32)}, {"compression": "deflate"}]
)
@pytest.mark.parametrize("top", [4095, 65535])
def test_planes_of_16_bits_are_read_each_by_itself(
    top: int, options: dict, order: str, channels: int
) -> None:
    data = _planes("uint16", top, channels, byteorder=order, **options)
    wanted = COLOURS[..., :channels] * 255
    if channels == 4:
        wanted[..., 3] *= top / 65535  # alpha is of all 16 bits
    assert _away(data, wanted) <= 1.2


@pytest.mark.parametrize(("dtype", "top"), [("float32", 1), ("uint32", 2**32 - 1), ("int16", 4095)])
def test_planes_of_other_numbers_are_read(dtype: str, top: float) -> None:
    assert _away(_planes(dtype, top), COLOURS[..., :3] * 255) <= 1.2


@pytest.mark.parametrize("channels", [3, 4])
def test_planes_of_8_bits_are_read_as_before(channels: int) -> None:
    assert _away(_planes("uint8", 255, channels), COLOURS[..., :channels] * 255) <= 1


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_planes_lie_as_pixels_do(orientation: int) -> None:
    extra = [(274, 3, 1, orientation, False)]
    together = _written(
        np.round(COLOURS[..., :3] * 65535).astype(np.uint16), "rgb", extratags=extra
    )
    one, other = load_image(together), load_image(_planes("uint16", 65535, extratags=extra))
    assert one.size == other.size
    assert np.abs(np.asarray(one).astype(int) - np.asarray(other)).max() <= 1


def test_inks_of_16_bits_apart_are_read_as_together() -> None:
    inks = np.round(COLOURS * 65535).astype(np.uint16)
    apart = np.ascontiguousarray(inks.transpose(2, 0, 1))
    found = load_image(_written(apart, "separated", planarconfig="separate"))
    assert np.array_equal(np.asarray(found), np.asarray(load_image(_written(inks, "separated"))))


@pytest.mark.parametrize("top", [4095, 65535])
@pytest.mark.parametrize("apart", [False, True])
def test_a_bigtiff_of_16_bits_is_read(apart: bool, top: int) -> None:
    values = np.round(COLOURS[..., :3] * top).astype(np.uint16)
    data = _planes("uint16", top, bigtiff=True) if apart else _written(values, "rgb", bigtiff=True)
    assert _away(data, COLOURS[..., :3] * 255) <= 1.2


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "deflate"])
def test_grey_of_16_bits_with_alpha_is_read(
    compression: str | None, order: str, apart: bool
) -> None:
    values = np.round(COLOURS[..., :2] * 65535).astype(np.uint16)
    options = {"byteorder": order, "compression": compression, "extrasamples": ["unassalpha"]}
    if apart:
        values = np.ascontiguousarray(values.transpose(2, 0, 1))
        options["planarconfig"] = "separate"
    else:
        options["planarconfig"] = "contig"
    wanted = COLOURS[..., [0, 0, 0, 1]] * 255
    assert _away(_written(values, "minisblack", **options), wanted) <= 1


def test_grey_of_16_bits_with_alpha_in_tiles_says_what_to_do() -> None:
    values = np.round(COLOURS[..., :2] * 65535).astype(np.uint16)
    options = {"extrasamples": ["unassalpha"], "planarconfig": "contig", "tile": (16, 16)}
    with pytest.raises(ImageError, match="packed in tiles"):
        load_image(_written(values, "minisblack", **options))


def test_ycbcr_that_pillow_writes_is_read() -> None:
    wanted = Image.fromarray(np.round(COLOURS[..., :3] * 255).astype(np.uint8)).convert("YCbCr")
    buffer = io.BytesIO()
    wanted.save(buffer, "TIFF")
    found, rgb = np.asarray(load_image(buffer.getvalue())), np.asarray(wanted.convert("RGB"))
    assert np.abs(found.astype(int) - rgb).max() <= 2


def test_damaged_planes_are_refused() -> None:
    data = bytearray(_planes("uint16", 65535, rowsperstrip=7))
    for cut in (200, len(data) // 2, len(data) - 9):
        with pytest.raises(ImageError):
            load_image(bytes(data[:cut]))
    at = data.index(struct.pack("<HH", 277, 3))
    data[at + 8 : at + 10] = struct.pack("<H", 9)
    with pytest.raises(ImageError):
        load_image(bytes(data))


def test_a_kind_that_is_not_read_is_not_called_damaged() -> None:
    values = np.round(COLOURS * 255).astype(np.uint8)
    data = _written(np.dstack([values, values]), "minisblack", planarconfig="contig")
    with pytest.raises(ImageError, match="is a TIFF of a kind that is not read; save it with"):
        load_image(data)
    with pytest.raises(ImageError, match="damaged or incomplete"):
        load_image(data[:-99])
