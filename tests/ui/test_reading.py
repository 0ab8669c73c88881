"""A photo that is given: looked at, placed, inverted by steps, and what ends that."""

from __future__ import annotations

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
from editor.packs.verdict import Judgement
from editor.photo.crop import Crop, is_same_place
from editor.project.actions import move_sliders
from editor.project.history import MAX_NODES
from editor.project.nodes import Node
from editor.session import Editor
from editor.ui.component_values import strip_value
from editor.ui.handlers import Handlers
from editor.ui.inverting import added, finished, likeness_of
from tests.conftest import picture_of

SETTINGS = (3, 0.01, 1.0, 0.2, 2.0)
FRAME = {"x": 0.5, "y": 0.4, "side": 0.8, "angle": 10.0}
SURE, UNSURE = 0.9, 0.2


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 40, 3), np.uint8)).save(path)
    return str(path)


@pytest.fixture
def handlers(tiny_root: Path) -> Handlers:
    return Handlers(Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries"), "tiny")


def _given(path: str) -> dict:
    return {"given": {"path": path, "name": "photo.png"}}


def _finding(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch, *found: tuple[Crop, float]
) -> None:
    """Let the domain find these squares in any photo."""
    monkeypatch.setattr(Editor, "finds", property(lambda _: True))
    monkeypatch.setattr(Editor, "find", lambda *_given, **_options: list(found))
    finder = SimpleNamespace(sure=0.5)
    monkeypatch.setattr(handlers.domains.open("tiny"), "finder", finder)


def test_a_sure_face_starts_by_itself_and_the_first_guess_comes_at_once(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _finding(handlers, monkeypatch, (Crop(0.5, 0.4, 0.6), SURE))
    visitor = handlers.first_visitor()
    steps = list(handlers.take(visitor, _given(photo), *SETTINGS))
    _, first, panel, strip, _ = steps[0]
    assert first["state"] == "working"
    assert first["progress"] == {"done": 0, "total": 3, "seconds": None}
    assert first["crop"] == {"x": 0.5, "y": 0.4, "side": 0.6, "angle": 0.0}
    assert first["after"] == first["reference"] != ""
    assert panel["moves"] == {}
    assert strip["at"] == 1
    last = steps[-1]
    assert last[1]["state"] == "done"
    assert last[1]["version"] != first["version"], "it went no further than the guess"
    assert last[2] == gr.skip(), "the sliders are set once, and left alone later"
    assert last[0].project.shown.photo == photo


def test_a_face_that_is_not_sure_is_asked_for(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _finding(handlers, monkeypatch, (Crop(0.3, 0.4, 0.5), UNSURE))
    visitor = handlers.first_visitor()
    (only,) = handlers.take(visitor, _given(photo), *SETTINGS)
    assert only[1]["state"] == "frame"
    assert only[1]["crop"]["x"] == 0.3
    assert only[1]["photo"]["width"] == 40
    assert len(only[0].project.pictures) == 1, "nothing was read"
    *_, (after, stage, *_) = handlers.place(visitor, {"frame": FRAME}, *SETTINGS)
    assert stage["state"] == "done"
    assert after.project.shown.crop == Crop(**FRAME)
    assert after.waiting == ""


def test_nothing_found_is_said(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _finding(handlers, monkeypatch)
    (only,) = handlers.take(handlers.first_visitor(), _given(photo), *SETTINGS)
    assert only[1]["state"] == "frame"
    assert "found" in only[1]["line"]


def test_a_photo_that_waits_is_there_again_and_can_be_given_up(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _finding(handlers, monkeypatch)
    visitor = handlers.first_visitor()
    list(handlers.take(visitor, _given(photo), *SETTINGS))
    assert handlers.stage(visitor)["state"] == "frame", "after a reload"
    after, stage = handlers.stop(visitor)
    assert stage["state"] == "empty"
    assert after.waiting == ""


def test_several_faces_are_read_one_after_another_and_each_keeps_its_sliders(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, right = Crop(0.25, 0.4, 0.4), Crop(0.75, 0.4, 0.4)
    _finding(handlers, monkeypatch, (right, SURE), (left, SURE))
    visitor = handlers.first_visitor()
    *_, (after, stage, *_) = handlers.take(visitor, _given(photo), *SETTINGS)
    assert [p.crop for p in after.project.pictures[1:]] == [right, left]
    assert after.project.shown.crop == right, "the one that came first stays shown"
    history = strip_value(after.project)
    assert (history["undo"], history["redo"]) == (False, False), "neither example nor other face"
    assert [face["picture"] for face in stage["faces"]] == ["p3", "p2"], "from left to right"
    handlers.commit(after, {"moves": {"smile": 3.0}})
    chosen = handlers.show_face(after, {"face": 0})
    assert chosen[0].project.shown.crop == left
    assert chosen[2]["moves"] == {}, "the sliders of the other face"
    (other,) = chosen[1]["others"]
    assert other["crop"]["x"] == right.x
    assert other["after"] != other["reference"]
    wish = {"wish": {"what": "photo", "kind": "PNG"}}
    answer = handlers.export_as(after, {"moves": {"smile": 3.0}}, value=wish)
    saved = picture_of(answer["saved"]["file"])
    changed = (np.asarray(saved) != np.asarray(picture_of(photo))).any(axis=(0, 2))
    assert changed[:16].any(), "the face that is shown"
    assert changed[24:].any(), "the face that was edited before"
    back = handlers.show_face(after, {"face": 1})
    assert back[2]["moves"] == {"smile": 3.0}
    with pytest.raises(gr.Error, match="not there any more"):
        handlers.show_face(after, {"face": 9})


def test_a_face_that_was_not_read_yet_is_read_next_and_the_others_after_it(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [Crop(x, 0.4, 0.2) for x in (0.2, 0.5, 0.8)]
    _finding(handlers, monkeypatch, *((place, SURE) for place in places))
    visitor = handlers.first_visitor()
    stream = handlers.take(visitor, _given(photo), *SETTINGS)
    running = next(stream)[0]
    handlers.begin(visitor)
    *_, (after, stage, *_) = handlers.read_face(running, {"face": 2}, *SETTINGS)
    assert list(stream) == []
    assert [p.crop.x for p in after.project.pictures[1:]] == [0.2, 0.8, 0.5]
    assert after.project.shown.crop == places[2]
    assert all(face["picture"] for face in stage["faces"])


def test_a_new_photo_ends_what_is_read_and_both_are_there(
    handlers: Handlers, photo: str, tmp_path: Path
) -> None:
    other = str(tmp_path / "other.png")
    Image.open(photo).rotate(180).save(other)
    visitor = handlers.first_visitor()
    first = handlers.take(visitor, _given(photo), *SETTINGS)
    running = next(first)
    handlers.begin(visitor)
    assert list(first) == [], "the older one goes on"
    steps = list(handlers.take(running[0], _given(other), *SETTINGS))
    after, told = steps[-1][0], [stage for _, stage, *_ in steps if stage != gr.skip()]
    assert [p.name for p in after.project.pictures] == ["Example", "photo", "other"]
    assert {stage["name"] for stage in told} == {"other"}
    assert (told[-1]["state"], after.unfinished) == ("done", ()), (
        "the first is read to its end, too"
    )
    assert after.project.shown.photo == other


def test_stop_keeps_what_is_shown(handlers: Handlers, photo: str) -> None:
    visitor = handlers.first_visitor()
    stream = handlers.take(visitor, _given(photo), *SETTINGS)
    running, seen, *_ = next(stream)
    after, stage = handlers.stop(running)
    assert list(stream) == []
    assert stage["state"] == "done"
    assert stage["after"] == seen["after"]
    assert after.project.shown.name == "photo"


def test_a_reload_breaks_nothing_off(handlers: Handlers, photo: str) -> None:
    stream = handlers.take(handlers.first_visitor(), _given(photo), *SETTINGS)
    running, guess, *_ = next(stream)
    stream.close()  # nobody hears it any more
    steps = list(handlers.resume(running, *SETTINGS))
    assert steps[-1][1]["state"] == "done"
    assert steps[-1][1]["version"] != guess["version"], "it went no further"
    assert [p.name for p in steps[-1][0].project.pictures] == ["Example", "photo"]
    assert list(handlers.resume(running, *SETTINGS)) == [(gr.skip(),) * 5], "it is done"
    stopped = handlers.take(running, _given(photo), *SETTINGS)
    handlers.stop(next(stopped)[0])
    assert list(handlers.resume(running, *SETTINGS)) == [(gr.skip(),) * 5], "the visitor stopped it"


def test_a_bake_that_a_reload_broke_off_keeps_its_edit(handlers: Handlers, photo: str) -> None:
    *_, (read, *_) = handlers.take(handlers.first_visitor(), _given(photo), *SETTINGS)
    moves = {"moves": {"smile": 6.0}}
    for step in (1, 0):  # the second is of a generated picture, without a square
        *_, (whole, *_) = handlers.settle(handlers.go(read, {"chosen": step}), moves, "", *SETTINGS)
        stream = handlers.settle(handlers.go(read, {"chosen": step}), moves, "", *SETTINGS)
        running = next(stream)[0]
        stream.close()
        *_, (after, stage, *_) = handlers.resume(running, *SETTINGS)
        assert after.project.shown.id != whole.project.shown.id
        np.testing.assert_allclose(after.project.shown.wp, whole.project.shown.wp, atol=1e-5)
        assert (stage["state"], after.unfinished) == ("done", ())


def test_a_face_that_was_left_for_another_is_read_to_the_end_afterwards(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, right = Crop(0.25, 0.4, 0.4), Crop(0.75, 0.4, 0.4)
    _finding(handlers, monkeypatch, (right, SURE), (left, SURE))
    stream = handlers.take(handlers.first_visitor(), _given(photo), *SETTINGS)
    running, guess, *_ = next(stream)
    handlers.begin(running)
    *_, (after, stage, *_) = handlers.read_face(running, {"face": 0}, *SETTINGS)
    assert list(stream) == []
    assert after.project.shown.crop == left
    assert after.unfinished == ()
    assert stage["state"] == "done"
    early, late = (one.project.picture("p2").wp for one in (running, after))
    assert not np.array_equal(early, late), "the first face stays at its guess for good"
    assert guess["state"] == "working"


def test_a_face_that_is_being_read_is_shown_and_not_read_twice(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, right = Crop(0.25, 0.4, 0.4), Crop(0.75, 0.4, 0.4)
    _finding(handlers, monkeypatch, (right, SURE), (left, SURE))
    visitor = handlers.first_visitor()
    stream = handlers.take(visitor, _given(photo), *SETTINGS)
    while len(handlers.store.newest(visitor).project.pictures) < 3:
        running = next(stream)[0]
    handlers.begin(running)
    first, *_, last = handlers.read_face(running, {"face": 0}, *SETTINGS)
    assert first[1]["state"] == "working"
    assert first[1]["picture"] == last[1]["picture"] == "p3"
    assert [p.crop for p in last[0].project.pictures[1:]] == [right, left]


def test_faces_that_were_found_stay_found_when_another_domain_was_open(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, right = Crop(0.25, 0.4, 0.4), Crop(0.75, 0.4, 0.4)
    _finding(handlers, monkeypatch, (right, SURE), (left, SURE))
    stream = handlers.take(handlers.first_visitor(), _given(photo), *SETTINGS)
    running = next(stream)[0]
    before = handlers.stage(running)["faces"]
    away = replace(running, domain="other")
    assert away.found_in(photo) == ()
    kept = replace(away.look(photo, ((Crop(), SURE),), False), domain="tiny")
    assert len(kept.found_in(photo)) == len(before) == 2


def test_what_another_domain_broke_off_goes_on_when_one_comes_back(
    handlers: Handlers, photo: str
) -> None:
    stream = handlers.take(handlers.first_visitor(), _given(photo), *SETTINGS)
    running = next(stream)[0]
    elsewhere = handlers.store.update(running, lambda newest: replace(newest, domain="other"))
    running.visit.supersede()
    assert list(stream) == []
    assert list(handlers.resume(elsewhere, *SETTINGS)) == [(gr.skip(),) * 5]
    back = handlers.store.update(running, lambda newest: replace(newest, domain="tiny"))
    assert handlers.stage(back)["state"] == "working"
    *_, (after, stage, *_) = handlers.resume(back, *SETTINGS)
    assert (stage["state"], after.unfinished) == ("done", ())


def test_sliders_that_move_while_it_is_read_do_not_call_it_done(
    handlers: Handlers, photo: str
) -> None:
    stream = handlers.take(handlers.first_visitor(), _given(photo), *SETTINGS)
    running = next(stream)[0]
    seen = handlers.look(running, {"moves": {"smile": 1.0}})
    assert (seen["state"], seen["likeness"]) == ("working", "")
    list(stream)
    assert handlers.look(running, {"moves": {"smile": 1.0}})["state"] == "done"


def test_a_photo_that_waits_is_left_by_what_is_opened_next_alone(
    handlers: Handlers, photo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    *_, (visitor, *_) = handlers.take(handlers.first_visitor(), _given(photo), *SETTINGS)
    _finding(handlers, monkeypatch)
    other, bad = tmp_path / "other.png", tmp_path / "bad.png"
    Image.open(photo).rotate(180).save(other)
    bad.write_text("no picture")
    list(handlers.take(visitor, _given(str(other)), *SETTINGS))
    *_, (after, stage, *_) = handlers.take(visitor, _given(str(bad)), *SETTINGS)
    assert stage["state"] == "frame"
    assert stage["notice"].startswith("bad.png is not a picture")
    assert "bad.png" not in stage["line"], "the question is of the photo that waits"
    assert after.waiting == str(other), "a bad file threw the good one away"
    for leave in (
        lambda: handlers.go(after, {"chosen": 1}),
        lambda: handlers.undo(after, {}, ""),
        lambda: handlers.redo(after),
    ):
        handlers.store.update(after, lambda newest: replace(newest, waiting=str(other)))
        left = leave()
        assert left.waiting == ""
        assert handlers.stage(left)["picture"] == left.project.node.picture


def test_every_preview_leaves_a_usable_code(handlers: Handlers, photo: str) -> None:
    """A page that is closed closes the generator; what was shown last is what is kept."""
    stream = handlers.take(handlers.first_visitor(), _given(photo), *SETTINGS)
    visitor, seen, *_ = next(stream)
    stream.close()
    assert handlers.look(visitor, {"moves": {}})["after"] == seen["after"]


def test_an_edit_made_while_it_is_read_stays_and_gets_the_better_code(
    handlers: Handlers, photo: str
) -> None:
    stream = handlers.take(handlers.first_visitor(), _given(photo), *SETTINGS)
    running = next(stream)[0]
    moved, _, _ = handlers.commit(running, {"moves": {"smile": 4.0}})
    early = moved.project.node.thumb
    *_, (after, stage, *_) = stream
    assert after.project.node.moves == (("smile", 4.0),)
    assert after.project.node.thumb != early
    assert stage["moves"] == {"smile": 4.0}
    assert stage["after"] == handlers.look(after, {"moves": {"smile": 4.0}})["after"]


def test_what_is_done_meanwhile_stays(handlers: Handlers, photo: str) -> None:
    stream = handlers.take(handlers.first_visitor(), _given(photo), *SETTINGS)
    running = next(stream)[0]
    other = handlers.go(running, {"chosen": 0})
    handlers.commit(other, {"moves": {"smile": 1.0}})
    *_, (visitor, stage, *_) = stream
    assert [n.label for n in visitor.project.nodes] == ["", "Start", "Smile 50"]
    assert visitor.project.at == 2, "another picture was shown than the visitor had chosen"
    assert stage == gr.skip()
    code = visitor.project.picture("p2").wp
    assert not np.array_equal(code, running.project.picture("p2").wp), "it went no further"


def test_a_picture_removed_meanwhile_stays_away(handlers: Handlers, photo: str) -> None:
    stream = handlers.take(handlers.first_visitor(), _given(photo), *SETTINGS)
    running = next(stream)[0]
    handlers.store.update(running, lambda newest: newest.keep(newest.project.remove({"p2"})))
    *_, (visitor, *_) = stream
    assert [p.id for p in visitor.project.pictures] == ["p1"]


def test_a_file_that_cannot_be_read_is_said_on_the_stage_and_the_old_picture_stays(
    handlers: Handlers, photo: str, tmp_path: Path
) -> None:
    visitor = handlers.first_visitor()
    *_, (visitor, before, *_) = handlers.take(visitor, _given(photo), *SETTINGS)
    bad = tmp_path / "holiday.png"
    bad.write_text("no picture")
    (only,) = handlers.take(visitor, _given(str(bad)), *SETTINGS)
    assert only[1]["state"] == "error"
    assert only[1]["line"].startswith("holiday.png is not a picture")
    assert only[1]["after"] == before["after"]
    (none,) = handlers.take(visitor, {}, *SETTINGS)
    assert "no photo yet" in none[1]["line"]


@pytest.mark.parametrize(
    "damage", [{"x": "a"}, {"side": None}, {"side": 1e9}, {"angle": float("nan")}]
)
def test_a_frame_that_makes_no_sense(handlers: Handlers, photo: str, damage: dict) -> None:
    visitor = handlers.first_visitor()
    list(handlers.take(visitor, _given(photo), *SETTINGS))
    (only,) = handlers.place(visitor, {"frame": FRAME | damage}, *SETTINGS)
    assert only[1]["state"] == "error"
    assert only[1]["picture"] == "p2", "the old one is gone"


def test_a_slow_page_does_not_slow_the_inversion(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps of 0.1 s, and a second for every preview: at least two thirds go into steps."""
    clock = SimpleNamespace(now=100.0, steps=0)
    time = SimpleNamespace(monotonic=lambda: clock.now)
    monkeypatch.setattr("editor.ui.inverting.time", time)
    monkeypatch.setattr("editor.ui.reading_jobs.time", time)
    editor = handlers.domains.open("tiny")
    original = editor.invert_steps

    def slow(*given: object) -> Iterator[InversionStep]:
        for step in original(*given):
            clock.now += 0.1
            clock.steps += 1
            yield step

    def costly(*given: object, **options: object) -> dict:
        clock.now += 1.0
        return made(*given, **options)

    made = handlers.values.of
    monkeypatch.setattr(handlers.values, "of", costly)
    monkeypatch.setattr(editor, "invert_steps", slow)
    previews = len(list(handlers.take(handlers.first_visitor(), _given(photo), 60, *SETTINGS[1:])))
    assert clock.steps > 20
    assert 2 <= previews - 1 <= 2 + clock.steps // 20  # the last one shows the result


@pytest.mark.parametrize(
    ("judged", "level", "advice"),
    [
        (None, "", ""),
        (Judgement(0.1, 0.3, ""), "very good", ""),
        (Judgement(0.1, None, ""), "", ""),
        (Judgement(0.9, 0.5, "outside"), "poor", "does not know pictures like this picture"),
        (Judgement(0.1, 0.7, "unlike"), "poor", "sees another picture here"),
    ],
)
def test_what_is_said_of_an_inversion(
    handlers: Handlers,
    monkeypatch: pytest.MonkeyPatch,
    judged: Judgement | None,
    level: str,
    advice: str,
) -> None:
    editor = handlers.domains.open("tiny")
    edit = editor.edit(editor.sample(1).wp, editor.example(1), {"loss_pix": 0.02})
    monkeypatch.setattr(editor, "judge", lambda _: judged)
    said = likeness_of(editor, edit)
    assert said.level == level
    assert advice in said.advice
    assert bool(said.advice) == bool(advice)


def test_a_pack_without_a_verdict_warns_of_a_poor_fit(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = handlers.domains.open("tiny")
    info = replace(editor.info, typical={"loss_pix_p95": 0.01})
    monkeypatch.setattr(type(editor), "info", property(lambda _: info))
    edit = editor.edit(editor.sample(1).wp, editor.example(1), {"loss_pix": 0.02})
    said = likeness_of(editor, edit)
    assert said.level == "fair", "a warning is shown with a level alone"
    assert "more from its photo than most" in said.advice


def test_squares_about_the_same_place_are_one() -> None:
    face = Crop(0.3, 0.4, 0.4, 5.0)
    assert is_same_place(face, Crop(0.32, 0.41, 0.42))
    assert not is_same_place(face, Crop(0.6, 0.4, 0.4))
    assert not is_same_place(face, Crop(0.3, 0.4, 0.15))


def test_a_job_with_nothing_to_do_still_answers_and_changes_nothing(handlers: Handlers) -> None:
    """Gradio would empty the stage, the sliders and the filmstrip after no answer at all."""
    visitor = handlers.first_visitor()
    (answer,) = handlers.resume(visitor, *SETTINGS)
    assert answer == (gr.skip(),) * 5
    (answer,) = handlers._told(visitor, iter(()))
    assert answer == (gr.skip(),) * 5


def test_thumbs_are_made_anew_beside_the_lock(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, tiny = handlers.first_visitor(), handlers.domains.open("tiny")
    picture = visitor.project.pictures[0]
    moved = move_sliders(visitor.project, tiny, "p1", {"smile": 3.0})
    stale = tuple(replace(node, thumb=b"old") for node in moved.nodes)
    visitor = handlers.store.update(
        visitor, lambda newest: newest.keep(replace(moved, nodes=stale))
    )
    rendering = type(tiny).render

    def render(*args: object, **options: object) -> object:
        # what another event did while this was drawn stays
        handlers.store.update(visitor, lambda newest: newest.keep(newest.project.go(0)))
        return rendering(*args, **options)

    monkeypatch.setattr(type(tiny), "render", render)
    after = finished(handlers.store, visitor, tiny, picture)
    assert after.project.at == 0
    assert after.project.nodes[1].thumb == moved.nodes[1].thumb
    assert after.project.nodes[0].thumb == b"old", "the first one's is made with its previews"


def test_a_face_read_beside_a_full_history_leaves_what_is_shown(handlers: Handlers) -> None:
    visitor, tiny = handlers.first_visitor(), handlers.domains.open("tiny")
    project = visitor.project
    for step in range(MAX_NODES):
        project = project.commit(Node("p1", (("smile", step / 100),)))
    middle = project.go(MAX_NODES - 5)
    visitor = handlers.store.update(visitor, lambda newest: newest.keep(middle))
    origin = replace(project.pictures[0], id="", photo="x.png")
    after, made = added(handlers.store, visitor, tiny, origin, "Start", shown=False)
    assert after.project.node.moves == middle.node.moves
    assert after.project.latest(made.id).parent == -1
