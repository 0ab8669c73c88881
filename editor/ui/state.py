"""What the page remembers of one visitor: small, frozen, on the CPU."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

SMALL_PX = 800


@dataclass(frozen=True)
class Visitor:
    """One visitor's work.

    Attributes:
        domain: pack that the code belongs to.
        code: [num_ws, w_dim] float32, the inverted code; None before the first inversion.
        losses: of the inversion, by name.
        photo: names the photo that was inverted; empty for a generated picture.
        square: x, y, side and angle of its crop.
        small: the photo as a JPEG of at most `SMALL_PX`, to show the whole of it.
        before: the crop as a PNG.
    """

    domain: str
    code: np.ndarray | None = None
    losses: tuple[tuple[str, float], ...] = ()
    photo: str = ""
    square: tuple[float, float, float, float] | None = None
    small: bytes = b""
    before: bytes = b""


def small_jpeg(image: Image.Image, side: int = SMALL_PX) -> bytes:
    """A picture as a JPEG of at most `side` px."""
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, format="JPEG", quality=88)
    return buffer.getvalue()


def jpeg_uri(data: bytes) -> str:
    """The bytes of a JPEG as a data URI."""
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()


def data_uri(image: Image.Image) -> str:
    """A picture as a PNG data URI: one round trip, no temporary file."""
    return "data:image/png;base64," + base64.b64encode(png_bytes(image)).decode()


def png_bytes(image: Image.Image) -> bytes:
    """A picture as the bytes of a PNG."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()
