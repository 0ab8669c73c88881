"""The history: every edit as a thumbnail."""

from __future__ import annotations

from typing import Any

import gradio as gr

from editor.ui.components.html_component import html_component
from editor.ui.page_values import NUMBER


def history_strip(value: dict[str, Any], render: bool = True) -> gr.HTML:
    """Show every edit as a thumbnail.

    `select` goes to the value's "chosen", `edit` compares with it, and `apply` (by a button, or
    dragged onto the picture) mixes it in.

    Its value is {"nodes": [{"index", "src", "label"}], "at": index, "undo": bool, "redo": bool}.
    """
    return html_component(
        "history_strip", value, elem_id="history", shape={"chosen": NUMBER}, render=render
    )
