"""What the browser tests do again and again."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]
ROOT = Path(__file__).resolve().parents[2]
AFTER = "#picture img.after"
CALLS = (Path(__file__).parent / "calls.js").read_text()  # goes into every page before its own
MOVE = """async ([name, value, rests]) => {
  const state = await import(`${(window.gradio_config || {}).root || ''}/modules/page_state.js`);
  state.change({ moves: { ...state.now().moves, [name]: value } });
  if (rests) state.tell('rest');
}"""
DISTANCE = """async (name) => {
  const state = await import(`${(window.gradio_config || {}).root || ''}/modules/page_state.js`);
  return state.now().moves[name] || 0;
}"""
START = "\nimport runpy; runpy.run_path('app.py', run_name='__main__')"


def until(condition: Callable[[], T], seconds: float = 30.0, every_s: float = 0.05) -> T:
    """Ask again and again; what the condition gave first that is true, or last in that time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(every_s)
    return found


def opened(browser, url: str | None, patience_ms: int = 60_000, **options):
    """A new tab, of a browser or of a context, on which `settled` and `kept` can wait."""
    page = browser.new_page(**options)
    page.set_default_timeout(patience_ms)
    page.add_init_script(CALLS)
    if url is not None:
        page.goto(url)
        page.wait_for_selector(f"{AFTER}[src]")
    return page


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine returns; in a thread, since the browser's driver has a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result(timeout=60)


def frames(page, count: int) -> None:
    """Until the browser has drawn so many times."""
    page.evaluate("count => calls.frames(count)", count)


def settled(page) -> None:
    """Until the page waits for no answer of the server, and has drawn the last one."""
    page.wait_for_function("() => calls.settled()")


def asked(page, name: str, event: str) -> None:
    """Until the server has answered such an event of a component, at any time since the start."""
    page.wait_for_function("([name, event]) => calls.last(name, event)?.data", arg=[name, event])


def kept(page, photos: int | None = None) -> None:
    """Until the browser's own record is what the server said of the visit after its last change.

    Args:
        page: of `opened`.
        photos: how many are kept with it; None: all that it has.
    """
    found = page.evaluate("photos => calls.kept(photos, 60_000)", photos)
    assert found, "the visit was not kept"


def resized(page, width: int, height: int = 844) -> None:
    """Another size of the window, and all that follows from it."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function("width => innerWidth === width", arg=width)
    settled(page)


def shows(page, expected: str) -> None:
    """Until the picture is this one."""
    page.wait_for_function(
        "([s, now]) => document.querySelector(s).src === now", arg=[AFTER, expected]
    )


def source(page) -> str:
    return page.get_attribute(AFTER, "src")


def wait_for_change(page, before: str) -> str:
    page.wait_for_function(
        "([s, old]) => document.querySelector(s).src !== old", arg=[AFTER, before]
    )
    return source(page)


def invert(page, path: Path, steps: int = 12) -> None:
    page.set_input_files("#photo input[type=file]", str(path))
    page.wait_for_selector("#square .crop:not([hidden])")
    page.click("text=Advanced")
    field = page.get_by_label("Most steps")
    field.fill(str(steps))
    field.press("Tab")
    page.click("#invert")
    page.wait_for_selector("#status :text('Done')")


def slide(page, name: str, value: float, rests: bool = True) -> None:
    """Put a slider at a distance, in units of codes, and let it go, or not yet."""
    page.evaluate(MOVE, [name, value, rests])


def distance(page, name: str) -> float:
    """Where a slider is, in units of codes."""
    return page.evaluate(DISTANCE, name)


def move(page, name: str, value: float) -> None:
    """Move a slider to a distance, in units of codes, and let it go: one edit more."""
    nodes = page.locator("#filmstrip .step").count()
    slide(page, name, value)
    page.wait_for_function(
        "n => document.querySelectorAll('#filmstrip .step').length > n", arg=nodes
    )


@contextmanager
def served(root: Path, log: Path, patch: str = "") -> Iterator[str]:
    """The app as a process of its own, after some lines of Python; its address."""
    with serving(root, log, patch) as (url, _):
        yield url


@contextmanager
def serving(
    root: Path,
    log: Path,
    patch: str = "",
    environment: dict[str, str] | None = None,
    options: tuple[str, ...] = (),
) -> Iterator[tuple[str, subprocess.Popen]]:
    """As `served`, and the process, with some variables of its environment and more options set."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", patch + START),
                *("--port", str(port), "--root", str(root), *options),
            ],
            cwd=ROOT,
            env=os.environ | (environment or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # also under nohup
        )
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            return bool(urllib.request.urlopen(url, timeout=2).read())
        except OSError:
            return False

    assert until(answers, 90, 0.2), "the page did not come up"
    try:
        yield url, process
    finally:
        process.terminate()
        process.wait(timeout=20)
    assert "Traceback" not in log.read_text(), log.read_text()
