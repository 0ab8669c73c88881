"""A picture of every state of the page, and what a check finds wrong in each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.ui.driver import CALLS, go_to, settled, slide
from tests.ui.job_list import DONE, OTHER
from tests.ui.job_photos import Photos

AUDIT = (Path(__file__).parent / "job_audit.js").read_text()
DARK = "dark => document.body.classList.toggle('dark', dark)"
STILL = (
    "*, *::before, *::after { transition: none !important; caret-color: transparent !important; }"
)
TELL = """async ([name, value]) => {
  const state = await import(`${window.gradio_config.root || ''}/modules/page_state.js`);
  if (name === 'change') state.change(value); else state.tell(name, value);
}"""


class Gallery:
    """Takes pictures of a page in each scheme.

    Args:
        folder: for the pictures, named SIZE-SCHEME-STATE.png.
        faults: what is wrong, by picture; this adds to it.
    """

    def __init__(
        self, page: Any, folder: Path, schemes: list[str], faults: dict[str, list[str]]
    ) -> None:
        self.page, self.folder, self.schemes, self.faults = page, folder, schemes, faults
        size = page.viewport_size
        self.touch = size["width"] < 700
        self.prefix = f"{size['width']}x{size['height']}"
        page.add_style_tag(content=STILL)

    def take(self, state: str) -> None:
        was = self.page.evaluate("() => document.body.classList.contains('dark')")
        for scheme in self.schemes:
            self.page.evaluate(DARK, scheme == "dark")
            self.page.evaluate("() => calls.frames(3)")
            name = f"{self.prefix}-{scheme}-{state}"
            self.page.screenshot(path=self.folder / f"{name}.png")
            if found := self.page.evaluate(f"({AUDIT})({str(self.touch).lower()})"):
                self.faults[name] = found
        self.page.evaluate(DARK, was)


def _tell(page: Any, name: str, value: Any = None) -> None:
    page.evaluate(TELL, [name, value])


def _place(page: Any, place: str) -> None:
    go_to(page, place)
    settled(page)


def _read(page: Any, path: Path) -> None:
    page.set_input_files("#stage input.open", str(path))
    page.wait_for_selector("#stage .stage[data-state=working]")


def states(browser: Any, url: str, size: tuple[int, int], photos: Photos, gallery: Any) -> None:
    """Go through the states of a page of a size.

    Args:
        gallery: makes a `Gallery` of a page.
    """
    width, height = size
    touch = width < 700
    page = browser.new_page(
        viewport={"width": width, "height": height}, has_touch=touch, is_mobile=touch
    )
    page.set_default_timeout(60_000)
    page.add_init_script(CALLS)
    page.goto(url)
    page.wait_for_selector("#stage .tries img")
    settled(page)
    shots = gallery(page)
    shots.take("empty")
    _stage(page, photos, shots)
    _tools(page, shots, touch)
    _places(page, shots)
    _sheets(page, shots)
    page.close()


def _stage(page: Any, photos: Photos, shots: Gallery) -> None:
    page.set_input_files("#stage input.open", str(photos.broken))
    page.wait_for_selector("#stage .notice:not([hidden])")
    shots.take("error-first")
    page.set_input_files("#stage input.open", str(photos.landscape))
    page.wait_for_selector("#stage .stage[data-state=frame]")
    settled(page)
    shots.take("frame")
    page.click("#stage .asking [data-send=clear]")
    settled(page)
    _read(page, photos.other)
    page.wait_for_selector("#filmstrip .picture", state="attached")
    shots.take("working")
    page.wait_for_selector(DONE)
    settled(page)
    _read(page, photos.group)
    page.wait_for_selector(DONE)
    settled(page)
    shots.take("done")
    slide(page, "smile", 3.0)
    settled(page)
    shots.take("edited")
    page.set_input_files("#stage input.open", str(photos.broken))
    page.wait_for_selector("#stage .notice:not([hidden])")
    shots.take("error")
    page.click("#stage .notice .close")


def _tools(page: Any, shots: Gallery, touch: bool) -> None:
    for tool in ("brush", "blend", "patch"):
        page.click(f"#rail [data-tool={tool}]")
        settled(page)
        shots.take(tool)
    if touch:
        page.click("#rail [data-tool=strip]")
        settled(page)
        shots.take("strip")
    else:
        page.click("#rail [data-tool=blend]")
        page.click("#tool-blend [data-part=from] .slot.empty")
        page.click(OTHER)
        page.wait_for_selector("#tool-blend [data-part=keep]:enabled")
        shots.take("blend-proposal")
        page.keyboard.press("Escape")
        settled(page)
    page.click("#rail [data-tool=sliders]")
    settled(page)


def _places(page: Any, shots: Gallery) -> None:
    _place(page, "animate")
    page.wait_for_selector("#animate-place [data-part=said]:not(:empty)")
    shots.take("animate")
    page.click("#animate-place [data-part=change]")
    page.wait_for_selector("#animate-place [data-part=export]:enabled")
    settled(page)
    shots.take("animate-playing")
    _place(page, "library")
    shots.take("library")
    page.locator("#library-place .tile .go").first.click()
    settled(page)
    shots.take("library-chosen")
    _place(page, "edit")


def _sheets(page: Any, shots: Gallery) -> None:
    for state, event, dialog in (
        ("save", "save-as", "#save-dialog"),
        ("help", "help", "#help"),
        ("explore", "explore", "#explore"),
        ("new-slider", "new-slider", "#new-slider"),
    ):
        _tell(page, event)
        page.wait_for_selector(f"{dialog}[open]")
        if state in ("explore", "new-slider"):
            page.wait_for_selector(f"{dialog} img[src]")
        settled(page)
        shots.take(state)
        page.keyboard.press("Escape")
        page.wait_for_selector(f"{dialog}[open]", state="hidden")
