"""A page with one component of ours and no Gradio: what its module does with a value, and says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from editor.ui.components.html_component import asset
from editor.ui.modules import FOLDER

DARK = {
    "canvas": "#141414", "panel": "#1E1E1E", "raised": "#282828", "line": "#383838", "text": "#EDEDED",
    "text-2": "#A8A8A8", "accent": "#6CB2FF", "on-accent": "#101824", "overdrive": "#FFB84D",
}  # fmt: skip
LIGHT = {
    "canvas": "#E9E9E9", "panel": "#FFFFFF", "raised": "#F4F4F4", "line": "#D6D6D6", "text": "#1C1C1C",
    "text-2": "#5C5C5C", "accent": "#0B63CE", "on-accent": "#FFFFFF", "overdrive": "#9A5B00",
}  # fmt: skip
SIZES = {f"space-{i}": f"{px}px" for i, px in enumerate((4, 8, 12, 16, 24, 32), 1)}
SIZES |= {"radius": "4px", "radius-card": "8px"}
SCRIPT = """
import { start } from '/modules/NAME.js';
import * as state from '/modules/page_state.js';
const watching = [];
let value = JSON.parse(document.querySelector('#value').textContent);
const heard = () => watching.forEach((listener) => listener());
const props = { get value() { return value; }, set value(now) { value = now; queueMicrotask(heard); } };
window.state = state;
window.triggered = [];
window.give = (now) => { value = now; heard(); };  // as an answer of the server does
window.sent = () => structuredClone(value);
start({
  element: document.querySelector('#component'), props,
  trigger: (name) => triggered.push({ name, value: structuredClone(value) }),
  watch: (name, listener) => watching.push(listener),
});
window.started = true;
"""


def markup(name: str, value: Any, dark: bool = True) -> str:
    """The page of a component with a value."""
    tokens = "".join(
        f"--{key}:{text};" for key, text in {**SIZES, **(DARK if dark else LIGHT)}.items()
    )
    given = json.dumps(value).replace("<", "\\u003c")
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>One component</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root {{ {tokens} color-scheme: {"dark" if dark else "light"}; }}
*, ::before {{ box-sizing: border-box; }} button, input {{ font: inherit; }}
body {{ margin: 0; background: var(--canvas); font: 13px/20px system-ui, sans-serif; }}
#place {{ box-sizing: border-box; width: 320px; margin-left: auto; padding: 8px 12px; background: var(--panel); }}
@media (max-width: 700px) {{ #place {{ width: auto; margin-top: 430px; }} }}
#below {{ height: 1500px; }}
{asset(f"{name}.css")}</style>
<div id="place"><div id="component">{asset(f"{name}.html")}</div></div><div id="below"></div>
<script id="value" type="application/json">{given}</script>
<script type="module">{SCRIPT.replace("NAME", name)}</script></html>"""


@contextmanager
def module_page(pages: dict[str, str]) -> Iterator[str]:
    """Serve pages by path, and all modules, on 127.0.0.1; the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            module = FOLDER / path.removeprefix("/modules/")
            if path in pages:
                kind, data = "text/html", pages[path].encode()
            elif path.startswith("/modules/") and module.parent == FOLDER and module.is_file():
                kind, data = "text/javascript", module.read_bytes()
            else:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
