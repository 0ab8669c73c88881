"""Which formats a photo is saved in, and how: as fine as it came, with its alpha, resolution, date and author."""

from __future__ import annotations

import functools
from contextlib import suppress
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin, TiffImagePlugin, TiffTags, features

from editor.errors import OptionError
from editor.media.exif import EXIF_TABLE
from editor.media.source import Source, laid

SUFFIXES = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "TIFF": ".tif",
    "AVIF": ".avif",
    "HEIF": ".heic",
}  # of the formats that a photo is saved in
SPOKEN = {"WEBP": "WebP", "HEIF": "HEIC"}  # else as Pillow says
PAPER = (255, 255, 255)  # under a cut-out, in formats without transparency
XMP_TAG = 700  # of TIFF
FINEST = 100


@functools.cache
def written_formats() -> tuple[str, ...]:
    """Return the formats that can be saved here, by Pillow's names: HEIC and AVIF need their encoders."""
    missing = set() if features.check("avif") else {"AVIF"}
    if not _writes_heic():
        missing.add("HEIF")
    return tuple(kind for kind in SUFFIXES if kind not in missing)


def _writes_heic() -> bool:
    with suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
        return bool(pillow_heif.libheif_info().get("HEIF"))
    return False


def format_like(source: Source) -> tuple[str, str]:
    """Return the format to save a photo in so that it follows the photo, and what is to be said of it.

    GIF and BMP become PNG, what cannot be written JPEG, or PNG where a part is transparent.
    """
    kind = {"GIF": "PNG", "BMP": "PNG"}.get(source.kind, source.kind or "JPEG")
    if kind in written_formats():
        return kind, ""
    other = "JPEG" if source.alpha is None else "PNG"
    return other, f"{SPOKEN.get(kind, kind)} cannot be written here; saved as {other}"


def chosen_format(wanted: str, source: Source) -> tuple[str, str]:
    """Return the format that a person chose, and what is to be said of it.

    Args:
        wanted: Pillow's name of it, or HEIC; empty follows the photo.
        source: of the photo.

    Raises:
        OptionError: it cannot be written.
    """
    if not wanted:
        return format_like(source)
    kind = {"HEIC": "HEIF", "JPG": "JPEG", "TIF": "TIFF"}.get(wanted.upper(), wanted.upper())
    if kind not in written_formats():
        known = ", ".join(SPOKEN.get(one, one) for one in written_formats())
        raise OptionError(f"'{wanted[:40]}' is no type of picture that is written; use {known}")
    clear = kind == "JPEG" and source.alpha is not None
    return kind, "JPEG knows no transparency: laid on white; PNG keeps it" if clear else ""


def as_source(
    image: Image.Image, source: Source, kind: str, profile: bytes | None = None
) -> Image.Image:
    """Return an RGB picture in the mode of its photo: with its alpha, and with one channel where it had one.

    Args:
        image: RGB.
        source: of the photo. An alpha of another size is left out.
        kind: of the file. JPEG has no alpha: the picture is laid on white.
        profile: that the file will have; one of RGB fits no grey.
    """
    alpha = source.alpha if source.alpha is not None and source.alpha.size == image.size else None
    if alpha is not None and kind == "JPEG":
        image, alpha = laid(image, alpha, PAPER), None
    single = source.channels == 1 and profile is None and kind in ("JPEG", "PNG", "TIFF")
    made = image.getchannel(0) if single and _without_colour(image) else image
    if alpha is not None:
        made = made.copy()
        made.putalpha(alpha)
    return made


def save_options(
    kind: str, mode: str, quality: int, xmp: str, source: Source | None
) -> dict[str, Any]:
    """Return Pillow's options for a file.

    Args:
        kind: of the file.
        mode: of the picture. One with alpha keeps it to the bit.
        quality: 1…100, at least; the photo's own where that is higher.
        xmp: to write; may be empty.
        source: of the photo, whose resolution, date and author are written; None writes none.
    """
    if kind == "TIFF":
        made = _tiff_options(xmp, {} if source is None else source.tags())
        return made | ({"dpi": source.dpi} if source is not None and source.dpi else {})
    says_dpi = kind in ("JPEG", "PNG")
    exif = source.exif(with_dpi=not says_dpi) if source is not None else b""
    options: dict[str, Any] = {"exif": exif} if exif else {}
    if says_dpi and source is not None and source.dpi is not None:
        options["dpi"] = source.dpi
    clear = mode in ("RGBA", "LA")
    if source is not None:
        quality = max(quality, source.quality)
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        if xmp:
            text.add_itxt("XML:com.adobe.xmp", xmp)
        return options | {"pnginfo": text, "compress_level": 4}
    if kind not in SUFFIXES:
        return {}
    options |= {"quality": quality} | ({"xmp": xmp.encode()} if xmp else {})
    if kind == "JPEG":
        options["subsampling"] = 0
    elif kind == "WEBP":
        lossless = source is not None and source.kind == "WEBP" and source.lossless
        options |= {"exact": True} | ({"lossless": True} if lossless else {})
    elif kind == "AVIF":
        options |= {"subsampling": "4:4:4"} | ({"quality": FINEST} if clear else {})
    elif kind == "HEIF":
        options |= {"chroma": 444} | ({"quality": -1} if clear else {})
    return options


def _tiff_options(xmp: str, tags: dict[int, Any]) -> dict[str, Any]:
    """Return the options of a TIFF. One with a date is not compressed: libtiff would drop it."""
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in (tags | ({XMP_TAG: xmp.encode()} if xmp else {})).items():
        info[tag] = value
    info.tagtype[XMP_TAG] = TiffTags.BYTE
    return {"tiffinfo": info, "compression": "raw" if EXIF_TABLE in tags else "tiff_adobe_deflate"}


def _without_colour(image: Image.Image) -> bool:
    """Return whether red, green and blue of a picture are the same everywhere."""
    red, green, blue = (np.asarray(image.getchannel(at)) for at in range(3))
    return np.array_equal(red, green) and np.array_equal(green, blue)
