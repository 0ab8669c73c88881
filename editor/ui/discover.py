"""Discover: directions that nobody named, with what each does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from editor.editing.mix import layer_groups
from editor.errors import OptionError
from editor.sliders.teach import discover
from editor.ui.component_values import status
from editor.ui.components.rows import rows
from editor.ui.edit import QUIET, EditPanel
from editor.ui.error_messages import tells_errors
from editor.ui.own_sliders import Sliders, add_slider, slider_rows
from editor.ui.page_context import PageContext
from editor.ui.state import Visitor

FOUND = 8
SEFA, PCA = "From the weights (SeFa)", "From the codes (PCA)"
METHODS = {SEFA: "sefa", PCA: "pca"}
ALL = "all layers"


class Discover:
    """The fold's components and what they do.

    Args:
        page: what the panels share.
    """

    def __init__(self, page: PageContext) -> None:
        self.page = page
        self.method = gr.Radio(list(METHODS), value=SEFA, label="Where to look")
        self.layers = gr.Radio([ALL, *layer_groups(10)], value=ALL, label="What it may move")
        self.look = gr.Button("Discover", elem_id="discover-run")
        self.found = rows("discovered")
        self.directions = gr.State((), time_to_live=3600)

    def connect(
        self,
        edit: EditPanel,
        name: gr.Textbox,
        line: gr.HTML,
        job: dict[str, Any],
        shown: dict[str, Any],
    ) -> Any:
        """Connect the components. Return the event of the search, to be cancelled.

        Args:
            edit: the tab Edit, which shows the sliders.
            name: what it will be called.
            line: the status of the tab.
            job: options of an event that works long.
            shown: options of an event that brings the tab's lists up to date.
        """
        visitor = self.page.visitor
        search = self.look.click(
            self.discovered,
            [visitor, self.method, self.layers],
            [self.directions, self.found, line],
            **job,
        )
        self.found.select(
            self.kept, [visitor, self.directions, self.found, name], [visitor, line], **QUIET
        ).success(**shown).success(**edit.refresh)
        return search

    @tells_errors
    def discovered(self, visitor: Visitor, method: str, group: str) -> Iterator[tuple[Any, ...]]:
        """Find directions that nobody named. Yield them one by one with what each does."""
        visitor = self.page.store.newest(visitor)
        editor = self.page.editor(visitor)
        layers = None if group == ALL else layer_groups(editor.info.num_ws)[group]
        yield gr.skip(), gr.skip(), status("Looking…")
        found = tuple(discover(editor.engine, METHODS[method], FOUND, layers))
        for count in range(1, len(found) + 1):
            value = {**slider_rows(self.page, visitor, found[:count], 1), "button": "Add"}
            yield found, value, status("Write a name above, then press Add beside a good one.")

    @tells_errors
    def kept(
        self, visitor: Visitor, found: Sliders, value: dict[str, Any] | None, title: str
    ) -> tuple[Visitor, str]:
        """Make a discovered direction a slider of the visit."""
        row = int(((value or {}).get("chosen") or {}).get("row", -1))
        if not 0 <= row < len(found):
            raise OptionError("that direction is not there any more; press Discover again")
        return add_slider(self.page, visitor, found[row], title or found[row].info.title)
