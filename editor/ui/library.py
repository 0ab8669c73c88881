"""The tab Library: all pictures of the visit, photos by the dozen, projects."""

from __future__ import annotations

import html
import io
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from editor.errors import EditorError, OptionError
from editor.media.images import encode_image
from editor.project.actions import (
    file_name,
    give_sliders,
    result,
    without_lost_photos,
)
from editor.project.file import project_bytes
from editor.project.history import Project
from editor.ui.browser_storage import BrowserStorage
from editor.ui.component_values import chosen_of, picker_value, progress, status, strip_value
from editor.ui.components.file_inputs import file_input
from editor.ui.components.picker import picker
from editor.ui.edit import QUIET, EditPanel
from editor.ui.error_messages import tells_errors
from editor.ui.page_context import Hook, PageContext
from editor.ui.photo_batch import PhotoBatch
from editor.ui.project_opening import opened_project
from editor.ui.scripts import script
from editor.ui.state import Visitor
from editor.ui.turns import reads_files


class LibraryPanel:
    """The tab's components and what they do.

    Args:
        page: what the panels share.
    """

    def __init__(self, page: PageContext) -> None:
        self.page = page
        with gr.Tab("Library", id="library") as self.tab, gr.Row(elem_classes="panel-row"):
            self.before = gr.State(None, time_to_live=3600)  # the project before a loss
            with gr.Column(scale=2):
                self.pictures = picker("library", "Your pictures; choose one or several")
                self.status = gr.HTML(status(""), elem_id="library-status")
                with gr.Row():
                    small: dict[str, Any] = {"size": "sm", "min_width": 100}
                    self.open = gr.Button("Open", elem_id="library-open", **small)
                    self.copy = gr.Button(
                        "Give them the sliders of the picture in Edit",
                        elem_id="library-copy",
                        **small,
                    )
                    self.save = gr.Button("Save them", elem_id="library-save", **small)
                    self.remove = gr.Button("Remove", elem_id="library-remove", **small)
                    self.back = gr.Button("Bring back", elem_id="library-back", **small)
                with gr.Row():
                    self.name = gr.Textbox(label="Name", max_lines=1, elem_id="library-name")
                    self.rename = gr.Button("Rename", size="sm", elem_id="library-rename")
            with gr.Column(scale=1):
                self.batch = PhotoBatch(page)
                self.save_project = gr.Button("Save project", elem_id="project-save")
                self.project = file_input(
                    page.files,
                    label="Open a project",
                    file_types=[".zip"],
                    height=120,
                    elem_id="project-open",
                )
                self.forget = gr.Button(
                    "Start afresh (the browser forgets this visit)", size="sm", elem_id="forget"
                )

    def connect(self, edit: EditPanel, changed: Hook, storage: BrowserStorage) -> None:
        """Connect the components.

        Args:
            edit: the tab Edit.
            changed: adds an event after another domain was chosen.
            storage: forgets the visit.
        """
        visitor, strip = self.page.visitor, self.page.strip
        given = [visitor, self.pictures]
        shown: dict[str, Any] = {
            "fn": self.show,
            "inputs": given,
            "outputs": self.pictures,
            **QUIET,
        }
        self.tab.select(**shown)
        changed(**shown)
        self.open.click(self.opened, given, visitor, **QUIET).success(**edit.refresh).success(
            None, None, None, js=script("open_edit")
        )
        told = [visitor, strip, self.status]
        for event in (
            self.copy.click(self.copied, given, told, **QUIET),
            self.remove.click(self.removed, given, [*told, self.before], **QUIET),
            self.back.click(
                self.brought_back, [visitor, self.before], [*told, self.before], **QUIET
            ),
        ):
            event.success(**shown).success(**edit.refresh)
        self.rename.click(self.renamed, [*given, self.name], [visitor, strip], **QUIET).success(
            **shown
        )
        saving = self.save.click(
            self.saved,
            given,
            [self.page.paths, self.status],
            **QUIET,
        )
        saving.success(None, self.page.paths, None, js=script("download_file"))
        job = self.batch.connect(edit, self.status, self.pictures)
        job.then(**edit.refresh)
        stopped = self.batch.cancel.click(
            lambda: status("Stopped; what was done is kept."),
            None,
            self.status,
            cancels=[job, saving],
            **QUIET,
        )
        stopped.then(**edit.refresh)
        self._connect_projects(edit, storage, shown)

    def _connect_projects(
        self, edit: EditPanel, storage: BrowserStorage, shown: dict[str, Any]
    ) -> None:
        visitor = self.page.visitor
        self.save_project.click(
            self.project_file, visitor, [self.page.paths, self.status], **QUIET
        ).success(None, self.page.paths, None, js=script("download_file"))
        opened = self.project.upload(
            self.loaded,
            [visitor, self.project],
            [visitor, self.page.domain, self.before, self.status],
            **QUIET,
        )
        edit.show_opened(opened).success(**shown)
        # another value each time: the browser asks again after a no
        self.forget.click(lambda: {"forget": uuid.uuid4().hex}, None, storage.component, **QUIET)

    @tells_errors
    def show(self, visitor: Visitor, value: dict[str, Any] | None) -> dict[str, Any]:
        """Show the pictures as they are now."""
        visitor = self.page.store.newest(visitor)
        return picker_value(visitor.project, chosen_of(value))

    @tells_errors
    def opened(self, visitor: Visitor, value: dict[str, Any] | None) -> Visitor:
        """Open the chosen picture in the tab Edit, as it was last edited."""
        visitor = self.page.store.newest(visitor)
        at = visitor.project.last(_some(value)[0])
        return self.page.store.update(visitor, lambda newest: newest.keep(newest.project.go(at)))

    @tells_errors
    def copied(self, visitor: Visitor, value: dict[str, Any] | None) -> tuple[Any, ...]:
        """Copy the shown edit's sliders, layers and painted part to all that are chosen."""
        visitor = self.page.store.newest(visitor)
        node, editor = visitor.project.node, self.page.editor(visitor)
        assert node is not None
        names = [name for name in _some(value) if name != node.picture]
        visitor = self.page.store.update(
            visitor,
            lambda newest: newest.keep(give_sliders(newest.project, editor, node, names)),
        )
        said = status(f"The sliders of the picture in Edit were given to {len(names)}.")
        return visitor, strip_value(visitor.project), said

    @tells_errors
    def removed(self, visitor: Visitor, value: dict[str, Any] | None) -> tuple[Any, ...]:
        """Remove the chosen pictures."""
        names, before = _some(value), visitor.project

        def without(newest: Visitor) -> Visitor:
            nonlocal before
            before = newest.project
            return newest.keep(before.remove(set(names)))

        visitor = self.page.store.update(visitor, without)
        said = status(f"{len(names)} removed. Bring back undoes that.")
        return visitor, strip_value(visitor.project), said, before

    @reads_files
    @tells_errors
    def loaded(self, visitor: Visitor, path: str | None) -> tuple[Any, ...]:
        """Open a project file. Return visitor, domain, the project that it replaces, and status."""
        if path is None:
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()
        project = opened_project(self.page.handlers, visitor, Path(path), {})
        before: Project | None = None

        def opened(newest: Visitor) -> Visitor:
            nonlocal before
            before = newest.projects.get(project.domain)
            return newest.keep(project)

        visitor = self.page.store.update(visitor, opened)
        said = status("The project is open. Bring back returns to what was here before.")
        return visitor, project.domain, before, said

    @tells_errors
    def brought_back(self, visitor: Visitor, before: Project | None) -> tuple[Any, ...]:
        """Bring the project back as it was before pictures were removed or another was opened."""
        if before is None:
            raise OptionError("there is nothing to bring back")
        if before.domain != self.page.store.newest(visitor).domain:
            raise OptionError(
                f"what was here before is of domain '{before.domain}': choose it first"
            )
        left = before

        def as_before(newest: Visitor) -> Visitor:
            nonlocal left
            left = newest.project
            return newest.keep(before)

        visitor = self.page.store.update(visitor, as_before)
        said = status("It is as it was. Bring back again to swap.")
        return visitor, strip_value(before), said, left

    @tells_errors
    def renamed(
        self, visitor: Visitor, value: dict[str, Any] | None, name: str
    ) -> tuple[Visitor, Any]:
        """Give the first chosen picture another name."""
        picture = _some(value)[0]
        visitor = self.page.store.update(
            visitor, lambda newest: newest.keep(newest.project.rename(picture, name))
        )
        return visitor, strip_value(visitor.project)

    @tells_errors
    def saved(self, visitor: Visitor, value: dict[str, Any] | None) -> Iterator[tuple[Any, str]]:
        """Save the chosen pictures as a zip: the whole photo where there is one, else the square."""
        visitor = self.page.store.newest(visitor)
        project, editor = visitor.project, self.page.editor(visitor)
        names, failures = _some(value), []
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            for done, name in enumerate(names):
                yield gr.skip(), progress(done, len(names), f"Saving {done + 1} of {len(names)}")
                try:
                    image, kind = result(project, editor, name)
                except EditorError as error:
                    failures.append(f"{project.picture(name).name}: {error}.")
                    continue
                file = file_name(project.picture(name), kind)
                archive.writestr(file, encode_image(image, kind))
        if len(failures) == len(names):
            raise OptionError(" ".join(failures))
        said = f"{len(names) - len(failures)} of {len(names)} saved. " + " ".join(failures)
        path = self.page.handlers.export(visitor, "pictures.zip", buffer.getvalue())
        yield path, status(html.escape(said))

    @reads_files
    @tells_errors
    def project_file(self, visitor: Visitor) -> tuple[str, str]:
        """Save the project as a file of the page's cache. Return its path, and what to say of it."""
        visitor = self.page.store.newest(visitor)
        project, lost = without_lost_photos(visitor.project)
        said = "The project was saved."
        if lost:
            said += (
                f" {lost} of its photos are not kept any more: their squares and codes are in it."
            )
        path = self.page.handlers.export(
            visitor, f"{visitor.domain}_project.zip", project_bytes(project)
        )
        return path, status(said)


def _some(value: dict[str, Any] | None) -> list[str]:
    """Return the chosen ids.

    Raises:
        OptionError: none is.
    """
    chosen = chosen_of(value)
    if not chosen:
        raise OptionError("choose a picture first")
    return chosen
