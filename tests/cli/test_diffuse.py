from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editor.cli import main
from tests.conftest import picture_of


@pytest.fixture
def photos(tmp_path: Path, faces) -> list[Path]:
    paths = []
    for i in range(3):
        paths.append(tmp_path / f"face{i}.png")
        faces.example(i, 0.6).save(paths[-1])
    return paths


def _run(photos: list[Path], out: Path, *more: str) -> int:
    crop = ["--crop", "0.5", "0.5", "1", "0"]
    given = ["--target", str(photos[0]), "--context", *map(str, photos[1:])]
    options = ["--domain", "faces64", "--out", str(out), "--steps", "2", *crop]
    return main(["diffuse", *given, *options, *more])


def test_contexts_are_done_one_by_one_and_a_run_goes_on(
    photos: list[Path], tmp_path: Path, capsys
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    out = tmp_path / "out"
    assert _run([*photos, bad], out) == 1
    assert "not a picture" in capsys.readouterr().err
    assert {p.name for p in out.iterdir()} == {
        "done.json", "face1.png", "face1.npz", "face1_collage.png",
        "face2.png", "face2.npz", "face2_collage.png",
    }  # fmt: skip
    assert picture_of(out / "face1.png").size == (64, 64)
    before = (out / "face1.png").stat().st_mtime_ns
    assert _run(photos, out) == 0
    assert "2 were done before" in capsys.readouterr().out
    assert (out / "face1.png").stat().st_mtime_ns == before
    assert _run(photos, out, "--offset", "0.1", "0") == 0
    assert (out / "face1.png").stat().st_mtime_ns > before, "another place is another result"


def test_patches(photos: list[Path], tmp_path: Path, capsys) -> None:
    drawn = np.zeros((100, 100), np.uint8)
    drawn[:50] = 255
    Image.fromarray(drawn).save(tmp_path / "mask.png")
    assert _run(photos[:2], tmp_path / "a", "--mask", str(tmp_path / "mask.png")) == 0
    pasted = np.asarray(Image.open(tmp_path / "a" / "face1_collage.png"))
    assert np.array_equal(pasted[:32], np.asarray(Image.open(photos[0]))[:32])
    assert np.array_equal(pasted[32:], np.asarray(Image.open(photos[1]))[32:])
    assert _run(photos[:2], tmp_path / "b", "--rectangle", "1", "0.5", "0.5", "0.25") == 0
    again = np.asarray(Image.open(tmp_path / "b" / "face1_collage.png"))
    assert np.array_equal(pasted, again)
    assert _run(photos[:2], tmp_path / "c", "--rectangle", "0.1", "0.1", "3", "3") == 1
    assert "no pixel" in capsys.readouterr().err
    assert not (tmp_path / "c").exists()
