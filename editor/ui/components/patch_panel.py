"""The tool Patch: where a patch comes from, what it is, and what it is put on."""

from __future__ import annotations

import gradio as gr

from editor.ui.components.html_component import html_component
from editor.ui.page_values import NUMBER
from editor.ui.picture_slots import SLOT

SHAPE = {
    "source": SLOT,
    "on": [SLOT],
    "kind": str,
    "mask": str,
    "offset": [NUMBER],
    "steps": NUMBER,
    "result": NUMBER,
    "turn": NUMBER,
}


def patch_panel(steps: int) -> gr.HTML:
    """Show the controls of Patch.

    The page sends "source" (the picture with the patch), "on" (pictures beside the shown one),
    "kind" ("paint" or one of "kinds"), "mask" (what was painted, a grey PNG as a data URI), "offset"
    (as shares of the side), "steps", "result" (which is meant) and "turn" (counts what was set). Its
    events: `expand` (what is shown may have changed), `input` (something was set), `apply` (blend it
    in), `clear` (stop), `select` (a result was clicked), `submit` (keep).

    The server sends "base", "source" and list "on" as `slot_value`, "square" (the source's square),
    "kinds": [{"name", "title", "mask"}], "usual" (steps), "results": data URIs with "names",
    "state": "working" or "", "progress": {"done", "total", "seconds"} or None, and "proposal":
    {"after", "label", "picture"} or None; a name that is not sent stays as it was. "turn" says which wish an answer is for.

    Args:
        steps: that are done at most, unless another number is set.
    """
    return html_component("patch_panel", {"usual": steps}, elem_id="patch-panel", shape=SHAPE)
