from __future__ import annotations

import base64
import copy
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from editor import Domains
from editor.inversion.loop import InversionStep
from editor.packs.convert.run import Sources, convert_idinvert
from editor.packs.verdict import Judgement
from editor.ui.data_uris import data_uri
from editor.ui.handler_base import KEEP, REPLACE, SQUARE, WHOLE
from editor.ui.handlers import Handlers
from editor.ui.inverting import verdict
from editor.ui.page import build_ui, launch_options
from tests.conftest import picture_of
from tests.reference.published import write_published

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


def _moves(**moves: float) -> dict:
    return {"moves": moves}


def test_a_slow_page_does_not_slow_the_inversion(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps of 0.1 s, and a second for every preview: at least two thirds go into steps."""
    clock = SimpleNamespace(now=100.0, steps=0)
    time = SimpleNamespace(monotonic=lambda: clock.now)
    monkeypatch.setattr("editor.ui.inverting.time", time)
    editor = handlers.domains.open("tiny")
    original = editor.invert_steps

    def slow(*given: object) -> Iterator[InversionStep]:
        for step in original(*given):
            clock.now += 0.1
            clock.steps += 1
            yield step

    monkeypatch.setattr(editor, "invert_steps", slow)
    previews = -1  # the last one shows the result
    for _ in handlers.invert(photo, None, handlers.first_visitor(), 60, *SETTINGS[1:]):
        clock.now += 1.0
        previews += 1
    assert clock.steps > 20
    assert 2 <= previews <= 1 + clock.steps // 20


def test_invert_then_slide_then_save(handlers: Handlers, photo: str) -> None:
    square = handlers.show_photo(photo, handlers.first_visitor())
    assert (square["width"], square["height"]) == (40, 60)
    steps = list(handlers.invert(photo, square, handlers.first_visitor(), *SETTINGS))
    visitor, picture, status, _, strip = steps[-1]
    panel = steps[0][3]
    assert panel["moves"] == {}
    assert [s["name"] for g in panel["groups"] for s in g["sliders"]] == ["age", "smile"]
    # the sliders are set once, and left alone by later previews
    assert not any(isinstance(step[3], dict) and "groups" in step[3] for step in steps[1:])
    assert "Done" in status
    assert visitor.project.shown.wp.shape == (6, 8)
    assert [step["label"] for step in strip["steps"]] == ["inverted"]
    assert [tile["name"] for tile in strip["pictures"]] == ["photo"], "the example was not used"
    assert strip["at"] == 1
    expected = handlers.domains.open("tiny").edit(visitor.project.shown.wp)
    assert np.array_equal(
        np.asarray(_decode(picture["after"])),
        np.asarray(handlers.domains.open("tiny").render(expected)),
    )
    moved, line = handlers.slide(visitor, _moves(smile=2.0))
    assert "last edit" in line
    assert moved["before"] is None
    expected = expected.move(smile=2.0)
    assert np.array_equal(
        np.asarray(_decode(moved["after"])),
        np.asarray(handlers.domains.open("tiny").render(expected)),
    )
    file = handlers.download_picture(visitor, _moves(smile=2.0))
    assert np.array_equal(
        np.asarray(_decode(file["uri"])), np.asarray(handlers.domains.open("tiny").render(expected))
    )
    code = base64.b64decode(
        handlers.download_code(visitor, _moves(smile=2.0))["uri"].partition(",")[2]
    )
    with np.load(io.BytesIO(code), allow_pickle=False) as data:
        assert np.array_equal(data["wp"], visitor.project.shown.wp)


def test_every_preview_leaves_a_usable_code(handlers: Handlers, photo: str) -> None:
    """Cancel closes the generator; what was shown last must be what is kept."""
    stream = handlers.invert(photo, None, handlers.first_visitor(), *SETTINGS)
    visitor, picture, status, *_ = next(stream)
    stream.close()
    assert "Step 0 of 3" in status
    again, _ = handlers.slide(visitor, _moves())
    assert again["after"] == picture["after"]


def test_errors_are_messages(handlers: Handlers, tmp_path: Path) -> None:
    bad = tmp_path / "photo.png"
    bad.write_text("no picture")
    with pytest.raises(gr.Error, match="not a picture"):
        handlers.show_photo(str(bad), handlers.first_visitor())
    with pytest.raises(gr.Error, match="no photo yet"):
        next(handlers.invert(None, None, handlers.first_visitor(), *SETTINGS))
    assert handlers.turn({"x": 1}, 3) == {"x": 1, "angle": 3.0}


def test_the_slider_shows_how_far_the_square_is_turned(handlers: Handlers) -> None:
    assert handlers.heading(None) == 0
    assert handlers.heading({"angle": -7.6}) == -8
    assert handlers.heading({"angle": 170}) == 45


def test_a_square_that_makes_no_sense(handlers: Handlers, photo: str) -> None:
    for damage in ({"x": "a"}, {"side": None}, {"side": 1e9}, {"angle": float("nan")}):
        square = handlers.show_photo(photo, handlers.first_visitor()) | damage
        with pytest.raises(gr.Error):
            next(handlers.invert(photo, square, handlers.first_visitor(), *SETTINGS))


def test_the_square_of_another_photo_is_not_used(
    handlers: Handlers, photo: str, tmp_path: Path
) -> None:
    """Invert may be pressed before the new photo's square has come."""
    other = str(tmp_path / "other.png")
    picture_of(photo).rotate(180).save(other)
    placed = handlers.show_photo(photo, handlers.first_visitor()) | {"x": 0.3, "side": 0.4}
    late, fresh, own = (
        next(handlers.invert(path, square, handlers.first_visitor(), *SETTINGS))[1]["before"]
        for path, square in (
            (other, placed),
            (other, handlers.show_photo(other, handlers.first_visitor())),
            (photo, placed),
        )
    )
    assert late == fresh
    assert (
        own != next(handlers.invert(photo, None, handlers.first_visitor(), *SETTINGS))[1]["before"]
    )


def test_an_unknown_error_hides_its_details(handlers: Handlers, monkeypatch) -> None:
    editor = handlers.domains.open("tiny")
    monkeypatch.setattr(editor, "example", lambda seed: 1 / 0)
    with pytest.raises(gr.Error, match="Something unexpected") as caught:
        handlers.example({"chosen": 0}, handlers.first_visitor())
    assert "division" not in str(caught.value)


def test_the_whole_photo(handlers: Handlers, photo: str, tmp_path: Path) -> None:
    square = handlers.show_photo(photo, handlers.first_visitor()) | {"side": 0.5}
    visitor = list(handlers.invert(photo, square, handlers.first_visitor(), *SETTINGS))[-1][0]
    source = Image.open(photo).convert("RGB")
    data, name = handlers.whole_photo(visitor, _moves())
    assert name == "edited.png"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), np.asarray(source))
    assert b"compositeWithTrainedAlgorithmicMedia" in data
    for mode in (KEEP, REPLACE):
        data, _ = handlers.whole_photo(visitor, _moves(smile=2.0), "", mode)
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
    Path(photo).unlink()
    with pytest.raises(gr.Error, match="give it again"):
        handlers.whole_photo(visitor, _moves())
    with pytest.raises(gr.Error, match="generated"):
        handlers.whole_photo(handlers.first_visitor(), _moves())


