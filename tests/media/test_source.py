"""What a photo's file holds beside its colours, and that it comes back."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from editor.media import formats
from editor.media.formats import chosen_format, format_like, written_formats
from editor.media.images import decoded, encode_image
from editor.media.source import Source, is_grey, least_quality, read_source
from editor.photo.photo import Photo

SIZE = (60, 48)
TAKEN, OFFSET = "2024:05:06 07:08:09", "+02:00"


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
    return image


def saved(photo: Photo, kind: str = "") -> Image.Image:
    kind = chosen_format(kind, photo.source)[0]
    return opened(encode_image(photo.pixels, kind, source=photo.source))


def cut_out(mode: str) -> Image.Image:
    """A picture with a soft cut-out in it, of a mode."""
    clear = Image.fromarray(noise(SIZE[1], SIZE[0], 4))
    if mode != "P":
        return clear.convert(mode) if mode == "LA" else clear
    palette = Image.fromarray(noise(SIZE[1], SIZE[0])).convert("P")
    palette.info["transparency"] = bytes(noise(256, seed=3))
    return palette


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("RGBA", "PNG"),
        ("LA", "PNG"),
        ("P", "PNG"),
        ("RGBA", "WEBP"),
        ("RGBA", "AVIF"),
        ("RGBA", "TIFF"),
        ("LA", "TIFF"),
    ],
)
def test_alpha_comes_back_to_the_bit(mode: str, kind: str) -> None:
    data = encoded(cut_out(mode), kind)
    alpha = np.asarray(opened(data).convert("RGBA").getchannel("A"))
    photo = Photo.read(data)
    assert photo.source.kind == kind
    back = saved(photo)
    assert back.format == kind
    assert np.array_equal(np.asarray(back.convert("RGBA").getchannel("A")), alpha)
    if kind in ("PNG", "TIFF"):  # and colours are not mixed with any ground
        own = np.asarray(opened(data).convert("RGBA"))
        assert np.array_equal(np.asarray(back.convert("RGBA")), own)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "TIFF", "HEIF"])
def test_alpha_is_kept_in_every_format_that_has_one(kind: str) -> None:
    photo = Photo.read(encoded(cut_out("RGBA"), "PNG"))
    back = saved(photo, kind).convert("RGBA")
    assert np.array_equal(np.asarray(back.getchannel("A")), np.asarray(photo.source.alpha))


def test_alpha_is_turned_with_its_photo() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    clear = cut_out("RGBA")
    photo = Photo.read(encoded(clear, "PNG", exif=exif))
    assert photo.pixels.size == (SIZE[1], SIZE[0])
    assert photo.source.alpha is not None
    turned = clear.transpose(Image.Transpose.ROTATE_270)
    assert np.array_equal(np.asarray(photo.source.alpha), np.asarray(turned)[..., 3])
    assert np.array_equal(np.asarray(photo.pixels), np.asarray(turned)[..., :3])


def test_an_opaque_picture_has_no_alpha() -> None:
    plain = Image.fromarray(noise(48, 60, 3)).convert("RGBA")
    photo = Photo.read(encoded(plain, "PNG"))
    assert photo.source.alpha is None
    assert saved(photo).mode == "RGB"


def test_jpeg_lays_a_cut_out_on_white_and_says_so() -> None:
    photo = Photo.read(encoded(Image.new("RGBA", SIZE, (10, 20, 30, 0)), "PNG"))
    assert chosen_format("jpeg", photo.source) == (
        "JPEG",
        "JPEG knows no transparency: laid on white; PNG keeps it",
    )
    assert saved(photo, "JPEG").getpixel((5, 5)) == (255, 255, 255)
    assert photo.seen.getpixel((5, 5)) == (128, 128, 128), "neutral for the network"


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_a_file_of_one_channel_stays_one(mode: str) -> None:
    grey = Image.fromarray(noise(48, 60, 2), "LA") if mode == "LA" else None
    image = grey or Image.fromarray(noise(48, 60)).convert(mode)
    photo = Photo.read(encoded(image, "PNG"))
    assert photo.source.grey
    assert photo.source.channels == 1
    assert saved(photo).mode == ("LA" if mode == "LA" else "L")
    assert saved(photo, "WEBP").mode in ("RGB", "RGBA")
    coloured = photo.with_pixels(Image.fromarray(noise(48, 60, 3)))
    assert saved(coloured).mode in ("RGB", "RGBA"), "colour was let in"


@pytest.mark.parametrize("quality", [30, 75, 95])
def test_a_grey_photo_is_known_after_a_jpeg(quality: int) -> None:
    grey = Image.fromarray(noise(300, 400)).convert("RGB")
    again = opened(encoded(grey, "JPEG", quality=quality))
    scanned = np.asarray(again).astype(int) + noise(300, 400, 3, seed=1) % 3
    rescanned = Image.fromarray(scanned.clip(0, 255).astype(np.uint8))
    data = encoded(rescanned, "JPEG", quality=quality)
    assert Photo.read(data).source.grey


def test_a_photo_of_little_colour_is_not_grey() -> None:
    y, x = np.mgrid[0:300, 0:400]
    grey = np.stack([(x + y) % 200] * 3, axis=-1).astype(np.uint8)
    assert is_grey(Image.fromarray(grey))
    sepia = grey.astype(int) + np.array([18, 6, -12])
    assert not is_grey(Image.fromarray(sepia.clip(0, 255).astype(np.uint8)))
    lips = grey.copy()
    lips[100:120, 200:240, 0] = 255  # 0.7% of it
    assert not is_grey(Image.fromarray(lips))


@pytest.mark.parametrize("quality", [20, 60, 88, 97, 100])
def test_quality_is_known_by_the_tables(quality: int) -> None:
    image = opened(encoded(Image.fromarray(noise(48, 60, 3)), "JPEG", quality=quality))
    assert least_quality(image.quantization) == quality


def test_a_jpeg_is_saved_at_least_as_fine_as_it_came() -> None:
    tables = [[max(1, 3 + (i % 5)) for i in range(64)], [2] * 64]  # of no known program
    data = encoded(Image.fromarray(noise(48, 60, 3)), "JPEG", qtables=tables, subsampling=2)
    photo = Photo.read(data)
    back = encode_image(photo.pixels, "JPEG", quality=50, source=photo.source)
    ours = opened(back).quantization
    theirs = opened(data).quantization
    for key in (0, 1):
        assert all(a <= b for a, b in zip(ours[key], theirs[key], strict=True))
    from PIL.JpegImagePlugin import get_sampling

    assert get_sampling(opened(back)) == 0, "colours at every pixel"
    assert encode_image(photo.pixels, "JPEG", quality=100, source=photo.source) != back


def test_lossless_stays_lossless() -> None:
    pixels = Image.fromarray(noise(48, 60, 3))
    photo = Photo.read(encoded(pixels, "WEBP", lossless=True))
    assert np.array_equal(np.asarray(saved(photo)), np.asarray(pixels))
    lossy = Photo.read(encoded(pixels, "WEBP", quality=80))
    assert not lossy.source.lossless


def told(artist: str = "Jörg Müller") -> Image.Exif:
    """EXIF as a telephone writes it: date, author, place, camera, serial number."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker", "Model 7"
    exif[0x013B], exif[0x8298] = artist.encode(), "© 2024 J. M.".encode()
    exif[0x0132], exif[0x0131] = "2024:06:01 00:00:00", "Firmware 9"
    dates = exif.get_ifd(0x8769)
    dates |= {0x9003: TAKEN, 0x9011: OFFSET, 0xA431: "SERIAL-123", 0x927C: b"note of the maker"}
    dates |= {0xA433: "Lens maker", 0xA434: "Lens 50", 0xA435: "LENS-9"}
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 0.0), 3: "E", 4: (11.0, 3.0, 0.0)})
    return exif


