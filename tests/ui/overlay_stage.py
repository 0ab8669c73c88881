"""What the tests of the stage's overlays share: a page without Gradio, a mouse and fingers."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.ui.driver import ROOT

DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SHOW = {
    "frame": "overlays.frame.show({x: .5, y: .5, side: .5, angle: 0}, MARKS)",
    "faces": "overlays.faces.show(FOUND, 0)",
    "brush": "overlays.brush.show({crop: FOUND[0], mask: '', picture: 'a'})",
    "patch": "overlays.patch.show({crop: FOUND[0], picture: ownFace, mask: half})",
    "pucks": "overlays.pucks.show({crop: FOUND[0], marks: MARKS, "
    "shares: {smile: 0, mouth_open: 0, turn: 0, nod: 0, light: 0}})",
}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def harness() -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(ROOT))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/tests/ui/overlays.html"
        server.shutdown()


@pytest.fixture
def stage(browser, harness: str) -> Iterator[Callable[..., object]]:
    """Open the page of the overlays and show some of them; a script's error fails the test."""
    pages, errors = [], []

    def show(*names: str, where: dict = DESKTOP, dark: bool = False):
        page = browser.new_page(**where)
        pages.append(page)
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(harness + ("?dark" if dark else ""))
        page.wait_for_function("() => window.overlays")
        for name in names:
            page.evaluate(f"() => {{ {SHOW[name]} }}")
        return page

    yield show
    for page in pages:
        page.close()
    assert errors == []


def heard(page, name: str) -> list:
    """What was told by that name, without the name."""
    return page.evaluate(
        "name => heard.filter(one => one[0] === name).map(one => one.slice(1))", name
    )


def middle(page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, start: tuple[float, float], by: tuple[float, float], steps: int = 4) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + by[0], start[1] + by[1], steps=steps)
    page.mouse.up()


class Fingers:
    """Fingers on a touch screen, by name."""

    def __init__(self, page) -> None:
        self.session = page.context.new_cdp_session(page)
        self.at: dict[int, tuple[float, float]] = {}

    def _send(self, kind: str) -> None:
        points = [{"id": i, "x": x, "y": y} for i, (x, y) in self.at.items()]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def down(self, finger: int, at: tuple[float, float]) -> None:
        self.at[finger] = at
        self._send("touchStart")

    def move(self, steps: int = 5, **to: tuple[float, float]) -> None:
        start = dict(self.at)
        for step in range(1, steps + 1):
            for name, (x, y) in to.items():
                finger = int(name[1:])
                (a, b), share = start[finger], step / steps
                self.at[finger] = (a + (x - a) * share, b + (y - b) * share)
            self._send("touchMove")

    def up(self) -> None:
        self.at.clear()
        self._send("touchEnd")


def swipe(page, start: tuple[float, float], by: tuple[float, float]) -> None:
    fingers = Fingers(page)
    fingers.down(0, start)
    fingers.move(f0=(start[0] + by[0], start[1] + by[1]))
    fingers.up()
