from __future__ import annotations

import io
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editor.errors import BusyError, ImageError, OptionError, StorageError
from editor.media import deep, images, opening
from editor.media import pixels as conversion
from editor.media.images import image_size, load_image, save_image, to_pil, to_tensor
from editor.media.source import read_source
from editor.photo.crop import Crop, crop_square
from tests.conftest import picture_of


def _bytes(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def _gradient(mode: str = "RGB", size: tuple[int, int] = (40, 30)) -> Image.Image:
    x = np.linspace(0, 255, size[0] * size[1] * 3).astype(np.uint8).reshape(size[1], size[0], 3)
    return Image.fromarray(x).convert(mode)


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "RGBA", "LA", "1", "I;16"])
def test_modes_become_rgb(mode: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.full((30, 40), 32768, dtype=np.uint16))
    else:
        image = _gradient("L").convert(mode)
    kind = "TIFF" if mode == "CMYK" else "PNG"
    loaded = load_image(_bytes(image, kind))
    assert (loaded.mode, loaded.size) == ("RGB", (40, 30))
    if mode == "I;16":
        assert loaded.getpixel((0, 0)) == (128, 128, 128)
    elif mode in ("CMYK", "L"):
        difference = np.abs(
            np.asarray(loaded, int) - np.asarray(_gradient("L").convert("RGB"), int)
        )
        assert difference.max() <= 2


def test_transparency_is_laid_on_grey() -> None:
    clear = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    assert load_image(_bytes(clear, "PNG")).getpixel((3, 3)) == (128, 128, 128)


def test_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (20, 20), c) for c in ("red", "blue")]
    data = _bytes(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert load_image(data).getpixel((5, 5)) == (255, 0, 0)


def test_exif_orientation() -> None:
    image = Image.new("RGB", (40, 20), "black")
    image.paste("white", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise to view
    turned = load_image(_bytes(image, "PNG", exif=exif))
    assert turned.size == (20, 40)
    assert turned.getpixel((10, 5)) == (255, 255, 255)
    assert turned.getpixel((10, 35)) == (0, 0, 0)


def test_text_named_png(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_text("hello")
    with pytest.raises(ImageError, match=r"photo\.png is not a picture"):
        load_image(path)


def test_truncated_jpeg() -> None:
    with pytest.raises(ImageError, match="damaged or incomplete"):
        load_image(_bytes(_gradient(size=(200, 200)), "JPEG")[:1500])


def test_too_small_and_too_large() -> None:
    with pytest.raises(ImageError, match="1×1 pixels"):
        load_image(_bytes(Image.new("RGB", (1, 1)), "PNG"))
    large = _bytes(Image.new("1", (20_000, 20_000)), "PNG")
    with pytest.raises(ImageError, match="megapixels"):
        load_image(large)


def test_tensor_round_trip() -> None:
    image = _gradient()
    tensor = to_tensor(image)
    assert tensor.shape == (1, 3, 30, 40)
    assert tensor.min() >= -1
    assert tensor.max() <= 1
    assert np.array_equal(np.asarray(to_pil(tensor)), np.asarray(image))
    assert to_pil(torch.full([3, 4, 4], 5.0)).getpixel((0, 0)) == (255, 255, 255)


def test_save(tmp_path: Path) -> None:
    save_image(_gradient(), tmp_path / "new" / "x.png")
    assert np.array_equal(
        np.asarray(Image.open(tmp_path / "new" / "x.png")), np.asarray(_gradient())
    )
    with pytest.raises(ImageError, match="not a picture format"):
        save_image(_gradient(), tmp_path / "x.xyz")
    assert not (tmp_path / "x.xyz").exists()


def test_crop_of_the_whole_is_the_photo() -> None:
    image = _gradient(size=(32, 32))
    assert np.array_equal(np.asarray(crop_square(image, Crop(), 32)), np.asarray(image))


def test_crop_takes_the_marked_place() -> None:
    image = Image.new("RGB", (100, 60), "black")
    image.paste("white", (60, 20, 80, 40))
    inside = crop_square(image, Crop(x=0.7, y=0.5, side=20 / 60), 16)
    assert np.asarray(inside).min() > 245
    turned = crop_square(image, Crop(x=0.7, y=0.5, side=12 / 60, angle=45), 16)
    assert np.asarray(turned).min() > 250


def test_crop_angle_turns_the_square_clockwise() -> None:
    quad = Crop(angle=90).quad(100, 100)
    assert quad[0] == pytest.approx((100, 0))  # the square's top-left lies at the top right


def test_crop_beyond_the_photo_is_reflected() -> None:
    image = _gradient(size=(50, 40))
    result = np.asarray(crop_square(image, Crop(x=0, y=0, side=1), 40))
    assert np.abs(result[:20].astype(int) - result[39:19:-1].astype(int)).max() <= 1


@pytest.mark.parametrize(
    "values",
    [{"x": 2}, {"side": 0}, {"side": float("nan")}, {"angle": 400}],
)
def test_bad_crop(values: dict[str, float]) -> None:
    with pytest.raises(OptionError, match="crop"):
        Crop(**values)


def test_the_colour_profile_stays_and_the_place_does_not(tmp_path: Path) -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 0.0)})
    buffer = io.BytesIO()
    picture = Image.effect_noise((60, 40), 60).convert("RGB")
    picture.save(buffer, format="JPEG", exif=exif, icc_profile=profile, comment=b"at home")
    loaded = load_image(buffer.getvalue())
    assert loaded.size == (40, 60)
    assert loaded.info == {"icc_profile": profile}
    for name in ("out.jpg", "out.png", "out.webp"):
        save_image(loaded, tmp_path / name)
        data = (tmp_path / name).read_bytes()
        assert b"compositeWithTrainedAlgorithmicMedia" in data, name
        saved = picture_of(tmp_path / name)
        assert saved.info["icc_profile"] == profile, name
        assert not saved.getexif().get_ifd(0x8825), name
        assert b"at home" not in data, name
    cmyk = picture.convert("CMYK")
    buffer = io.BytesIO()
    cmyk.save(buffer, format="JPEG", icc_profile=profile)
    assert load_image(buffer.getvalue()).info == {}


