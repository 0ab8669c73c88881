"""Files that were made to do harm: refused with a typed error, nothing executed, nothing written."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from editor.errors import WeightsError
from editor.packs.convert.describe import describe_file
from editor.packs.convert.restricted import read_npy, read_pth
from editor.packs.convert.run import Sources, convert_files
from tests.reference.published import write_published


class Runs:
    """Calls a function when it is unpickled."""

    def __init__(self, function: Callable[..., Any], *args: Any) -> None:
        self.call = (function, args)

    def __reduce__(self) -> Any:
        return self.call


def _npy(payload: bytes, descr: str = "'|O'", shape: str = "()") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (118 - len(header)) + "\n" if len(header) < 118 else "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + payload


def _op(text: str) -> bytes:
    return text.encode("latin-1")


def _touch(marker: Path) -> Runs:
    return Runs(os.system, f"touch {marker}")


def _pickled(thing: Any) -> Callable[[Path, Path], None]:
    def write(path: Path, marker: Path) -> None:
        path.write_bytes(_npy(pickle.dumps(thing(marker) if callable(thing) else thing)))

    return write


def _raw(payload: bytes, **header: str) -> Callable[[Path, Path], None]:
    return lambda path, marker: path.write_bytes(_npy(payload, **header))


def _nested(marker: Path) -> Any:
    return {"boundary": np.ones((1, 4)), "meta_data": {"manipulate_layers": _touch(marker)}}


def _bomb() -> list:
    items: list = [0]
    for _ in range(12):
        items = [items] * 50
    return items


def _cycle() -> list:
    items: list = []
    items.append(items)
    return items


def _deep() -> bytes:
    return b"\x80\x02" + b"]" * 5000 + b"a" * 4999 + b"."


NPY: dict[str, Callable[[Path, Path], None]] = {
    "os.system": _pickled(_touch),
    "eval": _pickled(lambda marker: Runs(eval, f"open({str(marker)!r}, 'w')")),
    "inside the dictionary": _pickled(_nested),
    "subprocess": _raw(b"\x80\x02csubprocess\nPopen\nX\x02\x00\x00\x00ls\x85R."),
    "builtins.getattr": _raw(b"\x80\x02c__builtin__\ngetattr\n."),
    "numpy.load": _raw(b"\x80\x02cnumpy\nload\nX\x01\x00\x00\x00x\x85R."),
    "numpy memmap": _raw(b"\x80\x02cnumpy\nmemmap\nX\x01\x00\x00\x00x\x85R."),
    "a pickle in a pickle": _raw(b"\x80\x02c_pickle\nloads\nC\x02\x80\x02\x85R."),
    "another codec": _raw(
        b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00xX\x03\x00\x00\x00zip\x86R."
    ),
    "codecs.decode": _raw(b"\x80\x02c_codecs\ndecode\n."),
    "dotted name": _raw(b"\x80\x04\x8c\x05numpy\x8c\x0btesting.run\x93."),
    "an extension code": _raw(b"\x80\x02\x82\x01."),
    "a persistent id": _raw(b"\x80\x02X\x01\x00\x00\x00xQ."),
    "an array of another type": _raw(
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\ndtype\nK\x00\x85C\x01b\x87R."
    ),
    "state for a function": _raw(b"\x80\x02cnumpy\nndarray\n}b."),
    "a bare class": _raw(b"\x80\x02cnumpy\nndarray\n."),
    "an object without state": _raw(b"\x80\x02cnumpy\nndarray\n)\x81."),
    "more than it says": _pickled({"boundary": _bomb()}),
    "itself inside": _pickled({"boundary": _cycle()}),
    "deep": _raw(_deep()),
    "a memo of two billion": _raw(b"\x80\x02K\x01r\xff\xff\xff\x7f" + b"j\xfe\xff\xff\x7f."),
    "a text of four gigabytes": _raw(b"\x80\x02X\xff\xff\xff\xff."),
    "truncated pickle": _raw(pickle.dumps({"boundary": [1, 2, 3]})[:-4]),
    "truncated values": _raw(b"\x00" * 8, descr="'<f4'", shape="(1, 512)"),
    "a huge shape": _raw(b"\x00" * 8, descr="'<f4'", shape="(99999999999, 512)"),
    "texts": _raw(b"\x00" * 16, descr="'<U4'", shape="(1,)"),
    "records": _raw(b"\x00" * 8, descr="[('a', '<f4'), ('b', '<f4')]", shape="(1,)"),
    "code in the header": _raw(b"", descr="__import__('os').getcwd()"),
    "not npy": lambda path, marker: path.write_bytes(b"PK\x03\x04" + b"\x00" * 50),
    "empty": lambda path, marker: path.write_bytes(b""),
    "too large": lambda path, marker: path.write_bytes(b"\x93NUMPY" + b"\x00" * (65 * 2**20)),
}


@pytest.mark.parametrize("name", sorted(NPY))
def test_hostile_boundaries(name: str, tmp_path: Path) -> None:
    path, marker = tmp_path / "age.npy", tmp_path / "marker"
    NPY[name](path, marker)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(WeightsError, match=r"age\.npy"):
        read_npy(path)
    with pytest.raises(WeightsError):
        describe_file(path)
    assert sorted(tmp_path.iterdir()) == before


def _torch_zip(pickled: bytes, **extra: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/byteorder", "little")
        for key, value in extra.items():
            archive.writestr(f"archive/{key}", value)
    return buffer.getvalue()


def _save(thing: Any, legacy: bool = False) -> Callable[[Path, Path], None]:
    def write(path: Path, marker: Path) -> None:
        value = thing(marker) if callable(thing) else thing
        torch.save(value, path, _use_new_zipfile_serialization=not legacy)

    return write


def _deflated(path: Path, marker: Path) -> None:
    """A gigabyte of zeros in a megabyte."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}.")
        with archive.open("archive/data/0", "w", force_zip64=True) as file:
            for _ in range(256):
                file.write(b"\x00" * 2**20)


