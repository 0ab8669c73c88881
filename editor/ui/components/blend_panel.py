"""The tool Blend: a base, pictures to take from, and how much of what."""

from __future__ import annotations

import gradio as gr

from editor.ui.components.html_component import html_component
from editor.ui.page_values import NUMBER
from editor.ui.picture_slots import SLOT

SHAPE = {
    "from": [SLOT],
    "bases": [SLOT],
    "style": NUMBER,
    "strengths": [NUMBER],
    "cell": {"row": NUMBER, "column": NUMBER},
    "turn": NUMBER,
}


def blend_panel() -> gr.HTML:
    """Show the controls of Blend.

    The page sends "from" (pictures to take from), "bases" (more bases than the shown picture, for
    the grid), "style" (which of "from" is taken), "strengths" (of the three groups of layers,
    0…100), "cell" (of the grid, that was clicked) and "turn" (counts what was set). Its events: `expand` (what is shown may have
    changed), `input` (something was set), `apply` (the grid is asked for), `select` (a cell was
    clicked whose base is not shown), `submit` (keep), `download` (save the grid).

    The server sends "base" and lists "bases", "from" as `slot_value`, "style", "grid": {"rows":
    lists of data URIs, "whole": bool}, and "proposal": {"after": data URI, "label", "picture"} or
    None; a name that is not sent stays as it was. "turn" says which wish an answer is for.
    """
    return html_component("blend_panel", None, elem_id="blend-panel", shape=SHAPE)
