"""Small files that would cost much memory or time: each is over soon, in a process that is limited."""

from __future__ import annotations

import io
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.packs.test_hostile import _npy, _torch_zip
from tests.packs.test_hostile_stylegan2 import _Bytes, _Tensor
from tests.reference.network_pickle import Part, network_pickle

if sys.platform != "linux":
    pytest.skip("memory is limited by Linux", allow_module_level=True)

from tests.packs.limited import Limited, limited

MOST_S, MOST_MB = 5.0, 400.0  # of a file; the longest that is known is named in docs/security.md
Write = Callable[[Path], Any]


def _text(text: str) -> bytes:
    data = text.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def _kept(number: int) -> bytes:
    return b"r" + struct.pack("<I", number)


def _again(number: int) -> bytes:
    return b"j" + struct.pack("<I", number)


def _doubled_key() -> bytes:
    """A tuple of itself twice, sixty times over, whose hash takes 2⁶⁰ steps."""
    return b"\x80\x02}NN\x86q\0" + b"0h\0h\0\x86q\0" * 60 + b"K\x01s."


def _doubled_list() -> bytes:
    return b"\x80\x02}" + _text("w") + b"]q\0" + b"0h\0h\0\x86q\0" * 60 + b"s."


def _calls(name: bytes, given: bytes, count: int) -> bytes:
    """One call of a name, many times with the same arguments, whose results are kept."""
    call = _again(1) + _again(2) + b"R"
    return b"\x80\x02" + name + _kept(1) + b"0" + given + _kept(2) + b"0](" + call * count + b"e."


def _encoded() -> bytes:
    return _calls(b"c_codecs\nencode\n", _text("é" * 5 * 10**6) + _text("latin1") + b"\x86", 2000)


def _members() -> bytes:
    entries = b"](" + b"K\x01" * 250_000 + b"e\x85"
    return _calls(b"ctorch\nSize\n", entries, 60_000)


def _equal_keys() -> bytes:
    """Two long texts that are equal, and are compared each time that one takes the other's place."""
    text = _text("k" * 6 * 10**6)
    first, second = text + _kept(1) + b"0", text + _kept(2) + b"0"
    return (
        b"\x80\x02"
        + first
        + second
        + b"}"
        + (_again(1) + b"Ns" + _again(2) + b"Ns") * 200_000
        + b"."
    )


def _number_key() -> bytes:
    number = b"\x8b" + struct.pack("<I", 10**7) + b"\1" * 10**7
    return b"\x80\x02" + number + _kept(1) + b"0}" + (_again(1) + b"Ns") * 400_000 + b"."


def _bytearray() -> bytes:
    return (
        b"\x80\x02cbuiltins\nbytearray\n\x8a\x05" + (20 * 10**9).to_bytes(5, "little") + b"\x85R."
    )


def _views() -> bytes:
    """Tensors without end of a storage of no values."""
    kind, zero = b"ctorch\nFloatStorage\n", b"K\0"
    storage = b"(" + _text("storage") + kind + _text("0") + _text("cpu") + zero + b"tQ"
    given = b"(" + storage + zero + zero + b"\x85K\1\x85\x89Nt"
    return _calls(b"ctorch._utils\n_rebuild_tensor_v2\n", given, 160_000)


def _wide_text() -> bytes:
    """Letters of one byte in the file and four in memory, as one among them is wide."""
    return b"\x80\x02" + _text("\U0001f600" + "k" * 63 * 10**6) + b"."


PICKLES: dict[str, Callable[[], bytes]] = {
    "a key that doubles": _doubled_key,
    "a list that doubles": _doubled_list,
    "a text that is encoded two thousand times": _encoded,
    "a list that is copied sixty thousand times": _members,
    "long keys that are equal": _equal_keys,
    "a number of ten million bytes as a key": _number_key,
    "a bytearray of 20 GB": _bytearray,
    "sixty million lists": lambda: b"\x80\x02" + b"]" * (60 * 10**6) + b".",
    "half a million sets": lambda: b"\x80\x04(" + b"\x8f" * 499_000 + b"t.",
    "lists in lists": lambda: b"\x80\x02" + b"]" * 400 + b"a" * 399 + b".",
    "a list in itself": lambda: b"\x80\x02]q\0h\0a.",
    "a state for a function": lambda: b"\x80\x02c_codecs\nencode\n}" + _text("x") + b"Nsb.",
}


@pytest.fixture(scope="module")
def reader() -> Iterator[Limited]:
    with limited() as program:
        yield program


def soon(found: dict[str, Any]) -> None:
    assert found["ended"] in ("refused", "read"), found
    assert found["s"] < MOST_S, found
    assert found["mb"] < MOST_MB, found
    assert len(found["said"]) < 600, found


def _legacy(pickled: bytes) -> bytes:
    """An older file of torch, whose pickle is another."""
    file = io.BytesIO()
    torch.save(7, file, _use_new_zipfile_serialization=False)
    return file.getvalue().replace(b"\x80\x02K\x07.", pickled)


