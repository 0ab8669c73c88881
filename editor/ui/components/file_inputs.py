"""Inputs of files, which pass on paths that were given on this page alone."""

from __future__ import annotations

from typing import Any

import gradio as gr

from editor.errors import PageFileError
from editor.ui.error_messages import as_message
from editor.ui.gradio_internals import replace_preprocess
from editor.ui.visit_files import VisitFiles


def photo_input(files: VisitFiles) -> gr.Image:
    """Return an image input that passes on the path of the uploaded file.

    Gradio's own preprocessing decodes the file and fails without a clear message on a damaged
    one; here the editor reads it, with its limits and its errors.
    """
    photo = gr.Image(
        sources=["upload", "webcam", "clipboard"],
        type="filepath",
        label="Photo",
        height=200,
        elem_id="photo",
        buttons=[],
    )
    return replace_preprocess(
        photo, lambda payload: None if payload is None else _own(files, payload.path)
    )


def file_input(files: VisitFiles, **options: Any) -> gr.File:
    """Return a file input that passes on the path, or paths, of what was given here."""
    component = gr.File(**options)

    def preprocess(payload: Any) -> Any:
        if payload is None:
            return None
        if hasattr(payload, "root"):
            return [_own(files, one.path) for one in payload.root]
        return _own(files, payload.path)

    return replace_preprocess(component, preprocess)


def _own(files: VisitFiles, path: str | None) -> str | None:
    """Return the path of a file that was given here, see `VisitFiles.own`."""
    try:
        return None if path is None else str(files.own(path))
    except PageFileError as error:
        raise as_message(error) from None
