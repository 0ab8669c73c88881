"""The live path: pictures of a slider that is dragged, asked past Gradio's queue."""

from __future__ import annotations

import base64
import io
import itertools
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from PIL import Image, ImageChops

from editor import Editor
from editor.editing.edit import Edit
from editor.engine import Engine
from editor.ui.data_uris import PNG, WEBP
from editor.ui.limits import Limits
from editor.ui.live import MAX_MOVES
from editor.ui.server_calls import MAX_BODY
from tests.ui.inprocess import served_tiny
from tests.ui.stranger import API, Stranger

LIMITS = Limits(requests_client=2000, live_client=2000, max_pages_visit=20, max_pages_client=199)
SERVER = f"{API}/component_server/"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("live")
    return path


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with served_tiny(folder, LIMITS, shared=True, trusted=("127.0.0.1",)) as where:
        yield where


@pytest.fixture
def stranger(url: str) -> Stranger:
    return Stranger(url)


@pytest.fixture(scope="module")
def editor(url: str, folder: Path) -> Editor:
    return Editor.open("tiny", "cpu", folder / "checkpoints", folder / "boundaries")


@pytest.fixture(scope="module")
def example(editor: Editor) -> Edit:
    """The picture that a page begins with."""
    return editor.sample(editor.info.example_seeds[0])


def picture_of(uri: str) -> Image.Image:
    data = base64.b64decode(uri.removeprefix(WEBP), validate=True)
    return Image.open(io.BytesIO(data), formats=("WEBP",)).convert("RGB")


def same(uri: str, expected: Image.Image) -> bool:
    """To the bit."""
    return ImageChops.difference(picture_of(uri), expected).getbbox() is None


def visit_of(page: Stranger) -> str:
    """What the browser is told of its visit."""
    message = page.call("browser-storage", "submit")
    assert message["success"], message
    return str(message["output"]["data"][0]["visit"])


def error_of(answer: dict[str, Any]) -> str:
    """The sentence, of an answer that is nothing but one."""
    assert answer.keys() == {"error"}, answer
    assert "Traceback" not in answer["error"]
    return str(answer["error"])


def test_a_page_that_has_asked_for_nothing_yet_gets_exact_pictures(
    stranger: Stranger, editor: Editor, example: Edit
) -> None:
    answer = stranger.live({"smile": 1.5}, {"smile": -1.0, "age": 0.5}, {}, turn=7)
    assert answer["turn"] == 7
    wanted = [example.move(smile=1.5), example.move(smile=-1.0, age=0.5), example]
    assert len(answer["after"]) == 3
    for uri, edit in zip(answer["after"], wanted, strict=True):
        assert same(uri, editor.render(edit))
    assert not same(answer["after"][0], editor.render(example))


def test_a_visit_is_found_by_its_name_too_and_changes_with_the_events(
    stranger: Stranger, editor: Editor, example: Edit
) -> None:
    visit = visit_of(stranger)
    first = stranger.live({"smile": 1.0}, visit=visit)
    panel = {"moves": {"age": 1.0}, "turn": 2}
    assert stranger.call("panel", "release", panel=panel)["success"]
    again = stranger.live({"smile": 1.0}, visit=visit)
    assert again["after"] == first["after"], "moves are told in full, not added to the shown edit's"
    assert again["version"] == first["version"]


def test_layers_of_the_field_and_of_the_shown_edit(
    stranger: Stranger, editor: Editor, example: Edit
) -> None:
    on_one = editor.render(example.move(smile=2.0).on_layers(smile=(1,)))
    assert same(stranger.live({"smile": 2.0}, layers="smile=1")["after"][0], on_one)
    given = {"panel": {"moves": {"smile": 1.0}, "turn": 1}, "layers": "smile=1"}
    assert stranger.call("panel", "release", **given)["success"]
    assert same(stranger.live({"smile": 2.0})["after"][0], on_one)
    everywhere = stranger.live({"smile": 2.0}, layers="")["after"][0]
    assert same(everywhere, editor.render(example.move(smile=2.0)))


