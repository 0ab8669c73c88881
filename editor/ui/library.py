"""The tab Library: all pictures of the visit, photos by the dozen, projects."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache

from editor.errors import EditorError, OptionError
from editor.images import encode_image
from editor.project.actions import add_edit, check_room, file_name, give_sliders, photo_name, result
from editor.project.file import project_bytes
from editor.ui.components import picker
from editor.ui.edit import QUIET, EditPanel
from editor.ui.guard import guarded, guarded_steps
from editor.ui.inverting import chosen_options
from editor.ui.keep import Keeper
from editor.ui.shell import DOWNLOAD_FILE, Shell
from editor.ui.state import Visitor
from editor.ui.values import chosen_of, picker_value, progress, status, strip_value

OPEN_EDIT = "() => { document.querySelector('#tabs button[role=tab]').click(); }"
MAX_PHOTOS = 50


class LibraryPanel:
    """The tab's components and what they do.

    Args:
        shell: what the panels share.
        edit: the tab Edit.
        keeper: opens projects.
        tab: of the panel; its pictures are brought up to date when it is chosen.
    """

    def __init__(self, shell: Shell, edit: EditPanel, keeper: Keeper, tab: gr.Tab) -> None:
        self.shell, self.edit, self.keeper = shell, edit, keeper
        with gr.Row(elem_classes="panel-row"):
            with gr.Column(scale=2):
                self.pictures = picker("library", "Your pictures; choose one or several")
                self.status = gr.HTML(status(""), elem_id="library-status")
                with gr.Row():
                    self.open = gr.Button("Open", size="sm", elem_id="library-open")
                    self.copy = gr.Button(
                        "Give them the sliders of the picture in Edit",
                        size="sm",
                        elem_id="library-copy",
                    )
                    self.save = gr.Button("Save them", size="sm", elem_id="library-save")
                    self.remove = gr.Button("Remove", size="sm", elem_id="library-remove")
                with gr.Row():
                    self.name = gr.Textbox(label="Name", max_lines=1, elem_id="library-name")
                    self.rename = gr.Button("Rename", size="sm", elem_id="library-rename")
            with gr.Column(scale=1):
                self.photos = gr.File(
                    label="Add photos",
                    file_count="multiple",
                    file_types=["image", ".heic", ".heif", ".avif"],
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
                self.project = gr.File(
                    label="Open a project", file_types=[".zip"], height=120, elem_id="project-open"
                )
                self.forget = gr.Button(
                    "Start afresh (the browser forgets this visit)", size="sm", elem_id="forget"
                )
        self._wire(tab)

    def _wire(self, tab: gr.Tab) -> None:
        visitor, strip = self.shell.visitor, self.shell.strip
        given = [visitor, self.pictures]
        shown: dict[str, Any] = {
            "fn": self.show,
            "inputs": given,
            "outputs": self.pictures,
            **QUIET,
        }
        tab.select(**shown)
        self.open.click(self.opened, given, visitor, **QUIET).success(**self.shell.refresh).success(
            None, None, None, js=OPEN_EDIT
        )
        for button, fn in ((self.copy, self.copied), (self.remove, self.removed)):
            button.click(fn, given, [visitor, strip, self.status], **QUIET).success(
                **shown
            ).success(**self.shell.refresh)
        self.rename.click(self.renamed, [*given, self.name], [visitor, strip], **QUIET).success(
            **shown
        )
        self.save.click(self.saved, given, self.shell.paths, **QUIET).success(
            None, self.shell.paths, None, js=DOWNLOAD_FILE
        )
        job = self.invert.click(
            self.inverted,
            [visitor, self.photos, self.with_moves, *self.edit.settings],
            [visitor, self.status, self.pictures],
            concurrency_id="invert",
            concurrency_limit=4,
            **QUIET,
        )
        job.then(**self.shell.refresh)
        stopped = self.cancel.click(
            lambda: status("Stopped; what was done is kept."),
            None,
            self.status,
            cancels=job,
            **QUIET,
        )
        stopped.then(**self.shell.refresh)
        self.save_project.click(self.project_file, visitor, self.shell.paths, **QUIET).success(
            None, self.shell.paths, None, js=DOWNLOAD_FILE
        )
        opened = self.project.upload(
            self.keeper.opened, [visitor, self.project], [visitor, self.edit.domain], **QUIET
        )
        self.keeper.show(opened).success(**shown)
        self.forget.click(lambda: {"forget": True}, None, self.keeper.component, **QUIET)

    @guarded
    def show(self, visitor: Visitor, value: dict[str, Any] | None) -> dict[str, Any]:
        """The pictures as they are now."""
        return picker_value(visitor.project, chosen_of(value))

    @guarded
    def opened(self, visitor: Visitor, value: dict[str, Any] | None) -> Visitor:
        """The chosen picture in the tab Edit, as it was last edited."""
        project = visitor.project
        return visitor.keep(project.go(project.last(_some(value)[0])))

    @guarded
    def copied(self, visitor: Visitor, value: dict[str, Any] | None) -> tuple[Any, ...]:
        """The sliders, layers and painted part of the shown edit, on all that are chosen."""
        project, node = visitor.project, visitor.project.node
        assert node is not None
        names = [name for name in _some(value) if name != node.picture]
        project = give_sliders(project, self.shell.editor(visitor), node, names)
        said = status(f"The sliders of the picture in Edit were given to {len(names)}.")
        return visitor.keep(project), strip_value(project), said

    @guarded
    def removed(self, visitor: Visitor, value: dict[str, Any] | None) -> tuple[Any, ...]:
        """Without the chosen pictures."""
        names = _some(value)
        project = visitor.project.remove(set(names))
        return visitor.keep(project), strip_value(project), status(f"{len(names)} removed.")

    @guarded
    def renamed(
        self, visitor: Visitor, value: dict[str, Any] | None, name: str
    ) -> tuple[Visitor, Any]:
        """The first that is chosen gets another name."""
        project = visitor.project.rename(_some(value)[0], name)
        return visitor.keep(project), strip_value(project)

    @guarded_steps
    def inverted(
        self, visitor: Visitor, paths: list[str] | None, with_moves: bool, *settings: float
    ) -> Iterator[tuple[Any, ...]]:
        """Invert many photos; yields visitor, status and pictures after each; a bad one is told."""
        if not paths:
            raise OptionError("add some photos first")
        if len(paths) > MAX_PHOTOS:
            raise OptionError(
                f"{len(paths)} photos are too many at once; give at most {MAX_PHOTOS}"
            )
        editor, project = self.shell.editor(visitor), visitor.project
        check_room(project, paths)
        options = chosen_options(settings)
        node = project.node if with_moves else None
        failures: list[str] = []
        for done, path in enumerate(paths):
            line = progress(done, len(paths), f"{done} of {len(paths)}: {photo_name(path)}")
            yield visitor.keep(project), line, gr.skip()
            try:
                edit = editor.invert(path, options=options)
                edit = edit if node is None else node.on(edit)
                project = add_edit(project, edit, photo_name(path), path)
            except EditorError as error:
                failures.append(f"{photo_name(path)}: {error}")
            yield visitor.keep(project), line, picker_value(project)
        said = f"{len(paths) - len(failures)} of {len(paths)} done. " + " ".join(failures)
        yield visitor.keep(project), status(said), picker_value(project)

    @guarded
    def saved(self, visitor: Visitor, value: dict[str, Any] | None) -> str:
        """The chosen pictures as a zip: the whole photo where there is one, else the square."""
        project, editor = visitor.project, self.shell.editor(visitor)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            for name in _some(value):
                image, kind = result(project, editor, name)
                file = file_name(project.picture(name), kind)
                archive.writestr(file, encode_image(image, kind))
        return self._file(buffer.getvalue(), "pictures.zip")

    @guarded
    def project_file(self, visitor: Visitor) -> str:
        """The project as a file of the page's cache."""
        return self._file(project_bytes(visitor.project), f"{visitor.domain}_project.zip")

    def _file(self, data: bytes, name: str) -> str:
        return save_bytes_to_cache(data, name, cache_dir=self.edit.photo.GRADIO_CACHE)


def _some(value: dict[str, Any] | None) -> list[str]:
    """The chosen ids.

    Raises:
        OptionError: none is.
    """
    chosen = chosen_of(value)
    if not chosen:
        raise OptionError("choose a picture first")
    return chosen
