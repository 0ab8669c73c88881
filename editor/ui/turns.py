"""Whose turn it is: what visitors ask for is done in fair shares, and nobody waits in a thread.

Of those that wait, the client comes next that has used least lately; where all work is short, the
one whose last turn is longest ago.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from editor.errors import BusyError

F = TypeVar("F", bound=Callable[..., Any])
HALF_LIFE_S = 10.0
_order = itertools.count()


class Shares:
    """How many seconds each client has used lately; what is past counts half after ten seconds.

    Args:
        clock: gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._used: dict[str, tuple[float, float]] = {}  # seconds, and when they were counted

    def used(self, client: str) -> float:
        """Return the seconds that a client has used, with old ones discounted."""
        seconds, at = self._used.get(client, (0.0, 0.0))
        return float(seconds * 0.5 ** ((self.clock() - at) / HALF_LIFE_S))

    def spend(self, client: str, seconds: float) -> None:
        """Count the seconds that a client has used."""
        self._used[client] = (self.used(client) + seconds, self.clock())
        if len(self._used) > 1000:
            self._used = {name: v for name, v in self._used.items() if self.used(name) > 0.01}


class Turn:
    """One wish to use a lane."""

    def __init__(self, client: str) -> None:
        self.client = client
        self.order = next(_order)
        self.ready = asyncio.Event()
        self.since = 0.0


class Lane:
    """A number of places that clients use in turn, each client one at a time.

    Args:
        places: how many work at once.
        shares: what the clients have used, in all lanes.
        in_a_row: all work is short, and clients come one after another whatever they have used: who has
            been busy for long is not overtaken again and again by those who come anew.
    """

    def __init__(self, places: int, shares: Shares, in_a_row: bool = False) -> None:
        self.places, self.shares, self.in_a_row = places, shares, in_a_row
        self._last: dict[str, int] = {}  # turns of clients, in the order of their ends
        self.running: list[Turn] = []
        self.waiting: list[Turn] = []

    def enter(self, turn: Turn) -> None:
        """Queue a turn for a place. `turn.ready` is set when there is one."""
        turn.ready.clear()
        self.waiting.append(turn)
        self._fill()

    def leave(self, turn: Turn) -> None:
        """Give the place back, or wait no more. Count the time that was used."""
        if turn in self.running:
            self.running.remove(turn)
            self.shares.spend(turn.client, self.shares.clock() - turn.since)
            self._last.pop(turn.client, None)
            self._last[turn.client] = next(_order)
            if len(self._last) > 1000:
                del self._last[next(iter(self._last))]
        elif turn in self.waiting:
            self.waiting.remove(turn)
        self._fill()

    def before(self, turn: Turn) -> int:
        """Count the turns that come before one that waits."""
        ahead = sorted(self.waiting, key=self._rank)
        return len(self.running) + (ahead.index(turn) if turn in ahead else 0)

    def wanted(self, turn: Turn) -> bool:
        """Return whether somebody else waits for the place of a turn that runs."""
        others = {one.client for one in self.running if one is not turn}
        return any(one.client not in others | {turn.client} for one in self.waiting)

    @asynccontextmanager
    async def turn(self, client: str, most_s: float = 60.0) -> AsyncIterator[Turn]:
        """Use a place for the length of a `with`.

        Raises:
            BusyError: none was free in time.
        """
        turn = Turn(client)
        self.enter(turn)
        try:
            try:
                await asyncio.wait_for(turn.ready.wait(), most_s)
            except TimeoutError:
                raise BusyError(
                    f"busy, {self.before(turn)} before you; try again in a minute"
                ) from None
            yield turn
        finally:
            self.leave(turn)

    def _rank(self, turn: Turn) -> tuple[float, int]:
        if self.in_a_row:
            return self._last.get(turn.client, -1), turn.order
        return self.shares.used(turn.client), turn.order

    def _fill(self) -> None:
        while len(self.running) < self.places:
            using = {one.client for one in self.running}
            able = [one for one in self.waiting if one.client not in using]
            if not able:
                return
            turn = min(able, key=self._rank)
            self.waiting.remove(turn)
            self.running.append(turn)
            turn.since = self.shares.clock()
            turn.ready.set()


class Place:
    """A page's call that runs.

    Attributes:
        wanted: a newer call of the page waits.
    """

    wanted = False


class NewestWins:
    """Lets one call of each page run and one wait; a newer one takes the place of that which waits."""

    def __init__(self) -> None:
        self._running: dict[str, Place] = {}
        self._waiting: dict[str, asyncio.Future[bool]] = {}

    @asynccontextmanager
    async def place(self, page: str) -> AsyncIterator[Place | None]:
        """Wait until the page's last call has ended. Yield None where a newer one came meanwhile."""
        if page in self._running and not await self._turn(page):
            yield None
            return
        place = self._running[page] = Place()
        try:
            yield place
        finally:
            self._pass_on(page)

    async def _turn(self, page: str) -> bool:
        if (older := self._waiting.pop(page, None)) is not None and not older.done():
            older.set_result(False)
        mine = self._waiting[page] = asyncio.get_running_loop().create_future()
        self._running[page].wanted = True
        try:
            return await mine
        except asyncio.CancelledError:
            if self._waiting.get(page) is mine:
                del self._waiting[page]
            elif mine.done() and not mine.cancelled() and mine.result():
                self._pass_on(page)  # its turn had come
            raise

    def _pass_on(self, page: str) -> None:
        following = self._waiting.pop(page, None)
        if following is not None and not following.done():
            following.set_result(True)
        else:
            del self._running[page]


def reads_files(function: F) -> F:
    """Mark a handler that decodes or writes whole photos. Such are done one after another."""
    function.lane = "files"  # type: ignore[attr-defined]
    return function


def newest_wins(function: F) -> F:
    """Mark a handler in steps that reads photos. While it waits for its turn, a newer one ends it."""
    function.newest_wins = True  # type: ignore[attr-defined]
    return function


def in_passing(function: F) -> F:
    """Mark a handler in steps that is done as quickly as one without. It is no long job."""
    function.lane = "light"  # type: ignore[attr-defined]
    return function
