"""The library's handlers, without a browser."""

from __future__ import annotations

import base64
import io
import re
import threading
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image

from editor import Domains
from editor.editing.code_file import code_bytes
from editor.errors import BusyError, InputError
from editor.media.images import common_levels, own_levels
from editor.media.reading_note import without_note
from editor.media.source import Source
from editor.photo.crop import Crop
from editor.photo.photo import Photo
from editor.project.actions import add_edit, commit_edit, move_sliders, result
from editor.project.pixels import mask_png
from editor.ui import photo_batch
from editor.ui.components.filmstrip import filmstrip
from editor.ui.error_messages import as_refusal
from editor.ui.export_wish import Wish
from editor.ui.handlers import Handlers
from editor.ui.inverting import Settings
from editor.ui.library import LibraryPanel
from editor.ui.library_values import chosen_keys, failures_text
from editor.ui.limits import Limits
from editor.ui.page_context import PageContext
from editor.ui.quotas import Quotas
from editor.ui.service import Service
from editor.ui.slider_words import moved_label
from editor.ui.state import Visitor
from editor.ui.visit_files import VisitFiles
from tests.deep_pictures import deep_png

STEPS = Settings(2, 0.01, 1.0, 0.0, 2.0)


@pytest.fixture
def handlers(tiny_root) -> Handlers:
    return Handlers(Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries"), "tiny")


@pytest.fixture
def library(handlers: Handlers) -> LibraryPanel:
    return _library(handlers)


def _library(handlers: Handlers) -> LibraryPanel:
    with gr.Blocks():
        file, paths = gr.JSON(visible=False), gr.File(visible=False)
        strip = filmstrip({})
        page = PageContext(handlers, gr.State(), gr.Dropdown(), gr.Markdown(), strip, file, paths)
        return LibraryPanel(page)


@pytest.fixture
def visitor(handlers: Handlers) -> Visitor:
    """A visitor with the example, unused, and with Ann and Ben."""
    tiny, first = handlers.domains.open("tiny"), handlers.first_visitor()
    project = first.project
    for seed, name in ((7, "Ann"), (8, "Ben")):
        project = add_edit(project, tiny, tiny.sample(seed), name, label="made")
    return handlers.store.update(first, lambda newest: newest.keep(project))


def _photo(size: tuple[int, int] = (60, 40), seed: int = 0) -> bytes:
    buffer = io.BytesIO()
    noise = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8)
    Image.fromarray(noise).save(buffer, format="JPEG", quality=95)
    return buffer.getvalue()


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def _edit_at(editor: Any, path: str, y: float) -> Any:
    """A square of a photo, read as quickly as can be."""
    crop = Crop(0.5, y, 0.3)
    return editor.invert(path, crop, replace(editor.engine.inversion, steps=1))


def _given(handlers: Handlers, visitor: Visitor, **files: bytes) -> dict[str, Any]:
    """What the page sends after these files were uploaded."""
    paths = [
        handlers.keep_file(visitor, name.replace("__", "."), data) for name, data in files.items()
    ]
    return {"given": [{"path": path, "name": Path(path).name} for path in paths]}


def _pasted(library: LibraryPanel, visitor: Visitor, value: Any) -> Any:
    """The last that pasting tells."""
    *_, last = library.pasting.pasted(visitor, value)
    return last


def _names(value: dict[str, Any]) -> list[str]:
    return [one["name"] for one in value["pictures"]]


def test_it_shows_pictures_at_once_and_then_their_tiles(
    library: LibraryPanel, visitor: Visitor
) -> None:
    assert library.tiles.lacking(visitor) == ["p2", "p3"]
    first, *_, last = list(library.show(visitor))
    assert _names(first) == _names(last) == ["Ann", "Ben"], "nobody used the example"
    assert [one["key"] for one in last["pictures"]] == ["tiny:p2", "tiny:p3"]
    assert last["shown"] == "tiny:p3"
    assert last["domains"] == [{"name": "tiny", "title": "Tiny"}]
    assert library.tiles.lacking(visitor) == []
    assert len(list(library.show(visitor))) == 1, "what was drawn is known"


