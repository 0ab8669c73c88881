"""A component of the page's own: markup and styles lie in files of its name here, its script is a module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from editor.errors import InputError
from editor.ui.error_messages import as_message
from editor.ui.gradio_internals import replace_preprocess
from editor.ui.modules import loader
from editor.ui.page_values import Shape, read_record

FOLDER = Path(__file__).parent


def asset(name: str) -> str:
    """Return the text of a file of a component."""
    return (FOLDER / name).read_text(encoding="utf-8")


def stylesheet() -> str:
    """Return the styles of all components."""
    return "".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.css")))


def html_component(
    name: str, value: Any, elem_id: str, shape: Shape, render: bool = True, **options: Any
) -> gr.HTML:
    """Return a component whose markup never depends on its value. Its script changes it in place.

    The script is the module of that name.

    Args:
        name: of its files.
        value: that it has at first.
        elem_id: its name on the page.
        shape: of what handlers read of its value, see `read_record`.
        render: put it where it is made.
        options: of `gr.HTML`.
    """
    component = gr.HTML(
        value=value,
        html_template=asset(f"{name}.html"),
        js_on_load=loader(name),
        apply_default_css=False,
        padding=False,
        elem_id=elem_id,
        render=render,
        **options,
    )

    def preprocess(payload: Any) -> Any:
        try:
            return read_record(payload, shape)
        except InputError as error:
            raise as_message(error) from None

    return replace_preprocess(component, preprocess)
