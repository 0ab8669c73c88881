from __future__ import annotations

import base64
import io
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from editor import Editor
from editor.ui.build import build_ui, launch_options
from editor.ui.handlers import Handlers
from editor.ui.state import Visitor

SETTINGS = (3, 0.01, 1.0, 0.2, 2.0)


def _decode(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB")


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 40, 3), np.uint8)).save(path)
    return str(path)


@pytest.fixture
def handlers(tiny: Editor) -> Handlers:
    return Handlers(tiny)


def test_invert_then_slide_then_save(handlers: Handlers, photo: str) -> None:
    square = handlers.show_photo(photo)
    assert (square["width"], square["height"]) == (40, 60)
    steps = list(handlers.invert(photo, square, Visitor("tiny"), *SETTINGS))
    visitor, picture, status, *sliders = steps[-1]
    assert steps[0][3:] == (0.0, 0.0)
    assert all(slider != 0.0 for slider in sliders)
    assert "Done" in status
    assert visitor.code.shape == (6, 8)
    expected = handlers.editor.edit(visitor.code)
    assert np.array_equal(np.asarray(_decode(picture["after"])), np.asarray(expected.image))
    moved, line = handlers.slide(visitor, 0.0, 2.0)
    assert "last edit" in line
    assert moved["before"] is None
    expected = expected.move(**{handlers.names[1]: 2.0})
    assert np.array_equal(np.asarray(_decode(moved["after"])), np.asarray(expected.image))
    file = handlers.download_picture(visitor, 0.0, 2.0)
    assert np.array_equal(np.asarray(_decode(file["uri"])), np.asarray(expected.image))
    code = base64.b64decode(handlers.download_code(visitor, 0.0, 2.0)["uri"].partition(",")[2])
    with np.load(io.BytesIO(code), allow_pickle=False) as data:
        assert np.array_equal(data["wp"], visitor.code)


def test_every_preview_leaves_a_usable_code(handlers: Handlers, photo: str) -> None:
    """Cancel closes the generator; what was shown last must be what is kept."""
    stream = handlers.invert(photo, None, Visitor("tiny"), *SETTINGS)
    visitor, picture, status, *_ = next(stream)
    stream.close()
    assert "Step 0 of 3" in status
    again, _ = handlers.slide(visitor, 0.0, 0.0)
    assert again["after"] == picture["after"]


def test_errors_are_messages(handlers: Handlers, tmp_path: Path) -> None:
    bad = tmp_path / "photo.png"
    bad.write_text("no picture")
    with pytest.raises(gr.Error, match="not a picture"):
        handlers.show_photo(str(bad))
    with pytest.raises(gr.Error, match="no photo yet"):
        next(handlers.invert(None, None, Visitor("tiny"), *SETTINGS))
    with pytest.raises(gr.Error, match="invert a photo first"):
        handlers.slide(Visitor("tiny"), 0.0, 0.0)
    with pytest.raises(gr.Error, match="nothing to save"):
        handlers.download_picture(Visitor("tiny"), 0.0, 0.0)
    assert handlers.turn({"x": 1}, 3) == {"x": 1, "angle": 3.0}


def test_a_square_that_makes_no_sense(handlers: Handlers, photo: str) -> None:
    for damage in ({"x": "a"}, {"side": None}, {"side": 1e9}, {"angle": float("nan")}):
        square = handlers.show_photo(photo) | damage
        with pytest.raises(gr.Error):
            next(handlers.invert(photo, square, Visitor("tiny"), *SETTINGS))


def test_the_square_of_another_photo_is_not_used(
    handlers: Handlers, photo: str, tmp_path: Path
) -> None:
    """Invert may be pressed before the new photo's square has come."""
    other = str(tmp_path / "other.png")
    Image.open(photo).rotate(180).save(other)
    placed = handlers.show_photo(photo) | {"x": 0.3, "side": 0.4}
    late, fresh, own = (
        next(handlers.invert(path, square, Visitor("tiny"), *SETTINGS))[1]["before"]
        for path, square in (
            (other, placed),
            (other, handlers.show_photo(other)),
            (photo, placed),
        )
    )
    assert late == fresh
    assert own != next(handlers.invert(photo, None, Visitor("tiny"), *SETTINGS))[1]["before"]


def test_an_unknown_error_hides_its_details(handlers: Handlers, monkeypatch) -> None:
    monkeypatch.setattr(handlers.editor, "example", lambda seed: 1 / 0)
    with pytest.raises(gr.Error, match="Something unexpected") as caught:
        handlers.example({"chosen": 0})
    assert "division" not in str(caught.value)


def test_page_builds_and_offers_every_slider(tiny: Editor) -> None:
    page = build_ui(tiny)
    labels = {b.label for b in page.blocks.values() if isinstance(b, gr.Slider)}
    assert {"smile", "age"} <= labels
    assert "slider-smile" in launch_options(tiny)["css"]
