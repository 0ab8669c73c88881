"""Small files whose metadata would take hundreds of megabytes or minutes, measured in a process of their own."""

from __future__ import annotations

import io
import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, TiffImagePlugin

from editor.media.exif import Exif, exif_bytes, read_exif
from editor.media.ffmpeg import ffmpeg_frame
from editor.media.images import decoded, load_image
from editor.media.source import read_source

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="measured by fork")

EXIF, GPS, INTEROPERABILITY, INNER, ORIENTATION = 0x8769, 0x8825, 0xA005, 330, 0x0112
MOST_MB, MOST_S = 64, 2.0  # the largest file has 20 MB
MEASURE = """
import json, os, resource, sys, time
from pathlib import Path
from editor.errors import ImageError
from editor.media.images import image_size, load_image
from editor.photo.photo import Photo
Photo.read(Path(sys.argv[1]) / "usual.jpg")
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
for path in sorted(Path(sys.argv[1]).iterdir()):
    for read in (image_size, load_image, Photo.read):
        out, to = os.pipe()
        if not os.fork():
            before, start = peak(), time.monotonic()
            try:
                read(path)
                said = "read"
            except ImageError as error:
                said = str(error)
            found = [path.name, said, peak() - before, time.monotonic() - start]
            os.write(to, json.dumps(found).encode())
            os._exit(0)
        os.close(to)
        print(os.read(out, 4096).decode())
        os.close(out)
        os.wait()
"""


def table(*entries: tuple[int, int, int, int], order: str = "<") -> bytes:
    """A table of entries: tag, type, count and value."""
    body = b"".join(struct.pack(f"{order}HHLL", *entry) for entry in entries)
    return struct.pack(f"{order}H", len(entries)) + body + bytes(4)


def bomb(
    size: int, way: tuple[int, ...] = (EXIF,), head: bytes = b"II*\0", first: int = 0
) -> bytes:
    """EXIF of so many bytes: a table, reached by pointers, whose entries each claim nearly all of it."""
    order, parts = "<" if head[:1] == b"I" else ">", b""
    for tag in way:
        parts += table((tag, 4, 1, 8 + len(parts) + 18), order=order)
    kinds = [(900, first, 4, 2**31)] * bool(first)
    count = (size - len(parts) - 40) // 12
    far = [(1000 + i, 7, size - 64, 0) for i in range(min(count, 60_000))]
    whole = head + struct.pack(f"{order}L", 8) + parts + table(*kinds, *far, order=order)
    return whole.ljust(size, b"\0")


def numbers(tag: int, kind: int, size: int) -> bytes:
    """EXIF with one tag of very many numbers."""
    count = (size - 100) // {5: 8, 6: 1, 3: 2, 4: 4}[kind]
    return (b"II*\0" + struct.pack("<L", 8) + table((tag, kind, count, 64))).ljust(size, b"\1")


