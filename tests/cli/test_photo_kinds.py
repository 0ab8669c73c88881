"""Folders of what people have: films of 16 bits, damaged files, camera RAW, videos."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editor import Editor
from editor.cli import main
from tests.conftest import picture_of

CENTRE = ["--crop", "0.5", "0.5", "1", "0", "--steps", "0", "--domain", "tiny"]


@pytest.fixture
def home(tiny: Editor, monkeypatch) -> Editor:
    monkeypatch.setattr(Editor, "open", lambda *_, **__: tiny)
    return tiny


def _frame(path: Path, brightest: int) -> None:
    values = np.round(np.linspace(0, 1, 64 * 64).reshape(64, 64) * brightest)
    Image.fromarray(values.astype(np.uint16)).save(path)


def test_the_frames_of_a_film_do_not_flicker(home: Editor, tmp_path: Path) -> None:
    """Of a film that is faded in the first frames stay dark, in code, picture and whole photo."""
    film = tmp_path / "film"
    film.mkdir()
    tops = (250, 260, 1000, 4000)
    for number, top in enumerate(tops):
        _frame(film / f"{number}.tif", top)
    given = ["edit", str(film), "--move", "smile=0.5", "--out", str(tmp_path / "out"), *CENTRE]
    assert main(given) == 0
    for number, top in enumerate(tops):
        corner = np.asarray(picture_of(tmp_path / "out" / f"{number} smile+0.5.tif"))[-1, -1]
        assert np.abs(corner.astype(float) - top / 4095 * 255).max() < 4
    alone = ["edit", str(film / "0.tif"), "--move", "smile=0.5", "--out", str(tmp_path / "one")]
    assert main([*alone, *CENTRE]) == 0
    corner = np.asarray(picture_of(tmp_path / "one" / "0 smile+0.5.tif"))[-1, -1]
    assert corner.min() > 245, "by itself it is as bright as its values say"


def test_what_is_no_photo_ends_no_batch(home: Editor, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    Image.effect_noise((64, 64), 60).convert("RGB").save(tmp_path / "whole.avif")
    whole = (tmp_path / "whole.avif").read_bytes()
    files = {
        "a.avif": whole[: len(whole) // 2],
        "b.mp4": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(99),
        "c.pdf": b"%PDF-1.7" + bytes(99),
        "d.raf": b"FUJIFILMCCD-RAW 0201" + bytes(99),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    _frame(tmp_path / "z.png", 60_000)
    given = [str(tmp_path / name) for name in (*files, "z.png")]
    assert main(["invert", *given, "--out", str(tmp_path / "out"), *CENTRE]) == 1
    assert sorted(json.loads((tmp_path / "out" / "done.json").read_text())) == ["z"]
    failed = [line for line in capsys.readouterr().err.splitlines() if line.startswith("failed: ")]
    said = (
        "damaged or incomplete",
        "is a video",
        "is a PDF",
        "is a camera RAW file (Fujifilm RAF)",
    )
    assert len(failed) == 4
    for line, words in zip(failed, said, strict=True):
        assert words in line


def test_raws_of_a_folder_are_not_left_out_in_silence(
    home: Editor, tmp_path: Path, capsys, monkeypatch
) -> None:
    from editor.media import raw

    monkeypatch.setattr(raw, "reads_raw", lambda: False)
    folder = tmp_path / "card"
    folder.mkdir()
    (folder / "b.nef").write_bytes(b"")
    given = ["invert", str(folder), "--out", str(tmp_path / "out"), *CENTRE]
    assert main(given) == 1
    assert "1 camera RAW file of" in capsys.readouterr().err
    _frame(folder / "a.png", 60_000)
    assert main(given) == 0
    assert "left out; export as JPEG or TIFF" in capsys.readouterr().err
    monkeypatch.setattr(raw, "reads_raw", lambda: True)
    assert main(given) == 1, "the damaged one is a photo that failed"
