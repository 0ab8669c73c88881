"""What the controls of the tab Edit do; no Gradio components here, only values."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import gradio as gr
from PIL import Image

from editor import Crop, Edit
from editor.editing.paste import Mode
from editor.errors import ImageError
from editor.media.images import encode_image, load_image
from editor.project.actions import SUFFIXES, commit_edit, photo_name, whole_photo
from editor.project.nodes import MAX_NAME, Picture, describe
from editor.project.pixels import SMALL_PX, mask_png, png_bytes, thumbnail
from editor.ui.component_values import (
    example_value,
    hint,
    panel_value,
    picture_value,
    status,
    strip_value,
    welcome,
    where,
    write_layers,
)
from editor.ui.error_messages import guarded, guarded_steps, reads_files
from editor.ui.handler_base import HandlerBase, first_project
from editor.ui.inverting import Settings, chosen_options, previews, verdict
from editor.ui.photo import chosen_crop, square_value
from editor.ui.state import Visitor, data_uri, drawn_mask, jpeg_uri, png_uri

SQUARE, WHOLE = "Square", "Whole photo"
KEEP, REPLACE = "Keep the photo's detail", "Replace the square"
MODES: dict[str, Mode] = {KEEP: "difference", REPLACE: "replace"}


class Handlers(HandlerBase):
    """What the controls do; holds nothing of any visitor."""

    @reads_files
    @guarded
    def choose(self, name: str, path: str | None, visitor: Visitor) -> tuple[Any, ...]:
        """Another domain: visitor, status, examples, square, hint, settings; the work of both stays."""
        editor = self.domains.open(name)
        project = visitor.projects.get(name) or first_project(editor)
        return (
            visitor.keep(project),
            welcome(editor) if len(project.nodes) == 1 else status("Your pictures are here again."),
            example_value(editor),
            None if path is None else square_value(path, editor),
            hint(editor),
            *Settings.of(editor.inversion),
        )

    @reads_files
    @guarded
    def show_photo(self, path: str | None, visitor: Visitor) -> dict[str, Any] | None:
        """A new photo: show it with the square to place."""
        return None if path is None else square_value(path, self.editor(visitor))

    @guarded
    def turn(self, square: dict[str, Any] | None, angle: float) -> dict[str, Any] | None:
        """Turn the square."""
        return None if square is None else {**square, "angle": float(angle)}

    @guarded
    def heading(self, square: dict[str, Any] | None) -> float:
        """How far the square is turned, for the slider that turns it."""
        return round(min(max(float((square or {}).get("angle", 0.0)), -45.0), 45.0))

    @guarded
    def example(self, chosen: dict[str, Any], visitor: Visitor) -> str:
        """A generated picture as the photo: the path of a file."""
        editor = self.editor(visitor)
        seeds = editor.info.example_seeds
        index = int(chosen.get("chosen", 0)) if isinstance(chosen, dict) else 0
        seed = seeds[index % len(seeds)]
        return self.store(visitor, f"example {seed}.png", png_bytes(editor.example(seed)))

    @guarded_steps
    def invert(
        self, path: str | None, square: dict[str, Any] | None, visitor: Visitor, *settings: float
    ) -> Iterator[tuple[Any, ...]]:
        """Invert the photo; yields visitor, picture, status, sliders and history at every preview.

        The sliders go to zero with the first picture and are left alone after it.
        """
        if path is None:
            raise ImageError("there is no photo yet; drop one on the left, or try an example")
        editor = self.editor(visitor)
        photo = load_image(path)
        crop = chosen_crop(square, path, photo, editor)
        aligned = editor.align(photo, crop)
        options = chosen_options(settings)
        before, started = data_uri(aligned), time.monotonic()
        origin = Picture(
            "",
            photo_name(path),
            code=editor.pack.generator.w_avg.cpu().numpy(),
            photo=path,
            square=(crop.x, crop.y, crop.side, crop.angle),
            small=thumbnail(photo, SMALL_PX),
            before=png_bytes(aligned),
        )
        steps = editor.invert_steps(aligned, options)
        visitor, step = yield from previews(
            visitor, editor, origin, "inverted", steps, options.steps, before
        )
        edit = editor.edit(step.wp[0], aligned, step.losses)
        said = verdict(edit, step.step, time.monotonic() - started, options)
        picture = picture_value(edit, before)
        yield visitor, picture, said, gr.skip(), strip_value(visitor.project)

    @guarded
    def slide(
        self,
        visitor: Visitor,
        panel: dict[str, Any] | None,
        layers: str = "",
        view: str = SQUARE,
        mode: str = KEEP,
    ) -> tuple[dict[str, Any], str]:
        """The sliders moved: the picture and how long it took."""
        started = time.monotonic()
        edit = self.edit(visitor, panel, layers)
        picture = {**_view(edit, visitor, view, mode), "turn": (panel or {}).get("turn")}
        return picture, where(edit.editor, (time.monotonic() - started) * 1000)

    @guarded
    def look(
        self,
        visitor: Visitor,
        panel: dict[str, Any] | None,
        layers: str = "",
        view: str = SQUARE,
        mode: str = KEEP,
    ) -> dict[str, Any]:
        """Another view: the picture, with what it is compared to."""
        picture, _ = self.slide(visitor, panel, layers, view, mode)
        shown = visitor.project.shown
        assert shown is not None
        if view == WHOLE and shown.small:
            return {**picture, "before": jpeg_uri(shown.small)}
        return {**picture, "before": png_uri(shown.before)}

    @guarded
    def commit(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str = ""
    ) -> tuple[Any, Any]:
        """The sliders came to rest: visitor and history with one edit more, if anything changed."""
        project, node = visitor.project, visitor.project.node
        now = self.node(visitor, panel, layers)
        if node is None or (now.moves, now.layers) == (node.moves, node.layers):
            return gr.skip(), gr.skip()
        project = commit_edit(project, self.editor(visitor), now, describe(node.moves, now.moves))
        return visitor.keep(project), strip_value(project)

    @guarded
    def paint(self, visitor: Visitor, drawing: dict[str, Any] | None) -> tuple[Any, Any]:
        """A part was painted that limits the sliders: visitor and history."""
        project, node = visitor.project, visitor.project.node
        if node is None:
            return gr.skip(), gr.skip()
        resolution = self.editor(visitor).info.resolution
        mask = drawn_mask((drawing or {}).get("mask"), resolution)
        data = b"" if mask is None else mask_png(mask)
        if data == node.mask:
            return gr.skip(), gr.skip()
        label = "painted part" if data else "no painted part"
        project = commit_edit(project, self.editor(visitor), replace(node, mask=data), label)
        return visitor.keep(project), strip_value(project)

    @guarded
    def canvas(self, visitor: Visitor, drawing: dict[str, Any] | None = None) -> dict[str, Any]:
        """What is painted on: the picture before the sliders, and the painted part."""
        node, editor = visitor.project.node, self.editor(visitor)
        if node is None:
            return {"src": "", "mask": ""}
        edit, held = visitor.project.edit(editor), (drawing or {}).get("mask") or ""
        mask = drawn_mask(held, editor.info.resolution)
        same = (b"" if mask is None else mask_png(mask)) == node.mask
        # a drawing that is what the node has stays as it was drawn: it is finer
        return {"src": data_uri(edit.reconstruction), "mask": held if same else png_uri(node.mask)}

    @guarded_steps
    def settle(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str, *settings: float
    ) -> Iterator[tuple[Any, ...]]:
        """Make the edit a code of its own; yields visitor, picture, status, sliders, history."""
        edit = self.edit(visitor, panel, layers)
        shown, options, editor = visitor.project.shown, chosen_options(settings), edit.editor
        assert shown is not None
        origin = replace(shown, name=f"{shown.name}, settled"[:MAX_NAME], base=shown.reference)
        steps = editor.settle_steps(edit, options)
        visitor, step = yield from previews(
            visitor, editor, origin, "settled", steps, options.steps, None
        )
        made = editor.edit(step.wp[0], losses=step.losses)
        line = status(f"Settled in {step.step} steps; the sliders start again from here.")
        strip = strip_value(visitor.project)
        yield visitor, picture_value(made), line, gr.skip(), strip

    @guarded
    def strip(self, visitor: Visitor) -> dict[str, Any]:
        """The history."""
        return strip_value(visitor.project)

    @guarded
    def undo(self, visitor: Visitor, panel: dict[str, Any] | None, layers: str) -> Visitor:
        """One step back; what was not yet an edit becomes one first."""
        node, now = visitor.project.node, self.node(visitor, panel, layers)
        project = visitor.project
        if node is not None and (now.moves, now.layers) != (node.moves, node.layers):
            project = commit_edit(
                project, self.editor(visitor), now, describe(node.moves, now.moves)
            )
        return visitor.keep(project.undo())

    @guarded
    def redo(self, visitor: Visitor) -> Visitor:
        """One step forth."""
        return visitor.keep(visitor.project.redo())

    @guarded
    def go(self, visitor: Visitor, strip: dict[str, Any] | None) -> Visitor:
        """To the edit that was clicked in the history."""
        return visitor.keep(visitor.project.go(int((strip or {}).get("chosen", -1))))

    @guarded
    def compare(
        self,
        visitor: Visitor,
        strip: dict[str, Any] | None,
        view: str = SQUARE,
        mode: str = KEEP,
    ) -> dict[str, Any]:
        """The picture stays; what it is compared to becomes another edit, in the same view."""
        index = int((strip or {}).get("chosen", -1))
        there = visitor.keep(visitor.project.go(index))
        other = there.project.edit(self.editor(visitor))
        return {"before": _view(other, there, view, mode)["after"], "keep": True}

    @guarded
    def refresh(self, visitor: Visitor, view: str, mode: str) -> tuple[Any, ...]:
        """What is shown became another edit: sliders, layers, picture, history and the line."""
        project, editor = visitor.project, self.editor(visitor)
        node = project.node
        assert node is not None
        panel, layers = panel_value(editor, node.moves), write_layers(node.layers)
        picture = self.look(visitor, panel, layers, view, mode)
        return panel, layers, picture, strip_value(project), where(editor)

    @guarded
    def whole_photo(
        self,
        visitor: Visitor,
        panel: dict[str, Any] | None,
        layers: str = "",
        mode: str = KEEP,
    ) -> tuple[bytes, str]:
        """The whole photo, edited, at its own size: the bytes of a file and its name."""
        edit, shown = self.edit(visitor, panel, layers), visitor.project.shown
        assert shown is not None
        pasted, kind = whole_photo(edit, shown, MODES[mode])
        return encode_image(pasted, kind), f"edited{SUFFIXES[kind]}"

    @guarded
    def reset(self, visitor: Visitor) -> dict[str, Any]:
        """All sliders at zero."""
        return panel_value(self.editor(visitor))

    @guarded
    def download_picture(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str = ""
    ) -> dict[str, str]:
        """The picture as a file for the browser: name and data URI."""
        edit = self.edit(visitor, panel, layers)
        return {"name": "edited.png", "uri": png_uri(encode_image(edit.image, "PNG"))}

    @guarded
    def download_code(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str = ""
    ) -> dict[str, str]:
        """The code as a file for the browser: name and data URI."""
        data = self.edit(visitor, panel, layers).code_bytes()
        uri = f"data:application/octet-stream;base64,{base64.b64encode(data).decode()}"
        return {"name": "edited.npz", "uri": uri}


def _view(edit: Edit, visitor: Visitor, view: str, mode: str) -> dict[str, Any]:
    """The square, or the whole photo at the size of the page."""
    picture, shown = picture_value(edit), visitor.project.shown
    if view != WHOLE or shown is None or shown.square is None or not shown.small:
        return picture
    photo = Image.open(BytesIO(shown.small)).convert("RGB")
    pasted = edit.paste(MODES[mode], photo, Crop(*shown.square))
    after = jpeg_uri(thumbnail(pasted, SMALL_PX)) if edit.changed else jpeg_uri(shown.small)
    return {**picture, "after": after, "fit": "contain"}
