"""The tools of Edit."""

from __future__ import annotations

import gradio as gr

from editor.ui.components.html_component import html_component


def rail() -> gr.HTML:
    """Show the tools of Edit; which is open is told by the header."""
    return html_component("rail", None, elem_id="rail", shape={})
