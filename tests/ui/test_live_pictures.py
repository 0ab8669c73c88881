"""Pictures of a slider that is dragged, without a server around them."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from editor import Domains, Editor
from editor.sliders.boundary import Boundary
from editor.ui.clients import Client
from editor.ui.data_uris import exact_uri
from editor.ui.handlers import Handlers
from editor.ui.live import LATE, LivePictures
from editor.ui.state import Visitor
from tests.ui.driver import run

SCOPE = {"editor.client": Client("a" * 32, "1.1.1.1"), "editor.session": "page"}


@pytest.fixture
def handlers(tiny_root: Path) -> Handlers:
    return Handlers(Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries"), "tiny")


@pytest.fixture
def visitor(handlers: Handlers) -> Visitor:
    visitor = handlers.first_visitor()
    handlers.service.visitor_of = {"page": visitor}.get
    return visitor


@pytest.fixture
def pictures(handlers: Handlers, visitor: Visitor) -> LivePictures:
    return LivePictures(handlers)


def _asked(*moves: dict[str, float], turn: int = 0) -> dict[str, Any]:
    return {"picture": "p1", "moves": list(moves), "turn": turn}


class Slow:
    """Lets pictures be made one at a time, when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.may = threading.Semaphore(0), threading.Semaphore(0)
        made = Editor.render

        def render(editor: Editor, edit: Any) -> Any:
            self.begun.release()
            assert self.may.acquire(timeout=20)
            return made(editor, edit)

        monkeypatch.setattr(Editor, "render", render)

    async def began(self) -> None:
        """Until one more is at work."""
        assert await asyncio.to_thread(self.begun.acquire, timeout=20)


def test_a_call_for_many_ends_where_its_page_wants_something_newer(
    pictures: LivePictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(monkeypatch)

    async def work() -> None:
        ahead = asyncio.create_task(
            pictures.answer(SCOPE, _asked(*({"smile": i / 4} for i in range(9)), turn=1))
        )
        await slow.began()
        slow.may.release()
        await slow.began()  # it makes the second
        older, newer = (
            asyncio.create_task(pictures.answer(SCOPE, _asked({"age": 1.0}, turn=turn)))
            for turn in (2, 3)
        )
        assert await older == {**LATE, "turn": 2}
        slow.may.release(9)
        first, last = await ahead, await newer
        assert (len(first["after"]), first["turn"]) == (2, 1)
        assert (len(last["after"]), last["turn"]) == (1, 3)
        assert slow.begun.acquire(blocking=False)
        assert not slow.begun.acquire(blocking=False), "the other seven were never made"

    run(work())


def test_another_clients_picture_comes_between_those_of_many(
    pictures: LivePictures, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both places are taken by clients who want nine; a third waits for one picture alone."""
    slow, order = Slow(monkeypatch), []
    service = pictures.service
    service.visitor_of = lambda _session: visitor

    async def ask(name: str, count: int) -> None:
        scope = {"editor.client": Client("a" * 32, name), "editor.session": name}
        moves = [{"smile": float(i)} for i in range(count)]
        answer = await pictures.answer(scope, _asked(*moves))
        order.append((name, len(answer["after"])))

    async def work() -> None:
        greedy = [asyncio.create_task(ask(name, 9)) for name in ("1.1.1.1", "2.2.2.2")]
        await slow.began()
        await slow.began()
        honest = asyncio.create_task(ask("3.3.3.3", 1))
        await asyncio.sleep(0.05)
        slow.may.release(2)
        await slow.began()
        await slow.began()
        slow.may.release(18)
        await asyncio.gather(honest, *greedy)
        assert order[0] == ("3.3.3.3", 1)
        assert sorted(order[1:]) == [("1.1.1.1", 9), ("2.2.2.2", 9)]
        assert service.shares.used("1.1.1.1") > service.shares.used("3.3.3.3")

    run(work())


def test_the_visits_own_sliders_move_it(
    handlers: Handlers, visitor: Visitor, pictures: LivePictures
) -> None:
    editor = handlers.editor(visitor)
    smile = editor.boundaries["smile"]
    own = Boundary(replace(smile.info, name="mine"), -smile.normal)
    before = run(pictures.answer(SCOPE, _asked({"mine": 1.0}, {})))
    handlers.store.update(
        visitor, lambda newest: newest.keep(replace(newest.project, sliders=(own,)))
    )
    after = run(pictures.answer(SCOPE, _asked({"mine": 1.0}, {"smile": -1.0})))
    assert before["after"][0] == before["after"][1], "nobody knew it"
    assert (
        after["after"]
        == [exact_uri(editor.render(visitor.project.edit(editor).move(smile=-1)))] * 2
    )
    assert after["version"] != before["version"]


def test_a_place_that_does_not_come_is_told(
    pictures: LivePictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("editor.ui.live.WAIT_S", 0.05)
    lane = pictures.service.lanes["live"]

    async def work() -> None:
        async with lane.turn("2.2.2.2"), lane.turn("3.3.3.3"):
            answer = await pictures.answer(SCOPE, _asked({"smile": 1.0}))
            assert answer.keys() == {"error"}
            assert answer["error"].startswith("busy, 2 before you")
        assert (await pictures.answer(SCOPE, _asked({"smile": 1.0})))["after"]

    run(work())


def test_a_page_without_a_state_is_told(pictures: LivePictures) -> None:
    for changed in ({"editor.session": "another"}, {"editor.session": ""}):
        answer = run(pictures.answer({**SCOPE, **changed}, _asked({"smile": 1.0})))
        assert "not known any more" in answer["error"]
