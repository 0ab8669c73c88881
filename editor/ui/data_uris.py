"""Pictures as data URIs: one round trip, no temporary file."""

from __future__ import annotations

import base64
import binascii
import io

import torch
from PIL import Image

from editor.errors import ImageError
from editor.project.pixels import png_bytes

MAX_DRAWING_BYTES = 4 * 2**20
PNG, JPEG = "data:image/png;base64,", "data:image/jpeg;base64,"
WEBP = "data:image/webp;base64,"


def jpeg_uri(data: bytes) -> str:
    """Return the bytes of a JPEG as a data URI, or an empty text for no bytes."""
    return JPEG + base64.b64encode(data).decode() if data else ""


def png_uri(data: bytes) -> str:
    """Return the bytes of a PNG as a data URI, or an empty text for no bytes."""
    return PNG + base64.b64encode(data).decode() if data else ""


def data_uri(image: Image.Image) -> str:
    """Return a picture as a PNG data URI."""
    return png_uri(png_bytes(image))


def exact_uri(image: Image.Image) -> str:
    """Return a picture as a data URI, exact to the bit, in the format that is written fastest.

    Of 128 px WebP takes 0.4 ms and 22 kB where a PNG takes 1.0 ms and 28 kB; of 256 px 1.9 ms and 62 kB
    where a PNG takes 3.5 ms and 80 kB.
    """
    buffer = io.BytesIO()
    image.save(buffer, format="WEBP", lossless=True, quality=0, method=0, exact=True)
    return WEBP + base64.b64encode(buffer.getvalue()).decode()


def drawn_mask(uri: str | None, resolution: int) -> torch.Tensor | None:
    """Read what was painted on the page as [R, R] float32, 0…1. Return None where nothing is.

    Raises:
        ImageError: it is not such a drawing.
    """
    if not uri:
        return None
    try:
        if not uri.startswith(PNG) or len(uri) > MAX_DRAWING_BYTES:
            raise ValueError("not a PNG, or too large")
        data = base64.b64decode(uri.removeprefix(PNG), validate=True)
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            if max(image.size) > 2048:
                raise ValueError(f"{image.width}×{image.height} is too large")
            grey = image.convert("L").resize((resolution, resolution), Image.Resampling.BOX)
    except Image.DecompressionBombError as error:
        raise ImageError("the painted part is too large; paint it again") from error
    except (OSError, ValueError, SyntaxError, AttributeError, binascii.Error) as error:
        raise ImageError(f"the painted part cannot be read ({error}); paint it again") from error
    mask = torch.frombuffer(bytearray(grey.tobytes()), dtype=torch.uint8).float() / 255
    return mask.reshape(resolution, resolution) if bool(mask.any()) else None
