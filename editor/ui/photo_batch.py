"""Photos by the dozen: inverted one after another, with the sliders of the shown edit if wanted."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr

from editor.editing.edit import Edit
from editor.errors import EditorError, OptionError
from editor.inversion.loop import InversionOptions
from editor.media.images import UPLOADS
from editor.photo.crop import Crop
from editor.photo.photo import Photo
from editor.project.actions import (
    add_edit,
    check_room,
    photo_name,
)
from editor.project.nodes import Node
from editor.session import Editor
from editor.sliders.boundary import Boundary
from editor.ui.component_values import picker_value, progress, status
from editor.ui.components.file_inputs import file_input
from editor.ui.edit import QUIET, EditPanel
from editor.ui.error_messages import tells_errors
from editor.ui.inverting import chosen_options
from editor.ui.page_context import PageContext
from editor.ui.state import Visitor

MAX_PHOTOS = 50


class PhotoBatch:
    """The part of the tab Library that takes many photos.

    Args:
        page: what the panels share.
    """

    def __init__(self, page: PageContext) -> None:
        self.page = page
        self.photos = file_input(
            page.files,
            label="Add photos, or saved codes",
            file_count="multiple",
            file_types=[*UPLOADS, ".npz"],
            height=120,
            elem_id="library-photos",
        )
        self.with_moves = gr.Checkbox(
            label="with the sliders of the picture in Edit", elem_id="library-with"
        )
        with gr.Row():
            self.invert = gr.Button("Invert all", variant="primary", elem_id="library-invert")
            self.cancel = gr.Button("Cancel", elem_id="library-cancel")

    def connect(self, edit: EditPanel, line: gr.HTML, pictures: gr.HTML) -> Any:
        """Connect the components. Return the event of the job, to be cancelled.

        Args:
            edit: the tab Edit, which has the settings of an inversion.
            line: the status of the tab.
            pictures: those of the visit.
        """
        visitor = self.page.visitor
        return self.invert.click(
            self.inverted,
            [visitor, self.photos, self.with_moves, *edit.settings],
            [visitor, line, pictures],
            **QUIET,
        )

    @tells_errors
    def inverted(
        self, visitor: Visitor, paths: list[str] | None, with_moves: bool, *settings: float
    ) -> Iterator[tuple[Any, ...]]:
        """Invert photos and open codes. Yield visitor, status and pictures.

        Photos that fail are named in the status at the end.

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
                for edit in self._made(editor, visitor.project.sliders, path, options, unsure):
                    made = edit
                    yield gr.skip(), line, gr.skip()  # here the job can be cancelled
                assert made is not None
                grown = partial(_grown, editor=editor, edit=made, path=path, node=node)
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
        editor: Editor,
        own: tuple[Boundary, ...],
        path: str,
        options: InversionOptions,
        unsure: list[str],
    ) -> Iterator[Edit]:
        """Open a saved code, or invert a photo. Yield the edit after every step."""
        sliders = editor.sliders.with_own(own)
        if path.lower().endswith(".npz"):
            yield editor.open_code(path, sliders)
            return
        photo = Photo.read(path)
        found = editor.find(photo, least=0.0)
        if editor.finds and not (found and found[0][1] >= editor.finder.sure):
            unsure.append(photo_name(path))
        crop = found[0][0] if found else Crop()
        aligned = editor.align(photo, crop)
        for step in editor.invert_steps(aligned, options):
            edit = editor.edit(step.wp[0], aligned, step.losses, sliders=sliders)
            yield replace(edit, photo=photo, crop=crop)

    def _pictures(self, visitor: Visitor, editor: Editor) -> Any:
        now = self.page.store.newest(visitor)
        return picker_value(now.project) if now.domain == editor.info.name else gr.skip()


def _grown(visitor: Visitor, editor: Editor, edit: Edit, path: str, node: Node | None) -> Visitor:
    """Add an edit to the project of its domain. Keep what is shown."""
    project = visitor.projects[edit.sliders.info.name]
    at, shown = project.at, project.node
    made = edit if node is None or edit.moves else node.on(edit)
    project = add_edit(project, editor, made, photo_name(path), path)
    return visitor.put(project.go(at) if project.nodes[at : at + 1] == (shown,) else project)
