"""The tab Library: all pictures of the visit, photos by the dozen, projects."""

from __future__ import annotations

import html
import io
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from editor import Crop, Edit, Editor
from editor.errors import EditorError, OptionError
from editor.inversion.loop import InversionOptions
from editor.media.images import encode_image, load_image
from editor.project.actions import (
    add_edit,
    check_room,
    file_name,
    give_sliders,
    photo_name,
    result,
    without_lost_photos,
)
from editor.project.file import project_bytes
from editor.project.history import Project
from editor.project.nodes import Node
from editor.session import CONFIDENT
from editor.ui.browser_storage import BrowserStorage
from editor.ui.component_values import chosen_of, picker_value, progress, status, strip_value
from editor.ui.components.file_inputs import file_input
from editor.ui.components.picker import picker
from editor.ui.edit import QUIET, EditPanel
from editor.ui.error_messages import tells_errors
from editor.ui.inverting import chosen_options
from editor.ui.page_context import PageContext
from editor.ui.project_opening import opened_project
from editor.ui.scripts import script
from editor.ui.state import Visitor
from editor.ui.turns import reads_files

MAX_PHOTOS = 50


class LibraryPanel:
    """The tab's components and what they do.

    Args:
        page: what the panels share.
        edit: the tab Edit.
        storage: opens projects.
        tab: of the panel; its pictures are brought up to date when it is chosen.
    """

    def __init__(
        self, page: PageContext, edit: EditPanel, storage: BrowserStorage, tab: gr.Tab
    ) -> None:
        self.page, self.edit, self.storage = page, edit, storage
        self.before = gr.State(None, time_to_live=3600)  # the project before a loss
        with gr.Row(elem_classes="panel-row"):
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
                self.photos = file_input(
                    page.files,
                    label="Add photos, or saved codes",
                    file_count="multiple",
                    file_types=["image", ".heic", ".heif", ".avif", ".npz"],
                    height=120,
                    elem_id="library-photos",
                )
                self.with_moves = gr.Checkbox(
                    label="with the sliders of the picture in Edit", elem_id="library-with"
                )
                with gr.Row():
                    self.invert = gr.Button(
                        "Invert all", variant="primary", elem_id="library-invert"
                    )
                    self.cancel = gr.Button("Cancel", elem_id="library-cancel")
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
        self._wire(tab)

    def _wire(self, tab: gr.Tab) -> None:
        visitor, strip = self.page.visitor, self.page.strip
        given = [visitor, self.pictures]
        shown: dict[str, Any] = {
            "fn": self.show,
            "inputs": given,
            "outputs": self.pictures,
            **QUIET,
        }
        tab.select(**shown)
        self.page.changed(**shown)
        self.open.click(self.opened, given, visitor, **QUIET).success(**self.page.refresh).success(
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
            event.success(**shown).success(**self.page.refresh)
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
        job = self.invert.click(
            self.inverted,
            [visitor, self.photos, self.with_moves, *self.edit.settings],
            [visitor, self.status, self.pictures],
            **QUIET,
        )
        job.then(**self.page.refresh)
        stopped = self.cancel.click(
            lambda: status("Stopped; what was done is kept."),
            None,
            self.status,
            cancels=[job, saving],
            **QUIET,
        )
        stopped.then(**self.page.refresh)
        self.save_project.click(
            self.project_file, visitor, [self.page.paths, self.status], **QUIET
        ).success(None, self.page.paths, None, js=script("download_file"))
        opened = self.project.upload(
            self.loaded,
            [visitor, self.project],
            [visitor, self.edit.domain, self.before, self.status],
            **QUIET,
        )
        self.storage.show(opened).success(**shown)
        # another value each time: the browser asks again after a no
        self.forget.click(
            lambda: {"forget": uuid.uuid4().hex}, None, self.storage.component, **QUIET
        )

    @tells_errors
    def show(self, visitor: Visitor, value: dict[str, Any] | None) -> dict[str, Any]:
        """The pictures as they are now."""
        visitor = self.page.store.newest(visitor)
        return picker_value(visitor.project, chosen_of(value))

    @tells_errors
    def opened(self, visitor: Visitor, value: dict[str, Any] | None) -> Visitor:
        """The chosen picture in the tab Edit, as it was last edited."""
        visitor = self.page.store.newest(visitor)
        at = visitor.project.last(_some(value)[0])
        return self.page.store.update(visitor, lambda newest: newest.keep(newest.project.go(at)))

    @tells_errors
    def copied(self, visitor: Visitor, value: dict[str, Any] | None) -> tuple[Any, ...]:
        """The sliders, layers and painted part of the shown edit, on all that are chosen."""
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
        """Without the chosen pictures."""
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
        """A project file in place of the open project: visitor, domain, the project before, status."""
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
        """The project as it was before pictures were removed or another was opened."""
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
        """The first that is chosen gets another name."""
        picture = _some(value)[0]
        visitor = self.page.store.update(
            visitor, lambda newest: newest.keep(newest.project.rename(picture, name))
        )
        return visitor, strip_value(visitor.project)

    @tells_errors
    def inverted(
        self, visitor: Visitor, paths: list[str] | None, with_moves: bool, *settings: float
    ) -> Iterator[tuple[Any, ...]]:
        """Invert photos and open codes; yields visitor, status and pictures; a bad one is told.

        What else the visitor does meanwhile stays, and what is shown stays shown.
        """
        visitor = self.page.store.newest(visitor)
        if not paths:
            raise OptionError("add some photos first")
        if len(paths) > MAX_PHOTOS:
            raise OptionError(
                f"{len(paths)} photos are too many at once; give at most {MAX_PHOTOS}"
            )
        editor = self.page.editor(visitor)
        check_room(visitor.project, paths)
        options = chosen_options(settings)
        node = visitor.project.node if with_moves else None
        failures: list[str] = []
        unsure: list[str] = []
        for done, path in enumerate(paths):
            name = photo_name(path)
            line = progress(done, len(paths), f"{done} of {len(paths)}: {name}")
            yield gr.skip(), line, gr.skip()
            try:
                made: Edit | None = None
                for edit in self._made(editor, path, options, unsure):
                    made = edit
                    yield gr.skip(), line, gr.skip()  # here the job can be cancelled
                assert made is not None
                grown = partial(_grown, edit=made, path=path, node=node)
                visitor = self.page.store.update(visitor, grown)
            except EditorError as error:
                failures.append(f"{name}: {error}")
            yield self.page.store.newest(visitor), line, self._pictures(visitor, editor)
        said = f"{len(paths) - len(failures)} of {len(paths)} done. " + " ".join(failures)
        if unsure:
            subject = editor.info.subject
            said += (
                f" No {subject} was surely found in {', '.join(unsure)}: check its square in Edit."
            )
        yield (
            self.page.store.newest(visitor),
            status(html.escape(said)),
            self._pictures(visitor, editor),
        )

    @staticmethod
    def _made(
        editor: Editor, path: str, options: InversionOptions, unsure: list[str]
    ) -> Iterator[Edit]:
        """A saved code opened, or a photo inverted, the edit after every step."""
        if path.lower().endswith(".npz"):
            yield editor.open_code(path)
            return
        photo = load_image(path)
        found = editor.find(photo, least=0.0)
        if editor.pack.aligner is not None and not (found and found[0][1] >= CONFIDENT):
            unsure.append(photo_name(path))
        crop = found[0][0] if found else Crop()
        aligned = editor.align(photo, crop)
        for step in editor.invert_steps(aligned, options):
            edit = editor.edit(step.wp[0], aligned, step.losses)
            yield replace(edit, source=photo, crop=crop)

    def _pictures(self, visitor: Visitor, editor: Editor) -> Any:
        now = self.page.store.newest(visitor)
        return picker_value(now.project) if now.domain == editor.info.name else gr.skip()

    @tells_errors
    def saved(self, visitor: Visitor, value: dict[str, Any] | None) -> Iterator[tuple[Any, str]]:
        """The chosen pictures as a zip: the whole photo where there is one, else the square."""
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
        """The project as a file of the page's cache, and what there is to say of it."""
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


def _grown(visitor: Visitor, edit: Edit, path: str, node: Node | None) -> Visitor:
    """With an edit more in the project of its domain; what is shown stays shown."""
    project = visitor.projects[edit.editor.info.name]
    at, shown = project.at, project.node
    made = edit if node is None or edit.moves else node.on(edit)
    project = add_edit(project, made, photo_name(path), path)
    return visitor.put(project.go(at) if project.nodes[at : at + 1] == (shown,) else project)


def _some(value: dict[str, Any] | None) -> list[str]:
    """The chosen ids.

    Raises:
        OptionError: none is.
    """
    chosen = chosen_of(value)
    if not chosen:
        raise OptionError("choose a picture first")
    return chosen
