"""TIFF files that Pillow or FFmpeg would misread, in a form that they read right.

Pillow takes the bytes of uncompressed planes for samples where these have 16 bits, and uncompressed YCbCr for four
bytes a pixel; through libtiff it reads both. FFmpeg reads neither planes apart nor BigTIFF.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from threading import Lock
from typing import Any

import numpy as np
from PIL import Image, TiffImagePlugin, UnidentifiedImageError

(WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC, FILL, STRIPS, CHANNELS, ROWS, STRIP_SIZES) = (
    *(256, 257, 258, 259, 262, 266, 273, 277, 278, 279),
)
PLANAR, PREDICTOR, TILE_WIDTH, TILE_LENGTH, TILES, TILE_SIZES, EXTRA, FORMAT = (
    *(284, 317, 322, 323, 324, 325, 338, 339),
)
KEPT = (WIDTH, LENGTH, COMPRESSION, PHOTOMETRIC, FILL, ROWS, PREDICTOR, TILE_WIDTH, TILE_LENGTH)
PLACES = (STRIPS, STRIP_SIZES, TILES, TILE_SIZES)
PAIRS = ((STRIPS, TILES), (STRIP_SIZES, TILE_SIZES))
APART, YCBCR, GREY = 2, 6, 1  # of planes, and of what a picture's numbers mean
BIG = (b"+\0", b"\0+")  # behind the order of its bytes
LONG = 4  # type of an entry
Tags = Mapping[int, Any]
_by_libtiff = Lock()


def is_big(data: bytes) -> bool:
    """Return whether a TIFF is a BigTIFF."""
    return data[2:4] in BIG


def tiff_tags(data: bytes) -> TiffImagePlugin.ImageFileDirectory_v2:
    """Return the tags of the first picture of a TIFF."""
    file = io.BytesIO(data)
    tags = TiffImagePlugin.ImageFileDirectory_v2(file.read(16 if is_big(data) else 8))
    file.seek(tags.next)
    tags.load(file)
    return tags


def is_sound(data: bytes) -> bool:
    """Return whether a TIFF has a size, and all that its first picture's places name is in the file."""
    try:
        tags = tiff_tags(data)
        places = zip(*(next(tags[t] for t in both if t in tags) for both in PAIRS), strict=True)
        ends = [int(place) + int(size) for place, size in places]
        return min(tags[WIDTH], tags[LENGTH]) > 0 and 0 < max(ends) <= len(data)
    except Exception:  # Pillow raises what it likes
        return False


def is_misread(image: Image.Image) -> bool:
    """Return whether Pillow opened a TIFF whose pixels it would mix up, or not find."""
    tags = getattr(image, "tag_v2", None)
    if image.format != "TIFF" or tags is None or tags.get(COMPRESSION, 1) != 1:
        return False
    deep = max(np.atleast_1d(tags.get(BITS, 1))) > 8
    return bool(tags.get(PHOTOMETRIC) == YCBCR or (tags.get(PLANAR, 1) == APART and deep))


def opened_by_libtiff(data: bytes) -> Image.Image:
    """Open a TIFF without compression so that libtiff decodes it. Raise as `Image.open`."""
    with _by_libtiff:  # the switch is Pillow's own, for all threads
        before = TiffImagePlugin.READ_LIBTIFF
        TiffImagePlugin.READ_LIBTIFF = True
        try:
            return Image.open(io.BytesIO(data), formats=("TIFF",))
        finally:
            TiffImagePlugin.READ_LIBTIFF = before


def plain_tiff(data: bytes, tags: Tags, channel: int | None = None) -> bytes:
    """Return a TIFF of the same pixels with a short first table behind them.

    Args:
        data: of a TIFF or BigTIFF.
        tags: of its first picture.
        channel: whose plane alone is to be a grey picture; None for all of them.

    Raises:
        KeyError, TypeError, struct.error: the tags make no sense.
    """
    count = tags.get(CHANNELS, 1)
    made: dict[int, tuple[int, ...]] = {tag: _whole(tags[tag]) for tag in KEPT if tag in tags}
    made |= {tag: _whole(tags[tag]) for tag in PLACES if tag in tags}
    made |= {tag: _whole(tags[tag]) for tag in (BITS, FORMAT, EXTRA) if tag in tags}
    made[CHANNELS] = (count,)
    if channel is not None:
        for tag in PLACES:
            if tag in made:
                each = len(made[tag]) // count
                made[tag] = made[tag][each * channel : each * (channel + 1)]
        made |= {tag: made[tag][:1] for tag in (BITS, FORMAT) if tag in made}
        made |= {CHANNELS: (1,), PHOTOMETRIC: (GREY,)}
        made.pop(EXTRA, None)
    order, start = "<" if data[:1] == b"I" else ">", len(data) + len(data) % 2
    table, behind = struct.pack(f"{order}H", len(made)), b""
    after = start + 2 + 12 * len(made) + 4
    for tag, values in sorted(made.items()):
        body = struct.pack(f"{order}{len(values)}L", *values)
        value = body if len(values) == 1 else struct.pack(f"{order}L", after + len(behind))
        table += struct.pack(f"{order}HHL", tag, LONG, len(values)) + value
        behind += b"" if len(values) == 1 else body
    head = data[:2] + struct.pack(f"{order}HL", 42, start)
    return b"".join((head, memoryview(data)[8:], bytes(start - len(data)), table, bytes(4), behind))


def plane_samples(data: bytes, tags: Tags, dtype: np.dtype[Any]) -> np.ndarray | None:
    """Return [H, W, C] of a TIFF whose planes lie apart, not turned; None where Pillow does not know its samples.

    Args:
        data: of the file.
        tags: of its first picture.
        dtype: of its samples.
    """
    count, shape = int(tags.get(CHANNELS, 1)), (int(tags[LENGTH]), int(tags[WIDTH]))
    if not 1 <= count <= 4:
        return None
    samples = np.empty((*shape, count), dtype)
    for channel in range(count):
        try:
            image = Image.open(io.BytesIO(plain_tiff(data, tags, channel)), formats=("TIFF",))
        except (UnidentifiedImageError, KeyError, TypeError, struct.error):
            return None
        with image:
            if image.mode not in ("I", "F") and not image.mode.startswith("I;16"):
                return None
            samples[..., channel] = np.asarray(image)
    return samples


def _whole(value: Any) -> tuple[int, ...]:
    return tuple(map(int, value)) if isinstance(value, tuple) else (int(value),)
