"""`measure-samples`: which photos count."""

from __future__ import annotations

from pathlib import Path

import pytest

from editor.cli import main, progress
from editor.errors import TrainingError


@pytest.mark.parametrize(
    ("given", "left_out"),
    [
        ([], {"unusable": 0.6}),
        (["--exclude"], {}),
        (["--exclude", "blurry=0.3", "unusable=1"], {"blurry": 0.3, "unusable": 1.0}),
    ],
)
def test_what_is_left_out_is_an_option(
    tiny_root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: list[str],
    left_out: dict[str, float],
) -> None:
    seen = []

    def load(source: Path, resolution: int, exclude: dict[str, float]) -> None:
        seen.append((source, resolution, exclude))
        raise TrainingError("no further")

    monkeypatch.setattr(progress, "load_with_bar", load)
    pack = str(tiny_root / "checkpoints" / "tiny")
    command = ["measure-samples", "--generator", pack, "--photos", "p", "--features", "f"]
    assert main([*command, "--out", str(tiny_root / "x.json"), *given]) == 1
    assert "no further" in capsys.readouterr().err
    assert seen == [(Path("p"), 16, left_out)]
    assert main([*command, "--out", "x.json", "--exclude", "blurry"]) == 1
    assert "NAME=BOUND" in capsys.readouterr().err
