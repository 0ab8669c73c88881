"""The page behind its gateway, asked by a stranger."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import socket
import time
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from PIL import Image

from editor.errors import InputError
from editor.ui import admission, gateway
from editor.ui.clients import Clients
from editor.ui.gradio_internals import JOIN, UPLOAD
from editor.ui.limits import MB, Limits
from editor.ui.open_pages import OpenPages
from editor.ui.page_values import NUMBER, read_call, read_record, without_surrogates
from editor.ui.visit_files import VisitFiles
from tests.ui.driver import until
from tests.ui.inprocess import served_tiny
from tests.ui.stranger import API, Stranger, error_of

LIMITS = Limits(
    requests_client=2000,  # a quick machine's tests ask for more than a browser does
    max_body_mb=4,
    max_upload_mb=3,
    quota_visit_mb=5,
    quota_client_mb=7,
    max_events_visit=6,
    max_pages_visit=4,
    max_pages_client=199,
    unread_s=1.0,
    closed_s=1.0,
)


@pytest.fixture(scope="module")
def url(tmp_path_factory) -> Iterator[str]:
    with served_tiny(tmp_path_factory.mktemp("shared"), LIMITS, shared=True) as where:
        yield where


@pytest.fixture
def stranger(url: str) -> Stranger:
    return Stranger(url)


def _png(side: int = 40) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((side, side), 50).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_photo_that_was_given_is_shown(stranger: Stranger) -> None:
    data = _png()
    photo = stranger.given("a #1 %20 ü.png", data)
    message = stranger.call("stage", "upload", stage={"given": photo})
    assert message["success"], message
    shown = message["output"]["data"][1]
    assert (shown["state"], shown["photo"]["width"]) == ("done", 40)
    again = stranger.http.get(f"{API}/file={urllib.parse.quote(photo['path'])}")
    assert again.content == data


@pytest.mark.parametrize("shape", ["path", "path and meta", "url", "deep"])
@pytest.mark.parametrize(
    "path", ["secret", "/dev/zero", "/dev/stdout", "/proc/self/fd/0", "/not/there.png", "http://x/"]
)
def test_no_path_but_of_its_own_files_is_opened(
    stranger: Stranger, tmp_path: Path, path: str, shape: str
) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(_png())
    path = str(secret) if path == "secret" else path
    value = {
        "path": {"path": path},
        "path and meta": {"path": path, "meta": {"_type": "gradio.FileData"}},
        "url": {"url": path},
        "deep": {"a": [{"b": {"path": path}}]},
    }[shape]
    started, said = time.monotonic(), set()
    for name, event in (
        ("stage", "upload"),
        ("domain", "input"),
        ("library", "expand"),
        ("library", "upload"),
        ("new-slider-sheet", "edit"),
        ("browser-storage", "apply"),
        ("panel", "release"),
    ):
        names = ("stage", "domain", "library", "new-slider-sheet", "browser-storage", "panel")
        given = dict.fromkeys(names, value)
        answer = stranger.join(name, event, **given)
        assert answer.status_code == 400
        said.add(answer.json()["detail"])
    assert len(said) == 1  # nothing tells which files exist
    assert time.monotonic() - started < 5


def test_files_are_sent_on_a_connection_that_has_uploaded(stranger: Stranger) -> None:
    """What one request sets must not reach the next of the same connection."""
    for i in range(12):
        first = stranger.given(f"{i}.png", _png())
        second = stranger.given(f"{i}.png", _png())
        for photo in (first, second):
            where = f"{API}/file={urllib.parse.quote(photo['path'])}"
            assert stranger.http.get(where).status_code == 200


def test_another_visits_file_is_neither_used_nor_sent(url: str, stranger: Stranger) -> None:
    photo = stranger.given("mine.png", _png())
    other = Stranger(url)
    assert other.join("stage", "upload", stage={"given": photo}).status_code == 400
    where = f"{API}/file={urllib.parse.quote(photo['path'])}"
    assert other.http.get(where).status_code == 403
    assert other.http.get(f"{API}/file=/etc/passwd").status_code == 403
    assert other.http.get(f"{API}/file={url}/config").status_code == 403
    assert stranger.http.get(where).status_code == 200


def test_another_visits_page_is_not_used(url: str, stranger: Stranger) -> None:
    assert stranger.call("header-bar", "undo")["success"]
    other = Stranger(url)
    other.session = stranger.session
    assert other.join("header-bar", "undo").status_code == 400
    for where in ("queue/data?session_hash=", "heartbeat/"):
        assert other.http.get(f"{API}/{where}{stranger.session}").status_code == 400
    cancel = {"session_hash": stranger.session, "fn_index": 1, "event_id": "x"}
    assert other.http.post(f"{API}/cancel", json=cancel).status_code == 400


def test_what_the_page_does_not_need_is_not_there(stranger: Stranger) -> None:
    for path in (
        "/monitoring",
        "/monitoring/summary",
        f"{API}/process_recording",
        f"{API}/call/invert",
        f"{API}/run/invert",
        f"{API}/api/predict",
        f"{API}/openapi.json",
        f"{API}/startup-events",
        f"{API}/vibe-edit",
        f"{API}/proxy=http://127.0.0.1",
        f"{API}/stream/x",
        f"{API}/deep_link",
        f"{API}/runs",
        "/docs",
        "/openapi.json",
    ):
        assert stranger.http.get(path).status_code == 404, path
        assert stranger.http.post(path, json={}).status_code == 404, path
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        assert stranger.http.request(method, "/").status_code == 404


def test_the_pages_scripts_and_nothing_else_of_their_folder(stranger: Stranger) -> None:
    script = stranger.http.get("/modules/page_state.js")
    assert script.status_code == 200
    assert script.headers["content-type"].split(";")[0].endswith("/javascript")
    assert script.headers["cache-control"] == "no-cache"
    for name in (
        "__init__.py",
        "package.json",
        "",
        "../page.py",
        "..%2fpage.py",
        "%2e%2e/page.css",
    ):
        assert stranger.http.get(f"/modules/{name}").status_code == 404, name


def test_handlers_are_nobodys_api(stranger: Stranger) -> None:
    assert stranger.http.get(f"{API}/info").json() == {
        "named_endpoints": {},
        "unnamed_endpoints": {},
    }
    assert {item["api_visibility"] for item in stranger.config["dependencies"]} == {"private"}


def test_headers_that_browsers_obey(stranger: Stranger) -> None:
    for path in ("/", "/config", f"{API}/file=/etc/passwd", "/nothing"):
        headers = stranger.http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert headers["referrer-policy"] == "same-origin"
        assert "object-src 'none'" in headers["content-security-policy"]
        assert "server" not in headers
    cookie = httpx.get(stranger.http.base_url, trust_env=False).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_another_sites_page_may_not_use_it(stranger: Stranger) -> None:
    body = {"session_hash": "x"}
    for headers in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ):
        answer = stranger.http.post(f"{API}/cancel", json=body, headers=headers)
        assert answer.status_code == 403, headers
    stranger.http.headers["origin"] = str(stranger.http.base_url).rstrip("/")
    assert stranger.call("header-bar", "undo")["success"]


def test_nobody_says_where_the_page_is_but_a_trusted_proxy(stranger: Stranger) -> None:
    said = {
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "https",
        "forwarded": "host=evil",
    }
    assert "evil" not in stranger.http.get("/config", headers=said).text
    assert "evil" not in stranger.http.get("/", headers=said).text
    origin = {**said, "origin": "https://evil.example"}
    assert stranger.http.post(f"{API}/cancel", json={}, headers=origin).status_code == 403


def test_without_a_visit_nothing_is_done(url: str) -> None:
    bare = Stranger.client(url)
    assert bare.post(JOIN, json={"session_hash": "x"}).status_code == 403
    assert bare.post(UPLOAD, files={"files": ("a.png", b"x")}).status_code == 403
    assert bare.get(f"{API}/queue/data?session_hash=x").status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"fn_index": 1e400, "session_hash": "s", "data": []}',
        b'{"fn_index": 1, "session_hash": "s", "data": [NaN]}',
        b'{"fn_index": 1, "session_hash": "s", "data": [Infinity]}',
        b'{"fn_index": 99999, "session_hash": "s", "data": []}',
        b'{"fn_index": "1", "session_hash": "s", "data": []}',
        b'{"fn_index": 1, "session_hash": {"a": 1}, "data": []}',
        b'{"fn_index": 1, "session_hash": "s", "data": "x"}',
        b"[" * 100_000,
        b'{"a": [' + b"[]," * 20_000 + b"[]]}",
        b'{"a":' * 60 + b"1" + b"}" * 60,
        b'{"fn_index": 1, "session_hash": "s", "data": [' + b"9" * 400 + b"]}",
        b'{"session_hash": "a\xed\xa0\x80"}',
        '{"session_hash": "s"}'.encode("utf-16"),
        b'{"a": ' + b"[" * 900 + b'"\\ud800"' + b"]" * 900 + b"}",
    ],
)
def test_what_is_no_call_is_refused(stranger: Stranger, body: bytes) -> None:
    answer = stranger.http.post(JOIN, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert "detail" in answer.json()


def test_a_call_names_few_files(stranger: Stranger) -> None:
    photo = stranger.given("a.png", _png())
    started = time.monotonic()
    many = {"a": [photo] * 300}
    answer = stranger.join("stage", "upload", stage={"given": photo}, panel=many)
    assert answer.status_code == 200  # the panel is no input of this call
    answer = stranger.join("stage", "upload", stage=many)
    assert answer.status_code == 400
    assert "at most 100 files" in answer.json()["detail"]
    assert time.monotonic() - started < 3


def test_what_is_malformed_is_no_error_of_the_server(stranger: Stranger) -> None:
    photo = stranger.given("a.png", _png())
    where = f"{API}/file={urllib.parse.quote(photo['path'])}"
    for ranges in ("bytes=5-1,9999-", "bytes=x-", "bytes=-", "bytes=0-1"):
        assert stranger.http.get(where, headers={"range": ranges}).status_code < 500, ranges
    for origin in ("http://[", "x", "http://a b"):
        answer = stranger.http.post(f"{API}/cancel", json={}, headers={"origin": origin})
        assert answer.status_code == 403, origin
    assert stranger.http.get(f"{API}/queue/data?session_hash=unused").status_code == 404
    boundary = {"content-type": "multipart/form-data; boundary=x"}
    body = b'--x\r\ncontent-disposition: form-data; name="files"\r\n\r\nhello\r\n--x--\r\n'
    answer = stranger.http.post(UPLOAD, content=body, headers=boundary)
    assert answer.status_code == 400
    for upload_id in ("x" * 70, "a/b", ""):
        path = f"{API}/upload_progress?upload_id={upload_id}"
        assert stranger.http.get(path).status_code == 404


def test_names_that_no_file_can_have_are_not_looked_for(stranger: Stranger) -> None:
    for path in ("/static/" + "a" * 300, "/svelte/" + "a" * 5000, "/assets/" + "a" * 255):
        assert stranger.http.get(path).status_code == 404


def test_an_upload_has_files_and_nothing_else(stranger: Stranger, url: str) -> None:
    field = {"data": (None, b"x" * 1000)}
    assert stranger.http.post(UPLOAD, files=field).status_code == 400
    many = [("files", (f"{i}.txt", b"x")) for i in range(201)]
    answer = stranger.http.post(UPLOAD, files=many)
    assert answer.status_code == 400
    assert "Too many files" in answer.text
    name = "u" + stranger.session
    given = {"files": ("a.txt", b"x")}
    assert stranger.http.post(f"{UPLOAD}?upload_id={name}", files=given).status_code == 200
    other = Stranger(url)
    progress = f"{API}/upload_progress?upload_id={name}"
    assert other.http.get(progress).status_code == 404  # it is another visit's
    assert other.http.post(f"{UPLOAD}?upload_id={name}", files=given).status_code == 404


def test_a_request_says_its_length_once(url: str) -> None:
    cookie = Stranger(url).http.cookies
    said = "; ".join(f"{k}={v}" for k, v in cookie.items())
    host = url.removeprefix("http://")
    head = (
        f"POST {JOIN} HTTP/1.1\r\nHost: {host}\r\nCookie: {said}\r\n"
        "Content-Length: 10\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
    )
    with socket.create_connection(host.split(":"), timeout=10) as connection:
        connection.sendall(head.encode())
        assert b" 400 " in connection.recv(4096).split(b"\r\n")[0]


def test_a_call_that_does_not_come_is_given_up(
    stranger: Stranger, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And another large one may come."""
    monkeypatch.setattr(admission, "STALL_S", 0.5)
    host = url.removeprefix("http://")
    said = "; ".join(f"{k}={v}" for k, v in stranger.http.cookies.items())
    head = f"POST {JOIN} HTTP/1.1\r\nHost: {host}\r\nCookie: {said}\r\nContent-Length: 3000000\r\n\r\n{{"
    with socket.create_connection(host.split(":"), timeout=10) as connection:
        connection.sendall(head.encode())
        assert b" 400 " in connection.recv(4096).split(b"\r\n")[0]
    large = {"src": "x" * (2 * MB)}
    assert stranger.join("stage", "release", stage=large).status_code == 200


