"""The page's own components: photo input, crop square, example pictures, the picture.

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


def crop_square(subject: str) -> gr.HTML:
    """The photo with a square to drag, resize (corner or wheel) and move by arrow keys.

    For faces the square shows where the domain has eyes and mouth.

    Its value is {"src": data URI, "width", "height", "x", "y", "side", "angle"} as in `Crop`.
    """
    markup = asset("crop.html").replace("SUBJECT", "face" if subject == "face" else "")
    return _html("crop", None, elem_id="square", markup=markup)


def picture_view(value: dict[str, Any]) -> gr.HTML:
    """The picture with a before/after divider.

    Its value is {"after": data URI, "before": data URI or None to keep the last, "alt": text}.
    """
    return _html("picture", value, elem_id="picture")


def example_pictures(sources: list[str]) -> gr.HTML:
    """Generated pictures as buttons; a click sets the value's "chosen" and triggers `select`."""
    buttons = "".join(
        f'<button type="button" data-index="{i}" aria-label="Try generated picture {i + 1}">'
        f'<img src="{source}" alt="" width="64" height="64"></button>'
        for i, source in enumerate(sources)
    )
    return gr.HTML(
        value={"chosen": 0},
        html_template=f'<div class="examples">{buttons}</div>',
        js_on_load=asset("examples.js"),
        apply_default_css=False,
        elem_id="examples",
    )


def _html(name: str, value: Any, elem_id: str, markup: str | None = None) -> gr.HTML:
    """A component whose markup never depends on its value: its script changes it in place."""
    return gr.HTML(
        value=value,
        html_template=markup or asset(f"{name}.html"),
        js_on_load=asset(f"{name}.js"),
        apply_default_css=False,
        elem_id=elem_id,
    )
