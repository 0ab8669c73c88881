"""The page's own components: photo, square, picture, sliders, history, pickers, painting.

They are made by functions, not subclasses: Gradio writes a stub file beside the source of every
subclass of a component, and an import must create no file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from editor.errors import InputError, PageFileError
from editor.ui.error_messages import shown
from editor.ui.page_values import NUMBER, Shape, read_record
from editor.ui.visit_files import VisitFiles

ASSETS = Path(__file__).parent / "assets"


def asset(name: str) -> str:
    """The text of a file in assets/."""
    return (ASSETS / name).read_text(encoding="utf-8")


def photo_input(files: VisitFiles) -> gr.Image:
    """An image input that passes on the path of the uploaded file, which has to be one given here.

    Gradio's own preprocessing decodes the file and fails without a clear message on a damaged
    one; here the editor reads it, with its limits and its errors.
    """
    photo = gr.Image(
        sources=["upload", "webcam", "clipboard"],
        type="filepath",
        label="Photo",
        height=200,
        elem_id="photo",
        buttons=[],
    )
    photo.preprocess = lambda payload: None if payload is None else _own(files, payload.path)
    return photo


def file_input(files: VisitFiles, **options: Any) -> gr.File:
    """A file input that passes on the path, or paths, of what was given here."""
    component = gr.File(**options)

    def preprocess(payload: Any) -> Any:
        if payload is None:
            return None
        if hasattr(payload, "root"):
            return [_own(files, one.path) for one in payload.root]
        return _own(files, payload.path)

    component.preprocess = preprocess
    return component


def _own(files: VisitFiles, path: str | None) -> str | None:
    """The path of a file that was given here; see `VisitFiles.own`."""
    try:
        return None if path is None else str(files.own(path))
    except PageFileError as error:
        raise shown(error) from None


def crop_square() -> gr.HTML:
    """The photo with a square to drag, resize (corner or wheel) and move by arrow keys.

    Its value is {"src": data URI, "width", "height", "x", "y", "side", "angle"} as in `Crop`, and
    "marks", where the domain has eyes and mouth, as in `DomainInfo.landmarks`.
    """
    return _html(
        "crop", None, elem_id="square", shape=dict.fromkeys(("x", "y", "side", "angle"), NUMBER)
    )


def picture_view(value: dict[str, Any]) -> gr.HTML:
    """The picture with a before/after divider.

    Its value is {"after": data URI, "before": data URI or None to keep the last, "alt": text}, and
    "turn", that of the sliders' value which it shows: older ones are not shown any more.
    """
    return _html("picture", value, elem_id="picture", shape={})


def example_pictures(value: dict[str, Any]) -> gr.HTML:
    """Generated pictures as buttons; a click sets the value's "chosen" and triggers `select`.

    Its value is {"sources": data URIs, "chosen": index}.
    """
    return _html("examples", value, elem_id="examples", shape={"chosen": NUMBER})


def slider_panel(value: dict[str, Any]) -> gr.HTML:
    """One slider a boundary, under the heading of its group; a move triggers `input`.

    Its value is {"groups": [{"title", "sliders": [{"name", "title", "low", "high", "end"}]}],
    "moves": {name: distance}, "turn": how many moves there were}: each slider goes from -end to end, recommended from low to high.
    """
    return _html("panel", value, elem_id="panel", shape={"moves": {}, "turn": NUMBER})


def history_strip(value: dict[str, Any], render: bool = True) -> gr.HTML:
    """Every edit as a thumbnail; `select` goes to the value's "chosen", `edit` compares with it,
    `apply` (by a button, or dragged onto the picture) mixes it in.

    Its value is {"nodes": [{"index", "src", "label"}], "at": index, "undo": bool, "redo": bool}.
    """
    return _html("strip", value, elem_id="history", shape={"chosen": NUMBER}, render=render)


def picker(elem_id: str, label: str, value: dict[str, Any] | None = None) -> gr.HTML:
    """The visitor's pictures to choose from; a click triggers `select`.

    Its value is {"items": [{"id", "name", "src"}], "chosen": ids in order, "most": 0 for any}.
    """
    gr.HTML(f'<p class="label" id="{elem_id}-label">{label}</p>', padding=False)
    return _html("picker", value, elem_id=elem_id, shape={"chosen": [str]})


def paint(elem_id: str) -> gr.HTML:
    """A picture to paint a part of; a stroke triggers `input`.

    Its value is {"src": data URI, "mask": grey PNG as a data URI, white is painted, or ""}.
    """
    return _html("paint", None, elem_id=elem_id, shape={"src": str, "mask": str})


def scrubber() -> gr.HTML:
    """Frames to play and to drag through.

    Its value is {"frames": data URIs, "fps": frames a second, "play": bool}.
    """
    return _html("scrubber", None, elem_id="scrubber", shape={})


def rows(elem_id: str) -> gr.HTML:
    """Rows of pictures; `select` says by "chosen": {"row", "column"} what was clicked.

    Its value is {"rows": [{"title", "sources": data URIs, "names", "lead": data URI, "leadAlt"}],
    "cells": whether each picture can be clicked, "button": text of a button for each row}.
    """
    return _html("rows", None, elem_id=elem_id, shape={"chosen": {"row": NUMBER, "column": NUMBER}})


def marks(elem_id: str) -> gr.HTML:
    """Pictures to mark: {"items": [{"id", "src", "mark": "has", "not" or ""}]}."""
    return _html("marks", None, elem_id=elem_id, shape={"items": [{"id": str, "mark": str}]})


def place(elem_id: str) -> gr.HTML:
    """A patch to drag over a picture; `release` when it was moved.

    Its value is {"target", "mask", "context": data URIs, "offset": [dx, dy] as shares of the side}.
    """
    return _html("place", None, elem_id=elem_id, shape={"offset": [NUMBER]})


def browser_storage() -> gr.HTML:
    """Keeps visits in the browser: asks for this one by `submit`, and brings the last by `apply`.

    Its value is {"visit", "open", "projects": {domain: base64}, "photos": {name: path}, "worth": it
    holds more than the example}; {"restore": the same, photos as {name: {"path"}}}; {"restored":
    whether that worked, "visit"}; or {"forget": another value each time}.
    """
    return _html(
        "browser_storage",
        None,
        elem_id="browser-storage",
        shape={"restore": {"projects": {}, "photos": {}}},
    )


def _html(name: str, value: Any, elem_id: str, shape: Shape, render: bool = True) -> gr.HTML:
    """A component whose markup never depends on its value: its script changes it in place.

    Args:
        name: of its files in assets/.
        value: that it has at first.
        elem_id: its name on the page.
        shape: of what handlers read of its value, see `read_record`.
        render: put it where it is made.
    """
    component = gr.HTML(
        value=value,
        html_template=asset(f"{name}.html"),
        js_on_load=asset(f"{name}.js"),
        apply_default_css=False,
        padding=False,
        elem_id=elem_id,
        render=render,
    )

    def preprocess(payload: Any) -> Any:
        try:
            return read_record(payload, shape)
        except InputError as error:
            raise shown(error) from None

    component.preprocess = preprocess
    return component
