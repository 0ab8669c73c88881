"""The place Animate: a player, what to animate, and a timeline."""

from __future__ import annotations

import gradio as gr

from editor.ui.components.html_component import html_component
from editor.ui.page_values import NUMBER
from editor.ui.picture_slots import SLOT

SHAPE = {
    "kind": str,
    "tiles": [SLOT],
    "gaps": [NUMBER],
    "length": NUMBER,
    "slider": str,
    "ease": str,
    "back": bool,
    "type": str,
    "size": NUMBER,
    "turn": NUMBER,
    "done": NUMBER,
}


def animate_panel() -> gr.HTML:
    """Show the player, the controls and the timeline of Animate.

    The page sends "kind" (people, change, slider), "tiles" (the tiles of people), "gaps" (seconds
    between them, one more with "back"), "length" (seconds), "slider" (its name), "ease" (gentle,
    even, rest), "back", "type" (MP4, GIF, WebP), "size" (px; 0 is the whole photo), "turn"
    (counts what was set) and "done" (how many frames it has). Its events: `input` (make more frames),
    `submit` (export), `clear` (stop that), `edit` (bake in what "bake" names).

    The server sends "base" and list "tiles" as `slot_value`, "sliders": [{"name", "title"}], "side" (px
    of a frame), "photo": whether the shown picture has one, "ends": data URIs of the first and last
    frame where no people are shown, "frames": data URIs of those after the "from" first ones, "count" of all, "seconds"
    that they take, "state": "empty", "working", "done", "error" or "saving", "line", "bake": a slot or
    None, "progress": {"done", "total"} or None; a name that is not sent stays as it was.
    """
    return html_component("animate_panel", None, elem_id="animate-panel", shape=SHAPE)
