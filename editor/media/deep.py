"""Pictures of more than 8 bits a sample, grey or in colours, as pictures of 8 bits.

Pillow gives all of grey samples and the upper byte of coloured ones. Where that byte does not tell enough, and for
colours of 32 bits, which Pillow does not open, FFmpeg's decoders for PNG and TIFF give all of them, through PyAV.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image, TiffImagePlugin

from editor.errors import ImageError
from editor.media.ffmpeg import ffmpeg_frame
from editor.media.levels import (
    BITS,
    FORMAT,
    FULL,
    RARE,
    Levels,
    Samples,
    grey_samples,
    png_samples,
    tiff_samples,
)
from editor.media.tables import START, upright_array
from editor.media.tiff_planes import is_big, plain_tiff, plane_samples, tiff_tags

START_BYTES = 32  # of a file, which say whether it may have more than 8 bits a sample
STRIP_PIXELS = 1_000_000  # a picture is converted in parts of so many pixels
WIDTH, LENGTH, COMPRESSION, PHOTOMETRIC, ORIENTATION, CHANNELS, PLANAR, PREDICTOR = (
    *(256, 257, 259, 262, 274, 277, 284, 317),
)  # of TIFF
SUBFILE, TILE_WIDTH, EXTRA, PROFILE = 254, 322, 338, 34675
PACKED = (
    1,
    5,
    8,
    32773,
    32946,
)  # of TIFF: none, LZW, deflate, PackBits, and deflate's older number
KINDS = {1: "u", 2: "i", 3: "f"}  # of NumPy, by TIFF's SampleFormat
Key = tuple[str, int, int, int]  # format, bits and number format of a sample, channels
Known = Mapping[Key, Levels]  # levels of a batch, by kind of samples


def may_be_deep(start: bytes) -> bool:
    """Return whether a file that starts so may have more than 8 bits a sample."""
    return bool(START.match(start)) or (start[:4] == b"\x89PNG" and start[24:25] == b"\x10")


def is_deep_grey(image: Image.Image) -> bool:
    """Return whether a picture is grey of 16 bits or more."""
    return image.mode.startswith("I;16") or image.mode in ("I", "F")


def is_deep(image: Image.Image, data: bytes) -> bool:
    """Return whether a picture, of which only the header was read, has more than 8 bits a sample."""
    return _samples(image, data) is not None


def eight_bits(image: Image.Image, data: bytes = b"", known: Known | None = None) -> Image.Image:
    """Return a picture of more than 8 bits a sample as one of 8 bits, and any other as it is.

    Args:
        image: decoded, or of a kind that `opened_deep` returned.
        data: of its file.
        known: levels that are used for pictures of their kind; by default each picture has its own.
    """
    deep = _deep(image, data)
    if deep is None:
        return image
    samples = deep.samples
    if deep.colours is None and _is_full(image, samples, known):
        return image  # the upper byte is the picture
    if deep.colours is None and not is_deep_grey(image):
        colours = _decoded(data, image, samples)
        if colours is None:
            return image
        deep = replace(deep, colours=colours)
    levels = (known or {}).get(samples.key) or deep.levels()
    return deep.converted(levels)


def kind_of(image: Image.Image, data: bytes) -> Key | None:
    """Return the kind of a picture's samples; None for 8 bits. Decode nothing.

    Args:
        image: opened, or of a kind that `opened_deep` returned.
        data: of its file.
    """
    if isinstance(image, _Opened):
        return image.samples.key
    deep = _deep(image, data)
    return None if deep is None else deep.samples.key


def levels_of(image: Image.Image, data: bytes) -> tuple[Key, Levels] | None:
    """Return the kind of a picture's samples and the levels that it has by itself; None for 8 bits.

    Args:
        image: as for `eight_bits`.
        data: of its file.
    """
    deep = _deep(image, data)
    if deep is None:
        return None
    if deep.colours is None and not is_deep_grey(image):
        colours = (
            None if _is_full(image, deep.samples, None) else _decoded(data, image, deep.samples)
        )
        if colours is None:
            return deep.samples.key, Levels(0.0, deep.samples.scales[-1])
        deep = replace(deep, colours=colours)
    return deep.samples.key, deep.levels()


@dataclass(frozen=True, eq=False)
class _Deep:
    """A picture with its samples.

    Attributes:
        image: as Pillow has it.
        samples: what its file says of them.
        colours: [H, W, 1…4] where these are not the picture's own; alpha is the last of 2 and 4.
    """

    image: Image.Image
    samples: Samples
    colours: np.ndarray | None = None

    def parts(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield strips [h, W] or [h, W, C], each with its distance from the top, px."""
        width, height = self.image.size
        rows = max(1, STRIP_PIXELS // width)
        for top in range(0, height, rows):
            end = min(top + rows, height)
            if self.colours is not None:
                yield top, self.colours[top:end]
                continue
            part = np.asarray(self.image.crop((0, top, width, end)))
            yield top, part.view(np.uint32) if self.samples.unsigned else part

    def levels(self) -> Levels:
        """Return the levels that the picture has by itself."""
        width, height = self.image.size
        seen = 1 if self.colours is None else self.colours.shape[2] - self._has_alpha
        parts = (part[..., :seen] if part.ndim == 3 else part for _, part in self.parts())
        return self.samples.levels(parts, width * height * seen)

    @property
    def _has_alpha(self) -> bool:
        return self.colours is not None and self.colours.shape[2] in (2, 4)

    def converted(self, levels: Levels) -> Image.Image:
        """Return the picture as L, LA, RGB or RGBA, with the `info` that it had."""
        clear = self.image.info.get("transparency") if self.colours is None else None
        clear = clear if isinstance(clear, int) else None  # of grey; FFmpeg makes alpha of a colour
        channels = 1 + (clear is not None) if self.colours is None else self.colours.shape[2]
        made = Image.new(("L", "LA", "RGB", "RGBA")[channels - 1], self.image.size)
        for top, part in self.parts():
            eight = levels.eight_bits(part)
            if self._has_alpha:
                full = 1.0 if part.dtype.kind == "f" else np.iinfo(part.dtype).max
                eight[..., -1] = Levels(0.0, float(full)).eight_bits(part[..., -1])
            if clear is not None:
                eight = np.stack([eight, np.where(part == clear, 0, 255).astype(np.uint8)], axis=-1)
            eight = eight[..., 0] if eight.shape[2:] == (1,) else eight
            made.paste(Image.fromarray(eight), (0, top))
        made.info = {k: v for k, v in self.image.info.items() if k != "transparency"}
        made.format = self.image.format  # type: ignore[misc]
        return made


def _deep(image: Image.Image, data: bytes) -> _Deep | None:
    samples = _samples(image, data)
    if samples is None:
        return None
    return _Deep(image, samples, image.colours() if isinstance(image, _Opened) else None)


def _samples(image: Image.Image, data: bytes) -> Samples | None:
    """Return what a picture's file says of its samples; None for 8 bits. Decode nothing."""
    if isinstance(image, _Opened):
        return image.samples
    if is_deep_grey(image):
        return grey_samples(image, data)
    if image.format == "PNG" and data[24:25] == b"\x10" and image.mode in ("RGB", "RGBA"):
        return png_samples(data, len(image.getbands()))
    tags = getattr(image, "tag_v2", None)
    if image.format == "TIFF" and tags is not None and image.mode in ("RGB", "RGBA", "RGBX"):
        samples = tiff_samples(tags, len(image.getbands()))
        return samples if samples.key[1] == 16 else None
    return None


def _is_full(image: Image.Image, samples: Samples, known: Known | None) -> bool:
    """Return whether white is 65535, as the upper bytes of a coloured picture say it."""
    if is_deep_grey(image):
        return False
    if known is not None and samples.key in known:
        return known[samples.key] == Levels(0.0, 65535.0)
    if "transparency" in image.info or samples.stated is not None:
        return False
    counts = np.array(image.histogram()).reshape(-1, 256)[:3].sum(axis=0)
    above = counts[math.ceil(FULL * 256) :].sum()
    return bool(above > counts.sum() // RARE)


class _Opened(Image.Image):
    """A TIFF that Pillow does not open, of which only the size is known until it is converted."""

    format = "TIFF"

    def __init__(self, tags: TiffImagePlugin.ImageFileDirectory_v2, data: bytes) -> None:
        super().__init__()
        self.tag_v2, self._data = tags, data
        width, height = int(tags[WIDTH]), int(tags[LENGTH])
        turned = tags.get(ORIENTATION, 1) in (5, 6, 7, 8)
        self._size = (height, width) if turned else (width, height)
        clear = {1, 2} & set(tags.get(EXTRA, ()))
        self._mode = {2: "LA", 4: "RGBA"}.get(int(tags.get(CHANNELS, 1)), "RGB") if clear else "RGB"
        self.samples = tiff_samples(tags, int(tags.get(CHANNELS, 1)))
        profile = tags.get(PROFILE)
        self.info = {"icc_profile": profile} if isinstance(profile, bytes) else {}

    def load(self) -> Any:
        """Decode nothing; `eight_bits` does."""
        return None

    def colours(self) -> np.ndarray:
        """Return [H, W, C], upright.

        Raises:
            ImageError: they are packed in a way that is not read.
        """
        found = _tiff_colours(self._data)
        if found is None:
            raise ImageError(
                "the picture is a TIFF of more than 8 bits that is packed in tiles or in a way that is not read; save it "
                "with 16 bits, or without compression"
            )
        return found


def opened_deep(data: bytes) -> Image.Image | None:
    """Open a TIFF of 16 or 32 bits a sample that Pillow does not know; None for all else.

    Its size and profile are known; `eight_bits` makes its pixels.

    Raises:
        ImageError: its samples have 64 bits.
    """
    if not START.match(data):
        return None
    tags = tiff_tags(data)
    bits, kind = set(tags.get(BITS, ())), (tags.get(CHANNELS, 1), tags.get(PHOTOMETRIC))
    if not {WIDTH, LENGTH} <= set(tags) or kind not in ((1, 1), (2, 1), (3, 2), (4, 2)):
        return None
    if bits == {64}:
        raise ImageError("the picture is a TIFF of 64 bits a sample; save it with 16 or 32 bits")
    return _Opened(tags, data) if bits in ({16}, {32}) else None


def _decoded(data: bytes, image: Image.Image, samples: Samples) -> np.ndarray | None:
    """Return all of the samples [H, W, C] of a coloured picture; None where FFmpeg does not read it so."""
    if samples.key[0] == "PNG":
        return ffmpeg_frame("png", data, np.dtype(np.uint16), image.size)
    return _tiff_colours(data)


def _tiff_colours(data: bytes) -> np.ndarray | None:
    tags = tiff_tags(data)
    bits, number = (int(np.atleast_1d(tags.get(tag, 1))[0]) for tag in (BITS, FORMAT))
    if number not in KINDS:
        return None
    size, dtype = (int(tags[WIDTH]), int(tags[LENGTH])), np.dtype(f"{KINDS[number]}{bits // 8}")
    if tags.get(PLANAR, 1) != 1:
        colours = plane_samples(data, tags, dtype)
    else:
        predictors = (1, 2) if bits == 16 else (1,)
        packed = tags.get(COMPRESSION, 1) in PACKED and tags.get(PREDICTOR, 1) in predictors
        if TILE_WIDTH in tags or not packed:
            return None
        big = is_big(data)
        file = plain_tiff(data, tags) if big else data
        colours = ffmpeg_frame("tiff", file, dtype, size, not big and bool(tags.get(SUBFILE, 0)))
    if colours is not None and colours.shape[2] in (2, 4) and not {1, 2} & set(tags.get(EXTRA, ())):
        colours = colours[..., :-1]  # the last is no alpha
    return None if colours is None else upright_array(colours, tags.get(ORIENTATION, 1))
