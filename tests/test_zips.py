"""What a zip's index claims; the project's own tests hold the rest of the hostile files."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from editor.errors import InputError, ProjectError
from editor.zips import checked_zip, read_part


def _zip(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _read(source: bytes | Path, most: int = 1000, parts: int = 3) -> dict[str, bytes]:
    with checked_zip(source, most, parts, lambda name: 900, ProjectError) as (archive, items):
        return {item.filename: read_part(archive, item, ProjectError) for item in items}


def test_sound_zips_are_read(tmp_path: Path) -> None:
    data = _zip(a=b"1" * 900, b=b"2")
    assert _read(data) == {"a": b"1" * 900, "b": b"2"}
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    assert _read(path) == _read(data)
    commented = io.BytesIO(data)
    with zipfile.ZipFile(commented, "a") as archive:
        archive.comment = b"made by hand"
    assert _read(commented.getvalue()) == _read(data)


def test_claims_beyond_the_limits_are_refused() -> None:
    for data, said in (
        (_zip(a=b"1" * 901), "'a' is larger"),
        (_zip(a=b"1" * 600, b=b"2" * 600), "'b' is larger"),
        (_zip(a=b"", b=b"", c=b"", d=b""), "4 parts are too many"),
        (b"x" * 10_000, "larger than"),
        (b"x", "no index"),
    ):
        with pytest.raises(ProjectError, match=said):
            _read(data)


def test_a_part_that_is_longer_than_it_claims_is_cut_off_and_refused() -> None:
    data = bytearray(_zip(a=b"1" * 500))
    at = data.index(b"PK\x01\x02") + 24
    assert struct.unpack_from("<L", data, at) == (500,)
    struct.pack_into("<L", data, at, 100)
    with pytest.raises(ProjectError, match="damaged"):
        _read(bytes(data))


def test_an_index_of_64_bits_is_refused() -> None:
    data = _zip(a=b"1")
    end = data.rindex(b"PK\x05\x06")
    large = data[:end] + b"PK\x06\x07" + bytes(16) + data[end:]
    with pytest.raises(InputError, match="index"):
        _read(large)
