"""JPEGs of more than 64 megapixels: looked at smaller, edited at full size."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editor.editing.paste import paste_back
from editor.errors import ImageError
from editor.media import images, opening
from editor.media.headers import MAX_PIXELS
from editor.media.images import image_size, load_image
from editor.photo import photo as photo_module
from editor.photo.crop import Crop, crop_square
from editor.photo.photo import Photo
from editor.session import Editor

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def small_limits(monkeypatch) -> None:
    """What is said of 64 megapixels and 3,000 px holds for 0.1 and 100."""
    monkeypatch.setattr(opening, "MAX_PIXELS", 100_000)
    monkeypatch.setattr(images, "MAX_PIXELS", 100_000)
    monkeypatch.setattr(opening, "_most_jpeg_pixels", 400_000)
    monkeypatch.setattr(photo_module, "LOOKED_AT_PX", 100)


def _jpeg(size: tuple[int, int], kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    small = Image.effect_noise((size[0] // 8, size[1] // 8), 60).convert("RGB")
    small.resize(size, Image.Resampling.BICUBIC).save(buffer, kind, **options)
    return buffer.getvalue()


def test_one_of_200_megapixels_has_a_size_and_a_larger_one_a_sentence() -> None:
    def claiming(width: int, height: int, kind: str = "JPEG") -> bytes:
        data = bytearray(_jpeg((64, 64), kind))
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = height.to_bytes(2) + width.to_bytes(2)
        return bytes(data)

    assert image_size(claiming(16_320, 12_240)) == (16_320, 12_240)
    assert image_size(claiming(60_000, 4_000)) == (60_000, 4_000)
    with pytest.raises(
        ImageError, match=r"at most 256 megapixels of a JPEG are read\. Make it smaller"
    ):
        image_size(claiming(20_000, 20_000))


def test_other_formats_say_that_a_jpeg_would_do() -> None:
    buffer = io.BytesIO()
    Image.new("1", (10_000, 8_000)).save(buffer, "PNG")
    with pytest.raises(
        ImageError,
        match=r"at most 64 megapixels of a PNG are read\. Save it as a JPEG, of which 256 are",
    ):
        load_image(buffer.getvalue())


def test_a_progressive_one_may_have_half_as_many(small_limits) -> None:
    assert load_image(_jpeg((400, 400), progressive=True)).size == (400, 400)
    with pytest.raises(
        ImageError, match=r"of a progressive JPEG are read\. Save it as a baseline JPEG"
    ):
        load_image(_jpeg((600, 600), progressive=True))
    assert load_image(_jpeg((600, 600))).size == (600, 600)


def test_a_page_has_a_limit_of_its_own(monkeypatch) -> None:
    monkeypatch.setattr(opening, "_most_jpeg_pixels", opening._most_jpeg_pixels)
    for given, most in ((120, 120_000_000), (1, MAX_PIXELS), (1000, opening.MAX_JPEG_PIXELS)):
        opening.limit_jpegs(given)
        assert opening._most_jpeg_pixels == most


def test_it_is_looked_at_smaller_and_given_whole(small_limits) -> None:
    data = _jpeg((800, 480))
    read = Photo.read(data)
    assert read.pixels.size == (200, 120)
    assert read.whole().size == (800, 480)
    usual = Photo.read(_jpeg((320, 240)))
    assert usual.pixels.size == (320, 240)
    assert usual.whole() is usual.pixels
    panorama = Photo.read(_jpeg((1600, 160)))
    assert panorama.pixels.size == (1600, 160), "a half of it would be 80 px high"


def test_a_small_square_is_cut_out_of_the_whole(small_limits) -> None:
    read = Photo.read(_jpeg((800, 480)))
    for crop in (Crop(0.4, 0.5, 0.2), Crop(0.4, 0.5, 0.9)):
        wanted = np.asarray(crop_square(read.whole(), crop, 64)).astype(int)
        found = np.asarray(read.part(crop, 64)).astype(int)
        assert np.abs(found - wanted).mean() < (0.01 if crop.side < 0.5 else 6)
        if crop.side < 0.5:
            assert not np.array_equal(found, np.asarray(crop_square(read.pixels, crop, 64)))


def test_it_is_edited_at_full_size_as_a_small_one_is(
    small_limits, tiny: Editor, monkeypatch
) -> None:
    data = _jpeg((800, 480))
    large = tiny.invert(data, Crop(0.4, 0.5, 0.6, 20)).move(smile=3.0)
    pasted = tiny.paste(large)
    assert pasted.size == (800, 480)
    whole = load_image(data)
    assert np.array_equal(np.asarray(pasted), np.asarray(tiny.paste(large, photo=whole)))
    again = np.asarray(tiny.paste(large))
    assert np.array_equal(np.asarray(pasted), again), "the photo itself has not changed"
    assert (np.asarray(whole) != again).any()


def test_in_place_is_the_same_picture() -> None:
    photo = Image.effect_noise((300, 200), 60).convert("RGB")
    before, after = torch.rand(2, 3, 32, 32) * 2 - 1
    for crop in (Crop(0.4, 0.5, 0.6, 10), Crop(0.1, 0.9, 0.9)):
        for mode in ("difference", "replace"):
            wanted = paste_back(photo, crop, before, after, mode)
            own = photo.copy()
            assert paste_back(own, crop, before, after, mode, in_place=True) is own
            assert np.array_equal(np.asarray(own), np.asarray(wanted))


MEASURED = """
import resource, sys, time
from pathlib import Path
from PIL import Image
from editor.cli import main
start = time.monotonic()
code = main(["edit", sys.argv[1], "--move", "smile=2", "--out", sys.argv[2]])
print(code, time.monotonic() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


@pytest.mark.slow
def test_a_jpeg_of_200_megapixels_on_the_command_line(faces: Editor, tmp_path: Path) -> None:
    """Measured: 22 s and 1.5 GB on 2 CPU cores, of which 11 s and 0.4 GB for nothing but the start."""
    face = faces.example(3, 0.6).resize((6000, 6000), Image.Resampling.BICUBIC)
    photo = Image.new("RGB", (16_320, 12_240), (120, 110, 90))
    photo.paste(face, (5_000, 3_000))
    photo.save(tmp_path / "large.jpg", quality=90)
    del photo
    command = [sys.executable, "-c", MEASURED, str(tmp_path / "large.jpg"), str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=280)
    code, seconds, gigabytes = map(float, done.stdout.split()[-3:])
    print(f"200 MP: {seconds:.0f} s, {gigabytes:.2f} GB")
    assert code == 0
    assert gigabytes < 2.0
    assert image_size(tmp_path / "out" / "large smile+2.jpg") == (16_320, 12_240)