def test_layers_can_be_chosen(handlers: Handlers) -> None:
    visitor = handlers.first_visitor()
    editor = handlers.domains.open("tiny")
    moved, _ = handlers.slide(visitor, _moves(smile=2.0), "smile=4-5")
    expected = editor.edit(visitor.project.shown.wp).move(smile=2.0).on_layers(smile=(4, 5))
    changed = (expected.wp_edited - expected.wp).abs().amax(dim=1) > 0
    assert changed.nonzero()[:, 0].tolist() == [4, 5]
    assert np.array_equal(np.asarray(_decode(moved["after"])), np.asarray(editor.render(expected)))
    usual, _ = handlers.slide(visitor, _moves(smile=2.0))
    assert usual["after"] != moved["after"]
    for wrong in ("smile", "smile=a-b", "smile=7", "nose=1", "=1"):
        with pytest.raises(gr.Error):
            handlers.slide(visitor, _moves(smile=2.0), wrong)


def test_another_domain_can_be_chosen(library: Domains, tiny_root: Path, photo: str) -> None:
    write_published(tiny_root / "files")
    files = [tiny_root / "files" / f"{kind}.pth" for kind in ("generator", "encoder")]
    folders = (tiny_root / "checkpoints", tiny_root / "boundaries")
    for _ in convert_idinvert(
        Sources("pub32", *files, title="Published", subject="face"), *folders
    ):
        pass
    handlers = Handlers(library, "tiny")
    assert library.choices == [("Published", "pub32"), ("Tiny", "tiny")]
    first = handlers.first_visitor()
    moved, _ = handlers.commit(first, _moves(smile=1.0))
    visitor, status, examples, square, hint, *settings = handlers.choose("pub32", photo, moved)
    assert visitor.domain == "pub32"
    panel, layers, picture, strip, line = handlers.refresh(visitor, SQUARE, KEEP)
    assert visitor.project.shown.wp.shape == (8, 16)
    assert picture["before"] == layers == ""
    assert panel["groups"] == []
    assert (len(strip["steps"]), strip["pictures"]) == (1, [])
    assert len(examples["sources"]) == 3
    assert square["width"] == 40
    assert "face" in status
    assert "32 px" in line
    assert "face" in hint
    assert settings == [100, 0.01, 1.0, 0.0, 2.0]
    # a step of the old domain's slider, sent before the panel was replaced
    again, _ = handlers.slide(visitor, _moves(smile=2.0))
    assert again["after"] == picture["after"]
    shown = _decode(list(handlers.invert(photo, square, visitor, 2, *settings[1:]))[-1][1]["after"])
    assert shown.size == (32, 32)
    back = handlers.choose("tiny", None, visitor)[0]
    assert back.project is moved.project, "the work in the other domain was lost"
    with pytest.raises(gr.Error, match="not found"):
        handlers.choose("nowhere", None, visitor)


