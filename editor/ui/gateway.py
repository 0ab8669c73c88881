"""The door of the page: every request passes here before Gradio sees it.

Who asks is told by `Clients`; whose page it is by `OpenPages`; paths in what a page sends are those
of its own visit's files, or the request is refused. What the page does not need is not served.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from editor.errors import BusyError, EditorError, PageFileError
from editor.ui.clients import Client, Clients
from editor.ui.limits import MB, Limits
from editor.ui.open_pages import OpenPages
from editor.ui.rates import Rates
from editor.ui.visit_files import VisitFiles, receive_nothing

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

API = "/gradio_api"
# what the page fetches; nothing else of what Gradio serves is reached
READS = frozenset(
    [
        "/",
        "/config",
        "/config/",
        "/theme.css",
        "/favicon.ico",
        "/robots.txt",
        "/manifest.json",
        "/pwa_icon",
        "/logout",
        "/gradio_api/theme.css",
        "/gradio_api/app_id",
        "/gradio_api/info",
        "/gradio_api/upload_progress",
        "/gradio_api/queue/data",
        "/gradio_api/user",
        "/gradio_api/login_check",
        "/gradio_api/token",
    ]
)
FOLDERS = ("/assets/", "/static/", "/svelte/", "/pwa_icon/")
LOGIN = "/login"
JOIN, CANCEL, UPLOAD = f"{API}/queue/join", f"{API}/cancel", f"{API}/upload"
WRITES = frozenset((JOIN, CANCEL, UPLOAD, f"{API}/reset", LOGIN, "/login/"))
FILE, HEARTBEAT = f"{API}/file=", f"{API}/heartbeat/"
HOME_NAMES = ("127.0.0.1", "localhost", "::1")
SMALL_BODY = 512 * 1024  # bytes; of these any number is taken
BODY_S = 120.0  # for a call to be received
LOGINS_A_MINUTE = 12

CSP = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",  # Gradio builds templates in place
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
SECURITY = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), geolocation=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


@dataclass(frozen=True)
class Calls:
    """Calls that run or wait.

    Attributes:
        count: how many.
        size: bytes of what they hold, small ones left out.
        unread: answers that nobody has read yet.
    """

    count: int = 0
    size: int = 0
    unread: int = 0


class Refused(Exception):
    """A request that goes no further: status and what to say."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Gateway:
    """An ASGI application around the page's.

    Args:
        app: the page's.
        clients: tells who asks.
        pages: the open ones.
        files: of the visits.
        limits: what may be asked for.
        shared: others reach the page; otherwise it answers to this machine's own names alone.
        calls: says what calls of a session run or wait; of all for None.
        inputs: says how many values the function of an index takes; None where there is none.
        secure: the page is served over https.
    """

    def __init__(
        self,
        app: App,
        clients: Clients,
        pages: OpenPages,
        files: VisitFiles,
        limits: Limits,
        shared: bool,
        calls: Callable[[str | None], Calls],
        inputs: Callable[[int], int | None],
        secure: bool = False,
    ) -> None:
        self.app, self.clients, self.pages, self.files = app, clients, pages, files
        self.limits, self.shared, self.secure = limits, shared, secure
        self.calls, self.inputs = calls, inputs
        self.rates = Rates()
        self._calls: dict[str, int] = {}  # bytes of the large call of a client that is received
        self._uploads: list[tuple[Client, int]] = []  # files on their way
        self._visits: dict[str, set[str]] = {}  # that gave files, by client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or say why not."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        receive_nothing()
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        client = self.clients.of(scope, headers)
        reply = _with_headers(send, self._cookie(scope, headers, client))
        try:
            self._check_names(scope, headers)
            self._check_rate(client)
            await self._serve(scope, headers, client, receive, reply)
        except Refused as error:
            await _say(reply, error.status, str(error))
        except BusyError as error:
            await _say(reply, 429, str(error))
        except EditorError as error:
            await _say(reply, 400, str(error))

    async def _serve(
        self, scope: Scope, headers: Mapping[str, str], client: Client, receive: Receive, send: Send
    ) -> None:
        path, method = self._path(scope), scope["method"]
        scope["editor.client"] = client
        if method in ("GET", "HEAD"):
            with ExitStack() as stack:
                self._check_read(path, scope, client, stack)
                await self.app(scope, receive, send)
            return
        if method == "OPTIONS" or path not in WRITES or method != "POST":
            raise Refused(404, "there is nothing here")
        if path.rstrip("/") == LOGIN:
            if not self.rates.try_take(
                f"login {client.key}", LOGINS_A_MINUTE, LOGINS_A_MINUTE / 60
            ):
                raise BusyError("too many attempts; wait a minute")
        elif not client.visit:
            raise Refused(403, "this page is from before the server started; reload it")
        if path == UPLOAD:
            # an error of the disk is told by the answer
            with self._upload(headers, client) as most, suppress(OSError):
                await self.app(scope, self._paced(receive, client, most), _told(send))
            return
        if path.rstrip("/") == LOGIN:
            await self.app(scope, self._paced(receive, client, SMALL_BODY), send)
            return
        with self._large(headers, client):
            slow = self._paced(receive, client, self.limits.max_body_mb * MB + 1)
            body = await self._body(headers, slow)
            work = partial(self._checked, path, body, client, scope)
            body = work() if len(body) <= SMALL_BODY else await asyncio.to_thread(work)
            await self.app(_of_length(scope, len(body)), _replayed(body, receive), send)

    def _path(self, scope: Scope) -> str:
        path, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
        return path.removeprefix(root) if root and path.startswith(f"{root}/") else path

    def _check_names(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """Refuse requests that another site's page makes in a visitor's browser."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self.shared and _name(host) not in HOME_NAMES:
            raise Refused(
                403, "this page answers to 127.0.0.1, localhost and ::1; start it with --shared"
            )
        hosts = {host.lower()}
        if self.clients.is_trusted(scope) and "x-forwarded-host" in headers:
            hosts.add(headers["x-forwarded-host"].lower())
        if origin is not None and origin != "null" and urlsplit(origin).netloc.lower() not in hosts:
            raise Refused(403, "another site may not use this page")
        if scope["method"] == "POST" and (
            origin == "null" or headers.get("sec-fetch-site") == "cross-site"
        ):
            raise Refused(403, "another site may not use this page")

    def _check_read(self, path: str, scope: Scope, client: Client, stack: ExitStack) -> None:
        if path.startswith(FILE):
            if not client.visit:
                raise Refused(403, "this file is of no visit of yours")
            try:
                self.files.own(path.removeprefix(FILE), client.visit)
            except PageFileError as error:
                raise Refused(403, str(error)) from error
        elif path.startswith(HEARTBEAT) or path == f"{API}/queue/data":
            session = path.removeprefix(HEARTBEAT)
            if path == f"{API}/queue/data":
                session = _query(scope).get("session_hash", "")
            if not client.visit:
                raise Refused(403, "this page is from before the server started; reload it")
            page = self.pages.of(session, client)
            kind = "alive" if path.startswith(HEARTBEAT) else "listening"
            stack.enter_context(self.pages.connected(page, kind))
        elif not (path in READS or path.startswith(FOLDERS) or path.rstrip("/") == LOGIN):
            raise Refused(404, "there is nothing here")

    def _checked(self, path: str, body: bytes, client: Client, scope: Scope) -> bytes:
        """A call's body with every path in it checked, and whose page it is."""
        try:
            value = json.loads(body, parse_constant=_refuse, parse_float=_finite)
        except (ValueError, RecursionError) as error:
            raise Refused(400, "the call cannot be understood") from error
        if not isinstance(value, dict):
            raise Refused(400, "the call cannot be understood")
        if b"\\ud" in body.lower():
            value = without_surrogates(value)
        session = value.get("session_hash")
        if path != JOIN and session is None:
            return json.dumps(value).encode()
        page = self.pages.of(session, client)
        scope["editor.session"] = session
        if path == JOIN:
            self._check_calls(str(session), client, len(body))
            self._check_function(value)
            scope["editor.bytes"] = len(body) if len(body) > SMALL_BODY else 0
            check_paths(value, self.files, client.visit)
            page.heard = max(page.heard, self.pages.clock())
        return json.dumps(value).encode()

    def _check_calls(self, session: str, client: Client, size: int) -> None:
        """Refuse a call of a page, visit or client that has too many, or of too many bytes."""
        limits, now = self.limits, self.calls(session)
        if now.unread > 64 or (now.unread > 16 and not self.pages.is_heard(session)):
            raise BusyError("this page does not read its answers; reload it")
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

    def _check_function(self, value: Mapping[str, Any]) -> None:
        index, data = value.get("fn_index"), value.get("data")
        wanted = self.inputs(index) if isinstance(index, int) else None
        if wanted is None or not isinstance(data, list) or len(data) != wanted:
            raise Refused(400, "the page does not know this call; reload it")

    def _check_rate(self, client: Client) -> None:
        rate = self.limits.requests_client  # a page is some hundred files
        if not self.rates.try_take(f"requests {client.key}", 5 * rate, rate):
            raise BusyError("too many requests at once; wait a moment")

    def _paced(self, receive: Receive, client: Client, most: int) -> Receive:
        """A body no faster than the client may send, and cut off where it is longer than it may be."""
        taken, rate = 0, self.limits.bytes_client_mb * MB

        async def call() -> Message:
            nonlocal taken
            message = await receive()
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

    async def _body(self, headers: Mapping[str, str], receive: Receive) -> bytes:
        most = self.limits.max_body_mb * MB
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
        raise Refused(413, f"a call may have at most {self.limits.max_body_mb} MB")

    @contextmanager
    def _large(self, headers: Mapping[str, str], client: Client) -> Iterator[None]:
        """Let each client send one large call at a time, and all together not too many."""
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

    @contextmanager
    def _upload(self, headers: Mapping[str, str], client: Client) -> Iterator[int]:
        """Reserve room for the files of an upload, which has to say its size."""
        said = headers.get("content-length", "")
        if not said.isdigit():
            raise Refused(411, "a file has to say its size")
        size, most = int(said), self.limits.max_upload_mb * MB
        if size > most + SMALL_BODY:
            raise Refused(
                413,
                f"a file may have at most {self.limits.max_upload_mb} MB; this has {size // MB}",
            )
        self._check_quota(client, size)
        self._uploads.append((client, size))
        try:
            with self.files.receiving(client.visit):
                yield size
        finally:
            self._uploads.remove((client, size))

    def _check_quota(self, client: Client, size: int) -> None:
        coming = sum(n for one, n in self._uploads if one.visit == client.visit)
        self.files.check_room(client.visit, size, coming)
        self._visits.setdefault(client.key, set()).add(client.visit)
        visits = self._visits[client.key]
        used = sum(self.files.usage(visit)[1] for visit in visits)
        coming = sum(n for one, n in self._uploads if one.key == client.key)
        most = self.limits.quota_client_mb
        if used + coming + size > most * MB:
            raise Refused(
                413,
                f"the files from your address would have more than {most} MB; wait until some are "
                f"deleted",
            )
        if len(visits) > 100:
            self._visits[client.key] = {one for one in visits if self.files.usage(one)[0]}

    def _cookie(
        self, scope: Scope, headers: Mapping[str, str], client: Client
    ) -> list[tuple[bytes, bytes]]:
        """The header that makes a visit, where a page is opened that has none."""
        if client.visit or scope["method"] != "GET" or self._path(scope) != "/":
            return []
        _, value = self.clients.new_visit()
        secure = self.secure or headers.get("x-forwarded-proto") == "https"
        cookie = f"{self.clients.cookie}={value}; Path=/; HttpOnly; SameSite=Lax"
        return [(b"set-cookie", (cookie + ("; Secure" if secure else "")).encode())]


def check_paths(value: Any, files: VisitFiles, visit: str) -> None:
    """Refuse every path and address in a value from a page that is not of the visit's own files.

    A dictionary with "path" is what Gradio calls a file, wherever it stands; its "url" is dropped, so
    that nobody fetches it, and the path becomes the file's real one.

    Args:
        value: of JSON; it is changed.
        files: of the visits.
        visit: whose value it is.

    Raises:
        PageFileError: a path names no file of the visit.
    """
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left.extend(item for item in one if isinstance(item, (dict, list)))
        elif isinstance(one, dict):
            if one.get("path") is not None:
                one["path"] = str(files.own(one["path"], visit))
                one["meta"] = {"_type": "gradio.FileData"}
            elif one.get("url") is not None:
                raise PageFileError("no address is opened for a page; give the file itself")
            if "path" in one:
                one.pop("url", None)
            left.extend(item for item in one.values() if isinstance(item, (dict, list)))


def without_surrogates(value: Any) -> Any:
    """A value of JSON whose texts can be written in any encoding of Unicode."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [without_surrogates(one) for one in value]
    if isinstance(value, dict):
        return {without_surrogates(k): without_surrogates(v) for k, v in value.items()}
    return value


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text[:40])


def _name(host: str) -> str:
    """The name of a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.rpartition(":")[0].lower() if ":" in host else host.lower()


def _query(scope: Scope) -> dict[str, str]:
    from urllib.parse import parse_qsl

    return dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))


def _with_headers(send: Send, more: list[tuple[bytes, bytes]]) -> Send:
    async def call(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message.get("headers", [])}
            extra = [pair for pair in SECURITY if pair[0] not in given]
            message = {**message, "headers": [*message.get("headers", []), *extra, *more]}
        await send(message)

    return call


async def _say(send: Send, status: int, text: str) -> None:
    body = json.dumps({"detail": text}).encode()
    kind = (b"content-type", b"application/json")
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [kind, length]})
    await send({"type": "http.response.body", "body": body})


def _told(send: Send) -> Send:
    """Where an upload failed for want of room, say so."""
    failed = False

    async def call(message: Message) -> None:
        nonlocal failed
        if message["type"] == "http.response.start" and message["status"] == 500:
            failed = True
            await _say(send, 507, "the file cannot be kept here; the disk may be full")
        if not failed:
            await send(message)

    return call


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A body that was read, once more; then what comes after it."""
    sent = False

    async def call() -> Message:
        nonlocal sent
        if not sent:
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return call


def _of_length(scope: Scope, length: int) -> Scope:
    kept = [pair for pair in scope["headers"] if pair[0].lower() != b"content-length"]
    return {**scope, "headers": [*kept, (b"content-length", str(length).encode())]}
