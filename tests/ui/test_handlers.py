from __future__ import annotations

import base64
import copy
import io
import struct
import zlib
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from editor import Domains
from editor.packs.convert.run import Sources, convert_files
from editor.project.pixels import png_bytes
from editor.ui.data_uris import data_uri, png_uri
from editor.ui.handler_base import KEEP, REPLACE
from editor.ui.handlers import Handlers
from editor.ui.page import build_ui, launch_options
from editor.ui.state import Visitor
from tests.reference.published import write_published
from tests.ui.panel_context import with_ann

SETTINGS = (3, 0.01, 1.0, 0.2, 2.0)


def _decode(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB")


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 40, 3), np.uint8)).save(path)
    return str(path)


@pytest.fixture
def library(tiny_root: Path) -> Domains:
    return Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries")


@pytest.fixture
def handlers(library: Domains) -> Handlers:
    return Handlers(library, "tiny")


HAND = {"hand": True}  # the sliders were moved since the server gave them


def _moves(**moves: float) -> dict:
    return {"moves": moves}


def _read(handlers: Handlers, photo: str, frame: dict | None = None, steps: int = 3) -> Visitor:
    """A new visitor who gave a photo and placed its square."""
    visitor = handlers.first_visitor()
    list(handlers.take(visitor, {"given": {"path": photo}}, steps, *SETTINGS[1:]))
    placed = {"frame": frame or {"x": 0.5, "y": 0.5, "side": 1.0, "angle": 0.0}}
    list(handlers.place(visitor, placed, steps, *SETTINGS[1:]))
    return handlers.store.newest(visitor)


def _saved(handlers: Handlers, visitor: Visitor, panel: dict, mode: str = KEEP) -> bytes:
    """The whole photo's file."""
    wish = {"wish": {"what": "photo", "kind": "PNG"}}
    answer = handlers.export_as(visitor, panel, "", mode, wish)
    return Path(answer["saved"]["file"]).read_bytes()


def _after(handlers: Handlers, visitor: Visitor, layers: str = "", **moves: float) -> str:
    return handlers.look(visitor, _moves(**moves), layers)["after"]


def test_read_then_slide_then_save(handlers: Handlers, photo: str) -> None:
    visitor = _read(handlers, photo)
    editor = handlers.domains.open("tiny")
    expected = editor.edit(visitor.project.shown.wp).move(smile=2.0)
    seen = handlers.look(visitor, _moves(smile=2.0))
    assert np.array_equal(np.asarray(_decode(seen["after"])), np.asarray(editor.render(expected)))
    plain = editor.render(editor.edit(visitor.project.shown.wp))
    assert np.array_equal(np.asarray(_decode(seen["reference"])), np.asarray(plain))
    assert (seen["photo"]["width"], seen["photo"]["height"]) == (40, 60)


def test_an_unknown_error_hides_its_details(handlers: Handlers, monkeypatch) -> None:
    editor = handlers.domains.open("tiny")
    monkeypatch.setattr(editor, "example", lambda seed: 1 / 0)
    with pytest.raises(gr.Error, match="Something unexpected") as caught:
        list(handlers.example(handlers.first_visitor(), {"example": 0}, *SETTINGS))
    assert "division" not in str(caught.value)


def test_the_whole_photo(handlers: Handlers, photo: str, tmp_path: Path) -> None:
    visitor = _read(handlers, photo, {"x": 0.5, "y": 0.5, "side": 0.5, "angle": 0.0})
    source = Image.open(photo).convert("RGB")
    data = _saved(handlers, visitor, _moves())
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), np.asarray(source))
    assert b"compositeWithTrainedAlgorithmicMedia" in data
    for mode in (KEEP, REPLACE):
        data = _saved(handlers, visitor, _moves(smile=2.0), mode)
        pasted = np.asarray(Image.open(io.BytesIO(data)))
        assert pasted.shape == (60, 40, 3)
        assert (pasted != np.asarray(source)).any()
        assert np.array_equal(pasted[:15], np.asarray(source)[:15])
    assert handlers.look(visitor, _moves(smile=2.0))["composed"] == ""
    replaced = handlers.look(visitor, _moves(smile=2.0), "", REPLACE)["composed"]
    assert _decode(replaced).size == (40, 60)


