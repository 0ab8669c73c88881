"""The grid of the library: all pictures, and what is done with several."""

from __future__ import annotations

import gradio as gr

from editor.ui.components.html_component import html_component
from editor.ui.export_wish import SHAPE


def library_grid() -> gr.HTML:
    """Return the grid. It keeps in the browser what is chosen, and merges values that it gets.

    It triggers `focus` to be shown what there is; with {"chosen": keys}: `select` to edit the first,
    `apply` to paste settings (the shown ones, or "moves"), `delete`, `download` with a "wish";
    `undo` to bring back; `input` with {"rename": {"key", "name"}}; with {"given": [{"path", "name"}]}:
    `upload` of photos, `expand` of a project's file; `stop` after the photo that is being read;
    `submit` to save the project; `clear` to forget the visit.

    It takes {"open": domain, "pictures": [{"key", "id", "domain", "name", "src", "doubt"}],
    "domains": [{"name", "title"}], "shown": key}; "progress": {"done", "total", "seconds",
    "waiting": names, "saving" or "pasting": bool} or null; "said": as `library_values.said`; "saved": {"file",
    "name", "project": bool}; "project": the name of a file that was opened; "back": what was there
    before a loss or an opening is there again.
    """
    shape = {
        "chosen": [str],
        "moves": {},
        "rename": {"key": str, "name": str},
        "given": [{"path": str, "name": str}],
        "wish": SHAPE,
    }
    return html_component("library_grid", None, elem_id="library", shape=shape)
