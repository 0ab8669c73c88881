from __future__ import annotations

from pathlib import Path

import pytest

from editor import Editor
from editor.cli import main
from editor.sliders.boundary_file import load_boundaries
from tests.conftest import picture_of


@pytest.fixture
def at(tiny_root: Path) -> Path:
    """The folder of the tiny pack."""
    return tiny_root


def _run(at: Path, *more: str) -> int:
    given = ["discover", "--domain", "tiny", "--root", str(at), "--out", str(at / "out")]
    return main([*given, "--count", "4", "--stops", "3", *more])


@pytest.mark.parametrize("method", ["sefa", "pca"])
def test_strips_and_sheet(at: Path, method: str, capsys) -> None:
    assert _run(at, "--method", method, "--layers", "0-1") == 0
    names = {path.name for path in (at / "out").iterdir()}
    assert names == {f"{method}_0{i}.png" for i in range(1, 5)} | {f"{method}_sheet.png"}
    assert picture_of(at / "out" / f"{method}_01.png").size == (48, 32)
    assert picture_of(at / "out" / f"{method}_sheet.png").size == (48, 64)
    assert "one direction a row" in capsys.readouterr().out
    assert not (at / "boundaries" / "tiny" / f"{method}_1.safetensors").exists()


def test_the_good_ones_are_kept(at: Path, tiny: Editor, capsys) -> None:
    assert _run(at, "--keep", "3=tilt", "1=light") == 0
    info = tiny.info
    found = load_boundaries(
        at / "boundaries" / "tiny", "tiny", info.num_ws, info.w_dim, tiny.engine.fingerprint
    )
    assert set(found) == {"smile", "age", "tilt", "light"}
    assert found["tilt"].info.facts["made"] == "discovered by sefa"
    assert found["tilt"].info.facts["strength"] <= found["light"].info.facts["strength"]
    assert _run(at, "--keep", "2=smile") == 1
    assert "already" in capsys.readouterr().err
    assert _run(at, "--keep", "2=smile", "--replace") == 0


@pytest.mark.parametrize("item", ["5=x", "0=x", "x=1", "3", "3=", "3=two words", "-1=x"])
def test_what_cannot_be_kept_is_said_first(at: Path, item: str, capsys) -> None:
    assert _run(at, f"--keep={item}") == 1
    assert "error:" in capsys.readouterr().err
    assert not (at / "out").exists()
