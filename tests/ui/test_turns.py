"""Whose turn it is."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace

import pytest

from editor.errors import BusyError
from editor.ui.clients import Client
from editor.ui.limits import Limits
from editor.ui.rates import Sparse
from editor.ui.scheduling import Threads, _stepwise
from editor.ui.service import Service
from editor.ui.state import Visitor
from editor.ui.turns import Lane, NewestWins, Shares, Turn, newest_wins
from tests.ui.driver import run


def _lane(places: int = 1) -> tuple[Lane, SimpleNamespace]:
    clock = SimpleNamespace(now=0.0)
    return Lane(places, Shares(lambda: clock.now)), clock


def test_what_was_used_counts_half_after_ten_seconds() -> None:
    clock = SimpleNamespace(now=0.0)
    shares = Shares(lambda: clock.now)
    shares.spend("a", 8.0)
    clock.now = 10.0
    assert shares.used("a") == pytest.approx(4.0)
    shares.spend("a", 1.0)
    clock.now = 20.0
    assert shares.used("a") == pytest.approx(2.5)
    assert shares.used("b") == 0.0


def test_who_used_least_comes_next() -> None:
    async def work() -> list[str]:
        lane, clock = _lane()
        running = Turn("greedy")
        lane.enter(running)
        greedy = [Turn("greedy") for _ in range(50)]
        for turn in greedy:
            lane.enter(turn)
        honest = Turn("honest")
        lane.enter(honest)
        assert lane.wanted(running)
        assert lane.before(honest) == 1 + 50  # nobody has used anything yet
        clock.now = 5.0
        lane.leave(running)
        assert honest.ready.is_set()
        clock.now = 6.0
        lane.leave(honest)
        return [turn.client for turn in lane.running]

    assert run(work()) == ["greedy"]


def test_a_client_has_one_place_and_others_have_the_rest() -> None:
    async def work() -> None:
        lane, _ = _lane(2)
        turns = [Turn("a"), Turn("a"), Turn("a")]
        for turn in turns:
            lane.enter(turn)
        assert [turn.ready.is_set() for turn in turns] == [True, False, False]
        other = Turn("b")
        lane.enter(other)
        assert other.ready.is_set()
        assert not lane.wanted(turns[0])  # nobody else waits
        lane.leave(turns[0])
        assert turns[1].ready.is_set()
        lane.leave(turns[2])  # it waits no more
        assert lane.waiting == []

    run(work())


def test_in_a_row_nobody_comes_twice_before_another() -> None:
    """However much it has used before, and however many of another wait."""

    async def work() -> None:
        lane = Lane(1, Shares(lambda: 0.0), in_a_row=True)
        lane.shares.spend("busy", 100.0)
        running = Turn("new")
        lane.enter(running)
        for name in ["new", "other"] * 10 + ["busy"]:
            lane.enter(Turn(name))
        served = []
        while lane.running:
            (turn,) = lane.running
            served.append(turn.client)
            lane.leave(turn)
        assert served[:7] == ["new", "other", "busy", "new", "other", "new", "other"]
        assert len(served) == 22

    run(work())


def test_waiting_ends_with_a_sentence() -> None:
    async def work() -> None:
        lane, _ = _lane()
        lane.enter(Turn("a"))
        with pytest.raises(BusyError, match="busy, 1 before you"):
            async with lane.turn("b", most_s=0.01):
                pass
        assert lane.waiting == []

    run(work())


def test_of_a_pages_calls_one_runs_and_the_newest_waits() -> None:
    async def work() -> None:
        calls, said, goes_on = NewestWins(), [], asyncio.Event()

        async def call(page: str, name: str) -> None:
            async with calls.place(page) as place:
                if place is None:
                    said.append(f"{name} late")
                    return
                said.append(f"{name} runs")
                await goes_on.wait()
                said.append(f"{name} ends, wanted: {place.wanted}")

        tasks = [asyncio.create_task(call("a", name)) for name in "123"]
        tasks.append(asyncio.create_task(call("b", "other")))
        await asyncio.sleep(0.01)
        assert said == ["1 runs", "other runs", "2 late"]
        goes_on.set()
        await asyncio.gather(*tasks)
        ended = ["1 ends, wanted: True", "other ends, wanted: False"]
        assert said[3:] == [*ended, "3 runs", "3 ends, wanted: False"]
        said.clear()
        await call("a", "4")
        assert said == ["4 runs", "4 ends, wanted: False"]
        assert not calls._running
        assert not calls._waiting

    run(work())


@pytest.mark.parametrize("when", ["it waits", "its turn has come"])
def test_a_call_that_is_cancelled_keeps_no_place(when: str) -> None:
    async def work() -> None:
        calls = NewestWins()

        async def call() -> bool:
            async with calls.place("a") as place:
                return place is not None

        async with calls.place("a"):
            waits = asyncio.create_task(call())
            await asyncio.sleep(0)
            if when == "it waits":
                waits.cancel()
                await asyncio.sleep(0)
        if when == "its turn has come":
            waits.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waits
        assert await asyncio.wait_for(call(), 1)
        assert not calls._running

    run(work())


@pytest.fixture
def service(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setattr("editor.ui.service.GIVE_WAY_S", 0.05)
    monkeypatch.setattr("editor.ui.service.LOOK_S", 0.01)
    return Service(Limits(max_jobs=4, max_jobs_client=3), SimpleNamespace())


def test_a_visit_has_one_job_and_a_client_a_few(service: Service) -> None:
    async def work() -> None:
        visits = [Client(str(i), "1.2.3.4") for i in range(4)]
        async with service.job(visits[0], "page"):
            for session in ("page", "another page"):
                with pytest.raises(BusyError, match="another job of yours"):
                    async with service.job(visits[0], session):
                        pass
            async with service.job(visits[1], "b"), service.job(visits[2], "c"):
                with pytest.raises(BusyError, match="busy, 3 before you"):
                    async with service.job(visits[3], "d"):
                        pass
                async with service.job(Client("x", "5.6.7.8"), "e"):
                    with pytest.raises(BusyError, match="busy, 4 before you"):
                        async with service.job(Client("y", "9.9.9.9"), "f"):
                            pass

    run(work())
    assert service.lanes["long"].running == []


def test_a_cancelled_job_makes_room_for_the_next_of_its_page(service: Service) -> None:
    async def work() -> None:
        client = Client("a", "")

        async def first() -> None:
            async with service.job(client, "page"):
                await asyncio.sleep(0.02)

        task = asyncio.create_task(first())
        await asyncio.sleep(0)
        async with service.job(client, "page") as job:
            assert task.done()
            assert job.turn.ready.is_set()

    run(work())


def test_a_job_that_waits_ends_when_a_newer_one_begins(service: Service) -> None:
    """The second of two photos must not wait for the whole of the first, which nobody wants any more."""
    visitor, done, said = Visitor("tiny"), [], []

    @newest_wins
    def read(_visitor: Visitor, name: str):
        done.append(name)
        yield name

    async def work() -> None:
        steps = _stepwise(read, 0, [SimpleNamespace(elem_id="")], service, Threads())
        client = Client("a", "1.1.1.1")
        service.pages.of("page", client)
        scope = {"editor.client": client, "editor.session": "page"}
        request = SimpleNamespace(request=SimpleNamespace(scope=scope))
        async with service.job(Client("b", "2.2.2.2"), "other"):
            visitor.visit.supersede()
            first = steps(request, visitor, "first")
            said.append(await anext(first))  # it waits
            visitor.visit.supersede()
            said.extend([value async for value in first])
        said.extend([value async for value in steps(request, visitor, "second")])

    run(work())
    assert done == ["second"]
    assert said[-1] == "second"
    assert service._jobs == []


def test_a_job_gives_way_after_its_time(service: Service) -> None:
    async def work() -> None:
        clock = SimpleNamespace(now=0.0)
        service.shares.clock = lambda: clock.now
        service.pages.of("page", Client("a", "1.1.1.1"))
        async with service.job(Client("a", "1.1.1.1"), "page") as job:
            job.give_way()
            assert job.turn.ready.is_set()
            async with service.job(Client("b", "2.2.2.2"), "other") as other:
                clock.now = service.limits.slice_s - 1
                job.give_way()
                assert not other.turn.ready.is_set()
                clock.now += 2
                job.give_way()
                assert other.turn.ready.is_set()
                assert not job.turn.ready.is_set()
                assert [n async for n in _first(job.wait())] == [1]

    run(work())


async def _first(numbers):
    async for number in numbers:
        yield number
        return


def test_nobody_is_waited_for_who_does_not_listen(service: Service) -> None:
    async def work() -> None:
        clock = SimpleNamespace(now=100.0)
        service.pages.clock = lambda: clock.now
        one, two = Client("a", "1.1.1.1"), Client("b", "2.2.2.2")
        page = service.pages.of("page", two)
        async with service.job(one, "x"), service.job(two, "page") as job:
            assert job.is_heard
            clock.now += service.limits.unread_s + 1
            assert not job.is_heard
            with pytest.raises(BusyError, match="nobody waits"):
                _ = [n async for n in job.wait()]
            with service.pages.connected(page, "listening"):
                clock.now += 1000
                assert job.is_heard

    run(work())


def test_closed_pages_are_forgotten_and_open_ones_counted(service: Service) -> None:
    clock = SimpleNamespace(now=0.0)
    pages = service.pages
    pages.clock = lambda: clock.now
    client = Client("a", "1.1.1.1")
    page = pages.of("open", client)
    with pages.connected(page, "alive"):
        for i in range(service.limits.max_pages_visit - 1):
            pages.of(f"closed {i}", client)
        with pytest.raises(BusyError, match="too many pages"):
            pages.of("one more", client)
        clock.now = service.limits.closed_s + 1
        assert len(pages.closed()) == service.limits.max_pages_visit - 1
        assert list(pages.pages) == ["open"]
    assert pages.closed() == []
    clock.now *= 2.1
    assert pages.closed() == ["open"]


def test_a_log_takes_so_many_lines_a_minute() -> None:
    now = [0.0]
    sparse = Sparse(lines=3, clock=lambda: now[0])
    record = logging.LogRecord("x", logging.WARNING, "", 0, "said", None, None)
    assert [sparse.filter(record) for _ in range(5)] == [True, True, True, False, False]
    now[0] = 20.0
    assert [sparse.filter(record) for _ in range(2)] == [True, False]
