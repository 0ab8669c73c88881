"""A person's hand on the page: it counts what it does, and cannot reach what nobody could."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.ui.driver import distance, until

# the middle of what can be pressed there, or null: it is hidden, outside the window, or something lies on it
PLACE = """(selector) => {
  for (const element of document.querySelectorAll(selector)) {
    const box = element.getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    if (!box.width || !box.height || element.disabled || element.closest('[inert]')) continue;
    const hit = document.elementFromPoint(x, y);
    if (hit && (element.contains(hit) || hit.contains(element) || hit.closest('label')?.control === element)) return [x, y];
  }
  return null;
}"""
THERE = """(selector) => [...document.querySelectorAll(selector)].some(
  (e) => e.checkVisibility() && !e.disabled && !e.closest('[inert]'))"""
SCROLL = """(selector) => [...document.querySelectorAll(selector)].find((e) => e.offsetParent)?.scrollIntoView({block: 'center'})"""


class Hand:
    """Clicks, drags and keys, counted.

    Args:
        page: of the browser.

    Attributes:
        done: how many "opens" (a file was chosen or dropped), "clicks", "drags", "keys" and "scrolls" there were.
        seconds: measured times, by what they are of.
    """

    def __init__(self, page: Any) -> None:
        self.page = page
        self.done: Counter[str] = Counter()
        self.seconds: dict[str, float] = {}
        self.notes: list[str] = []
        # the browser tells of dialogs for files from now on: it would begin too late for the first click
        page.on("filechooser", lambda _: None)
        self._began = time.monotonic()

    def since(self, name: str) -> None:
        """Note how long the job took until now."""
        self.seconds[name] = round(time.monotonic() - self._began, 2)

    def at(self, selector: str) -> tuple[float, float]:
        """Return where to press. What lies outside the window, or under something, costs a scroll."""
        self.page.wait_for_function(THERE, arg=selector)
        if (found := self.page.evaluate(PLACE, selector)) is None:
            self.page.evaluate(SCROLL, selector)
            self.done["scrolls"] += 1
            found = self.page.wait_for_function(f"(s) => ({PLACE})(s)", arg=selector).json_value()
        return found[0], found[1]

    def click(self, selector: str, *held: str) -> None:
        x, y = self.at(selector)
        for key in held:
            self.page.keyboard.down(key)
        self.page.mouse.click(x, y)
        for key in held:
            self.page.keyboard.up(key)
        self.done["clicks"] += 1

    def drag(self, selector: str, to: tuple[float, float]) -> None:
        """Drag from the middle of something to a point of the window."""
        x, y = self.at(selector)
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        for i in range(1, 13):
            mouse.move(x + (to[0] - x) * i / 12, y + (to[1] - y) * i / 12)
        mouse.up()
        self.done["drags"] += 1

    def give(self, tile: str, slot: str) -> None:
        """Drag a tile of the filmstrip onto a place for pictures."""
        self.drag(tile, self.at(slot))

    def slide(self, name: str, share: float) -> None:
        """Drag a slider's thumb from the middle to a share, −1…1, of its track."""
        track = f"#slider-{name} input[type=range]"
        x, y = self.at(track)
        width = self.page.locator(track).bounding_box()["width"]
        self.drag(track, (x + share * (width / 2 - 9), y))
        until(lambda: distance(self.page, name) != 0, 5)

    def key(self, keys: str) -> None:
        self.page.keyboard.press(keys)
        self.done["keys"] += 1

    def open(self, opener: str, *paths: Path) -> None:
        """Press what opens the system's dialog for files, and choose some."""
        x, y = self.at(opener)
        with self.page.expect_file_chooser() as chooser:
            self.page.mouse.click(x, y)
        chooser.value.set_files([str(path) for path in paths])
        self.done["opens"] += 1

    @contextmanager
    def saving(self, folder: Path) -> Any:
        """Keep in a folder what is taken home; its path is in the list that this gives."""
        found: list[Path] = []
        with self.page.expect_download() as download:
            yield found
        found.append(folder / download.value.suggested_filename)
        download.value.save_as(found[0])


def counted(done: Counter[str]) -> str:
    """Say counts in words, such as "1 open, 2 clicks, 1 drag"."""
    kinds: Iterable[str] = ("opens", "clicks", "drags", "keys", "scrolls")
    parts = [
        f"{done[kind]} {kind[: None if done[kind] > 1 else -1]}" for kind in kinds if done[kind]
    ]
    return ", ".join(parts) or "nothing"