def test_layers_can_be_chosen(handlers: Handlers) -> None:
    visitor = handlers.first_visitor()
    editor = handlers.domains.open("tiny")
    moved = _after(handlers, visitor, "smile=4-5", smile=2.0)
    expected = editor.edit(visitor.project.shown.wp).move(smile=2.0).on_layers(smile=(4, 5))
    changed = (expected.wp_edited - expected.wp).abs().amax(dim=1) > 0
    assert changed.nonzero()[:, 0].tolist() == [4, 5]
    assert np.array_equal(np.asarray(_decode(moved)), np.asarray(editor.render(expected)))
    assert _after(handlers, visitor, smile=2.0) != moved
    for wrong in ("smile", "smile=a-b", "smile=7", "nose=1", "=1"):
        with pytest.raises(gr.Error):
            handlers.look(visitor, _moves(smile=2.0), wrong)


def test_another_domain_can_be_chosen(library: Domains, tiny_root: Path, photo: str) -> None:
    write_published(tiny_root / "files")
    files = [tiny_root / "files" / f"{kind}.pth" for kind in ("generator", "encoder")]
    folders = (tiny_root / "checkpoints", tiny_root / "boundaries")
    for _ in convert_files(Sources("pub32", *files, title="Published", subject="face"), *folders):
        pass
    handlers = Handlers(library, "tiny")
    assert library.choices == [("Published", "pub32"), ("Tiny", "tiny")]
    first = handlers.first_visitor()
    moved, _, _ = handlers.commit(first, _moves(smile=1.0))
    visitor, *settings = handlers.choose("pub32", moved)
    assert visitor.domain == "pub32"
    panel, layers, stage, _, looks = handlers.refresh(visitor, KEEP)
    assert visitor.project.shown.wp.shape == (8, 16)
    assert layers == ""
    assert stage["state"] == "empty"
    assert len(stage["examples"]) == 3
    assert panel["groups"] == []
    assert looks["domain"] == "pub32"
    assert settings == [100, 0.01, 1.0, 0.0, 2.0]
    # a step of the old domain's slider, sent before the panel was replaced
    assert _after(handlers, visitor, smile=2.0) == stage["after"]
    given = {"given": {"path": photo}}
    (*_, last) = handlers.take(visitor, given, 2, *settings[1:])
    assert _decode(last[1]["after"]).size == (32, 32)
    back = handlers.choose("tiny", visitor)[0]
    assert back.project is moved.project, "the work in the other domain was lost"
    with pytest.raises(gr.Error, match="not found"):
        handlers.choose("nowhere", visitor)


def test_every_rest_of_a_slider_is_an_edit_that_can_be_undone(handlers: Handlers) -> None:
    visitor = handlers.first_visitor()
    assert handlers.commit(visitor, _moves())[:2] == (gr.skip(), gr.skip()), "nothing changed"
    once, strip, _ = handlers.commit(visitor, _moves(smile=1.0))
    assert [step["label"] for step in strip["steps"]] == ["Start", "Smile 50"]
    assert [tile["name"] for tile in strip["pictures"]] == ["Example"], "it was used"
    assert (strip["undo"], strip["redo"]) == (True, False)
    assert visitor.project.at == 0, "a state that was given out is never changed"
    twice, _, _ = handlers.commit(once, _moves(smile=1.0, age=-0.5), "smile=3")
    assert twice.project.node.layers == (("smile", (3,)),)
    back = handlers.undo(twice, _moves(smile=1.0, age=-0.5) | HAND, "smile=3")
    panel, layers, stage, strip, _ = handlers.refresh(back, KEEP)
    assert panel["moves"] == {"smile": 1.0}
    assert layers == ""
    assert strip["at"] == 1
    assert stage["after"] == _after(handlers, once, smile=1.0)
    assert handlers.redo(back).project.at == 2
    assert handlers.go(twice, {"chosen": 0}).project.node.moves == ()
    for wrong in ({"chosen": 9}, {}, None):
        with pytest.raises(gr.Error, match="history"):
            handlers.go(twice, wrong)


def test_undo_keeps_what_was_not_yet_an_edit(handlers: Handlers) -> None:
    visitor = handlers.first_visitor()
    back = handlers.undo(visitor, _moves(age=1.5) | HAND, "")
    assert back.project.at == 0
    assert back.project.redo().node.moves == (("age", 1.5),)


def test_two_steps_back_faster_than_the_sliders_follow(handlers: Handlers) -> None:
    visitor = handlers.first_visitor()
    once, _, _ = handlers.commit(visitor, _moves(smile=1.0))
    twice, _, _ = handlers.commit(once, _moves(smile=1.0, age=-0.5))
    still = _moves(smile=1.0, age=-0.5) | {"node": 2} | HAND
    back = handlers.undo(handlers.undo(twice, still, ""), still, "")
    assert back.project.at == 0
    assert len(back.project.nodes) == 3, "what the sliders still said was added as an edit"
    once = handlers.redo(back)
    late = handlers.undo(once, _moves(smile=3.0) | {"node": once.project.node.parent} | HAND, "")
    assert late.project.redo().node.moves == (("smile", 3.0),), "moved after the last commit"


