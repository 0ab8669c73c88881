"""Pictures to mark."""

from __future__ import annotations

import gradio as gr

from editor.ui.components.html_component import html_component


def marks(elem_id: str) -> gr.HTML:
    """Show pictures to mark: {"items": [{"id", "src", "mark": "has", "not" or ""}]}."""
    return html_component(
        "marks", None, elem_id=elem_id, shape={"items": [{"id": str, "mark": str}]}
    )
