"""The place Edit: the stage, its sliders, and what happens between them."""

from __future__ import annotations

from typing import Any

import gradio as gr

from editor.ui.component_values import panel_value, status
from editor.ui.components.looks import looks_row
from editor.ui.components.panel_foot import panel_foot
from editor.ui.components.slider_panel import slider_panel
from editor.ui.components.stage import stage
from editor.ui.handler_base import KEEP, REPLACE
from editor.ui.inverting import Settings
from editor.ui.live import live_functions
from editor.ui.page_context import Hook, PageContext
from editor.ui.scripts import script

BRUSH = (
    "Paint on the picture. Sliders then change only the painted part. Bake in makes the result a picture "
    "of its own, whose seam the model draws itself."
)
QUIET: dict[str, Any] = {"show_progress": "hidden"}
MANY: dict[str, Any] = {"trigger_mode": "multiple", **QUIET}  # none is dropped while another runs
LATEST: dict[str, Any] = {"trigger_mode": "always_last", **QUIET}


class EditPanel:
    """The components of the place, and what happens between them.

    The stage is made where this is made; the sliders where `sliders` is called.

    Args:
        page: what the panels share.

    Attributes:
        refresh: options of an event that makes the place show the visitor's state.
        choose: options of an event that takes up the domain that the dropdown names.
    """

    refresh: dict[str, Any]
    choose: dict[str, Any]

    def __init__(self, page: PageContext) -> None:
        self.page, self.handlers = page, page.handlers
        first = self.handlers.first_visitor()
        live = live_functions(self.handlers)
        # whose visit the page is, it is told with its first event
        self.stage = stage(self.handlers.stage(first) | {"visit": ""}, server_functions=live)
        self.status = gr.HTML(status(""), elem_id="edit-status", padding=False)

    def sliders(self) -> None:
        """Make the sliders, with the advanced settings under them."""
        editor = self.handlers.domains.open(self.handlers.start)
        self.looks = looks_row(self.handlers.looks(self.handlers.first_visitor()))
        self.panel = slider_panel(panel_value(editor.sliders))
        default = Settings.of(editor.engine.inversion)
        panel_foot()
        with gr.Accordion("Advanced", open=False, elem_id="advanced"):
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

    def brush(self) -> None:
        """Say what the brush is for; its tools lie over the stage."""
        gr.HTML(f"<p>{BRUSH}</p>", padding=False)

    def connect(self) -> Hook:
        """Connect the components. Return what adds an event after another domain was chosen."""
        page, handlers = self.page, self.handlers
        self._now = [page.visitor, self.panel, self.layers]
        self.refresh = {
            "fn": handlers.refresh,
            "inputs": [page.visitor, self.mode],
            "outputs": [self.panel, self.layers, self.stage, page.strip, self.looks],
            **QUIET,
        }
        self.choose = {
            "fn": handlers.choose,
            "inputs": [page.domain, page.visitor],
            "outputs": [page.visitor, *self.settings],
            **QUIET,
        }
        self._read()
        self._move()
        self._history()
        changed: Hook = page.domain.input(**self.choose).success(**self.refresh).success
        shown = [page.visitor, self.stage, self.panel, page.strip, self.status]
        changed(handlers.resume, [page.visitor, *self.settings], shown, **MANY)
        return changed

    def show_opened(self, event: Any) -> Any:
        """Show a project with its domain after an event that opened it."""
        return event.success(**self.choose).success(**self.refresh)

    def go_on(self, event: Any) -> None:
        """Go on with what was being read when the page was reloaded, after an event that showed it."""
        page, handlers = self.page, self.handlers
        shown = [page.visitor, self.stage, self.panel, page.strip, self.status]
        begun = event.success(handlers.begin, page.visitor, None, **MANY)
        begun.success(handlers.resume, [page.visitor, *self.settings], shown, **MANY)

    def _read(self) -> None:
        """Let each visitor read one photo at a time: the newest ends what is read."""
        page, handlers, stage = self.page, self.handlers, self.stage
        given = [page.visitor, stage, *self.settings]
        shown = [page.visitor, stage, self.panel, page.strip, self.status]
        for event, function in (
            (stage.upload, handlers.take),
            (stage.release, handlers.place),
            (stage.expand, handlers.read_face),
            (stage.submit, handlers.example),
            (stage.retry, handlers.turn),
        ):
            begun = event(handlers.begin, page.visitor, None, **MANY)
            read = begun.then(function, given, shown, **MANY)
            if function == handlers.take:  # a full house may not let it in
                for refused in (begun.failure, read.failure):
                    refused(None, None, None, js=script("refused"), **MANY)
        stage.select(handlers.show_face, [page.visitor, stage], shown, **MANY)
        switched = stage.edit(
            handlers.switch,
            [page.visitor, stage],
            [page.visitor, page.domain, *self.settings],
            **MANY,
        )
        again = switched.success(**self.refresh)
        again.success(handlers.read_waiting, [page.visitor, *self.settings], shown, **MANY)
        baked = stage.apply(handlers.begin, page.visitor, None, **MANY)
        baked.then(handlers.settle, [*self._now, *self.settings], shown, **MANY)
        stage.option_select(handlers.ask_square, page.visitor, [page.visitor, stage], **MANY)
        stage.clear(handlers.stop, page.visitor, [page.visitor, stage], **MANY)

    def _move(self) -> None:
        page, handlers = self.page, self.handlers
        committed: dict[str, Any] = {
            "fn": handlers.commit,
            "inputs": self._now,
            "outputs": [page.visitor, page.strip, self.panel],
            **LATEST,
        }
        seen: dict[str, Any] = {
            "fn": handlers.look,
            "inputs": [*self._now, self.mode],
            "outputs": self.stage,
            **LATEST,
        }
        rested = gr.on([self.panel.release, self.layers.submit], **committed)
        rested.success(**seen)
        self.mode.input(**seen)
        painted = self.stage.input(
            handlers.paint, [page.visitor, self.stage], [page.visitor, page.strip], **LATEST
        )
        painted.success(handlers.panel_step, page.visitor, self.panel, **QUIET).success(**seen)

    def _history(self) -> None:
        page, handlers = self.page, self.handlers
        for event in (
            page.places.undo(handlers.undo, self._now, page.visitor, **MANY),
            page.places.retry(handlers.redo, page.visitor, page.visitor, **MANY),
            page.strip.select(handlers.go, [page.visitor, page.strip], page.visitor, **MANY),
        ):
            event.success(**self.refresh)
        page.strip.edit(handlers.compare, [page.visitor, page.strip], self.stage, **LATEST)
