"""The visit outlives a reload: the browser keeps it, and brings it back."""

from __future__ import annotations

import base64
import binascii
import html
from functools import reduce
from typing import Any
from weakref import WeakKeyDictionary

import gradio as gr

from editor.errors import PageFileError, ProjectError
from editor.project.actions import without_lost_photos
from editor.project.file import photo_files, project_bytes
from editor.project.history import Project
from editor.ui.components.browser_storage import browser_storage
from editor.ui.edit import QUIET, EditPanel
from editor.ui.error_messages import tells_errors
from editor.ui.page_context import Hook, PageContext
from editor.ui.project_opening import opened_project
from editor.ui.state import Visitor
from editor.ui.turns import reads_files

MAX_DOMAINS = 16


class BrowserStorage:
    """Keeps the visit in the browser, and brings it back.

    Args:
        page: what the panels share.
    """

    def __init__(self, page: PageContext) -> None:
        self.page = page
        self._known: WeakKeyDictionary[Project, tuple[str, dict[str, str]]] = WeakKeyDictionary()
        self.component = browser_storage()

    def connect(self, edit: EditPanel) -> Hook:
        """Connect the component with the place Edit, which shows what is brought back.

        Args:
            edit: the place Edit.

        Returns:
            What adds an event after a visit was brought back.
        """
        page = self.page
        # an edit while an answer is on its way is asked for again, or the browser's copy would lack it
        kept: dict[str, Any] = {"trigger_mode": "always_last", **QUIET}
        self.component.submit(self.kept, page.visitor, self.component, **kept)
        loaded = self.component.apply(
            self.restored,
            [page.visitor, self.component],
            [page.visitor, page.domain, self.component],
            **QUIET,
        )
        shown = edit.show_opened(loaded)
        edit.go_on(shown)
        loaded.failure(lambda: {"restored": False}, None, self.component, **QUIET)
        after: Hook = shown.success
        return after

    @tells_errors
    def kept(self, visitor: Visitor) -> dict[str, Any]:
        """Return the visit for the browser: every domain's project, without photos that are gone."""
        visitor = self.page.store.newest(visitor)
        projects: dict[str, str] = {}
        photos: dict[str, str] = {}
        for domain, project in visitor.projects.items():
            projects[domain], its = self._encoded(without_lost_photos(project)[0])
            photos |= its
        return {
            "visit": visitor.visit.id,
            "open": visitor.domain,
            "projects": projects,
            "photos": photos,
            "worth": any(len(project.nodes) > 1 for project in visitor.projects.values()),
        }

    def _encoded(self, project: Project) -> tuple[str, dict[str, str]]:
        """Return a project as text without its photos, and their paths by name. Keep both for later."""
        if project not in self._known:
            names = {name: path for path, name in photo_files(project).items()}
            data = base64.b64encode(project_bytes(project, with_photos=False)).decode()
            self._known[project] = data, names
        return self._known[project]

    @reads_files
    @tells_errors
    def restored(self, visitor: Visitor, value: dict[str, Any] | None) -> tuple[Any, Any, Any]:
        """Restore the last visit as the server still has it, else as the browser kept it.

        Returns visitor, domain, and whether it worked; domains that have changed or gone are left.
        """
        last = (value or {}).get("restore") or {}
        known = self.page.store.find(visitor.visit.owner, str(last.get("visit")))
        if known is not None and known.visit is not visitor.visit:
            _tell_late(last)
            return known, known.domain, {"restored": True, "visit": known.visit.id}
        try:
            projects = {
                str(domain): base64.b64decode(str(data), validate=True)
                for domain, data in dict(last["projects"]).items()
            }
            photos = {
                str(name): str(self.page.files.own(file["path"], visitor.visit.owner))
                for name, file in dict(last["photos"]).items()
            }
        except (KeyError, TypeError, ValueError, binascii.Error, PageFileError):
            return gr.skip(), gr.skip(), {"restored": False}
        opened: list[Project] = []
        for name in sorted(projects, key=lambda name: name == str(last.get("open")))[-MAX_DOMAINS:]:
            try:
                project = opened_project(self.page.handlers, visitor, projects[name], photos)
            except ProjectError as error:
                text = html.escape(f"Your last visit could not be restored: {error}")
                gr.Info(text, title="A new start")
                continue
            opened.append(project)
        if not opened:
            return gr.skip(), gr.skip(), {"restored": not projects, "visit": visitor.visit.id}
        _tell_late(last)
        visitor = self.page.store.update(
            visitor, lambda newest: reduce(Visitor.keep, opened, newest)
        )
        return visitor, visitor.domain, {"restored": True, "visit": visitor.visit.id}


def _tell_late(last: dict[str, Any]) -> None:
    """Tell the visitor if the page was left for long."""
    if last.get("late"):
        gr.Info(
            "This page was left for so long that the server had forgotten your visit. It is as it "
            "was kept; make your last change again.",
            title="Your visit is here again",
        )