@pytest.mark.parametrize("kind", [".npy", ".pt", "legacy .pt", ".pkl"])
@pytest.mark.parametrize("name", list(PICKLES))
def test_pickles_that_swell(name: str, kind: str, tmp_path: Path, reader: Limited) -> None:
    data = PICKLES[name]()
    wrapped = {".npy": _npy, ".pt": _torch_zip, "legacy .pt": _legacy, ".pkl": bytes}[kind](data)
    path = tmp_path / f"x.{kind.rpartition('.')[2]}"
    path.write_bytes(wrapped)
    for how in ("network",) if kind == ".pkl" else ("arrays", "directions", "codes"):
        found = reader.read(how, path)
        soon(found)
        assert found["ended"] == "refused", found


def _layers(said: Any) -> Write:
    boundary = {"boundary": np.ones((1, 8)), "meta_data": {"manipulate_layers": said}}
    return lambda path: np.save(path, np.array(boundary), allow_pickle=True)


def _index(path: Path) -> None:
    """A zip of 120 MB that is all index."""
    entry = b"PK\x01\x02" + b"\0" * 24 + struct.pack("<H", 4) + b"\0" * 16
    entries = b"".join(entry + b"%04x" % (i % 2**16) for i in range(2_400_000))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, len(entries), 4, 0)
    path.write_bytes(b"PK\x03\x04" + entries + end)


def _index_64(path: Path) -> None:
    _index(path)
    data = path.read_bytes()[:-22]
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, len(data) - 4, 4)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(data), 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 0, 0, 0)
    path.write_bytes(data + record + locator + end)


def _wide_codes(path: Path) -> None:
    """Single codes of half precision, which become 36 times as large."""
    arrays = {f"{i}.jpg": np.ones((6500, 1, 512), np.float16) for i in range(9)}
    np.save(path, np.array(arrays), allow_pickle=True)


def _one_storage(path: Path) -> None:
    """Ten thousand tensors of one value of a storage of 20 MB, read by as many calls."""
    file = io.BytesIO()
    storage = torch.zeros(5 * 2**20)._typed_storage()
    torch.save(storage, file, _use_new_zipfile_serialization=False)
    data, root = file.getvalue(), Part("Generator")
    for i in range(10_000):
        root._parameters[f"p{i}"] = _Tensor(_Bytes(data), i, (1,), (1,))  # type: ignore[assignment]
    path.write_bytes(network_pickle(root))


def _empty_storage(path: Path) -> None:
    """A pickle of torch's older files that claims values of 20 GB."""
    file = io.BytesIO()
    torch.save(torch.zeros(7), file, _use_new_zipfile_serialization=False)
    count = b"J" + struct.pack("<i", 2**31 - 1) + b"N"
    path.write_bytes(file.getvalue().replace(b"K\x07N", count))


OTHERS: dict[str, tuple[str, str, str, Write]] = {
    "a wide text": (
        *("arrays", "read", "x.npy"),
        lambda path: path.write_bytes(_npy(_wide_text())),
    ),
    "infinite layers": ("directions", "refused", "x.npy", _layers([float("inf")])),
    "layers of a huge number": ("directions", "refused", "x.npy", _layers(10**5000)),
    "layers of a long text": ("directions", "refused", "x.npy", _layers("1," * 10**7)),
    "layers of one long text among others": (
        *("directions", "refused", "x.npy"),
        _layers(["1" * 10**6] + ["1"] * 90_000),
    ),
    "layers of many numbers": ("directions", "refused", "x.npy", _layers(list(range(90_000)))),
    "an index of 120 MB": ("own", "refused", "x.npz", _index),
    "an index of 120 MB in a torch file": ("checkpoint", "refused", "x.pt", _index),
    "an index of 120 MB and 64 bits": ("checkpoint", "refused", "x.pt", _index_64),
    "58,500 codes": ("codes", "refused", "x.npy", _wide_codes),
    "one storage of ten thousand tensors": ("network", "read", "x.pkl", _one_storage),
    "tensors by the hundred thousand": (
        *("checkpoint", "refused", "x.pt"),
        lambda path: path.write_bytes(_torch_zip(_views(), **{"data/0": b""})),
    ),
    "values that are not there": ("arrays", "refused", "x.pt", _empty_storage),
    "bits": (
        *("arrays", "refused", "x.pt"),
        lambda path: torch.save(torch.zeros(8, dtype=torch.uint8).view(torch.bits8), path),
    ),
    "numbers of 4 bits": (
        *("arrays", "refused", "x.pt"),
        lambda path: torch.save(torch.zeros(8).byte().view(torch.float4_e2m1fn_x2), path),
    ),
}


@pytest.mark.parametrize("name", list(OTHERS))
def test_other_files_that_swell(name: str, tmp_path: Path, reader: Limited) -> None:
    how, ended, file, write = OTHERS[name]
    write(tmp_path / file)
    found = reader.read(how, tmp_path / file)
    soon(found)
    assert found["ended"] == ended, found


def test_the_limits_hold(tmp_path: Path, reader: Limited) -> None:
    """Otherwise the cases above prove nothing: a plain array of 64 MB needs what it has, and no more."""
    np.save(tmp_path / "x.npy", np.zeros((2**21, 6), np.float32))
    found = reader.read("arrays", tmp_path / "x.npy")
    assert found["ended"] == "read"
    assert 40 < found["mb"] < MOST_MB
