"""The place Library: all pictures of the visit, photos by the dozen, projects."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from editor.errors import OptionError
from editor.media.names import plain_stem
from editor.project.actions import without_lost_photos
from editor.project.file import project_bytes
from editor.project.history import Project
from editor.project.turning import standing, versions
from editor.ui.browser_storage import BrowserStorage
from editor.ui.component_values import is_untouched, strip_value
from editor.ui.components.library_grid import library_grid
from editor.ui.edit import MANY, QUIET, EditPanel
from editor.ui.error_messages import tells_errors, told_by_page
from editor.ui.handler_base import first_project
from editor.ui.library_export import LibraryExport
from editor.ui.library_paste import LibraryPaste
from editor.ui.library_values import (
    Doubts,
    Key,
    Tiles,
    chosen_keys,
    filled,
    library_value,
    said,
    told_once,
)
from editor.ui.page_context import Hook, PageContext
from editor.ui.photo_batch import PhotoBatch
from editor.ui.project_opening import opened_project
from editor.ui.state import Visitor
from editor.ui.turns import in_passing, reads_files


class LibraryPanel:
    """The place's one component, and what it does.

    Args:
        page: what the panels share.
    """

    def __init__(self, page: PageContext) -> None:
        self.page = page
        self.tiles, self.doubts = Tiles(page.handlers.domains), Doubts()
        self.before = gr.State(None, time_to_live=3600)  # projects before a loss, by domain
        self.grid = library_grid()
        self.batch = PhotoBatch(page, self.tiles, self.doubts)
        self.pasting = LibraryPaste(page, self.tiles, self.doubts)
        self.exporting = LibraryExport(page)

    def connect(self, edit: EditPanel, changed: Sequence[Hook], storage: BrowserStorage) -> None:
        """Connect the component. It asks for its value by itself when the place is opened.

        Args:
            edit: the place Edit.
            changed: add an event after another domain was chosen, or a visit was brought back.
            storage: forgets the visit.
        """
        page, grid = self.page, self.grid
        visitor, given = page.visitor, [page.visitor, grid]
        shown: dict[str, Any] = {"fn": self.show, "inputs": visitor, "outputs": grid, **QUIET}
        focused = grid.focus(**shown)
        for after in changed:
            after(**shown)
        chosen = grid.select(self.opened, given, [visitor, page.domain], **MANY)
        edit.show_opened(chosen)
        told = [visitor, page.strip, grid]
        pasted = grid.apply(self.pasting.pasted, given, told, **MANY)
        removed = grid.delete(self.removed, given, [*told, self.before], **MANY)
        back = grid.undo(self.brought_back, [visitor, self.before], [*told, self.before], **MANY)
        for event in (pasted, removed, back):
            event.success(**edit.refresh)
        renamed = grid.input(self.renamed, given, told, **MANY)
        grid.stop(self.batch.stopped, visitor, None, **MANY)
        inputs = [*given, *edit.settings]
        # one after another: the page holds back what comes meanwhile
        read = grid.upload(self.batch.read, inputs, [visitor, grid, page.strip], **MANY)
        read.then(**edit.refresh)
        exported = grid.download(self.exporting.exported, given, grid, **MANY)
        for event in (read, pasted, exported):
            event.failure(self.ended, visitor, grid, **MANY)
        saved = grid.submit(self.project_file, visitor, grid, **MANY)
        opened = grid.expand(self.loaded, given, [visitor, page.domain, grid, self.before], **MANY)
        edit.show_opened(opened).success(**shown)
        for event in (focused, chosen, removed, back, renamed, saved, opened):
            event.failure(self.refused, visitor, grid, **MANY)
        # another value each time: the browser asks again after a no
        grid.clear(lambda: {"forget": uuid.uuid4().hex}, None, storage.component, **MANY)

    @told_by_page
    @in_passing
    @tells_errors
    def show(self, visitor: Visitor) -> Iterator[dict[str, Any]]:
        """Yield the pictures as they are now, and their tiles as they are drawn."""
        visitor = self.page.store.newest(visitor)
        yield from filled(
            lambda: self._value(visitor), self.tiles, visitor, self.page.editor(visitor)
        )

    @told_by_page
    @tells_errors
    def opened(self, visitor: Visitor, value: dict[str, Any] | None) -> tuple[Visitor, str]:
        """Show the chosen picture in Edit, as it was last edited. Return visitor and its domain."""
        domain, name = chosen_keys(value, self.page.store.newest(visitor))[0]

        def gone(newest: Visitor) -> Visitor:
            project = newest.projects[domain]
            return newest.show(project.go(project.last(name)))

        return self.page.store.update(visitor, gone), domain

    @told_by_page
    @tells_errors
    def removed(self, visitor: Visitor, value: dict[str, Any] | None) -> tuple[Any, ...]:
        """Remove the chosen pictures. Return what is shown then, and the projects before it."""
        keys = chosen_keys(value, self.page.store.newest(visitor))
        before: dict[str, Project] = {}

        def without(newest: Visitor) -> Visitor:
            for domain in {domain for domain, _ in keys}:
                before[domain] = newest.projects[domain]
                newest = newest.put(self._without(newest.projects[domain], keys))
            return newest

        visitor = self.page.store.update(visitor, without)
        return *self._told(visitor, said(f"{len(keys)} removed.", undo=True)), before

    @told_by_page
    @tells_errors
    def brought_back(
        self, visitor: Visitor, before: Mapping[str, Project] | None
    ) -> tuple[Any, ...]:
        """Bring projects back as they were before pictures were removed or another was opened."""
        if not before:
            raise OptionError("there is nothing to bring back any more")
        left: dict[str, Project] = {}

        def as_before(newest: Visitor) -> Visitor:
            for domain, project in before.items():
                left[domain] = newest.projects[domain]
                newest = newest.put(project)
            return newest

        visitor = self.page.store.update(visitor, as_before)
        visitor, strip, value = self._told(visitor, said("It is as it was.", undo=True))
        return visitor, strip, value | {"back": True}, left

    @told_by_page
    @tells_errors
    def renamed(self, visitor: Visitor, value: dict[str, Any] | None) -> tuple[Any, ...]:
        """Give a picture another name."""
        asked = (value or {}).get("rename") or {}
        newest = self.page.store.newest(visitor)
        domain, name = chosen_keys({"chosen": [asked.get("key")]}, newest)[0]
        title = str(asked.get("name") or "")

        def called(newest: Visitor) -> Visitor:
            project = newest.projects[domain]
            for one in versions(project, name) | {name}:
                project = project.rename(one, title)
            return newest.put(project)

        visitor = self.page.store.update(visitor, called)
        return visitor, strip_value(visitor.project), self._value(visitor)

    @told_by_page
    @reads_files
    @tells_errors
    def project_file(self, visitor: Visitor) -> dict[str, Any]:
        """Save the open domain's project as a file of the page's cache. Return what the grid takes home."""
        visitor = self.page.store.newest(visitor)
        project, lost = without_lost_photos(visitor.project)
        used = [p.name for p in standing(project) if not is_untouched(project, p.id)]
        more = f" and {len(used) - 1} more" if len(used) > 1 else ""
        name = f"{plain_stem(used[0] if used else visitor.domain)}{more}.zip"
        path = self.page.handlers.export(visitor, name, project_bytes(project))
        text = f"{name} was saved."
        if lost:
            text += (
                f" {lost} of its photos are not kept any more: their squares and codes are in it."
            )
        return {"saved": {"file": path, "name": name, "project": True}, "said": said(text)}

    @told_by_page
    @reads_files
    @tells_errors
    def loaded(self, visitor: Visitor, value: dict[str, Any] | None) -> tuple[Any, ...]:
        """Open a project file. Return visitor, domain, grid, and the project that it replaces."""
        given = (value or {}).get("given") or [None]
        path = self.page.files.own((given[0] or {}).get("path"), visitor.visit.owner)
        project = opened_project(self.page.handlers, visitor, Path(path), {})
        before: dict[str, Project] = {}

        def opened(newest: Visitor) -> Visitor:
            if project.domain in newest.projects:
                before[project.domain] = newest.projects[project.domain]
            return newest.show(project)

        visitor = self.page.store.update(visitor, opened)
        message = said(f"{path.name} is open.", undo=bool(before))
        value = self._value(visitor) | {"said": message, "project": path.name}
        return visitor, project.domain, value, before

    @tells_errors
    def refused(self, visitor: Visitor) -> dict[str, Any]:
        """Say why what was asked for was not done."""
        return told_once(visitor)

    @tells_errors
    def ended(self, visitor: Visitor) -> dict[str, Any]:
        """Say why a batch was not done, and that it has ended."""
        return {"progress": None} | told_once(visitor)

    def _without(self, project: Project, keys: list[Key]) -> Project:
        """Return a project without some pictures; with the first example where none is left."""
        names = {name for domain, name in keys if domain == project.domain}
        names = {one for name in names for one in versions(project, name)}
        if names < {picture.id for picture in project.pictures}:
            return project.remove(names)
        fresh = first_project(self.page.handlers.domains.open(project.domain))
        return replace(fresh, sliders=project.sliders)

    def _value(self, visitor: Visitor) -> dict[str, Any]:
        now = self.page.store.newest(visitor)
        return library_value(now, self.tiles, self.doubts.of(now))

    def _told(self, visitor: Visitor, message: dict[str, Any]) -> tuple[Any, ...]:
        value = self._value(visitor) | {"said": message}
        return visitor, strip_value(visitor.project), value
