"""The square on the photo."""

from __future__ import annotations

import gradio as gr

from editor.ui.components.html_component import html_component
from editor.ui.page_values import NUMBER


def crop_square() -> gr.HTML:
    """Show the photo with a square to drag, resize (corner or wheel) and move by arrow keys.

    Its value is {"src": data URI, "width", "height", "x", "y", "side", "angle"} as in `Crop`, and
    "marks", where the domain has eyes and mouth, as in `DomainInfo.landmarks`.
    """
    return html_component(
        "crop", None, elem_id="square", shape=dict.fromkeys(("x", "y", "side", "angle"), NUMBER)
    )
