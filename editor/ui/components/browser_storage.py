"""The visit in the browser's own database."""

from __future__ import annotations

import gradio as gr

from editor.ui.components.html_component import html_component


def browser_storage() -> gr.HTML:
    """Return what keeps visits in the browser. `submit` asks for this one, `apply` brings the last.

    Its value is {"visit", "open", "projects": {domain: base64}, "photos": {name: path}, "worth": it
    holds more than the example}; {"restore": the same, photos as {name: {"path"}}}; {"restored":
    whether that worked, "visit"}; or {"forget": another value each time}.
    """
    return html_component(
        "browser_storage",
        None,
        elem_id="browser-storage",
        shape={"restore": {"projects": {}, "photos": {}}},
    )