def test_every_rest_of_a_slider_is_an_edit_that_can_be_undone(handlers: Handlers) -> None:
    visitor = handlers.first_visitor()
    assert handlers.commit(visitor, _moves()) == (gr.skip(), gr.skip()), "nothing changed"
    once, strip = handlers.commit(visitor, _moves(smile=1.0))
    assert [step["label"] for step in strip["steps"]] == ["", "smile +1.0"]
    assert [tile["name"] for tile in strip["pictures"]] == ["Example"], "it was used"
    assert (strip["undo"], strip["redo"]) == (True, False)
    assert visitor.project.at == 0, "a state that was given out is never changed"
    twice, _ = handlers.commit(once, _moves(smile=1.0, age=-0.5), "smile=3")
    assert twice.project.node.layers == (("smile", (3,)),)
    back = handlers.undo(twice, _moves(smile=1.0, age=-0.5), "smile=3")
    panel, layers, picture, strip, _ = handlers.refresh(back, SQUARE, KEEP)
    assert panel["moves"] == {"smile": 1.0}
    assert layers == ""
    assert strip["at"] == 1
    assert picture["after"] == handlers.slide(once, _moves(smile=1.0))[0]["after"]
    assert handlers.redo(back).project.at == 2
    assert handlers.go(twice, {"chosen": 0}).project.node.moves == ()
    for wrong in ({"chosen": 9}, {}, None):
        with pytest.raises(gr.Error, match="history"):
            handlers.go(twice, wrong)


def test_undo_keeps_what_was_not_yet_an_edit(handlers: Handlers) -> None:
    visitor = handlers.first_visitor()
    back = handlers.undo(visitor, _moves(age=1.5), "")
    assert back.project.at == 0
    assert back.project.redo().node.moves == (("age", 1.5),)


def test_compare_with_another_edit(handlers: Handlers) -> None:
    visitor = handlers.first_visitor()
    moved, _ = handlers.commit(visitor, _moves(smile=2.0))
    compared = handlers.compare(moved, {"chosen": 0})
    assert compared["keep"] is True
    assert compared["before"] == handlers.slide(moved, _moves())[0]["after"]


