from __future__ import annotations

import re
from pathlib import Path

import pytest

from editor.cli import main
from tests.conftest import write_noise


def test_a_dry_run_tells_the_cost_and_writes_nothing(tmp_path: Path, capsys) -> None:
    data = write_noise(tmp_path / "data", 300)
    size = ["--fmaps-base", "64", "--fmaps-max", "8", "--batch", "4"]
    g, e = tmp_path / "g", tmp_path / "e"
    common = ["train-generator", "--data", str(data), "--out", str(g), "--resolution", "8", *size]
    common += ["--fmaps-base-d", "64"]
    assert main([*common, "--kimg", "100", "--dry-run"]) == 0
    said = capsys.readouterr().out
    seconds, hours = re.search(r"([\d.]+) s a kimg, about ([\d.]+) h for 100 kimg", said).groups()
    assert float(hours) == pytest.approx(float(seconds) / 36, abs=0.06)
    assert not g.exists()
    assert main([*common, "--kimg", "0.008"]) == 0
    encoder = ["train-encoder", "--data", str(data), "--generator", str(g), "--out", str(e), *size]
    encoder += ["--heads", "single"]
    assert main([*encoder, "--kimg", "10", "--dry-run"]) == 0
    assert "loss_pix" in capsys.readouterr().out
    assert not e.exists()
