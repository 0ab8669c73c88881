"""One value says what becomes of a photo, and its text is the key of what is done."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editor import Crop, Editor
from editor.cli import main, parser
from editor.cli.batch import Done
from editor.cli.photo_job import Digested, FileState, PhotoJob, inversion_job
from editor.geometry import FFHQ
from editor.inversion.loop import InversionOptions
from editor.media.levels import Levels
from editor.media.sample_kinds import sample_kind
from editor.photo import yunet
from editor.photo.finder import SureAgain
from editor.sliders.boundary_file import load_boundary, save_boundary
from tests.deep_pictures import deep_png


@pytest.fixture
def photo(tmp_path: Path, tiny: Editor) -> Path:
    tiny.example(0).resize((48, 40)).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture
def finder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of YuNet that finds one square."""

    class Stand:
        key, sure, sure_again = "stand-in", 0.7, SureAgain(0.9, 0.9)
        aligned = lambda self, _: self  # noqa: E731
        find = lambda self, _: [(Crop(0.4, 0.4, 0.5, 10.0), 0.9)]  # noqa: E731

    monkeypatch.setattr(yunet, "YuNetFinder", lambda _: Stand())
    (tmp_path / "yunet.onnx").write_bytes(b"anything")
    return tmp_path / "yunet.onnx"


def _command(name: str, photo: Path, root: Path, *more: str) -> list[str]:
    given = [name, str(photo), "--domain", "tiny", "--root", str(root), "--steps", "0"]
    return [*given, "--out", str(root / "out"), *more]


def test_another_finder_is_another_result(
    photo: Path, tiny_root: Path, finder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = _command("invert", photo, tiny_root)
    out = tiny_root / "out" / "photo.png"
    assert main(command) == 0
    centre = out.read_bytes()
    with_yunet = [*command, "--yunet", str(finder)]
    assert main(with_yunet) == 0
    assert "done before" not in capsys.readouterr().out
    assert out.read_bytes() != centre, "the square that YuNet finds is taken"
    assert main(with_yunet) == 0
    assert "1 were done before" in capsys.readouterr().out
    finder.write_bytes(b"another network")
    assert main(with_yunet) == 0
    assert "done before" not in capsys.readouterr().out


def test_a_slider_fitted_again_is_another_result(
    photo: Path, tiny_root: Path, tiny: Editor, capsys: pytest.CaptureFixture[str]
) -> None:
    command = _command("edit", photo, tiny_root, "--move", "smile=2")
    assert main(command) == 0
    age = tiny_root / "boundaries" / "tiny" / "age.safetensors"
    _turn(age, tiny)
    capsys.readouterr()
    assert main(command) == 0
    assert "1 were done before" in capsys.readouterr().out, "age is not moved"
    _turn(age.with_name("smile.safetensors"), tiny)
    assert main(command) == 0
    assert "done before" not in capsys.readouterr().out


def _turn(path: Path, editor: Editor) -> None:
    found = load_boundary(path, "tiny", editor.info.num_ws, editor.info.w_dim)
    save_boundary(replace(found, normal=found.normal.roll(3, dims=1)), path)


def test_any_slider_counts_where_codes_are_opened(photo: Path, tiny: Editor) -> None:
    args = parser().parse_args(["edit", "x", "--move", "smile=1", "--out", "o", "--yunet", "y"])
    photos = inversion_job(args, tiny, [photo], {"smile": 1.0})
    codes = inversion_job(args, tiny, [photo.with_suffix(".npz")], {"smile": 1.0})
    assert [name for name, _ in photos.sliders] == ["smile"]
    assert [name for name, _ in codes.sliders] == ["age", "smile"]


def test_every_wish_is_in_the_key(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    plain = PhotoJob("invert", ())
    mask, other = torch.zeros(64, 64), torch.zeros(64, 64)
    other[31, 31] = 1.0
    wishes = {
        "command": "edit",
        "networks": (("generator.safetensors", "abc"),),
        "squares": FFHQ,
        "crop": Crop(),
        "finder": "aligner of another",
        "yunet": FileState.of(tmp_path / "a"),
        "options": InversionOptions(steps=3),
        "moves": (("smile", 1.0),),
        "sliders": (("smile", "abc"),),
        "paste": "replace",
        "mask": Digested.of(mask, mask.numpy().tobytes()),
        "settle": True,
        "size_px": 32,
        "levels": ((("TIFF", 16, 1, 1), Levels(0.0, 4095.0)),),
        "target": Digested.of(None, b"target"),
        "patch": Digested.of(mask, mask.numpy().tobytes()),
        "offset": (0.1, 0.0),
        "turn": 90,
        "faces": "largest",
        "kind": "png",
        "colour": True,
    }
    assert set(wishes) == {field.name for field in fields(PhotoJob)}
    keys = {repr(plain)} | {repr(replace(plain, **{k: v})) for k, v in wishes.items()}
    assert len(keys) == 1 + len(wishes)
    drawn = replace(plain, mask=Digested.of(other, other.numpy().tobytes()))
    assert repr(drawn) not in keys, "one pixel of a mask is another mask"
    with pytest.raises(FrozenInstanceError):
        plain.settle = True  # type: ignore[misc]


def test_levels_count_for_photos_of_their_kind_alone(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 4096, (40, 40)).astype(np.uint16)
    Image.fromarray((values >> 4).astype(np.uint8)).save(tmp_path / "usual.jpg")
    Image.fromarray((values >> 4).astype(np.uint8)).save(tmp_path / "usual.tif")
    Image.fromarray(values).save(tmp_path / "deep.tif")
    (tmp_path / "deep.png").write_bytes(deep_png(values))
    (tmp_path / "colours.png").write_bytes(deep_png(np.stack([values] * 3, axis=2)))
    photos = sorted(tmp_path.iterdir())
    kinds = {photo.name: sample_kind(photo) for photo in photos}
    deep = [("PNG", 16, 1, 3), ("PNG", 16, 1, 1), ("TIFF", 16, 1, 1)]
    assert list(kinds.values()) == [*deep, None, None]
    level = Levels(0.0, 4095.0)
    for kind in deep:
        job = PhotoJob("invert", (), levels=((kind, level),))
        done = Done(tmp_path / "out", PhotoJob("invert", ()))
        for photo in photos:
            (tmp_path / "out").mkdir(exist_ok=True)
            (tmp_path / "out" / f"{photo.name}.png").touch()
            done.add(photo, photo.name)
        again = Done(tmp_path / "out", job)
        missing = [p.name for p in photos if not again.has(p, p.name)]
        assert missing == [name for name, one in kinds.items() if one == kind]
