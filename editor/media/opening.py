"""A picture's file opened within the limits, and one sentence where it cannot be used."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from PIL import Image, JpegImagePlugin, UnidentifiedImageError

from editor.errors import BusyError, EditorError, ImageError
from editor.files import read_regular, too_large, why
from editor.media.deep import opened_deep
from editor.media.headers import MAX_PIXELS, check_headers
from editor.media.kinds import PHOTO_BRANDS, no_photo
from editor.media.pixels import QUARTERS
from editor.media.raw import open_raw, raw_kind
from editor.media.reading_note import read_note
from editor.media.tiff_planes import is_misread, is_sound, opened_by_libtiff

MIN_SIDE_PX = 16
MAX_BYTES = 100 * 2**20
MAX_JPEG_PIXELS = 256_000_000  # of a progressive one half as many: its decoder keeps all of it
LARGE_S = 15.0  # how long one large picture waits for another
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
HEIC_BRANDS = tuple(brand for brand in PHOTO_BRANDS if not brand.startswith(b"av"))
STARTS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*")  # of pictures
FTYPS = tuple(b"ftyp" + brand for brand in PHOTO_BRANDS)
_large = Lock()
_most_jpeg_pixels = MAX_JPEG_PIXELS


def limit_jpegs(megapixels: int) -> None:
    """Refuse larger JPEGs from now on, in the whole process: a page serves many with one memory.

    Args:
        megapixels: most of a JPEG; never more than 256, nor less than other pictures may have.
    """
    global _most_jpeg_pixels
    _most_jpeg_pixels = min(max(megapixels * 1_000_000, MAX_PIXELS), MAX_JPEG_PIXELS)


def known_formats() -> tuple[str, ...]:
    """Return the formats that can be read, among them HEIC only where pillow-heif is installed."""
    with suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
        return (*FORMATS, "HEIF")
    return FORMATS


def checked_bytes(source: str | Path | bytes, name: str) -> bytes:
    """Return the bytes of a file whose header claims nothing impossible.

    Raises:
        ImageError: it is too large, no regular file, or claims what no picture may.
    """
    data = source if isinstance(source, bytes) else read_regular(source, MAX_BYTES, ImageError)
    if len(data) > MAX_BYTES:
        raise ImageError(too_large(name, len(data), MAX_BYTES))
    check_headers(data, name)
    return data


def open_picture(data: bytes, name: str) -> Image.Image:
    """Open a picture within the limits, and read only its header. Its `info` has the quarters of its note.

    Args:
        data: of its file, checked.
        name: what to call it in an error.

    Raises:
        ImageError: it is no picture, too small or too large.
    """
    with refusing(name, data), warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        kind = raw_kind(data, name)
        image = open_raw(data, name, kind) if kind else _opened(data)
        check_size(image, name)
        image.info[QUARTERS] = read_note(data).quarters
        return image


def _opened(data: bytes) -> Image.Image:
    if data[:2] == b"\xff\xd8":  # without the limit that Pillow has for all formats
        return JpegImagePlugin.jpeg_factory(io.BytesIO(data))
    try:
        image = Image.open(io.BytesIO(data), formats=known_formats())
        return opened_by_libtiff(data) if is_misread(image) else image
    except UnidentifiedImageError:
        found = opened_deep(data)
        if found is None:
            raise
        return found


@contextmanager
def one_large() -> Iterator[None]:
    """Let large pictures be decoded only one at a time, so that memory is bounded.

    Raises:
        BusyError: others take too long.
    """
    if not _large.acquire(timeout=LARGE_S):
        raise BusyError("another large picture is being read; try again in a moment")
    try:
        yield
    finally:
        _large.release()


@contextmanager
def refusing(name: str, data: bytes = b"") -> Iterator[None]:
    """Turn whatever error a picture causes in its reader into an `ImageError`.

    Args:
        name: what to call it.
        data: of the file, where its kind is not known yet.
    """
    try:
        yield
    except EditorError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError(_unknown(name, data)) from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{name} is larger than 64 megapixels; make it smaller first") from error
    except MemoryError as error:
        raise ImageError(f"there is not enough memory for {name}; make it smaller first") from error
    except Exception as error:  # decoders raise what they like
        said = why(error) or type(error).__name__
        kind, advice = no_photo(data)
        text = (
            f"{name} is {kind}, not a photo; {advice}"
            if kind
            else f"{name} is damaged or incomplete ({said}); open and save it again, or take another"
        )
        raise ImageError(text) from error


def _unknown(name: str, data: bytes) -> str:
    kind, advice = no_photo(data)
    if kind:
        return f"{name} is {kind}, not a photo; {advice}"
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS and "HEIF" not in known_formats():
        return f"{name} is a HEIC, for which pillow-heif is needed: pip install pillow-heif"
    if data[:2] in (b"II", b"MM") and is_sound(data):
        return f"{name} is a TIFF of a kind that is not read; save it with 8 or 16 bits a sample, or as a PNG"
    if data.startswith(STARTS) or data[4:12] in FTYPS:
        return f"{name} is damaged or incomplete; open and save it again, or take another"
    return f"{name} is not a picture that can be read; use JPEG, PNG, WebP, HEIC, AVIF, GIF, BMP or TIFF"


def check_size(image: Image.Image, name: str) -> None:
    """Refuse a picture that is too small or too large.

    Raises:
        ImageError: it is.
    """
    width, height = image.size
    if min(width, height) < MIN_SIDE_PX:
        raise ImageError(
            f"{name} is {width}×{height} pixels; at least {MIN_SIDE_PX} on each side are needed"
        )
    is_jpeg, half = image.format in ("JPEG", "MPO"), bool(image.info.get("progressive"))
    most = max(_most_jpeg_pixels // (2 if half else 1), MAX_PIXELS) if is_jpeg else MAX_PIXELS
    if width * height > most:
        of, way = "", "Make it smaller first"
        if is_jpeg and half and width * height <= _most_jpeg_pixels:
            of, way = " of a progressive JPEG", "Save it as a baseline JPEG, or make it smaller"
        elif is_jpeg:
            of = " of a JPEG"
        elif width * height <= _most_jpeg_pixels:
            of = f" of a {image.format}"
            way = (
                f"Save it as a JPEG, of which {_most_jpeg_pixels // 10**6} are, or make it smaller"
            )
        raise ImageError(
            f"{name} is {width}×{height} pixels; at most {most // 10**6} megapixels{of} are read. {way}"
        )
