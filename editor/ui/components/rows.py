"""Rows of pictures."""

from __future__ import annotations

import gradio as gr

from editor.ui.components.html_component import html_component
from editor.ui.page_values import NUMBER


def rows(elem_id: str) -> gr.HTML:
    """Show rows of pictures. `select` says by "chosen": {"row", "column"} what was clicked.

    Its value is {"rows": [{"title", "sources": data URIs, "names", "lead": data URI, "leadAlt"}],
    "cells": whether each picture can be clicked, "button": text of a button for each row}.
    """
    return html_component(
        "rows", None, elem_id=elem_id, shape={"chosen": {"row": NUMBER, "column": NUMBER}}
    )
