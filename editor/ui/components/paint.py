"""A picture to paint a part of."""

from __future__ import annotations

import gradio as gr

from editor.ui.components.html_component import html_component


def paint(elem_id: str) -> gr.HTML:
    """Show a picture to paint a part of. A stroke triggers `input`.

    Its value is {"src": data URI, "mask": grey PNG as a data URI, white is painted, or ""}.
    """
    return html_component("paint", None, elem_id=elem_id, shape={"src": str, "mask": str})
