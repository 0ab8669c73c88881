"""The tab Mix: shape of one picture, style of another, many by many."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

import gradio as gr
import torch

from editor import Edit
from editor.editing.mix import USUAL, layer_groups, mix_grid
from editor.errors import OptionError
from editor.media.images import encode_image
from editor.media.sheets import table_of
from editor.ui.components import picker, rows
from editor.ui.edit import QUIET, EditPanel
from editor.ui.guard import guarded, guarded_steps, in_passing
from editor.ui.shell import DOWNLOAD, Shell, keep_picture
from editor.ui.state import Visitor, data_uri, png_uri
from editor.ui.values import chosen_of, chosen_there, painted_warning, picker_value, status

MOST = 6
GROUPS = tuple(layer_groups(10))


class MixPanel:
    """The tab's components and what they do.

    Args:
        shell: what the panels share.
        edit: the tab Edit, onto whose picture an edit of the history is dragged.
        tab: of the panel.
    """

    def __init__(self, shell: Shell, edit: EditPanel, tab: gr.Tab) -> None:
        self.shell = shell
        with gr.Row(elem_classes="panel-row"):
            with gr.Column(scale=1):
                self.contents = picker("contents", "These pictures keep what is not taken")
                self.styles = picker("styles", "From these is taken")
                strengths = [
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
                line = gr.HTML(status(""), elem_id="mix-status", padding=False)
                with gr.Row():
                    save = gr.Button("Save the grid", size="sm", elem_id="mix-save")
                    cancel = gr.Button("Cancel", size="sm", elem_id="mix-cancel")
        pickers = [self.contents, self.styles]
        given = [shell.visitor, *pickers, *strengths]
        made: dict[str, Any] = {
            "fn": self.make,
            "inputs": given,
            "outputs": [self.grid, line],
            **QUIET,
        }
        jobs = [
            event(self.show, [shell.visitor, *pickers], pickers, **QUIET).success(**made)
            for event in (tab.select, shell.changed)
        ]
        jobs.append(
            gr.on(
                [self.contents.select, self.styles.select, *(s.change for s in strengths)],
                trigger_mode="always_last",
                **made,
            )
        )
        cancel.click(
            lambda: status("Stopped; click one of those that are there to go on with it."),
            None,
            line,
            cancels=jobs,
            **QUIET,
        )
        self.grid.select(
            self.keep, [*given, self.grid], [shell.visitor, shell.strip, line], **QUIET
        ).success(**shell.refresh)
        shell.strip.apply(
            self.dropped,
            [shell.visitor, shell.strip, edit.panel, edit.layers, *strengths],
            [shell.visitor, edit.status],
            **QUIET,
        ).success(**shell.refresh)
        save.click(self.save, given, shell.file, **QUIET).success(
            None, shell.file, None, js=DOWNLOAD
        )

    @guarded
    def show(
        self, visitor: Visitor, contents: dict[str, Any] | None, styles: dict[str, Any] | None
    ) -> tuple[Any, Any]:
        """The pictures as they are now."""
        return tuple(
            picker_value(visitor.project, chosen_of(value), MOST) for value in (contents, styles)
        )  # type: ignore[return-value]

    @in_passing
    @guarded_steps
    def make(
        self,
        visitor: Visitor,
        contents: dict[str, Any] | None,
        styles: dict[str, Any] | None,
        *strengths: float,
    ) -> Iterator[tuple[Any, str]]:
        """Every content with every style; yields the grid after each row."""
        left, top = self._edits(visitor, contents), self._edits(visitor, styles)
        if not left or not top:
            yield {"rows": []}, status("Choose a picture in both lists.")
            return
        codes, editor = self._codes(left, top, strengths), self.shell.editor(visitor)
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

    @guarded
    def keep(
        self,
        visitor: Visitor,
        contents: dict[str, Any] | None,
        styles: dict[str, Any] | None,
        *given: Any,
    ) -> tuple[Any, ...]:
        """The mixture that was clicked becomes a picture of the visit."""
        *strengths, grid = given
        chosen = (grid or {}).get("chosen") or {}
        row, column = int(chosen.get("row", 0)) - 1, int(chosen.get("column", -1))
        left, top = self._edits(visitor, contents), self._edits(visitor, styles)
        if not (0 <= row < len(left) and 0 <= column < len(top)):
            raise OptionError("that mixture is not there any more; choose the pictures again")
        code = self._codes(left, top, tuple(strengths))[row, column]
        editor = self.shell.editor(visitor)
        of = chosen_there(visitor.project, contents, MOST)[row]
        visitor, strip = keep_picture(visitor, editor, editor.edit(code), "Mixture", "mixed", of)
        return visitor, strip, status("It is in Edit and in the Library now.")

    @guarded
    def dropped(
        self,
        visitor: Visitor,
        strip: dict[str, Any] | None,
        panel: dict[str, Any] | None,
        layers: str,
        *strengths: float,
    ) -> tuple[Visitor, str]:
        """An edit of the history is mixed into the shown picture, as strongly as this tab says."""
        project, index = visitor.project, int((strip or {}).get("chosen", -1))
        other = project.go(index).node
        taken = [name for name, strength in zip(GROUPS, strengths, strict=True) if strength > 0]
        if not taken:
            raise OptionError("the tab Mix says to take nothing; raise one of its sliders first")
        if other is None or index == project.at:
            raise OptionError("this is the picture itself; take another one of the history")
        editor = self.shell.editor(visitor)
        content = self.shell.handlers.edit(visitor, panel, layers)
        style = project.edit(editor, other)
        code = self._codes([content], [style], strengths)[0, 0]
        what, name = " and ".join(taken), project.picture(other.picture).name
        if torch.equal(code, content.wp_edited):
            raise OptionError(f"the two have the same {what}; the tab Mix can take more")
        made, node = editor.edit(code), project.node
        of = "" if node is None else node.picture
        visitor, _ = keep_picture(visitor, editor, made, "Mixture", f"with {name}", of)
        said = f"It took the {what} of '{html.escape(name)}'. The tab Mix says what is taken."
        return visitor, status(said)

    @guarded
    def save(
        self,
        visitor: Visitor,
        contents: dict[str, Any] | None,
        styles: dict[str, Any] | None,
        *strengths: float,
    ) -> dict[str, str]:
        """The grid with the pictures that it was made of, as one PNG."""
        left, top = self._edits(visitor, contents), self._edits(visitor, styles)
        if not left or not top:
            raise OptionError("choose a picture in both lists first")
        editor = self.shell.editor(visitor)
        codes = self._codes(left, top, strengths).flatten(0, 1)
        cells = editor.engine.render(codes)
        sheet = table_of([editor.render(e) for e in left], [editor.render(e) for e in top], cells)
        return {"name": "mixed.png", "uri": png_uri(encode_image(sheet, "PNG"))}

    def _edits(self, visitor: Visitor, value: dict[str, Any] | None) -> list[Edit]:
        project, editor = visitor.project, self.shell.editor(visitor)
        names = chosen_there(project, value, MOST)
        return [project.edit(editor, project.latest(name)) for name in names]

    @staticmethod
    def _codes(left: list[Edit], top: list[Edit], strengths: tuple[float, ...]) -> torch.Tensor:
        return mix_grid(
            torch.stack([e.wp_edited for e in left]),
            torch.stack([e.wp_edited for e in top]),
            dict(zip(GROUPS, map(float, strengths), strict=True)),
        )