def test_compare_in_the_whole_photo(handlers: Handlers, photo: str) -> None:
    visitor = list(handlers.invert(photo, None, handlers.first_visitor(), *SETTINGS))[-1][0]
    moved, _ = handlers.commit(visitor, _moves(smile=9.0))
    compared = handlers.compare(moved, {"chosen": 1}, WHOLE, KEEP)
    assert _decode(compared["before"]).size == (40, 60)
    other = handlers.compare(moved, {"chosen": 2}, WHOLE, KEEP)
    assert other["before"] != compared["before"]


def _drawing(array: np.ndarray) -> dict:
    return {"mask": data_uri(Image.fromarray(array))}


def test_a_painted_part_limits_the_sliders(handlers: Handlers) -> None:
    visitor = handlers.first_visitor()
    array = np.zeros((256, 256), np.uint8)
    array[:, :64] = 255
    before = handlers.slide(visitor, _moves())[0]["after"]
    plain = _decode(before)
    free = _decode(handlers.slide(visitor, _moves(smile=9.0))[0]["after"])
    painted, strip = handlers.paint(visitor, _drawing(array))
    assert strip["steps"][-1]["label"] == "painted part"
    assert handlers.paint(painted, _drawing(array)) == (gr.skip(), gr.skip())
    held = _decode(handlers.slide(painted, _moves(smile=9.0))[0]["after"])
    assert np.array_equal(np.asarray(held)[:, 10:], np.asarray(plain)[:, 10:])
    assert (np.asarray(held)[:, :2] != np.asarray(plain)[:, :2]).any()
    assert (np.asarray(free)[:, 10:] != np.asarray(plain)[:, 10:]).any()
    canvas = handlers.canvas(painted)
    assert canvas["src"] == before
    assert np.asarray(_decode(canvas["mask"]))[:, :4].min() == 255
    assert _decode(canvas["mask"]).size == (16, 16)
    finer = handlers.canvas(painted, _drawing(array))
    assert finer["mask"] == _drawing(array)["mask"], "what was drawn came back coarser"
    array[:] = 255
    assert handlers.canvas(painted, _drawing(array))["mask"] == canvas["mask"], "of another edit"
    cleared, _ = handlers.paint(painted, {"mask": ""})
    assert cleared.project.node.mask == b""


@pytest.mark.parametrize(
    "uri",
    ["x", "data:text/html;base64,AAAA", "data:image/png;base64,%%%", "data:image/png;base64,AAAA"],
)
def test_a_drawing_that_is_none(handlers: Handlers, uri: str) -> None:
    with pytest.raises(gr.Error, match="paint it again"):
        handlers.paint(handlers.first_visitor(), {"mask": uri})


def test_a_settled_edit_is_laid_into_the_photo(handlers: Handlers, photo: str) -> None:
    visitor = list(handlers.invert(photo, None, handlers.first_visitor(), *SETTINGS))[-1][0]
    array = np.zeros((64, 64), np.uint8)
    array[:32] = 255
    visitor, _ = handlers.paint(visitor, _drawing(array))
    visitor = list(handlers.settle(visitor, _moves(smile=9.0), "", *SETTINGS))[-1][0]
    data, name = handlers.whole_photo(visitor, _moves())
    assert name == "edited.png"
    made, given = np.asarray(Image.open(io.BytesIO(data))), np.asarray(Image.open(photo))
    assert (made != given).any(), "the photo came back without the edit"
    view = handlers.look(visitor, _moves(), "", WHOLE, KEEP)
    assert view["after"] != view["before"]
    again = list(handlers.settle(visitor, _moves(age=1.0), "", *SETTINGS))[-1][0]
    first = next(p for p in again.project.pictures if p.name == "photo")
    assert np.array_equal(again.project.shown.reference, first.wp), "settled twice"


