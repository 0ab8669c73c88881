"""What the browser tests do again and again."""

from __future__ import annotations

import shutil
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
