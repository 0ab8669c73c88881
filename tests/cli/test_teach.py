from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editor import Editor
from editor.cli import main
from editor.sliders.boundary_file import load_boundary
from tests.conftest import picture_of


@pytest.fixture
def at(tiny_root: Path) -> Path:
    """The folder of the tiny pack."""
    return tiny_root


def _teach(at: Path, *given: str) -> int:
    return main(["teach", *given, "--domain", "tiny", "--root", str(at)])


def _photos(folder: Path, seeds: range, gain: float, editor: Editor) -> Path:
    folder.mkdir()
    for seed in seeds:
        pixels = np.asarray(editor.example(seed), dtype=np.float32) * gain
        image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
        image.resize((64, 64), Image.Resampling.NEAREST).save(folder / f"{seed}.png")
    return folder


@pytest.fixture
def has(at: Path, tiny: Editor) -> Path:
    return _photos(at / "has", range(8), 1.0, tiny)


@pytest.fixture
def has_not(at: Path, tiny: Editor) -> Path:
    return _photos(at / "has_not", range(8), 0.4, tiny)


FEW = ["--samples", "100"]


def _load(path: Path, editor: Editor):
    info = editor.info
    return load_boundary(path, "tiny", info.num_ws, info.w_dim, editor.engine.fingerprint)


def test_two_folders(at: Path, tiny: Editor, has: Path, has_not: Path, capsys) -> None:
    (has / "bad.png").write_text("no picture")
    strip = at / "strip.png"
    given = ["bright", "--has", str(has), "--has-not", str(has_not), *FEW]
    assert _teach(at, *given, "--strip", str(strip), "--independent-of", "age") == 0
    said = capsys.readouterr()
    assert "8 have it, 8 have not: right on" in said.out
    assert "bad.png" in said.err
    path = at / "boundaries" / "tiny" / "bright.safetensors"
    slider = _load(path, tiny)
    assert slider.info.facts["independent_of"] == ["age"]
    assert slider.info.accuracy is not None
    assert slider.info.accuracy > 0.8
    assert picture_of(strip).size == (7 * 16, len(tiny.info.example_seeds) * 16)
    before = path.read_bytes()
    assert _teach(at, *given) == 1
    assert "already" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert _teach(at, *given, "--replace") == 0
    assert path.read_bytes() != before


def test_pairs(at: Path, tiny: Editor, has: Path, has_not: Path, capsys) -> None:
    (has_not / "7.png").unlink()
    out = at / "own.safetensors"
    given = ["bright", "--pairs", str(has_not), str(has)]
    assert _teach(at, *given, "--out", str(out), "--title", "More light", "--layers", "0-2") == 0
    said = capsys.readouterr().out
    assert "left out: 7" in said
    assert "7 pairs" in said
    info = _load(out, tiny).info
    assert (info.title, info.layers, info.facts["pairs"]) == ("More light", (0, 1, 2), 7)
    assert _teach(at, *given, "--out", str(out)) == 1
    assert "exists" in capsys.readouterr().err


def test_marks_and_what_to_mark_next(at: Path, tiny: Editor, capsys) -> None:
    asked = at / "ask"
    assert _teach(at, "x", "--ask", str(asked), "--count", "14", *FEW) == 0
    seeds = sorted(int(path.stem) for path in asked.glob("*.png"))
    assert len(seeds) == 14
    marks = at / "marks.json"
    names = ["has", "has not", "skip"]
    marks.write_text(json.dumps({str(s): names[i % 3] for i, s in enumerate(seeds)} | {"3": "has"}))
    more = at / "more"
    assert _teach(at, "x", "--marks", str(marks), "--ask", str(more), *FEW) == 0
    assert not {int(path.stem) for path in more.glob("*.png")} & set(seeds)
    capsys.readouterr()
    assert _teach(at, "x", "--marks", str(marks), *FEW) == 0
    assert "6 have it, 5 have not" in capsys.readouterr().out
    assert (at / "boundaries" / "tiny" / "x.safetensors").is_file()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "give --has with --has-not"),
        (["--has", "a"], "belong together"),
        (["--has", "a", "--has-not", "b", "--pairs", "a", "b"], "not several"),
        (["--marks", "none.json"], "holds no marks"),
        (["--pairs", "a", "b", "--out", "x.npy"], "ends in .safetensors"),
    ],
)
def test_what_is_refused(at: Path, given: list[str], said: str, capsys) -> None:
    assert _teach(at, "x", *given, *FEW) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("text", ["[]", "{", '{"a": "has"}', '{"1": "maybe"}', '{"1": []}'])
def test_damaged_marks(at: Path, text: str, capsys) -> None:
    (at / "marks.json").write_text(text)
    assert _teach(at, "x", "--marks", str(at / "marks.json"), *FEW) == 1
    assert "holds no marks" in capsys.readouterr().err


def test_a_taken_name_is_refused_before_anything_is_done(
    at: Path, has: Path, has_not: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setattr("editor.session.Editor.open", lambda *_: pytest.fail("it was opened"))
    assert _teach(at, "smile", "--has", str(has), "--has-not", str(has_not)) == 1
    assert "has a slider 'smile' already" in capsys.readouterr().err


def test_a_bad_name_is_refused_before_anything_is_done(at: Path, capsys) -> None:
    assert _teach(at, "two words", "--has", "none", "--has-not", "none", *FEW) == 1
    assert "no name for a slider" in capsys.readouterr().err
