"""What the Save dialog gets: sizes, formats, names, and answers to wrong wishes."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from editor import Domains, Editor
from editor.editing.edit import Edit
from editor.media.images import SOURCE_TYPE, load_image
from editor.photo.crop import Crop
from editor.photo.photo import Photo
from editor.project.actions import add_edit, move_sliders
from editor.project.exports import after, stem, wipe, wipe_size
from editor.ui.handlers import Handlers
from editor.ui.state import Visitor

SIZE = (90, 120)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
MOVES: dict[str, Any] = {"moves": {"smile": 2.0}}


@pytest.fixture
def handlers(tiny_root) -> Handlers:
    return Handlers(Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries"), "tiny")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "holiday.jpg"
    noise = np.random.default_rng(0).integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8)
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    Image.fromarray(noise).save(path, icc_profile=PROFILE, exif=exif, quality=95)
    return path


def _edit(tiny: Editor, path: Path, crop: Crop, seed: int = 7) -> Edit:
    shot = Photo.read(path)
    return replace(tiny.sample(seed), photo=shot, crop=crop, aligned=tiny.align(shot, crop))


@pytest.fixture
def visitor(handlers: Handlers, photo: Path) -> Visitor:
    tiny, first = handlers.domains.open("tiny"), handlers.first_visitor()
    edit = _edit(tiny, photo, Crop(0.5, 0.4, 0.6))
    return first.keep(add_edit(first.project, tiny, edit, "holiday", str(photo)))


def _saved(handlers: Handlers, visitor: Visitor, **wish: Any) -> tuple[dict[str, Any], bytes]:
    answer = handlers.export_as(visitor, MOVES, value={"wish": wish, "turn": 3})
    assert answer["turn"] == 3
    assert "saved" in answer, answer
    data = Path(answer["saved"]["file"]).read_bytes()
    assert answer["saved"]["bytes"] == len(data)
    return answer["saved"], data


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp")])
def test_a_photo_keeps_its_size_and_its_profile(
    handlers: Handlers, visitor: Visitor, kind: str, suffix: str
) -> None:
    saved, data = _saved(handlers, visitor, what="photo", kind=kind)
    assert saved["name"] == f"holiday {stem_of(visitor, handlers)}{suffix}"
    assert (saved["width"], saved["height"]) == SIZE
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == (kind, SIZE)
        assert image.info["icc_profile"] == PROFILE
        assert not image.getexif(), "no camera"
    assert SOURCE_TYPE.encode() in data, "it says that it was edited"
    plain = _saved(handlers, visitor, what="photo", kind=kind, profile=False)[1]
    with Image.open(io.BytesIO(plain)) as image:
        assert "icc_profile" not in image.info
    if kind == "PNG":
        edit, shown = handlers.edit(visitor, MOVES, ""), visitor.project.shown
        expected = after(handlers.editor(visitor), edit, shown)
        assert np.array_equal(_array(data), np.asarray(expected.pixels, int))
        assert (
            abs(_array(data) - np.asarray(load_image(visitor.project.shown.photo), int)).max() > 0
        )


def stem_of(visitor: Visitor, handlers: Handlers) -> str:
    low, high = handlers.sliders(visitor)["smile"].info.range
    assert low <= 0 < high
    return f"smile{round(200 / high):+d}"


def _array(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), int)


def test_the_face_alone_is_enlarged(handlers: Handlers, visitor: Visitor) -> None:
    saved, data = _saved(handlers, visitor, what="face", kind="PNG", name=" me/../you ")
    assert (saved["width"], saved["height"]) == (512, 512)
    assert saved["name"] == "me_.._you.png"
    assert Path(saved["file"]).name == "me_.._you.png"
    editor = handlers.editor(visitor)
    small = editor.render(handlers.edit(visitor, MOVES, ""))
    assert np.array_equal(
        _array(data), np.asarray(small.resize((512, 512), Image.Resampling.BICUBIC))
    )


def test_before_and_after_lie_side_by_side(handlers: Handlers, visitor: Visitor) -> None:
    saved, data = _saved(handlers, visitor, what="pair", kind="PNG")
    assert saved["width"] >= 2 * SIZE[0]
    assert saved["height"] == SIZE[1]
    both = _array(data)
    photo = np.asarray(load_image(visitor.project.shown.photo), int)
    assert np.array_equal(both[:, : SIZE[0]], photo)
    assert not np.array_equal(both[:, -SIZE[0] :], photo)


def test_a_wipe_is_a_film(handlers: Handlers, visitor: Visitor) -> None:
    saved, data = _saved(handlers, visitor, what="wipe")
    assert saved["name"].endswith(".mp4")
    assert (saved["width"], saved["height"]) == SIZE
    assert data[4:8] == b"ftyp"
    black, white = Image.new("RGB", (2000, 1000)), Image.new("RGB", (2000, 1000), "white")
    frames = list(wipe(black, white))
    shares = [np.asarray(frame).mean() / 255 for frame in frames]
    assert frames[0].size == wipe_size(black) == (1280, 640)
    assert (shares[0], shares[-1]) == (0, 0)
    assert max(shares) > 0.99
    assert np.argmax(shares) in (len(shares) // 2 - 1, len(shares) // 2)


def test_settings_are_a_code_and_a_look(handlers: Handlers, visitor: Visitor) -> None:
    saved, data = _saved(handlers, visitor, what="code")
    assert saved["name"].endswith(".npz")
    assert saved["width"] == 0
    opened = handlers.editor(visitor).open_code(saved["file"])
    assert dict(opened.moves) == {"smile": 2.0}
    saved, data = _saved(handlers, visitor, what="look", name="Big smile")
    high = handlers.sliders(visitor)["smile"].info.range[1]
    assert json.loads(data) == {
        "schema": 1,
        "name": "Big smile",
        "domain": "tiny",
        "sliders": {"smile": round(2.0 / high, 4)},
    }
    assert saved["name"] == "Big smile.json"
    assert len(data) < 1000


def test_the_example_is_saved_as_its_square(handlers: Handlers) -> None:
    example = handlers.first_visitor()
    saved, _ = _saved(handlers, example, what="photo", kind="PNG")
    assert (saved["width"], saved["height"]) == (512, 512)
    assert saved["name"].startswith("Example smile+")
    pair, _ = _saved(handlers, example, what="pair", kind="PNG")
    assert pair["height"] == 512
    assert pair["width"] >= 1024


def test_all_faces_of_a_photo_are_laid_in(handlers: Handlers, photo: Path) -> None:
    tiny, first = handlers.domains.open("tiny"), handlers.first_visitor()
    project = first.project
    for seed, y in ((7, 0.2), (8, 0.8), (9, 0.81)):
        edit = _edit(tiny, photo, Crop(0.5, y, 0.3), seed)
        project = add_edit(project, tiny, edit, f"face {seed}", str(photo))
    ids = [picture.id for picture in project.pictures]
    for name in ids[2:]:
        project = move_sliders(project, tiny, name, {"age": 3.0})
    visitor = first.keep(project.go(project.last(ids[1])))
    saved, data = _saved(handlers, visitor, what="photo", kind="PNG")
    assert saved["faces"] == 2, "two pictures of one face count once"
    changed = abs(_array(data) - np.asarray(load_image(photo), int)).max(axis=2)
    assert changed[:40].any()
    assert changed[-40:].any()
    assert not changed[55:65].any(), "nothing between them"
    newest = tiny.paste(
        project.edit(tiny, project.latest(ids[3])),
        "difference",
        load_image(photo),
        Crop(0.5, 0.81, 0.3),
    )
    assert np.array_equal(_array(data)[-40:], np.asarray(newest, int)[-40:]), "the newer of the two"


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"what": "everything"}, "'everything' cannot be saved; there are: photo"),
        (
            {"what": "face", "kind": "EXE"},
            "'EXE' is no type of picture; use JPEG, PNG, WEBP, TIFF, AVIF, HEIF",
        ),
        ({"what": "../../etc"}, "cannot be saved"),
    ],
)
def test_wrong_wishes_are_told(
    handlers: Handlers, visitor: Visitor, wish: dict[str, Any], says: str
) -> None:
    answer = handlers.export_as(visitor, {}, value={"wish": wish, "turn": 1})
    assert says in answer["failed"]
    assert answer["turn"] == 1


def test_what_cannot_be_made_is_told(handlers: Handlers, visitor: Visitor) -> None:
    Path(visitor.project.shown.photo).unlink()
    answer = handlers.export_as(visitor, {}, value={"wish": {"what": "photo"}})
    assert "not kept any more" in answer["failed"]
    assert handlers.export_facts(visitor, {})["facts"]["photo"] is None
    assert "saved" in handlers.export_as(visitor, {}, value={"wish": {"what": "face"}})
    answer = handlers.export_as(visitor, {"moves": {"smile": "far"}}, value=None)
    assert "failed" in answer
    strange = handlers.export_as(
        visitor, {}, value={"wish": {"what": "face", "name": "\ud800/<b>"}}
    )
    assert strange["saved"]["name"] == "___b_.jpg"


def test_the_dialog_knows_sizes_before_anything_is_saved(
    handlers: Handlers, visitor: Visitor, tmp_path: Path
) -> None:
    facts = handlers.export_facts(visitor, MOVES)["facts"]
    assert facts["photo"] == list(SIZE)
    assert facts["model"] == handlers.editor(visitor).info.resolution
    assert (facts["face"], facts["faces"]) == (512, 1)
    assert facts["name"] == f"holiday {stem_of(visitor, handlers)}"
    assert handlers.export_facts(handlers.first_visitor(), {})["facts"]["photo"] is None
    turned = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (120, 90), "grey").save(turned, exif=exif)
    tiny = handlers.editor(visitor)
    edit = _edit(tiny, turned, Crop())
    upright = visitor.keep(add_edit(visitor.project, tiny, edit, "turned", str(turned)))
    assert handlers.export_facts(upright, {})["facts"]["photo"] == [90, 120]
    shown = upright.project.shown
    without = upright.keep(upright.project.amend(replace(shown, small=b"")))
    assert handlers.export_facts(without, {})["facts"]["photo"] == [90, 120]


def test_names(handlers: Handlers, visitor: Visitor) -> None:
    tiny, shown = handlers.editor(visitor), visitor.project.shown
    edit = tiny.edit(shown.wp)
    assert stem(shown, edit) == "holiday edited"
    low = (
        handlers.sliders(visitor)["smile"].info.range[0]
        or -handlers.sliders(visitor)["smile"].info.range[1]
    )
    assert stem(shown, edit.move(smile=low / 2)) == "holiday smile-50"
    assert stem(replace(shown, name="a/b: <c>"), edit) == "a_b_ _c_ edited"