def test_redo_and_undo_before_the_sliders_follow_add_nothing(handlers: Handlers) -> None:
    moved, _, _ = handlers.commit(handlers.first_visitor(), _moves(smile=1.0))
    back = handlers.undo(moved, _moves(smile=1.0) | HAND, "")
    seen = _moves() | {"node": 0}  # what the server last gave the sliders
    again = handlers.undo(handlers.redo(back), seen, "")
    assert (again.project.at, len(again.project.nodes)) == (0, 2)


def test_a_commit_that_comes_after_an_undo_adds_nothing(handlers: Handlers) -> None:
    once, _, _ = handlers.commit(handlers.first_visitor(), _moves(smile=1.0))
    twice, _, _ = handlers.commit(once, _moves(smile=2.0))
    back = handlers.undo(twice, _moves(smile=2.0), "")
    told, strip, panel = handlers.commit(back, _moves(smile=2.0) | {"node": 2, "turn": 9} | HAND)
    assert (told.project.at, len(told.project.nodes), strip["at"]) == (1, 3, 1)
    assert (panel["moves"], panel["node"], panel["turn"]) == ({"smile": 1.0}, 1, 9)
    moved, _, _ = handlers.commit(told, _moves(smile=3.0) | {"node": 0} | HAND)
    assert moved.project.node.moves == (("smile", 3.0),), "an answer is still on its way"


def test_a_move_never_lands_on_another_picture(handlers: Handlers) -> None:
    visitor = with_ann(handlers)
    shown = visitor.project.node.picture
    (other,) = (one.id for one in visitor.project.pictures if one.id != shown)
    late = _moves(smile=2.0) | {"picture": other}
    unchanged, strip, _ = handlers.commit(visitor, late)
    assert unchanged.project is visitor.project
    assert strip["picture"] == shown, "so that the page learns what is shown"
    assert handlers.look(visitor, late)["after"] == _after(handlers, visitor)
    told, _, _ = handlers.commit(visitor, late | {"picture": shown, "domain": "scenes"})
    assert told.project is visitor.project, "another domain has a picture of the same id"
    moved, _, _ = handlers.commit(visitor, late | {"picture": shown, "domain": "tiny"})
    assert moved.project.node.moves == (("smile", 2.0),)


def test_compare_with_another_edit(handlers: Handlers) -> None:
    visitor = handlers.first_visitor()
    moved, _, _ = handlers.commit(visitor, _moves(smile=2.0))
    compared = handlers.compare(moved, {"chosen": 0})
    assert (compared["compare"], compared["name"]) == (True, "Start")
    back = handlers.go(moved, {"chosen": 0})
    assert handlers.compare(back, {"chosen": 1})["name"] == moved.project.nodes[1].label
    moved = handlers.go(back, {"chosen": 1})
    assert compared["after"] == _after(handlers, moved)
    assert handlers.store.newest(moved).project.at == 1, "the other one is shown now"


def _drawing(array: np.ndarray) -> dict:
    return {"mask": data_uri(Image.fromarray(array))}


def test_a_painted_part_limits_the_sliders(handlers: Handlers) -> None:
    visitor = handlers.first_visitor()
    array = np.zeros((256, 256), np.uint8)
    array[:, :64] = 255
    plain = _decode(_after(handlers, visitor))
    free = _decode(_after(handlers, visitor, smile=9.0))
    painted, strip = handlers.paint(visitor, _drawing(array))
    assert strip["steps"][-1]["label"] == "painted part"
    assert handlers.paint(painted, _drawing(array)) == (gr.skip(), gr.skip())
    held = _decode(_after(handlers, painted, smile=9.0))
    assert np.array_equal(np.asarray(held)[:, 10:], np.asarray(plain)[:, 10:])
    assert (np.asarray(held)[:, :2] != np.asarray(plain)[:, :2]).any()
    assert (np.asarray(free)[:, 10:] != np.asarray(plain)[:, 10:]).any()
    mask = _decode(handlers.look(painted, _moves())["mask"])
    assert mask.size == (16, 16)
    assert np.asarray(mask)[:, :4].min() == 255
    cleared, _ = handlers.paint(painted, {"mask": ""})
    assert cleared.project.node.mask == b""


