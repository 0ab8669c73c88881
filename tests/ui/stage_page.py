"""The stage alone, on a page without Gradio: what is handed to it is the test's."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.ui.driver import ROOT

UI = ROOT / "editor" / "ui"
KINDS = {".js": "text/javascript", ".png": "image/png", ".jpg": "image/jpeg"}
CROP = {"x": 0.4, "y": 0.5, "side": 0.4, "angle": 10}
# those of the page, as the design has them
TOKENS = """
:root { --space-1: 4px; --space-2: 8px; --space-3: 12px; --space-4: 16px; --space-5: 24px; --space-6: 32px;
  --radius: 4px; --radius-card: 8px; --control: 32px;
  --canvas: #e9e9e9; --panel: #fff; --raised: #f4f4f4; --line: #d6d6d6; --text: #1c1c1c; --text-2: #5c5c5c;
  --accent: #0b63ce; --on-accent: #fff; --overdrive: #9a5b00; --good: #1f7a45; --bad: #b3261e; }
.dark { --canvas: #141414; --panel: #1e1e1e; --raised: #282828; --line: #383838; --text: #ededed;
  --text-2: #a8a8a8; --accent: #6cb2ff; --on-accent: #101824; --overdrive: #ffb84d; --good: #4cc38a; --bad: #ff8a80; }
@media (pointer: coarse) { :root { --control: 44px; } }
body { margin: 0; min-height: 100vh; font-family: ui-sans-serif, system-ui, sans-serif; }
#stage { position: fixed; inset: 0; }
"""
SCRIPT = """
import { start } from '/modules/stage.js';
import * as state from '/modules/page_state.js';
const search = new URLSearchParams(location.search);
document.body.classList.toggle('dark', search.has('dark'));
const listeners = [], props = { value: null };
window.sent = [];
window.state = state;
window.answer = async () => null;  // of the live path
const handed = {
  element: document.querySelector('#stage'), props, server: null, kind: search.get('kind') || undefined,
  trigger: (event) => sent.push([event, structuredClone(props.value)]),
  upload: async (file) => { if (file.name.startsWith('lost')) throw new Error('lost'); return { path: `/up/${file.name}` }; },
  watch: (name, listener) => listeners.push(listener),
  live: { ask: (moves) => window.answer(moves) },
};
window.give = async (value) => {
  props.value = value;
  for (const listener of listeners) listener();
  await stage.ready();
};
window.composed = () => {
  const { data, width, height } = stage.compose();
  let text = '';
  for (let i = 0; i < data.length; i += 8192) text += String.fromCharCode(...data.subarray(i, i + 8192));
  return [width, height, btoa(text)];
};
window.stage = await start(handed);
document.body.dataset.ready = 'yes';
"""


def page_text() -> str:
    """The page, with the stage's own markup and styles."""
    markup = (UI / "components" / "stage.html").read_text(encoding="utf-8")
    styles = (UI / "components" / "stage.css").read_text(encoding="utf-8")
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>stage</title>"
        f"<meta name=viewport content='width=device-width'><style>{TOKENS}{styles}</style>"
        f"<body data-place=edit><div id=stage><div>{markup}</div></div>"
        f"<script type=module>{SCRIPT}</script></body></html>"
    )


@contextmanager
def stage_served(files: Path) -> Iterator[str]:
    """The address of a server of the page, the modules, and a folder of files under /files/."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            folder = {"/modules": UI / "modules", "/files": files}.get(path[: path.rfind("/")])
            file = folder / path[path.rfind("/") + 1 :] if folder else None
            if path == "/":
                self.send(page_text().encode(), "text/html")
            elif file is not None and file.is_file():
                self.send(file.read_bytes(), KINDS[file.suffix])
            else:
                self.send_error(404)

        def send(self, data: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


def png(image: Image.Image) -> str:
    """A picture as a data URI."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def noise(width: int, height: int, seed: int) -> Image.Image:
    """A picture of gradients with noise over the whole range, so that sums are clamped as well."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    smooth = np.stack([x * 255 / width, y * 255 / height, (x + y) % 256], axis=-1)
    noisy = smooth + generator.normal(0, 40, size=(height, width, 3))
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def composed(page: Any) -> np.ndarray:
    """What the stage makes of the photo at its own size: [H, W, 4], uint8."""
    width, height, text = page.evaluate("() => composed()")
    return np.frombuffer(base64.b64decode(text), dtype=np.uint8).reshape(height, width, 4)


@contextmanager
def tab_of(browser, address: str, **options: Any) -> Iterator[Any]:
    """A tab of the stage that is closed at the end; an error of its scripts fails the test."""
    tab = opened(browser, address, **options)
    yield tab
    tab.close()
    assert tab.errors == []


def opened(browser, address: str, **options: Any):
    page = browser.new_page(**({"viewport": {"width": 912, "height": 664}} | options))
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    return page


def give(page, **more: Any) -> None:
    """A photo with an edit, as the server says it."""
    value = {
        "picture": "p1",
        "version": "a",
        "name": "friend",
        "subject": "face",
        "turn": 1,
        "state": "done",
        "likeness": "good",
        "photo": {"url": "/files/photo.png", "width": 900, "height": 600, "key": "k"},
        "crop": CROP,
        "reference": png(noise(64, 64, 2)),
        "after": png(noise(64, 64, 3)),
        "moves": {"smile": 1.0},
    }
    page.evaluate("value => give(value)", value | more)


def pixel(page, x: int, y: int) -> list[int]:
    """A pixel of what is seen, as [red, green, blue]."""
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    picture = page.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1})
    return list(Image.open(io.BytesIO(picture)).convert("RGB").getpixel((0, 0)))


def drag(page, start: tuple[int, int], end: tuple[int, int]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*end)
    page.mouse.up()


def grey(level: int) -> Image.Image:
    return Image.new("RGB", (64, 64), (level, level, level))
