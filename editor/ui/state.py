"""What the page remembers of one visitor: small, frozen, on the CPU."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Visitor:
    """One visitor's work.

    Attributes:
        domain: pack that the code belongs to.
        code: [num_ws, w_dim] float32, the inverted code; None before the first inversion.
        losses: of the inversion, by name.
    """

    domain: str
    code: np.ndarray | None = None
    losses: tuple[tuple[str, float], ...] = ()


def data_uri(image: Image.Image) -> str:
    """A picture as a PNG data URI: one round trip, no temporary file."""
    return "data:image/png;base64," + base64.b64encode(png_bytes(image)).decode()


def png_bytes(image: Image.Image) -> bytes:
    """A picture as the bytes of a PNG."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()
