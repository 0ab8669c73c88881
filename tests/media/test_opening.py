"""Files that cannot be used: what they are, in one sentence, and never another error."""

from __future__ import annotations

import io
import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin, UnidentifiedImageError

from editor.errors import ImageError
from editor.media import opening
from editor.media.images import image_size, load_image

NO_PHOTOS = {
    "clip.mp4": (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(99), "a video"),
    "clip.mov": (b"\0\0\0\x14ftypqt  \0\0\2\0qt  " + bytes(99), "a video"),
    "clip.heic": (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(99), "a video"),
    "clip.webm": (b"\x1aE\xdf\xa3" + bytes(99), "a video"),
    "clip.avi": (b"RIFF\x99\0\0\0AVI LIST" + bytes(99), "a video"),
    "page.pdf": (b"%PDF-1.7\n%\xe2\xe3" + bytes(99), "a PDF"),
    "scan.jpg": (b"\n\n%PDF-1.4\n" + bytes(99), "a PDF"),
    "song.mp3": (b"ID3\4" + bytes(99), "a sound"),
    "work.psd": (b"8BPS\0\1" + bytes(99), "a Photoshop file"),
    "new.jxl": (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(99), "a JPEG XL"),
    "light.exr": (b"v/1\1" + bytes(99), "a picture of high dynamic range"),
    "all.zip": (b"PK\3\4" + bytes(99), "an archive"),
    "drawn.svg": (b"<?xml version='1.0'?>\n<svg xmlns=''/>", "a drawing"),
}


@pytest.mark.parametrize("name", NO_PHOTOS)
def test_what_is_no_photo_says_what_it_is_and_what_to_do(name: str, tmp_path) -> None:
    data, kind = NO_PHOTOS[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ImageError) as caught:
        load_image(tmp_path / name)
    said = str(caught.value)
    assert said.startswith(f"{name} is {kind}")
    assert ", not a photo; " in said
    assert said.count(". ") == 0, "one sentence"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"])
def test_damage_raises_nothing_else(kind: str) -> None:
    opening.known_formats()  # registers HEIF
    buffer = io.BytesIO()
    Image.effect_noise((80, 60), 60).convert("RGB").save(buffer, kind)
    whole, rng = buffer.getvalue(), np.random.default_rng(0)
    for turn in range(60):
        data = bytearray(whole[: int(rng.integers(20, len(whole)))] if turn % 2 else whole)
        for at in rng.integers(0, min(len(data), 700), 1 + turn % 9):
            data[at] = int(rng.integers(256))
        for read in (load_image, image_size):
            with suppress(ImageError):
                read(bytes(data))


class _Unheard(Exception):
    """What no list of a decoder's errors has."""


ERRORS = (
    *(RuntimeError, SyntaxError, struct.error, MemoryError, OSError, ValueError, zlib.error),
    *(KeyError, TypeError, AssertionError, NotImplementedError, UnidentifiedImageError, _Unheard),
)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("step", ["open", "load"])
def test_whatever_a_decoder_raises_is_this_photo_s_error(
    error: type[Exception], step: str, monkeypatch
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise error("failed to decode")

    buffer = io.BytesIO()
    Image.new("RGB", (40, 40)).save(buffer, "JPEG")
    place = (opening.JpegImagePlugin, "jpeg_factory") if step == "open" else (Image.Image, "load")
    monkeypatch.setattr(*place, fail)
    if step == "load":
        monkeypatch.setattr(JpegImagePlugin.JpegImageFile, "load", fail)
    with pytest.raises(ImageError, match=r"the picture|memory for the picture"):
        load_image(buffer.getvalue())
