"""No command answers with a traceback: full disks, files that are none, names that are no text."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editor import Editor, cli
from editor.cli import main
from editor.media.sheets import save_sheet
from editor.sliders.boundary import Boundary
from editor.training.run import RunFolder, write_text


@pytest.fixture
def home(tiny: Editor, monkeypatch) -> Editor:
    monkeypatch.setattr(Editor, "open", lambda *_, **__: tiny)
    return tiny


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(3):
        pixels = np.random.default_rng(i).integers(0, 255, (40, 30, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
    return folder


def _full(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def _command(photos: Path, out: Path) -> list[str]:
    crop = ["--crop", "0.5", "0.5", "1", "0"]
    return ["invert", str(photos), "--domain", "tiny", "--steps", "0", "--out", str(out), *crop]


def test_a_full_disk_stops_a_batch_with_one_sentence(
    home: Editor, photos: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    out = tmp_path / "out"
    assert main(_command(photos / "0.png", out)) == 0
    before = {path: path.read_bytes() for path in out.iterdir()}
    capsys.readouterr()
    monkeypatch.setattr(os, "fsync", _full)
    assert main(_command(photos, out)) == 1
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error")]
    assert errors == [
        "error: 1.npz was not saved: the disk is full (No space left on device). Make room and try again"
    ]
    assert {path: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.parametrize("kind", ["new", "save"])
def test_a_full_disk_of_a_project(
    home: Editor, photos: Path, tmp_path: Path, monkeypatch, capsys, kind: str
) -> None:
    project = tmp_path / "work.zip"
    making = ["project", "new", str(photos), "--steps", "0", "--out", str(project)]
    making += ["--crop", "0.5", "0.5", "1", "0"]
    if kind == "save":
        assert main(making) == 0
    real = os.fsync

    def full(descriptor: int) -> None:
        if str(tmp_path) in os.readlink(f"/proc/self/fd/{descriptor}"):
            _full()
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    saving = ["project", "save", str(project), "--out", str(tmp_path / "out")]
    assert main(making if kind == "new" else saving) == 1
    assert "was not saved: the disk is full" in capsys.readouterr().err
    assert {p.name for p in tmp_path.iterdir()} <= {
        *("photos", "checkpoints", "boundaries", "source", "out"),
        *(["work.zip"] if kind == "save" else []),
    }


@pytest.mark.parametrize("write", ["log", "text", "grid", "slider"])
def test_a_full_disk_of_a_training(
    write: str, tiny: Editor, tmp_path: Path, monkeypatch, capsys
) -> None:
    from editor.sliders.boundary_file import save_boundary

    folder = RunFolder(tmp_path / "run")
    slider: Boundary = tiny.sliders["smile"]
    work = {
        "log": lambda: folder.log({"kimg": 1.0}),
        "text": lambda: write_text(tmp_path / "a.json", "{}"),
        "grid": lambda: save_sheet(torch.zeros(2, 3, 4, 4), tmp_path / "a.png"),
        "slider": lambda: save_boundary(slider, tmp_path / "a.safetensors"),
    }[write]
    folder.start({})
    if write == "log":
        monkeypatch.setattr(Path, "open", _full)
    monkeypatch.setattr(os, "fsync", _full)
    monkeypatch.setattr(cli, "parser", lambda: _Parser(lambda args: work()))
    assert main([]) == 1
    assert "the disk is full (No space left on device)" in capsys.readouterr().err


class _Parser:
    """Stands in for the parser: whatever is asked for, this runs."""

    def __init__(self, run: object) -> None:
        self.run = run

    def parse_args(self, argv: object) -> argparse.Namespace:
        return argparse.Namespace(run=self.run)


def test_no_error_of_the_system_is_a_traceback(monkeypatch, capsys) -> None:
    for error, said in (
        (PermissionError(13, "Permission denied", "x.png"), "error: x.png: Permission denied"),
        (
            OSError(28, "No space left on device"),
            "error: the disk is full (No space left on device)",
        ),
        (OSError("odd"), "error: odd"),
        (MemoryError(), "error: the machine has not enough memory"),
        (torch.OutOfMemoryError("CUDA out of memory."), "error: the machine has not enough memory"),
    ):

        def run(args: object, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr(cli, "parser", lambda run=run: _Parser(run))
        assert main([]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(said)

    def wrong(args: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(cli, "parser", lambda: _Parser(wrong))
    with pytest.raises(RuntimeError, match="a fault of ours"):
        main([])


def test_a_name_that_is_no_text(home: Editor, photos: Path, tmp_path: Path, capsys) -> None:
    odd = photos / os.fsdecode(b"caf\xe9.png")
    (photos / "0.png").rename(odd)
    project = tmp_path / "work.zip"
    crop = ["--crop", "0.5", "0.5", "1", "0", "--steps", "0"]
    assert main(_command(odd, tmp_path / "out")) == 0
    assert main(["project", "new", str(odd), *crop, "--out", str(project)]) == 0
    assert main(["project", "list", str(project)]) == 0
    assert "caf?" in capsys.readouterr().out


@pytest.mark.parametrize("distance", ["inf", "nan", "1e300"])
def test_absurd_distances(
    home: Editor, photos: Path, tmp_path: Path, distance: str, capsys
) -> None:
    command = _command(photos, tmp_path / "out")
    command[0] = "edit"
    assert main([*command, "--move", f"smile={distance}"]) == 1
    assert "finite" in capsys.readouterr().err
    assert not list((tmp_path / "out").glob("*.png"))


def test_pipes_do_not_make_a_command_wait(
    home: Editor, photos: Path, tmp_path: Path, capsys
) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    for command in (
        ["teach", "mine", "--marks", str(pipe), "--domain", "tiny", "--samples", "100"],
        ["benchmark", "--from", str(pipe)],
        ["project", "list", str(pipe)],
        ["invert", str(pipe), "--out", str(tmp_path / "out")],
        ["measure-samples", "--generator", str(tmp_path), "--photos", str(pipe),
         "--features", str(pipe), "--out", str(tmp_path / "a.json")],
        ["inspect", str(pipe)],
    ):  # fmt: skip
        assert main(command) == 1, command
        assert "Traceback" not in capsys.readouterr().err
