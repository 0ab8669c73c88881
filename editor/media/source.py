"""What a photo's file holds beside its colours: all that is needed to save it again as it came.

Resolution, date, author and copyright are read. Place, camera, serial numbers and small copies are not.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PIL import Image

from editor.media.exif import (
    ARTIST,
    COPYRIGHT,
    DPI_UNIT,
    EXIF_TABLE,
    INCH,
    TAKEN,
    TAKEN_OFFSET,
    X_DPI,
    Y_DPI,
    Exif,
    exif_bytes,
    read_exif,
    usable_dpi,
)
from editor.media.pixels import (
    BACKGROUND,
    QUARTERS,
    apart,
    is_clear,
    turned_orientation,
    upright_rgb,
)

SEEN_PX = 512  # side at which a photo is looked at for colours
GREY_SPREAD = 8  # levels by which colours of a grey photo differ after a JPEG and its conversion
GREY_SHARE = 0.998  # of the pixels, in which they do
ONE_CHANNEL = ("1", "L", "LA", "La", "I", "F")  # and I;16 in all its orders


@dataclass(frozen=True, eq=False)
class Source:
    """What a photo's file holds beside its colours.

    Attributes:
        kind: Pillow's name of its format, such as "JPEG"; empty where it came without a file.
        alpha: L, of the photo's size, upright: how opaque it is; None where it is opaque everywhere.
        grey: it shows no colour.
        channels: 1 where the file holds grey alone, else 3.
        quality: of a JPEG, 1…100: the least at which no table of ours is coarser than its own; else 0.
        lossless: its format gives back every bit.
        taken: when, as EXIF says it, "2024:05:06 07:08:09"; empty where it says nothing.
        taken_offset: of that time from UTC, such as "+02:00".
        artist: who took it.
        copyright: whose it is.
        dpi: dots per inch of the upright photo, across and down; None where the file says none.
    """

    kind: str = ""
    alpha: Image.Image | None = field(default=None, repr=False)
    grey: bool = False
    channels: int = 3
    quality: int = 0
    lossless: bool = True
    taken: str = ""
    taken_offset: str = ""
    artist: str = ""
    copyright: str = ""
    dpi: tuple[float, float] | None = None

    def tags(self) -> dict[int, Any]:
        """Return what is kept of date and author by the tags of EXIF and TIFF."""
        words = {ARTIST: self.artist.encode(), COPYRIGHT: self.copyright.encode()}
        made: dict[int, Any] = {tag: text for tag, text in words.items() if text}
        if self.taken:
            offset = {TAKEN_OFFSET: self.taken_offset} if self.taken_offset else {}
            made[EXIF_TABLE] = {TAKEN: self.taken} | offset
        return made

    def exif(self, with_dpi: bool = False) -> bytes:
        """Return the same as EXIF. Empty where there is nothing.

        Args:
            with_dpi: for a format that says the resolution nowhere else.
        """
        made, tags = Image.Exif(), self.tags()
        if with_dpi and self.dpi is not None:
            tags |= {X_DPI: self.dpi[0], Y_DPI: self.dpi[1], DPI_UNIT: INCH}
        made.update(tags)
        return made.tobytes() if tags else b""

    def without_alpha(self) -> Source:
        """Return the record of a picture of another size and scale, which has no transparent part."""
        return replace(self, alpha=None, dpi=None)

    def turned_dpi(self, quarters: int) -> tuple[float, float] | None:
        """Return the resolution of the photo when it is turned by so many quarters."""
        return self.dpi[::-1] if self.dpi is not None and quarters % 2 else self.dpi


def read_source(data: bytes = b"") -> Callable[[Image.Image], tuple[Image.Image, Source]]:
    """Return what reads a decoded picture as upright RGB with its source.

    Colours under a transparent part are the file's own.

    Args:
        data: of the file, where there is one.
    """

    def read(image: Image.Image) -> tuple[Image.Image, Source]:
        kind = {"MPO": "JPEG"}.get(image.format or "", image.format or "")
        channels = 1 if image.mode in ONE_CHANNEL or image.mode.startswith("I;16") else 3
        tables = getattr(image, "quantization", None) if kind == "JPEG" else None
        pixels, alpha = apart(image) if is_clear(image) else (upright_rgb(image), None)
        if alpha is not None and alpha.getextrema() == (255, 255):
            alpha = None
        exif = read_exif(exif_bytes(image, data))
        source = Source(
            kind,
            alpha,
            is_grey(pixels, alpha),
            channels,
            least_quality(tables) if tables else 0,
            kind in ("PNG", "TIFF", "BMP", "GIF") or (kind == "WEBP" and b"VP8L" in data[:4096]),
            exif.taken,
            exif.taken_offset,
            exif.artist,
            exif.copyright,
            _dpi(image, exif),
        )
        return pixels, source

    return read


def _dpi(image: Image.Image, exif: Exif) -> tuple[float, float] | None:
    """Return dots per inch of the upright photo: what its format says by itself, else its EXIF."""
    own = image.info.get("dpi")
    # of a JPEG that says none Pillow takes 72
    told = image.format not in ("JPEG", "MPO") or image.info.get("jfif_unit") in (1, 2)
    dpi = exif.dpi
    if told and image.format != "TIFF" and isinstance(own, tuple) and len(own) == 2:
        dpi = usable_dpi(float(own[0]), float(own[1])) or dpi
    lies = turned_orientation(exif.orientation, image.info.get(QUARTERS, 0)) in (5, 6, 7, 8)
    return dpi[::-1] if dpi is not None and lies else dpi


def claimed(image: Image.Image) -> Source:
    """Return what a picture of which only the header was read claims, with date and author.

    An alpha is there, but empty.
    """
    kind = {"MPO": "JPEG"}.get(image.format or "", image.format or "")
    alpha = Image.new("L", (1, 1)) if is_clear(image) else None
    exif = read_exif(exif_bytes(image))
    return Source(
        kind,
        alpha,
        taken=exif.taken,
        taken_offset=exif.taken_offset,
        artist=exif.artist,
        copyright=exif.copyright,
    )


def laid(
    pixels: Image.Image, alpha: Image.Image | None, ground: tuple[int, int, int] = BACKGROUND
) -> Image.Image:
    """Return RGB pixels laid on a ground where they are transparent. Their info stays."""
    if alpha is None:
        return pixels
    whole = Image.composite(pixels, Image.new("RGB", pixels.size, ground), alpha)
    whole.info = dict(pixels.info)
    return whole


def as_grey(image: Image.Image) -> Image.Image:
    """Return an RGB picture without its colour: red, green and blue are its luma (BT.601)."""
    return image.convert("L").convert("RGB")


def is_grey(image: Image.Image, alpha: Image.Image | None = None) -> bool:
    """Return whether an RGB picture shows no colour, but for what a JPEG adds to a grey one.

    Args:
        image: RGB.
        alpha: L, of its size: what is transparent shows none.
    """
    step = max(1, max(image.size) // SEEN_PX)
    size = (max(1, image.width // step), max(1, image.height // step))
    few, thin = (
        one and one.resize(size, Image.Resampling.NEAREST)  # not the mean, which hides noise
        for one in (image, alpha)
    )
    assert few is not None
    seen = np.asarray(laid(few, thin)).astype(np.int16)
    spread = seen.max(axis=2) - seen.min(axis=2)
    return float((spread <= GREY_SPREAD).mean()) >= GREY_SHARE


def least_quality(tables: Mapping[int, list[int]]) -> int:
    """Return the least quality, 1…100, of a JPEG of ours whose tables are nowhere coarser than these."""
    luma, *chroma = [tables[key] for key in sorted(tables)]
    low, high = 1, 100
    while low < high:
        middle = (low + high) // 2
        ours = _tables(middle)
        fine = all(
            own <= theirs
            for mine, each in ((ours[0], [luma]), (ours[1], chroma))
            for table in each
            for own, theirs in zip(mine, table, strict=True)
        )
        low, high = (low, middle) if fine else (middle + 1, high)
    return low


@functools.cache
def _tables(quality: int) -> tuple[list[int], list[int]]:
    """Return the tables of luma and chroma that Pillow writes at a quality."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as image:
        tables: dict[int, list[int]] = image.quantization  # type: ignore[attr-defined]
        return tables[0], tables[1]
