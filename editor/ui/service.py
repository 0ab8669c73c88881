"""What all visitors of a page share: lanes for what they ask, their pages, files and visits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from editor.errors import BusyError
from editor.ui.clients import Client
from editor.ui.limits import Limits
from editor.ui.open_pages import OpenPages
from editor.ui.state import Store, Visitor
from editor.ui.turns import Lane, Shares, Turn
from editor.ui.visit_files import COMMON, VisitFiles

AT_ONCE = {"light": 2, "live": 2, "files": 1, "long": 1}  # places of each lane
LOOK_S = 0.25
GIVE_WAY_S = 3.0  # for a job of the same page that is being cancelled


class Job:
    """A job that is done in steps, in turn with others.

    Args:
        service: whose job it is.
        client: for whom.
        session: of the page that listens.
        lane: in which it works.
    """

    def __init__(self, service: Service, client: Client, session: str, lane: Lane) -> None:
        self.service, self.session, self.lane = service, session, lane
        self.turn = Turn(client.key)
        lane.enter(self.turn)

    @property
    def is_heard(self) -> bool:
        """Whether the page listens; one that is not known does not."""
        return self.service.pages.is_heard(self.session)

    async def wait(self, is_over: Callable[[], bool] = lambda: False) -> AsyncIterator[int]:
        """Wait until it is this job's turn. Yield how many are before it when that changes.

        Args:
            is_over: says that nothing is left to wait for.

        Raises:
            BusyError: nobody listens any more.
        """
        said = -1
        while not self.turn.ready.is_set():
            if not self.is_heard:
                raise BusyError("nobody waits for this any more")
            if is_over():
                return
            if (before := self.lane.before(self.turn)) != said:
                said = before
                yield before
            try:
                await asyncio.wait_for(self.turn.ready.wait(), LOOK_S)
            except TimeoutError:
                continue

    def give_way(self) -> None:
        """Give the place up where another client waits and this job has had its time."""
        had = self.service.shares.clock() - self.turn.since
        if had >= self.service.limits.slice_s and self.lane.wanted(self.turn):
            self.lane.leave(self.turn)
            self.lane.enter(self.turn)


class Service:
    """Who may do what when.

    Args:
        limits: the numbers.
        files: of the visits.

    Attributes:
        visitor_of: gives the state that a page has, by the name of its session; None where there is
            no such page.
    """

    def __init__(self, limits: Limits, files: VisitFiles) -> None:
        self.limits, self.files = limits, files
        self.visitor_of: Callable[[str], Visitor | None] = lambda _session: None
        self.pages = OpenPages(limits)
        self.shares = Shares()
        self.lanes = {
            name: Lane(places, self.shares, in_a_row=name == "live")
            for name, places in AT_ONCE.items()
        }
        self.store = Store(limits)
        self._jobs: list[tuple[Client, str]] = []

    def caller(self, scope: Mapping[str, Any], visitor: Visitor | None) -> tuple[Client, str]:
        """Return who calls, and from which page. Give the visit of its state to the caller.

        Args:
            scope: of the request.
            visitor: the state that the page sends; None for a handler that takes none.
        """
        client = scope.get("editor.client") or Client(COMMON, "")
        if visitor is not None:
            self.store.belongs(visitor, client.visit or COMMON)
        return client, str(scope.get("editor.session", ""))

    def one_by_one(self, visitor: Visitor | None) -> Any:
        """Return a context in which no other handler of the visit runs."""
        return nullcontext() if visitor is None else visitor.visit.turn

    @asynccontextmanager
    async def job(self, client: Client, session: str, lane: str = "long") -> AsyncIterator[Job]:
        """Take on a job that is done in steps.

        Raises:
            BusyError: there are too many long ones, or the visit has one.
        """
        entry = (client, session)
        if lane == "long":
            await self._check_room(client, session)
            self._jobs.append(entry)
        job = Job(self, client, session, self.lanes[lane])
        try:
            yield job
        finally:
            if lane == "long":
                self._jobs.remove(entry)
            job.lane.leave(job.turn)

    async def _check_room(self, client: Client, session: str) -> None:
        limits = self.limits
        for left in range(round(GIVE_WAY_S / LOOK_S), -1, -1):
            mine = [page for one, page in self._jobs if one.visit == client.visit]
            if len(mine) < limits.max_jobs_visit:
                break
            if not left or session not in mine:
                raise BusyError("another job of yours is still at work; wait for it, or cancel it")
            await asyncio.sleep(LOOK_S)
        of_client = sum(one.key == client.key for one, _ in self._jobs)
        if of_client >= limits.max_jobs_client or len(self._jobs) >= limits.max_jobs:
            raise BusyError(f"busy, {len(self._jobs)} before you; try again in a minute")
