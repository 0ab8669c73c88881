"""The only place that touches what Gradio does not document.

Its handlers are wrapped so that they take turns, its sessions are forgotten when pages close, its
uploads go where `VisitFiles` says, and it serves nothing but what the page needs. Written against
gradio 6.31; tests/ui/test_gradio_internals.py names what is relied on.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from gradio import queueing, route_utils, routes
from starlette.exceptions import HTTPException

from editor.ui.admission import Calls
from editor.ui.asgi import short
from editor.ui.modules import FOLDER, ROUTE
from editor.ui.uploads import UploadFolder, most_files

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
        "/gradio_api/queue/data",
        "/gradio_api/user",
        "/gradio_api/login_check",
        "/gradio_api/token",
    ]
)
FOLDERS = ("/assets/", "/static/", "/svelte/", "/pwa_icon/", f"{ROUTE}/")
LOGIN = "/login"
JOIN, CANCEL, UPLOAD = f"{API}/queue/join", f"{API}/cancel", f"{API}/upload"
SERVER = f"{API}/component_server"  # functions that components have on the server
WRITES = frozenset((JOIN, CANCEL, UPLOAD, f"{API}/reset", LOGIN, "/login/", SERVER, f"{SERVER}/"))
PROGRESS = f"{API}/upload_progress"
FILE, HEARTBEAT = f"{API}/file=", f"{API}/heartbeat/"
MAX_CALLS = 512  # that Gradio itself starts; whose turn it is, is decided here
MAX_PROGRESS = 1000  # uploads whose progress is remembered
log = logging.getLogger(__name__)


def wrap_handlers(
    page: gr.Blocks, wrap: Callable[[Callable[..., Any], list[Any], list[Any]], Any]
) -> None:
    """Replace the function of every handler. All may begin at once, and none is an API.

    Args:
        page: with all its events, before it is mounted.
        wrap: makes the function of a handler, its inputs and its outputs.
    """
    for function in page.fns.values():
        function.api_visibility = "private"
        function.concurrency_limit = None
        if function.fn is not None:
            function.fn = wrap(function.fn, function.inputs, function.outputs)
    page.queue(default_concurrency_limit=None, max_size=None)  # makes a new queue
    page._queue.max_thread_count = MAX_CALLS


def replace_preprocess(component: Any, preprocess: Callable[[Any], Any]) -> Any:
    """Let another function make what a component passes on. Return the component."""
    component.preprocess = preprocess
    return component


def scope_of(request: gr.Request) -> Any:
    """Return the ASGI scope of the request that called a handler, or a component's server function.

    The latter is handed the web framework's own request, whatever its annotation says.
    """
    inner = request if isinstance(request, Request) else request.request
    return getattr(inner, "scope", {})


def state_of(page: gr.Blocks, state: gr.State, session: str) -> Any:
    """Return what a state holds for a session, which the session keeps. Return None for no session."""
    return page.state_holder[session][state._id] if session else None


def has_server_function(page: gr.Blocks, index: int, name: str) -> bool:
    """Return whether a component of this number was given such a server function by us.

    Gradio's components have others, which list files.
    """
    component = page.blocks.get(index)
    if not isinstance(component, gr.HTML):
        return False
    return any(name == getattr(one, "__name__", "") for one in component.server_fns)


def calls_of(page: gr.Blocks, session: str | None) -> Calls:
    """Count what runs or waits for a session, or for all."""
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
    """Name the components that a function takes. Return None where the page has no such function."""
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
    """Drop the last values that components were sent. Gradio keeps them for links, which we lack."""
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


class _Modules(StaticFiles):
    """The page's scripts; a browser asks each time whether it has the newest."""

    async def get_response(self, path: str, scope: Any) -> Response:
        """Serve a script, and nothing else of the folder."""
        if not path.endswith(".js"):
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        # Windows may call a script plain text, which no browser runs
        response.headers["content-type"] = "text/javascript; charset=utf-8"
        return response


class OneLine:
    """Stands for `traceback` where Gradio prints one for every value that a stranger made up."""

    @staticmethod
    def print_exc(*_given: Any, **_options: Any) -> None:
        """Log the error that is being handled, in a line."""
        error = sys.exc_info()[1]
        if error is not None:
            log.warning("a call failed: %s", short(error))


def mount(page: gr.Blocks, files: Path, lifespan: Any, **options: Any) -> FastAPI:
    """Make an application with the page at its root.

    Args:
        page: whose handlers take turns already, see `schedule`.
        files: folder of all visits' files.
        lifespan: what goes on beside the application.
        options: of `gradio.mount_gradio_app`.
    """
    queueing.traceback = OneLine  # type: ignore[assignment]
    route_utils.GradioMultiPartParser = FilesOnly  # type: ignore[misc]
    parent = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    parent.mount(ROUTE, _Modules(directory=FOLDER))
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
    apps = (getattr(route, "app", None) for route in parent.routes)
    gradio_app = next(app for app in apps if isinstance(app, routes.App))
    gradio_app.uploaded_file_dir = UploadFolder(files)
    page.has_launched = True  # only then does Gradio check where files lie
    page._queue.set_server_app(gradio_app)
    return parent


def open_tunnel(port: int) -> str:
    """Open a tunnel to a port of this machine, and return its public address.

    Raises:
        Exception: of many kinds; there is no internet, or the service is down.
    """
    from secrets import token_urlsafe

    from gradio.networking import setup_tunnel

    return setup_tunnel("127.0.0.1", port, token_urlsafe(32), None, None)
