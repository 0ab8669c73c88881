"""What the photo, its square and the optimisations of the tab Edit do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from editor.errors import ImageError
from editor.media.images import load_image
from editor.project.actions import photo_name
from editor.project.nodes import MAX_NAME, Picture
from editor.project.pixels import SMALL_PX, png_bytes, thumbnail
from editor.ui.component_values import (
    example_value,
    hint,
    picture_value,
    status,
    strip_value,
    welcome,
)
from editor.ui.data_uris import data_uri
from editor.ui.error_messages import tells_errors
from editor.ui.handler_base import HandlerBase, first_project
from editor.ui.inverting import Settings, chosen_options, previews, verdict
from editor.ui.photo import chosen_crop, square_value
from editor.ui.state import Visitor
from editor.ui.turns import reads_files


class PhotoHandlers(HandlerBase):
    """A domain, a photo, its square, its code, and an edit that becomes a code of its own."""

    @reads_files
    @tells_errors
    def choose(self, name: str, path: str | None, visitor: Visitor) -> tuple[Any, ...]:
        """Open another domain, and keep the work of both.

        Return visitor, status, examples, square, hint and settings.
        """
        editor = self.domains.open(name)
        square = None if path is None else square_value(path, editor)

        def opened(newest: Visitor) -> Visitor:
            return newest.keep(newest.projects.get(name) or first_project(editor))

        visitor = self.store.update(visitor, opened)
        project = visitor.project
        return (
            visitor,
            welcome(editor) if len(project.nodes) == 1 else status("Your pictures are here again."),
            example_value(editor),
            square,
            hint(editor),
            *Settings.of(editor.engine.inversion),
        )

    @reads_files
    @tells_errors
    def show_photo(self, path: str | None, visitor: Visitor) -> dict[str, Any] | None:
        """Show a new photo with the square to place."""
        if path is None:
            return None
        return square_value(path, self.editor(self.store.newest(visitor)))

    @tells_errors
    def turn(self, square: dict[str, Any] | None, angle: float) -> dict[str, Any] | None:
        """Turn the square."""
        return None if square is None else {**square, "angle": float(angle)}

    @tells_errors
    def heading(self, square: dict[str, Any] | None) -> float:
        """Return how far the square is turned, for the slider that turns it."""
        return round(min(max(float((square or {}).get("angle", 0.0)), -45.0), 45.0))

    @tells_errors
    def example(self, chosen: dict[str, Any], visitor: Visitor) -> str:
        """Keep a generated picture as the photo, and return the path of its file."""
        visitor = self.store.newest(visitor)
        editor = self.editor(visitor)
        seeds = editor.info.example_seeds
        index = int(chosen.get("chosen", 0)) if isinstance(chosen, dict) else 0
        seed = seeds[index % len(seeds)]
        return self.keep_file(visitor, f"example {seed}.png", png_bytes(editor.example(seed)))

    @tells_errors
    def invert(
        self, path: str | None, square: dict[str, Any] | None, visitor: Visitor, *settings: float
    ) -> Iterator[tuple[Any, ...]]:
        """Invert the photo. Yield visitor, picture, status, sliders and history at every preview.

        The sliders go to zero with the first picture and are left alone after it.
        """
        if path is None:
            raise ImageError("there is no photo yet; drop one on the left, or try an example")
        editor = self.editor(self.store.newest(visitor))
        photo = load_image(path)
        crop = chosen_crop(square, path, photo, editor)
        aligned = editor.align(photo, crop)
        options = chosen_options(settings)
        before, started = data_uri(aligned), time.monotonic()
        origin = Picture(
            "",
            photo_name(path),
            wp=editor.engine.w_avg.numpy(),
            photo=path,
            crop=crop,
            small=thumbnail(photo, SMALL_PX),
            aligned=png_bytes(aligned),
        )
        steps = editor.invert_steps(aligned, options)
        visitor, step = yield from previews(
            self.store, visitor, editor, origin, "inverted", steps, options.steps, before
        )
        edit = editor.edit(step.wp[0], aligned, step.losses)
        said = verdict(editor, edit, step.step, time.monotonic() - started, options)
        picture = picture_value(editor, edit, before)
        yield visitor, picture, said, gr.skip(), strip_value(visitor.project)

    @tells_errors
    def settle(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str, *settings: float
    ) -> Iterator[tuple[Any, ...]]:
        """Make the edit a code of its own. Yield visitor, picture, status, sliders and history."""
        visitor = self.store.newest(visitor)
        editor, edit = self.editor(visitor), self.edit(visitor, panel, layers)
        shown, options = visitor.project.shown, chosen_options(settings)
        assert shown is not None
        origin = replace(shown, name=f"{shown.name}, settled"[:MAX_NAME], base=shown.reference)
        steps = editor.settle_steps(edit, options)
        visitor, step = yield from previews(
            self.store, visitor, editor, origin, "settled", steps, options.steps, None
        )
        made = editor.edit(step.wp[0], losses=step.losses)
        line = status(f"Settled in {step.step} steps; the sliders start again from here.")
        strip = strip_value(visitor.project)
        yield visitor, picture_value(editor, made), line, gr.skip(), strip
