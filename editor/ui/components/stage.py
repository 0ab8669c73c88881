"""The stage: the photo at any zoom, with the edit laid in by the browser."""

from __future__ import annotations

from typing import Any

import gradio as gr

from editor.ui.components.html_component import html_component
from editor.ui.page_values import NUMBER

SHAPE = {
    "picture": str,
    "node": int,
    "version": str,
    "turn": NUMBER,
    "given": {"path": str, "name": str},
    "frame": dict.fromkeys(("x", "y", "side", "angle"), NUMBER),
    "face": int,
    "quarters": int,
    "mask": str,
    "example": int,
    "domain": str,
}


def stage(value: dict[str, Any] | None = None, **options: Any) -> gr.HTML:
    """Show a photo with its edit, or the empty stage.

    Its value is a record of what is shown:

    - "picture": id, "node": index of the edit, "version": text that changes with the code, "name", "domain",
      "subject", "subjects": what all domains know, for the empty stage, "visit": for the live path, "moves":
      distance by slider of the shown edit;
    - "photo": {"url", "width", "height", "key"} or None, which shows the square alone, "crop": as `Crop`;
    - "reference", "after": PNG data URIs of squares; their difference is laid into the photo as `paste_back`
      does; "composed": JPEG data URI shown in its place, or ""; "others": [{"crop", "reference", "after"}] of
      the same photo, which are seen too; "before": of a square without a photo;
    - "state": "empty" (nothing is drawn), "frame", "working", "done" or "error", "line": text, "progress":
      {"done", "total", "seconds"} that are left, or None, "likeness": "very good", "good", "fair", "poor" or
      "", "advice": text, "notice": what went wrong while another photo waits for its frame;
    - "examples": data URIs, on the empty stage, "turn" and "number" (of the visit's state): values
      of earlier ones are not shown any more.

    A value without "picture" changes only the names that it has. One with "compare" changes nothing: its "after"
    is what the shown edit of the same picture is compared with, under its "name". What the page sends has the names of `SHAPE`.
    Events: `upload` ("given"), `submit` ("example"), `release` ("frame"), `select` ("face": one that was read), `expand` ("face": one that was not), `input` ("mask"),
    `clear` (stop, or cancel the frame), `retry` ("quarters": turn the photo by one, clockwise or back),
    `option_select` (ask for another square of the photo), `apply` (bake the painted part in), `edit` ("domain": the one of
    "suggest", {"domain", "title", "subject"} that fits the photo better).

    Args:
        value: at first.
        options: of `gr.HTML`, such as `server_functions`.
    """
    return html_component("stage", value, elem_id="stage", shape=SHAPE, **options)