@pytest.mark.parametrize("kind", ["AVIF", "HEIF", "WEBP"])
def test_formats_of_telephones(kind: str) -> None:
    import pillow_heif

    if kind == "HEIF":
        pillow_heif.register_heif_opener()
    picture = Image.new("RGB", (64, 48), (200, 60, 40))
    buffer = io.BytesIO()
    picture.save(buffer, format=kind)
    found = load_image(buffer.getvalue())
    assert found.size == (64, 48)
    assert np.abs(np.asarray(found).mean(axis=(0, 1)) - (200, 60, 40)).max() < 6


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    """None of these may block, fill the memory, or say where it lies."""
    pipe, (end, start) = tmp_path / "pipe.png", os.pipe()
    os.mkfifo(pipe)
    try:
        for path in (pipe, "/dev/zero", "/dev/null", f"/proc/self/fd/{end}", tmp_path):
            with pytest.raises(ImageError, match="not a regular file") as caught:
                load_image(path)
            assert str(Path(path).parent) + "/" not in str(caught.value)
    finally:
        os.close(end)
        os.close(start)
    for path in (tmp_path / "gone.png", "a\0b.png"):
        with pytest.raises(ImageError, match="cannot be read") as caught:
            load_image(path)
        assert str(tmp_path) not in str(caught.value)


