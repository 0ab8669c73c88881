from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editor import Editor
from editor.cli import main
from editor.editing.mix import mix_grid
from editor.media.sheets import table_of


@pytest.fixture
def sources(tmp_path: Path, tiny: Editor, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three codes, one with a slider moved, and a photo; the command opens the tiny domain."""
    monkeypatch.setattr(Editor, "open", classmethod(lambda *_: tiny))
    tiny.save_code(tiny.sample(0), tmp_path / "a.npz")
    tiny.save_code(tiny.sample(1).move(smile=2.0), tmp_path / "b.npz")
    tiny.save_code(tiny.sample(2), tmp_path / "c.npz")
    tiny.example(3).save(tmp_path / "d.png")
    return [str(tmp_path / name) for name in ("a.npz", "b.npz", "c.npz", "d.png")]


def _run(contents: list[str], styles: list[str], out: Path, *more: str) -> int:
    argv = ["mix", "--content", *contents, "--style", *styles, "--out", str(out)]
    return main([*argv, "--steps", "2", *more])


@pytest.mark.parametrize(
    ("more", "strengths"),
    [
        ([], {"colour": 1.0}),
        (["--layers", "1-3"], {"1-3": 1.0}),
        (["--strength", "pose and shape=0.5", "5=1"], {"pose and shape": 0.5, "5": 1.0}),
    ],
)
def test_the_grid(
    tmp_path: Path, tiny: Editor, sources: list[str], more: list[str], strengths: dict[str, float]
) -> None:
    out = tmp_path / "new" / "grid.png"
    assert _run(sources[:2], sources[2:3], out, *more) == 0
    rows, columns = [tiny.sample(0), tiny.sample(1).move(smile=2.0)], [tiny.sample(2)]
    codes = mix_grid(
        torch.stack([e.wp_edited for e in rows]),
        torch.stack([e.wp_edited for e in columns]),
        strengths,
    )
    cells = [tiny.engine.render(code[None])[0] for code in codes.flatten(0, 1)]
    expected = table_of([tiny.render(e) for e in rows], [tiny.render(e) for e in columns], cells)
    cells = tiny.engine.render(codes.flatten(0, 1))
    expected = table_of([tiny.render(e) for e in rows], [tiny.render(e) for e in columns], cells)
    assert np.array_equal(np.asarray(Image.open(out)), np.asarray(expected))
    assert [path.name for path in out.parent.iterdir()] == ["grid.png"]


def test_a_folder_holds_every_mixture_and_its_code(
    tmp_path: Path, tiny: Editor, sources: list[str]
) -> None:
    out = tmp_path / "out"
    assert _run([sources[0], sources[3]], sources[1:3], out, "--codes") == 0
    names = [f"{a}--{b}" for a in "ad" for b in "bc"]
    expected = {"grid.png"} | {f"{name}{end}" for name in names for end in (".png", ".npz")}
    assert {path.name for path in out.iterdir()} == expected
    mixed = tiny.open_code(out / "a--b.npz")
    content, style = tiny.sample(0).wp_edited, tiny.sample(1).move(smile=2.0).wp_edited
    assert torch.equal(mixed.wp_edited[:3], content[:3])
    assert torch.equal(mixed.wp_edited[3:], style[3:])
    assert np.array_equal(np.asarray(Image.open(out / "a--b.png")), np.asarray(tiny.render(mixed)))


def test_the_edge_shows_the_photo(tmp_path: Path, tiny: Editor, sources: list[str]) -> None:
    out = tmp_path / "grid.png"
    assert _run(sources[3:], sources[:1], out) == 0
    photo = tiny.align(sources[3])
    assert np.array_equal(np.asarray(Image.open(out))[28:44, 4:20], np.asarray(photo))


def test_a_photo_on_both_sides_is_inverted_once(
    tmp_path: Path, tiny: Editor, sources: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    invert = tiny.invert
    monkeypatch.setattr(tiny, "invert", lambda *given: calls.append(given) or invert(*given))
    assert _run(sources[3:], sources[3:], tmp_path / "x.png") == 0
    assert len(calls) == 1


def test_codes_lie_beside_a_grid(tmp_path: Path, sources: list[str]) -> None:
    out = tmp_path / "new" / "x.png"
    assert _run(sources[:1], sources[1:2], out, "--codes") == 0
    assert {path.name for path in out.parent.iterdir()} == {"x.png", "a--b.npz"}


def test_what_cannot_be_is_refused(
    tmp_path: Path, sources: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(tmp_path.iterdir())
    a, b = sources[:1], sources[1:2]
    before = sorted(tmp_path.rglob("*"))
    for contents, out, more, says in (
        (a, "x.png", ["--strength", "hair=1"], "pose and shape"),
        (a, "x.png", ["--strength", "colour=2"], "0…1"),
        (a, "x.png", ["--strength", "colour"], "GROUP=STRENGTH"),
        (a, "x.png", ["--layers", "4-9"], "outside 0…5"),
        (a, "x.gif", [], ".gif"),
        (sources[3:], "d.png", [], "would be overwritten"),
        ([*a, *a], "x", [], "a--b"),
        ([str(tmp_path / "none.jpg")], "x.png", [], "none.jpg was not found"),
    ):
        assert _run(contents, b, tmp_path / out, *more) == 1
        assert says in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_sources_of_one_name_are_told_apart(
    tmp_path: Path, tiny: Editor, sources: list[str]
) -> None:
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other" / "A.npz"
    tiny.save_code(tiny.sample(4), twin)
    tiny.example(3).save(tmp_path / "a.jpg")
    contents = [sources[0], str(twin), str(tmp_path / "a.jpg")]
    assert _run(contents, sources[1:2], tmp_path / "x") == 0
    names = {path.name for path in (tmp_path / "x").iterdir()}
    assert names == {"grid.png", "a--b.png", "A_npz--b.png", "a_jpg--b.png"}


def test_layers_or_strengths_not_both(tmp_path: Path, sources: list[str]) -> None:
    with pytest.raises(SystemExit):
        _run(sources[:1], sources[1:2], tmp_path / "x.png", "--layers", "1", "--strength", "2=1")
