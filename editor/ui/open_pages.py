"""The pages that are open: whose each is, and whether it listens."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from editor.errors import BusyError, InputError
from editor.ui.clients import Client
from editor.ui.limits import Limits


@dataclass
class OpenPage:
    """One page in a browser.

    Attributes:
        client: whose it is.
        listening: connections by which it hears of its calls.
        alive: connections that say that it is open.
        seen: when it last asked for something or listened, in seconds of the clock.
        heard: when it last listened, or was opened.
        left: when its last stream of answers ended; it begins another with its next call.
        stream: the newest task that sends it answers.
    """

    client: Client
    listening: int = 0
    alive: int = 0
    seen: float = 0.0
    heard: float = field(default=0.0)
    left: float = -math.inf
    stream: asyncio.Task[Any] | None = field(default=None, repr=False)


class OpenPages:
    """All pages by the name of their session, which each chooses; a page belongs to one visit.

    Args:
        limits: how many there may be.
        clock: gives seconds.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits, self.clock = limits, clock
        self.pages: dict[str, OpenPage] = {}

    def of(self, session: object, client: Client) -> OpenPage:
        """Return the page of a session. Make a new one if need be.

        Raises:
            InputError: it is another visit's, or has no name.
            BusyError: there are too many pages.
        """
        if not isinstance(session, str) or not 0 < len(session) <= 64:
            raise InputError("this page is not known; reload it")
        page = self.pages.get(session)
        if page is None:
            self._check_room(client)
            page = self.pages[session] = OpenPage(client, heard=self.clock())
        elif page.client.visit != client.visit:
            raise InputError("this page belongs to another visit; reload it")
        page.seen = self.clock()
        return page

    def is_heard(self, session: str) -> bool:
        """Return whether a page listens, or did so a moment ago."""
        page = self.pages.get(session)
        if page is None:
            return False
        return bool(page.listening) or self.clock() - page.heard < self.limits.unread_s

    def listens(self, session: str) -> bool:
        """Return whether a page reads its answers, or is just about to begin its next stream of them."""
        page = self.pages.get(session)
        if page is None:
            return False
        return page.listening > 0 or self.clock() - page.left < self.limits.unread_s

    @contextmanager
    def connected(self, page: OpenPage, kind: str) -> Iterator[None]:
        """Count a connection of a page: "listening" or "alive"."""
        setattr(page, kind, getattr(page, kind) + 1)
        page.heard = self.clock()
        try:
            yield
        finally:
            setattr(page, kind, getattr(page, kind) - 1)
            page.seen = self.clock()
            if kind == "listening":
                page.heard = page.left = self.clock()

    def closed(self) -> list[str]:
        """Return the names of the pages that are closed for long enough. Forget these pages."""
        now = self.clock()
        gone = [
            name
            for name, page in self.pages.items()
            if not page.listening and not page.alive and now - page.seen > self.limits.closed_s
        ]
        for name in gone:
            del self.pages[name]
        return gone

    def _check_room(self, client: Client) -> None:
        limits, pages = self.limits, self.pages.values()
        of_visit = sum(page.client.visit == client.visit for page in pages)
        of_client = sum(page.client.key == client.key for page in pages)
        if of_visit >= limits.max_pages_visit or of_client >= limits.max_pages_client:
            raise BusyError("you have too many pages open here; close some, and wait two minutes")
        if len(self.pages) >= limits.max_pages:
            raise BusyError(f"busy: {len(self.pages)} pages are open here; try again later")
