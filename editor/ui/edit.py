"""The tab Edit: photo, square, picture, sliders."""

from __future__ import annotations

from typing import Any

import gradio as gr

from editor.session import Editor
from editor.ui.component_values import example_value, hint, panel_value, status, welcome
from editor.ui.components.crop import crop_square
from editor.ui.components.example_pictures import example_pictures
from editor.ui.components.file_inputs import photo_input
from editor.ui.components.paint import paint
from editor.ui.components.picture import picture_view
from editor.ui.components.slider_panel import slider_panel
from editor.ui.handler_base import KEEP, REPLACE, SQUARE, WHOLE
from editor.ui.inverting import Settings
from editor.ui.page_context import Hook, PageContext
from editor.ui.scripts import script

QUIET: dict[str, Any] = {"show_progress": "hidden"}


class EditPanel:
    """The components of the tab, and what happens between them.

    Args:
        page: what the panels share.

    Attributes:
        refresh: options of an event that makes the tab show the visitor's state.
        choose: options of an event that takes up the domain that the dropdown names.
    """

    def __init__(self, page: PageContext) -> None:
        self.page, self.handlers = page, page.handlers
        editor = self.handlers.domains.open(self.handlers.start)
        examples = example_value(editor)
        first = {"after": examples["sources"][0], "alt": f"A generated {editor.info.subject}"}
        with gr.Row(elem_id="main"):
            with gr.Column(elem_id="source"):
                self._source(editor, examples)
            with gr.Column(elem_id="stage"):
                self._stage(editor, first)
            with gr.Column(elem_id="sliders"):
                self.panel = slider_panel(panel_value(editor.sliders))
                self._local()
        self._now = {
            "inputs": [page.visitor, self.panel, self.layers, self.view, self.mode],
            **QUIET,
        }
        self.refresh: dict[str, Any] = {
            "fn": self.handlers.refresh,
            "inputs": [page.visitor, self.view, self.mode],
            "outputs": [self.panel, self.layers, self.picture, page.strip, page.where],
            **QUIET,
        }
        self.choose: dict[str, Any] = {
            "fn": self.handlers.choose,
            "inputs": [page.domain, self.photo, page.visitor],
            "outputs": [
                page.visitor,
                self.status,
                self.faces,
                self.square,
                self.help_text,
                *self.settings,
            ],
            **QUIET,
        }

    def connect(self) -> Hook:
        """Connect the components. Return what adds an event after another domain was chosen."""
        self._place()
        chosen = self._jobs()
        self._move()
        self._history()
        self._save()
        return chosen

    def show_opened(self, event: Any) -> Any:
        """Show a project with its domain after an event that opened it."""
        return event.success(**self.choose).success(**self.refresh)

    def _source(self, editor: Editor, examples: dict[str, Any]) -> None:
        self.photo = photo_input(self.page.files)
        self.square = crop_square()
        self.angle = gr.Slider(
            -45, 45, 0, step=1, label="Turn the square (degrees)", elem_id="angle"
        )
        with gr.Row():
            self.start = gr.Button("Invert", variant="primary", elem_id="invert", min_width=100)
            self.cancel = gr.Button("Cancel", elem_id="cancel", min_width=80)
        self.help_text = gr.Markdown(hint(editor), elem_id="hint")
        self.faces = example_pictures(examples)
        default = Settings.of(editor.engine.inversion)
        with gr.Accordion("Advanced", open=False):
            self.mode = gr.Radio(
                [KEEP, REPLACE], value=KEEP, label="In the whole photo", elem_id="mode"
            )
            self.settings = [
                gr.Number(default.steps, label="Most steps", minimum=0, maximum=1000, precision=0),
                gr.Number(default.lr, label="Learning rate", minimum=0.0001, maximum=0.2),
                gr.Number(default.pix, label="Weight of the pixels", minimum=0),
                gr.Number(default.feat, label="Weight of the features", minimum=0),
                gr.Number(default.domain, label="Weight of the domain", minimum=0),
            ]
            self.layers = gr.Textbox(
                label="Layers of the sliders",
                info="Each moves its own layers; here others: smile=2-5; age=0,1. Then press Enter.",
                elem_id="layers",
            )

    def _stage(self, editor: Editor, first: dict[str, Any]) -> None:
        self.picture = picture_view(first)
        with gr.Row(elem_id="view-row"):
            self.status = gr.HTML(welcome(editor), elem_id="status")
            self.view = gr.Radio(
                [SQUARE, WHOLE],
                value=SQUARE,
                label="Show",
                show_label=False,
                container=False,
                elem_id="view",
            )
        with gr.Row(elem_id="buttons"):
            small: dict[str, Any] = {"size": "sm", "min_width": 100}
            self.undo = gr.Button("Undo", elem_id="undo", **small)
            self.redo = gr.Button("Redo", elem_id="redo", **small)
            self.reset = gr.Button("Reset sliders", elem_id="reset", **small)
            gr.Button("Hold to compare", elem_id="compare", **small)
            self.save = gr.Button("Save picture", elem_id="save", **small)
            self.save_photo = gr.Button("Save photo", elem_id="save-photo", **small)
            self.save_code = gr.Button("Save code", elem_id="save-code", **small)
            self.adopt = gr.Button("Use as photo", elem_id="adopt", **small)

    def _local(self) -> None:
        with gr.Accordion("Only a part of it", open=False, elem_id="local") as self.local:
            gr.Markdown("Paint where the sliders may change the picture.", elem_id="local-hint")
            self.canvas = paint("paint")
            self.settle = gr.Button("Settle the seam", size="sm", elem_id="settle")

    def _place(self) -> None:
        turned = {"inputs": [self.square, self.angle], "outputs": self.square, **QUIET}
        self._placed = {
            "fn": self.handlers.show_photo,
            "inputs": [self.photo, self.page.visitor],
            "outputs": self.square,
            **QUIET,
        }
        loaded = self.photo.change(**self._placed, trigger_mode="always_last")
        heading = {"fn": self.handlers.heading, "inputs": self.square, "outputs": self.angle}
        loaded.success(**heading, **QUIET)
        self.square.release(**heading, **QUIET)  # another face was taken
        # a file that cannot be read makes room for the next; the picture stands
        loaded.failure(lambda: (None, None), None, [self.photo, self.square], **QUIET)
        self.angle.input(self.handlers.turn, trigger_mode="always_last", **turned)

    def _jobs(self) -> Hook:
        """Let each visitor run one job: a start by one way ends what another way began."""
        handlers, visitor = self.handlers, self.page.visitor
        outputs = [visitor, self.picture, self.status, self.panel, self.page.strip]
        job: dict[str, Any] = {
            "outputs": outputs,
            **QUIET,
        }
        invert = {"fn": handlers.invert, "inputs": [self.photo, self.square, visitor]}
        invert["inputs"] += self.settings  # type: ignore[operator]
        clicked = self.start.click(**invert, **job)
        chosen = self.faces.select(handlers.example, [self.faces, visitor], self.photo, **QUIET)
        tried = chosen.success(**self._placed).success(**invert, **job)
        settled = self.settle.click(
            handlers.settle, [visitor, self.panel, self.layers, *self.settings], **job
        )
        self.start.click(None, cancels=[tried, settled])
        self.faces.select(None, cancels=[clicked, settled])
        self.settle.click(None, cancels=[clicked, tried])
        # a slider that was moved meanwhile takes effect when the job is done
        for event in (clicked, tried, settled):
            slid = event.then(handlers.slide, outputs=[self.picture, self.page.where], **self._now)
            slid.then(handlers.look, outputs=self.picture, **self._now).then(**self._committed)
        said: dict[str, Any] = {
            "fn": lambda: status("Stopped; the last picture is kept."),
            "outputs": self.status,
            **QUIET,
        }
        stopped = self.cancel.click(cancels=[clicked, tried, settled], **said)
        # once more, after what the job had said last and was still on its way
        stopped.then(handlers.strip, visitor, self.page.strip, **QUIET).then(**said)
        changed = self.page.domain.input(**self.choose, cancels=[clicked, tried, settled]).success(
            **self.refresh
        )
        changed.success(lambda: 0, None, self.angle, **QUIET)
        hook: Hook = changed.success
        return hook

    @property
    def _committed(self) -> dict[str, Any]:
        visitor = self.page.visitor
        return {
            "fn": self.handlers.commit,
            "inputs": [visitor, self.panel, self.layers],
            "outputs": [visitor, self.page.strip],
            **QUIET,
        }

    def _move(self) -> None:
        handlers, visitor = self.handlers, self.page.visitor
        gr.on(
            [self.panel.release, self.layers.submit],
            handlers.slide,
            outputs=[self.picture, self.page.where],
            trigger_mode="always_last",
            **self._now,
        )
        gr.on(
            [self.panel.release, self.layers.submit],
            trigger_mode="always_last",
            **self._committed,
        ).success(handlers.committed_panel, [visitor, self.panel], self.panel, **QUIET)
        self.reset.click(handlers.reset, visitor, self.panel, **QUIET).then(
            handlers.slide, outputs=[self.picture, self.page.where], **self._now
        ).then(**self._committed)
        gr.on([self.view.input, self.mode.input], handlers.look, outputs=self.picture, **self._now)
        canvas = {
            "fn": handlers.canvas,
            "inputs": [visitor, self.canvas],
            "outputs": self.canvas,
            **QUIET,
        }
        self.local.expand(**canvas)
        self.canvas.input(
            handlers.paint,
            [visitor, self.canvas],
            [visitor, self.page.strip],
            trigger_mode="always_last",
            **QUIET,
        ).then(handlers.slide, outputs=[self.picture, self.page.where], **self._now)
        self.page.strip.change(**canvas)  # another edit is shown, and its painted part

    def _history(self) -> None:
        handlers, visitor = self.handlers, self.page.visitor
        strip = self.page.strip
        for event in (
            self.undo.click(handlers.undo, [visitor, self.panel, self.layers], visitor, **QUIET),
            self.redo.click(handlers.redo, visitor, visitor, **QUIET),
            strip.select(handlers.go, [visitor, strip], visitor, **QUIET),
        ):
            event.success(**self.refresh)
        compared = [visitor, strip, self.view, self.mode]
        strip.edit(handlers.compare, compared, self.picture, **QUIET)

    def _save(self) -> None:
        page, handlers = self.page, self.handlers
        shown = [page.visitor, self.panel, self.layers]
        for button, make in (
            (self.save, handlers.download_picture),
            (self.save_code, handlers.download_code),
        ):
            button.click(make, shown, page.file, **QUIET).success(
                None, page.file, None, js=script("download")
            )

        whole = [*shown, self.mode]
        self.save_photo.click(handlers.save_photo, whole, page.paths, **QUIET).success(
            None, page.paths, None, js=script("download_file")
        )
        self.adopt.click(handlers.adopt_photo, whole, self.photo, **QUIET)
