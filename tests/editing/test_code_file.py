from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editor import Crop, Editor, InversionOptions
from editor.editing.code_file import read_code
from editor.errors import ImageError, MismatchError, OptionError
from tests.conftest import picture_of

FAST = InversionOptions(steps=1)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "holiday.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 30, 3), np.uint8)).save(path)
    return path


def test_square_and_photo_are_kept(tiny: Editor, photo: Path, tmp_path: Path) -> None:
    edit = tiny.invert(photo, Crop(0.4, 0.6, 0.7, 3.0), FAST).move(smile=2.0)
    code = tmp_path / "a.npz"
    tiny.save_code(edit, code)
    again = tiny.open_code(code)
    assert again.crop == edit.crop
    with pytest.raises(ImageError, match="without a photo"):
        tiny.paste(again)
    pasted = tiny.paste(tiny.with_photo(again, code, photo))
    assert pasted.tobytes() == tiny.paste(edit).tobytes()
    other = tmp_path / "other.png"
    picture_of(photo).rotate(90).save(other)
    with pytest.raises(MismatchError, match=r"other\.png is not the photo .*give holiday\.png"):
        tiny.with_photo(again, code, other)
    generated = tmp_path / "generated.npz"
    tiny.save_code(tiny.sample(0), generated)
    with pytest.raises(MismatchError, match="does not say which photo"):
        tiny.with_photo(tiny.open_code(generated), generated, photo)


def test_colour_that_was_let_into_a_grey_photo_stays(tiny: Editor, tmp_path: Path) -> None:
    photo, code = tmp_path / "grey.png", tmp_path / "a.npz"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 30), np.uint8)).save(photo)
    edit = tiny.invert(photo, Crop(), FAST)
    for grey in (True, False):
        tiny.save_code(replace(edit, grey=grey), code)
        assert tiny.with_photo(tiny.open_code(code), code, photo).grey == grey
    arrays = dict(np.load(code))
    del arrays["grey"]
    np.savez(code, **arrays)
    assert tiny.with_photo(tiny.open_code(code), code, photo).grey, "an older code does not say"


def test_a_code_of_schema_1_opens(tiny: Editor, tmp_path: Path) -> None:
    edit = tiny.sample(3).move(smile=1.0, age=-0.5).on_layers(smile=(0, 1)).inside(torch.eye(16))
    edit = replace(edit, base=tiny.sample(4).wp)
    np.savez(
        tmp_path / "old.npz",
        schema=np.array(1),
        domain=np.array("tiny"),
        generator=np.array(tiny.engine.fingerprint),
        wp=edit.wp.numpy(),
        code=edit.wp_edited.numpy(),
        base=tiny.sample(4).wp.numpy(),
        mask=np.eye(16, dtype=np.float32),
        move_names=np.array(["smile", "age"]),
        move_distances=np.array([1.0, -0.5]),
        layer_names=np.array(["smile"]),
        layers=np.array(["0,1"]),
    )
    again = tiny.open_code(tmp_path / "old.npz")
    assert again.crop is None
    assert torch.equal(again.wp_edited, edit.wp_edited)
    assert torch.equal(again.reference, edit.reference)
    assert tiny.render(again).tobytes() == tiny.render(edit).tobytes()


def _changed(path: Path, **arrays: np.ndarray) -> None:
    with np.load(path) as old:
        kept = {name: old[name] for name in old.files}
    np.savez(path, **(kept | arrays))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-100]), "not a code"),
        (lambda path: path.write_bytes(b"\x93NUMPY\x01\x00" + bytes(100)), "not a code"),
        (lambda path: _changed(path, schema=np.array(3)), "schema 3; this version reads 1 and 2"),
        (lambda path: _changed(path, schema=np.array("x")), "schema is no number"),
        (lambda path: _changed(path, crop=np.array([0.5, 0.5, 9.0, 0.0])), "side in"),
        (lambda path: _changed(path, crop=np.array([0.5, 0.5])), "square of shape"),
        (lambda path: _changed(path, crop=np.array(["a"] * 4)), "square of shape"),
        (lambda path: _changed(path, photo_name=np.array(["a", "b"])), "a text was expected"),
        (lambda path: _changed(path, wp=np.zeros(8)), "no matrix"),
    ],
)
def test_damaged_and_foreign_files_are_refused(tiny: Editor, tmp_path: Path, damage, said) -> None:
    path = tmp_path / "a.npz"
    tiny.save_code(tiny.sample(0).move(smile=1.0), path)
    damage(path)
    with pytest.raises((MismatchError, OptionError), match=said):
        tiny.open_code(path)


def test_what_a_file_says(tiny: Editor, photo: Path, tmp_path: Path) -> None:
    tiny.save_code(tiny.invert(photo, options=FAST), tmp_path / "a.npz")
    found = read_code(tmp_path / "a.npz")
    assert (found.domain, found.photo_name) == ("tiny", "holiday.png")
    assert len(found.photo_sha256) == 64
    tiny.save_code(tiny.invert(picture_of(photo), options=FAST), tmp_path / "b.npz")
    assert read_code(tmp_path / "b.npz").photo_sha256 == ""
