"""The sheet "New slider" without a browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import torch

from editor import Domains, Editor
from editor.project.actions import add_edit
from editor.project.history import Project
from editor.sliders.boundary import Boundary
from editor.sliders.sample_pool import FIRST_SEED, POOL, grow_pool, pool_of, pool_so_far
from editor.ui.components.filmstrip import filmstrip
from editor.ui.data_uris import data_uri
from editor.ui.handlers import Handlers
from editor.ui.new_slider import NewSliderSheet
from editor.ui.new_slider_answers import stops
from editor.ui.page_context import PageContext
from editor.ui.state import Visitor


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
def panel(handlers: Handlers) -> NewSliderSheet:
    with gr.Blocks():
        shown = gr.Dropdown(), gr.Markdown(), filmstrip({})
        files = gr.JSON(visible=False), gr.File(visible=False)
        return NewSliderSheet(PageContext(handlers, gr.State(), *shown, *files))


class Hand:
    """A visitor who marks: what the sheet holds, and what it sends."""

    def __init__(self, panel: NewSliderSheet, visitor: Visitor) -> None:
        self.panel, self.visitor = panel, visitor
        self.lessons: dict[str, Any] = {}
        self.base: tuple[Boundary, ...] = ()
        self.value: dict[str, Any] = {}

    def open(self) -> dict[str, Any]:
        return self.take(self.panel.opened(self.visitor, {"domain": "", "hold": []}, self.lessons))

    def mark(self, kinds: str, **more: Any) -> dict[str, Any]:
        """Mark the first pictures: + has it, - has it not."""
        return self.take(self.panel.marked(self.visitor, self.asked(kinds, **more), self.lessons))

    def asked(self, kinds: str = "", **more: Any) -> dict[str, Any]:
        words = [{"+": "has", "-": "not", ".": ""}[kind] for kind in kinds]
        words += [""] * (len(self.value["items"]) - len(words))
        marks = [
            {"id": item["id"], "of": item["of"], "mark": word}
            for item, word in zip(self.value["items"], words, strict=True)
        ]
        return {"domain": self.value["domain"], "hold": [], "marks": marks, **more}

    def add(self, name: str, **more: Any) -> dict[str, Any]:
        asked = {"domain": self.value["domain"], "hold": [], "name": name, **more}
        return self.take(self.panel.added(self.visitor, asked, self.lessons, self.base))

    def take(self, answer: dict[Any, Any]) -> dict[str, Any]:
        """Keep an answer as the page does. Return what the sheet was told."""
        self.lessons = answer.get(self.panel.lessons, self.lessons)
        self.base = answer.get(self.panel.base, self.base)
        self.visitor = answer.get(self.panel.page.visitor, self.visitor)
        told: dict[str, Any] = answer[self.panel.sheet]
        self.value |= told
        return told

    @property
    def ids(self) -> list[str]:
        return [item["id"] for item in self.value["items"]]


@pytest.fixture
def hand(panel: NewSliderSheet, handlers: Handlers) -> Hand:
    hand = Hand(panel, handlers.first_visitor())
    hand.open()
    return hand


def _good(hand: Hand, accuracy: float | None = 0.9, **facts: Any) -> None:
    """Let what was learned be as good as this."""
    info = hand.base[0].info
    facts = {**info.facts, "marks_has": 6, "marks_has_not": 6, **facts}
    hand.base = (replace(hand.base[0], info=replace(info, accuracy=accuracy, facts=facts)),)


def test_the_first_pictures_come_before_there_is_a_pool(hand: Hand, handlers: Handlers) -> None:
    assert pool_so_far(handlers.domains.open("tiny").engine) is None
    assert len(set(hand.ids)) == 12
    assert (hand.value["counts"], hand.value["level"], hand.value["more"]) == ([0, 0], "not yet", 5)
    assert (hand.value["domain"], hand.value["subject"]) == ("tiny", "picture")
    first = hand.ids
    told = hand.mark("++--+-")
    assert told["counts"] == [3, 3], "they are counted, though nothing is learned yet"
    assert (told["preview"], told["can"], hand.base) == ([], False, ())
    assert not set(first) & set(hand.ids)


def test_the_pool_grows_by_portions_until_it_is_whole(
    panel: NewSliderSheet, hand: Hand, handlers: Handlers
) -> None:
    answer = panel.opened(hand.visitor, {"domain": "", "hold": []}, {})
    assert answer[panel.pool].active is True
    engine = handlers.domains.open("tiny").engine
    while pool_so_far(engine) is None:
        assert panel.grown(hand.visitor) == gr.skip()
    assert pool_of(engine) is None
    for _ in grow_pool(engine, 112):
        pass
    assert panel.grown(hand.visitor).active is False
    assert panel.opened(hand.visitor, None, {})[panel.pool].active is False


@pytest.mark.usefixtures("tiny_domain")
def test_marks_become_a_slider_that_is_added(hand: Hand) -> None:
    told = hand.mark("++--+-")
    assert len(told["preview"]) == 5
    assert len(set(told["preview"])) == 5
    assert all(src.startswith("data:image/png") for src in told["preview"])
    assert (told["accuracy"], told["more"], told["can"]) == (None, 2, False)
    hand.mark("+-+-+-")
    assert hand.value["counts"] == [6, 6]
    assert hand.value["accuracy"] is not None
    _good(hand)
    told = hand.add("Odd ones")
    assert told["added"] == "Odd ones"
    assert told["mine"] == [{"name": "odd_ones", "title": "Odd ones"}]
    assert [own.info.name for own in hand.visitor.project.sliders] == ["odd_ones"]
    assert (hand.lessons, hand.base) == ({}, ()), "the next one begins anew"
    assert "nothing to add yet" in hand.add("Twice")["problem"]


@pytest.mark.usefixtures("tiny_domain")
def test_what_is_right_too_seldom_is_refused(hand: Hand) -> None:
    hand.mark("+++---")
    assert "3 pictures have it and 3 have it not; mark 5 of each" in hand.add("Hat")["problem"]
    hand.mark("+++---")
    _good(hand, 0.64)
    problem = hand.add("Hat")["problem"]
    assert problem.startswith("It is right on 64% of the pictures")
    assert "65%" in problem
    assert hand.visitor.project.sliders == ()
    _good(hand, 0.65)
    assert hand.add("Hat")["added"] == "Hat"


@pytest.mark.usefixtures("tiny_domain")
@pytest.mark.parametrize(
    ("name", "problem"), [("", "Write a name"), (" !", "Write a name"), ("Smile", "already")]
)
def test_names_are_checked(hand: Hand, name: str, problem: str) -> None:
    hand.mark("++--")
    _good(hand)
    assert problem in hand.add(name)["problem"]
    assert hand.base, "another name may be tried"


@pytest.mark.usefixtures("tiny_domain")
def test_what_it_moves_besides_can_be_held(hand: Hand, handlers: Handlers) -> None:
    tiny = handlers.domains.open("tiny")
    hand.mark("+++---")
    (base,) = hand.base
    mixed = 0.8 * tiny.boundaries["smile"].normal + 0.6 * base.normal
    normal = torch.nn.functional.normalize(mixed, dim=1)
    hand.base = (replace(base, normal=normal),)
    asked = {"domain": "tiny", "hold": []}
    told = hand.panel.held(hand.visitor, asked, hand.base)[hand.panel.sheet]
    effect = next(one for one in told["effects"] if one["name"] == "smile")
    share = base.info.range[1] * float(normal[0, 0]) / 2
    assert effect == {
        "name": "smile",
        "title": "Smile",
        "share": round(100 * share),
        "held": False,
    }
    asked["hold"] = ["smile"]
    kept = hand.panel.held(hand.visitor, asked, hand.base)[hand.panel.sheet]
    assert kept["effects"][-1] == {"name": "smile", "title": "Smile", "share": 0, "held": True}
    assert kept["preview"] != told["preview"]
    _good(hand)
    hand.add("Held", hold=["smile"])
    (own,) = hand.visitor.project.sliders
    assert abs(float(own.normal[0, 0])) < 1e-6
    assert own.info.facts["independent_of"] == ["smile"]


@pytest.mark.usefixtures("tiny_domain")
def test_strangers_are_told_what_is_wrong(hand: Hand) -> None:
    hand.mark("++--")
    assert "no slider 'hat'" in hand.mark("+", hold=["hat"])["problem"]
    assert "nothing" not in hand.value["problem"]
    for name in ("x", "-1", "٣", str(FIRST_SEED + POOL), str(FIRST_SEED - 1)):
        mark = {"id": f"seed:{name}", "of": "", "mark": "has"}
        assert "is not known" in hand.mark("", marks=[mark])["problem"]
    mark = {"id": f"seed:{FIRST_SEED}", "of": "", "mark": "perhaps"}
    assert "a mark is not known" in hand.mark("", marks=[mark])["problem"].lower()
    assert "at most 100" in hand.mark("", marks=[{**mark, "mark": ""}] * 101)["problem"]
    assert "another domain" in hand.mark("+", domain="faces64")["problem"]
    assert hand.lessons["tiny"].counts == (2, 2)
    hand.base = (replace(hand.base[0], info=replace(hand.base[0].info, domain="faces64")),)
    _good(hand)
    assert "learned in 'faces64'" in hand.add("Mine")["problem"]


@pytest.mark.usefixtures("tiny_domain")
def test_start_over_forgets_the_marks(hand: Hand) -> None:
    hand.mark("+++---")
    given = hand.lessons
    hand.open()
    assert hand.value["counts"] == [3, 3], "they outlive closing the sheet"
    hand.take(hand.panel.forgotten(hand.visitor, {"domain": "tiny"}, hand.lessons))
    assert (hand.value["counts"], hand.value["preview"], hand.base) == ([0, 0], [], ())
    assert given["tiny"].counts == (3, 3), "a state that was given out is never changed"


def _with_photo(tiny: Editor, project: Project, seed: int) -> Project:
    edit = replace(tiny.sample(seed), aligned=tiny.example(seed))
    return add_edit(project, tiny, edit, f"photo {seed}")


def test_every_batch_has_own_photos_until_all_were_seen(hand: Hand, tiny_domain: Editor) -> None:
    project = hand.visitor.project
    for seed in range(6):
        project = _with_photo(tiny_domain, project, seed)
    hand.visitor = hand.visitor.keep(project)
    photos = [f"photo:{p.id}" for p in project.pictures if p.aligned]
    hand.open()
    shown = []
    for _ in range(3):
        assert len(hand.ids) == 12
        shown.append([name for name in hand.ids if name.startswith("photo:")])
        hand.mark("+-+-+-")
    assert shown == [photos[:4], photos[4:], []]


def test_a_photo_in_the_place_of_a_removed_one_is_new(hand: Hand, tiny_domain: Editor) -> None:
    project = _with_photo(tiny_domain, hand.visitor.project, 1)
    old = project.pictures[-1].id
    hand.visitor = hand.visitor.keep(project)
    hand.open()
    assert hand.ids[0] == f"photo:{old}"
    hand.visitor = hand.visitor.keep(_with_photo(tiny_domain, project.remove({old}), 2))
    assert hand.visitor.project.pictures[-1].id == old, "ids are given again"
    hand.mark("++-")
    assert hand.value["counts"] == [1, 1], "the mark was not meant for this photo"
    assert hand.ids[0] == f"photo:{old}"


def test_surprises_are_shown_one_by_one_and_named(hand: Hand) -> None:
    found = hand.panel.found
    asked = {"domain": "tiny", "hold": [], "method": "pca"}
    steps = list(found.discovered(hand.visitor, asked))
    rows = [len(step[hand.panel.sheet]["found"]) for step in steps]
    assert rows == list(range(9))
    assert all(step[hand.panel.sheet]["working"] for step in steps[:-1])
    assert steps[-1][hand.panel.sheet]["working"] == ""
    directions = steps[-1][found.directions]
    told = found.kept(hand.visitor, {"row": 2, "name": "Wind"}, directions)
    assert told[hand.panel.sheet]["added"] == "Wind"
    (own,) = told[hand.panel.page.visitor].project.sliders
    assert torch.equal(own.normal, directions[2].normal)
    for row in (-1, 8):
        wrong = found.kept(hand.visitor, {"row": row, "name": "Wind"}, directions)
        assert "not there any more" in wrong[hand.panel.sheet]["problem"]
    wrong = found.kept(hand.visitor, {"row": 0, "name": ""}, directions)
    assert "Write a name" in wrong[hand.panel.sheet]["problem"]
    (wrong,) = found.discovered(hand.visitor, {**asked, "method": "magic"})
    assert "'magic' is not known" in wrong[hand.panel.sheet]["problem"]


def test_the_middle_picture_is_unchanged_whatever_the_range(tiny_domain: Editor) -> None:
    code, smile = tiny_domain.sample(3).wp, tiny_domain.boundaries["smile"]
    aside = replace(smile, info=replace(smile.info, range=(-1.0, 8.0), response=()))
    shown = stops(tiny_domain, code, aside)
    assert shown[2] == data_uri(tiny_domain.render(tiny_domain.edit(code)))
    ends = [
        data_uri(tiny_domain.engine.render((code + distance * _step(smile))[None])[0])
        for distance in (-1.0, -0.5, 4.0, 8.0)
    ]
    assert [shown[0], shown[1], shown[3], shown[4]] == ends


def _step(slider: Boundary) -> torch.Tensor:
    """What a distance of 1 adds to a code."""
    step = torch.zeros_like(slider.normal)
    layers = list(slider.info.layers)
    step[layers] = slider.normal[layers]
    return step
