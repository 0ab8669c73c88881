"""PNGs of 16 bits, which Pillow writes in grey alone."""

from __future__ import annotations

import struct
import zlib

import numpy as np


def deep_png(values: np.ndarray, **chunks: bytes) -> bytes:
    """A PNG of 16 bits: [H, W] or [H, W, C]."""
    values = values.reshape(*values.shape[:2], -1).astype(">u2")
    height, width, channels = values.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">L", len(body)) + name + body + struct.pack(">L", zlib.crc32(name + body))
        )

    rows = b"".join(b"\0" + row.tobytes() for row in values)
    head = struct.pack(">LLBBBBB", width, height, 16, kind, 0, 0, 0)
    more = b"".join(chunk(name.encode(), body) for name, body in chunks.items())
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + more + chunk(b"IDAT", zlib.compress(rows))
    ) + chunk(b"IEND", b"")
