"""Photos of every kind on the page: told by what is in them, whatever the browser knows of them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import picture_of
from tests.deep_pictures import deep_png
from tests.ui.driver import (
    STAGE,
    drop,
    give,
    go_to,
    in_state,
    most_steps,
    move,
    settled,
)

NOTICE = f"{STAGE} .notice"
SHOWN = "#filmstrip .picture.shown span"
TILES = "#library .tile"


@pytest.fixture
def face(faces) -> Image.Image:
    return faces.example(4, 0.6).resize((320, 320), Image.Resampling.BICUBIC)


@pytest.fixture
def heic(face: Image.Image) -> bytes:
    import pillow_heif

    pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    face.save(buffer, "HEIF", quality=90)
    return buffer.getvalue()


def _read(page, name: str) -> None:
    page.wait_for_selector(f"{SHOWN}:text-is('{name}')")
    if in_state(page, "frame", "done") == "frame":
        page.click("#stage [data-send=release]")
        in_state(page, "done")
    settled(page)


@pytest.mark.parametrize("name", ["IMG_1.heic", "IMG_2.HEIC", "named.jpg", "no suffix"])
def test_a_heic_without_a_type_is_read(page, heic: bytes, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(heic)
    most_steps(page, 1)
    drop(page, tmp_path / name)  # the file has no type
    _read(page, Path(name).stem)
    stage = page.evaluate("calls.stage().value()")
    assert (stage["photo"]["width"], stage["photo"]["height"]) == (320, 320)


def test_a_heic_is_chosen_and_pasted_with_any_type(page, heic: bytes, tmp_path: Path) -> None:
    most_steps(page, 1)
    for number, kind in enumerate(("", "image/heic", "application/octet-stream")):
        file = {"name": f"photo{number}.heic", "mimeType": kind, "buffer": heic}
        page.set_input_files("#stage input.open", file)
        _read(page, f"photo{number}")


def test_the_library_reads_what_it_can_and_says_what_the_others_are(
    page, heic: bytes, tmp_path: Path
) -> None:
    most_steps(page, 1)
    files = [
        {"name": "one.heic", "mimeType": "", "buffer": heic},
        {
            "name": "clip.mov",
            "mimeType": "video/quicktime",
            "buffer": b"\0\0\0\x14ftypqt  " + bytes(99),
        },
        {"name": "page.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7" + bytes(99)},
        {"name": "card.raf", "mimeType": "", "buffer": b"FUJIFILMCCD-RAW 0201" + bytes(99)},
    ]
    go_to(page, "library")
    page.set_input_files("#library input.photos", files)
    said = page.locator("#toasts .toast, .toast-body").filter(has_text="1 photo read.")
    said.wait_for()
    text = said.inner_text()
    assert "clip.mov is a video" in text
    assert "Error" not in text
    assert page.locator(TILES).count() >= 1


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("clip.mp4", b"\0\0\0\x18ftypisom" + bytes(99), "clip.mp4 is a video"),
        ("paper.pdf", b"%PDF-1.7" + bytes(99), "paper.pdf is a PDF"),
        ("clip.heic", b"\0\0\0\x18ftypmp42" + bytes(99), "clip.heic is a video"),
        ("paper.jpg", b"%PDF-1.7" + bytes(99), "paper.jpg is a PDF"),
        ("card.raf", b"FUJIFILMCCD-RAW 0201" + bytes(99), "card.raf is a camera RAW file"),
    ],
)
def test_what_is_no_photo_gets_one_plain_sentence(
    page, tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(data)
    for way in (drop, give):
        way(page, tmp_path / name)
        page.wait_for_selector(f"{NOTICE}:has-text('{said}')")
        settled(page)
        text = page.inner_text(f"{NOTICE} p")
        assert "Error" not in text
        assert text.endswith(".")
        page.click(f"{NOTICE} .close")


@pytest.mark.parametrize("channels", [1, 3])
def test_photos_of_more_than_8_bits_are_neither_black_nor_white(
    page, face, tmp_path: Path, channels: int
) -> None:
    most_steps(page, 1)
    grey = np.repeat(np.asarray(face.convert("L"), np.uint16)[..., None] * 16, channels, axis=2)
    (tmp_path / "deep.png").write_bytes(deep_png(grey))
    give(page, tmp_path / "deep.png")
    _read(page, "deep")
    mean = page.evaluate(
        """async () => {
      const { url } = calls.stage().value().photo;
      const image = await createImageBitmap(await (await fetch(url)).blob());
      const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      return data.reduce((sum, one, index) => sum + (index % 4 < 3 ? one : 0), 0) / (data.length * 0.75);
    }"""
    )
    assert abs(mean - np.asarray(face.convert("L")).mean()) < 4


def test_a_jpeg_of_more_than_64_megapixels_is_opened_moved_and_saved(
    page, face: Image.Image, tmp_path: Path
) -> None:
    large = Image.new("RGB", (9_200, 7_100), (120, 110, 90))
    large.paste(face.resize((3_000, 3_000), Image.Resampling.BICUBIC), (2_000, 1_500))
    large.save(tmp_path / "large.jpg", quality=85)
    del large
    page.set_default_timeout(60_000)
    most_steps(page, 1)
    give(page, tmp_path / "large.jpg")
    _read(page, "large")
    stage = page.evaluate("calls.stage().value()")
    assert (stage["photo"]["width"], stage["photo"]["height"]) == (9_200, 7_100)
    size = page.evaluate(
        "async () => { const one = await createImageBitmap(await (await fetch(calls.stage().value().photo.url)).blob()); return [one.width, one.height]; }"
    )
    assert size == [4_600, 3_550]
    move(page, "smile", 2)
    with page.expect_download() as download:
        page.keyboard.press("Control+s")
    assert picture_of(download.value.path()).size == (9_200, 7_100)
