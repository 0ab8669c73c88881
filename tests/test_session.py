from __future__ import annotations

import os
import threading
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from editor import Crop, Editor, InversionOptions
from editor.cli import main, parser
from editor.errors import ImageError, MismatchError, OptionError
from editor.training.aligner import AlignerTraining
from editor.training.encoder import EncoderTraining
from editor.training.generator_options import GeneratorTraining
from editor.training.predictor import PredictorTraining
from tests.conftest import with_own

FAST = InversionOptions(steps=3)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 30, 3), np.uint8)).save(path)
    return path


def test_readme_line(tiny: Editor, photo: Path, tmp_path: Path) -> None:
    edit = tiny.invert(photo, options=FAST).move(smile=2.0)
    assert tiny.render(edit).size == (16, 16)
    tiny.save(edit, tmp_path / "out.png")
    assert np.array_equal(
        np.asarray(Image.open(tmp_path / "out.png")), np.asarray(tiny.render(edit))
    )


def test_edits_never_change(tiny: Editor, photo: Path) -> None:
    edit = tiny.invert(photo, Crop(0.5, 0.4, 0.8, 10), FAST)
    moved = edit.move(smile=2.0)
    assert edit.moves == ()
    assert moved.moves == (("smile", 2.0),)
    assert moved.move(smile=0).moves == ()
    assert moved.move(age=1).reset().moves == ()
    expected = edit.wp.clone()
    expected[:3, 0] += 2.0
    torch.testing.assert_close(moved.wp_edited, expected)
    assert np.array_equal(np.asarray(tiny.reconstruction(moved)), np.asarray(tiny.render(edit)))


def test_bad_moves(tiny: Editor, photo: Path) -> None:
    edit = tiny.invert(photo, options=FAST)
    with pytest.raises(OptionError, match="no slider 'hat'; it has: age, smile"):
        edit.move(hat=1)
    with pytest.raises(OptionError, match="finite"):
        edit.move(smile=float("nan"))
    with pytest.raises(MismatchError, match=r"\(6, 8\)"):
        tiny.edit(np.zeros((4, 8)))
    with pytest.raises(ImageError, match="needs 16×16"):
        next(tiny.invert_steps(Image.new("RGB", (20, 20))))
    with pytest.raises(OptionError, match="device"):
        Editor.open("tiny", "quantum")


def test_code_round_trip(tiny: Editor, photo: Path, tmp_path: Path) -> None:
    edit = tiny.invert(photo, options=FAST).move(smile=1.5)
    tiny.save_code(edit, tmp_path / "a.npz")
    again = tiny.open_code(tmp_path / "a.npz")
    assert torch.equal(again.wp, edit.wp)
    assert again.moves == edit.moves
    assert np.array_equal(np.asarray(tiny.render(again)), np.asarray(tiny.render(edit)))
    with pytest.raises(MismatchError, match="not a code"):
        tiny.open_code(photo)
    with np.load(tmp_path / "a.npz") as data:
        stale = dict(data) | {"generator": np.array("0123456789abcdef")}
    np.savez(tmp_path / "stale.npz", **stale)
    with pytest.raises(MismatchError, match="another version of the pack 'tiny'"):
        tiny.open_code(tmp_path / "stale.npz")
    with pytest.raises(OptionError, match=r"\.npz"):
        tiny.save_code(edit, tmp_path / "a.pt")


@pytest.mark.parametrize("name", ["self", "class", "distances", "moves", "layers"])
def test_a_slider_may_have_any_name(tiny: Editor, tmp_path: Path, name: str) -> None:
    slider = tiny.sliders["smile"]
    info = replace(slider.info, name=name)
    own = with_own(tiny, replace(slider, info=info))
    edit = own.sample(0).move(**{name: 1.5}).on_layers(**{name: "0-1"})
    assert edit.moves == ((name, 1.5),)
    assert edit.layers == ((name, (0, 1)),)
    tiny.save_code(edit, tmp_path / "a.npz")
    assert own.open_code(tmp_path / "a.npz").moves == edit.moves


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e300, -1001.0, 10**400, "x"])
def test_absurd_distances_are_refused(tiny: Editor, tmp_path: Path, value: Any) -> None:
    with pytest.raises(OptionError, match="'smile' is not"):
        tiny.sample(0).move(smile=value)
    if isinstance(value, float):
        tiny.save_code(tiny.sample(0).move(smile=1), tmp_path / "a.npz")
        with np.load(tmp_path / "a.npz") as data:
            changed = dict(data) | {"move_distances": np.array([value])}
        np.savez(tmp_path / "b.npz", **changed)
        with pytest.raises(OptionError, match="'smile' is not"):
            tiny.open_code(tmp_path / "b.npz")


