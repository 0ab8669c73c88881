from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from editor import Crop
from editor.cli import main
from editor.geometry import Alignment
from editor.photo import yunet
from editor.photo.finder import SureAgain


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    Image.effect_noise((120, 90), 60).convert("RGB").save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def _codes(photo: Path, out: Path, *more: str) -> bytes:
    assert main(["invert", str(photo), "--out", str(out), "--steps", "0", *more]) == 0
    return (out / "photo.png").read_bytes()


def test_the_square_that_yunet_finds_is_taken(photo: Path, tmp_path: Path, monkeypatch) -> None:
    given, squares = [], [(Crop(0.3, 0.4, 0.5, 10.0), 0.4), (Crop(0.7, 0.4, 0.5, 0.0), 0.3)]

    class Stand:
        key, sure, sure_again = "stand-in", 0.7, SureAgain(0.9, 0.9)

        def __init__(self, path: Path) -> None:
            assert path == Path("some.onnx")

        def aligned(self, alignment: Alignment) -> Stand:
            assert alignment == Alignment(0.64, 0.36)  # the default pack's
            return self

        def find(self, image: Image.Image) -> list[tuple[Crop, float]]:
            given.append(image.size)
            return squares

    monkeypatch.setattr(yunet, "YuNetFinder", Stand)
    one = _codes(photo, tmp_path / "a", "--yunet", "some.onnx")
    assert given[0] == (120, 90)
    assert set(given[1:]) <= {(90, 120), (120, 90)}, "nothing was sure: turned, it is looked at too"
    assert one == _codes(photo, tmp_path / "b", "--crop", "0.3", "0.4", "0.5", "10")
    squares.clear()
    none = _codes(photo, tmp_path / "c", "--yunet", "some.onnx")
    assert none == _codes(photo, tmp_path / "d", "--crop", "0.5", "0.5", "1", "0")


def test_without_opencv_or_its_file_it_says_so(photo: Path, tmp_path: Path, capsys) -> None:
    missing = tmp_path / "missing.onnx"
    given = ["invert", str(photo), "--out", str(tmp_path / "out"), "--yunet", str(missing)]
    assert main(given) == 1
    said = capsys.readouterr().err
    assert "opencv" in said or "missing.onnx" in said
