"""What the panels share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from editor.editing.edit import Edit
from editor.project.actions import add_edit, add_made
from editor.session import Editor
from editor.ui.component_values import strip_value
from editor.ui.handlers import Handlers
from editor.ui.state import Store, Visitor
from editor.ui.visit_files import VisitFiles

Hook = Callable[..., Any]  # takes the options of an event


@dataclass(frozen=True)
class PageContext:
    """Components that every panel may use. A panel is made of this alone, and connected later.

    Attributes:
        handlers: domains, and what the place Edit does.
        visitor: holds a `Visitor`.
        domain: the dropdown of domains.
        places: the header; `select` says that another place or tool is open.
        strip: the filmstrip.
        file: hidden; holds {"name", "uri"} of something to download, see `download.js`.
        paths: hidden; a file of the page's cache to download, see `download_file.js`.
        shared: others reach this page.
    """

    handlers: Handlers
    visitor: gr.State
    domain: gr.Dropdown
    places: gr.HTML
    strip: gr.HTML
    file: gr.JSON
    paths: gr.File
    shared: bool = False

    @property
    def files(self) -> VisitFiles:
        """The files of the visits."""
        return self.handlers.service.files

    @property
    def store(self) -> Store:
        """The visitors' states."""
        return self.handlers.store

    def editor(self, visitor: Visitor) -> Editor:
        """Return the editor of the visitor's domain."""
        return self.handlers.editor(visitor)


def keep_picture(
    store: Store, visitor: Visitor, editor: Editor, edit: Edit, name: str, label: str, of: str
) -> tuple[Visitor, Any]:
    """Add an edit made of a picture, and show it. Return the visitor and the history's value.

    Args:
        store: of the visitors' states.
        visitor: whose visit.
        editor: of the domain.
        edit: a code of its own.
        name: of the new picture.
        label: what was done, in words.
        of: id of the picture whose photo the edit is laid into, if it is still there.
    """

    def kept(newest: Visitor) -> Visitor:
        there = [p for p in newest.project.pictures if p.id == of]
        if there:
            return newest.show(add_made(newest.project, editor, edit, name, label, there[0]))
        return newest.show(add_edit(newest.project, editor, edit, name, label=label))

    visitor = store.update(visitor, kept)
    return visitor, strip_value(visitor.project)
