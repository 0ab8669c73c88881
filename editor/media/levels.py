"""Which value of a picture with more than 8 bits a sample is black, and which is white.

What the file says counts first, where its values fit: fewer bits a sample than 16, SMinSampleValue and
SMaxSampleValue of a TIFF, sBIT of a PNG. Else its brightest value says it, by a line without steps, so that one
value more or less never turns a bright picture dark.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, TiffImagePlugin

RARE = 10_000  # one sample of so many may be brighter than the brightest that counts, such as a hot pixel
SCALES = (255.0, 1023.0, 4095.0, 16383.0, 65535.0)  # white in 8, 10, 12, 14 and 16 bits
FULL = 3 / 8  # share of a scale from which the brightest value is taken to be of that scale
BITS, FORMAT = 258, 339  # of TIFF
STATED = ((340, 341), (280, 281))  # of TIFF: SMinSampleValue and SMaxSampleValue, and their elders
FLOAT, SIGNED = 3, 2  # of TIFF's SampleFormat


@dataclass(frozen=True)
class Levels:
    """The values that become 0 and 255."""

    black: float
    white: float

    def eight_bits(self, values: np.ndarray) -> np.ndarray:
        """Return values of any kind as uint8. What is no number is black."""
        scaled = np.nan_to_num(values.astype(np.float64), nan=self.black, posinf=self.white)
        np.clip(scaled, self.black, self.white, out=scaled)
        if self.black:
            scaled -= self.black
        scaled *= 255.0 / (self.white - self.black)
        return np.rint(scaled, out=scaled).astype(np.uint8)

    def wider(self, other: Levels) -> Levels:
        """Return the levels that hold both."""
        return Levels(min(self.black, other.black), max(self.white, other.white))


@dataclass(frozen=True)
class Samples:
    """What a file says of its samples. Pictures of the same `key` are of one kind.

    Attributes:
        key: format, bits and number format of a sample, channels.
        scales: whites that are usual for such samples, ascending.
        stated: black and white as the file says; None where it does not.
        unsigned: whether 32 bits are numbers without a sign, which Pillow gives with one.
    """

    key: tuple[str, int, int, int]
    scales: tuple[float, ...]
    stated: Levels | None = None
    unsigned: bool = False

    def levels(self, parts: Iterable[np.ndarray], count: int) -> Levels:
        """Return the levels of a picture, whose so many samples come in parts."""
        brightest = brightest_of(parts, count)
        if self.stated is not None and brightest <= self.stated.white:
            return self.stated
        return Levels(0.0, usual_white(brightest, self.scales))


def usual_white(brightest: float, scales: tuple[float, ...]) -> float:
    """Return which value is white where a picture has this brightest one, and its file says nothing.

    It is the scale that the value fills by 3/8 or more. Between two scales it rises with the value, without a
    step: 255 of 16 bits is white, 256 is nearly. The lowest scale holds all that is darker; beyond the highest
    the value itself is white.
    """
    lower = scales[0]
    if brightest <= lower:
        return lower
    for upper in scales[1:]:
        begins = FULL * upper
        if brightest < begins:
            share = math.log(brightest / lower) / math.log(begins / lower)
            return float(lower * (upper / lower) ** share)
        if brightest <= upper:
            return upper
        lower = upper
    return brightest


def brightest_of(parts: Iterable[np.ndarray], count: int) -> float:
    """Return the brightest finite value that at least one sample in 10,000 reaches; 0 where there is none.

    Args:
        parts: all samples, in parts.
        count: how many there are.
    """
    most, top = count // RARE + 1, np.empty(0)
    for part in parts:
        values = part[np.isfinite(part)] if part.dtype.kind == "f" else part.reshape(-1)
        if values.size > most:
            values = np.partition(values, values.size - most)[-most:]
        top = np.sort(np.concatenate([top, values.astype(np.float64)]))[-most:]
    return float(top[0]) if top.size else 0.0


def grey_samples(image: Image.Image, data: bytes) -> Samples:
    """Return what a file says of the samples of a grey picture of mode I;16, I or F."""
    kind = image.format or ""
    tags = getattr(image, "tag_v2", None)
    if kind == "TIFF" and tags is not None:
        return tiff_samples(tags, 1)
    if kind == "PNG":
        return png_samples(data, 1)
    bits = 16 if image.mode.startswith("I;16") else 32
    return Samples((kind, bits, FLOAT if image.mode == "F" else 1, 1), _scales(image.mode == "F"))


def tiff_samples(tags: TiffImagePlugin.ImageFileDirectory_v2, channels: int) -> Samples:
    """Return what a TIFF's tags say of its samples."""
    bits, number = (int(_first(tags.get(tag), 1)) for tag in (BITS, FORMAT))
    scales = _scales(number == FLOAT)
    if number != FLOAT and bits == 32:
        scales = (*scales, 2.0 ** (31 if number == SIGNED else 32) - 1)
    elif number == SIGNED:
        scales = (*SCALES[:3], 32767.0)
    stated = next(filter(None, (_stated(tags, *pair) for pair in STATED)), None)
    if stated is None and 8 < bits < 16:
        stated = Levels(0.0, 2.0**bits - 1)
    unsigned = bits == 32 and number not in (FLOAT, SIGNED)
    return Samples(("TIFF", bits, number, channels), scales, stated, unsigned)


def png_samples(data: bytes, channels: int) -> Samples:
    """Return what a PNG of 16 bits says of its samples: how many of their bits count."""
    stated = None
    for kind, body in _png_chunks(data):
        if kind == b"sBIT" and body and 8 < max(body[:3]) < 16:
            stated = Levels(0.0, 2.0 ** max(body[: min(channels, 3)]) - 1)
    return Samples(("PNG", 16, 1, channels), _scales(False), stated)


def _scales(is_float: bool) -> tuple[float, ...]:
    return (1.0, *SCALES) if is_float else SCALES


def _stated(
    tags: TiffImagePlugin.ImageFileDirectory_v2, least_tag: int, most_tag: int
) -> Levels | None:
    most = _first(tags.get(most_tag), math.nan)
    least = _first(tags.get(least_tag), 0.0)
    usable = math.isfinite(most) and math.isfinite(least) and most > max(least, 0.0)
    return Levels(least, most) if usable else None


def _first(value: object, otherwise: float) -> float:
    first = value[0] if isinstance(value, tuple) and value else value
    try:
        return otherwise if first is None else float(first)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return otherwise


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks of a PNG before its pixels."""
    at = 8
    while at + 8 <= len(data):
        (length,) = struct.unpack_from(">L", data, at)
        kind = data[at + 4 : at + 8]
        if kind == b"IDAT":
            return
        yield kind, data[at + 8 : at + 8 + length]
        at += 12 + length
