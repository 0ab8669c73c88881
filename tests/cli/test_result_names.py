"""Results are named after their photos, and apart where photos share a name."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editor import Editor
from editor.cli import main
from editor.cli.result_names import result_names
from editor.cli.teach import photo_pairs
from editor.errors import OptionError


@pytest.fixture
def home(tiny: Editor, monkeypatch) -> Editor:
    monkeypatch.setattr(Editor, "open", lambda *_, **__: tiny)
    return tiny


def _photo(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (40, 30, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def _names(*names: str) -> dict[str, str]:
    return {p.as_posix(): name for p, name in result_names([Path(n) for n in names]).items()}


def test_photos_of_one_name_are_told_apart_by_their_suffix() -> None:
    assert _names("IMG_1.heic", "IMG_1.jpg", "IMG_2.heic") == {
        "IMG_1.heic": "IMG_1_heic",
        "IMG_1.jpg": "IMG_1",
        "IMG_2.heic": "IMG_2",
    }
    assert _names("a.png", "a.webp", "a_webp.jpg") == {
        "a.png": "a",
        "a.webp": "a_webp_2",
        "a_webp.jpg": "a_webp",
    }
    assert _names("x/a.jpg", "y/a.jpg", "z/a.jpg") == {
        "x/a.jpg": "a",
        "y/a.jpg": "a_jpg",
        "z/a.jpg": "a_jpg_2",
    }
    assert _names("a.jpg", "a.npz") == {"a.npz": "a", "a.jpg": "a_jpg"}, "a code keeps its place"


def test_names_differ_on_disks_that_ignore_case_and_composition() -> None:
    assert _names("IMG.JPG", "img.heic") == {"IMG.JPG": "IMG", "img.heic": "img_heic"}
    assert _names("fu\u0308r.jpg", "f\u00fcr.png")["f\u00fcr.png"] == "f\u00fcr_png"


def test_the_order_and_repetition_of_photos_change_no_name() -> None:
    given = ["IMG_1.heic", "IMG_1.jpg", "x/IMG_1.jpg", "img_1.png", "IMG_1_heic.webp"]
    wanted = _names(*given)
    assert len({name.casefold() for name in wanted.values()}) == len(given)
    for seed in range(20):
        random.Random(seed).shuffle(given)
        assert _names(*given) == wanted
    assert _names("a.jpg", "x/../a.jpg") == {"a.jpg": "a", "x/../a.jpg": "a"}


def test_a_folder_of_twins_is_done_and_a_second_run_finds_its_files(
    home: Editor, tmp_path: Path, capsys
) -> None:
    folder, out = tmp_path / "photos", tmp_path / "out"
    _photo(folder / "IMG_1.jpg", 0)
    _photo(folder / "IMG_1.webp", 1)
    command = ["edit", str(folder), "--domain", "tiny", "--steps", "0", "--move", "smile=1"]
    command += ["--out", str(out)]
    assert main(command) == 0
    names = ["IMG_1", "IMG_1_webp"]
    wanted = {f"{n}{end}" for n in names for end in (".png", ".npz")}
    wanted |= {"IMG_1 smile+1.jpg", "IMG_1_webp smile+1.webp", ".editor-names.json", "done.json"}
    assert {path.name for path in out.iterdir()} == wanted
    assert (out / "IMG_1.png").read_bytes() != (out / "IMG_1_webp.png").read_bytes()
    capsys.readouterr()
    assert main(command) == 0
    assert "2 were done before" in capsys.readouterr().out
    assert set(json.loads((out / "done.json").read_text())) == set(names)
    (out / "IMG_1_webp.png").unlink()
    assert main(command) == 0
    assert "1 were done before" in capsys.readouterr().out


def test_no_photo_is_overwritten_by_the_whole_photo_of_another(
    home: Editor, tmp_path: Path, capsys
) -> None:
    _photo(tmp_path / "a.jpg", 0)
    given = _photo(tmp_path / "a smile+1.jpg", 1)
    before = given.read_bytes()
    command = ["edit", str(tmp_path / "a.jpg"), str(given), "--domain", "tiny", "--steps", "0"]
    assert main([*command, "--move", "smile=1", "--out", str(tmp_path)]) == 0
    assert "a smile+1 (2).jpg" in capsys.readouterr().out
    assert given.read_bytes() == before
    assert (tmp_path / "a smile+1 (2).jpg").is_file()


def test_twins_in_both_folders_of_pairs_are_all_taught_from(
    home: Editor, tmp_path: Path, monkeypatch
) -> None:
    folders = [tmp_path / "before", tmp_path / "after"]
    for seed, folder in enumerate(folders):
        _photo(folder / "1.jpg", seed)
        _photo(folder / "1.webp", seed + 2)
    taken: list[int] = []

    def stop(_: Editor, pairs: list, *__: object) -> None:
        taken.append(len(pairs))
        raise OptionError("stop here")

    monkeypatch.setattr("editor.sliders.teach.slider_of_pairs", stop)
    pairs = ["--pairs", *map(str, folders)]
    assert main(["teach", "warm", *pairs, "--domain", "tiny", "--root", str(tmp_path)]) == 1
    assert taken == [2]


def test_pairs_of_one_name_are_of_one_suffix_first() -> None:
    def paired(before: str, after: str) -> tuple[list[tuple[str, str]], list[str]]:
        sides = ([Path(side, n) for n in n.split()] for side, n in (("b", before), ("a", after)))
        pairs, lone = photo_pairs(*sides)
        return [(b.name, a.name) for b, a in pairs], [str(path) for path in lone]

    assert paired("1.jpg 1.heic", "1.png 1.heic") == (
        [("1.heic", "1.heic"), ("1.jpg", "1.png")],
        [],
    )
    assert paired("IMG.JPG 2.png 3.png", "img.jpg 2.webp 4.png 2.avif") == (
        [("2.png", "2.avif"), ("IMG.JPG", "img.jpg")],
        ["a/2.webp", "b/3.png", "a/4.png"],
    )
