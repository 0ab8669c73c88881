"""Pictures in and out: reading with limits and orientation, PIL ↔ tensor, atomic saving.

What is read keeps its colour profile and nothing else of its metadata: no place, no camera, no
thumbnail. What is saved says that it was edited.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from editor.errors import BusyError, ImageError
from editor.files import open_regular, shown_name, why, write_whole
from editor.media.deep import START_BYTES, Key, Known, eight_bits, is_deep, levels_of, may_be_deep
from editor.media.formats import SUFFIXES, as_source, save_options, written_formats
from editor.media.headers import MAX_PIXELS
from editor.media.levels import Levels
from editor.media.opening import (
    MAX_BYTES,
    check_size,
    checked_bytes,
    one_large,
    open_picture,
    refusing,
)
from editor.media.pixels import upright_rgb, upright_size
from editor.media.reading_note import ReadingNote, read_note, with_note
from editor.media.source import Source
from editor.runtime import trim_memory

T = TypeVar("T")
LARGE_PIXELS = 16_000_000  # such pictures are decoded one at a time, and their memory given back
PHOTO_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif")
)
LOOKED_AT_PX = 3000  # both sides of a large JPEG keep so many where it is looked at
MAX_SIDE_PX = {"JPEG": 65_535, "WEBP": 16_383}  # that a format can say
SHEETS = (".png", ".jpg", ".jpeg", ".webp")  # of what is drawn
# of the International Press Telecommunications Council's vocabulary of digital source types
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}"/>
</rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def load_image(
    source: str | Path | bytes | Image.Image,
    least_px: int = 0,
    name: str = "",
    known: Known | None = None,
) -> Image.Image:
    """Read a picture as upright 8-bit RGB. Its `info` holds nothing but "icc_profile", if it has one.

    EXIF orientation is applied; of an animation the first frame is taken; transparency is laid on
    mid grey; greyscale, palette and CMYK become RGB.

    Args:
        source: a path, the bytes of a file, or a PIL image.
        least_px: where not 0, a JPEG may be read at a half, a quarter or an eighth of its size, which
            is faster, as long as both sides keep so many pixels.
        name: what to call bytes in an error.
        known: which values are black and white, see `common_levels`; by default as the picture says.

    Raises:
        ImageError: it is not a picture, damaged, smaller than 16 px, larger than 64 megapixels (a JPEG:
            256), or no regular file.
        BusyError: other large pictures are being read.
    """
    return decoded(source, upright_rgb, least_px, name, known)


def decoded(
    source: str | Path | bytes | Image.Image,
    make: Callable[[Image.Image], T],
    least_px: int = 0,
    name: str = "",
    known: Known | None = None,
) -> T:
    """Decode a picture as `load_image` does, and return what is made of it before it is closed."""
    if isinstance(source, Image.Image):
        check_size(source, "the picture")
        return make(source)
    name = name if name and isinstance(source, bytes) else name_of(source)
    data = checked_bytes(source, name)
    image = open_picture(data, name)
    noted = read_note(data).levels
    known = dict([noted] if noted else []) | dict(known or {})
    large = image.width * image.height > LARGE_PIXELS
    with one_large() if large else nullcontext():
        try:
            with refusing(name):
                if least_px and image.format in ("JPEG", "MPO"):
                    image.draft(None, (least_px, least_px))
                image.load()
                check_size(image, "the picture")
                return make(eight_bits(image, data, known))
        finally:
            image.close()
            if large:
                del image
                trim_memory()


def is_large_jpeg(source: str | Path | bytes) -> bool:
    """Return whether a file is a JPEG of more than 64 megapixels, which is looked at smaller.

    Raises:
        ImageError: as `load_image`, but for damage that only decoding finds.
    """
    data, name = checked_bytes(source, name_of(source)), name_of(source)
    if data[:2] != b"\xff\xd8":
        return False
    with open_picture(data, name) as image:
        return image.width * image.height > MAX_PIXELS


def name_of(source: str | Path | bytes) -> str:
    """Return what to call a source in an error."""
    return "the picture" if isinstance(source, bytes) else shown_name(source)


def common_levels(sources: Iterable[str | Path]) -> Known:
    """Return which values are black and white in all pictures of more than 8 bits, by kind of their samples.

    Frames of one film are read alike by it: the levels of a kind hold those of each of its pictures. Where
    fewer than two are of a kind, it has none. What cannot be read is left aside.
    """
    return shared_levels(own_levels(source) for source in sources)


def own_levels(source: str | Path) -> tuple[Key, Levels] | None:
    """Return the kind of a picture's samples and its levels; None for 8 bits, and where it cannot be read."""
    with suppress(ImageError, BusyError):
        with open_regular(source, MAX_BYTES, ImageError) as file:
            start = file.read(START_BYTES)
        return _levels(source) if may_be_deep(start) else None
    return None


def shared_levels(all_own: Iterable[tuple[Key, Levels] | None]) -> Known:
    """Return what `common_levels` does of what `own_levels` gave."""
    found: dict[Key, list[Levels]] = {}
    for own in all_own:
        if own is not None:
            found.setdefault(own[0], []).append(own[1])
    return {
        key: functools.reduce(Levels.wider, all_) for key, all_ in found.items() if len(all_) > 1
    }


