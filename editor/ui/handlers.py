"""What the controls of the tab Edit do; no Gradio components here, only values."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import Any

import gradio as gr
from PIL import Image

from editor.editing.edit import Edit
from editor.project.actions import commit_edit
from editor.project.nodes import describe
from editor.project.pixels import SMALL_PX, mask_png, thumbnail
from editor.session import Editor
from editor.ui.component_values import (
    panel_place,
    panel_value,
    picture_value,
    strip_value,
    where,
    write_layers,
)
from editor.ui.data_uris import data_uri, drawn_mask, jpeg_uri, png_uri
from editor.ui.error_messages import tells_errors
from editor.ui.handler_base import KEEP, MODES, SQUARE, WHOLE
from editor.ui.photo_handlers import PhotoHandlers
from editor.ui.saving_handlers import SavingHandlers
from editor.ui.state import Visitor


class Handlers(PhotoHandlers, SavingHandlers):
    """What the controls do; holds nothing of any visitor."""

    @tells_errors
    def slide(
        self,
        visitor: Visitor,
        panel: dict[str, Any] | None,
        layers: str = "",
        view: str = SQUARE,
        mode: str = KEEP,
    ) -> tuple[dict[str, Any], str]:
        """Show the picture after the sliders moved, and how long it took."""
        started = time.monotonic()
        visitor = self.store.newest(visitor)
        picture = self._slid(visitor, panel, layers, view, mode)
        return picture, where(self.editor(visitor), (time.monotonic() - started) * 1000)

    @tells_errors
    def look(
        self,
        visitor: Visitor,
        panel: dict[str, Any] | None,
        layers: str = "",
        view: str = SQUARE,
        mode: str = KEEP,
    ) -> dict[str, Any]:
        """Show the picture in another view, with what it is compared to."""
        return self._seen(self.store.newest(visitor), panel, layers, view, mode)

    @tells_errors
    def commit(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str = ""
    ) -> tuple[Any, Any]:
        """Add an edit when the sliders came to rest. Return visitor and history if anything changed."""
        return self._changed(visitor, partial(self._committed, panel=panel, layers=layers))

    @tells_errors
    def committed_panel(self, visitor: Visitor, panel: dict[str, Any] | None) -> dict[str, Any]:
        """Tell the panel, after a commit, which edit stands now, so that it drops its draft."""
        project = self.store.newest(visitor).project
        moves = {} if project.node is None else dict(project.node.moves)
        turn = (panel or {}).get("turn")
        return {"moves": moves, "turn": turn, **panel_place(project, visitor.visit.id)}

    @tells_errors
    def paint(self, visitor: Visitor, drawing: dict[str, Any] | None) -> tuple[Any, Any]:
        """Limit the sliders to a painted part. Return visitor and history."""

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
    def canvas(self, visitor: Visitor, drawing: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what is painted on: the picture before the sliders, and the painted part."""
        visitor = self.store.newest(visitor)
        node, editor = visitor.project.node, self.editor(visitor)
        if node is None:
            return {"src": "", "mask": ""}
        edit, held = visitor.project.edit(editor), (drawing or {}).get("mask") or ""
        mask = drawn_mask(held, editor.info.resolution)
        same = (b"" if mask is None else mask_png(mask)) == node.mask
        # a drawing that is what the node has stays as it was drawn: it is finer
        return {
            "src": data_uri(editor.reconstruction(edit)),
            "mask": held if same else png_uri(node.mask),
        }

    @tells_errors
    def strip(self, visitor: Visitor) -> dict[str, Any]:
        """Return the value of the history."""
        visitor = self.store.newest(visitor)
        return strip_value(visitor.project)

    @tells_errors
    def undo(self, visitor: Visitor, panel: dict[str, Any] | None, layers: str) -> Visitor:
        """Go one step back. Add what the sliders say as an edit first if it was none yet."""

        def undone(newest: Visitor) -> Visitor:
            newest = self._committed(newest, panel, layers)
            return newest.keep(newest.project.undo())

        return self.store.update(visitor, undone)

    @tells_errors
    def redo(self, visitor: Visitor) -> Visitor:
        """Go one step forth."""
        return self.store.update(visitor, lambda newest: newest.keep(newest.project.redo()))

    @tells_errors
    def go(self, visitor: Visitor, strip: dict[str, Any] | None) -> Visitor:
        """Go to the edit that was clicked in the history."""
        index = int((strip or {}).get("chosen", -1))
        return self.store.update(visitor, lambda newest: newest.keep(newest.project.go(index)))

    @tells_errors
    def compare(
        self,
        visitor: Visitor,
        strip: dict[str, Any] | None,
        view: str = SQUARE,
        mode: str = KEEP,
    ) -> dict[str, Any]:
        """Compare the picture with another edit, in the same view. The picture itself stays."""
        visitor = self.store.newest(visitor)
        index = int((strip or {}).get("chosen", -1))
        there = visitor.keep(visitor.project.go(index))
        editor = self.editor(visitor)
        other = there.project.edit(editor)
        return {"before": _view(editor, other, there, view, mode)["after"], "keep": True}

    @tells_errors
    def refresh(self, visitor: Visitor, view: str, mode: str) -> tuple[Any, ...]:
        """Show another edit: its sliders, layers, picture, history and the line."""
        visitor = self.store.newest(visitor)
        project, editor = visitor.project, self.editor(visitor)
        node = project.node
        assert node is not None
        visit = visitor.visit.id
        panel = panel_value(self.sliders(visitor), node.moves, project, visit)
        layers = write_layers(node.layers)
        picture = self._seen(visitor, panel, layers, view, mode)
        return panel, layers, picture, strip_value(project), where(editor)

    @tells_errors
    def reset(self, visitor: Visitor) -> dict[str, Any]:
        """Put all sliders at zero."""
        visitor = self.store.newest(visitor)
        return panel_value(self.sliders(visitor))

    def _changed(self, visitor: Visitor, function: Callable[[Visitor], Visitor]) -> tuple[Any, Any]:
        """Apply a change. Return visitor and history, or nothing where it changes nothing."""
        before = self.store.newest(visitor)
        after = self.store.update(visitor, function)
        return (gr.skip(), gr.skip()) if after is before else (after, strip_value(after.project))

    def _committed(self, visitor: Visitor, panel: dict[str, Any] | None, layers: str) -> Visitor:
        """Return the state with one edit more, if the sliders say another one than the shown."""
        node, now = visitor.project.node, self.node(visitor, panel, layers)
        if node is None or (now.moves, now.layers) == (node.moves, node.layers):
            return visitor
        label = describe(node.moves, now.moves)
        return visitor.keep(commit_edit(visitor.project, self.editor(visitor), now, label))

    def _slid(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str, view: str, mode: str
    ) -> dict[str, Any]:
        """Return the picture that the sliders say."""
        editor, edit = self.editor(visitor), self.edit(visitor, panel, layers)
        return {**_view(editor, edit, visitor, view, mode), "turn": (panel or {}).get("turn")}

    def _seen(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str, view: str, mode: str
    ) -> dict[str, Any]:
        """Return the picture that the sliders say, with what it is compared to."""
        picture = self._slid(visitor, panel, layers, view, mode)
        shown = visitor.project.shown
        assert shown is not None
        if view == WHOLE and shown.small:
            return {**picture, "before": jpeg_uri(shown.small)}
        return {**picture, "before": png_uri(shown.aligned)}


def _view(editor: Editor, edit: Edit, visitor: Visitor, view: str, mode: str) -> dict[str, Any]:
    """Return the square, or the whole photo at the size of the page."""
    picture, shown = picture_value(editor, edit), visitor.project.shown
    if view != WHOLE or shown is None or shown.crop is None or not shown.small:
        return picture
    photo = Image.open(BytesIO(shown.small)).convert("RGB")
    pasted = editor.paste(edit, MODES[mode], photo, shown.crop)
    after = jpeg_uri(thumbnail(pasted, SMALL_PX)) if edit.changed else jpeg_uri(shown.small)
    return {**picture, "after": after, "fit": "contain"}
