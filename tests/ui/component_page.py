"""One component in a browser, without a server: what that would answer is said by the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from editor.ui.components.html_component import asset, stylesheet
from editor.ui.modules import FOLDER

URL = "http://component.invalid/"
TOKENS = """
:root { --space-1: 4px; --space-2: 8px; --space-3: 12px; --space-4: 16px; --space-5: 24px; --space-6: 32px;
  --radius: 4px; --radius-card: 8px; --control: 32px; --canvas: #E9E9E9; --panel: #FFFFFF; --raised: #F4F4F4;
  --line: #D6D6D6; --text: #1C1C1C; --text-2: #5C5C5C; --accent: #0B63CE; --on-accent: #FFFFFF; --good: #1F7A45;
  --bad: #B3261E; font: 13px/20px system-ui, sans-serif; }
.dark { --canvas: #141414; --panel: #1E1E1E; --raised: #282828; --line: #383838; --text: #EDEDED; --text-2: #A8A8A8;
  --accent: #6CB2FF; --on-accent: #101824; --good: #4CC38A; --bad: #FF8A80; color-scheme: dark; }
@media (pointer: coarse) { :root { --control: 44px; } }
* { box-sizing: border-box; } body { margin: 0; background: var(--panel); }
"""
# Gradio's way: what is set on `props` reaches whoever watches, also the one that set it
START = """
import { start } from '/modules/NAME.js';
import { change, hear, now, tell } from '/modules/page_state.js';
const watchers = [];
let value = null;
window.sent = [];
window.told = [];
window.shared = { change, hear, now, tell };
for (const name of ['proposal', 'patch']) hear(name, (what) => told.push([name, what]));
window.props = {
  get value() { return value; },
  set value(next) { value = next; watchers.forEach((one) => queueMicrotask(one)); },
};
change(STATE);
start({
  element: document.getElementById('component'), props: window.props, server: null, upload: null,
  trigger: (event) => sent.push({ event, value: structuredClone(value) }),
  watch: (_, one) => watchers.push(one),
});
window.ready = true;
"""


@contextmanager
def component_page(
    browser: Any, name: str, state: str = "{}", theme: str = "dark", **options: Any
) -> Iterator[Any]:
    """A page with the component alone, and a filmstrip of two tiles.

    `sent` lists what it sent, `told` what it told the page, `answer` gives it a value of the server.

    Args:
        browser: of Playwright.
        name: of the component and its module.
        state: what the page shares at first, in JavaScript.
        theme: "dark" or "light".
        options: of the page, such as its viewport.
    """
    tiles = "".join(
        f'<div class="picture" data-key="p:{name}"><button class="go">{name}</button></div>'
        for name in ("p1", "p2")
    )
    style = (
        f"{TOKENS}{stylesheet()} body {{ display: flex; flex-direction: column; height: 100vh; }}"
    )
    script = START.replace("NAME", name).replace("STATE", state)
    markup = (
        f'<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><style>'
        f'{style}</style><body class="{theme}"><div id="component">{asset(f"{name}.html")}</div><div '
        f'id="filmstrip">{tiles}</div><script type="module">{script}</script></body></html>'
    )

    def fulfil(route: Any) -> None:
        path = route.request.url.removeprefix(URL)
        if path.startswith("modules/"):
            body = (FOLDER / path.removeprefix("modules/")).read_text(encoding="utf-8")
            route.fulfill(body=body, content_type="text/javascript; charset=utf-8")
        else:
            route.fulfill(body=markup if not path else "", content_type="text/html; charset=utf-8")

    page = browser.new_page(**options)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_default_timeout(10_000)
    page.route(f"{URL}**", fulfil)
    page.goto(URL)
    page.wait_for_function("() => window.ready")
    yield page
    page.close()
    assert errors == []


def answer(page: Any, value: dict[str, Any]) -> None:
    """Give the component a value of the server, and wait until it is drawn."""
    page.evaluate(
        "async (v) => { props.value = v; for (let i = 0; i < 3; i += 1) await new Promise(requestAnimationFrame); }",
        value,
    )


def sent(page: Any, event: str) -> dict[str, Any]:
    """What the component sent last with an event."""
    page.wait_for_function("(e) => sent.some((one) => one.event === e)", arg=event)
    return page.evaluate("(e) => sent.findLast((one) => one.event === e).value", event)


def give(page: Any, selector: str, picture: str, node: int | None = None) -> None:
    """Drop a tile of the filmstrip."""
    page.evaluate(
        """([selector, detail]) => document.querySelector(selector)
        .dispatchEvent(new CustomEvent('give', { bubbles: true, detail }))""",
        [selector, {"picture": picture, "node": node}],
    )
