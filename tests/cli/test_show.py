"""`show`: the grids of a card."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editor import Editor
from editor.cli import main
from tests.conftest import picture_of


def test_show_draws_what_the_domain_makes(
    tiny: Editor, tiny_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    out = tmp_path / "card"
    given = ["show", "--domain", "tiny", "--root", str(tiny_root), "--out", str(out)]
    assert main([*given, "--seeds", "4", "9"]) == 0
    assert "rows: age, smile" in capsys.readouterr().out
    side = tiny.info.resolution
    sizes = {path.name: picture_of(path).size for path in out.iterdir()}
    assert sizes == {
        "samples.jpg": (8 * side, 8 * side),
        "inversions.jpg": (12 * side, 3 * side),
        "sliders.jpg": (14 * side, 2 * side),
    }
    with Image.open(out / "samples.jpg") as sheet:
        assert sheet.format == "JPEG"
        third = np.asarray(sheet.crop((2 * side, 0, 3 * side, side)), dtype=float)
    expected = np.asarray(tiny.example(2, truncation_psi=0.7), dtype=float)
    near = np.abs(third - expected).mean()
    other = np.asarray(tiny.example(3, truncation_psi=0.7), dtype=float)
    assert near < 4 < np.abs(third - other).mean(), "seed 2 stands third, but for JPEG's rounding"
