"""The sliders."""

from __future__ import annotations

from typing import Any

import gradio as gr

from editor.ui.components.html_component import html_component
from editor.ui.page_values import NUMBER


def slider_panel(value: dict[str, Any]) -> gr.HTML:
    """Show one slider for each boundary, under its group's heading. A move triggers `input`.

    Its value is {"groups": [{"title", "sliders": [{"name", "title", "low", "high", "end"}]}],
    "moves": {name: distance}, "turn": how many moves there were}: each slider goes from -end to
    end, recommended from low to high.
    """
    return html_component(
        "slider_panel", value, elem_id="panel", shape={"moves": {}, "turn": NUMBER}
    )
