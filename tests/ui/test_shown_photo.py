"""Photos as the stage shows them: checked before they are opened, and cut-outs read once."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editor import Domains
from editor.photo.photo import Photo
from editor.ui import shown_photo, stage_values
from editor.ui.handler_base import REPLACE
from editor.ui.handlers import Handlers
from tests.media.test_metadata_memory import bomb, jpeg, picture

SETTINGS = (3, 0.01, 1.0, 0.2, 2.0)


def test_a_slider_s_release_reads_a_cut_out_once(
    tiny_root: Path, tmp_path: Path, monkeypatch
) -> None:
    path = tmp_path / "cut_out.png"
    values = np.random.default_rng(0).integers(0, 255, (60, 40, 4), np.uint8)
    Image.fromarray(values).save(path)
    handlers = Handlers(Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries"), "tiny")
    visitor = handlers.first_visitor()
    list(handlers.take(visitor, {"given": {"path": str(path)}}, *SETTINGS))
    frame = {"x": 0.5, "y": 0.5, "side": 0.5, "angle": 0.0}
    list(handlers.place(visitor, {"frame": frame}, *SETTINGS))
    visitor = handlers.store.newest(visitor)
    read: list[str] = []

    class Counted(Photo):
        @classmethod
        def read(cls, source, known=None):  # type: ignore[no-untyped-def]
            read.append(source)
            return Photo.read(source, known)

    monkeypatch.setattr(stage_values, "Photo", Counted)
    seen = [
        handlers.look(visitor, {"moves": {"smile": by}}, "", REPLACE)["composed"]
        for by in (1.0, 2.0)
    ]
    assert len(read) == 1
    assert seen[0] != seen[1]
    shown = Image.open(io.BytesIO(base64.b64decode(seen[1].partition(",")[2])))
    assert np.array_equal(np.asarray(shown)[..., 3], values[..., 3])
    before = np.asarray(shown)[:10, :, :3]
    assert np.array_equal(before, values[:10, :, :3]), "the first edit is not in the second"


def test_a_photo_is_checked_before_pillow_opens_it(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "bomb.jpg").write_bytes(jpeg(bomb(900_000)))
    (tmp_path / "usual.png").write_bytes(picture("PNG"))
    assert shown_photo._size_as_shown(str(tmp_path / "usual.png")) == (40, 30)
    opened = lambda *args, **options: pytest.fail("it was opened")  # noqa: E731
    monkeypatch.setattr(shown_photo, "open_picture", opened)
    monkeypatch.setattr(Image, "open", opened)
    assert shown_photo._size_as_shown(str(tmp_path / "bomb.jpg")) is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("turn", [1, 6])
def test_what_lies_on_its_side_is_shown_as_a_browser_turns_it(
    kind: str, turn: int, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    (tmp_path / "photo").write_bytes(picture(kind, exif=exif))
    size = shown_photo._size_as_shown(str(tmp_path / "photo"))
    wanted = {1: (40, 30), 6: (30, 40) if kind == "JPEG" else None}[turn]
    assert size == wanted
