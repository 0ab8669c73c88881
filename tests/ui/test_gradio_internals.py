"""What is relied on of Gradio though it does not document it: one test a use.

Where one fails after an update of Gradio, `editor.ui.gradio_internals` has to follow.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import re
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import httpx
import pytest
from gradio import networking, queueing, route_utils, routes

from editor.ui import gradio_internals
from editor.ui.components.html_component import FOLDER
from editor.ui.gradio_internals import (
    API,
    FILE,
    HEARTBEAT,
    READS,
    SERVER,
    WRITES,
    FilesOnly,
    OneLine,
    calls_of,
    forget_session,
    forget_values,
    has_server_function,
    inputs_of,
    mount,
    replace_preprocess,
    scope_of,
    state_of,
    wrap_handlers,
)
from editor.ui.uploads import UploadFolder, receiving_into
from tests.ui.driver import run


@pytest.fixture
def page() -> gr.Blocks:
    """A text and a state, with one handler; another event has a script alone."""
    with gr.Blocks() as page:
        text, state = gr.Textbox(elem_id="text"), gr.State(0)
        text.change(lambda text, state: state, [text, state], state)
        text.submit(None, js="() => {}")
    return page


def _parts(page: gr.Blocks) -> list[gr.components.Component]:
    return [one for one in page.blocks.values() if isinstance(one, (gr.Textbox, gr.State))]


@pytest.fixture
def patched() -> Iterator[None]:
    """What `mount` sets in Gradio's modules is as it was afterwards."""
    traceback, parser = queueing.traceback, route_utils.GradioMultiPartParser
    yield
    queueing.traceback, route_utils.GradioMultiPartParser = traceback, parser


@asynccontextmanager
async def _nothing(_app):
    yield


def test_handlers_are_wrapped_and_are_nobodys_api(page: gr.Blocks) -> None:
    text, state = _parts(page)
    seen = []

    def wrap(function, inputs, outputs):
        seen.append((inputs, outputs))
        return lambda *given: ("wrapped", function(*given))

    wrap_handlers(page, wrap)
    assert seen == [([text, state], [state])]
    handler, script = page.fns.values()
    assert handler.fn("a", 7) == ("wrapped", 7)
    assert script.fn is None
    assert {handler.api_visibility, script.api_visibility} == {"private"}
    assert handler.concurrency_limit is None
    assert page._queue.max_thread_count == gradio_internals.MAX_CALLS
    assert page.get_api_info()["named_endpoints"] == {}


def test_what_a_component_passes_on_can_be_replaced(page: gr.Blocks) -> None:
    text, _ = _parts(page)
    assert replace_preprocess(text, lambda payload: f"read {payload}") is text
    function = page.fns[0]
    got = run(page.preprocess_data(function, ["a", None], None))
    assert got[0] == "read a"


def test_a_request_has_the_scope_that_the_gateway_wrote_into() -> None:
    scope = {"editor.client": 1}
    request = gr.Request(SimpleNamespace(scope=scope, headers={}))
    assert scope_of(request) is scope
    assert scope_of(gr.Request()) == {}


def test_a_function_tells_the_names_of_its_inputs(page: gr.Blocks) -> None:
    assert inputs_of(page, 0) == ["text", ""]
    assert inputs_of(page, 1) is None, "it is a script alone"
    assert inputs_of(page, 9) is None


def test_a_session_keeps_what_its_state_holds(page: gr.Blocks) -> None:
    _, state = _parts(page)
    state.value = ["first"]
    assert state_of(page, state, "") is None
    mine = state_of(page, state, "x")
    assert mine == ["first"]
    assert mine is not state.value, "it is a copy"
    assert state_of(page, state, "x") is mine
    page.state_holder["x"][state._id] = "changed by a handler"
    assert state_of(page, state, "x") == "changed by a handler"
    assert state_of(page, state, "y") == ["first"]


async def _asked(asked: object, request: gr.Request) -> list[object]:
    scope = scope_of(request)
    return [asked, scope["type"], scope["editor.session"]]


@pytest.mark.usefixtures("patched")
def test_a_components_function_on_the_server_gets_what_is_sent_and_the_request(
    tmp_path: Path,
) -> None:
    with gr.Blocks() as page:
        shown = gr.HTML(server_functions=[_asked])
        files = gr.FileExplorer(root_dir=str(tmp_path))
    assert has_server_function(page, shown._id, "_asked")
    assert not has_server_function(page, shown._id, "preprocess")
    assert not has_server_function(page, files._id, "ls"), "it is Gradio's own"
    assert any(one.__name__ == "ls" for one in files.server_fns)
    assert not has_server_function(page, 999, "_asked")
    assert page.get_config_file()["components"][0]["props"]["server_fns"] == ["_asked"]
    parent = mount(page, tmp_path, _nothing)

    async def door(scope, receive, send) -> None:
        await parent(scope | {"editor.session": "mine"}, receive, send)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(door)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            body = {"component_id": shown._id, "fn_name": "_asked", "session_hash": "mine"}
            return await client.post(f"{SERVER}/", json={**body, "data": {"a": 1}})

    answer = run(ask())
    assert answer.status_code == 200
    assert answer.json() == [{"a": 1}, "http", "mine"]


def test_what_gradios_script_sends_to_such_a_function() -> None:
    """Four fields, which `server_calls` lets through."""
    folder = Path(routes.__file__).parent / "templates" / "frontend" / "assets"
    field = r"[\w$]+"
    body = rf"\{{data:{field},component_id:{field},fn_name:{field},session_hash:{field}\}}"
    scripts = [path.read_text(encoding="utf-8") for path in folder.glob("index-*.js")]
    sent = [one for one in scripts if re.search(rf"JSON\.stringify\({body}\)", one)]
    assert sent
    assert all("`component_server`" in one or '"component_server"' in one for one in sent)