def test_photos_are_read_one_after_another(
    library: LibraryPanel, handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_batch, "SAY_S", 0.0)
    visitor = handlers.first_visitor()
    tiny = handlers.editor(visitor)
    code = code_bytes(tiny.sample(3).move(smile=1.0))
    files = {
        "one__jpg": _photo(),
        "bad__png": b"no picture",
        "two__jpg": _photo(seed=1),
        "c__npz": code,
    }
    steps = list(library.batch.read(visitor, _given(handlers, visitor, **files), *STEPS))
    lines = [step[1]["progress"] for step in steps if step[1].get("progress")]
    assert lines[0] == {
        "done": 0,
        "total": 4,
        "seconds": None,
        "waiting": ["one", "bad", "two", "c"],
    }
    assert [line["done"] for line in lines] == sorted(line["done"] for line in lines)
    assert all(isinstance(line["seconds"], int) for line in lines if line["done"])
    assert lines[-1]["waiting"] == ["c"]
    newest, value, strip = steps[-1]
    assert value["progress"] is None
    assert _names(value) == ["one", "two", "c"]
    assert value["said"]["added"] == ["tiny:p2", "tiny:p3", "tiny:p4"]
    assert value["said"]["text"].startswith("2 photos read. 1 code opened. bad.png is not")
    assert value["said"]["bad"]
    assert value["said"]["stay"], "it is read at leisure"
    assert [one["name"] for one in strip["pictures"]] == ["one", "two", "c"]
    assert [step["label"] for step in strip["steps"]] == ["Start"], "as in Edit"
    assert newest.project.shown.name == "one", "the example made room for the first"
    assert newest.project.picture("p2").photo.endswith("one.jpg")
    opened = newest.project.latest("p4")
    assert dict(opened.moves) == {"smile": 1.0}
    assert opened.label == moved_label(tiny.sliders, (), opened.moves), "in the page's words"
    again = list(library.batch.read(newest, _given(handlers, visitor, x__jpg=_photo()), *STEPS))
    assert again[-1][0].project.shown.name == "one", "what is shown stays shown"


def _saved(value: Any) -> bytes:
    buffer = io.BytesIO()
    if isinstance(value, dict):
        np.savez(buffer, **value)
    else:
        np.save(buffer, value)
    return buffer.getvalue()


def test_codes_of_other_programs_are_pictures(library: LibraryPanel, handlers: Handlers) -> None:
    """idinvert's, stylegan2-ada's, and one of a larger generator."""
    visitor = handlers.first_visitor()
    codes = handlers.editor(visitor).engine.sample([4, 5]).numpy()
    files = {
        "inverted_codes__npy": _saved(codes),
        "projected_w__npz": _saved({"w": codes[:1]}),
        "large__npy": _saved(np.zeros((1, 18, 512))),
        "many__npy": _saved(np.zeros((51, 6, 8))),
    }
    *_, (newest, value, _) = library.batch.read(visitor, _given(handlers, visitor, **files), *STEPS)
    assert _names(value) == ["inverted_codes 1", "inverted_codes 2", "projected_w"]
    assert {one["doubt"] for one in value["pictures"]} == {photo_batch.UNKNOWN}
    told = value["said"]["text"]
    assert told.startswith(f"3 codes opened. {photo_batch.FOREIGN}")
    assert (
        "large.npy: 'large' has shape (1, 18, 512), but a code of 'tiny' has 6 layers of 8" in told
    )
    assert "many.npy: it holds 51 codes, and at most 50 are opened at once" in told
    np.testing.assert_array_equal(newest.project.picture("p3").wp, codes[1])
    shown = handlers.editor(newest).render(newest.project.edit(handlers.editor(newest)))
    assert shown.size == (16, 16)


def test_failures_are_told_in_short() -> None:
    advice = "open and save it again, or take another"
    many = [(f"{n}.jpg", f"{n}.jpg is damaged (cut short); {advice}") for n in range(8)]
    assert failures_text(many) == (
        "0.jpg is damaged (cut short); 1.jpg is damaged (cut short); 2.jpg is damaged (cut short); "
        "and 5 more. Open and save it again, or take another."
    )
    assert failures_text([("a", "another photo is gone (x.jpg)"), many[0]]) == (
        "a: another photo is gone (x.jpg); 0.jpg is damaged (cut short). "
        "Open and save it again, or take another."
    )