def test_a_page_has_one_stream_of_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradio forgets to end what goes on beside the others; a next one waits for the last to end."""
    monkeypatch.setattr(gateway, "STREAM_S", 0.3)
    clients, pages, answers = Clients(7860), OpenPages(Limits()), []

    async def app(_scope: dict, _receive: object, _send: object) -> None:
        answers.append(200)
        await going.wait()

    async def send(message: dict) -> None:
        if message["type"] == "http.response.start":
            answers.append(message["status"])

    async def asked(door: gateway.Gateway) -> None:
        cookie = f"visit-7860={clients.new_visit()[1]}" if not asked_by else asked_by[0]
        asked_by.append(cookie)
        scope = {
            "type": "http",
            "method": "GET",
            "path": f"{API}/queue/data",
            "query_string": b"session_hash=mine",
            "headers": [(b"cookie", cookie.encode()), (b"host", b"here")],
            "client": ("9.9.9.9", 1),
        }
        await door(scope, asyncio.Event().wait, send)  # type: ignore[arg-type]

    async def three() -> None:
        first = asyncio.create_task(asked(door))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(asked(door))
        await asyncio.sleep(0.8)
        ended.append(first.done())
        third = asyncio.create_task(asked(door))
        await asyncio.sleep(0.05)
        going.set()
        await asyncio.sleep(0.3)
        ended.append(second.done())
        third.cancel()

    asked_by: list[str] = []
    ended: list[bool] = []
    going = asyncio.Event()
    with contextlib.closing(VisitFiles(tmp_path)) as files:
        entry = admission.Admission(Limits(), pages, files, lambda _: admission.Calls(known=True))
        door = gateway.Gateway(app, clients, entry, True, lambda _: None)  # type: ignore[arg-type]
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, three()).result(timeout=60)
    assert answers == [200, 200, 200]
    assert ended == [True, True]  # the first for the second, which ended by itself


def test_a_thousand_cookies_cost_nothing() -> None:
    clients = Clients(7860)
    visit, value = clients.new_visit()
    scope = {"client": ("9.9.9.9", 1)}
    assert clients.of(scope, {"cookie": f"a=b; visit-7860={value}"}).visit == visit
    assert clients.of(
        scope, {"cookie": f"visit-7860={'0' * 32}.{'0' * 64}; visit-7860={value}"}
    ).visit
    forged = f"visit-7860={'0' * 32}.{'0' * 64};"
    started = time.perf_counter()
    for _ in range(50):
        assert not clients.of(scope, {"cookie": forged * 600}).visit
        assert not clients.of(scope, {"cookie": "visit-7860=a;" * 4000}).visit
    assert time.perf_counter() - started < 3


def test_half_characters_by_the_million_are_refused_at_once() -> None:
    started = time.perf_counter()
    with pytest.raises(InputError, match="too many values"):
        read_call(b'{"session_hash": "' + rb"\ud800" * 5_000_000 + b'"}')
    assert time.perf_counter() - started < 5  # each by itself took 1.4 s


def test_answers_that_nobody_reads_do_not_pile_up(stranger: Stranger) -> None:
    large = {"src": "x" * (2 * MB)}
    taken = []

    def is_refused() -> bool:
        answer = stranger.join("stage", "release", stage=large)
        if answer.status_code == 200:
            taken.append(answer)
        return "still being answered" in answer.text

    assert until(is_refused)
    assert 0 < len(taken) < 8


@pytest.mark.parametrize(
    ("name", "event", "value"),
    [
        ("panel", "release", {"panel": {"moves": 5}}),
        ("panel", "release", {"panel": "x"}),
        ("panel", "release", {"panel": {"turn": [1]}}),
        ("filmstrip", "select", {"filmstrip": {"chosen": "first"}}),
        ("library", "delete", {"library": {"chosen": "tiny:p1"}}),
        ("library", "upload", {"library": {"given": "x"}}),
        ("saving", "submit", {"saving": {"wish": {"what": 3}}}),
        ("browser-storage", "apply", {"browser-storage": {"restore": 5}}),
        ("browser-storage", "apply", {"browser-storage": {"restore": {"projects": [1]}}}),
    ],
)
def test_a_value_of_another_kind_gets_a_sentence(
    stranger: Stranger, name: str, event: str, value: dict
) -> None:
    assert "cannot be understood" in error_of(stranger.call(name, event, **value))


def test_kinds_of_values() -> None:
    assert read_record("", {"a": str}) is None
    shape = {"a": NUMBER, "b": [str], "c": {"d": NUMBER}, "e": {}}
    for good in (
        None,
        {},
        {"a": 1, "b": ["x"], "c": {"d": 1.5}, "e": {"f": 1}},
        {"z": 5},
    ):
        assert read_record(good, shape) == good
    assert read_record({"a": None, "z": 5}, shape) == {"z": 5}, "a null is as what was not sent"
    for bad in (
        5,
        [],
        "x",
        {"a": True},
        {"a": "1"},
        {"b": "x"},
        {"b": [1]},
        {"c": {"d": []}},
        {"e": 1},
    ):
        with pytest.raises(InputError, match="cannot be understood"):
            read_record(bad, shape)


def test_strangers_do_not_fill_the_log(
    stranger: Stranger, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for wrong in ("x", [1], {"moves": 5}, {"moves": {"smile": "y" * 100_000}}, 7):
        assert not stranger.call("panel", "release", panel=wrong)["success"]
    for _ in range(30):
        stranger.call("patch-panel", "apply", **{"patch-panel": {"steps": "z" * 1000}})
    written = caplog.text + "".join(capfd.readouterr())
    assert len(written) < 100_000
    assert "yyyyyyyyyyy" * 40 not in written


def test_a_call_has_a_size(stranger: Stranger) -> None:
    value = {"restore": {"projects": {"tiny": "A" * (5 * MB)}}}
    assert (
        stranger.join("browser-storage", "apply", **{"browser-storage": value}).status_code == 413
    )

    def parts() -> Iterator[bytes]:  # one that does not say how long it is
        for _ in range(6):
            yield b"x" * MB

    try:
        status = stranger.http.post(JOIN, content=parts()).status_code
    except httpx.HTTPError:
        status = 413  # the connection was closed before all of it was sent
    assert status in (400, 413)


def test_a_visit_gives_so_much_and_an_address_too(url: str) -> None:
    one = Stranger(url)
    assert one.upload("a.bin", b"x" * (4 * MB)).status_code == 413
    for _ in range(2):
        assert one.upload("a.bin", os.urandom(2 * MB)).status_code == 200
    refused = one.upload("a.bin", os.urandom(2 * MB))
    assert refused.status_code == 400
    assert "that fit" in refused.text
    assert not refused.text.startswith("{")
    other = Stranger(url)
    answers = [other.upload("a.bin", os.urandom(2 * MB)).status_code for _ in range(2)]
    assert answers == [200, 400]  # another visit of the same address


def test_calls_of_a_visit_are_counted(stranger: Stranger) -> None:
    answers = [
        stranger.join("panel", "release", panel={"moves": {"smile": 1.0}}).status_code
        for _ in range(40)
    ]
    assert answers[0] == 200
    assert 429 in answers


def test_pages_of_a_visit_are_counted(stranger: Stranger) -> None:
    answers = []
    for _ in range(LIMITS.max_pages_visit + 1):
        stranger = stranger.another_page()
        answers.append(stranger.join("header-bar", "undo").status_code)
    assert answers == [200] * LIMITS.max_pages_visit + [429]


def test_jobs_that_nobody_reads_do_not_keep_others_waiting(url: str, stranger: Stranger) -> None:
    idle = Stranger(url)
    photo = idle.given("p.png", _png())
    answers = [idle.join("stage", "upload", stage={"given": photo}).status_code for _ in range(50)]
    assert answers[0] == 200
    assert 429 in answers
    started = time.monotonic()
    mine = stranger.given("p.png", _png())
    message = stranger.call("stage", "upload", stage={"given": mine})
    assert message["success"], message
    assert time.monotonic() - started < 15


def test_texts_of_a_hostile_project_are_no_html(stranger: Stranger) -> None:
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        text = '{"kind": "idgan-project", "domain": "<img src=x onerror=alert(1)>"}'
        archive.writestr("project.json", text)
    given = {"library": {"given": [stranger.given("p.zip", buffer.getvalue())]}}
    said = error_of(stranger.call("library", "expand", **given))
    assert "&lt;img" in said
    assert "<img" not in said


def test_lone_surrogates_are_replaced() -> None:
    assert without_surrogates({"a\ud800": ["\udfff", "ü", {"b": "😀"}]}) == {
        "a�": ["�", "ü", {"b": "😀"}]
    }


def test_a_text_with_lone_surrogates_is_kept(stranger: Stranger) -> None:
    given = {"library": {"rename": {"key": "tiny:p1", "name": "A\ud800B"}}}
    assert stranger.call("library", "input", **given)["success"]
    saved = stranger.call("library", "submit")
    assert saved["success"], saved
