"""What a panel is made of, without a page: its handlers are called as the page would."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from editor.project.actions import add_edit
from editor.ui.components.filmstrip import filmstrip
from editor.ui.handlers import Handlers
from editor.ui.page_context import PageContext
from editor.ui.page_values import check_paths, read_call, read_record
from editor.ui.state import Visitor
from editor.ui.visit_files import VisitFiles


def context_of(handlers: Handlers) -> PageContext:
    """What the panels share; call it inside of `gr.Blocks`."""
    paths = gr.File(visible=False)
    file, strip = gr.JSON(visible=False), filmstrip({})
    return PageContext(handlers, gr.State(), gr.Dropdown(), gr.Markdown(), strip, file, paths)


def with_ann(handlers: Handlers) -> Visitor:
    """A visitor with two pictures: p1, and p2 called <Ann>, which is shown."""
    tiny, visitor = handlers.domains.open("tiny"), handlers.first_visitor()
    return visitor.keep(add_edit(visitor.project, tiny, tiny.sample(7), "<Ann>", label="made"))


def received(value: dict[str, Any], shape: dict[str, Any]) -> dict[str, Any] | None:
    """What a handler gets of a value that the page sends; also what it must not be."""
    body = read_call(json.dumps({"data": [value]}).encode())
    files = VisitFiles()
    try:
        check_paths(body, files, "visit")
    finally:
        files.close()
    return read_record(body["data"][0], shape)
