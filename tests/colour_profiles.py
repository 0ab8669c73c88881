"""Colour profiles made for tests, as cameras and screens have them."""

from __future__ import annotations

import itertools
import struct

D50 = (0.9642, 1.0, 0.8249)
# red, green, blue, adapted to D50
P3 = ((0.515121, 0.241196, -0.001053), (0.291977, 0.692245, 0.041885), (0.157104, 0.066574, 0.784073))  # fmt: skip
ADOBE = ((0.609741, 0.311111, 0.019470), (0.205276, 0.625671, 0.060867), (0.149185, 0.063217, 0.744568))  # fmt: skip
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _text(words: str) -> bytes:
    data = words.encode("utf-16-be")
    return struct.pack(">4sIII2s2sII", b"mluc", 0, 1, 12, b"en", b"US", len(data), 28) + data


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*values)


def _gamma(power: float) -> bytes:
    return struct.pack(">4sIHH", b"para", 0, 0, 0) + _fixed(power)


def matrix_profile(
    name: str, primaries: tuple[tuple[float, ...], ...], curve: bytes = b""
) -> bytes:
    """Return an ICC profile, version 4, of three primaries [X, Y, Z] each; by default the curve of sRGB."""
    curve = curve or struct.pack(">4sIHH", b"para", 0, 3, 0) + _fixed(*SRGB_CURVE)
    tags = {b"desc": _text(name), b"cprt": _text("none"), b"wtpt": _xyz(D50)}
    tags |= {key: _xyz(one) for key, one in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}  # fmt: skip
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


def _profile(kind: bytes, space: bytes, between: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Return an ICC profile, version 4, of a class, its colours, and those that it connects to."""
    place = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for key, data in tags.items():
        table += struct.pack(">4sII", key, place + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    head = struct.pack(">I4sI4s4s4s", place + len(body), b"\0" * 4, 0x04300000, kind, space, between)  # fmt: skip
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp")
    head = head.ljust(68, b"\0") + _fixed(*D50)
    return head.ljust(128, b"\0") + table + body


def grey_profile(power: float) -> bytes:
    """Return a profile of grey whose light is the number to a power."""
    tags = {b"desc": _text("grey"), b"cprt": _text("none"), b"wtpt": _xyz(D50), b"kTRC": _gamma(power)}  # fmt: skip
    return _profile(b"mntr", b"GRAY", b"XYZ ", tags)


def cmyk_profile(
    colours: dict[tuple[int, int, int, int], tuple[float, float, float]],
    default: tuple[float, float, float],
) -> bytes:
    """Return a profile of a press: what each full mixture of its four inks looks like, as Lab."""
    line = b"".join(struct.pack(">H", value) for value in (0, 65535))
    grid = b""
    for inks in itertools.product((0, 1), repeat=4):
        lightness, a, b = colours.get(inks, default)
        grid += struct.pack(">3H", round(lightness * 652.8), *(round((each + 128) * 256) for each in (a, b)))  # fmt: skip
    identity = _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    table = struct.pack(">4sI4B", b"mft2", 0, 4, 3, 2, 0) + identity
    table += struct.pack(">HH", 2, 2) + 4 * line + grid + 3 * line
    tags = {b"desc": _text("press"), b"cprt": _text("none"), b"wtpt": _xyz(D50), b"A2B0": table, b"A2B1": table}  # fmt: skip
    return _profile(b"prtr", b"CMYK", b"Lab ", tags)


def display_p3() -> bytes:
    """Return a profile of the wide gamut that telephones and Macs write."""
    return matrix_profile("Display P3", P3)


def adobe_rgb() -> bytes:
    """Return a profile of the wide gamut that cameras write where they are told to."""
    return matrix_profile("Adobe RGB (1998)", ADOBE, _gamma(563 / 256))
