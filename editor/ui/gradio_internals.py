"""The only place that touches what Gradio does not document.

Its handlers are wrapped so that they take turns, its sessions are forgotten when pages close, its
uploads go where `VisitFiles` says. Written against gradio 6.31; a test names what is relied on.
"""

from __future__ import annotations

import inspect
import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import gradio as gr
from anyio import CapacityLimiter
from fastapi import FastAPI
from gradio import queueing, route_utils, routes

from editor.errors import EditorError
from editor.ui.admission import Calls
from editor.ui.asgi import short
from editor.ui.component_values import status
from editor.ui.error_messages import as_message
from editor.ui.service import Service
from editor.ui.visit_files import UploadFolder, most_files

WORKERS = 12  # threads in which handlers run, more than all places of the lanes
MAX_CALLS = 512  # that Gradio itself starts; whose turn it is, is decided here
MAX_PROGRESS = 1000  # uploads whose progress is remembered
END = object()
log = logging.getLogger(__name__)


def schedule(page: gr.Blocks, service: Service, state: gr.State) -> None:
    """Let every handler of a page take turns, as `Service` says, and be nobody's API.

    Args:
        page: with all its events, before it is mounted.
        service: what the visitors share.
        state: holds the `Visitor`; a handler that takes it waits for others of its visit.
    """
    threads = _Threads()
    for function in page.fns.values():
        function.api_visibility = "private"
        function.concurrency_limit = None
        if function.fn is None:
            continue
        place = function.inputs.index(state) if state in function.inputs else None
        if inspect.isgeneratorfunction(function.fn):
            function.fn = _stepwise(function.fn, place, function.outputs, service, threads)
        else:
            function.fn = _at_once(function.fn, place, service, threads)
    page.queue(default_concurrency_limit=None, max_size=None)  # makes a new queue
    page._queue.max_thread_count = MAX_CALLS


class _Threads:
    """A limit on threads, made when the loop runs."""

    def __init__(self) -> None:
        self._limiter: CapacityLimiter | None = None

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        if self._limiter is None:
            self._limiter = CapacityLimiter(WORKERS)
        return await anyio.to_thread.run_sync(partial(function, *args), limiter=self._limiter)


def _at_once(
    function: Callable[..., Any], place: int | None, service: Service, threads: _Threads
) -> Any:
    lane = getattr(function, "lane", "light")

    async def call(request: gr.Request, *args: Any) -> Any:
        visitor = None if place is None else args[place]
        client, _ = service.caller(_scope(request), visitor)
        try:
            async with service.one_by_one(visitor), service.lanes[lane].turn(client.key):
                return await threads.run(function, *args)
        except EditorError as error:
            raise as_message(error) from None

    return call


def _stepwise(
    function: Callable[..., Any],
    place: int | None,
    outputs: Any,
    service: Service,
    threads: _Threads,
) -> Any:
    """A long job: it waits for its turn, gives it up where others wait, and ends unheard."""
    lane = getattr(function, "lane", "long")
    line = next(
        (i for i, one in enumerate(outputs) if str(one.elem_id or "").endswith("status")), None
    )

    def waiting(before: int) -> Any:
        said = [gr.skip()] * len(outputs)
        if line is not None:
            said[line] = status(f"Busy, {before} before you…")
        return said if len(said) > 1 else said[0]

    async def steps(request: gr.Request, *args: Any) -> AsyncIterator[Any]:
        visitor = None if place is None else args[place]
        client, session = service.caller(_scope(request), visitor)
        try:
            async with service.job(client, session, lane) as job:
                work = function(*args)
                try:
                    while True:
                        async for before in job.wait():
                            yield waiting(before)
                        value = await threads.run(next, work, END)
                        if value is END or not job.is_heard:
                            return
                        job.give_way()
                        yield value
                finally:
                    await _closed(work, threads)
        except EditorError as error:
            raise as_message(error) from None

    return steps


async def _closed(job: Any, threads: _Threads) -> None:
    with anyio.CancelScope(shield=True), suppress(Exception):
        await threads.run(job.close)


def _scope(request: gr.Request) -> Any:
    return getattr(request.request, "scope", {})


def calls_of(page: gr.Blocks, session: str | None) -> Calls:
    """What runs or waits for a session, or for all."""
    queue = page._queue
    events = [
        event
        for event in queue.event_ids_to_events.values()
        if session is None or event.session_hash == session
    ]
    size = sum(event.request.scope.get("editor.bytes", 0) for event in events)
    unread = 0
    if session is not None and session in queue.pending_messages_per_session:
        unread = queue.pending_messages_per_session[session].qsize()
    return Calls(len(events), size, unread, session in queue.pending_messages_per_session)


def inputs_of(page: gr.Blocks, index: int) -> list[str] | None:
    """Names of the components that a function takes; None where the page has no such function."""
    function = page.fns.get(index)
    if function is None or function.fn is None:
        return None
    return [str(component.elem_id or "") for component in function.inputs]


def forget_session(page: gr.Blocks, session: str) -> None:
    """Drop all that Gradio keeps of a page that is closed."""
    queue, holder = page._queue, page.state_holder
    queue.pending_messages_per_session.pop(session, None)
    for name in queue.pending_event_ids_session.pop(session, set()):
        if (event := queue.event_ids_to_events.get(name)) is not None:
            event.alive = False
    holder.session_data.pop(session, None)
    holder.time_last_used.pop(session, None)


def forget_values(page: gr.Blocks) -> None:
    """Drop the last values that components were sent: Gradio keeps them for links, which we lack."""
    for state in list(page.state_holder.session_data.values()):
        state.config_values.clear()
    page.upload_file_set.clear()  # what to delete: `VisitFiles` does that
    uploads = routes.file_upload_statuses
    if len(uploads._signals) > MAX_PROGRESS or len(uploads._statuses) > MAX_PROGRESS:
        uploads._signals.clear()
        uploads._statuses.clear()


class FilesOnly(route_utils.GradioMultiPartParser):
    """Reads an upload of so many files and of nothing else: what is no file stays in memory."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"max_files": most_files(), "max_fields": 0})


class OneLine:
    """Stands for `traceback` where Gradio prints one for every value that a stranger made up."""

    @staticmethod
    def print_exc(*_given: Any, **_options: Any) -> None:
        """Log the error that is handled, in a line."""
        error = sys.exc_info()[1]
        if error is not None:
            log.warning("a call failed: %s", short(error))


def mount(page: gr.Blocks, files: Path, lifespan: Any, **options: Any) -> FastAPI:
    """An application with the page at its root.

    Args:
        page: whose handlers take turns already, see `schedule`.
        files: folder of all visits' files.
        lifespan: what goes on beside the application.
        options: of `gradio.mount_gradio_app`.
    """
    queueing.traceback = OneLine  # type: ignore[assignment]
    route_utils.GradioMultiPartParser = FilesOnly  # type: ignore[misc]
    parent = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    gr.mount_gradio_app(
        parent,
        page,
        path="/",
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        ssr_mode=False,
        show_error=False,
        **options,
    )
    gradio_app = next(route.app for route in parent.routes if hasattr(route, "app"))
    gradio_app.uploaded_file_dir = UploadFolder(files)
    page.has_launched = True  # only then does Gradio check where files lie
    page._queue.set_server_app(gradio_app)
    return parent


def open_tunnel(port: int) -> str:
    """A public address of a port of this machine.

    Raises:
        Exception: of many kinds; there is no internet, or the service is down.
    """
    from secrets import token_urlsafe

    from gradio.networking import setup_tunnel

    return setup_tunnel("127.0.0.1", port, token_urlsafe(32), None, None)
