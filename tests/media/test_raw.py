"""Camera RAW files: never read as the thumbnail that they begin with."""

from __future__ import annotations

import importlib.util
import io
import struct
import sys
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tifffile
from PIL import Image

from editor.errors import ImageError
from editor.media import opening
from editor.media.images import image_size, load_image
from editor.media.raw import raw_kind
from editor.photo.turned_file import turned_file

DNG_TAGS = [
    (50706, 1, 4, b"\1\4\0\0", True),  # DNGVersion
    (50708, 2, 0, "Drawn", True),  # UniqueCameraModel
    (50721, 10, 9, (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1), True),  # ColorMatrix1
    (50728, 5, 3, (1, 1, 1, 1, 1, 1), True),  # AsShotNeutral
    (50778, 3, 1, 21, True),  # CalibrationIlluminant1: D65
]
CFA = [(33421, 3, 2, (2, 2), True), (33422, 1, 4, b"\0\1\1\2", True), (50717, 4, 1, 65535, True)]


def _with_thumbnail(maker: str, more: list[tuple], sensor: list[tuple] | None = CFA) -> bytes:
    """A RAW as cameras write it: first a thumbnail of 160×120, then what the sensor saw."""
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        tags = [(271, 2, 0, maker, True), *more]
        thumbnail = np.full((120, 160, 3), 90, np.uint8)
        file.write(
            thumbnail, photometric="rgb", subfiletype=1, subifds=1, extratags=tags, metadata=None
        )
        mosaic = np.full((480, 640), 30_000, np.uint16)
        kind = "cfa" if sensor else "minisblack"
        file.write(mosaic, photometric=kind, extratags=sensor or [], metadata=None)
    return buffer.getvalue()


def _cr2() -> bytes:
    data = _with_thumbnail("Canon", [])
    (first,) = struct.unpack_from("<L", data, 4)
    moved = b"II*\0" + struct.pack("<L", first) + b"CR\2\0" + data[12:]
    return moved


FILES = {
    "a.dng": (lambda: _with_thumbnail("Drawn", DNG_TAGS), "DNG"),
    "b.nef": (lambda: _with_thumbnail("NIKON CORPORATION", []), "Nikon NEF"),
    "compressed.nef": (lambda: _with_thumbnail("NIKON CORPORATION", [], None), "Nikon NEF"),
    "c.cr2": (_cr2, "Canon CR2"),
    "d.arw": (lambda: _with_thumbnail("SONY", []), "Sony ARW"),
    "named.tif": (lambda: _with_thumbnail("Unheard of", []), "TIFF/EP"),
    "e.raf": (lambda: b"FUJIFILMCCD-RAW 0201" + bytes(200), "Fujifilm RAF"),
    "f.orf": (lambda: b"IIRO" + bytes(200), "Olympus ORF"),
    "g.rw2": (lambda: b"IIU\0" + bytes(200), "Panasonic RW2"),
    "h.cr3": (lambda: b"\0\0\0\x18ftypcrx \0\0\0\1" + bytes(200), "Canon CR3"),
    "i.x3f": (lambda: b"FOVb" + bytes(200), "Sigma X3F"),
}


@pytest.fixture
def no_rawpy(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)


@pytest.mark.parametrize("name", FILES)
def test_a_raw_says_what_it_is_and_what_to_do(name: str, tmp_path: Path, no_rawpy) -> None:
    make, kind = FILES[name]
    (tmp_path / name).write_bytes(make())
    for read in (load_image, image_size):
        with pytest.raises(
            ImageError, match=r"export it as JPEG or TIFF .* or install rawpy"
        ) as caught:
            read(tmp_path / name)
        assert f"{name} is a camera RAW file ({kind})" in str(caught.value)


def test_usual_pictures_are_no_raws(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[271] = "NIKON CORPORATION"
    for kind in ("TIFF", "JPEG", "PNG"):
        buffer = io.BytesIO()
        Image.new("RGB", (40, 30)).save(buffer, kind, exif=exif)
        assert raw_kind(buffer.getvalue(), "a.tif") == "", kind
        assert load_image(buffer.getvalue()).size == (40, 30)
    pages = io.BytesIO()
    Image.new("RGB", (40, 30)).save(
        pages, "TIFF", save_all=True, append_images=[Image.new("L", (9, 9))]
    )
    assert raw_kind(pages.getvalue()) == ""


def test_a_damaged_raw_raises_nothing_else() -> None:
    rng = np.random.default_rng(0)
    for make, _ in FILES.values():
        whole = make()
        for _ in range(30):
            data = bytearray(whole[: int(rng.integers(20, len(whole)))])
            for at in rng.integers(0, min(len(data), 400), 6):
                data[at] = int(rng.integers(256))
            with suppress(ImageError):
                load_image(bytes(data))


class _LibRawError(Exception):
    """Of rawpy; it is no RuntimeError and no OSError."""


@pytest.mark.parametrize("breaks", ["open", "develop"])
def test_whatever_rawpy_raises_is_this_photo_s_error(breaks: str, monkeypatch) -> None:
    def opened(file: io.BytesIO) -> SimpleNamespace:
        if breaks == "open":
            raise _LibRawError(b"data corrupted")

        def develop(**options: object) -> None:
            raise _LibRawError(b"data corrupted")

        sizes = SimpleNamespace(width=640, height=480, flip=6)
        return SimpleNamespace(sizes=sizes, postprocess=develop, close=lambda: None)

    monkeypatch.setitem(sys.modules, "rawpy", SimpleNamespace(imread=opened))
    with pytest.raises(ImageError, match="damaged or incomplete"):
        load_image(FILES["b.nef"][0]())


def test_a_raw_is_turned_itself_and_not_the_thumbnail_in_it(tmp_path: Path, monkeypatch) -> None:
    seen = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    sizes = SimpleNamespace(width=640, height=480, flip=0)
    raw = SimpleNamespace(sizes=sizes, postprocess=lambda **_: seen, close=lambda: None)
    monkeypatch.setitem(sys.modules, "rawpy", SimpleNamespace(imread=lambda _: raw))
    path = tmp_path / "b.nef"
    path.write_bytes(FILES["b.nef"][0]())
    data = turned_file(path, 1)
    assert image_size(data) == (480, 640)
    assert np.array_equal(np.asarray(load_image(data)), np.rot90(seen, -1))


def test_a_raw_is_developed_where_rawpy_is(monkeypatch) -> None:
    pytest.importorskip("rawpy")
    data = FILES["a.dng"][0]()
    assert image_size(data) == (640, 480)
    found = load_image(data)
    assert (found.mode, found.size) == ("RGB", (640, 480))
    assert np.ptp(np.asarray(found)[50:-50, 50:-50].mean(axis=(0, 1))) < 40, "grey is grey"
    monkeypatch.setattr(opening, "MAX_PIXELS", 100_000)
    with pytest.raises(ImageError, match="640×480 pixels"):
        load_image(data)


def test_rawpy_is_in_no_requirement_of_the_app() -> None:
    root = Path(__file__).resolve().parents[2]
    assert "rawpy" not in (root / "requirements.txt").read_text()
    assert "rawpy==" in (root / "requirements-raw.txt").read_text()
    if importlib.util.find_spec("rawpy") is None:
        assert "rawpy" not in sys.modules
