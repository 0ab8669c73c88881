"""Pictures in and out: reading with limits and orientation, PIL ↔ tensor, atomic saving.

What is read keeps its colour profile and nothing else of its metadata: no place, no camera, no
thumbnail. What is saved says that it was edited.
"""

from __future__ import annotations

import functools
import io
import struct
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError
from torch import Tensor

from editor.errors import ImageError
from editor.files import write_whole

MIN_SIDE_PX = 16
MAX_PIXELS = 64_000_000
MAX_BYTES = 100 * 2**20
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
RGB_MODES = ("RGB", "RGBA", "RGBX", "P")  # the profile of others does not fit what they become
BACKGROUND = (128, 128, 128)


def load_image(source: str | Path | bytes | Image.Image) -> Image.Image:
    """Read a picture as upright 8-bit RGB; its `info` holds "icc_profile" if it has one, and no more.

    EXIF orientation is applied; of an animation the first frame is taken; transparency is laid on
    mid grey; greyscale, palette and CMYK become RGB.

    Args:
        source: a path, the bytes of a file, or a PIL image.

    Raises:
        ImageError: not a picture, damaged, smaller than 16 px or larger than 64 megapixels.
    """
    if isinstance(source, Image.Image):
        return _upright_rgb(source)
    name = "the picture" if isinstance(source, bytes) else Path(source).name
    try:
        data = source if isinstance(source, bytes) else _read(Path(source))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=known_formats())
        _check_size(image, name)
        image.load()
        return _upright_rgb(image)
    except UnidentifiedImageError as error:
        raise ImageError(
            f"{name} is not a picture that can be read; use JPEG, PNG, WebP, HEIC, AVIF, GIF, BMP or "
            f"TIFF"
        ) from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{name} is larger than 64 megapixels; make it smaller first") from error
    except ImageError:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, KeyError, TypeError) as error:
        raise ImageError(
            f"{name} is damaged or incomplete ({error}); open and save it again, or take another"
        ) from error


def to_tensor(image: Image.Image) -> Tensor:
    """RGB image → [1, 3, H, W], float32, in [-1, 1]."""
    array = np.asarray(image.convert("RGB"), dtype=np.float32)
    return torch.from_numpy(array / 127.5 - 1.0).permute(2, 0, 1)[None].contiguous()


def to_pil(image: Tensor) -> Image.Image:
    """[3, H, W] or [1, 3, H, W], in [-1, 1] (clamped) → RGB image."""
    chw = image[0] if image.ndim == 4 else image
    array = chw.detach().float().clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8)
    return Image.fromarray(array.permute(1, 2, 0).cpu().contiguous().numpy())


def encode_image(image: Image.Image, kind: str, edited: bool = True) -> bytes:
    """A picture as the bytes of a file that keeps its colour profile and says that it was edited.

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
        raise ImageError(f"{path} cannot be written: {error}") from error


@functools.cache
def known_formats() -> tuple[str, ...]:
    """The formats that pictures are read in: HEIC of telephones only where pillow-heif is installed."""
    with suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
        return (*FORMATS, "HEIF")
    return FORMATS


def _read(path: Path) -> bytes:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ImageError(
            f"{path.name} has {size // 2**20} MB; at most {MAX_BYTES // 2**20} are read"
        )
    return path.read_bytes()


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
    rgb = _to_rgb(ImageOps.exif_transpose(image))
    rgb.info = {"icc_profile": profile} if profile else {}
    return rgb


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        flat = Image.new("RGBA", rgba.size, (*BACKGROUND, 255))
        image = Image.alpha_composite(flat, rgba)
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        array = np.asarray(image, dtype=np.float64)
        top = 65535.0 if array.max() > 255 else 255.0
        image = Image.fromarray((array.clip(0, top) * (255.0 / top)).astype(np.uint8))
    return image.convert("RGB")
