"""Generated pictures to begin with."""

from __future__ import annotations

from typing import Any

import gradio as gr

from editor.ui.components.html_component import html_component
from editor.ui.page_values import NUMBER


def example_pictures(value: dict[str, Any]) -> gr.HTML:
    """Show generated pictures as buttons. A click sets "chosen" and triggers `select`.

    Its value is {"sources": data URIs, "chosen": index}.
    """
    return html_component("example_pictures", value, elem_id="examples", shape={"chosen": NUMBER})