def written(kind: str) -> dict[str, Any]:
    """Pillow's options that write it."""
    exif = told()
    if kind != "TIFF":
        return {"exif": exif.tobytes()}
    tags = dict(exif) | {tag: exif.get_ifd(tag) for tag in (0x8769, 0x8825)}
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in tags.items():
        info[tag] = value
    return {"tiffinfo": info}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_date_and_author_stay_place_and_camera_go(kind: str) -> None:
    image = Image.fromarray(noise(48, 60, 3))
    data = encoded(image, kind, **written(kind))
    photo = Photo.read(data)
    source = photo.source
    assert (source.taken, source.taken_offset) == (TAKEN, OFFSET)
    assert (source.artist, source.copyright) == ("Jörg Müller", "© 2024 J. M.")
    back = encode_image(photo.pixels, kind, source=source)
    exif = opened(back).getexif()
    kept = Photo.read(back).source
    assert (kept.taken, kept.taken_offset, kept.artist) == (TAKEN, OFFSET, "Jörg Müller")
    assert kept.copyright == "© 2024 J. M."
    assert dict(exif.get_ifd(0x8825)) == {}, "no place"
    assert set(exif.get_ifd(0x8769)) == {0x9003, 0x9011}
    assert not {0x010F, 0x0110, 0x0131, 0x0132} & set(exif)
    for word in (b"Maker", b"Model 7", b"SERIAL", b"note of", b"LENS", b"Firmware", b"Lens"):
        assert word not in back, word


