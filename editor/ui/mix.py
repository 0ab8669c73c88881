"""The tab Mix: shape of one picture, style of another, many by many."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

import gradio as gr
import torch

from editor.editing.edit import Edit
from editor.editing.mix import USUAL, layer_groups, mix_grid
from editor.errors import OptionError
from editor.media.images import encode_image
from editor.media.sheets import table_of
from editor.ui.component_values import (
    chosen_of,
    chosen_there,
    painted_warning,
    picker_value,
    status,
)
from editor.ui.components.picker import picker
from editor.ui.components.rows import rows
from editor.ui.data_uris import data_uri, png_uri
from editor.ui.edit import QUIET, EditPanel
from editor.ui.error_messages import tells_errors
from editor.ui.page_context import Hook, PageContext, keep_picture
from editor.ui.scripts import script
from editor.ui.state import Visitor
from editor.ui.turns import in_passing

MOST = 6
GROUPS = tuple(layer_groups(10))


class MixPanel:
    """The tab's components and what they do.

    Args:
        page: what the panels share.
    """

    def __init__(self, page: PageContext) -> None:
        self.page = page
        with gr.Tab("Mix", id="mix") as self.tab, gr.Row(elem_classes="panel-row"):
            with gr.Column(scale=1):
                self.contents = picker("contents", "These pictures keep what is not taken")
                self.styles = picker("styles", "From these is taken")
                self.strengths = [
                    gr.Slider(
                        0,
                        1,
                        USUAL.get(name, 0.0),
                        step=0.05,
                        label=f"How much {name}",
                        elem_id=f"mix-{name.split()[0]}",
                    )
                    for name in GROUPS
                ]
            with gr.Column(scale=2):
                self.grid = rows("mix-grid")
                self.line = gr.HTML(status(""), elem_id="mix-status", padding=False)
                with gr.Row():
                    self.save_button = gr.Button("Save the grid", size="sm", elem_id="mix-save")
                    self.cancel_button = gr.Button("Cancel", size="sm", elem_id="mix-cancel")

    def connect(self, edit: EditPanel, changed: Hook) -> None:
        """Connect the components, and the dragging of an edit onto the picture of the tab Edit."""
        page = self.page
        pickers = [self.contents, self.styles]
        given = [page.visitor, *pickers, *self.strengths]
        made: dict[str, Any] = {
            "fn": self.make,
            "inputs": given,
            "outputs": [self.grid, self.line],
            **QUIET,
        }
        jobs = [
            event(self.show, [page.visitor, *pickers], pickers, **QUIET).success(**made)
            for event in (self.tab.select, changed)
        ]
        jobs.append(
            gr.on(
                [self.contents.select, self.styles.select, *(s.change for s in self.strengths)],
                trigger_mode="always_last",
                **made,
            )
        )
        self.cancel_button.click(
            lambda: status("Stopped; click one of those that are there to go on with it."),
            None,
            self.line,
            cancels=jobs,
            **QUIET,
        )
        self.grid.select(
            self.keep, [*given, self.grid], [page.visitor, page.strip, self.line], **QUIET
        ).success(**edit.refresh)
        page.strip.apply(
            self.dropped,
            [page.visitor, page.strip, edit.panel, edit.layers, *self.strengths],
            [page.visitor, edit.status],
            **QUIET,
        ).success(**edit.refresh)
        self.save_button.click(self.save, given, page.file, **QUIET).success(
            None, page.file, None, js=script("download")
        )

    @tells_errors
    def show(
        self, visitor: Visitor, contents: dict[str, Any] | None, styles: dict[str, Any] | None
    ) -> tuple[Any, Any]:
        """Show the pictures as they are now."""
        visitor = self.page.store.newest(visitor)
        return tuple(
            picker_value(visitor.project, chosen_of(value), MOST) for value in (contents, styles)
        )  # type: ignore[return-value]

    @in_passing
    @tells_errors
    def make(
        self,
        visitor: Visitor,
        contents: dict[str, Any] | None,
        styles: dict[str, Any] | None,
        *strengths: float,
    ) -> Iterator[tuple[Any, str]]:
        """Mix every content with every style. Yield the grid after each row."""
        visitor = self.page.store.newest(visitor)
        left, top = self._edits(visitor, contents), self._edits(visitor, styles)
        if not left or not top:
            yield {"rows": []}, status("Choose a picture in both lists.")
            return
        codes, editor = self._codes(left, top, strengths), self.page.editor(visitor)
        head = {
            "sources": [data_uri(editor.render(e)) for e in top],
            "closed": True,
            "lead": png_uri(b""),
        }
        table: list[dict[str, Any]] = [head | {"title": "taken from"}]
        project = visitor.project
        names = {n for v in (contents, styles) for n in chosen_there(project, v, MOST)}
        warning = painted_warning(project, [project.latest(name) for name in sorted(names)])
        said = f"Click one to go on with it.{warning}"
        for edit, row in zip(left, codes, strict=True):
            images = editor.engine.render(row)
            table.append(
                {
                    "title": "",
                    "lead": data_uri(editor.render(edit)),
                    "leadAlt": "The picture that is changed",
                    "sources": [data_uri(image) for image in images],
                    "names": [f"mixture {i + 1}" for i in range(len(images))],
                }
            )
            line = said if len(table) > len(left) else f"Row {len(table) - 1} of {len(left)}"
            yield {"rows": list(table), "cells": True}, status(line)

    @tells_errors
    def keep(
        self,
        visitor: Visitor,
        contents: dict[str, Any] | None,
        styles: dict[str, Any] | None,
        *given: Any,
    ) -> tuple[Any, ...]:
        """Make the clicked mixture a picture of the visit."""
        visitor = self.page.store.newest(visitor)
        *strengths, grid = given
        chosen = (grid or {}).get("chosen") or {}
        row, column = int(chosen.get("row", 0)) - 1, int(chosen.get("column", -1))
        left, top = self._edits(visitor, contents), self._edits(visitor, styles)
        if not (0 <= row < len(left) and 0 <= column < len(top)):
            raise OptionError("that mixture is not there any more; choose the pictures again")
        code = self._codes(left, top, tuple(strengths))[row, column]
        editor = self.page.editor(visitor)
        of = chosen_there(visitor.project, contents, MOST)[row]
        visitor, strip = keep_picture(
            self.page.store, visitor, editor, editor.edit(code), "Mixture", "mixed", of
        )
        return visitor, strip, status("It is in Edit and in the Library now.")

    @tells_errors
    def dropped(
        self,
        visitor: Visitor,
        strip: dict[str, Any] | None,
        panel: dict[str, Any] | None,
        layers: str,
        *strengths: float,
    ) -> tuple[Visitor, str]:
        """Mix an edit of the history into the shown picture, as strongly as this tab says."""
        visitor = self.page.store.newest(visitor)
        project, index = visitor.project, int((strip or {}).get("chosen", -1))
        other = project.go(index).node
        taken = [name for name, strength in zip(GROUPS, strengths, strict=True) if strength > 0]
        if not taken:
            raise OptionError("the tab Mix says to take nothing; raise one of its sliders first")
        if other is None or index == project.at:
            raise OptionError("this is the picture itself; take another one of the history")
        editor = self.page.editor(visitor)
        content = self.page.handlers.edit(visitor, panel, layers)
        style = project.edit(editor, other)
        code = self._codes([content], [style], strengths)[0, 0]
        what, name = " and ".join(taken), project.picture(other.picture).name
        if torch.equal(code, content.wp_edited):
            raise OptionError(f"the two have the same {what}; the tab Mix can take more")
        made, node = editor.edit(code), project.node
        of = "" if node is None else node.picture
        visitor, _ = keep_picture(
            self.page.store, visitor, editor, made, "Mixture", f"with {name}", of
        )
        said = f"It took the {what} of '{html.escape(name)}'. The tab Mix says what is taken."
        return visitor, status(said)

    @tells_errors
    def save(
        self,
        visitor: Visitor,
        contents: dict[str, Any] | None,
        styles: dict[str, Any] | None,
        *strengths: float,
    ) -> dict[str, str]:
        """Return the grid with the pictures that it was made of, as one PNG."""
        visitor = self.page.store.newest(visitor)
        left, top = self._edits(visitor, contents), self._edits(visitor, styles)
        if not left or not top:
            raise OptionError("choose a picture in both lists first")
        editor = self.page.editor(visitor)
        codes = self._codes(left, top, strengths).flatten(0, 1)
        cells = editor.engine.render(codes)
        sheet = table_of([editor.render(e) for e in left], [editor.render(e) for e in top], cells)
        return {"name": "mixed.png", "uri": png_uri(encode_image(sheet, "PNG"))}

    def _edits(self, visitor: Visitor, value: dict[str, Any] | None) -> list[Edit]:
        project, editor = visitor.project, self.page.editor(visitor)
        names = chosen_there(project, value, MOST)
        return [project.edit(editor, project.latest(name)) for name in names]

    @staticmethod
    def _codes(left: list[Edit], top: list[Edit], strengths: tuple[float, ...]) -> torch.Tensor:
        return mix_grid(
            torch.stack([e.wp_edited for e in left]),
            torch.stack([e.wp_edited for e in top]),
            dict(zip(GROUPS, map(float, strengths), strict=True)),
        )
