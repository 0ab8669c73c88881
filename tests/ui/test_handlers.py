from __future__ import annotations

import base64
import io
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from editor import Library
from editor.ui.build import build_ui, launch_options
from editor.ui.handlers import KEEP, REPLACE, SQUARE, WHOLE, Handlers
from editor.ui.state import Visitor
from editor.weights.convert import Sources, convert_idinvert
from tests.reference.published import write_published

SETTINGS = (3, 0.01, 1.0, 0.2, 2.0)
TINY = Visitor("tiny")


def _decode(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB")


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 40, 3), np.uint8)).save(path)
    return str(path)


@pytest.fixture
def library(tiny_root: Path) -> Library:
    return Library("cpu", tiny_root / "checkpoints", tiny_root / "boundaries")


@pytest.fixture
def handlers(library: Library) -> Handlers:
    return Handlers(library, "tiny")


def _moves(**moves: float) -> dict:
    return {"moves": moves}


def test_invert_then_slide_then_save(handlers: Handlers, photo: str) -> None:
    square = handlers.show_photo(photo, TINY)
    assert (square["width"], square["height"]) == (40, 60)
    steps = list(handlers.invert(photo, square, TINY, *SETTINGS))
    visitor, picture, status, _ = steps[-1]
    panel = steps[0][3]
    assert panel["moves"] == {}
    assert [s["name"] for g in panel["groups"] for s in g["sliders"]] == ["age", "smile"]
    # the sliders are set once, and left alone by later previews
    assert not any(isinstance(step[3], dict) and "groups" in step[3] for step in steps[1:])
    assert "Done" in status
    assert visitor.code.shape == (6, 8)
    expected = handlers.library.open("tiny").edit(visitor.code)
    assert np.array_equal(np.asarray(_decode(picture["after"])), np.asarray(expected.image))
    moved, line = handlers.slide(visitor, _moves(smile=2.0))
    assert "last edit" in line
    assert moved["before"] is None
    expected = expected.move(smile=2.0)
    assert np.array_equal(np.asarray(_decode(moved["after"])), np.asarray(expected.image))
    file = handlers.download_picture(visitor, _moves(smile=2.0))
    assert np.array_equal(np.asarray(_decode(file["uri"])), np.asarray(expected.image))
    code = base64.b64decode(
        handlers.download_code(visitor, _moves(smile=2.0))["uri"].partition(",")[2]
    )
    with np.load(io.BytesIO(code), allow_pickle=False) as data:
        assert np.array_equal(data["wp"], visitor.code)


def test_every_preview_leaves_a_usable_code(handlers: Handlers, photo: str) -> None:
    """Cancel closes the generator; what was shown last must be what is kept."""
    stream = handlers.invert(photo, None, TINY, *SETTINGS)
    visitor, picture, status, *_ = next(stream)
    stream.close()
    assert "Step 0 of 3" in status
    again, _ = handlers.slide(visitor, _moves())
    assert again["after"] == picture["after"]


def test_errors_are_messages(handlers: Handlers, tmp_path: Path) -> None:
    bad = tmp_path / "photo.png"
    bad.write_text("no picture")
    with pytest.raises(gr.Error, match="not a picture"):
        handlers.show_photo(str(bad), TINY)
    with pytest.raises(gr.Error, match="no photo yet"):
        next(handlers.invert(None, None, TINY, *SETTINGS))
    with pytest.raises(gr.Error, match="invert a photo first"):
        handlers.slide(TINY, None)
    with pytest.raises(gr.Error, match="nothing to save"):
        handlers.download_picture(TINY, None)
    assert handlers.turn({"x": 1}, 3) == {"x": 1, "angle": 3.0}


def test_the_slider_shows_how_far_the_square_is_turned(handlers: Handlers) -> None:
    assert handlers.heading(None) == 0
    assert handlers.heading({"angle": -7.6}) == -8
    assert handlers.heading({"angle": 170}) == 45


def test_a_square_that_makes_no_sense(handlers: Handlers, photo: str) -> None:
    for damage in ({"x": "a"}, {"side": None}, {"side": 1e9}, {"angle": float("nan")}):
        square = handlers.show_photo(photo, TINY) | damage
        with pytest.raises(gr.Error):
            next(handlers.invert(photo, square, TINY, *SETTINGS))


def test_the_square_of_another_photo_is_not_used(
    handlers: Handlers, photo: str, tmp_path: Path
) -> None:
    """Invert may be pressed before the new photo's square has come."""
    other = str(tmp_path / "other.png")
    Image.open(photo).rotate(180).save(other)
    placed = handlers.show_photo(photo, TINY) | {"x": 0.3, "side": 0.4}
    late, fresh, own = (
        next(handlers.invert(path, square, TINY, *SETTINGS))[1]["before"]
        for path, square in (
            (other, placed),
            (other, handlers.show_photo(other, TINY)),
            (photo, placed),
        )
    )
    assert late == fresh
    assert own != next(handlers.invert(photo, None, TINY, *SETTINGS))[1]["before"]


