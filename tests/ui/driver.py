"""What the browser tests do again and again."""

from __future__ import annotations

import asyncio
import base64
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
STAGE = "#stage .stage"
OPEN = "#stage input.open"  # takes a photo
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
DROP = """([data, name]) => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  const target = document.querySelector('#stage');
  for (const kind of ['dragover', 'drop']) {
    target.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
  }
}"""
START = "\nimport runpy; runpy.run_path('app.py', run_name='__main__')"


def until(condition: Callable[[], T], seconds: float = 30.0, every_s: float = 0.05) -> T:
    """Ask again and again; what the condition gave first that is true, or last in that time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(every_s)
    return found


def opened(browser, url: str | None, patience_ms: int = 15_000, **options):
    """A new tab, of a browser or of a context, on which `settled` and `kept` can wait."""
    page = browser.new_page(**options)
    page.set_default_timeout(patience_ms)
    page.add_init_script(CALLS)
    if url is not None:
        page.goto(url)
        ready(page)
    return page


def ready(page) -> None:
    """Until the page has started, also after a reload, and shows what was kept of its visit."""
    page.wait_for_function("() => calls.stage()")
    asked(page, "browser-storage", "submit")
    settled(page)


def complaints(page) -> list[str]:
    """A list that grows with every error of the page's scripts, and every one that its console tells."""
    told: list[str] = []
    page.on("pageerror", lambda error: told.append(str(error)))

    def tells(line) -> None:
        broken_off = line.text.startswith(("AbortError", "Unexpected error Connection errored out"))
        if line.type == "error" and not broken_off:  # as a reload does with what Gradio reads
            told.append(f"{line.text} ({line.location['url']})")

    page.on("console", tells)
    return told


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


def source(page) -> str:
    """A fingerprint of the photo with its edit, as the stage shows it, at the photo's own size."""
    return page.evaluate("() => calls.shown()")


def shows(page, expected: str) -> None:
    """Until the stage shows this, by `source`."""
    assert page.evaluate("now => calls.shows(now, true, 30_000)", expected), source(page)


def wait_for_change(page, before: str) -> str:
    """Until the stage shows something else, by `source`; what it shows then."""
    found = page.evaluate("old => calls.shows(old, false, 30_000)", before)
    assert found, "the stage shows what it showed"
    return found


def in_state(page, *states: str) -> str:
    """Until the stage is in one of these states: which."""
    wanted = ", ".join(f"{STAGE}[data-state={state}]" for state in states)
    return page.locator(wanted).get_attribute("data-state")


def most_steps(page, count: int) -> None:
    """Set how many steps an inversion takes at most."""
    field = page.get_by_label("Most steps")
    if not field.is_visible():
        page.click("#advanced button.label-wrap")
    field.fill(str(count))
    field.press("Tab")
    page.click("#advanced button.label-wrap")
    field.wait_for(state="hidden")


def give(page, path: Path) -> None:
    """Open a photo. The stage is at work when this returns, unless the browser refused the file."""
    page.set_input_files(OPEN, str(path))


def drop(page, path: Path) -> None:
    """Drop a photo onto the page, as a hand does."""
    data = base64.b64encode(path.read_bytes()).decode()
    page.evaluate(DROP, [data, path.name])


def invert(page, path: Path, steps: int = 12) -> None:
    """Open a photo, with the frame as it was found, until all its faces are read."""
    most_steps(page, steps)
    give(page, path)
    if in_state(page, "frame", "done") == "frame":
        page.click("#stage [data-send=release]")
        in_state(page, "done")
    settled(page)


def go_to(page, place: str) -> None:
    """Open a place, "edit", "animate" or "library": by the header, or its menu where that is narrow."""
    button = page.locator(f"#header-bar .places [data-place={place}]")
    if button.is_visible():
        button.click()
    else:
        page.click("#header-bar .menu-opener")
        page.click(f"#header-bar [role=menuitem]:has-text('{place.capitalize()}')")
    page.wait_for_function("place => document.body.dataset.place === place", arg=place)


def slide(page, name: str, value: float, rests: bool = True) -> None:
    """Put a slider at a distance, in units of codes, and let it go, or not yet."""
    page.evaluate(MOVE, [name, value, rests])


def distance(page, name: str) -> float:
    """Where a slider is, in units of codes."""
    return page.evaluate(DISTANCE, name)


def place(page, name: str) -> float:
    """Where a slider is, as its number says: 100 is the end of the measured range."""
    return float(page.input_value(f"#slider-{name} input[type=number]"))


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
