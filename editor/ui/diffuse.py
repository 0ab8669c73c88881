"""The tab Diffuse: a patch of one picture spreads into others."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np
import torch
from PIL import Image

from editor.editing.diffuse import rectangle
from editor.editing.edit import Edit
from editor.errors import OptionError
from editor.inversion.loop import InversionStep
from editor.media.images import to_pil
from editor.project.nodes import Picture
from editor.project.pixels import mask_png
from editor.session import Editor
from editor.ui.component_values import chosen_of, chosen_there, picker_value, progress, status
from editor.ui.components.paint import paint
from editor.ui.components.picker import picker
from editor.ui.components.place import place
from editor.ui.components.rows import rows
from editor.ui.data_uris import data_uri, drawn_mask, png_uri
from editor.ui.edit import QUIET, EditPanel
from editor.ui.error_messages import tells_errors
from editor.ui.inverting import PREVIEW_S
from editor.ui.page_context import Hook, PageContext, keep_picture
from editor.ui.state import Visitor

MOST = 4
Codes = tuple[tuple[str, np.ndarray], ...]  # id of the context, and what became of it


class DiffusePanel:
    """The tab's components and what they do.

    Args:
        page: what the panels share.
    """

    def __init__(self, page: PageContext) -> None:
        self.page = page
        with gr.Tab("Diffuse", id="diffuse") as self.tab, gr.Row(elem_classes="panel-row"):
            self.codes = gr.State((), time_to_live=3600)
            with gr.Column(scale=1):
                self.target = picker("target", "1. The picture that the patch is taken from")
                self.canvas = paint("patch")
                self.preset_button = gr.Button(
                    "The published patch", size="sm", elem_id="patch-preset"
                )
            with gr.Column(scale=1):
                self.contexts = picker("contexts", "2. Pictures that it is put on (up to four)")
                gr.Markdown("Drag the patch to its place.", elem_id="place-hint")
                self.place = place("place")
            with gr.Column(scale=1):
                self.steps = gr.Slider(
                    0, 300, 60, step=5, label="Steps at most", elem_id="diffuse-steps"
                )
                with gr.Row():
                    self.run_button = gr.Button("Diffuse", variant="primary", elem_id="diffuse-run")
                    self.cancel_button = gr.Button("Cancel", elem_id="diffuse-cancel")
                self.line = gr.HTML(status(""), elem_id="diffuse-status", padding=False)
                self.results = rows("diffused")

    def connect(self, edit: EditPanel, changed: Hook) -> None:
        """Connect the components. `changed` adds an event after another domain was chosen."""
        page = self.page
        pickers = [self.target, self.contexts]
        board = {"inputs": [page.visitor, *pickers, self.canvas, self.place], **QUIET}
        for event in (self.tab.select, changed):
            shown = event(self.show, [page.visitor, *pickers], pickers, **QUIET)
            shown.success(self.board, outputs=[self.canvas, self.place], **board)
        gr.on(
            [self.target.select, self.contexts.select],
            self.board,
            outputs=[self.canvas, self.place],
            trigger_mode="always_last",
            **board,
        )
        self.canvas.input(self.placed, outputs=self.place, trigger_mode="always_last", **board)
        self.preset_button.click(
            self.preset, [page.visitor, self.canvas], self.canvas, **QUIET
        ).success(self.placed, outputs=self.place, **board)
        job = self.run_button.click(
            self.run,
            [page.visitor, *pickers, self.canvas, self.place, self.steps],
            [self.results, self.line, self.codes],
            **QUIET,
        )
        self.cancel_button.click(
            lambda: status("Stopped; click a result to keep it."),
            None,
            self.line,
            cancels=job,
            **QUIET,
        )
        self.results.select(
            self.keep,
            [page.visitor, self.codes, self.results],
            [page.visitor, page.strip, self.line],
            **QUIET,
        ).success(**edit.refresh)

    @tells_errors
    def show(
        self, visitor: Visitor, target: dict[str, Any] | None, contexts: dict[str, Any] | None
    ) -> tuple[Any, Any]:
        """Show the pictures as they are now."""
        visitor = self.page.store.newest(visitor)
        project = visitor.project
        return (
            picker_value(project, chosen_of(target), 1),
            picker_value(project, chosen_of(contexts), MOST),
        )

    @tells_errors
    def board(
        self,
        visitor: Visitor,
        target: dict[str, Any] | None,
        contexts: dict[str, Any] | None,
        canvas: dict[str, Any] | None,
        place: dict[str, Any] | None,
    ) -> tuple[Any, Any]:
        """Show what is painted on, and what the patch is put on."""
        visitor = self.page.store.newest(visitor)
        of = self._images(visitor, target)
        mask = (canvas or {}).get("mask") or ""
        painted = {"src": data_uri(of[0]) if of else "", "mask": mask}
        return painted, self._place(of, self._images(visitor, contexts), mask, place)

    @tells_errors
    def placed(
        self,
        visitor: Visitor,
        target: dict[str, Any] | None,
        contexts: dict[str, Any] | None,
        canvas: dict[str, Any] | None,
        place: dict[str, Any] | None,
    ) -> dict[str, Any]:
        """Show the patch in its place after it was painted."""
        visitor = self.page.store.newest(visitor)
        mask = (canvas or {}).get("mask") or ""
        of, on = self._images(visitor, target), self._images(visitor, contexts)
        return self._place(of, on, mask, place)

    @tells_errors
    def preset(self, visitor: Visitor, canvas: dict[str, Any] | None) -> dict[str, Any]:
        """Paint the rectangle of the published code."""
        visitor = self.page.store.newest(visitor)
        mask = rectangle(self.page.editor(visitor).info.resolution)
        return {**(canvas or {}), "mask": png_uri(mask_png(mask))}

    @tells_errors
    def run(
        self,
        visitor: Visitor,
        target: dict[str, Any] | None,
        contexts: dict[str, Any] | None,
        canvas: dict[str, Any] | None,
        place: dict[str, Any] | None,
        steps: float,
    ) -> Iterator[tuple[Any, ...]]:
        """Let the patch spread. Yield results, status and codes at every preview."""
        visitor = self.page.store.newest(visitor)
        editor = self.page.editor(visitor)
        of, on = self._images(visitor, target), self._images(visitor, contexts)
        names = chosen_there(visitor.project, contexts, MOST)
        mask = drawn_mask((canvas or {}).get("mask"), editor.info.resolution)
        if not of or not on:
            raise OptionError("choose the picture with the patch, and one at least to put it on")
        if mask is None:
            raise OptionError("paint the patch first, or take the published one")
        offset = _offset(place)
        options = replace(editor.engine.diffusion, steps=int(steps))
        collages = editor.collages(of[0], on, mask, offset)
        told, step = 0.0, None
        for step in editor.diffuse_steps(of[0], on, mask, offset, options):
            now = time.monotonic()
            if now - told < PREVIEW_S and step.step > 0:
                continue
            told = now
            text = (
                f"Step {step.step} of {options.steps} · in the patch {step.losses['loss_pix']:.3f}"
            )
            line = progress(step.step, options.steps, text)
            yield _results(collages, step.image), line, _codes(names, step)
        assert step is not None
        said = status(
            f"Done, {step.step} steps · in the patch {step.losses['loss_pix']:.3f}. "
            f"Click a result to keep it."
        )
        yield _results(collages, step.image), said, _codes(names, step)

    @tells_errors
    def keep(
        self, visitor: Visitor, codes: Codes, results: dict[str, Any] | None
    ) -> tuple[Any, ...]:
        """Make the clicked result a picture of the visit."""
        visitor = self.page.store.newest(visitor)
        row = int(((results or {}).get("chosen") or {}).get("row", -1))
        if not 0 <= row < len(codes):
            raise OptionError("that result is not there any more; press Diffuse again")
        of, code = codes[row]
        editor = self.page.editor(visitor)
        visitor, strip = keep_picture(
            self.page.store, visitor, editor, editor.edit(code), "Diffused", "diffused", of
        )
        return visitor, strip, status("It is in Edit and in the Library now.")

    def _images(self, visitor: Visitor, value: dict[str, Any] | None) -> list[Image.Image]:
        """Return the aligned photo of each chosen picture, or its edit where a slider was moved."""
        project, editor = visitor.project, self.page.editor(visitor)
        return [
            _shown(editor, project.picture(name), project.edit(editor, project.latest(name)))
            for name in chosen_there(project, value, MOST)
        ]

    @staticmethod
    def _place(
        of: list[Image.Image], on: list[Image.Image], mask: str, place: dict[str, Any] | None
    ) -> dict[str, Any]:
        return {
            "target": data_uri(of[0]) if of else "",
            "context": data_uri(on[0]) if on else "",
            "mask": mask,
            "offset": list(_offset(place)),
        }


def _codes(names: list[str], step: InversionStep) -> Codes:
    return tuple(zip(names, step.wp.cpu().numpy(), strict=True))


def _results(collages: list[Image.Image], images: torch.Tensor) -> dict[str, Any]:
    """Return one row for each context: the pasted patch, and what became of it."""
    made = [to_pil(image) for image in images]
    return {
        "cells": True,
        "rows": [
            {
                "title": "",
                "lead": data_uri(pasted),
                "leadAlt": "The patch, pasted",
                "sources": [data_uri(image)],
                "names": [f"result {i + 1}"],
            }
            for i, (pasted, image) in enumerate(zip(collages, made, strict=True))
        ],
    }


def _shown(editor: Editor, picture: Picture, edit: Edit) -> Image.Image:
    if picture.aligned and not edit.moves:
        return Image.open(io.BytesIO(picture.aligned)).convert("RGB")
    return editor.render(edit)


def _offset(place: dict[str, Any] | None) -> tuple[float, float]:
    """Return how far the patch was dragged.

    Raises:
        OptionError: it makes no sense.
    """
    try:
        right, down = map(float, (place or {}).get("offset") or (0.0, 0.0))
    except (TypeError, ValueError) as error:
        raise OptionError("the place of the patch cannot be understood; drag it again") from error
    return right, down