def test_a_tile_is_the_part_of_the_photo_around_the_face(
    library: LibraryPanel, handlers: Handlers
) -> None:
    visitor = handlers.first_visitor()
    photo = Image.new("RGB", (900, 300), "red")
    photo.paste("blue", (600, 0, 900, 300))
    buffer = io.BytesIO()
    photo.save(buffer, format="PNG")
    *_, (visitor, _, _) = library.batch.read(
        visitor, _given(handlers, visitor, a__png=buffer.getvalue()), *STEPS
    )
    moved = replace(visitor.project.picture("p2"), crop=Crop(0.9, 0.5, 0.5))
    visitor = visitor.keep(visitor.project.amend(moved))
    library.tiles.make(visitor.project, handlers.editor(visitor), "p2")
    data = library.tiles.known(visitor.project.latest("p2")).partition(",")[2]
    tile = Image.open(io.BytesIO(base64.b64decode(data)))
    assert tile.size == (240, 240)
    assert np.abs(np.asarray(tile, int)[:, 20:] - (0, 0, 255)).max() < 20, "the right third of it"


def test_a_batch_stops_after_the_photo_it_is_at(library: LibraryPanel, handlers: Handlers) -> None:
    visitor = handlers.first_visitor()
    given = _given(handlers, visitor, a__jpg=_photo(), b__jpg=_photo(seed=1), c__jpg=_photo(seed=2))
    steps = library.batch.read(visitor, given, *STEPS)
    next(steps)
    library.batch.stopped(visitor)
    *_, (newest, value, _) = steps
    assert _names(value) == ["a"]
    assert value["said"]["text"] == "1 photo read. 2 left out."
    *_, (_, value, _) = library.batch.read(newest, given, *STEPS)
    assert len(value["said"]["added"]) == 3, "a stop is for one batch"


