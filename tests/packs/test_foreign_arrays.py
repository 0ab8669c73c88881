"""Files of other programs: read as data, bounded, and nothing in them is executed."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from editor import Editor
from editor.errors import EditorError, WeightsError
from editor.packs.convert.foreign_arrays import read_foreign
from editor.sliders.imported import read_directions
from tests.packs.test_hostile import Runs, _bomb, _cycle, _npy, _torch_zip

NAMES = {".npy": "x.npy", ".npz": "x.npz", ".pt": "x.pt"}
Writer = Callable[[Path, Path], None]


def _touch(marker: Path) -> Runs:
    return Runs(os.system, f"touch {marker}")


def _save(thing: Any, legacy: bool = False) -> Writer:
    def write(path: Path, marker: Path) -> None:
        value = thing(marker) if callable(thing) else thing
        torch.save(value, path, _use_new_zipfile_serialization=not legacy)

    return write


def _pickled(thing: Any) -> Writer:
    def write(path: Path, marker: Path) -> None:
        path.write_bytes(_npy(pickle.dumps(thing(marker) if callable(thing) else thing)))

    return write


def _bytes(data: bytes) -> Writer:
    return lambda path, marker: path.write_bytes(data)


def _zip(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(f"{name}.npy", data)
    return buffer.getvalue()


def _array(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def _one_array_named_often() -> list[Any]:
    return [np.zeros(2**20, np.float32)] * 1000


def _many(path: Path, marker: Path) -> None:
    """A tensor of 40 MB that a list names a thousand times."""
    torch.save([torch.zeros(10 * 2**20)] * 1000, path)


HOSTILE: dict[str, tuple[str, Writer]] = {
    "os.system in an array": (".npy", _pickled(_touch)),
    "os.system in a dictionary": (
        ".npy",
        _pickled(lambda m: {"a.jpg": np.ones((1, 8)), "b.jpg": _touch(m)}),
    ),
    "os.system in an archive": (
        ".npz",
        lambda path, marker: path.write_bytes(_zip(w=_npy(pickle.dumps(_touch(marker))))),
    ),
    "os.system in a torch file": (".pt", _save(_touch)),
    "os.system in an old torch file": (".pt", _save(_touch, legacy=True)),
    "os.system beside tensors": (".pt", _save(lambda m: {"a": torch.ones(8), "b": _touch(m)})),
    "eval by a name": (
        ".pt",
        lambda path, marker: path.write_bytes(_torch_zip(b"\x80\x02c__builtin__\neval\n.")),
    ),
    "a whole network": (".pt", _save(lambda m: torch.nn.Linear(2, 2))),
    "an object array in an archive": (".npz", _bytes(_zip(w=_array(np.array([{}], object))))),
    "an array that is named a thousand times": (
        ".npy",
        _pickled(lambda m: _one_array_named_often()),
    ),
    "a tensor that is named a thousand times": (".pt", _many),
    "a tensor of a trillion": (".pt", _save({"w": torch.zeros(1).expand(10**6, 10**6)})),
    "a list of lists": (".npy", _pickled(lambda m: _bomb())),
    "a torch list of lists": (".pt", _save(lambda m: _bomb())),
    "a list in itself": (".npy", _pickled(lambda m: _cycle())),
    "a huge shape": (".npy", _bytes(_npy(b"\0" * 8, "'<f4'", "(99999999999, 8)"))),
    "a huge shape in an archive": (
        ".npz",
        _bytes(_zip(w=_npy(b"\0" * 8, "'<f4'", "(99999999999, 8)"))),
    ),
    "a gigabyte of zeros": (".npz", _bytes(_zip(w=b"\0" * (80 * 2**20)))),
    "complex numbers": (".pt", _save(torch.ones(8, dtype=torch.complex64))),
    "sparse": (".pt", _save(torch.eye(8).to_sparse())),
    "texts": (".npy", _bytes(_array(np.array(["a", "b"])))),
    "records": (".npy", _bytes(_npy(b"\0" * 8, "[('a', '<f4'), ('b', '<f4')]", "(1,)"))),
    "code in the header": (".npy", _bytes(_npy(b"", "__import__('os').getcwd()"))),
    "a cut file": (".pt", _bytes(_torch_zip(b"\x80\x02}.")[:-30])),
    "a picture": (".npy", _bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)),
    "a web page": (".pt", _bytes(b"<html>Quota exceeded</html>")),
    "nothing": (".npy", _bytes(b"")),
    "a folder": (".pt", lambda path, marker: path.mkdir()),
    "a file of 65 MB": (".npy", _bytes(b"\x93NUMPY" + b"\0" * (65 * 2**20))),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_files_of_directions_and_codes(name: str, tmp_path: Path, tiny: Editor) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    suffix, write = HOSTILE[name]
    path, marker = folder / NAMES[suffix], folder / "marker"
    write(path, marker)
    for read in (
        read_foreign,
        lambda path: read_directions(tiny.engine, path),
        lambda path: tiny.open_codes(path),
    ):
        with pytest.raises(WeightsError) as told:
            read(path)
        assert "\n" not in str(told.value)
        assert [item.name for item in folder.iterdir()] == [path.name]
    assert str(folder) not in str(told.value), "where a file lies is not a stranger's business"


def test_the_attacks_would_work_on_an_ordinary_reader(tmp_path: Path) -> None:
    """Otherwise the cases above prove nothing."""
    for name, read in (
        ("os.system in a dictionary", lambda path: np.load(path, allow_pickle=True)),
        ("os.system in an archive", lambda path: np.load(path, allow_pickle=True)["w"]),
        ("os.system beside tensors", lambda path: torch.load(path, weights_only=False)),
    ):
        path, marker = tmp_path / f"x{HOSTILE[name][0]}", tmp_path / "marker"
        HOSTILE[name][1](path, marker)
        with_marker = read(path)
        assert with_marker is not None
        assert marker.exists(), name
        marker.unlink()


VALUES = np.random.default_rng(0).normal(size=(6, 8))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["npy", "dictionary", "npz", "pt"])
def test_arrays_come_as_they_were_saved(kind: str, order: Any, dtype: type, tmp_path: Path) -> None:
    given, path = np.asarray(VALUES, dtype, order), tmp_path / "x"
    with path.open("wb") as file:
        if kind == "npy":
            np.save(file, given)
        elif kind == "dictionary":
            np.save(file, np.array({"w": given}))
        elif kind == "npz":
            np.savez(file, w=given)
        else:
            torch.save({"w": torch.from_numpy(given)}, file)
    found = read_foreign(path)
    array = found if kind == "npy" else found["w"]
    assert array.shape == (6, 8)
    np.testing.assert_array_equal(array, given)


def test_activations_beside_directions_are_not_unpacked(tmp_path: Path) -> None:
    """GANSpace keeps both in one file; the activations of a layer may be thousands of times as many."""
    path = tmp_path / "pca.npz"
    np.savez_compressed(path, act_comp=np.zeros((4, 8)), lat_comp=np.ones((4, 1, 8)))
    assert list(read_foreign(path)) == ["lat_comp"]


def test_refusals_are_typed_and_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(EditorError, match=r"gone\.npy cannot be read"):
        read_foreign(tmp_path / "gone.npy")
