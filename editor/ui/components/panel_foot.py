"""What stands under the sliders: a new one, nine pictures to choose from, all back to 0."""

from __future__ import annotations

import gradio as gr

from editor.ui.components.html_component import html_component


def panel_foot() -> gr.HTML:
    """Show the buttons under the sliders. Each tells the page its name, see `page_state.js`."""
    return html_component("panel_foot", None, elem_id="panel-foot", shape={})
