"""One component of the page alone in a browser: its markup, styles and module, and no server behind."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from editor.ui.components.html_component import FOLDER as COMPONENTS
from editor.ui.components.html_component import stylesheet
from editor.ui.modules import FOLDER as MODULES

TOKENS = """
:root { --space-1: 4px; --space-2: 8px; --space-3: 12px; --space-4: 16px; --space-5: 24px; --space-6: 32px; --radius: 4px;
  --radius-card: 8px; --control: 32px; --canvas: #141414; --panel: #1e1e1e; --raised: #282828; --line: #383838; --text: #ededed;
  --text-2: #a8a8a8; --accent: #6cb2ff; --on-accent: #101824; --overdrive: #ffb84d; --good: #4cc38a; --bad: #ff8a80; }
@media (pointer: coarse) { :root { --control: 44px; } }
* { box-sizing: border-box; } #component { height: 100%; }
body { margin: 0; font: 13px/20px system-ui, sans-serif; color: var(--text); background: var(--panel); }
"""
PIXEL = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='64' height='64'%3E"
    "%3Crect width='64' height='64' fill='%23{}'/%3E%3C/svg%3E"
)
SCRIPT = """
import * as page from '/modules/page_state.js';
import { start } from '/modules/%(name)s.js';
const heard = [];
const watchers = [];
const props = { value: %(value)s };
const element = document.getElementById('component');
Object.assign(window, {
  page, sent: [], props,
  answer: (value) => { props.value = value; for (const one of watchers) one(); },
});
start({
  element, props, server: {},
  trigger: (name) => window.sent.push([name, JSON.parse(JSON.stringify(props.value))]),
  upload: async (file) => ({ path: `/kept/${file.name}`, url: '' }),
  watch: (_, function_) => watchers.push(function_),
});
window.ready = true;
"""


def colour(number: int) -> str:
    """A picture of one colour, as a data URI."""
    return PIXEL.format(f"{number * 0x251F3B % 0xFFFFFF:06x}")


@contextmanager
def alone(
    name: str, value: Any, around: str = "{}", files: dict[str, bytes] | None = None
) -> Iterator[str]:
    """Serve a component on this machine; its address.

    Args:
        name: of its module and files.
        value: that it has at first.
        around: markup with a place for that of the component.
        files: by path, what else is served.
    """
    markup = (COMPONENTS / f"{name}.html").read_text(encoding="utf-8")
    body = around.replace("{}", f'<div id="component">{markup}</div>')
    script = SCRIPT % {"name": name, "value": json.dumps(value)}
    html = (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{name}</title>"
        f"<meta name='viewport' content='width=device-width'>"
        f"<style>{TOKENS}{stylesheet()}</style></head><body><main>{body}</main>"
        f"<script type='module'>{script}</script></body></html>"
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, data = "text/html; charset=utf-8", html.encode()
            if self.path.startswith("/modules/"):
                kind, data = (
                    "text/javascript",
                    (MODULES / self.path.removeprefix("/modules/")).read_bytes(),
                )
            elif files and self.path in files:
                kind, data = "application/octet-stream", files[self.path]
            elif self.path != "/":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("content-type", kind)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def visited(browser: Any, url: str, **options: Any) -> Any:
    """A page whose component has started. Close its context."""
    context = browser.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(url)
    page.wait_for_function("() => window.ready")
    return page
