"""The filmstrip: every picture, and the steps of the shown one."""

from __future__ import annotations

from typing import Any

import gradio as gr

from editor.ui.components.html_component import html_component
from editor.ui.page_values import NUMBER


def filmstrip(value: dict[str, Any], render: bool = True) -> gr.HTML:
    """Show every picture as a tile, and the steps of the shown one beside it.

    `select` goes to the node whose index is the value's "chosen", and `edit` compares with it. The
    tiles that are chosen, and those given to a slot, stay in the browser (`modules/filmstrip.js`).

    Its value is {"pictures": [{"id", "name", "src", "at": index of its node}], "steps": [{"index",
    "src", "label"}] of the shown picture, "picture": its id, "at": index of the shown node, "undo":
    bool, "redo": bool}; "src" is a data URI.
    """
    return html_component(
        "filmstrip", value, elem_id="filmstrip", shape={"chosen": NUMBER}, render=render
    )