def test_what_was_painted_on_another_picture_changes_nothing(handlers: Handlers) -> None:
    visitor = handlers.store.update(with_ann(handlers), lambda newest: newest)
    white = np.full((64, 64), 255, np.uint8)
    late, strip = handlers.paint(visitor, {**_drawing(white), "picture": "p1"})
    assert late is handlers.store.newest(visitor)
    assert strip["picture"] == "p2", "the page is told which one is shown"
    assert not any(node.mask for node in late.project.nodes)
    painted, _ = handlers.paint(visitor, {**_drawing(white), "picture": "p2"})
    assert painted.project.node.mask


@pytest.mark.parametrize(
    "uri",
    ["x", "data:text/html;base64,AAAA", "data:image/png;base64,%%%", "data:image/png;base64,AAAA"],
)
def test_a_drawing_that_is_none(handlers: Handlers, uri: str) -> None:
    with pytest.raises(gr.Error, match="paint it again"):
        handlers.paint(handlers.first_visitor(), {"mask": uri})


def test_a_drawing_that_claims_to_be_huge(handlers: Handlers) -> None:
    data = bytearray(png_bytes(Image.new("L", (8, 8))))
    data[16:24] = struct.pack(">II", 30_000, 30_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    with pytest.raises(gr.Error, match="too large; paint it again"):
        handlers.paint(handlers.first_visitor(), {"mask": png_uri(bytes(data))})


def test_a_baked_edit_is_laid_into_the_photo(handlers: Handlers, photo: str) -> None:
    visitor = _read(handlers, photo)
    array = np.zeros((64, 64), np.uint8)
    array[:32] = 255
    visitor, _ = handlers.paint(visitor, _drawing(array))
    visitor = list(handlers.settle(visitor, _moves(smile=9.0), "", *SETTINGS))[-1][0]
    data = _saved(handlers, visitor, _moves())
    made, given = np.asarray(Image.open(io.BytesIO(data))), np.asarray(Image.open(photo))
    assert (made != given).any(), "the photo came back without the edit"
    seen = handlers.look(visitor, _moves())
    assert seen["after"] != seen["reference"]
    again = list(handlers.settle(visitor, _moves(age=1.0), "", *SETTINGS))[-1][0]
    first = next(p for p in again.project.pictures if p.name == "photo")
    assert np.array_equal(again.project.shown.reference, first.wp), "baked in twice"


def test_every_page_is_a_visit_of_its_own(handlers: Handlers) -> None:
    first = handlers.first_visitor()
    one, two = copy.deepcopy(first), copy.deepcopy(first)
    moved, _, _ = handlers.commit(one, _moves(smile=1.0))
    assert handlers.store.newest(one) is moved
    assert handlers.store.newest(two) is two
    assert one.visit.id != two.visit.id
    # an event that began before the first ended gets what the first one made
    after, _, _ = handlers.commit(one, _moves(smile=1.0, age=1.0))
    assert [n.label for n in after.project.nodes] == ["", "Smile 50", "Age 50"]


def test_baking_in_gives_a_picture_of_its_own(handlers: Handlers) -> None:
    array = np.zeros((64, 64), np.uint8)
    array[:32] = 255
    visitor, _ = handlers.paint(handlers.first_visitor(), _drawing(array))
    steps = list(handlers.settle(visitor, _moves(smile=3.0), "", *SETTINGS))
    baked, stage, _, strip, _ = steps[-1]
    assert steps[0][2]["moves"] == {}
    assert len(baked.project.pictures) == 2
    assert baked.project.node.mask == b""
    assert _after(handlers, baked) == stage["after"]
    assert strip["at"] == len(baked.project.nodes) - 1


def test_page_builds(library: Domains) -> None:
    page = build_ui(library, "tiny")
    labels = {b.label for b in page.blocks.values() if isinstance(b, gr.Number)}
    assert "Most steps" in labels
    assert launch_options()["run_history"] is False


def test_no_event_of_the_library_is_dropped_while_another_runs(library: Domains) -> None:
    page = build_ui(library, "tiny")
    (grid,) = [number for number, block in page.blocks.items() if block.elem_id == "library"]
    modes = {
        event: function.trigger_mode
        for function in page.fns.values()
        for target, event in function.targets
        if target == grid
    }
    assert {event for event, mode in modes.items() if mode != "multiple"} == {"focus"}
    assert {"upload", "apply", "download", "delete", "input"} < modes.keys()