def test_a_code_is_checked_by_what_it_claims(tiny: Editor, tmp_path: Path) -> None:
    tiny.save_code(tiny.sample(0).move(smile=1), tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as data:
        sound = dict(data)
    for changes, said in (
        ({"wp": np.zeros((6, 8, 1))}, "no matrix"),
        ({"wp": np.zeros((6, 8), complex)}, "of type complex"),
        ({"wp": np.full((6, 8), np.nan)}, "finite"),
        ({"mask": np.zeros((3000, 3000))}, "larger"),
        ({"base": np.zeros((3, 8))}, "shape"),
        ({"move_names": np.array(["smile"] * 2000)}, "list of texts"),
        ({"domain": np.array([1.0])}, "a text was expected"),
        ({"extra": np.zeros(3)}, "does not belong"),
    ):
        np.savez_compressed(tmp_path / "b.npz", **(sound | changes))
        with pytest.raises(MismatchError, match=said) as caught:
            tiny.open_code(tmp_path / "b.npz")
        assert str(tmp_path) not in str(caught.value)
    np.savez(tmp_path / "b.npz", **{k: v for k, v in sound.items() if k != "wp"})
    with pytest.raises(MismatchError, match="lacks 'wp'"):
        tiny.open_code(tmp_path / "b.npz")
    os.mkfifo(tmp_path / "c.npz")
    with pytest.raises(MismatchError, match="not a regular file"):
        tiny.open_code(tmp_path / "c.npz")


def test_same_input_same_numbers(tiny: Editor, photo: Path) -> None:
    assert torch.equal(tiny.invert(photo, options=FAST).wp, tiny.invert(photo, options=FAST).wp)
    assert np.array_equal(np.asarray(tiny.example(3)), np.asarray(tiny.example(3)))


def test_stopping_early_and_threads(tiny: Editor, photo: Path) -> None:
    """A stopped inversion frees the device; two at once give what each gives alone."""
    aligned = tiny.align(photo)
    steps = tiny.invert_steps(aligned, FAST)
    next(steps)
    steps.close()
    alone = tiny.invert(photo, options=FAST).wp
    found: list[torch.Tensor] = []
    threads = [
        threading.Thread(target=lambda: found.append(tiny.invert(photo, options=FAST).wp))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 2
    assert all(torch.equal(wp, alone) for wp in found)


@pytest.fixture
def home(tiny_root: Path) -> Path:
    return tiny_root


def test_command_line(home: Path, photo: Path, tmp_path: Path, capsys) -> None:
    common = ["--domain", "tiny", "--root", str(home), "--steps", "2"]
    common += ["--out", str(tmp_path / "out")]
    assert main(["invert", str(photo), *common]) == 0
    assert main(["edit", str(tmp_path / "out" / "photo.npz"), "--move", "smile=2", *common]) == 0
    assert (tmp_path / "out" / "photo.png").is_file()
    bad = tmp_path / "bad.png"
    bad.write_text("text")
    assert main(["edit", str(bad), str(photo), "--move", "smile=-1", *common]) == 1
    assert "bad.png is not a picture" in capsys.readouterr().err
    with np.load(tmp_path / "out" / "photo.npz") as data:
        assert list(data["move_distances"]) == [-1.0]


def test_a_batch_goes_on_where_it_stopped(home: Path, photo: Path, tmp_path: Path, capsys) -> None:
    folder, out = tmp_path / "photos", tmp_path / "out"
    folder.mkdir()
    for name in ("a.png", "b.png", "c.heic"):
        (folder / name).write_bytes(photo.read_bytes())
    (folder / "d.jpg").write_text("text")
    (folder / "notes.txt").write_text("text")
    command = ["edit", str(folder), "--move", "smile=2", "--domain", "tiny", "--steps", "1"]
    command += ["--root", str(home), "--out", str(out)]
    assert main(command) == 1
    said = capsys.readouterr()
    assert "1 of 4 failed" in said.err
    assert "d.jpg is not a picture" in said.err
    names = {path.name for path in out.iterdir()}
    assert {"a.png", "a.npz", "a smile+2.png", "c smile+2.png", "done.json"} <= names
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    (folder / "b.png").write_bytes(photo.read_bytes() + b" ")
    assert main(command) == 1
    assert "2 were done before" in capsys.readouterr().out
    changed = {p.name for p, stamp in before.items() if p.stat().st_mtime_ns != stamp}
    assert changed == {"b.png", "b.npz", "b smile+2.png", "done.json", ".editor-names.json"}
    command[3] = "smile=1"
    main(command)
    assert "done before" not in capsys.readouterr().out


def test_the_whole_photo_comes_back(tiny: Editor, photo: Path, tmp_path: Path) -> None:
    crop = Crop(0.5, 0.5, 0.6)
    edit = tiny.invert(photo, crop, FAST)
    source = np.asarray(Image.open(photo).convert("RGB"))
    assert np.array_equal(np.asarray(tiny.paste(edit)), source)
    moved = np.asarray(tiny.paste(edit.move(smile=2.0)))
    assert moved.shape == source.shape
    assert (moved != source).any()
    assert (moved[0] == source[0]).all()
    with pytest.raises(ImageError, match="without a photo"):
        tiny.paste(tiny.sample(0))


def test_command_line_errors_are_one_line(photo: Path, tmp_path: Path, capsys) -> None:
    out = ["--out", str(tmp_path / "o")]
    assert main(["invert", str(photo), "--domain", "nowhere", *out]) == 1
    assert main(["edit", str(photo), "--move", "smile", *out]) == 1
    before = photo.read_bytes()
    assert main(["invert", str(photo), "--out", str(photo.parent)]) == 1
    assert photo.read_bytes() == before
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("error: ") for line in lines)


def test_every_command_is_documented() -> None:
    from pathlib import Path as P

    readme = (P(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
    actions = [a for a in parser()._actions if a.dest == "command"]
    trainings = (GeneratorTraining, EncoderTraining, PredictorTraining, AlignerTraining)
    told_elsewhere = {field.name for cls in trainings for field in fields(cls)}
    for name, sub in actions[0].choices.items():
        assert f"python -m editor {name}" in readme, name
        assert sub.description, name
        own = told_elsewhere if name.startswith("train-") else set()
        unsaid = [a.dest for a in sub._actions if not a.help and a.dest not in {"action", *own}]
        assert not unsaid, f"{name}: {unsaid} without a help"
