"""The visitor's pictures to choose from."""

from __future__ import annotations

from typing import Any

import gradio as gr

from editor.ui.components.html_component import html_component


def picker(elem_id: str, label: str, value: dict[str, Any] | None = None) -> gr.HTML:
    """Show the visitor's pictures to choose from. A click triggers `select`.

    Its value is {"items": [{"id", "name", "src"}], "chosen": ids in order, "most": 0 for any}.
    """
    gr.HTML(f'<p class="label" id="{elem_id}-label">{label}</p>', padding=False)
    return html_component("picker", value, elem_id=elem_id, shape={"chosen": [str]})
