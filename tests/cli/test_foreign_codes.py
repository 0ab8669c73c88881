"""Codes of other programs, wherever a command takes codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from editor import Editor
from editor.cli import main
from editor.cli.discover import _parse_keep
from editor.cli.foreign_codes import _free_stem
from editor.errors import OptionError
from tests.conftest import picture_of


@pytest.fixture
def at(tmp_path: Path, tiny: Editor, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with codes; commands open the tiny domain."""
    monkeypatch.setattr(Editor, "open", classmethod(lambda *_: tiny))
    codes = tiny.engine.sample([0, 1, 2])
    np.save(tmp_path / "inverted_codes.npy", codes.numpy())
    np.savez(tmp_path / "projected_w.npz", w=codes[:1].numpy())
    torch.save({"ann.jpg": codes[0], "x/ann.png": codes[1]}, tmp_path / "latents.pt")
    np.save(tmp_path / "wide.npy", np.zeros((18, 512)))
    return tmp_path


def _files(folder: Path, suffix: str) -> set[str]:
    return {path.stem for path in folder.glob(f"*{suffix}")}


def test_edit_makes_a_picture_of_every_code(at: Path, tiny: Editor, capsys) -> None:
    given = [str(at / name) for name in ("inverted_codes.npy", "projected_w.npz", "latents.pt")]
    assert main(["edit", *given, "--move", "smile=2", "--out", str(at / "out")]) == 0
    names = {f"inverted_codes_{i}" for i in (1, 2, 3)} | {"projected_w", "ann", "ann_2"}
    assert _files(at / "out", ".png") == _files(at / "out", ".npz") == names
    wanted = tiny.render(tiny.edit(tiny.engine.sample([2])[0], moves={"smile": 2.0}))
    shown = picture_of(at / "out" / "inverted_codes_3.png")
    assert shown.tobytes() == wanted.tobytes()
    assert tiny.open_code(at / "out" / "ann_2.npz").moves == (("smile", 2.0),)
    assert "does not say which generator it is of" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option",
    [["--all-faces"], ["--face", "2"], ["--turn", "90"], ["--format", "tiff"], ["--colour"]],
)
def test_what_is_for_photos_is_refused_for_codes(at: Path, capsys, option: list[str]) -> None:
    command = ["edit", str(at / "inverted_codes.npy"), "--move", "smile=1", "--out", str(at / "o")]
    assert main([*command, *option]) == 1
    assert f"{option[0]} is for photos, and only codes were given" in capsys.readouterr().err
    assert not (at / "o").exists()


def test_one_of_several_is_chosen(at: Path, capsys) -> None:
    command = ["edit", str(at / "inverted_codes.npy"), "--move", "smile=1", "--out", str(at / "o")]
    assert main([*command, "--code", "3", "1"]) == 0
    assert _files(at / "o", ".png") == {"inverted_codes_3", "inverted_codes_1"}
    assert main([*command, "--code", "4"]) == 1
    assert "has the codes 1 to 3; there is no 4" in capsys.readouterr().err


def test_interpolate_mix_and_project_take_them(at: Path, tiny: Editor) -> None:
    codes = str(at / "inverted_codes.npy")
    assert main(["interpolate", codes, "--out", str(at / "a.gif"), "--frames", "5"]) == 0
    mix = ["mix", "--content", codes, "--style", str(at / "latents.pt"), "--out", str(at / "m")]
    assert main([*mix, "--codes"]) == 0
    assert len(_files(at / "m", ".npz")) == 6
    project = str(at / "p.zip")
    assert main(["project", "new", codes, "--code", "2", "--out", project]) == 0
    assert main(["project", "add", project, str(at / "latents.pt")]) == 0
    assert main(["project", "save", project, "--out", str(at / "saved")]) == 0
    assert _files(at / "saved", ".png") == {"inverted_codes_2 edited", "ann edited", "ann_2 edited"}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["edit", "wide.npy", "--move", "smile=1", "--out", "o"], "of a generator of 1024 px"),
        (["interpolate", "projected_w.npz", "--out", "a.gif"], "at least two are needed"),
        (["edit", "projected_w.npz", "--move", "smile=1", "--out", "."], "would be overwritten"),
        (["mix", "--content", "wide.npy", "--style", "wide.npy", "--out", "m"], "6 layers of 8"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_written(
    at: Path, command: list[str], said: str, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(at)
    before = {path.name: path.read_bytes() for path in at.iterdir() if path.is_file()}
    assert main(command) == 1
    assert said in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in at.iterdir() if path.is_file()} == before


def test_a_second_run_finds_what_is_done(at: Path, tiny: Editor, capsys) -> None:
    """A code is known by its file and its number, wherever it lies while the command runs."""
    codes, out = at / "latents.pt", at / "out"
    command = ["edit", str(codes), "--move", "smile=1", "--out", str(out)]
    assert main([*command, "--code", "2"]) == 0
    assert _files(out, ".png") == {"ann_2"}
    capsys.readouterr()
    assert main(command) == 0
    assert "1 were done before" in capsys.readouterr().out
    assert main(command) == 0
    assert "2 were done before" in capsys.readouterr().out
    torch.save({"ann.jpg": tiny.engine.sample([7])[0]}, codes)
    assert main(command) == 0
    assert "done before" not in capsys.readouterr().out


def test_results_are_of_names_that_any_disk_takes_and_tells_apart(at: Path, tiny: Editor) -> None:
    codes = tiny.engine.sample([0, 1, 2, 3, 4, 5])
    names = ("Ann.jpg", "ann.jpg", "con.jpg", "\U00020000" * 60, "ANN.jpg", "here.jpg")
    np.save(at / "named.npy", dict(zip(names, codes.numpy(), strict=True)), allow_pickle=True)
    tiny.save_code(tiny.sample(0), at / "here.npz")
    given = [str(at / "named.npy"), str(at / "here.npz"), str(at / "named.npy")]
    assert main(["edit", *given, "--move", "smile=1", "--out", str(at / "out")]) == 0
    wanted = {"Ann", "ann_2", "ANN_3", "_con", "here", "here_2", "\U00020000" * 20}
    assert _files(at / "out", ".png") == wanted


@pytest.mark.parametrize(
    "command",
    [
        ["edit", "own.npz", "photo.png", "--move", "smile=1", "--out", "o"],
        ["interpolate", "own.npz", "photo.png", "--out", "a.gif"],
        ["mix", "--content", "own.npz", "--style", "photo.png", "--out", "m"],
        ["project", "new", "photo.png", "--out", "p.zip"],
        ["project", "add", "gone.zip", "own.npz"],
    ],
)
def test_a_number_of_a_code_is_refused_where_there_is_nothing_to_choose(
    at: Path, tiny: Editor, command: list[str], capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(at)
    tiny.save_code(tiny.sample(0), at / "own.npz")
    tiny.example(0).save(at / "photo.png")
    assert main([*command, "--code", "1"]) == 1
    assert "--code chooses among the codes of a file of another" in capsys.readouterr().err
    assert not {"o", "a.gif", "m", "p.zip"} & {path.name for path in at.iterdir()}


def test_names_that_differ_in_case_alone_are_told_apart() -> None:
    taken: dict[str, int] = {}
    names = [_free_stem(name, taken) for name in ("Ann", "ann", "ann_2")]
    assert names == ["Ann", "ann_2", "ann_2_2"]
    with pytest.raises(OptionError, match="two directions would be called 'Tilt'"):
        _parse_keep(["1=tilt", "2=Tilt"], 3)