def _event(session: str, size: int) -> SimpleNamespace:
    scope = {"editor.bytes": size}
    return SimpleNamespace(session_hash=session, request=SimpleNamespace(scope=scope), alive=True)


def test_calls_that_run_or_wait_are_counted(page: gr.Blocks) -> None:
    queue = page._queue
    assert calls_of(page, None) == gradio_internals.Calls()
    queue.event_ids_to_events.update(a=_event("x", 5), b=_event("x", 0), c=_event("y", 2))
    answers: asyncio.Queue[str] = asyncio.Queue()
    answers.put_nowait("unread")
    queue.pending_messages_per_session["x"] = answers
    assert calls_of(page, "x") == gradio_internals.Calls(2, 5, 1, True)
    assert calls_of(page, "z").known is False
    assert calls_of(page, None).count == 3
    fields = inspect.signature(queueing.Event.__init__).parameters
    assert {"session_hash", "request"} <= fields.keys()


def test_a_closed_page_is_forgotten(page: gr.Blocks) -> None:
    queue, holder = page._queue, page.state_holder
    event = _event("x", 0)
    queue.event_ids_to_events["a"] = event
    queue.pending_event_ids_session["x"] = {"a"}
    queue.pending_messages_per_session["x"] = asyncio.Queue()
    assert holder["x"][page.fns[0].inputs[1]._id] == 0
    assert "x" in holder.session_data
    forget_session(page, "x")
    assert not event.alive
    assert "x" not in holder.session_data
    assert "x" not in queue.pending_messages_per_session
    assert "x" not in queue.pending_event_ids_session
    assert "x" not in holder.time_last_used
    forget_session(page, "x")  # again does no harm


def test_values_that_gradio_keeps_for_links_are_dropped(
    page: gr.Blocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = page.state_holder["x"]
    assert session.config_values
    page.upload_file_set.add("file")
    monkeypatch.setattr(gradio_internals, "MAX_PROGRESS", 0)
    routes.file_upload_statuses._statuses["upload"] = None
    forget_values(page)
    assert not session.config_values
    assert not page.upload_file_set
    assert not routes.file_upload_statuses._statuses
    assert not routes.file_upload_statuses._signals


def test_an_upload_holds_so_many_files_and_nothing_else(tmp_path: Path) -> None:
    async def parts():
        yield b""

    with receiving_into(tmp_path, 3):
        parser = FilesOnly(
            {"content-type": "multipart/form-data; boundary=x"}, parts(), max_file_size=9
        )
    assert (parser.max_files, parser.max_fields) == (3, 0)


def test_an_error_in_a_call_is_a_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    assert hasattr(queueing, "traceback")
    with caplog.at_level(logging.WARNING, "editor.ui.gradio_internals"):
        try:
            raise ValueError("two\nlines")
        except ValueError:
            OneLine.print_exc()
    assert [one.getMessage() for one in caplog.records] == ["a call failed: ValueError: two lines"]


@pytest.mark.usefixtures("patched")
def test_the_mounted_page(page: gr.Blocks, tmp_path: Path) -> None:
    parent = mount(page, tmp_path, _nothing)
    assert queueing.traceback is OneLine
    assert route_utils.GradioMultiPartParser is FilesOnly
    assert page.has_launched
    (app,) = _gradios(parent)
    assert isinstance(app.uploaded_file_dir, UploadFolder)
    assert str(app.uploaded_file_dir) == str(tmp_path)
    assert page._queue.server_app is app
    with receiving_into(tmp_path / "visit", 1):
        assert str(app.uploaded_file_dir) == str(tmp_path / "visit")


@pytest.mark.usefixtures("patched")
def test_every_address_that_is_let_through_is_gradios(page: gr.Blocks, tmp_path: Path) -> None:
    parent = mount(page, tmp_path, _nothing)
    (app,) = _gradios(parent)
    served = _paths(app)
    for path in READS | WRITES:
        assert path in served or path.rstrip("/") in served, path
    for start in (FILE, HEARTBEAT):
        assert any(one.startswith(start) for one in served), start
    assert page.get_config_file()["api_prefix"] == API  # of the script that keeps visits


def _gradios(parent) -> list[routes.App]:
    apps = [getattr(route, "app", None) for route in parent.routes]
    return [app for app in apps if isinstance(app, routes.App)]


def _paths(app) -> set[str]:
    found = {route.path for route in app.routes if hasattr(route, "path")}
    for route in app.routes:
        inner = getattr(route, "original_router", None)
        found |= {one.path for one in getattr(inner, "routes", ()) if hasattr(one, "path")}
    return found


def test_a_tunnel_is_opened_by_these_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = inspect.signature(networking.setup_tunnel)
    given = []

    def tunnel(*args):
        wanted.bind(*args)
        given.extend(args)
        return "https://x"

    monkeypatch.setattr(networking, "setup_tunnel", tunnel)
    assert gradio_internals.open_tunnel(7860) == "https://x"
    assert given[:2] == ["127.0.0.1", 7860]


def test_selectors_survive_what_gradio_does_to_them() -> None:
    """It copies each rule for its container, and splits selectors at every comma, also in brackets."""
    inside = re.compile(r"\([^(){}]*,[^(){}]*\)[^{}]*\{")
    for path in (*FOLDER.glob("*.css"), FOLDER.parent / "page.css"):
        rules = re.sub(
            r"/\*.*?\*/|\{[^{}]*\}",
            lambda m: "{" if m[0][0] == "{" else "",
            path.read_text(),
            flags=re.S,
        )
        assert not [one for one in inside.findall(rules) if "@" not in one], path.name
        assert "body[data-" not in rules.replace("body[data-giving", ""), path.name