def test_a_painted_part_limits_the_sliders_and_is_another_version(
    stranger: Stranger, editor: Editor, example: Edit
) -> None:
    before = stranger.live({"smile": 2.0})
    size = editor.info.resolution
    mask = torch.zeros(size, size)
    mask[: size // 2] = 1.0
    drawn = io.BytesIO()
    Image.fromarray((mask * 255).byte().numpy()).save(drawn, "PNG")
    uri = PNG + base64.b64encode(drawn.getvalue()).decode()
    assert stranger.call("stage", "input", stage={"mask": uri})["success"]
    after = stranger.live({"smile": 2.0}, version=before["version"])
    assert same(after["after"][0], editor.render(example.move(smile=2.0).inside(mask)))
    assert after["after"] != before["after"]
    assert after["version"] != before["version"]


def test_a_reloaded_page_goes_on(stranger: Stranger, editor: Editor, example: Edit) -> None:
    assert stranger.call("panel", "release", panel={"moves": {"age": 1.0}, "turn": 1})["success"]
    visit = visit_of(stranger)
    page = stranger.another_page()
    smile = editor.render(example.move(smile=1.0))
    assert same(page.live({"smile": 1.0}, visit=visit)["after"][0], smile), "before it is restored"
    back = {"browser-storage": {"restore": {"visit": visit, "projects": {}, "photos": {}}}}
    assert page.call("browser-storage", "apply", **back)["success"]
    for name in (visit, ""):
        assert same(page.live({"smile": 1.0}, visit=name)["after"][0], smile)


def test_nobody_elses_visit_is_used(url: str, stranger: Stranger) -> None:
    assert stranger.call("panel", "release", panel={"moves": {"age": 1.0}, "turn": 1})["success"]
    visit, other = visit_of(stranger), Stranger(url)
    for name in (visit, "0" * 32, "x"):
        assert "not known any more; reload" in error_of(other.live({"smile": 1.0}, visit=name))
    other.session = stranger.session
    answer = other.server_call("stage", "live", {"picture": "p1", "moves": [{}]})
    assert answer.status_code == 400
    assert "another visit" in answer.text
    bare = Stranger.client(url)
    assert bare.post(SERVER, json={"session_hash": "x"}).status_code == 403


def test_another_sites_page_may_not_ask(stranger: Stranger) -> None:
    asked = {"picture": "p1", "moves": [{}]}
    for headers in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ):
        assert stranger.server_call("stage", "live", asked, headers=headers).status_code == 403
    for method in ("GET", "PUT", "OPTIONS", "DELETE"):
        assert stranger.http.request(method, SERVER).status_code == 404


@pytest.mark.parametrize(
    "changed",
    [
        {"fn_name": "preprocess"},
        {"fn_name": "__init__"},
        {"fn_name": None},
        {"fn_name": ["live"]},
        {"component_id": True},
        {"component_id": "1"},
        {"component_id": -1},
        {"component_id": 10**9},
        {"component_id": None},
        {"data": [1]},
        {"data": "x"},
        {"data": None},
        {"session_hash": None},
        {"session_hash": 5},
        {"session_hash": "x" * 65},
        {"data": {"path": "/etc/passwd"}},
        {"data": {"moves": [{"a": {"path": {"x": 1}}}]}},
        {"data": {"moves": [{"url": "http://x/"}]}},
    ],
)
def test_no_other_call_goes_through(stranger: Stranger, changed: dict[str, Any]) -> None:
    answer = stranger.server_call("stage", "live", {}, changed)
    assert answer.status_code == 400
    assert "detail" in answer.json()


def test_no_other_component_is_called(stranger: Stranger) -> None:
    for name in ("panel", "filmstrip", "library", "domain"):
        asked = {"picture": "p1", "moves": [{}]}
        assert stranger.server_call(name, "live", asked).status_code == 400, name


