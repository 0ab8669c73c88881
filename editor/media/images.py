"""Pictures in and out: reading with limits and orientation, PIL ↔ tensor, atomic saving.

What is read keeps its colour profile and nothing else of its metadata: no place, no camera, no
thumbnail. What is saved says that it was edited.
"""

from __future__ import annotations

import functools
import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch
from PIL import Image, PngImagePlugin, UnidentifiedImageError
from torch import Tensor

from editor.errors import BusyError, ImageError
from editor.files import read_regular, shown_name, too_large, why, write_whole
from editor.media.headers import MAX_PIXELS, check_headers, check_table
from editor.runtime import trim_memory

MIN_SIDE_PX = 16
MAX_BYTES = 100 * 2**20
MAX_PROFILE_BYTES = 4 * 2**20
LARGE_PIXELS = 16_000_000  # such pictures are decoded one at a time, and their memory given back
LARGE_S = 15.0  # how long one waits for another
STRIP_PIXELS = 1_000_000  # a picture is converted in parts of so many pixels
ORIENTATION = 0x0112  # of EXIF
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
PHOTO_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif")
)
# of the International Press Telecommunications Council's vocabulary of digital source types
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}"/>
</rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # by the orientation of EXIF
RGB_MODES = ("RGB", "RGBA", "RGBX", "P")  # the profile of others does not fit what they become
BACKGROUND = (128, 128, 128)


def load_image(
    source: str | Path | bytes | Image.Image, least_px: int = 0, name: str = ""
) -> Image.Image:
    """Read a picture as upright 8-bit RGB; its `info` holds "icc_profile" if it has one, and no more.

    EXIF orientation is applied; of an animation the first frame is taken; transparency is laid on
    mid grey; greyscale, palette and CMYK become RGB.

    Args:
        source: a path, the bytes of a file, or a PIL image.
        least_px: where not 0, a JPEG may be read at a half, a quarter or an eighth of its size, which
            is faster, as long as both sides keep so many pixels.
        name: what to call bytes in an error.

    Raises:
        ImageError: not a picture, damaged, smaller than 16 px or larger than 64 megapixels, or no
            regular file.
        BusyError: other large pictures are being read.
    """
    if isinstance(source, Image.Image):
        return _upright_rgb(source)
    name = (name or "the picture") if isinstance(source, bytes) else shown_name(source)
    image = _opened(_checked(source, name), name)
    large = image.width * image.height > LARGE_PIXELS
    with _one_large() if large else nullcontext():
        try:
            with _refusing(name):
                if least_px and image.format in ("JPEG", "MPO"):
                    image.draft(None, (least_px, least_px))
                image.load()
                return _upright_rgb(image)
        finally:
            image.close()
            if large:
                del image
                trim_memory()


def read_bytes(source: str | Path | bytes) -> bytes:
    """Return the bytes of a picture's file that `load_image` would read.

    Raises:
        ImageError: it is too large, no regular file, or claims what no picture may.
    """
    return _checked(source, "the picture" if isinstance(source, bytes) else shown_name(source))


def image_size(source: str | Path | bytes) -> tuple[int, int]:
    """Return width and height of a picture that `load_image` would read, by what it claims; decode nothing.

    Raises:
        ImageError: as `load_image`, but for damage that only decoding finds.
    """
    name = "the picture" if isinstance(source, bytes) else shown_name(source)
    with _opened(_checked(source, name), name) as image:
        return image.size


def to_tensor(image: Image.Image) -> Tensor:
    """Turn an RGB image to [1, 3, H, W], float32, in [-1, 1]."""
    array = np.asarray(image.convert("RGB"), dtype=np.float32)
    return torch.from_numpy(array / 127.5 - 1.0).permute(2, 0, 1)[None].contiguous()


def to_pil(image: Tensor) -> Image.Image:
    """Turn [3, H, W] or [1, 3, H, W], in [-1, 1] (clamped), to an RGB image."""
    chw = image[0] if image.ndim == 4 else image
    array = chw.detach().float().clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8)
    return Image.fromarray(array.permute(1, 2, 0).cpu().contiguous().numpy())


def encode_image(image: Image.Image, kind: str, edited: bool = True) -> bytes:
    """Encode a picture as a file that keeps its colour profile and says that it was edited.

    Args:
        image: RGB.
        kind: "PNG", "JPEG", "WEBP" or another format that Pillow writes.
        edited: false for a plain crop, which says nothing of the kind.
    """
    buffer = io.BytesIO()
    options: dict[str, Any] = {}
    profile = image.info.get("icc_profile")
    if profile:
        options["icc_profile"] = profile
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        if edited:
            text.add_itxt("XML:com.adobe.xmp", XMP)
        options |= {"pnginfo": text, "compress_level": 4}
    elif kind in ("JPEG", "WEBP", "AVIF"):
        options |= {"quality": 95} | ({"xmp": XMP.encode()} if edited else {})
        if kind == "JPEG":
            options["subsampling"] = 0
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def save_image(image: Image.Image, path: Path, edited: bool = True) -> None:
    """Save a picture whole or not at all, as `encode_image` does; the suffix chooses the format.

    Raises:
        ImageError: the suffix is not known, or the folder cannot be written.
    """
    formats = Image.registered_extensions()
    kind = formats.get(path.suffix.lower())
    if kind is None or kind not in Image.SAVE:
        raise ImageError(f"'{path.suffix}' is not a picture format; use .png, .jpg or .webp")
    data = encode_image(image, kind, edited)
    try:
        write_whole(path, data)
    except OSError as error:
        raise ImageError(f"{path} cannot be written: {why(error)}") from error


