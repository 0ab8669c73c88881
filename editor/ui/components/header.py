"""The header: places, undo and redo, compare, help, theme, Save."""

from __future__ import annotations

from typing import Any

import gradio as gr

from editor.ui.components.html_component import html_component


def header(about: dict[str, str]) -> gr.HTML:
    """Show the places and what is done in all of them.

    `select` says that another place or tool is open, `undo` and `retry` (redo) are pressed.

    Its value is {"place", "tool", "about": {domain: a sentence on its pack}}.
    """
    value: dict[str, Any] = {"place": "edit", "tool": "sliders", "about": about}
    return html_component("header", value, elem_id="header-bar", shape={"place": str, "tool": str})
