"""The Save dialog."""

from __future__ import annotations

import gradio as gr

from editor.ui.components.html_component import html_component
from editor.ui.export_wish import SHAPE
from editor.ui.page_values import NUMBER


def save_dialog() -> gr.HTML:
    """Return the dialog in which one says what to save, and as what. It is closed at first.

    `expand`, when it opens, asks for what it tells; `submit` asks for the file. It sends {"wish": as
    `export_wish.Wish`, "turn": number}, and takes {"facts": {"name", "photo": [width, height] or
    null, "model": px, "face": px, "subject", "faces": number, "grey", and those of
    `export_wish.format_facts`}}; {"saved": {"file": path, "name", "bytes", "width", "height", "faces",
    "word"}, "turn"}; or {"failed": text, "turn"}.
    """
    return html_component(
        "save_dialog", None, elem_id="saving", shape={"wish": SHAPE, "turn": NUMBER}
    )
