"""One face of several, all of them, and photos that lie on their side, by the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editor import Editor
from editor.cli import main
from editor.editing.code_file import read_code
from editor.editing.paste import paste_back
from editor.photo.crop import Crop
from editor.photo.finder import SureAgain
from editor.photo.photo import Photo
from editor.photo.quarters import turned_crop
from tests.conftest import picture_of

LEFT, MIDDLE, RIGHT = Crop(0.2, 0.5, 0.3), Crop(0.5, 0.5, 0.4), Crop(0.8, 0.4, 0.25)


class _Finder:
    """Finds three squares in a photo of 90 × 60, however sure."""

    sure, sure_again = 0.5, SureAgain(0.5, 0.5)
    key = "three"

    def __init__(self) -> None:
        self.looked: list[tuple[int, int]] = []

    def find(self, image: Image.Image) -> list[tuple[Crop, float]]:
        self.looked.append(image.size)
        if image.size == (90, 60):
            return [(RIGHT, 0.9), (LEFT, 0.8), (MIDDLE, 0.7)]
        return []


@pytest.fixture
def home(tiny: Editor, monkeypatch) -> Editor:
    tiny.finder = _Finder()
    monkeypatch.setattr(Editor, "open", lambda *_, **__: tiny)
    return tiny


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "class.png"
    pixels = np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def _run(command: str, photo: Path, out: Path, *more: str) -> int:
    given = [command, str(photo), "--domain", "tiny", "--out", str(out), *more]
    return main(given if command == "align" else [*given, "--steps", "0"])


def _crop(code: Path) -> Crop:
    crop = read_code(code).crop
    assert crop is not None
    return crop


@pytest.mark.parametrize(
    ("wish", "name", "crop"),
    [
        ("1", "class_face1", LEFT),
        ("2", "class_face2", MIDDLE),
        ("3", "class_face3", RIGHT),
        ("largest", "class", MIDDLE),
        (None, "class", RIGHT),
    ],
)
def test_a_face_is_chosen_by_its_number_from_the_left_or_by_its_size(
    home: Editor, photo: Path, tmp_path: Path, wish: str | None, name: str, crop: Crop
) -> None:
    out = tmp_path / "out"
    assert _run("invert", photo, out, *(["--face", wish] if wish else [])) == 0
    assert {path.name for path in out.iterdir()} == {f"{name}.png", f"{name}.npz", "done.json"}
    assert _crop(out / f"{name}.npz") == crop


def test_all_faces_are_edited_into_one_photo(home: Editor, photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert _run("edit", photo, out, "--all-faces", "--move", "smile=3") == 0
    parts = [f"class_face{i}" for i in (1, 2, 3)]
    wanted = {f"{part}{end}" for part in parts for end in (".png", ".npz")}
    assert {p.name for p in out.iterdir()} == wanted | {
        "class smile+3.png",
        ".editor-names.json",
        "done.json",
    }
    assert [_crop(out / f"{part}.npz") for part in parts] == [LEFT, MIDDLE, RIGHT]
    before, after = picture_of(photo), picture_of(out / "class smile+3.png")
    changed = (np.asarray(before) != np.asarray(after)).any(axis=2)
    for crop in (LEFT, MIDDLE, RIGHT):
        x, y, half = crop.x * 90, crop.y * 60, crop.side * 60 / 4
        box = changed[int(y - half) : int(y + half), int(x - half) : int(x + half)]
        assert box.mean() > 0.5, crop
    pasted = before
    for part in parts:
        pasted = home.paste(home.open_code(out / f"{part}.npz"), photo=pasted)
    assert np.array_equal(np.asarray(pasted), np.asarray(after))


def test_a_batch_of_faces_goes_on_at_the_face_where_it_stopped(
    home: Editor, photo: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    assert _run("edit", photo, whole, "--all-faces", "--move", "smile=3") == 0
    invert, crops = Editor.invert, []

    def stopping(self: Editor, source: object, crop: Crop, options: object) -> object:
        crops.append(crop)
        if len(crops) == 3:
            raise KeyboardInterrupt
        return invert(self, source, crop, options)

    monkeypatch.setattr(Editor, "invert", stopping)
    assert _run("edit", photo, out, "--all-faces", "--move", "smile=3") == 130
    assert _run("edit", photo, out, "--all-faces", "--move", "smile=3") == 0
    assert crops == [LEFT, MIDDLE, RIGHT, RIGHT]
    assert (out / "class smile+3.png").read_bytes() == (whole / "class smile+3.png").read_bytes()
    capsys.readouterr()
    assert _run("edit", photo, out, "--all-faces", "--move", "smile=3") == 0
    assert "1 were done before" in capsys.readouterr().out
    (out / "class_face2.png").unlink()
    assert _run("edit", photo, out, "--all-faces", "--move", "smile=3") == 0
    assert crops[4:] == [MIDDLE]


def test_colour_that_was_let_in_is_there_in_every_face_of_a_run_that_was_stopped(
    home: Editor, photo: Path, tmp_path: Path, monkeypatch
) -> None:
    grey = tmp_path / "old.png"
    picture_of(photo).convert("L").save(grey)
    more = ["--all-faces", "--colour", "--move", "smile=3"]
    whole, out = tmp_path / "whole", tmp_path / "out"
    assert _run("edit", grey, whole, *more) == 0
    invert, count = Editor.invert, iter(range(3))

    def stopping(self: Editor, source: object, crop: Crop, options: object) -> object:
        if next(count) == 2:
            raise KeyboardInterrupt
        return invert(self, source, crop, options)

    monkeypatch.setattr(Editor, "invert", stopping)
    assert _run("edit", grey, out, *more) == 130
    monkeypatch.setattr(Editor, "invert", invert)
    assert _run("edit", grey, out, *more) == 0
    made = picture_of(out / "old smile+3.png")
    assert np.array_equal(np.asarray(made), np.asarray(picture_of(whole / "old smile+3.png")))
    assert np.ptp(np.asarray(made.convert("RGB")).astype(int), axis=2).any()


def test_all_faces_are_cut_out_of_one_decoding_and_laid_into_one_copy(
    home: Editor, photo: Path, tmp_path: Path, monkeypatch
) -> None:
    read, in_place, decoded = Photo.read, [], []

    def reading(source: object, known: object = None) -> Photo:
        found = read(source, known)  # type: ignore[arg-type]
        return replace(found, file=b"large") if found is not source else found

    def whole(self: Photo) -> Image.Image:
        decoded.append(bool(self.file))
        return picture_of(photo) if self.file else self.pixels

    def pasting(*args: object, **more: object) -> Image.Image:
        in_place.append(more["in_place"])
        return paste_back(*args, **more)  # type: ignore[arg-type]

    assert _run("edit", photo, tmp_path / "plain", "--all-faces", "--move", "smile=3") == 0
    monkeypatch.setattr("editor.session.paste_back", pasting)
    assert _run("edit", photo, tmp_path / "small", "--all-faces", "--move", "smile=3") == 0
    assert in_place == [False, True, True], "the photo that was read is copied once"
    in_place.clear()
    monkeypatch.setattr(Photo, "read", staticmethod(reading))
    monkeypatch.setattr(Photo, "whole", whole)
    assert _run("edit", photo, tmp_path / "large", "--all-faces", "--move", "smile=3") == 0
    assert in_place == [True, True, True]
    assert decoded.count(True) == 2, "once for the squares, once for the whole photo"
    assert _run("align", photo, tmp_path / "squares", "--all-faces") == 0
    assert decoded.count(True) == 3
    for folder, name in (("large", "class smile+3.png"), ("small", "class smile+3.png")):
        made = (tmp_path / folder / name).read_bytes()
        assert made == (tmp_path / "plain" / name).read_bytes()


def test_align_takes_one_face_or_all_as_they_are_numbered(
    home: Editor, photo: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert _run("align", photo, out / "all", "--all-faces") == 0
    assert _run("align", photo, out / "two", "--face", "2") == 0
    assert _run("align", photo, out / "usual") == 0
    names = {p.name for p in (out / "all").iterdir()}
    assert names == {"done.json", "places.json", *(f"class_face{i}.png" for i in (1, 2, 3))}
    second = (out / "all" / "class_face2.png").read_bytes()
    assert (out / "two" / "class_face2.png").read_bytes() == second
    assert (out / "usual" / "class_2.png").read_bytes() == second, "the least sure"
    (place,) = json.loads((out / "two" / "places.json").read_text())["class.png"]
    assert (place["x"], place["side"]) == (MIDDLE.x, MIDDLE.side)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--face", "4"], "choose --face 1 to 3"),
        (["--face", "0"], "give a number from 1, or largest"),
        (["--face", "first"], "give a number from 1, or largest"),
        (["--face", "1", "--crop", "0.5", "0.5", "1", "0"], "leave out --face"),
    ],
)
def test_a_face_that_is_none_is_said_in_a_sentence(
    home: Editor, photo: Path, tmp_path: Path, capsys, more: list[str], said: str
) -> None:
    assert _run("invert", photo, tmp_path / "out", *more) == 1
    assert said in capsys.readouterr().err
    assert not list(tmp_path.glob("out/*.npz"))


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_photo_on_its_side_is_turned_and_saved_upright(
    home: Editor, photo: Path, tmp_path: Path, degrees: int
) -> None:
    upright = picture_of(photo)
    lying = tmp_path / "lying.png"
    upright.rotate(degrees, expand=True).save(lying)  # anticlockwise
    out = tmp_path / "out"
    more = ["--face", "1", "--move", "smile=3"]
    assert _run("edit", photo, out / "upright", *more) == 0
    assert _run("edit", lying, out / "lying", "--turn", str(degrees), *more) == 0
    one = np.asarray(picture_of(out / "upright" / "class_face1 smile+3.png")).astype(int)
    two = np.asarray(picture_of(out / "lying" / "lying_face1 smile+3.png")).astype(int)
    assert one.shape == two.shape
    assert np.abs(one - two).mean() < 1.0
    code = out / "lying" / "lying_face1.npz"
    crop, wanted = _crop(code), turned_crop(LEFT, -degrees // 90)
    assert (crop.x, crop.y, crop.angle) == pytest.approx((wanted.x, wanted.y, wanted.angle))
    edit = home.with_photo(home.open_code(code), code, lying)
    pasted = np.asarray(home.paste(edit).rotate(-degrees, expand=True)).astype(int)
    assert np.array_equal(pasted, two), "the code fits the photo as it lies"


def test_a_crop_is_of_the_turned_photo(home: Editor, photo: Path, tmp_path: Path) -> None:
    crop = ["--crop", "0.2", "0.4", "0.5", "10"]
    assert _run("invert", photo, tmp_path / "out", "--turn", "90", *crop) == 0
    found = _crop(tmp_path / "out" / "class.npz")
    assert (found.x, found.y, found.side) == pytest.approx((0.4, 0.8, 0.5))
    assert found.angle == pytest.approx(-80)
