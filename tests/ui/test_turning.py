"""Turning a photo on the page, and asking for another square of it: what the server does."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from editor import Domains
from editor.media.images import image_size
from editor.photo.crop import Crop
from editor.photo.quarters import turned_crop
from editor.photo.turned_file import turned_file
from editor.project.actions import move_sliders
from editor.project.file import open_project, project_bytes
from editor.project.turning import TURNED, standing, versions
from editor.session import Editor
from editor.ui import turning_handlers
from editor.ui.component_values import strip_value
from editor.ui.handlers import Handlers
from editor.ui.library import LibraryPanel
from editor.ui.library_values import Doubts, Tiles, library_value
from editor.ui.shown_photo import FILE_ROUTE
from editor.ui.state import Visitor
from tests.conftest import picture_of

SETTINGS = (3, 0.01, 1.0, 0.2, 2.0)
LEFT, RIGHT = Crop(0.25, 0.4, 0.4), Crop(0.75, 0.4, 0.4, 5.0)


@pytest.fixture
def handlers(tiny_root: Path, monkeypatch: pytest.MonkeyPatch) -> Handlers:
    made = Handlers(Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries"), "tiny")
    monkeypatch.setattr(Editor, "finds", property(lambda _: True))
    return made


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8)).save(path)
    return str(path)


def _finding(monkeypatch: pytest.MonkeyPatch, *found: Crop, sure: float = 1.0) -> None:
    monkeypatch.setattr(Editor, "find", lambda *_, **__: [(crop, sure) for crop in found])


def _read(handlers: Handlers, photo: str) -> Visitor:
    given = {"given": {"path": photo, "name": "photo.png"}}
    *_, (visitor, *_) = handlers.take(handlers.first_visitor(), given, *SETTINGS)
    return visitor


def _turn(handlers: Handlers, visitor: Visitor, quarters: int) -> tuple[Visitor, dict]:
    *_, shown = handlers.turn(visitor, {"quarters": quarters}, *SETTINGS)
    return handlers.store.newest(visitor), shown[1]


def _whole(handlers: Handlers, visitor: Visitor) -> np.ndarray:
    moves = {"moves": dict(visitor.project.node.moves)}
    answer = handlers.export_as(visitor, moves, value={"wish": {"what": "photo", "kind": "PNG"}})
    return np.asarray(picture_of(answer["saved"]["file"]), int)


def test_all_that_was_made_of_a_photo_turns_with_it(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _finding(monkeypatch, LEFT, RIGHT)
    visitor = _read(handlers, photo)
    editor = handlers.editor(visitor)
    for picture in ("p3", "p2"):  # both faces are edited, the first one is shown
        visitor = handlers.store.update(
            visitor,
            lambda now, name=picture: now.keep(
                move_sliders(now.project, editor, name, {"smile": 2})
            ),
        )
    before, old = _whole(handlers, visitor), visitor.project
    visitor, stage = _turn(handlers, visitor, 1)
    assert (stage["photo"]["width"], stage["photo"]["height"]) == (60, 90)
    assert stage["moves"] == {"smile": 2.0}
    wanted = [turned_crop(crop, 1) for crop in (LEFT, RIGHT)]
    places = [[face["x"], face["y"], face["angle"]] for face in stage["faces"]]
    assert np.allclose(places, [[crop.x, crop.y, crop.angle] for crop in wanted])
    assert all(face["picture"] for face in stage["faces"]), "they need not be read again"
    assert len(stage["others"]) == 1
    assert np.abs(_whole(handlers, visitor) - np.rot90(before, -1)).max() <= 2
    assert visitor.project.shown.name == old.shown.name
    back = handlers.undo(visitor, None, "")
    assert back.project.at == old.at
    assert np.array_equal(_whole(handlers, back), before)
    again = handlers.redo(back)
    assert np.abs(_whole(handlers, again) - np.rot90(before, -1)).max() <= 2


def test_further_turns_replace_the_step_and_edits_afterwards_are_steps_of_their_own(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _finding(monkeypatch, LEFT)
    visitor = _read(handlers, photo)
    pictures, nodes = len(visitor.project.pictures), len(visitor.project.nodes)
    for _ in range(3):
        visitor, stage = _turn(handlers, visitor, 1)
    assert len(visitor.project.pictures) == pictures + 1
    assert len(visitor.project.nodes) == nodes + 1
    assert visitor.project.node.label == TURNED
    crop = turned_crop(LEFT, -1)
    assert (stage["crop"]["x"], stage["crop"]["y"]) == pytest.approx((crop.x, crop.y))
    assert stage["crop"]["angle"] == pytest.approx(-90)
    handlers.commit(visitor, {"moves": {"smile": 3.0}})
    visitor, _ = _turn(handlers, visitor, -1)
    assert len(visitor.project.pictures) == pictures + 2
    assert dict(visitor.project.node.moves) == {"smile": 3.0}
    assert dict(handlers.undo(visitor, None, "").project.node.moves) == {"smile": 3.0}


def _listed(handlers: Handlers, visitor: Visitor) -> list[str]:
    strip = [picture["id"] for picture in strip_value(visitor.project)["pictures"]]
    tiles = library_value(visitor, Tiles(handlers.domains), {})["pictures"]
    assert [tile["id"] for tile in tiles] == strip
    return strip


def test_a_turned_photo_is_one_picture_whose_steps_go_on(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _finding(monkeypatch, LEFT, RIGHT)
    visitor = _read(handlers, photo)
    handlers.commit(visitor, {"moves": {"smile": 2.0}})
    visitor = handlers.store.newest(visitor)
    before, steps = _listed(handlers, visitor), strip_value(visitor.project)["steps"]
    old = visitor.project
    assert (len(before), len(steps)) == (2, 2)
    visitor, _ = _turn(handlers, visitor, 1)
    assert len(_listed(handlers, visitor)) == 2
    assert not set(_listed(handlers, visitor)) & set(before), "both faces are of the turned photo"
    now = strip_value(visitor.project)["steps"]
    assert [step["label"] for step in now[:2]] == [step["label"] for step in steps]
    assert [step["label"] for step in now[2:]] == [TURNED]
    back = handlers.undo(visitor, None, "")
    assert _listed(handlers, back) == before
    other = handlers.store.update(
        back, lambda now: now.show(now.project.go(now.project.last(before[1])))
    )
    assert _listed(handlers, other) == before, "the photo lies as it was shown last"
    whole, store = project_bytes(visitor.project), dict[str, bytes]()
    again = open_project(whole, handlers.editor(visitor), lambda n, d: store.update({n: d}) or n)
    assert [one.id for one in standing(again)] == [one.id for one in standing(visitor.project)]
    assert again.undo().shown.id == old.shown.id, "also what was saved is turned back"
    assert versions(old, before[0]) == {before[0]}
    assert before[0] in versions(visitor.project, visitor.project.shown.id)


def test_faces_of_one_photo_are_numbered_from_left_to_right(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _finding(monkeypatch, RIGHT, LEFT)  # the right one is surer and is read first
    visitor = _read(handlers, photo)
    strip = strip_value(visitor.project)["pictures"]
    tiles = library_value(visitor, Tiles(handlers.domains), {})["pictures"]
    assert [one["name"] for one in strip] == ["photo 2", "photo 1"]
    assert [one["name"] for one in tiles] == ["photo 2", "photo 1"]
    assert visitor.project.shown.name == "photo", "files are called as the photo"
    _finding(monkeypatch, LEFT)
    alone = _read(handlers, photo)
    assert [one["name"] for one in strip_value(alone.project)["pictures"]] == ["photo"]


def test_a_turned_picture_is_renamed_and_removed_with_what_it_was(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _finding(monkeypatch, LEFT)
    visitor, _ = _turn(handlers, _read(handlers, photo), 1)
    library = LibraryPanel.__new__(LibraryPanel)
    library.page = SimpleNamespace(handlers=handlers, store=handlers.store)
    library.tiles, library.doubts = Tiles(handlers.domains), Doubts()
    name = visitor.project.shown.id
    left = library._without(visitor.project, [("tiny", name)])
    assert not any(one.photo for one in left.pictures)
    library.renamed(visitor, {"rename": {"key": f"tiny:{name}", "name": "Anna"}})
    back = handlers.undo(handlers.store.newest(visitor), None, "")
    assert (back.project.shown.name, back.project.shown.id == name) == ("Anna", False)


def test_a_photo_that_waits_is_turned_and_looked_at_anew(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _finding(monkeypatch)
    visitor = _read(handlers, photo)
    assert visitor.waiting == photo
    visitor, stage = _turn(handlers, visitor, -1)
    assert stage["state"] == "frame"
    assert stage["photo"]["height"] == 90
    assert visitor.waiting != photo
    _finding(monkeypatch, RIGHT)
    visitor, stage = _turn(handlers, visitor, 1)
    assert stage["state"] == "done", "where a sure face is found it begins by itself"
    assert np.array_equal(
        np.asarray(picture_of(visitor.project.shown.photo)), np.asarray(picture_of(photo))
    )


def test_what_was_being_read_is_read_to_the_end_in_the_turned_photo(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _finding(monkeypatch, LEFT)
    given = {"given": {"path": photo, "name": "photo.png"}}
    reading = handlers.take(handlers.first_visitor(), given, *SETTINGS)
    visitor, *_ = next(reading)
    assert visitor.unfinished
    visitor, stage = _turn(handlers, visitor, 1)
    assert stage["state"] == "done"
    assert visitor.unfinished == ()
    assert dict(visitor.project.shown.losses)
    list(reading)
    assert handlers.store.newest(visitor).project.shown is visitor.project.shown


def test_another_square_of_a_read_photo_can_be_asked_for_and_given_up(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _finding(monkeypatch, LEFT)
    visitor = _read(handlers, photo)
    visitor, stage = handlers.ask_square(visitor)
    assert stage["state"] == "frame"
    assert stage["crop"]["x"] == LEFT.x
    given_up, stage = handlers.stop(visitor)
    assert stage["state"] == "done"
    visitor, _ = handlers.ask_square(given_up)
    small = {"x": 0.9, "y": 0.5, "side": 0.04, "angle": 90.0}
    *_, (visitor, stage, *_) = handlers.place(visitor, {"frame": small}, *SETTINGS)
    assert stage["state"] == "done"
    assert visitor.project.shown.crop == Crop(**small)
    assert len(stage["faces"]) == 2


def test_there_has_to_be_a_photo(handlers: Handlers) -> None:
    visitor = handlers.first_visitor()
    *_, (_, stage, *_) = handlers.turn(visitor, {"quarters": 1}, *SETTINGS)
    assert (stage["state"], "open one" in stage["line"]) == ("error", True)
    with pytest.raises(gr.Error, match="open one"):
        handlers.ask_square(visitor)


@pytest.mark.parametrize("waits", [False, True])
def test_a_photo_that_is_chosen_while_another_is_turned_stays_as_it_is(
    handlers: Handlers, photo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: bool
) -> None:
    other = str(tmp_path / "other.png")
    Image.new("RGB", (80, 50), "red").save(other)
    _finding(monkeypatch, LEFT)
    visitor = _read(handlers, other)
    at = visitor.project.at
    given = {"given": {"path": photo, "name": "photo.png"}}
    _finding(monkeypatch, *(() if waits else (RIGHT,)))
    *_, (visitor, *_) = handlers.take(visitor, given, *SETTINGS)
    assert bool(visitor.waiting) == waits

    def slowly(*given: object) -> bytes:
        handlers.store.update(visitor, lambda now: now.show(now.project.go(at)))
        return turned_file(*given)

    monkeypatch.setattr(turning_handlers, "turned_file", slowly)
    pictures = visitor.project.pictures
    visitor, stage = _turn(handlers, visitor, 1)
    assert visitor.project.pictures == pictures
    assert (visitor.project.shown.photo, visitor.waiting) == (other, "")
    assert (stage["photo"]["width"], stage["photo"]["height"]) == (80, 50)


def test_a_photo_that_is_damaged_by_now_is_not_turned(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _finding(monkeypatch, LEFT)
    visitor = _read(handlers, photo)
    Path(photo).write_bytes(Path(photo).read_bytes()[:300])
    monkeypatch.setattr(handlers, "keep_file", lambda *_: pytest.fail("nothing is kept"))
    turned, stage = _turn(handlers, visitor, 1)
    assert (stage["state"], "damaged" in stage["line"]) == ("error", True)
    assert turned.project is visitor.project


def test_a_turned_photo_of_any_format_is_saved_as_it_came(
    handlers: Handlers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _finding(monkeypatch, LEFT)
    path = tmp_path / "photo.webp"
    Image.new("RGBA", (90, 60), (90, 120, 30, 100)).save(path)
    visitor = _read(handlers, str(path))
    visitor, stage = _turn(handlers, visitor, 1)
    assert handlers.export_facts(visitor, None)["facts"]["suffix"] == ".webp"
    sent = stage["photo"]["url"].removeprefix(FILE_ROUTE)
    assert picture_of(unquote(sent)).size == (60, 90), "a browser does not read the note"
    whole = project_bytes(visitor.project)
    store = dict[str, bytes]()
    again = open_project(whole, handlers.editor(visitor), lambda n, d: store.update({n: d}) or n)
    assert image_size(store[again.shown.photo]) == (60, 90)
