"""How much of what clients send is taken on: rates, sizes, quotas, calls that wait already."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from editor.errors import BusyError
from editor.ui.asgi import Message, Receive, Refused
from editor.ui.clients import Client
from editor.ui.limits import MB, Limits
from editor.ui.open_pages import OpenPages
from editor.ui.rates import Rates
from editor.ui.visit_files import VisitFiles

SMALL_BODY = 512 * 1024  # bytes; of these any number is taken
BODY_S = 120.0  # for a call to be received
LOGINS_A_MINUTE = 12
MAX_UNREAD = {True: 32, False: 8}  # answers of a page that listens, and of one that does not
MAX_ANSWERING = 6  # calls of a page past the queue: of these one runs and one waits
MAX_UPLOADS = 6  # of one client at once
MAX_UPLOAD_NAMES = 4000
STALL_S = 30.0  # without a byte of what is sent
SLOWEST = 20_000  # bytes a second, in the mean, at which an upload may come


@dataclass(frozen=True)
class Calls:
    """Calls that run or wait.

    Attributes:
        count: how many.
        size: bytes of what they hold, small ones left out.
        unread: answers that nobody has read yet.
        known: the page has asked for something.
    """

    count: int = 0
    size: int = 0
    unread: int = 0
    known: bool = False


class Admission:
    """Refuses what is too much.

    Args:
        limits: the numbers.
        pages: the open ones.
        files: of the visits.
        calls: says what calls of a session run or wait; of all for None.
    """

    def __init__(
        self,
        limits: Limits,
        pages: OpenPages,
        files: VisitFiles,
        calls: Callable[[str | None], Calls],
    ) -> None:
        self.limits, self.pages, self.files, self.calls = limits, pages, files, calls
        self.rates = Rates()
        self._calls: dict[str, int] = {}  # bytes of the large call of a client that is received
        self._answering: Counter[str] = Counter()  # calls past the queue, by page
        self._uploads: Counter[str] = Counter()  # that come, by client
        self._upload_names: dict[str, str] = {}  # visits, by what they call their uploads

    def check_rate(self, client: Client, live: bool = False) -> None:
        """Count a request. Refuse it where the client has made too many.

        Args:
            client: who asks.
            live: for the picture of a slider that is dragged; these are counted by themselves.

        Raises:
            BusyError: the client has made too many lately.
        """
        if live:
            most = self.limits.live_client
            if not self.rates.try_take(f"live {client.key}", 2 * most, most):
                raise BusyError("too many pictures at once; wait a moment")
            return
        rate = self.limits.requests_client  # a page is some hundred files
        rate *= 1 if client.key else 10  # through a tunnel all that are new are one
        if not self.rates.try_take(f"requests {client.key}", 5 * rate, rate):
            raise BusyError("too many requests at once; wait a moment")

    def check_login(self, client: Client) -> None:
        """Count an attempt to log in. Refuse it where somebody seems to guess passwords.

        Raises:
            BusyError: there were too many.
        """
        name = f"login {client.key}"
        if not self.rates.try_take(name, LOGINS_A_MINUTE, LOGINS_A_MINUTE / 60):
            raise BusyError("too many attempts; wait a minute")

    def check_calls(self, session: str, client: Client, size: int) -> None:
        """Refuse a call where its page, visit or client has too many, or too many bytes.

        Raises:
            BusyError: it has.
        """
        self.files.ledger.belongs(client.visit, client.key)  # a call may make files
        limits, now = self.limits, self.calls(session)
        if now.unread > MAX_UNREAD[self.pages.listens(session)]:
            raise BusyError("this page does not read its answers; reload it")
        if now.unread > 2 and size > SMALL_BODY:
            raise BusyError("your last calls are still being answered; try again in a moment")
        mine = [
            (page.client, self.calls(name))
            for name, page in self.pages.pages.items()
            if page.client.key == client.key
        ]
        of_visit = sum(calls.count for one, calls in mine if one.visit == client.visit)
        of_client = sum(calls.count for _, calls in mine)
        if of_visit >= limits.max_events_visit or of_client >= limits.max_events_client:
            raise BusyError(f"{of_client} calls of yours wait already; wait for them")
        if size > SMALL_BODY and any(calls.size for _, calls in mine):
            raise BusyError("your last large call is still at work; try again in a moment")
        if (total := self.calls(None).count) >= limits.max_events:
            raise BusyError(f"busy, {total} before you; try again in a minute")

    @contextmanager
    def answering(self, session: str) -> Iterator[None]:
        """Count a page's calls past the queue until their answers are sent.

        Raises:
            BusyError: the page does not read them.
        """
        if self._answering[session] >= MAX_ANSWERING:
            raise BusyError("this page does not read its answers; reload it")
        self._answering[session] += 1
        try:
            yield
        finally:
            self._answering[session] -= 1
            if not self._answering[session]:
                del self._answering[session]

    def paced(self, receive: Receive, client: Client, most: int) -> Receive:
        """Slow a body down to what the client may send. Cut it off where it is too long or stalls."""
        taken, rate = 0, self.limits.bytes_client_mb * MB
        end = time.monotonic() + BODY_S + most / SLOWEST

        async def call() -> Message:
            nonlocal taken
            try:
                left = min(end - time.monotonic(), STALL_S)
                message = await asyncio.wait_for(receive(), max(left, 0.0))
            except TimeoutError:
                return {"type": "http.disconnect"}
            if message["type"] != "http.request":
                return message
            size = len(message.get("body", b""))
            taken += size
            if taken > most:
                return {"type": "http.disconnect"}
            if (wait := self.rates.wait(f"bytes {client.key}", size, 6 * rate, rate)) > 0:
                await asyncio.sleep(min(wait, 30))
            return message

        return call

    async def body(self, headers: Mapping[str, str], receive: Receive, most: int) -> bytes:
        """Receive the body of a call.

        Args:
            headers: of the call.
            receive: gives it.
            most: bytes that it may have.

        Raises:
            Refused: it is too long, takes too long, or breaks off.
        """
        said = headers.get("content-length", "0")
        body, started = bytearray(), time.monotonic()
        while len(body) <= most and not (said.isdigit() and int(said) > most):
            message = await receive()
            if message["type"] != "http.request":
                raise Refused(400, "the call broke off, or is longer than a call may be")
            body += message.get("body", b"")
            if not message.get("more_body"):
                return bytes(body)
            if time.monotonic() - started > BODY_S:
                raise Refused(408, "the call takes too long")
        raise Refused(
            413, f"a call may have at most {f'{most // MB} MB' if most >= MB else f'{most} bytes'}"
        )

    @contextmanager
    def large(self, headers: Mapping[str, str], client: Client) -> Iterator[None]:
        """Let each client send one large call at a time. Limit the bytes of all together.

        Raises:
            BusyError: another is being received.
        """
        said = headers.get("content-length", "")
        size = int(said) if said.isdigit() else self.limits.max_body_mb * MB
        if size <= SMALL_BODY:
            yield
            return
        if client.key in self._calls or size + self._size() > self.limits.max_bodies_mb * MB:
            raise BusyError("busy: another large call is being received; try again in a minute")
        self._calls[client.key] = size
        try:
            yield
        finally:
            del self._calls[client.key]

    def _size(self) -> int:
        return sum(self._calls.values()) + self.calls(None).size

    def upload_size(self, headers: Mapping[str, str]) -> int:
        """Return the bytes of an upload, which has to say its size.

        Raises:
            Refused: it does not say, or is too large.
        """
        said = headers.get("content-length", "")
        if not (said.isascii() and said.isdigit()):
            raise Refused(411, "a file has to say its size")
        size, most = int(said), self.limits.max_upload_mb * MB
        if size > most + SMALL_BODY:
            raise Refused(
                413,
                f"a file may have at most {self.limits.max_upload_mb} MB; this has {size // MB}",
            )
        return size

    @contextmanager
    def upload(self, client: Client, size: int) -> Iterator[None]:
        """Reserve room for the files of an upload.

        Args:
            client: who sends them.
            size: bytes at most.

        Raises:
            BusyError: others of the client come just now.
            InputError: the visit, the client or all have too many files, or no folder can be made.
        """
        if self._uploads[client.key] >= MAX_UPLOADS:
            raise BusyError("your other files are still on their way; try again in a moment")
        self.files.ledger.belongs(client.visit, client.key)
        self._uploads[client.key] += 1
        try:
            with self.files.receiving(client.visit, size):
                yield
        finally:
            self._uploads[client.key] -= 1
            if not self._uploads[client.key]:
                del self._uploads[client.key]

    def is_own_upload(self, name: str, visit: str) -> bool:
        """Return whether an upload of this name is the visit's. The first that names it owns it."""
        if len(self._upload_names) > MAX_UPLOAD_NAMES:
            self._upload_names.pop(next(iter(self._upload_names)))
        return self._upload_names.setdefault(name, visit) == visit
