"""Colour profiles made for tests, as cameras and screens have them."""

from __future__ import annotations

import struct

D50 = (0.9642, 1.0, 0.8249)
# red, green, blue, adapted to D50
P3 = ((0.515121, 0.241196, -0.001053), (0.291977, 0.692245, 0.041885), (0.157104, 0.066574, 0.784073))  # fmt: skip
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _text(words: str) -> bytes:
    data = words.encode("utf-16-be")
    return struct.pack(">4sIII2s2sII", b"mluc", 0, 1, 12, b"en", b"US", len(data), 28) + data


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*values)


def matrix_profile(name: str, primaries: tuple[tuple[float, ...], ...]) -> bytes:
    """Return an ICC profile, version 4, of three primaries [X, Y, Z] each and the curve of sRGB."""
    curve = struct.pack(">4sIHH", b"para", 0, 3, 0) + _fixed(*SRGB_CURVE)
    tags = {b"desc": _text(name), b"cprt": _text("none"), b"wtpt": _xyz(D50)}
    tags |= {key: _xyz(one) for key, one in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}  # fmt: skip
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    place = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for key, data in tags.items():
        table += struct.pack(">4sII", key, place + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    head = struct.pack(">I4sI4s4s4s", place + len(body), b"\0" * 4, 0x04300000, b"mntr", b"RGB ", b"XYZ ")  # fmt: skip
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp")
    head = head.ljust(68, b"\0") + _fixed(*D50)
    return head.ljust(128, b"\0") + table + body


def display_p3() -> bytes:
    """Return a profile of the wide gamut that telephones and Macs write."""
    return matrix_profile("Display P3", P3)