def picture(kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((40, 30), 60).convert("RGB").save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(exif: bytes) -> bytes:
    data = picture("JPEG")
    parts = [exif[at : at + 60_000] for at in range(0, len(exif), 60_000)]
    made = b"".join(
        struct.pack(">HH", 0xFFE1, len(part) + 8) + b"Exif\0\0" + part for part in parts
    )
    return data[:2] + made + data[2:]


def png(exif: bytes) -> bytes:
    data, body = picture("PNG"), b"eXIf" + exif
    return (
        data[:33]
        + struct.pack(">L", len(exif))
        + body
        + struct.pack(">L", zlib.crc32(body))
        + data[33:]
    )


def avif(size: int) -> bytes:
    """One that is turned by its container: Pillow writes its EXIF anew as soon as it is opened."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[0x9286] = 6, b"U" * size
    data = picture("AVIF", exif=exif)
    end = data.index(b"U" * size) + size
    begin = max(data.rfind(head, 0, end) for head in (b"II*\0", b"MM\0*"))
    return data[:begin] + bomb(end - begin) + data[end:]


def tiff(*more: tuple[int, int, int, int], rest: bytes = b"", head: bytes = b"II*\0") -> bytes:
    """A grey TIFF with further tags, and what they point at from byte 2,000 on."""
    tags = [(256, 4, 1, 40), (257, 4, 1, 30), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    tags += [(273, 4, 1, 400), (277, 3, 1, 1), (278, 4, 1, 30), (279, 4, 1, 1200)]
    whole = head + struct.pack("<L", 8) + table(*sorted(tags + list(more)))
    return whole.ljust(2000, b"\0") + rest


def claims(at: int, size: int, count: int) -> bytes:
    """A table at a place whose entries each claim so many bytes of the file."""
    return table(*[(1000 + i, 7, size, 0) for i in range(count)])


def with_inner(count: int) -> bytes:
    """A TIFF that points at many tables, each of which claims all of it."""
    one = claims(0, 40_000, 3000)
    places = [3000 + i * len(one) for i in range(count)]
    rest = struct.pack(f"<{count}L", *places).ljust(1000, b"\0") + one * count
    return tiff((INNER, 4, count, 2000), rest=rest)


def with_larger(kind: int) -> bytes:
    """A small TIFF of 16 bits that points at another picture of 108 MB, of zeros.

    Args:
        kind: NewSubfileType of the small one; where it is not 0, FFmpeg takes the other.
    """
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        ramp = np.linspace(0, 4095, 40 * 30 * 3).reshape(30, 40, 3).astype(np.uint16)
        file.write(ramp, photometric="rgb", subfiletype=kind, subifds=1, metadata=None)
        zeros = np.zeros((3000, 6000, 3), np.uint16)
        file.write(zeros, photometric="rgb", compression="zlib", metadata=None)
    return buffer.getvalue()


def big_tiff(count: int) -> bytes:
    """A BigTIFF with very many entries, each of which is small."""
    head = b"II+\0" + struct.pack("<HHQQ", 8, 0, 16, count)
    return head + struct.pack("<HHQQ", 1000, 3, 1, 1) * count


BOMBS = {
    "exif.jpg": lambda: jpeg(bomb(50_000)),
    "gps.jpg": lambda: jpeg(bomb(50_000, (GPS,))),
    "interoperability.jpg": lambda: jpeg(bomb(50_000, (EXIF, INTEROPERABILITY))),
    "joined.jpg": lambda: jpeg(bomb(900_000)),
    "turned_bytes.jpg": lambda: jpeg(bomb(50_000, head=b"MM*\0")),
    "other_bytes.jpg": lambda: jpeg(bomb(50_000, head=b"II\0*")),
    "unknown_type_first.jpg": lambda: jpeg(bomb(50_000, first=17)),
    "fractions.jpg": lambda: jpeg(numbers(ORIENTATION, 5, 15_000_000)),
    "resolution.jpg": lambda: jpeg(numbers(0x011A, 5, 15_000_000)),
    "numbers.jpg": lambda: jpeg(numbers(ORIENTATION, 3, 15_000_000)),
    "exif.png": lambda: png(bomb(2_000_000)),
    "exif.avif": lambda: avif(60_000),
    "exif.tif": lambda: tiff((EXIF, 4, 1, 2000), rest=claims(2000, 40_000, 4000)),
    "gps.tif": lambda: tiff((GPS, 4, 1, 2000), rest=claims(2000, 40_000, 4000)),
    "far_pointer.tif": lambda: tiff(
        (EXIF, 4, 2, 2000), rest=struct.pack("<LL", 2008, 0) + claims(2008, 40_000, 4000)
    ),
    "turned_bytes.tif": lambda: bomb(400_000, (), b"MM*\0"),
    "tables.tif": lambda: with_inner(11),
    "entries.tif": lambda: big_tiff(1_000_000),
}  # fmt: skip
SOUND = {
    "zeros.tif": lambda: tiff((INNER, 4, 1_000_000, 2000), rest=bytes(4_000_000)),
    "thumbnail.tif": lambda: with_larger(1),
    "page.tif": lambda: with_larger(0),
    "usual.jpg": lambda: picture("JPEG"),
    "usual.tif": lambda: tiff(),
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[str, float, float]]]:
    """Of each file what reading it said, and took of megabytes and seconds, in three ways."""
    folder = tmp_path_factory.mktemp("bombs")
    for name, make in {**BOMBS, **SOUND}.items():
        (folder / name).write_bytes(make())
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", MEASURE, str(folder)]
    made = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=240)
    assert made.returncode == 0, made.stderr
    found: dict[str, list[tuple[str, float, float]]] = {}
    for line in made.stdout.splitlines():
        name, *rest = json.loads(line)
        found.setdefault(name, []).append(tuple(rest))
    return found


@pytest.mark.parametrize("name", [*BOMBS, *SOUND])
def test_metadata_takes_neither_memory_nor_time(name: str, measured) -> None:
    assert len(measured[name]) == 3
    for said, megabytes, seconds in measured[name]:
        assert megabytes < MOST_MB, (said, megabytes)
        assert seconds < MOST_S, (said, seconds)
    if name in BOMBS and not name.startswith("tables"):
        assert any("as no camera writes it" in said for said, _, _ in measured[name])
    if name in SOUND:
        assert [said for said, _, _ in measured[name]] == ["read"] * 3


@pytest.mark.parametrize("kind", [0, 1])
def test_ffmpeg_gives_no_other_picture_than_the_one_that_was_checked(kind: int) -> None:
    data = with_larger(kind)
    assert load_image(data).size == (40, 30)
    assert np.asarray(load_image(data)).max() == 255, "not of the upper bytes alone"
    frame = ffmpeg_frame("tiff", data, np.dtype(np.uint16), (40, 30), bool(kind))
    assert frame is not None
    assert frame.max() == 4095
    if kind:  # told nothing, it would take the other
        assert ffmpeg_frame("tiff", data, np.dtype(np.uint16), (40, 30)) is None
    assert ffmpeg_frame("tiff", data, np.dtype(np.uint16), (20, 60)) is None


def test_what_a_date_needs_is_read_and_nothing_else() -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[0x013B] = 6, "Ann Ö"
    exif[EXIF] = {0x9003: "2024:05:06 07:08:09", 0x9011: "+02:00", 0x927C: bytes(1000)}
    for kind in ("JPEG", "PNG", "WEBP"):
        data = picture(kind, exif=exif)
        found = decoded(data, lambda image, data=data: read_exif(exif_bytes(image, data)))
        assert found == Exif(6, "2024:05:06 07:08:09", "+02:00", "Ann ?"), kind


def test_a_tiff_of_16_bits_keeps_its_date() -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[0x013B], tags[EXIF] = "Ann", {0x9003: "2024:05:06 07:08:09"}
    buffer = io.BytesIO()
    Image.new("I;16", (40, 30), 40_000).save(buffer, "TIFF", tiffinfo=tags)
    _, source = decoded(buffer.getvalue(), read_source(buffer.getvalue()))
    assert (source.taken, source.artist) == ("2024:05:06 07:08:09", "Ann")
