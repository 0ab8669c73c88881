"""The sheet "New slider"."""

from __future__ import annotations

import gradio as gr

from editor.ui.components.html_component import html_component
from editor.ui.page_values import NUMBER, Shape

FILES = [{"path": str}]
ASKED: Shape = {
    "domain": str,
    "name": str,
    "marks": [{"id": str, "of": str, "mark": str}],
    "hold": [str],
    "method": str,
    "row": NUMBER,
    "kind": str,
    "first": FILES,
    "second": FILES,
    "own": str,
    "file": {"path": str},
}


def new_slider(elem_id: str) -> gr.HTML:
    """Show a sheet, a `<dialog>` over the page, in which a slider is made. `tell('new-slider')` opens it.

    The server answers with any of these; the sheet keeps those that are not named:
        domain: of the pictures; subject: what they show.
        items: pictures to mark, [{"id", "of", "src": data URI, "mark": ""}].
        counts: [has, has not]; accuracy: held-out, 0…1, or null; level: "not yet", "usable" or "good";
        more: about how many more of each are wanted; can: it may be added.
        preview: data URIs at −100 −50 0 +50 +100 of the shown picture.
        effects: what it moves besides, [{"name", "title", "share": per cent, "held"}].
        found: directions to choose from, [{"title", "sources": five data URIs or none}]; of files also
            "name": to begin with, "note": where it is from, "doubt": what does not fit.
        mine: the visitor's own sliders, [{"name", "title"}]; shared: others reach the page.
        working: what is being done, in words; said: what was done; problem: what did not work.
        added: title of a slider that was added, after which the sheet closes.

    Events, and what the sheet sends with each (`ASKED`; "domain" and "hold" always):
        expand: it was opened. collapse: closed.
        input: "marks" of the pictures that were shown; the next ones are asked for.
        apply: other sliders are held. clear: all marks are forgotten.
        submit: add what was learned under "name".
        play: discover by "method", or read the files "first" where that is "files". select: add the discovered "row" under "name".
        upload: learn from the files "first" and "second", whose "kind" is "folders" or "pairs".
        download, copy, delete: export "own", give it to everyone, remove it. edit: open "file".
    """
    return html_component("new_slider", None, elem_id=elem_id, shape=ASKED)
