"""Small files that would take gigabytes or minutes before their size is known."""

from __future__ import annotations

import io
import struct
import time

import pytest
from PIL import Image, PngImagePlugin

from editor.errors import ImageError
from editor.media.images import load_image


def _picture(kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((40, 30), 60).convert("RGB").save(buffer, format=kind, **options)
    return buffer.getvalue()


def _table(size: int, order: str = "<") -> bytes:
    """EXIF of `size` bytes, each of whose entries claims nearly all of them."""
    count = (size - 14) // 12
    entries = [struct.pack(f"{order}HHLL", 1000 + i, 7, size - 64, 8) for i in range(count)]
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HL", 42, 8)
    return (head + struct.pack(f"{order}H", count) + b"".join(entries)).ljust(size, b"\0")


def _jpeg(*segments: bytes) -> bytes:
    data = _picture("JPEG")
    parts = [struct.pack(">BBH", 0xFF, part[0], len(part) + 1) + part[1:] for part in segments]
    return data[:2] + b"".join(parts) + data[2:]


def _png(kind: bytes, body: bytes) -> bytes:
    import zlib

    data = _picture("PNG")
    chunk = struct.pack(">L", len(body)) + kind + body
    return data[:33] + chunk + struct.pack(">L", zlib.crc32(kind + body)) + data[33:]


def _webp(kind: bytes, body: bytes) -> bytes:
    data = _picture("WEBP")
    frame = data[12:]
    flags = struct.pack("<L", 8) + (39).to_bytes(3, "little") + (29).to_bytes(3, "little")
    parts = b"VP8X" + struct.pack("<L", 10) + flags + frame
    parts += kind + struct.pack("<L", len(body)) + body + bytes(len(body) % 2)
    return b"RIFF" + struct.pack("<L", len(parts) + 4) + b"WEBP" + parts


def _raw_profile() -> bytes:
    text = PngImagePlugin.PngInfo()
    table = (b"Exif\0\0" + _table(120_000)).hex()
    text.add_text("Raw profile type exif", f"\nexif\n{len(table)}\n{table}", zip=True)
    return _picture("PNG", pnginfo=text)


def _gif_comments() -> bytes:
    data = _picture("GIF")
    start = 13 + 3 * 256
    return data[:start] + b"\x21\xfe" + (b"\xff" + b"x" * 255) * 8000 + b"\0" + data[start:]


def _scans() -> bytes:
    data = _picture("JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    return data[:start] + data[start:-2] * 400 + data[-2:]


def _canvas() -> bytes:
    data = bytearray(_webp(b"XMP ", b"x"))
    data[24:30] = b"\xff\x3f\x00" * 2
    return bytes(data)


def _tiles() -> bytes:
    tags = {256: 40, 257: 40, 258: 8, 259: 1, 262: 1, 277: 1, 322: 65_520, 323: 65_520, 325: 16}
    tags |= {324: 200}
    entries = [struct.pack("<HHLL", tag, 4, 1, tags[tag]) for tag in sorted(tags)]
    head = b"II*\0" + struct.pack("<LH", 8, len(entries))
    return (head + b"".join(entries)).ljust(300, b"\0")


HOSTILE = {
    "EXIF of a JPEG": lambda: _jpeg(b"\xe1Exif\0\0" + _table(60_000)),
    "EXIF of a JPEG, the other way round": lambda: _jpeg(b"\xe1Exif\0\0" + _table(60_000, ">")),
    "EXIF of a JPEG in parts": lambda: _jpeg(
        b"\xe1Exif\0\0" + _table(120_000)[:50_000], b"\xe1Exif\0\0" + _table(120_000)[50_000:100_000],
        b"\xe1Exif\0\0" + _table(120_000)[100_000:],
    ),
    "index of a JPEG's pictures": lambda: _jpeg(b"\xe2MPF\0" + _table(60_000)),
    "metadata of a JPEG": lambda: _jpeg(*[b"\xe5" + bytes(65_000)] * 300),
    "scans of a JPEG": _scans,
    "EXIF of a PNG": lambda: _png(b"eXIf", _table(400_000)),
    "EXIF in a PNG's text": _raw_profile,
    "EXIF of a WebP": lambda: _webp(b"EXIF", _table(400_000)),
    "canvas of a WebP": _canvas,
    "comments of a GIF": _gif_comments,
    "tags of a TIFF": lambda: _table(700_000),
    "tiles of a TIFF": _tiles,
    "EXIF of an AVIF": lambda: _picture("AVIF", exif=_table(60_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_metadata_bombs_are_refused_at_once(name: str) -> None:
    data = HOSTILE[name]()
    started = time.monotonic()
    with pytest.raises(ImageError, match=r"as no camera writes it|megapixels"):
        load_image(data)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF", "BMP", "MPO"])
def test_usual_pictures_pass(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "A camera" * 1000
    options = {} if kind in ("GIF", "BMP") else {"exif": exif}
    if kind == "MPO":
        options |= {"save_all": True, "append_images": [Image.new("RGB", (40, 30))]}
    assert load_image(_picture(kind, **options)).size == (40, 30)