def _levels(source: str | Path) -> tuple[Key, Levels] | None:
    data, name = read_bytes(source), shown_name(source)
    with open_picture(data, name) as image, refusing(name):
        if not is_deep(image, data):
            return None
        with one_large():
            image.load()
            return levels_of(image, data)


def levels_noted(source: str | Path, levels: tuple[Key, Levels]) -> bytes:
    """Return a picture's file with a note of the levels that it is read with from now on.

    Raises:
        ImageError: it cannot be read.
    """
    data = read_bytes(source)
    return with_note(data, ReadingNote(read_note(data).quarters, levels))


def read_bytes(source: str | Path | bytes) -> bytes:
    """Read the bytes of a picture's file, within the limits of `load_image`.

    Raises:
        ImageError: it is too large, no regular file, or claims what no picture may.
    """
    return checked_bytes(source, name_of(source))


def image_size(source: str | Path | bytes) -> tuple[int, int]:
    """Return the width and height that a picture claims, upright, as `load_image` would read it. Decode nothing.

    Raises:
        ImageError: as `load_image`, but for damage that only decoding finds.
    """
    return looked_at(source, upright_size)


def looked_at(source: str | Path | bytes, make: Callable[[Image.Image], T]) -> T:
    """Return what is made of a picture of which only the header was read. Raise as `image_size`."""
    name = name_of(source)
    with open_picture(checked_bytes(source, name), name) as image, refusing(name):
        return make(image)


def to_tensor(image: Image.Image) -> Tensor:
    """Turn an RGB image into [1, 3, H, W], float32, in [-1, 1]."""
    array = np.asarray(image.convert("RGB"), dtype=np.float32)
    return torch.from_numpy(array / 127.5 - 1.0).permute(2, 0, 1)[None].contiguous()


def square_tensor(aligned: Image.Image, side: int, domain: str) -> Tensor:
    """Return an aligned RGB picture as [1, 3, side, side], −1…1.

    Raises:
        ImageError: it is not of the domain's size.
    """
    if aligned.size != (side, side):
        raise ImageError(
            f"the picture is {aligned.width}×{aligned.height}; '{domain}' needs {side}×{side}. Use "
            f"Editor.align first"
        )
    return to_tensor(aligned)


def to_pil(image: Tensor) -> Image.Image:
    """Turn [3, H, W] or [1, 3, H, W], in [-1, 1] (clamped), into an RGB image."""
    chw = image[0] if image.ndim == 4 else image
    array = chw.detach().float().clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8)
    return Image.fromarray(array.permute(1, 2, 0).cpu().contiguous().numpy())


def encode_image(
    image: Image.Image,
    kind: str,
    edited: bool = True,
    quality: int = 95,
    keep_profile: bool = True,
    source: Source | None = None,
) -> bytes:
    """Encode a picture as a file that keeps its colour profile and says that it was edited.

    Args:
        image: RGB.
        kind: "PNG", "JPEG", "WEBP" or another format that Pillow writes.
        edited: false for a plain crop, which says nothing of the kind.
        quality: 1…100, of formats that lose some.
        keep_profile: false leaves the colour profile out, and the colours' numbers as they are.
        source: of the photo, whose alpha, one channel, date and author are kept, and whose quality is
            the least.

    Raises:
        ImageError: a side is longer than the format takes.
    """
    most = MAX_SIDE_PX.get(kind)
    if most is not None and max(image.size) > most:
        raise ImageError(
            f"{image.width}×{image.height} is too large for {kind}, which takes {most} px; use PNG"
        )
    buffer = io.BytesIO()
    # Pillow would take a profile that is not named here from the picture's own info
    profile = image.info.get("icc_profile") if keep_profile else None
    picture = image if source is None else as_source(image, source, kind, profile)
    options = save_options(kind, picture.mode, quality, XMP if edited else "", source)
    picture.save(buffer, format=kind, icc_profile=profile, **options)
    return buffer.getvalue()


def save_image(
    image: Image.Image, path: Path, edited: bool = True, source: Source | None = None
) -> None:
    """Save a picture whole or not at all. The suffix chooses the format that `encode_image` writes.

    Raises:
        ImageError: the suffix is not known, or the folder cannot be written.
    """
    data = encode_image(image, written_kind(path), edited, source=source)
    try:
        write_whole(path, data)
    except OSError as error:
        raise ImageError(f"{path} cannot be written: {why(error)}") from error


@functools.cache
def written_kind(path: Path) -> str:
    """Return the format that the suffix of a file to write names.

    Raises:
        ImageError: it names none.
    """
    written = written_formats()  # registers HEIC
    kind = Image.registered_extensions().get(path.suffix.lower())
    if kind is None or kind not in Image.SAVE or (kind in SUFFIXES and kind not in written):
        raise ImageError(f"'{path.suffix}' is not a picture format; use .png, .jpg or .webp")
    return kind
