"""Numpy's files: what they claim is checked, and nothing is unpickled."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.lib import format as npy

from editor.arrays import read_npz
from editor.errors import MismatchError


def _npz(**arrays: object) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _claims(shape: tuple[int, ...], descr: str, body: bytes) -> bytes:
    head, buffer = io.BytesIO(), io.BytesIO()
    npy.write_array_header_1_0(head, {"descr": descr, "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("wp.npy", head.getvalue() + body)
    return buffer.getvalue()


def test_arrays_come_back() -> None:
    given = {
        "wp": np.arange(6, dtype=np.float32).reshape(2, 3),
        "names": np.array(["a", "bc"]),
        "empty": np.array([], dtype=str),
        "one": np.array("text"),
        "turned": np.asfortranarray(np.arange(6).reshape(2, 3)),
    }
    found = read_npz(_npz(**given), given, 10_000, MismatchError)
    for name, array in given.items():
        assert np.array_equal(found[name], array), name
        assert found[name].dtype == array.dtype


HOSTILE: dict[str, Callable[[], bytes]] = {
    "pickled": lambda: _npz(wp=np.array([{}], dtype=object)),
    "another name": lambda: _npz(evil=np.zeros(3)),
    "records": lambda: _npz(wp=np.zeros(3, "f4,f4")),
    "a huge shape": lambda: _claims((10**9, 512), "<f4", b"\0" * 8),
    "a shape beyond all integers": lambda: _claims((10**30,), "<f4", b"\0" * 8),
    "texts of no length": lambda: _claims((10**12,), "<U0", b""),
    "a negative shape": lambda: _claims((-1, -2), "<f4", b"\0" * 8),
    "too much": lambda: _npz(wp=np.zeros(3000)),
    "no zip": lambda: b"\x93NUMPY",
    "code in the header": lambda: _claims((1,), "__import__('os').getcwd()", b"\0" * 4),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(name: str) -> None:
    data = HOSTILE[name]()
    tracemalloc.start()
    with pytest.raises(MismatchError):
        read_npz(data, ("wp",), 10_000, MismatchError)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2e6


def test_a_bomb_is_never_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("wp.npy", "w") as part,
    ):
        for _ in range(100):
            part.write(bytes(2**20))
    assert path.stat().st_size < 200_000
    tracemalloc.start()
    with pytest.raises(MismatchError, match="larger"):
        read_npz(path, ("wp",), 64 * 2**20, MismatchError)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2e6
