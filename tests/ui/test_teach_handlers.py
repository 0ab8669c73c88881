"""The tab Teach without a browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from editor import Domains, Editor
from editor.project.actions import add_edit
from editor.project.history import Project
from editor.sliders.teach import POOL, grow_pool, pool_of
from editor.ui.components.filmstrip import filmstrip
from editor.ui.handlers import Handlers
from editor.ui.page_context import PageContext
from editor.ui.state import Visitor
from editor.ui.teach import TeachPanel
from editor.ui.teach_photos import FOLDERS, PAIRS, pair_by_name


@pytest.fixture
def handlers(tiny_root: Path) -> Handlers:
    return Handlers(Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries"), "tiny")


@pytest.fixture
def tiny_domain(handlers: Handlers) -> Editor:
    """The domain of `handlers`, with its samples ready."""
    tiny = handlers.domains.open("tiny")
    for _ in grow_pool(tiny.engine, 100):
        pass
    return tiny


@pytest.fixture
def panel(handlers: Handlers) -> TeachPanel:
    with gr.Blocks():
        shown = gr.Dropdown(), gr.Markdown(), filmstrip({})
        files = gr.JSON(visible=False), gr.File(visible=False)
        return TeachPanel(PageContext(handlers, gr.State(), *shown, *files))


def _shown(panel: TeachPanel, visitor: Visitor, lessons: dict) -> dict:
    return list(panel.show(visitor, lessons))[-1][0]


def _marked(value: dict) -> dict:
    items = [{**item, "mark": "has" if i % 2 else "not"} for i, item in enumerate(value["items"])]
    return {**value, "items": items}


def _with_photos(handlers: Handlers, count: int) -> Visitor:
    tiny, visitor = handlers.domains.open("tiny"), handlers.first_visitor()
    project = visitor.project
    for index in range(count):
        edit = replace(tiny.sample(index), aligned=tiny.example(index))
        project = add_edit(project, tiny, edit, f"photo {index}")
    return visitor.keep(project)


@pytest.mark.usefixtures("tiny_domain")
def test_marks_outlive_show_pictures_until_they_are_forgotten(
    panel: TeachPanel, handlers: Handlers
) -> None:
    visitor = handlers.first_visitor()
    first = _shown(panel, visitor, {})
    _, lessons, sliders, said, _ = panel.learn(visitor, _marked(first), {}, [])
    assert "6 have it, 6 have not" in said
    again = list(panel.show(visitor, lessons))[-1]
    assert "6 have it, 6 have not so far" in again[1]
    assert not {item["id"] for item in first["items"]} & {i["id"] for i in again[0]["items"]}
    items, left, none, _, _ = panel.forgotten(visitor, lessons)
    assert (items, left, none) == ({"items": []}, {}, ())
    assert lessons, "a state that was given out is never changed"
    assert sliders[0].info.domain == "tiny"


@pytest.mark.usefixtures("tiny_domain")
def test_what_belongs_to_another_domain_is_refused(panel: TeachPanel, handlers: Handlers) -> None:
    visitor = handlers.first_visitor()
    value = _shown(panel, visitor, {})
    _, lessons, (slider,), *_ = panel.learn(visitor, _marked(value), {}, [])
    with pytest.raises(gr.Error, match="another domain"):
        panel.learn(visitor, {**_marked(value), "domain": "faces64"}, lessons, [])
    foreign = replace(slider, info=replace(slider.info, domain="faces64"))
    with pytest.raises(gr.Error, match="learned in 'faces64'"):
        panel.added(visitor, (foreign,), "Mine")
    assert panel.again(visitor, {"faces64": lessons["tiny"]}, []) == (gr.skip(), gr.skip())
    added, _ = panel.added(visitor, (slider,), "Mine")
    assert [b.info.name for b in added.project.sliders] == ["mine"]


@pytest.mark.usefixtures("tiny_domain")
def test_every_batch_has_own_photos_until_all_were_seen(
    panel: TeachPanel, handlers: Handlers
) -> None:
    visitor = _with_photos(handlers, 6)
    photos = [p.id for p in visitor.project.pictures if p.aligned]
    value, lessons, shown = _shown(panel, visitor, {}), {}, []
    for _ in range(3):
        own = [i["id"] for i in value["items"] if i["id"].startswith("photo:")]
        shown.append([name.removeprefix("photo:") for name in own])
        assert len(value["items"]) == 12
        value, lessons, *_ = panel.learn(visitor, _marked(value), lessons, [])
    assert shown == [photos[:4], photos[4:], []]


@pytest.mark.usefixtures("tiny_domain")
def test_a_photo_that_was_removed_meanwhile_is_left_out(
    panel: TeachPanel, handlers: Handlers
) -> None:
    visitor = _with_photos(handlers, 2)
    value = _shown(panel, visitor, {})
    gone = next(i["id"] for i in value["items"] if i["id"].startswith("photo:"))
    fewer = visitor.keep(visitor.project.remove({gone.removeprefix("photo:")}))
    _, lessons, _, said, _ = panel.learn(fewer, _marked(value), {}, [])
    assert "6 have it, 5 have not" in said
    assert len(lessons["tiny"].marks) == 11


def _photos(folder: Path, tiny: Editor, names: list[str], seed: int) -> list[str]:
    """Each in a folder of its own, whose names are in another order, as the page keeps uploads."""
    made = []
    for index, name in enumerate(names):
        path = folder / f"{seed}{9 - index}" / name
        path.parent.mkdir(parents=True)
        tiny.example(seed + index).resize((32, 32)).save(path)
        made.append(str(path))
    return made


@pytest.mark.usefixtures("tiny_domain")
def test_pairs_are_of_equal_names(
    panel: TeachPanel, handlers: Handlers, tmp_path: Path, monkeypatch
) -> None:
    tiny = handlers.domains.open("tiny")
    after = _photos(tmp_path, tiny, ["a.png", "B.png", "c.png"], 10)
    before = _photos(tmp_path, tiny, ["c.png", "a.png", "b.png"], 20)
    names = [(Path(b).name, Path(a).name) for b, a in pair_by_name(before, after)]
    assert names == [("a.png", "a.png"), ("b.png", "B.png"), ("c.png", "c.png")]
    taken = []

    def kept(editor, pairs, *rest):
        taken.extend(pairs)
        raise gr.Error("enough")

    monkeypatch.setattr("editor.ui.teach_photos.slider_of_pairs", kept)
    Path(before[0]).write_bytes(b"no picture")  # c
    with pytest.raises(gr.Error, match="enough"):
        list(panel.photos.learned(handlers.first_visitor(), PAIRS, after, before, []))
    expected = [
        (tiny.align(before[1]), tiny.align(after[0])),
        (tiny.align(before[2]), tiny.align(after[1])),
    ]
    for pair, wanted in zip(taken, expected, strict=True):
        assert all(
            np.array_equal(np.asarray(x), np.asarray(y)) for x, y in zip(pair, wanted, strict=True)
        )
    with pytest.raises(gr.Error, match="do not make pairs"):
        list(panel.photos.learned(handlers.first_visitor(), PAIRS, after[1:], before, []))


@pytest.mark.usefixtures("tiny_domain")
def test_an_unreadable_photo_is_left_out_and_named(
    panel: TeachPanel, handlers: Handlers, tmp_path: Path
) -> None:
    tiny = handlers.domains.open("tiny")
    first = _photos(tmp_path, tiny, [f"{i}.png" for i in range(4)], 10)
    second = _photos(tmp_path, tiny, [f"{i}.png" for i in range(3)], 20)
    Path(first[2]).write_bytes(b"no picture")
    steps = list(panel.photos.learned(handlers.first_visitor(), FOLDERS, first, second, []))
    (slider,), said, _ = steps[-1]
    assert "Learned from 6 photos" in said
    assert "2.png was left out" in said
    assert slider.info.domain == "tiny"
    for path in first:
        Path(path).write_bytes(b"no picture")
    with pytest.raises(gr.Error, match="mark"):
        list(panel.photos.learned(handlers.first_visitor(), FOLDERS, first, second, []))


def _marked_as(value: dict, kinds: str) -> dict:
    """The first pictures marked: + has it, - has it not."""
    given = [{"+": "has", "-": "not"}[kind] for kind in kinds]
    given += [""] * (len(value["items"]) - len(given))
    items = [{**item, "mark": kind} for item, kind in zip(value["items"], given, strict=True)]
    return {**value, "items": items}


def _ids(value: dict) -> list[str]:
    return [item["id"] for item in value["items"]]


def _with_photo(tiny: Editor, project: Project, seed: int) -> Project:
    return add_edit(
        project, tiny, replace(tiny.sample(seed), aligned=tiny.example(seed)), f"photo {seed}"
    )


def test_show_pictures_counts_marks_in_and_shows_others(
    panel: TeachPanel, handlers: Handlers, tiny_domain: Editor
) -> None:
    visitor = handlers.first_visitor()
    *_, (first, _, none) = panel.show(visitor, {}, None)
    assert none == {}
    *_, (second, said, lessons) = panel.show(visitor, none, _marked_as(first, "+++"))
    assert "3 have it, 0 have not so far" in said
    assert len(second["items"]) == 12
    assert not set(_ids(first)) & set(_ids(second))
    *_, (third, said, lessons) = panel.show(visitor, lessons, _marked_as(second, "--"))
    assert "3 have it, 2 have not so far" in said
    assert not {*_ids(first), *_ids(second)} & set(_ids(third))
    *_, said, _ = panel.learn(visitor, _marked_as(third, "+-"), lessons, [])
    assert "4 have it, 3 have not" in said


def test_marks_of_a_domain_that_was_left_are_kept(
    panel: TeachPanel, handlers: Handlers, tiny_domain: Editor
) -> None:
    visitor = handlers.first_visitor()
    visitor = visitor.put(replace(visitor.project, domain="left"))
    *_, (value, _, _) = panel.show(visitor, {}, None)
    *_, (_, said, lessons) = panel.show(
        visitor, {}, {**_marked_as(value, "++--"), "domain": "left"}
    )
    assert "so far" not in said
    assert list(lessons) == ["left"]
    assert lessons["left"].counts == (2, 2)
    unknown = {**_marked_as(value, "++--"), "domain": "../x"}
    *_, (_, _, lessons) = panel.show(visitor, {}, unknown)
    assert lessons == {}


def test_without_samples_learn_says_what_to_press(panel: TeachPanel, handlers: Handlers) -> None:
    visitor = handlers.first_visitor()
    assert pool_of(handlers.domains.open("tiny").engine) is None
    shown = {"items": [{"id": "seed:300000", "mark": "has"}]}
    with pytest.raises(gr.Error, match="press Show pictures first"):
        panel.learn(visitor, {"domain": "tiny", **shown}, {}, [])
    with pytest.raises(gr.Error, match="of another domain; press Show pictures first"):
        panel.learn(visitor, {"domain": "faces64", **shown}, {}, [])


@pytest.mark.parametrize("name", ["x", "-1", "٣", str(300_000 + POOL), "299999"])
def test_what_is_not_among_the_samples_is_refused(
    panel: TeachPanel, handlers: Handlers, tiny_domain: Editor, name: str
) -> None:
    value = {"domain": "tiny", "items": [{"id": f"seed:{name}", "mark": "has"}]}
    with pytest.raises(gr.Error, match="is not known"):
        panel.learn(handlers.first_visitor(), value, {}, [])


def test_a_photo_in_the_place_of_a_removed_one_is_new(
    panel: TeachPanel, handlers: Handlers, tiny_domain: Editor
) -> None:
    tiny, visitor = tiny_domain, handlers.first_visitor()
    with_old = visitor.keep(_with_photo(tiny, visitor.project, 1))
    old = with_old.project.pictures[-1].id
    *_, (value, _, _) = panel.show(with_old, {}, None)
    assert _ids(value)[0] == f"photo:{old}"
    with_new = visitor.keep(_with_photo(tiny, with_old.project.remove({old}), 2))
    assert with_new.project.pictures[-1].id == old, "ids are given again"
    _, lessons, _, said, _ = panel.learn(with_new, _marked_as(value, "++-"), {}, [])
    assert "1 have it, 1 have not" in said, "the mark was not meant for this photo"
    *_, (after, _, _) = panel.show(with_new, lessons, None)
    assert _ids(after)[0] == f"photo:{old}"
    _, lessons, _, said, _ = panel.learn(with_new, _marked_as(after, "+"), lessons, [])
    assert "2 have it, 1 have not" in said
    *_, (after, _, _) = panel.show(with_new, lessons, None)
    assert not any(name.startswith("photo") for name in _ids(after))


def test_a_photo_that_is_there_twice_is_asked_once(
    panel: TeachPanel, handlers: Handlers, tiny_domain: Editor
) -> None:
    visitor = handlers.first_visitor()
    project = _with_photo(tiny_domain, _with_photo(tiny_domain, visitor.project, 1), 1)
    *_, (value, _, _) = panel.show(visitor.keep(project), {}, None)
    assert [name.partition(":")[0] for name in _ids(value)] == ["photo", *["seed"] * 11]


def test_pairs_are_of_equal_stems() -> None:
    before = ["/1/a.avif", "/2/a.b.png", "/3/Zoe.HEIC"]
    after = ["/9/zoe.png", "/8/a.b.png", "/7/a.jpg"]
    assert pair_by_name(before, after) == [
        ("/1/a.avif", "/7/a.jpg"),
        ("/2/a.b.png", "/8/a.b.png"),
        ("/3/Zoe.HEIC", "/9/zoe.png"),
    ]


def _files(folder: Path, tiny: Editor, count: int, seed: int) -> list[str]:
    folder.mkdir()
    for i in range(count):
        tiny.example(seed + i).resize((32, 32)).save(folder / f"{i}.png")
    return [str(folder / f"{i}.png") for i in range(count)]


def test_too_few_readable_photos_are_told_before_anything_is_made(
    panel: TeachPanel, handlers: Handlers, tmp_path: Path
) -> None:
    visitor, tiny = handlers.first_visitor(), handlers.domains.open("tiny")
    first, second = (_files(tmp_path / f"{i}", tiny, 2, 10 * i) for i in (1, 2))
    for path in first:
        Path(path).write_bytes(b"no picture")
    steps = panel.photos.learned(visitor, FOLDERS, first, second, [])
    with pytest.raises(gr.Error, match=r"too few photos.*0\.png was left out.*1\.png was left out"):
        list(steps)
    assert pool_of(tiny.engine) is None, "no samples were made in vain"


def test_a_pair_with_an_unreadable_photo_is_left_out(
    panel: TeachPanel, handlers: Handlers, tmp_path: Path
) -> None:
    visitor, tiny = handlers.first_visitor(), handlers.domains.open("tiny")
    after, before = (_files(tmp_path / f"{i}", tiny, 3, 10 * i) for i in (1, 2))
    Path(after[1]).write_bytes(b"no picture")
    *_, ((slider,), said, _) = panel.photos.learned(visitor, PAIRS, after, before, ["gone"])
    assert "Learned from 4 photos" in said
    assert "1.png was left out" in said
    assert slider.info.facts["pairs"] == 2


def test_a_slider_of_another_domain_is_refused(
    panel: TeachPanel, handlers: Handlers, tmp_path: Path
) -> None:
    visitor, tiny = handlers.first_visitor(), handlers.domains.open("tiny")
    after, before = (_files(tmp_path / f"{i}", tiny, 2, 10 * i) for i in (1, 2))
    *_, ((slider,), _, _) = panel.photos.learned(visitor, PAIRS, after, before, None)
    foreign = replace(slider, info=replace(slider.info, domain="faces64"))
    with pytest.raises(gr.Error, match="learned in 'faces64', but 'tiny' is open"):
        panel.added(visitor, (foreign,), "Mine")
    with pytest.raises(gr.Error, match="learned in 'faces64', but 'tiny' is open"):
        panel.discover.kept(visitor, (foreign,), {"chosen": {"row": 0}}, "Mine")
    added, _ = panel.added(visitor, (slider,), "Mine")
    assert [own.info.name for own in added.project.sliders] == ["mine"]
