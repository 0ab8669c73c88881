"""The page's own components: photo input, crop square, example pictures, sliders, the picture.

They are made by functions, not subclasses: Gradio writes a stub file beside the source of every
subclass of a component, and an import must create no file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

ASSETS = Path(__file__).parent / "assets"


def asset(name: str) -> str:
    """The text of a file in assets/."""
    return (ASSETS / name).read_text(encoding="utf-8")


def photo_input() -> gr.Image:
    """An image input that passes on the path of the uploaded file untouched.

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
    photo.preprocess = lambda payload: None if payload is None else payload.path
    return photo


def crop_square() -> gr.HTML:
    """The photo with a square to drag, resize (corner or wheel) and move by arrow keys.

    Its value is {"src": data URI, "width", "height", "x", "y", "side", "angle"} as in `Crop`, and
    "marks", where the domain has eyes and mouth, as in `DomainInfo.landmarks`.
    """
    return _html("crop", None, elem_id="square")


def picture_view(value: dict[str, Any]) -> gr.HTML:
    """The picture with a before/after divider.

    Its value is {"after": data URI, "before": data URI or None to keep the last, "alt": text}.
    """
    return _html("picture", value, elem_id="picture")


def example_pictures(value: dict[str, Any]) -> gr.HTML:
    """Generated pictures as buttons; a click sets the value's "chosen" and triggers `select`.

    Its value is {"sources": data URIs, "chosen": index}.
    """
    return _html("examples", value, elem_id="examples")


def slider_panel(value: dict[str, Any]) -> gr.HTML:
    """One slider a boundary, under the heading of its group; a move triggers `input`.

    Its value is {"groups": [{"title", "sliders": [{"name", "title", "low", "high", "end"}]}],
    "moves": {name: distance}}: each slider goes from -end to end, recommended from low to high.
    """
    return _html("panel", value, elem_id="panel")


def _html(name: str, value: Any, elem_id: str) -> gr.HTML:
    """A component whose markup never depends on its value: its script changes it in place."""
    return gr.HTML(
        value=value,
        html_template=asset(f"{name}.html"),
        js_on_load=asset(f"{name}.js"),
        apply_default_css=False,
        elem_id=elem_id,
    )
