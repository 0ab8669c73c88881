"""What the browser tests do again and again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]
ROOT = Path(__file__).resolve().parents[2]
AFTER = "#picture img.after"
START = "\nimport runpy; runpy.run_path('app.py', run_name='__main__')"


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


def move(page, name: str, value: float) -> None:
    """Drag a slider and let it go: one edit more."""
    nodes = page.locator("#history .node").count()
    thumb = page.locator(f"#slider-{name} input")
    thumb.fill(str(value))
    thumb.dispatch_event("change")
    page.wait_for_function("n => document.querySelectorAll('#history .node').length > n", arg=nodes)


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
        )
    url = f"http://127.0.0.1:{port}"
    started = time.monotonic()
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).read()
            break
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() - started < 90, "the page did not come up"
            time.sleep(0.2)
    try:
        yield url, process
    finally:
        process.terminate()
        process.wait(timeout=20)
    assert "Traceback" not in log.read_text(), log.read_text()
