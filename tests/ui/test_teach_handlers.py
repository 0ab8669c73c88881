"""The tab Teach without a browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from editor import Editor, Library
from editor.project.actions import add_edit
from editor.teaching import grow_pool
from editor.ui.components import history_strip
from editor.ui.handlers import Handlers
from editor.ui.shell import Shell
from editor.ui.state import Visitor
from editor.ui.teach import FOLDERS, PAIRS, TeachPanel, pair_by_name


@pytest.fixture
def handlers(tiny_root: Path) -> Handlers:
    handlers = Handlers(Library("cpu", tiny_root / "checkpoints", tiny_root / "boundaries"), "tiny")
    for _ in grow_pool(handlers.library.open("tiny"), 100):
        pass
    return handlers


@pytest.fixture
def panel(handlers: Handlers) -> TeachPanel:
    with gr.Blocks(), gr.Tab() as tab:
        shell = Shell(
            handlers, gr.State(), history_strip({}), gr.JSON(visible=False), gr.File(visible=False)
        )
        shell.refresh = {"fn": lambda: None}
        return TeachPanel(shell, tab)


def _shown(panel: TeachPanel, visitor: Visitor, lessons: dict) -> dict:
    return list(panel.show(visitor, lessons))[-1][0]


def _marked(value: dict) -> dict:
    items = [{**item, "mark": "has" if i % 2 else "not"} for i, item in enumerate(value["items"])]
    return {**value, "items": items}


def _with_photos(handlers: Handlers, count: int) -> Visitor:
    tiny, visitor = handlers.library.open("tiny"), handlers.first_visitor()
    project = visitor.project
    for index in range(count):
        edit = replace(tiny.sample(index), photo=tiny.example(index))
        project = add_edit(project, edit, f"photo {index}")
    return visitor.keep(project)


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


def test_every_batch_has_own_photos_until_all_were_seen(
    panel: TeachPanel, handlers: Handlers
) -> None:
    visitor = _with_photos(handlers, 6)
    photos = [p.id for p in visitor.project.pictures if p.before]
    value, lessons, shown = _shown(panel, visitor, {}), {}, []
    for _ in range(3):
        own = [i["id"] for i in value["items"] if i["id"].startswith("photo:")]
        shown.append([name.removeprefix("photo:") for name in own])
        assert len(value["items"]) == 12
        value, lessons, *_ = panel.learn(visitor, _marked(value), lessons, [])
    assert shown == [photos[:4], photos[4:], []]


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


def test_pairs_are_of_equal_names(
    panel: TeachPanel, handlers: Handlers, tmp_path: Path, monkeypatch
) -> None:
    tiny = handlers.library.open("tiny")
    after = _photos(tmp_path, tiny, ["a.png", "B.png", "c.png"], 10)
    before = _photos(tmp_path, tiny, ["c.png", "a.png", "b.png"], 20)
    names = [(Path(b).name, Path(a).name) for b, a in pair_by_name(before, after)]
    assert names == [("a.png", "a.png"), ("b.png", "B.png"), ("c.png", "c.png")]
    taken = []

    def kept(editor, pairs, *rest):
        taken.extend(pairs)
        raise gr.Error("enough")

    monkeypatch.setattr("editor.ui.teach.slider_of_pairs", kept)
    Path(before[0]).write_bytes(b"no picture")  # c
    with pytest.raises(gr.Error, match="enough"):
        list(panel.photos(handlers.first_visitor(), PAIRS, after, before, []))
    expected = [
        (tiny.align(before[1]), tiny.align(after[0])),
        (tiny.align(before[2]), tiny.align(after[1])),
    ]
    for pair, wanted in zip(taken, expected, strict=True):
        assert all(
            np.array_equal(np.asarray(x), np.asarray(y)) for x, y in zip(pair, wanted, strict=True)
        )
    with pytest.raises(gr.Error, match="do not make pairs"):
        list(panel.photos(handlers.first_visitor(), PAIRS, after[1:], before, []))


def test_an_unreadable_photo_is_left_out_and_named(
    panel: TeachPanel, handlers: Handlers, tmp_path: Path
) -> None:
    tiny = handlers.library.open("tiny")
    first = _photos(tmp_path, tiny, [f"{i}.png" for i in range(4)], 10)
    second = _photos(tmp_path, tiny, [f"{i}.png" for i in range(3)], 20)
    Path(first[2]).write_bytes(b"no picture")
    steps = list(panel.photos(handlers.first_visitor(), FOLDERS, first, second, []))
    (slider,), said, _ = steps[-1]
    assert "Learned from 6 photos" in said
    assert "2.png was left out" in said
    assert slider.info.domain == "tiny"
    for path in first:
        Path(path).write_bytes(b"no picture")
    with pytest.raises(gr.Error, match="mark"):
        list(panel.photos(handlers.first_visitor(), FOLDERS, first, second, []))