def test_a_thumbnail_in_the_file_does_not_come_along() -> None:
    """A camera keeps a small copy of the photo as it was, with the face that was edited."""
    small = encoded(Image.new("RGB", (16, 16), "red"), "JPEG")
    entries = b"\0\1" + b"\x01\x12\0\3\0\0\0\1\0\1\0\0" + (26).to_bytes(4, "big")
    first = b"\0\2\x02\1\0\4\0\0\0\1" + (56).to_bytes(4, "big")
    second = b"\x02\2\0\4\0\0\0\1" + len(small).to_bytes(4, "big") + bytes(4)
    exif = b"Exif\0\0MM\0*\0\0\0\x08" + entries + first + second + small
    data = encoded(Image.fromarray(noise(48, 60, 3)), "JPEG", exif=exif)
    assert small in data
    photo = Photo.read(data)
    assert small not in encode_image(photo.pixels, "JPEG", source=photo.source)


@pytest.mark.parametrize(
    ("tag", "value"), [(0x9003, "yesterday"), (0x9003, "2024:05:06 07:08:09\n<b>"), (0x9011, "2h")]
)
def test_dates_that_are_none_are_left_out(tag: int, value: str) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[tag] = value
    source = Photo.read(encoded(Image.fromarray(noise(48, 60, 3)), "JPEG", exif=exif)).source
    assert (source.taken, source.taken_offset) == ("", "")
    assert source.exif() == b""


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # as it is opened
def test_damaged_exif_costs_no_photo() -> None:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\1\x87\x69\0\4\0\0\0\1\xff\xff\xff\xf0"
    data = encoded(Image.fromarray(noise(48, 60, 3)), "JPEG", exif=exif)
    assert Photo.read(data).source.taken == ""


def test_the_format_follows_the_photo() -> None:
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"):
        assert format_like(Source(kind)) == (kind, "")
    assert format_like(Source("GIF"))[0] == format_like(Source("BMP"))[0] == "PNG"
    assert format_like(Source())[0] == "JPEG"


def test_heic_is_a_jpeg_with_a_word_where_it_cannot_be_written(monkeypatch) -> None:
    monkeypatch.setattr(formats, "_writes_heic", lambda: False)
    written_formats.cache_clear()
    try:
        said = "HEIC cannot be written here; saved as JPEG"
        assert format_like(Source("HEIF")) == ("JPEG", said)
        clear = Source("HEIF", alpha=Image.new("L", SIZE))
        assert format_like(clear)[0] == "PNG"
        with pytest.raises(formats.OptionError, match="use JPEG, PNG, WebP, TIFF, AVIF"):
            chosen_format("heic", Source())
    finally:
        written_formats.cache_clear()


def test_the_network_sees_what_it_saw_before() -> None:
    from editor.media.images import load_image

    data = encoded(cut_out("RGBA"), "PNG")
    seen, before = Photo.read(data).seen, load_image(data)
    assert np.abs(np.asarray(seen).astype(int) - np.asarray(before)).max() <= 1
    pixels, source = decoded(data, read_source(data))
    assert pixels.info == {}
    assert source.lossless
