"""The door of the page: every request passes here before Gradio sees it.

Who asks is told by `Clients`; whose page it is by `OpenPages`; paths in what a page sends are those
of its own visit's files, or the request is refused. What the page does not need is not served.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

from editor.errors import BusyError, EditorError, PageFileError
from editor.ui.admission import SMALL_BODY, Admission
from editor.ui.asgi import (
    App,
    Receive,
    Refused,
    Scope,
    Send,
    of_length,
    query,
    replayed,
    say,
    short,
    told,
    with_headers,
)
from editor.ui.clients import Client, Clients
from editor.ui.gradio_internals import (
    API,
    FILE,
    FOLDERS,
    HEARTBEAT,
    JOIN,
    LOGIN,
    PROGRESS,
    READS,
    SERVER,
    UPLOAD,
    WRITES,
)
from editor.ui.limits import MB
from editor.ui.page_values import check_paths, read_call
from editor.ui.request_forms import NOTHING, check_form, is_forwarded, is_range, origin_host
from editor.ui.server_calls import MAX_BODY, check_kind, checked_call, is_server_call
from editor.ui.uploads import receive_nothing

HOME_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?")
UPLOAD_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
STREAM_S = 3.0  # for a stream of answers to end before another begins
LARGE_CALL = 8 * MB  # only what the browser kept may be larger
NEED_PAGE = (JOIN, SERVER, f"{SERVER}/")
KEPT = "browser-storage"  # the component by which the browser brings a visit back
RELOAD = "this page is from before the server started; reload it"
ANOTHER_SITE = "another site may not use this page"

log = logging.getLogger(__name__)


class Gateway:
    """An ASGI application around the page's.

    Args:
        app: the page's.
        clients: tells who asks.
        admission: refuses what is too much.
        shared: others reach the page; otherwise it answers to this machine's own names alone.
        inputs: says the names of the components that the function of an index takes; None where
            there is none.
        secure: the page is served over https.
        is_served: says whether a component of a number has a function of a name on the server.
    """

    def __init__(
        self,
        app: App,
        clients: Clients,
        admission: Admission,
        shared: bool,
        inputs: Callable[[int], list[str] | None],
        secure: bool = False,
        is_served: Callable[[int, str], bool] = lambda _index, _name: False,
    ) -> None:
        self.app, self.clients, self.admission = app, clients, admission
        self.pages, self.files = admission.pages, admission.files
        self.shared, self.inputs, self.secure = shared, inputs, secure
        self.is_served = is_served

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
        if not self.clients.is_forwarded(scope):  # Gradio would believe it
            scope["headers"] = [one for one in scope["headers"] if not is_forwarded(one[0])]
            headers = {k: v for k, v in headers.items() if not is_forwarded(k.encode())}
        reply = with_headers(send, self._cookie(scope, headers, client))
        try:
            self.admission.check_rate(client, is_server_call(self._path(scope)))
            self._check_names(scope, headers)
            check_form(self._path(scope), headers)
            await self._serve(scope, headers, client, receive, reply)
        except (Refused, EditorError) as error:
            status = 429 if isinstance(error, BusyError) else getattr(error, "status", 400)
            await say(reply, status, str(error), plain=self._path(scope) == UPLOAD)
        except asyncio.CancelledError:
            log.debug("a request was ended: the server stops, or its page listens anew")
        except Exception as error:  # Gradio has answered already, by what it says of all errors
            log.warning("a request failed: %s", short(error))

    async def _serve(
        self, scope: Scope, headers: Mapping[str, str], client: Client, receive: Receive, send: Send
    ) -> None:
        path, method = self._path(scope), scope["method"]
        scope["editor.client"] = client
        if method in ("GET", "HEAD"):
            with ExitStack() as stack:
                self._check_read(path, scope, client, stack)
                if path == f"{API}/queue/data":
                    await self._alone(query(scope)["session_hash"])
                await self.app(scope, receive, send)
            return
        if method == "OPTIONS" or path not in WRITES or method != "POST":
            raise Refused(404, NOTHING)
        if path.rstrip("/") == LOGIN:
            self.admission.check_login(client)
            await self.app(scope, self.admission.paced(receive, client, SMALL_BODY), send)
        elif not client.visit:
            raise Refused(403, RELOAD)
        elif path == UPLOAD:
            size = self.admission.upload_size(headers)
            self._check_upload(scope, client)
            # an error of the disk is told by the answer
            with self.admission.upload(client, size), suppress(OSError):
                await self.app(
                    scope,
                    self.admission.paced(receive, client, size),
                    told(send, self.files.is_full),
                )
        else:
            await self._serve_call(path, scope, headers, client, receive, send)

    async def _serve_call(
        self,
        path: str,
        scope: Scope,
        headers: Mapping[str, str],
        client: Client,
        receive: Receive,
        send: Send,
    ) -> None:
        most, past_queue = self.admission.limits.max_body_mb * MB, is_server_call(path)
        if past_queue:
            check_kind(headers)
            most = MAX_BODY
        with self.admission.large(headers, client), ExitStack() as stack:
            paced = self.admission.paced(receive, client, most + 1)
            body = await self.admission.body(headers, paced, most)
            work = partial(self._checked, path, body, client, scope)
            body = work() if len(body) <= SMALL_BODY else await asyncio.to_thread(work)
            if past_queue:
                stack.enter_context(self.admission.answering(scope["editor.session"]))
            await self.app(of_length(scope, len(body)), replayed(body, receive), send)

    def _path(self, scope: Scope) -> str:
        path, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
        return path.removeprefix(root) if root and path.startswith(f"{root}/") else path

    async def _alone(self, session: str) -> None:
        """Wait until a page's last stream of answers has ended, or end it: Gradio knows one.

        A connection that broke may seem to live for minutes.
        """
        page, end = self.pages.pages[session], time.monotonic() + STREAM_S
        mine, before = asyncio.current_task(), page.stream
        page.stream = mine
        while before is not None and not before.done() and page.listening > 1:
            if time.monotonic() > end:
                before.cancel()
            await asyncio.sleep(0.05)
        if page.stream is not mine:
            raise BusyError("this page listens elsewhere; reload it")

    def _check_names(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """Refuse requests that another site's page makes in a visitor's browser."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self.shared and not HOME_HOST.fullmatch(host.lower()):
            raise Refused(
                403, "this page answers to 127.0.0.1, localhost and ::1; start it with --shared"
            )
        hosts = {host.lower()}
        if "x-forwarded-host" in headers:
            hosts.add(headers["x-forwarded-host"].lower())
        if origin is not None and origin != "null" and origin_host(origin) not in hosts:
            raise Refused(403, ANOTHER_SITE)
        if scope["method"] == "POST" and (
            origin == "null" or headers.get("sec-fetch-site") == "cross-site"
        ):
            raise Refused(403, ANOTHER_SITE)

    def _check_read(self, path: str, scope: Scope, client: Client, stack: ExitStack) -> None:
        if path.startswith(FILE):
            if not client.visit:
                raise Refused(403, "this file is of no visit of yours")
            try:
                self.files.own(path.removeprefix(FILE), client.visit)
            except PageFileError as error:
                raise Refused(403, str(error)) from error
            scope["headers"] = [
                (name, text)
                for name, text in scope["headers"]
                if name.lower() != b"range" or is_range(text)
            ]
        elif path.startswith(HEARTBEAT) or path == f"{API}/queue/data":
            session = path.removeprefix(HEARTBEAT)
            if path == f"{API}/queue/data":
                session = query(scope).get("session_hash", "")
            if not client.visit:
                raise Refused(403, RELOAD)
            page = self.pages.of(session, client)
            if path.endswith("/queue/data") and not self.admission.calls(session).known:
                raise Refused(404, "this page waits for nothing")
            kind = "alive" if path.startswith(HEARTBEAT) else "listening"
            stack.enter_context(self.pages.connected(page, kind))
        elif path == PROGRESS:
            if not client.visit or "upload_id" not in query(scope):
                raise Refused(404, NOTHING)
            self._check_upload(scope, client)
        elif not (path in READS or path.startswith(FOLDERS) or path.rstrip("/") == LOGIN):
            raise Refused(404, NOTHING)

    def _check_upload(self, scope: Scope, client: Client) -> None:
        """Refuse an upload, or a look at how far it is, by a name that is another visit's."""
        name = query(scope).get("upload_id")
        if name is not None and not (
            UPLOAD_ID.fullmatch(name) and self.admission.is_own_upload(name, client.visit)
        ):
            raise Refused(404, NOTHING)

    def _checked(self, path: str, body: bytes, client: Client, scope: Scope) -> bytes:
        """Return a call's body with every path in it checked. Note whose page it is."""
        value = read_call(body)
        session = value.get("session_hash")
        if path not in NEED_PAGE and session is None:
            return json.dumps(value).encode()
        page = self.pages.of(session, client)
        scope["editor.session"] = session
        if is_server_call(path):
            return json.dumps(checked_call(value, self.is_served)).encode()
        if path == JOIN:
            self.admission.check_calls(str(session), client, len(body))
            self._check_function(value, len(body))
            scope["editor.bytes"] = len(body) if len(body) > SMALL_BODY else 0
            check_paths(value, self.files, client.visit)
            page.heard = self.pages.clock()
        return json.dumps(value).encode()

    def _check_function(self, value: Mapping[str, Any], size: int) -> None:
        index, data = value.get("fn_index"), value.get("data")
        wanted = self.inputs(index) if isinstance(index, int) else None
        if wanted is None or not isinstance(data, list) or len(data) != len(wanted):
            raise Refused(400, "the page does not know this call; reload it")
        if size > LARGE_CALL and KEPT not in wanted:
            raise Refused(413, f"this call may have at most {LARGE_CALL // MB} MB")

    def _cookie(
        self, scope: Scope, headers: Mapping[str, str], client: Client
    ) -> list[tuple[bytes, bytes]]:
        """Return the header that makes a visit, where a page is opened that has none."""
        if client.visit or scope["method"] != "GET" or self._path(scope) != "/":
            return []
        _, value = self.clients.new_visit()
        secure = self.secure or headers.get("x-forwarded-proto") == "https"
        cookie = f"{self.clients.cookie}={value}; Path=/; HttpOnly; SameSite=Lax"
        return [(b"set-cookie", (cookie + ("; Secure" if secure else "")).encode())]
