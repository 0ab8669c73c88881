from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from editor import Editor
from editor.cli import main
from editor.packs.tensors import read_header
from editor.sliders.boundary_file import load_boundaries

OWN = "boundaries/tiny/age.safetensors"


@pytest.fixture
def at(tiny_root: Path) -> Path:
    """The folder of the tiny pack, with files of directions beside it."""
    rng = np.random.default_rng(0)
    torch.save(torch.from_numpy(rng.normal(size=(1, 8))).float(), tiny_root / "pose.pt")
    np.save(tiny_root / "gender_boundary.npy", rng.normal(size=(6, 8)))
    torch.save({"eigvec": torch.eye(8)}, tiny_root / "factor.pt")
    np.save(tiny_root / "wide.npy", np.ones((1, 512)))
    return tiny_root


def _run(at: Path, *given: str) -> int:
    files = [str(at / one) if (at / one).is_file() else one for one in given]
    return main(["import-slider", *files, "--domain", "tiny", "--root", str(at)])


def _names(at: Path) -> set[str]:
    return {path.stem for path in (at / "boundaries" / "tiny").iterdir()}


def test_files_become_sliders_by_their_names(at: Path, tiny: Editor, capsys) -> None:
    assert _run(at, "pose.pt", "gender_boundary.npy") == 0
    assert _names(at) == {"smile", "age", "pose", "gender"}
    told = capsys.readouterr()
    assert "pose.safetensors: range -" in told.out
    info = tiny.info
    found = load_boundaries(
        at / "boundaries" / "tiny", "tiny", info.num_ws, info.w_dim, tiny.engine.fingerprint
    )
    assert found["pose"].info.facts["made"] == "imported from pose.pt"
    assert found["pose"].info.response, "scaled by what it does to pictures"
    header = read_header(at / "boundaries" / "tiny" / "pose.safetensors")
    assert header["generator"] == "", "never stamped as fitted for this generator"
    assert _run(at, "pose.pt") == 1
    assert "has a slider 'pose' already" in capsys.readouterr().err
    assert _run(at, "pose.pt", "--replace") == 0
    edit = ["edit", "--move", "pose=1", "--domain", "tiny", "--root", str(at), "--out"]
    tiny.save_code(tiny.sample(0), at / "a.npz")
    assert main([*edit, str(at / "out"), str(at / "a.npz")]) == 0


def test_the_list_saves_nothing(at: Path, capsys) -> None:
    assert _run(at, "factor.pt", "pose.pt", "--layers", "1-2", "--list") == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line[:4].strip()]
    assert len(lines) == 9
    assert "8  factor 8 (factor.pt): layers 1…2, alignment" in lines[7]
    assert _names(at) == {"smile", "age"}


def test_some_of_many_are_kept(at: Path) -> None:
    assert _run(at, "factor.pt", "--keep", "3=tilt", "1=light", "--layers", "0-2") == 0
    assert _names(at) == {"smile", "age", "tilt", "light"}


def test_a_slider_of_this_editor_is_imported_too(at: Path) -> None:
    own = at / "boundaries" / "tiny" / "age.safetensors"
    assert _run(at, str(own), "--name", "years") == 0
    assert _names(at) == {"smile", "age", "years"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["factor.pt"], "8 directions that nobody named; choose with --keep NUMBER=NAME"),
        (["factor.pt", "--name", "a"], "8 directions and one --name"),
        (["pose.pt", "--name", "two words"], "no name for a slider"),
        (["pose.pt", "--keep", "2=a"], "a number of 1…1"),
        (["pose.pt", "--keep", "1=a", "--name", "a"], "give one of them"),
        (["factor.pt", "--keep", "1=a", "2=a"], "two directions would be called 'a'"),
        (["pose.pt", "--layers", "9"], "lie outside 0…5"),
        (
            ["pose.pt", OWN, "--layers", "0-1"],
            "age.safetensors is a slider of this editor, which says its",
        ),
        ([OWN, "--name", "a", "--layers", "0-1", "--list"], "leave out --layers"),
        (["wide.npy"], "'tiny' has codes of 6 layers of 8 values"),
        (["pose.pt", "wide.npy"], "wide.npy: 'wide' has shape (1, 512)"),
        (["gone.npy"], "gone.npy cannot be read"),
        (["pose.pt", "--name", "smile"], "has a slider 'smile' already"),
        (["factor.pt", "--keep", "1=up", "2=Up"], "would be called 'up'"),
    ],
)
def test_what_cannot_be_imported_is_said_before_anything_is_saved(
    at: Path, given: list[str], said: str, capsys
) -> None:
    assert _run(at, *given) == 1
    assert said in capsys.readouterr().err
    assert _names(at) == {"smile", "age"}


def test_a_direction_that_does_not_fit_is_warned_of(tmp_path: Path, capsys) -> None:
    """Of a shipped pack: a random direction is doubted, one of its own codes is not."""
    editor = Editor.open("faces64", "cpu")
    np.save(tmp_path / "other.npy", np.random.default_rng(0).normal(size=(1, 256)))
    torch.save(editor.boundaries["smile"].normal[:1], tmp_path / "own.pt")
    files = [str(tmp_path / name) for name in ("other.npy", "own.pt")]
    assert main(["import-slider", *files, "--domain", "faces64", "--list"]) == 0
    other, own = capsys.readouterr().out.split("own.pt")
    assert "likely of another generator" in other
    assert "likely of another generator" not in own
