"""The picture with what it is compared to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from editor.ui.components.html_component import html_component


def picture_view(value: dict[str, Any], functions: list[Callable[..., Any]]) -> gr.HTML:
    """Show the picture with a before/after divider.

    Its value is {"after": data URI, "before": data URI or None to keep the last, "alt": text}, and
    "turn", that of the sliders' value which it shows: older ones are not shown any more.

    Args:
        value: at first.
        functions: that its script may call on the server.
    """
    return html_component("picture", value, elem_id="picture", shape={}, server_functions=functions)