@functools.cache
def known_formats() -> tuple[str, ...]:
    """Return the formats that pictures are read in: HEIC of telephones only where pillow-heif is installed."""
    with suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
        return (*FORMATS, "HEIF")
    return FORMATS


_large = Lock()


@contextmanager
def _one_large() -> Iterator[None]:
    """Decode one large picture at a time, so that memory is bounded.

    Raises:
        BusyError: others take too long.
    """
    if not _large.acquire(timeout=LARGE_S):
        raise BusyError("another large picture is being read; try again in a moment")
    try:
        yield
    finally:
        _large.release()


def _checked(source: str | Path | bytes, name: str) -> bytes:
    data = source if isinstance(source, bytes) else read_regular(source, MAX_BYTES, ImageError)
    if len(data) > MAX_BYTES:
        raise ImageError(too_large(name, len(data), MAX_BYTES))
    check_headers(data, name)
    return data


def _opened(data: bytes, name: str) -> Image.Image:
    """Open a picture, of which only the header is read, within the limits."""
    with _refusing(name), warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        image = Image.open(io.BytesIO(data), formats=known_formats())
        _check_size(image, name)
        return image


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    """Turn what a picture provokes in its reader into an `ImageError`."""
    try:
        yield
    except UnidentifiedImageError as error:
        raise ImageError(
            f"{name} is not a picture that can be read; use JPEG, PNG, WebP, HEIC, AVIF, GIF, BMP or "
            f"TIFF"
        ) from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{name} is larger than 64 megapixels; make it smaller first") from error
    except MemoryError as error:
        raise ImageError(f"there is not enough memory for {name}; make it smaller first") from error
    except (
        *(OSError, ValueError, SyntaxError, EOFError, struct.error, LookupError, TypeError),
        *(ArithmeticError, AttributeError, RuntimeError),
    ) as error:
        raise ImageError(
            f"{name} is damaged or incomplete ({why(error)}); open and save it again, or take another"
        ) from error


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    if min(width, height) < MIN_SIDE_PX:
        raise ImageError(
            f"{name} is {width}×{height} pixels; at least {MIN_SIDE_PX} on each side are needed"
        )
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{name} is {width}×{height} pixels; at most {MAX_PIXELS // 10**6} megapixels are read. "
            f"Make it smaller first"
        )


def _upright_rgb(image: Image.Image) -> Image.Image:
    _check_size(image, "the picture")
    profile = image.info.get("icc_profile") if image.mode in RGB_MODES else None
    turn = TURNS.get(_orientation(image))
    rgb = _to_rgb(image)
    if turn is not None:
        rgb = rgb.transpose(turn)
    keep = isinstance(profile, bytes) and 0 < len(profile) <= MAX_PROFILE_BYTES
    rgb.info = {"icc_profile": profile} if keep else {}
    return rgb


def _orientation(image: Image.Image) -> int:
    """Return the orientation that EXIF or XMP says, 1…8; what is damaged says nothing."""
    exif = image.info.get("exif")
    if exif is None and (text := image.info.get("Raw profile type exif")) is not None:
        exif = bytes.fromhex("".join(str(text).split("\n")[3:]))
    if exif is not None:
        check_table(bytes(exif).removeprefix(b"Exif\0\0"), "the picture")
    return int(image.getexif().get(ORIENTATION, 1))


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Return the parts of a picture as wide as it is, each with its place from the top, px."""
    rows = max(1, STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgb = Image.new("RGB", image.size)
        for top, part in _strips(image):
            flat = Image.new("RGBA", part.size, (*BACKGROUND, 255))
            rgb.paste(Image.alpha_composite(flat, part.convert("RGBA")).convert("RGB"), (0, top))
        return rgb
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return _eight_bits(image).convert("RGB")
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Turn grey of 16 bits or more to 8 bits; 255 or 65535 is white, as the brightest pixel needs."""
    brightest = max(
        float(np.fmax.reduce(np.asarray(part), axis=None)) for _, part in _strips(image)
    )
    top = 65535.0 if brightest > 255 else 255.0
    grey = Image.new("L", image.size)
    for place, part in _strips(image):
        values = np.nan_to_num(np.asarray(part, dtype=np.float64), nan=0.0, posinf=top, neginf=0.0)
        np.clip(values, 0, top, out=values)
        values *= 255.0 / top
        grey.paste(Image.fromarray(values.astype(np.uint8)), (0, place))
    return grey