def test_no_more_is_read_than_the_limit(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(_bytes(_gradient(), "PNG"))
    monkeypatch.setattr(opening, "MAX_BYTES", path.stat().st_size)
    load_image(path)
    with path.open("ab") as file:
        file.write(b"x")
    with pytest.raises(ImageError, match=r"photo\.png has"):
        load_image(path)
    with pytest.raises(ImageError, match="the picture has"):
        load_image(path.read_bytes())


def test_sixteen_bits_take_no_more_than_the_picture() -> None:
    pixels = np.zeros((3000, 3000), np.uint16)
    pixels[::2] = 40_000
    data = _bytes(Image.fromarray(pixels), "PNG")
    tracemalloc.start()
    found = load_image(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60e6, "float64 alone would be 72 MB, and more than once"
    assert found.getpixel((0, 0)) == (156, 156, 156)
    assert found.getpixel((0, 2999)) == (0, 0, 0)


@pytest.mark.parametrize("brightest", [200, 255, 4095, 65535])
@pytest.mark.parametrize("dtype", ["uint16", "int32", "float32"])
def test_deep_grey_is_scaled_alike_in_every_strip(brightest: int, dtype: str, monkeypatch) -> None:
    values = np.random.default_rng(0).integers(0, brightest, (40, 30)).astype(np.float64)
    values[33, 7] = brightest
    expected = np.rint(values * (255.0 / max(brightest, 255.0))).astype(np.uint8)
    monkeypatch.setattr(deep, "STRIP_PIXELS", 100)
    found = np.asarray(load_image(_bytes(Image.fromarray(values.astype(dtype)), "TIFF")))
    assert np.array_equal(found[..., 0], expected)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="measured by fork")
def test_a_cut_out_takes_little_more_than_its_colours_and_its_alpha() -> None:
    import resource

    size = (4000, 3000)
    image = Image.new("RGBA", size, (10, 200, 30, 90))
    read_source()(image.crop((0, 0, 99, 99)))  # what is loaded once is loaded
    out, to = os.pipe()
    if not (child := os.fork()):
        peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # noqa: E731
        before = peak()
        read_source()(image)
        os.write(to, str(peak() - before).encode())
        os._exit(0)
    os.waitpid(child, 0)
    taken = int(os.read(out, 99)) * 1024 / (size[0] * size[1])
    os.close(out)
    os.close(to)
    assert taken < 7, (
        "bytes a pixel: Pillow's RGB has four, alpha one; RGBA anew would be four more"
    )


def test_grey_that_is_no_number_is_black() -> None:
    values = np.full((20, 20), 100, np.float32)
    values[0, :3] = (np.nan, np.inf, -np.inf)
    found = np.asarray(load_image(_bytes(Image.fromarray(values), "TIFF")))[0, :4, 0]
    assert found.tolist() == [0, 255, 0, 100]  # infinity is white, and says nothing of the others


def test_transparency_is_laid_on_grey_in_strips(monkeypatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 30, 4), np.uint8)
    data = _bytes(Image.fromarray(pixels), "PNG")
    whole = np.asarray(load_image(data))
    monkeypatch.setattr(conversion, "STRIP_PIXELS", 100)
    assert np.array_equal(np.asarray(load_image(data)), whole)


def test_the_size_alone_decodes_nothing(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(_bytes(_gradient(size=(200, 100)), "JPEG")[:1500])  # cut off
    large = _bytes(Image.new("1", (20_000, 20_000)), "PNG")
    exif = Image.Exif()
    exif[0x0112] = 6
    kinds = ("JPEG", "PNG", "WEBP", "TIFF")
    turned = {kind: _bytes(_gradient(size=(200, 100)), kind, exif=exif) for kind in kinds}
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    assert image_size(path) == (200, 100)
    for kind, data in turned.items():
        assert image_size(data) == (100, 200), kind
    with pytest.raises(ImageError, match="megapixels"):
        image_size(large)
    with pytest.raises(ImageError, match="not a picture"):
        image_size(b"hello")


def test_a_profile_beyond_all_measure_is_left_out() -> None:
    data = _bytes(_gradient(), "TIFF", icc_profile=bytes(5 * 2**20))
    assert load_image(data).info == {}


def test_a_full_disk_is_one_sentence(tmp_path: Path, monkeypatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device", str(tmp_path))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"x\.png was not saved: the disk is full") as caught:
        save_image(_gradient(), tmp_path / "x.png")
    assert str(tmp_path) not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_one_large_picture_is_decoded_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "LARGE_PIXELS", 100)
    monkeypatch.setattr(opening, "LARGE_S", 0.01)
    buffer = io.BytesIO()
    Image.new("RGB", (40, 40)).save(buffer, "PNG")
    with opening._large, pytest.raises(BusyError, match="another large picture"):
        load_image(buffer.getvalue())
    assert load_image(buffer.getvalue()).size == (40, 40)