def test_an_unknown_error_hides_its_details(handlers: Handlers, monkeypatch) -> None:
    editor = handlers.library.open("tiny")
    monkeypatch.setattr(editor, "example", lambda seed: 1 / 0)
    with pytest.raises(gr.Error, match="Something unexpected") as caught:
        handlers.example({"chosen": 0}, TINY)
    assert "division" not in str(caught.value)


def test_the_whole_photo(handlers: Handlers, photo: str, tmp_path: Path) -> None:
    square = handlers.show_photo(photo, TINY) | {"side": 0.5}
    visitor = list(handlers.invert(photo, square, TINY, *SETTINGS))[-1][0]
    source = Image.open(photo).convert("RGB")
    data, name = handlers.whole_photo(photo, visitor, _moves())
    assert name == "edited.png"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), np.asarray(source))
    assert b"compositeWithTrainedAlgorithmicMedia" in data
    for mode in (KEEP, REPLACE):
        data, _ = handlers.whole_photo(photo, visitor, _moves(smile=2.0), "", mode)
        pasted = np.asarray(Image.open(io.BytesIO(data)))
        assert pasted.shape == (60, 40, 3)
        assert (pasted != np.asarray(source)).any()
        assert np.array_equal(pasted[:15], np.asarray(source)[:15])
    seen = handlers.look(visitor, _moves(), "", WHOLE)
    assert seen["fit"] == "contain"
    assert _decode(seen["after"]).size == _decode(seen["before"]).size == (40, 60)
    back = handlers.look(visitor, _moves(), "", SQUARE)
    assert _decode(back["before"]).size == (16, 16)
    assert "fit" not in back
    other = tmp_path / "other.png"
    source.save(other)
    with pytest.raises(gr.Error, match="press Invert again"):
        handlers.whole_photo(str(other), visitor, _moves())
    with pytest.raises(gr.Error, match="generated"):
        handlers.whole_photo(photo, handlers.first_visitor(), _moves())


def test_layers_can_be_chosen(handlers: Handlers) -> None:
    visitor = handlers.first_visitor()
    editor = handlers.library.open("tiny")
    moved, _ = handlers.slide(visitor, _moves(smile=2.0), "smile=4-5")
    expected = editor.edit(visitor.code).move(smile=2.0).on_layers(smile=(4, 5))
    changed = (expected.code - expected.wp).abs().amax(dim=1) > 0
    assert changed.nonzero()[:, 0].tolist() == [4, 5]
    assert np.array_equal(np.asarray(_decode(moved["after"])), np.asarray(expected.image))
    usual, _ = handlers.slide(visitor, _moves(smile=2.0))
    assert usual["after"] != moved["after"]
    for wrong in ("smile", "smile=a-b", "smile=7", "nose=1", "=1"):
        with pytest.raises(gr.Error):
            handlers.slide(visitor, _moves(smile=2.0), wrong)


def test_another_domain_can_be_chosen(library: Library, tiny_root: Path, photo: str) -> None:
    write_published(tiny_root / "files")
    files = [tiny_root / "files" / f"{kind}.pth" for kind in ("generator", "encoder")]
    folders = (tiny_root / "checkpoints", tiny_root / "boundaries")
    for _ in convert_idinvert(
        Sources("pub32", *files, title="Published", subject="face"), *folders
    ):
        pass
    handlers = Handlers(library, "tiny")
    assert library.choices == [("Published", "pub32"), ("Tiny", "tiny")]
    visitor, picture, status, panel, examples, square, line, hint, *settings = handlers.choose(
        "pub32", photo
    )
    assert visitor.domain == "pub32"
    assert visitor.code.shape == (8, 16)
    assert picture["before"] == ""
    assert panel["groups"] == []
    assert len(examples["sources"]) == 3
    assert square["width"] == 40
    assert "face" in status
    assert "32 px" in line
    assert "face" in hint
    assert settings == [100, 0.01, 1.0, 0.0, 2.0]
    shown = _decode(list(handlers.invert(photo, square, visitor, 2, *settings[1:]))[-1][1]["after"])
    assert shown.size == (32, 32)
    # a step of the old domain's slider, sent before the panel was replaced
    again, _ = handlers.slide(visitor, _moves(smile=2.0))
    assert again["after"] == picture["after"]
    with pytest.raises(gr.Error, match="not found"):
        handlers.choose("nowhere", None)


def test_page_builds(library: Library) -> None:
    page = build_ui(library, "tiny")
    labels = {b.label for b in page.blocks.values() if isinstance(b, gr.Number)}
    assert "Most steps" in labels
    assert launch_options()["run_history"] is False
