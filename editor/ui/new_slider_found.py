"""Directions to choose from, with what each does to the shown picture: that nobody named, and of files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from editor.errors import OptionError
from editor.sliders.boundary import Boundary
from editor.sliders.imported import is_imported
from editor.sliders.teach import discover
from editor.ui.edit import QUIET, EditPanel
from editor.ui.in_place import tells_in_place
from editor.ui.new_slider_answers import Sliders, shown_code, stops
from editor.ui.new_slider_files import given_sliders
from editor.ui.own_sliders import add_slider, mine
from editor.ui.page_context import PageContext
from editor.ui.state import Visitor

FOUND = 8
METHODS = ("sefa", "pca")  # from the weights, from the codes
OF_FILES = "files"


class FoundSliders:
    """What the sheet does with directions that were discovered, or are of files.

    Args:
        page: what the panels share.
        sheet: that shows them.
    """

    def __init__(self, page: PageContext, sheet: gr.HTML) -> None:
        self.page, self.sheet = page, sheet
        self.directions = gr.State((), time_to_live=3600)

    def connect(self, edit: EditPanel) -> list[Any]:
        """Connect the components. Return the events."""
        visitor, sheet = self.page.visitor, self.sheet
        asked = [visitor, sheet]
        search = sheet.play(self.discovered, asked, [sheet, self.directions], **QUIET)
        kept = sheet.select(self.kept, [*asked, self.directions], [visitor, sheet], **QUIET)
        kept.success(**edit.refresh)
        sheet.collapse(None, cancels=[search])
        return [search, kept]

    @tells_in_place
    def discovered(self, visitor: Visitor, asked: dict[str, Any] | None) -> Iterator[Any]:
        """Find directions. Yield them one by one with what each does to the shown picture."""
        visitor = self.page.store.newest(visitor)
        editor, method = self.page.editor(visitor), (asked or {}).get("method") or METHODS[0]
        if method == OF_FILES:
            yield from self._of_files(visitor, asked)
            return
        if method not in METHODS:
            raise OptionError(f"method '{method[:20]}' is not known")
        yield {self.sheet: {"found": [], "working": "Looking for directions…"}}
        found = tuple(discover(editor.engine, method, FOUND))
        wp, rows = shown_code(editor, visitor.project), []
        for count, slider in enumerate(found, 1):
            rows.append({"title": slider.info.title, "sources": stops(editor, wp, slider)})
            working = "" if count == len(found) else f"Direction {count} of {len(found)}"
            answer = {"found": list(rows), "working": working}
            yield {self.sheet: answer, self.directions: found[:count]}

    def _of_files(self, visitor: Visitor, asked: dict[str, Any] | None) -> Iterator[Any]:
        yield {self.sheet: {"found": [], "working": "Reading the files…"}}
        sliders: list[Boundary] = []
        rows: list[dict[str, Any]] = []
        for slider, row in given_sliders(self.page, visitor, asked):
            sliders.append(slider)
            rows.append(row)
            answer = {"found": list(rows), "working": f"Direction {len(rows)}"}
            yield {self.sheet: answer, self.directions: tuple(sliders)}
        yield {self.sheet: {"found": rows, "working": ""}, self.directions: tuple(sliders)}

    @tells_in_place
    def kept(self, visitor: Visitor, asked: dict[str, Any] | None, found: Sliders) -> Any:
        """Make a direction a slider of the visit, under a name. Where there are more to keep, the sheet stays."""
        row = int((asked or {}).get("row") or 0)
        if not 0 <= row < len(found):
            raise OptionError("that direction is not there any more; press Surprise me again")
        title = (asked or {}).get("name") or ""
        visitor, title = add_slider(self.page, visitor, found[row], title)
        told = {"added": title}
        if is_imported(found[row].info.facts):
            told = {"said": f"'{title}' is among the sliders now."}
        return {self.page.visitor: visitor, self.sheet: told | {"mine": mine(visitor)}}
