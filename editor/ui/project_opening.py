"""Projects of files and of the browser, opened in a visit."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import gradio as gr

from editor.errors import ProjectError
from editor.project.file import open_project, project_domain
from editor.project.history import Project
from editor.ui.handler_base import HandlerBase
from editor.ui.state import Visitor


def opened_project(
    handlers: HandlerBase, visitor: Visitor, source: bytes | Path, photos: dict[str, str]
) -> Project:
    """Open a project. Tell the visitor how many of its photos are lost.

    Args:
        handlers: the domains, and the files of visits.
        visitor: whose visit gets the project's photos.
        source: bytes of a project's file, or its path.
        photos: paths of photos that are not in it, by name.

    Raises:
        ProjectError: it is no project, or of a domain that is not here.
    """
    domain = project_domain(source)
    choices = handlers.domains.choices
    if domain not in {name for _, name in choices}:
        raise ProjectError(
            f"the project was made in domain '{domain}', which is not here; there are: "
            f"{', '.join(sorted(title for title, _ in choices))}"
        )
    editor = handlers.domains.open(domain)
    lost: list[str] = []
    keep = partial(handlers.keep_file, visitor)
    project: Project = open_project(source, editor, keep, photos, lost)
    if lost:
        gr.Info(
            f"{len(lost)} of its photos could not be read: their squares and edits are here.",
            title="Opened without some photos",
        )
    return project