def _expanded(path: Path, marker: Path) -> None:
    """One stored number that claims to be a trillion."""
    torch.save({"weight": torch.zeros(1).expand(10**6, 10**6)}, path)


def _storage_trick(path: Path, marker: Path) -> None:
    """torch.storage._load_from_bytes unpickles what it is given, without restriction."""
    inner = io.BytesIO()
    torch.save(_touch(marker), inner)
    pickled = pickle.dumps({"weight": Runs(torch.storage._load_from_bytes, inner.getvalue())}, 2)
    path.write_bytes(_torch_zip(pickled))


def _cut(path: Path, marker: Path) -> None:
    torch.save({"weight": torch.zeros(1000)}, path)
    path.write_bytes(path.read_bytes()[:2000])


def _cut_legacy(path: Path, marker: Path) -> None:
    torch.save({"weight": torch.zeros(1000)}, path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes()[:2000])


def _module(marker: Path) -> torch.nn.Module:
    return torch.nn.Linear(2, 2)


PTH: dict[str, Callable[[Path, Path], None]] = {
    "os.system, zip": _save(_touch),
    "os.system, legacy": _save(_touch, legacy=True),
    "inside a state dict": _save(lambda m: OrderedDict(weight=torch.zeros(2), bias=_touch(m))),
    "inside a legacy state dict": _save(
        lambda m: OrderedDict(weight=torch.zeros(2), bias=_touch(m)), legacy=True
    ),
    "plain pickle": lambda path, marker: path.write_bytes(pickle.dumps(_touch(marker), 2)),
    "eval": _save(lambda m: {"a": Runs(eval, f"open({str(m)!r}, 'w')")}),
    "a storage": _storage_trick,
    "a whole network": _save(_module),
    "a zip bomb": _deflated,
    "fewer values than claimed": _expanded,
    "truncated zip": _cut,
    "truncated legacy": _cut_legacy,
    "a list": _save([torch.zeros(2)]),
    "numbers": _save({"weight": 1.0}),
    "nested dictionaries": _save({"state_dict": {"weight": torch.zeros(2)}}),
    "numbers as names": _save({1: torch.zeros(2)}),
    "sparse": _save({"weight": torch.zeros(3, 3).to_sparse()}),
    "a picture": lambda path, marker: path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 100),
    "a web page": lambda path, marker: path.write_text("<html>Quota exceeded</html>"),
    "nothing": lambda path, marker: path.write_bytes(b""),
    "a folder": lambda path, marker: path.mkdir(),
}


@pytest.mark.parametrize("name", sorted(PTH))
def test_hostile_networks(name: str, tmp_path: Path) -> None:
    path, marker = tmp_path / "generator.pth", tmp_path / "marker"
    PTH[name](path, marker)
    with pytest.raises(WeightsError, match=r"generator\.pth"):
        read_pth(path)
    files = write_published(tmp_path / "files")
    sources = Sources("evil", path, files / "encoder.pth")
    with pytest.raises(WeightsError):
        list(convert_files(sources, tmp_path / "checkpoints", tmp_path / "boundaries"))
    assert sorted(item.name for item in tmp_path.iterdir()) == ["files", "generator.pth"]


def test_the_attacks_would_work_on_an_ordinary_reader(tmp_path: Path) -> None:
    """Otherwise the cases above prove nothing."""
    marker = tmp_path / "marker"
    NPY["os.system"](tmp_path / "age.npy", marker)
    np.load(tmp_path / "age.npy", allow_pickle=True)
    assert marker.exists()
    marker.unlink()
    PTH["os.system, zip"](tmp_path / "g.pth", marker)
    torch.load(tmp_path / "g.pth", weights_only=False)
    assert marker.exists()
    marker.unlink()
    _storage_trick(tmp_path / "s.pth", marker)
    torch.load(tmp_path / "s.pth", weights_only=False)
    assert marker.exists()
