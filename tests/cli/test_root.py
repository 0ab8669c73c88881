"""`--root`: packs and sliders of another folder, read and written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from editor import Editor
from editor.cli import main, parser
from editor.cli.train_aligner import known_alignment
from editor.errors import PackError, TrainingError
from editor.geometry import FFHQ
from editor.packs.domain_pack import DomainPack
from editor.packs.info import read_info
from editor.sliders.fit import stages

ROOT = "elsewhere"


@pytest.mark.parametrize(
    "command",
    [
        ["align", "{code}"],
        ["invert", "{code}"],
        ["edit", "{code}", "--move", "smile=1"],
        ["interpolate", "{code}", "{code}"],
        ["mix", "--content", "{code}", "--style", "{code}"],
        ["diffuse", "--target", "{code}", "--context", "{code}"],
        ["project", "new", "{code}"],
        ["teach", "mine", "--ask", "asked"],
        ["discover"],
        ["show"],
        ["evaluate", "--photos", "p"],
        ["fit-verdict", "--photos", "p", "--test-photos", "p"],
        ["measure-aligner", "--photos", "p"],
    ],
    ids=lambda command: command[0],
)
def test_every_command_opens_the_pack_of_the_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    seen = []

    def opened(*given: object) -> Editor:
        seen.append(given)
        raise PackError("no further")

    monkeypatch.setattr(Editor, "open", opened)
    (tmp_path / "code.npz").write_bytes(b"")
    out = {"interpolate": "x.png", "project": "x.zip", "teach": "x.safetensors"}
    argv = [word.format(code=tmp_path / "code.npz") for word in command]
    argv += ["--out", str(tmp_path / out.get(command[0], "x"))]
    assert main([*argv, "--domain", "tiny", "--root", ROOT, "--device", "cpu"]) == 1
    root = Path(ROOT)
    assert seen == [("tiny", "cpu", root / "checkpoints", root / "boundaries")]


def test_a_project_is_opened_with_the_pack_of_the_root(
    tiny_root: Path, tiny: Editor, capsys: pytest.CaptureFixture[str]
) -> None:
    code = tiny_root / "code.npz"
    tiny.save_code(tiny.sample(1), code)
    project, root = str(tiny_root / "p.zip"), ["--root", str(tiny_root)]
    assert main(["project", "new", str(code), "--domain", "tiny", *root, "--out", project]) == 0
    assert main(["project", "move", project, *root, "--move", "smile=1"]) == 0
    assert main(["project", "add", project, str(code), *root]) == 0
    capsys.readouterr()
    assert main(["project", "list", project, *root]) == 0
    assert "domain tiny" in capsys.readouterr().out
    assert main(["project", "list", project]) == 1
    assert "'tiny' was not found" in capsys.readouterr().err


def test_boundaries_are_fitted_for_the_root(
    tiny_root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from editor.cli import progress

    seen = []

    def fit(pack: DomainPack, *given: object) -> None:
        seen.append((pack.path, given[3]))
        raise TrainingError("no further")

    monkeypatch.setattr(stages, "fit_boundaries", fit)
    monkeypatch.setattr(progress, "load_data", lambda *_: [])
    command = ["fit-boundaries", "--domain", "tiny", "--root", str(tiny_root), "--data", "d"]
    assert main([*command, "--attributes", "smile", "--device", "cpu"]) == 1
    assert "no further" in capsys.readouterr().err
    assert seen == [(tiny_root / "checkpoints" / "tiny", tiny_root / "boundaries" / "tiny")]


def test_an_aligner_takes_the_squares_of_the_pack_in_the_root(tiny_root: Path) -> None:
    file = tiny_root / "checkpoints" / "tiny" / "domain.json"
    info = read_info("tiny", tiny_root / "checkpoints")
    file.write_text(replace(info, alignment=FFHQ).to_json())
    command = ["train-aligner", "--data", "d", "--out", "o", "--domain", "tiny"]
    args = parser().parse_args([*command, "--root", str(tiny_root)])
    assert known_alignment(args) == FFHQ
    assert known_alignment(parser().parse_args(command)) is None
