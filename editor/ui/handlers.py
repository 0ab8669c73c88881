"""What the controls of the tab Edit do; no Gradio components here, only values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr
from PIL import Image

from editor.editing.edit import Edit
from editor.photo.crop import Crop
from editor.project.actions import commit_edit
from editor.project.pixels import mask_png
from editor.session import Editor
from editor.ui.component_values import panel_place, strip_value, write_layers
from editor.ui.components.looks import looks_value
from editor.ui.data_uris import drawn_mask
from editor.ui.domain_handlers import DomainHandlers
from editor.ui.error_messages import tells_errors
from editor.ui.handler_base import KEEP, mode_of
from editor.ui.saving_handlers import SavingHandlers
from editor.ui.slider_words import moved_label, step_label
from editor.ui.state import Visitor


class Handlers(DomainHandlers, SavingHandlers):
    """What the controls do; holds nothing of any visitor."""

    @tells_errors
    def commit(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str = ""
    ) -> tuple[Any, Any, dict[str, Any]]:
        """Add an edit when the sliders came to rest.

        Return visitor and history if anything changed, or if the page shows another edit than it should,
        and for the panel the edit that stands now, so that it drops its draft.
        """
        if self.is_elsewhere(visitor, panel) or not self._follows(visitor, panel):
            newest = self.store.newest(visitor)
            told: tuple[Any, Any] = newest, strip_value(newest.project)
        else:
            told = self._changed(visitor, partial(self._committed, panel=panel, layers=layers))
        project = self.store.newest(visitor).project
        moves = {} if project.node is None else dict(project.node.moves)
        standing = {"moves": moves, "turn": (panel or {}).get("turn")}
        return *told, standing | panel_place(project, visitor.visit.id)

    @tells_errors
    def panel_step(self, visitor: Visitor) -> dict[str, Any]:
        """Tell the panel which edit stands after a step that moved no slider."""
        return panel_place(self.store.newest(visitor).project, visitor.visit.id)

    @tells_errors
    def paint(self, visitor: Visitor, drawing: dict[str, Any] | None) -> tuple[Any, Any]:
        """Limit the sliders to a painted part.

        Return visitor and filmstrip if anything changed, or if the page shows another picture than it should.
        """
        if self.is_elsewhere(visitor, drawing):
            newest = self.store.newest(visitor)
            return newest, strip_value(newest.project)

        def painted(newest: Visitor) -> Visitor:
            node, editor = newest.project.node, self.editor(newest)
            if node is None:
                return newest
            mask = drawn_mask((drawing or {}).get("mask"), editor.info.resolution)
            data = b"" if mask is None else mask_png(mask)
            if data == node.mask:
                return newest
            label = "painted part" if data else "no painted part"
            return newest.keep(commit_edit(newest.project, editor, replace(node, mask=data), label))

        return self._changed(visitor, painted)

    @tells_errors
    def undo(self, visitor: Visitor, panel: dict[str, Any] | None, layers: str) -> Visitor:
        """Go one step back. Add what the sliders say as an edit first if it was none yet.

        A second step that is asked for before the sliders show the first one adds nothing.
        """

        def undone(newest: Visitor) -> Visitor:
            if (panel or {}).get("hand") and self._follows(newest, panel):
                newest = self._committed(newest, panel, layers)
            return newest.show(newest.project.undo())

        return self.store.update(visitor, undone)

    @tells_errors
    def redo(self, visitor: Visitor) -> Visitor:
        """Go one step forth."""
        return self.store.update(visitor, lambda newest: newest.show(newest.project.redo()))

    @tells_errors
    def go(self, visitor: Visitor, strip: dict[str, Any] | None) -> Visitor:
        """Go to the edit that was clicked in the history."""
        index = _chosen(strip)
        return self.store.update(visitor, lambda newest: newest.show(newest.project.go(index)))

    @tells_errors
    def compare(self, visitor: Visitor, strip: dict[str, Any] | None) -> dict[str, Any]:
        """Return the picture and the name of another edit, to compare the shown one with. That one stays shown."""
        visitor = self.store.newest(visitor)
        index = _chosen(strip)
        there = visitor.keep(visitor.project.go(index))
        name = step_label(there.project.nodes[index])
        return self.values.of(there, self.editor(visitor)) | {"compare": True, "name": name}

    @tells_errors
    def refresh(self, visitor: Visitor, mode: str) -> tuple[Any, ...]:
        """Show another edit: its sliders, layers, stage and filmstrip."""
        visitor = self.store.newest(visitor)
        node = visitor.project.node
        assert node is not None
        panel, layers = self.panel(visitor), write_layers(node.layers)
        strip, looks = strip_value(visitor.project), self.looks(visitor)
        return panel, layers, self.look(visitor, panel, layers, mode), strip, looks

    def looks(self, visitor: Visitor) -> dict[str, Any]:
        """Return the looks of the visitor's domain."""
        return looks_value(self.domains, visitor.domain, self.sliders(visitor))

    @tells_errors
    def look(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str = "", mode: str = KEEP
    ) -> dict[str, Any]:
        """Return the stage with the sliders as they are."""
        visitor = self.store.newest(visitor)
        if visitor.waiting:
            return self.stage(visitor)
        editor, edit = self.editor(visitor), self.edit(visitor, panel, layers)
        paste = None if mode_of(mode) == "difference" else partial(_pasted, editor, mode)
        return self.values.of(visitor, editor, None, edit, paste)

    def _changed(self, visitor: Visitor, function: Callable[[Visitor], Visitor]) -> tuple[Any, Any]:
        """Apply a change. Return visitor and history, or nothing where it changes nothing."""
        before = self.store.newest(visitor)
        after = self.store.update(visitor, function)
        return (gr.skip(), gr.skip()) if after is before else (after, strip_value(after.project))

    def _follows(self, visitor: Visitor, panel: dict[str, Any] | None) -> bool:
        """Return whether the sliders were set on the shown edit, or on one that it was made of.

        They were not where an undo, or a step that was clicked, came between.
        """
        seen, project = (panel or {}).get("node"), self.store.newest(visitor).project
        at = project.at
        while seen is not None and at != seen and at >= 0:
            at = project.nodes[at].parent
        return seen is None or at == seen

    def _committed(self, visitor: Visitor, panel: dict[str, Any] | None, layers: str) -> Visitor:
        """Return the state with one edit more, if the sliders say another one than the shown."""
        node, now = visitor.project.node, self.node(visitor, panel, layers)
        if node is None or (now.moves, now.layers) == (node.moves, node.layers):
            return visitor
        label = moved_label(self.sliders(visitor), node.moves, now.moves)
        return visitor.keep(commit_edit(visitor.project, self.editor(visitor), now, label))


def _pasted(
    editor: Editor,
    mode: str,
    edit: Edit,
    photo: Image.Image,
    crop: Crop,
    alpha: Image.Image | None = None,
) -> Image.Image:
    return editor.paste(edit, mode_of(mode), photo, crop, alpha=alpha)


def _chosen(strip: dict[str, Any] | None) -> int:
    """Return the index that the filmstrip sends; -1, which no edit has, where it sends none."""
    chosen = (strip or {}).get("chosen")
    return -1 if chosen is None else int(chosen)
