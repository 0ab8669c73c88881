from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editor import Editor
from editor.cli import main
from editor.editing.interpolate import interpolate


@pytest.fixture
def sources(tmp_path: Path, tiny: Editor, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two codes, one with a slider moved, and a photo; the command opens the tiny domain."""
    monkeypatch.setattr(Editor, "open", classmethod(lambda *_: tiny))
    tiny.save_code(tiny.sample(0), tmp_path / "a.npz")
    tiny.save_code(tiny.sample(1).move(smile=2.0), tmp_path / "b.npz")
    tiny.example(2).save(tmp_path / "c.png")
    return [str(tmp_path / name) for name in ("a.npz", "b.npz", "c.png")]


def _run(sources: list[str], out: Path, *more: str) -> int:
    return main(["interpolate", *sources, "--out", str(out), "--steps", "2", *more])


def test_a_strip_of_codes_is_the_path_itself(
    tmp_path: Path, tiny: Editor, sources: list[str]
) -> None:
    out = tmp_path / "new" / "x.png"
    assert _run(sources[:2], out, "--frames", "5", "--easing", "cubic") == 0
    codes = torch.stack([tiny.sample(0).wp_edited, tiny.sample(1).move(smile=2.0).wp_edited])
    pictures = [tiny.engine.render(code[None])[0] for code in interpolate(codes, 5, "cubic")]
    expected = np.concatenate([np.asarray(p) for p in pictures], axis=1)
    assert np.array_equal(np.asarray(Image.open(out)), expected)


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_photos_and_codes_move(tmp_path: Path, sources: list[str], suffix: str) -> None:
    out = tmp_path / f"x{suffix}"
    assert _run(sources, out, "--frames", "6", "--loop", "--scale", "2", "--fps", "10") == 0
    with Image.open(out) as found:
        assert (found.n_frames, found.size, found.info["loop"]) == (6, (32, 32), 0)


def test_mp4_and_the_usual_options(tmp_path: Path, sources: list[str]) -> None:
    import av

    out = tmp_path / "x.mp4"
    assert _run(sources[:2], out) == 0
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert (stream.frames, stream.width, stream.average_rate) == (48, 256, 24)


def test_a_loop_of_a_strip_ends_before_the_first(tmp_path: Path, sources: list[str]) -> None:
    out = tmp_path / "x.png"
    assert _run(sources[:2], out, "--frames", "4", "--loop", "--easing", "linear") == 0
    pixels = np.asarray(Image.open(out))
    tiles = [pixels[:, i * 16 : i * 16 + 16] for i in range(4)]
    assert np.array_equal(tiles[1], tiles[3])
    assert not np.array_equal(tiles[0], tiles[2])
    assert not np.array_equal(tiles[0], tiles[3])


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--frames", "1"], "1 frames"),
        (["--frames", "5000"], "5000"),
        (["--easing", "melt"], "melt"),
        (["--fps", "0"], "frames a second"),
        (["--scale", "0"], "scale"),
    ],
)
def test_bad_options_are_refused_before_anything_is_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], says: str
) -> None:
    missing = [str(tmp_path / "1.jpg"), str(tmp_path / "2.jpg")]
    assert _run(missing, tmp_path / "x.webp", *more) == 1
    assert says in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_bad_inputs(tmp_path: Path, sources: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(tmp_path.iterdir())
    for given, out, says in (
        (sources[:1], "x.gif", "at least two"),
        (sources[:2], "x.avi", ".avi"),
        ([*sources, str(tmp_path / "none.jpg")], "x.gif", "none.jpg was not found"),
        ([sources[0], sources[2]], "c.png", "would be overwritten"),
    ):
        assert _run(given, tmp_path / out) == 1
        assert says in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


def test_ctrl_c_leaves_nothing(
    tmp_path: Path, tiny: Editor, sources: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(tmp_path.iterdir())
    calls = iter(range(100))
    render = tiny.engine.render

    def interrupted(codes: torch.Tensor) -> list[Image.Image]:
        if next(calls) == 3:
            raise KeyboardInterrupt
        return render(codes)

    monkeypatch.setattr(tiny.engine, "render", interrupted)
    assert _run(sources[:2], tmp_path / "x.webp") == 130
    assert sorted(tmp_path.iterdir()) == before
