"""The sliders."""

from __future__ import annotations

from typing import Any

import gradio as gr

from editor.ui.components.html_component import html_component
from editor.ui.page_values import NUMBER


def slider_panel(value: dict[str, Any]) -> gr.HTML:
    """Show one slider for each boundary, under its group's heading, from -150 to 150.

    A move goes into the page's state at once (`moves` of page_state.js). When the hand rests it triggers
    `release`; handlers read "moves": {name: distance in units of codes}, "domain", "picture" and "node" (of
    which edit they are), "hand" (they were moved since the server gave them) and "turn" (how many moves there were).

    Its value, of which all but "moves" may be left out where nothing has changed:

    {"groups": [{"title", "sliders": [{"name", "title", "ends": two words or null, "low", "high": ends of the
    range as positions, "knots": [[position, distance], …]}]}], "moves": {name: distance}, "visit", "picture",
    "node", "parent": which edit they are of, "turn": what the panel sent, so that an answer to an older move
    is not taken for a newer one; without it the moves count unless a hand is on a slider}.
    """
    return html_component(
        "slider_panel",
        value,
        elem_id="panel",
        shape={
            "moves": {},
            "turn": NUMBER,
            "domain": str,
            "picture": str,
            "node": NUMBER,
            "hand": bool,
        },
    )