def test_what_is_not_sure_is_marked(
    library: LibraryPanel, handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = handlers.first_visitor()
    editor = handlers.editor(visitor)
    finds = type(editor)
    monkeypatch.setattr(finds, "finds", property(lambda _: True))
    monkeypatch.setattr(finds, "find", lambda *_, **__: [])
    *_, (newest, value, _) = library.batch.read(
        visitor, _given(handlers, visitor, a__jpg=_photo()), *STEPS
    )
    assert value["pictures"][0]["doubt"] == f"No sure {editor.info.subject}. Check the frame"
    *_, shown = library.show(newest)
    assert shown["pictures"][0]["doubt"]
    named, _, value = library.renamed(newest, {"rename": {"key": "tiny:p2", "name": "Anna"}})
    assert value["pictures"][0]["doubt"]
    left, _, value, before = library.removed(named, {"chosen": ["tiny:p2"]})
    assert value["pictures"] == []
    back, _, value, _ = library.brought_back(left, before)
    assert value["pictures"][0]["doubt"], "a removal that is undone loses no doubt"
    tiny, fresh = handlers.editor(back), handlers.first_visitor().project
    other = add_edit(fresh, tiny, tiny.sample(9), "another", label="made")
    *_, shown = library.show(handlers.store.update(back, lambda newest: newest.keep(other)))
    assert [(one["key"], one["doubt"]) for one in shown["pictures"]] == [("tiny:p2", "")]


def test_a_poor_likeness_is_marked(
    library: LibraryPanel, handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Poor:
        level = "poor"

    visitor = handlers.first_visitor()
    monkeypatch.setattr(type(handlers.editor(visitor)), "judge", lambda *_: Poor())
    *_, (_, value, _) = library.batch.read(
        visitor, _given(handlers, visitor, a__jpg=_photo()), *STEPS
    )
    assert value["pictures"][0]["doubt"] == "Likeness: poor. Check the frame"


@pytest.mark.parametrize("value", [None, {}, {"given": []}])
def test_nothing_to_read(library: LibraryPanel, visitor: Visitor, value: Any) -> None:
    with pytest.raises(gr.Error, match="add some photos first"):
        list(library.batch.read(visitor, value, *STEPS))


def test_what_is_no_file_of_the_visit_is_not_read(
    library: LibraryPanel, handlers: Handlers, visitor: Visitor, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(_photo())
    for path in (str(secret), None, "", "../../etc/passwd", 3):
        for read in (library.batch.read, library.loaded):
            with pytest.raises(gr.Error, match="give"):
                list(read(visitor, {"given": [{"path": path, "name": "x.jpg"}]}))
    many = {"given": [{"path": "x", "name": "x"}] * 51}
    with pytest.raises(gr.Error, match="51 photos are too many at once; give at most 50"):
        list(library.batch.read(visitor, many, *STEPS))


def test_a_picture_is_opened_in_its_domain(
    library: LibraryPanel, handlers: Handlers, visitor: Visitor
) -> None:
    opened, domain = library.opened(visitor, {"chosen": ["tiny:p2"]})
    assert (opened.project.shown.name, domain) == ("Ann", "tiny")
    other = replace(visitor.project, domain="other", pictures=visitor.project.pictures[1:2])
    other = replace(other, nodes=(replace(visitor.project.nodes[1], parent=-1),), at=0, left=())
    both = handlers.store.update(visitor, lambda newest: newest.put(other))
    opened, domain = library.opened(both, {"chosen": ["other:p2"]})
    assert (opened.domain, domain) == ("other", "other")


@pytest.mark.parametrize(
    "chosen", [[], ["tiny:p9"], ["p2"], ["elsewhere:p2"], [3], None, "tiny:p2"]
)
def test_what_is_not_there_cannot_be_chosen(
    library: LibraryPanel, visitor: Visitor, chosen: Any
) -> None:
    for does in (library.opened, library.removed):
        with pytest.raises(gr.Error, match="choose a picture first"):
            does(visitor, {"chosen": chosen})
    with pytest.raises(gr.Error, match="choose a picture first"):
        _pasted(library, visitor, {"chosen": chosen})
    assert chosen_keys({"chosen": ["tiny:p2", "tiny:p2"]}, visitor) == [("tiny", "p2")]


def test_settings_are_pasted(library: LibraryPanel, handlers: Handlers, visitor: Visitor) -> None:
    tiny = handlers.editor(visitor)
    moved = move_sliders(visitor.project, tiny, "p3", {"smile": 2.0})
    visitor = handlers.store.update(visitor, lambda newest: newest.keep(moved))
    *_, before = library.show(visitor)
    after, strip, value = _pasted(library, visitor, {"chosen": ["tiny:p2", "tiny:p3"]})
    assert dict(after.project.latest("p2").moves) == {"smile": 2.0}
    assert after.project.shown.name == "Ben", "what is shown stays"
    assert value["said"]["text"] == "1 picture got the settings."
    assert strip["picture"] == "p3"
    assert [after.project.latest(name).label for name in ("p2", "p3")] == [
        moved_label(tiny.sliders, (), (("smile", 2.0),)),
        "smile +2.0",
    ], "in the page's words"
    assert value["pictures"][0]["src"] != before["pictures"][0]["src"]
    copied = {"chosen": ["tiny:p2", "tiny:p3"], "moves": {"age": -1.0, "unknown": 3}}
    after, _, value = _pasted(library, after, copied)
    assert [dict(after.project.latest(name).moves) for name in ("p2", "p3")] == [{"age": -1.0}] * 2
    assert value["said"]["text"] == "2 pictures got the settings."
    with pytest.raises(gr.Error, match="choose other pictures"):
        _pasted(library, after, {"chosen": ["tiny:p3"]})
    with pytest.raises(gr.Error, match="age"):
        _pasted(library, after, {"chosen": ["tiny:p2"], "moves": {"age": "old"}})


def test_copied_sliders_leave_the_painted_part(
    library: LibraryPanel, handlers: Handlers, visitor: Visitor
) -> None:
    tiny, project = handlers.editor(visitor), visitor.project.go(visitor.project.last("p2"))
    mask = mask_png(torch.linspace(0, 1, 256).reshape(16, 16))
    layers = (("smile", (2, 3)),)
    painted = replace(project.node, moves=(("smile", 1.0),), mask=mask, layers=layers)
    project = commit_edit(project, tiny, painted, "painted").go(project.last("p3"))
    visitor = handlers.store.update(visitor, lambda newest: newest.keep(project))
    after, *_ = _pasted(library, visitor, {"chosen": ["tiny:p2"], "moves": {"age": 1.0}})
    given = after.project.latest("p2")
    assert (given.moves, given.layers, given.mask) == ((("age", 1.0),), layers, mask)
    after, *_ = _pasted(library, after, {"chosen": ["tiny:p2"]})
    given = after.project.latest("p2")
    assert (given.moves, given.layers, given.mask) == ((), (), b""), "all that the shown one has"


def test_pasting_goes_on_in_steps_beside_what_the_visitor_does(
    library: LibraryPanel, handlers: Handlers, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = handlers.editor(visitor)
    rendering = type(tiny).render

    def render(*args: Any, **options: Any) -> Any:
        taken: list[bool] = []

        def take() -> None:
            taken.append(visitor.visit.lock.acquire(False))
            if taken[0]:
                visitor.visit.lock.release()

        other = threading.Thread(target=take)
        other.start()
        other.join()
        assert taken == [True], "nothing is drawn while others wait for the visit"
        return rendering(*args, **options)

    monkeypatch.setattr(type(tiny), "render", render)
    value = {"chosen": ["tiny:p1", "tiny:p2", "tiny:p3"], "moves": {"age": 1.0}}
    steps = library.pasting.pasted(visitor, value)
    assert next(steps)[2] == {"progress": {"done": 0, "total": 3, "pasting": True}}
    next(steps)
    handlers.store.update(visitor, lambda newest: newest.keep(newest.project.remove({"p2"})))
    *_, (after, _, last) = steps
    assert last["progress"] is None
    assert last["said"]["text"] == "2 pictures got the settings.", "one was removed meanwhile"
    assert [dict(after.project.latest(name).moves) for name in ("p1", "p3")] == [{"age": 1.0}] * 2
    assert "lane" not in vars(type(library.pasting).pasted), "it is a long job, as photos are"


def test_errors_are_told_once_in_the_pages_own_words(
    library: LibraryPanel, visitor: Visitor
) -> None:
    with pytest.raises(gr.Error) as caught:
        library.removed(visitor, None)
    told = as_refusal(caught.value, library.removed, visitor)
    assert not told.visible, "Gradio would call it an Error"
    as_refusal(BusyError("'a' <b> & c is damaged"), library.batch.read, visitor)
    value = library.ended(visitor)
    assert value["progress"] is None
    assert value["said"]["text"] == "Choose a picture first. 'a' <b> & c is damaged."
    assert value["said"]["bad"]
    assert value["said"]["stay"]
    assert library.refused(visitor) == {}
    assert as_refusal(caught.value, Handlers.undo, visitor) is told, "others are Gradio's to tell"
    assert library.refused(visitor) == {}


def test_removed_and_brought_back(
    library: LibraryPanel, handlers: Handlers, visitor: Visitor
) -> None:
    left, strip, value, before = library.removed(visitor, {"chosen": ["tiny:p2"]})
    assert [one["name"] for one in strip["pictures"]] == _names(value) == ["Ben"]
    assert (value["said"]["text"], value["said"]["undo"]) == ("1 removed.", True)
    back, strip, value, swapped = library.brought_back(left, before)
    assert _names(value) == ["Ann", "Ben"]
    assert back.project is visitor.project
    assert value["back"]
    assert len(strip["pictures"]) == 2
    again, *_ = library.brought_back(back, swapped)
    assert len(again.project.pictures) == 2
    with pytest.raises(gr.Error, match="nothing to bring back"):
        library.brought_back(visitor, None)


def test_all_may_be_removed(library: LibraryPanel, handlers: Handlers) -> None:
    tiny, first = handlers.domains.open("tiny"), handlers.first_visitor()
    used = handlers.store.update(
        first, lambda newest: newest.keep(move_sliders(newest.project, tiny, "p1", {"smile": 1.0}))
    )
    left, strip, value, before = library.removed(used, {"chosen": ["tiny:p1"]})
    assert value["pictures"] == strip["pictures"] == []
    assert left.project.shown.name == "Example", "and one begins again"
    assert library.brought_back(left, before)[0].project is used.project


def test_renamed(library: LibraryPanel, visitor: Visitor) -> None:
    rename = {"key": "tiny:p2", "name": " Anna "}
    named, strip, value = library.renamed(visitor, {"rename": rename})
    assert _names(value) == ["Anna", "Ben"]
    assert strip["pictures"][0]["name"] == "Anna"
    for wrong, says in (
        ({**rename, "name": " "}, "write a name"),
        ({"name": "x"}, "choose"),
        (None, "choose"),
    ):
        with pytest.raises(gr.Error, match=says):
            library.renamed(named, {"rename": wrong})


def test_exported_files_follow_the_photos(library: LibraryPanel, handlers: Handlers) -> None:
    visitor = handlers.first_visitor()
    given = _given(handlers, visitor, holiday__jpg=_photo(), dog__jpg=_photo((40, 60), 1))
    *_, (visitor, _, _) = library.batch.read(visitor, given, *STEPS)
    given = _given(handlers, visitor, Holiday__jpg=_photo((50, 50), 2))
    *_, (visitor, value, _) = library.batch.read(visitor, given, *STEPS)
    keys = [one["key"] for one in value["pictures"]]
    *steps, last = library.exporting.exported(visitor, {"chosen": keys, "wish": {"kind": "PNG"}})
    assert [step["progress"]["done"] for step in steps] == [0, 1, 2]
    assert last["saved"]["name"] == "pictures.zip"
    assert last["said"]["text"] == "3 of 3 pictures were saved."
    with zipfile.ZipFile(last["saved"]["file"]) as archive:
        sizes = {name: Image.open(archive.open(name)).size for name in archive.namelist()}
    assert sizes == {
        "holiday edited.png": (60, 40),
        "dog edited.png": (40, 60),
        "Holiday edited (2).png": (50, 50),
    }
    *_, last = library.exporting.exported(visitor, {"chosen": keys[:1]})
    assert last["saved"]["name"] == "holiday edited.jpg"
    Path(visitor.project.picture("p2").photo).unlink()
    *_, last = library.exporting.exported(visitor, {"chosen": keys[:2], "wish": {"what": "photo"}})
    assert last["said"]["text"].startswith(
        "1 of 2 pictures were saved. holiday: the photo is not kept"
    )
    *_, last = library.exporting.exported(visitor, {"chosen": keys[:1], "wish": {"what": "face"}})
    assert last["saved"]["name"] == "holiday face.jpg"
    for wrong, says in (
        ({"what": "wipe"}, "saved as photos"),
        ({"kind": "X"}, "no type"),
        ({"what": "photo"}, "not kept"),
    ):
        with pytest.raises(gr.Error, match=says):
            list(library.exporting.exported(visitor, {"chosen": keys[:1], "wish": wrong}))


def test_an_export_ends_where_the_visit_has_no_more_room(
    handlers: Handlers, visitor: Visitor, tmp_path: Path
) -> None:
    files = VisitFiles(tmp_path / "files", quotas=Quotas(visit=900_000))
    handlers = Handlers(handlers.domains, "tiny", Service(Limits.at_home(), files))
    library = _library(handlers)
    keys, wish = ["tiny:p2", "tiny:p3"], {"kind": "PNG"}
    (_, data), (_, more) = (
        library.exporting._file(visitor.project, ("tiny", name), Wish.read(wish), [])
        for name in ("p2", "p3")
    )
    files.ledger.quotas = Quotas(visit=len(data) + len(more))  # a zip says names too
    with pytest.raises(gr.Error, match=r"1 of 2 pictures were made, then: .*Export fewer at once"):
        list(library.exporting.exported(visitor, {"chosen": keys, "wish": wish}))
    assert files.usage(visitor.visit.owner) == (0, 0)
    files.close()


def test_no_more_than_two_pictures_of_an_export_are_held(
    library: LibraryPanel,
    handlers: Handlers,
    visitor: Visitor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, gone, held = [], [], []

    class Data(bytes):
        def __del__(self) -> None:
            gone.append(1)

    def encoded(*_: Any) -> bytes:
        made.append(1)
        held.append(len(made) - len(gone))
        return Data(_photo())

    monkeypatch.setattr(Wish, "encoded", encoded)
    tiny, project = handlers.domains.open("tiny"), visitor.project
    for seed in range(6):
        project = add_edit(project, tiny, tiny.sample(seed), f"more {seed}", label="made")
    visitor = handlers.store.update(visitor, lambda newest: newest.keep(project))
    keys = [f"tiny:p{number}" for number in range(2, 10)]
    *_, last = library.exporting.exported(visitor, {"chosen": keys})
    assert last["said"]["text"] == "8 of 8 pictures were saved."
    assert max(held) == 2


def test_faces_of_one_photo_go_together(library: LibraryPanel, handlers: Handlers) -> None:
    tiny, first = handlers.domains.open("tiny"), handlers.first_visitor()
    path = handlers.keep_file(first, "group.png", _png(Image.new("RGB", (100, 200), "grey")))
    project = first.project
    for name, y in (("left", 0.2), ("right", 0.8)):
        project = add_edit(project, tiny, _edit_at(tiny, path, y), name, path)
        project = move_sliders(project, tiny, project.shown.id, {"smile": 3.0, "age": 3.0})
    visitor = handlers.store.update(first, lambda newest: newest.keep(project))
    both = {"chosen": ["tiny:p2", "tiny:p3"], "wish": {"kind": "PNG"}}
    *_, last = library.exporting.exported(visitor, both)
    assert last["saved"]["name"] == "left edited.png"
    assert last["said"]["text"] == (
        "2 of 2 pictures were saved, in 1 file: faces of one photo go together."
    )
    saved = np.asarray(Image.open(last["saved"]["file"]).convert("RGB"), int)
    changed = abs(saved - np.asarray(Image.open(path), int)).max(axis=2)
    assert changed[:60].any()
    assert changed[-60:].any()
    *_, last = library.exporting.exported(
        visitor, {**both, "wish": {"kind": "PNG", "what": "face"}}
    )
    assert last["said"]["text"] == "2 of 2 pictures were saved."


def test_a_project_is_saved_and_opened(
    library: LibraryPanel, handlers: Handlers, visitor: Visitor
) -> None:
    value = library.project_file(visitor)
    assert value["saved"]["name"] == "Ann and 1 more.zip"
    assert value["said"]["text"] == "Ann and 1 more.zip was saved."
    data = Path(value["saved"]["file"]).read_bytes()
    other = handlers.store.update(handlers.first_visitor(), lambda newest: newest)
    given = _given(handlers, other, work__zip=data)
    opened, domain, value, before = library.loaded(other, given)
    assert (domain, _names(value), value["project"]) == ("tiny", ["Ann", "Ben"], "work.zip")
    assert value["said"]["undo"]
    assert library.brought_back(opened, before)[0].project is other.project
    for wrong in (_given(handlers, other, work__zip=data[:-300]), None):
        with pytest.raises(gr.Error):
            library.loaded(other, wrong)


def test_a_project_that_cannot_be_opened(
    library: LibraryPanel, handlers: Handlers, visitor: Visitor
) -> None:
    data = Path(library.project_file(visitor)["saved"]["file"]).read_bytes()
    at = data.index(b"thumbs/1.jpg") + 200
    flipped = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    elsewhere = io.BytesIO()
    with zipfile.ZipFile(elsewhere, "w") as other:
        other.writestr("project.json", '{"kind": "idgan-project", "domain": "dogs"}')
    for wrong, says in (
        (flipped, r"its part 'thumbs/1.jpg' cannot be read \(Bad CRC-32\); take another copy$"),
        (elsewhere.getvalue(), "domain 'dogs', which is not here; there are: Tiny$"),
    ):
        with pytest.raises(gr.Error) as caught:
            library.loaded(visitor, _given(handlers, visitor, work__zip=wrong))
        assert re.search(says, caught.value.message)


def _film(tmp_path: Path) -> list[Path]:
    """Two frames of 16 bits, of which the first is dark, cut out, and says when and by whom."""
    paths = []
    for number, white in enumerate((9_000, 60_000)):
        values = np.linspace(0, white, 40 * 40 * 4).reshape(40, 40, 4).astype(np.uint16)
        values[..., 3] = 65_535
        values[:10, :, 3] = 0
        exif = Source(taken="2024:05:06 07:08:09", artist="Ann").exif().removeprefix(b"Exif\0\0")
        paths.append(tmp_path / f"frame {number}.png")
        paths[-1].write_bytes(deep_png(values, eXIf=exif))
    return paths


def test_frames_of_a_film_are_read_alike_and_stay_the_files_that_they_were(
    library: LibraryPanel, handlers: Handlers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames, visitor = _film(tmp_path), handlers.first_visitor()
    given = _given(
        handlers, visitor, **{f"f{n}__png": p.read_bytes() for n, p in enumerate(frames)}
    )
    looked = list[str]()
    monkeypatch.setattr(
        photo_batch, "own_levels", lambda path: looked.append(path) or own_levels(path)
    )
    steps = library.batch.read(visitor, given, *STEPS)
    assert next(steps)[1]["progress"]["done"] == 0
    assert not looked, "it says how far it is before it looks"
    next(steps)
    assert len(looked) == 1, "and gives way after each"
    *_, (newest, _, _) = steps
    pictures, known = newest.project.pictures[-2:], common_levels(frames)
    for picture, frame in zip(pictures, frames, strict=True):
        photo, wanted = Photo.read(picture.photo), Photo.read(frame, known)
        assert np.array_equal(np.asarray(photo.pixels), np.asarray(wanted.pixels))
        assert photo.source.alpha is not None, "it is no square on grey"
        assert (photo.source.taken, photo.source.artist) == ("2024:05:06 07:08:09", "Ann")
        assert without_note(Path(picture.photo).read_bytes()) == frame.read_bytes()
    assert pictures[1].photo == given["given"][1]["path"], "its levels are those of all"
    assert not np.array_equal(
        np.asarray(Photo.read(frames[0]).pixels), np.asarray(Photo.read(pictures[0].photo).pixels)
    )


def test_no_room_for_one_frame_is_that_one_s_failure_and_stop_ends_the_looking(
    library: LibraryPanel, handlers: Handlers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames, visitor = _film(tmp_path), handlers.first_visitor()
    given = _given(
        handlers, visitor, **{f"f{n}__png": p.read_bytes() for n, p in enumerate(frames)}
    )
    steps = library.batch.read(visitor, given, *STEPS)
    next(steps), next(steps)
    library.batch.stopped(visitor)
    looked = list[str]()
    monkeypatch.setattr(photo_batch, "own_levels", looked.append)
    *_, (_, value, _) = steps
    assert value["said"]["text"].startswith("1 photo read. 1 left out.")
    assert looked == []
    monkeypatch.undo()

    def full(*_: object) -> str:
        raise InputError("the visit has too many files")

    monkeypatch.setattr(library.batch.page.files, "store", full)
    *_, (_, value, _) = library.batch.read(visitor, given, *STEPS)
    assert value["said"]["text"].startswith("1 photo read. f0.png: the visit has too many files")


def test_a_face_is_the_same_file_from_the_library_and_from_the_save_dialog(
    library: LibraryPanel, handlers: Handlers
) -> None:
    visitor, photo = handlers.first_visitor(), io.BytesIO()
    exif = Source(taken="2024:05:06 07:08:09", artist="Ann").exif()
    Image.open(io.BytesIO(_photo())).save(photo, "WEBP", exif=exif)
    given = _given(handlers, visitor, holiday__webp=photo.getvalue())
    *_, (visitor, _, _) = library.batch.read(visitor, given, *STEPS)
    key = f"tiny:{visitor.project.shown.id}"
    *_, last = library.exporting.exported(visitor, {"chosen": [key], "wish": {"what": "face"}})
    dialog = handlers.export_as(visitor, None, value={"wish": {"what": "face"}})["saved"]
    assert last["saved"]["name"].endswith(".webp")
    data = Path(last["saved"]["file"]).read_bytes()
    assert data == Path(dialog["file"]).read_bytes()
    source = Photo.read(data).source
    assert (source.taken, source.artist) == ("2024:05:06 07:08:09", "Ann")


def test_a_generated_picture_is_a_png_wherever_it_is_saved(
    library: LibraryPanel, handlers: Handlers, visitor: Visitor
) -> None:
    for what in ("photo", "face"):
        wish = {"what": what}
        *_, last = library.exporting.exported(visitor, {"chosen": ["tiny:p2"], "wish": wish})
        dialog = handlers.export_as(visitor, None, value={"wish": wish})["saved"]
        assert Path(last["saved"]["file"]).suffix == Path(dialog["name"]).suffix == ".png"
    assert handlers.export_facts(visitor, None)["facts"]["suffix"] == ".png"
    made = result(visitor.project, handlers.editor(visitor), "p2")
    assert made.source.kind == "PNG", "and by the command `project save`"