def test_only_short_calls_of_json_are_read(stranger: Stranger) -> None:
    asked = {"picture": "p1", "moves": [{}]}
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/jsonx", ""):
        headers = {"content-type": kind}
        assert stranger.server_call("stage", "live", asked, headers=headers).status_code == 415
    large = asked | {"layers": "x" * MAX_BODY}
    answer = stranger.server_call("stage", "live", large)
    assert answer.status_code == 413
    assert "65536 bytes" in answer.text

    def parts() -> Iterator[bytes]:  # one that does not say how long it is
        for _ in range(6):
            yield b"x" * (MAX_BODY // 4)

    try:
        headers = {"content-type": "application/json"}
        status = stranger.http.post(SERVER, content=parts(), headers=headers).status_code
    except httpx.HTTPError:
        status = 413  # the connection was closed before all of it was sent
    assert status in (400, 413)
    for body in (b"", b"[]", b'{"data": NaN}', b"[" * 60_000, b'{"a": [' + b"1," * 20_000 + b"1]}"):
        answer = stranger.http.post(SERVER, content=body, headers=headers)
        assert answer.status_code == 400, body[:20]


@pytest.mark.parametrize(
    "changed",
    [
        {"visit": 5},
        {"visit": ["x"]},
        {"picture": 1},
        {"picture": {"a": 1}},
        {"version": 2},
        {"moves": None},
        {"moves": []},
        {"moves": {"smile": 1}},
        {"moves": "smile"},
        {"moves": [1]},
        {"moves": [None]},
        {"moves": [{"smile": "1"}]},
        {"moves": [{"smile": True}]},
        {"moves": [{"smile": None}]},
        {"moves": [{"smile": [1]}]},
        {"layers": 5},
        {"turn": "1"},
        {"turn": [1]},
        {"turn": True},
    ],
)
def test_what_is_of_another_kind_gets_a_sentence(
    stranger: Stranger, changed: dict[str, Any]
) -> None:
    assert "cannot be understood" in error_of(stranger.live({"smile": 1.0}, **changed))


def test_what_cannot_be_shown_gets_a_sentence(stranger: Stranger) -> None:
    assert "beyond" in error_of(stranger.live({"smile": 1001.0}))
    assert "no picture 'p9'" in error_of(stranger.live({}, picture="p9"))
    assert "no picture ''" in error_of(stranger.live({}, picture=None))
    assert len(error_of(stranger.live({}, picture="x" * 9000))) < 200
    assert len(error_of(stranger.live({"x" * 9000: 5000.0}))) < 200
    assert "at most 9" in error_of(stranger.live(*[{"smile": 1.0}] * (MAX_MOVES + 1)))
    assert "layers" in error_of(stranger.live({}, layers="smile"))
    assert "characters" in error_of(stranger.live({}, layers="x" * 2000))
    assert "9" in error_of(stranger.live({}, layers="smile=99"))


def test_sliders_that_nobody_knows_move_nothing(stranger: Stranger) -> None:
    plain, unknown, path = stranger.live({}, {"beard": 3.0}, {"path": 2.0})["after"]
    assert plain == unknown == path


def test_an_error_that_nobody_expected_is_a_sentence(
    stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Editor, "render", lambda *_: 1 / 0)
    assert "unexpected" in error_of(stranger.live({"smile": 1.0}))


def test_a_removed_picture_is_gone(stranger: Stranger) -> None:
    buffer = io.BytesIO()
    Image.effect_noise((40, 40), 50).save(buffer, "PNG")
    photo = stranger.given("a.png", buffer.getvalue())
    assert stranger.call("stage", "upload", stage={"given": photo})["success"]
    assert stranger.live({}, picture="p1")["after"] != stranger.live({}, picture="p2")["after"]
    assert stranger.call("library", "delete", library={"chosen": ["tiny:p1"]})["success"]
    assert "no picture 'p1'" in error_of(stranger.live({}, picture="p1"))
    assert stranger.live({}, picture="p2")["after"]


SLOW_S = 0.03  # a picture, as of a real network


@contextmanager
def dragging(pages: list[Stranger], count: int) -> Iterator[list[float]]:
    """Clients that want pictures all the time, two calls a page, for the length of a `with`."""
    stop, taken = threading.Event(), []

    def work(page: Stranger, offset: float) -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            moves = [{"smile": offset + turn + i / 10} for i in range(count)]
            try:
                answer = page.live(*moves)
            except httpx.HTTPError:
                continue
            taken.append(len(answer.get("after", [])))

    threads = [
        threading.Thread(target=work, args=(page, 100.0 * i + 50 * j), daemon=True)
        for i, page in enumerate(pages)
        for j in range(2)
    ]
    for thread in threads:
        thread.start()
    try:
        yield taken
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=20)


def test_another_visitors_slider_stays_quick(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside two who ask for nine pictures at a time, on many pages, without end."""
    made, count = Engine._synthesis, itertools.count()

    def slow(self: Engine, codes: torch.Tensor) -> torch.Tensor:
        time.sleep(SLOW_S)
        next(count)
        return made(self, codes)

    monkeypatch.setattr(Engine, "_synthesis", slow)
    hostile = [Stranger(url, headers={"x-forwarded-for": f"9.9.9.{i}"}) for i in range(2)]
    hostile += [one.another_page() for one in hostile for _ in range(2)]
    honest = Stranger(url)

    def waits(event: bool) -> list[int]:
        """How many pictures were made from asking to getting: a time that no other work lengthens."""
        found = []
        for turn in range(12):
            before = next(count)
            if event:
                panel = {"moves": {"age": turn / 10}, "turn": turn}
                assert honest.call("mode", "input", panel=panel)["success"]
            else:
                assert honest.live({"age": -turn / 10})["after"]
            found.append(next(count) - before - 1)
        return found

    with dragging(hostile, MAX_MOVES) as theirs:
        time.sleep(0.3)
        live, events = waits(False), waits(True)
    assert sum(theirs) > 20, "they were served, too"
    # its own, what is at work in both places, and what is made while it is on its way
    assert statistics.median(live) <= 6
    assert statistics.median(events) <= 9
