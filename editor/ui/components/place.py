"""A patch to drag over a picture."""

from __future__ import annotations

import gradio as gr

from editor.ui.components.html_component import html_component
from editor.ui.page_values import NUMBER


def place(elem_id: str) -> gr.HTML:
    """Show a patch to drag over a picture. It triggers `release` when it was moved.

    Its value is {"target", "mask", "context": data URIs, "offset": [dx, dy] as shares of the side}.
    """
    return html_component("place", None, elem_id=elem_id, shape={"offset": [NUMBER]})
