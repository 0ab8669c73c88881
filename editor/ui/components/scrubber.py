"""Frames to play and to drag through."""

from __future__ import annotations

import gradio as gr

from editor.ui.components.html_component import html_component


def scrubber() -> gr.HTML:
    """Show frames to play and to drag through.

    Its value is {"frames": data URIs, "fps": frames a second, "play": bool}.
    """
    return html_component("scrubber", None, elem_id="scrubber", shape={})