def test_what_is_done_during_an_inversion_stays(handlers: Handlers, photo: str) -> None:
    stream = handlers.invert(photo, None, handlers.first_visitor(), *SETTINGS)
    running = next(stream)[0]
    other = handlers.go(running, {"chosen": 0})
    assert other.project.at == 0
    handlers.commit(other, _moves(smile=1.0))
    *_, (visitor, *_) = stream
    assert [n.label for n in visitor.project.nodes] == ["", "inverted", "smile +1.0"]
    assert visitor.project.at == 2, "another picture was shown than the visitor had chosen"
    code = visitor.project.picture("p2").wp
    assert not np.array_equal(code, running.project.picture("p2").wp), "it went no further"


def test_a_picture_removed_during_its_inversion_stays_away(handlers: Handlers, photo: str) -> None:
    stream = handlers.invert(photo, None, handlers.first_visitor(), *SETTINGS)
    running = next(stream)[0]
    handlers.store.update(running, lambda newest: newest.keep(newest.project.remove({"p2"})))
    *_, (visitor, *_) = stream
    assert [p.id for p in visitor.project.pictures] == ["p1"]


def test_every_page_is_a_visit_of_its_own(handlers: Handlers) -> None:
    first = handlers.first_visitor()
    one, two = copy.deepcopy(first), copy.deepcopy(first)
    moved, _ = handlers.commit(one, _moves(smile=1.0))
    assert handlers.store.newest(one) is moved
    assert handlers.store.newest(two) is two
    assert one.visit.id != two.visit.id
    # an event that began before the first ended gets what the first one made
    after, _ = handlers.commit(one, _moves(smile=1.0, age=1.0))
    assert [n.label for n in after.project.nodes] == ["", "smile +1.0", "age +1.0"]


def test_settling_gives_a_picture_of_its_own(handlers: Handlers) -> None:
    array = np.zeros((64, 64), np.uint8)
    array[:32] = 255
    visitor, _ = handlers.paint(handlers.first_visitor(), _drawing(array))
    steps = list(handlers.settle(visitor, _moves(smile=3.0), "", *SETTINGS))
    settled, picture, status, _, strip = steps[-1]
    assert steps[0][3]["moves"] == {}
    assert "Settled in" in status
    assert len(settled.project.pictures) == 2
    assert settled.project.node.mask == b""
    assert handlers.slide(settled, _moves())[0]["after"] == picture["after"]
    assert strip["at"] == strip["steps"][-1]["index"]


def test_page_builds(library: Domains) -> None:
    page = build_ui(library, "tiny")
    labels = {b.label for b in page.blocks.values() if isinstance(b, gr.Number)}
    assert "Most steps" in labels
    assert launch_options()["run_history"] is False


@pytest.mark.parametrize(
    ("judged", "said"),
    [
        (None, "likeness not measured"),
        (Judgement(0.1, 0.3, ""), "likeness very good"),
        (Judgement(0.1, None, ""), "in the domain, likeness not measured"),
        (Judgement(0.9, 0.5, "outside"), "the model does not know pictures like this picture"),
        (Judgement(0.1, 0.7, "unlike"), "probably another picture than in the photo"),
    ],
)
def test_what_is_said_of_an_inversion(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch, judged: Judgement | None, said: str
) -> None:
    editor = handlers.domains.open("tiny")
    edit = editor.edit(editor.sample(1).wp, editor.example(1), {"loss_pix": 0.02})
    monkeypatch.setattr(editor, "judge", lambda _: judged)
    text = verdict(editor, edit, 12, 3.4, editor.engine.inversion)
    assert said in text
    assert "Done in 3.4 s, 12 steps" in text
    assert ("warn" in text) == (judged is not None and bool(judged.warning))
    few = replace(editor.engine.inversion, steps=3)  # the verdict was fitted on whole inversions
    assert "likeness not measured" in verdict(editor, edit, 3, 3.4, few)


def test_a_pack_without_a_verdict_warns_of_a_poor_fit(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = handlers.domains.open("tiny")
    info = replace(editor.info, typical={"loss_pix_p95": 0.01})
    monkeypatch.setattr(type(editor), "info", property(lambda _: info))
    edit = editor.edit(editor.sample(1).wp, editor.example(1), {"loss_pix": 0.02})
    assert "more from its photo than most" in verdict(
        editor, edit, 12, 3.4, editor.engine.inversion
    )
