"""An optimisation on the page, step by step: the first guess at once, then previews, then the result."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import gradio as gr
import torch
from PIL import Image

from editor.errors import EditorError
from editor.inversion.loop import InversionOptions
from editor.packs.info import NO_ENCODER
from editor.photo.crop import Crop
from editor.photo.photo import Photo
from editor.project.actions import photo_name
from editor.project.nodes import Picture
from editor.project.pixels import SMALL_PX, png_bytes, thumbnail
from editor.session import Editor
from editor.ui.component_values import panel_value, status, strip_value
from editor.ui.handler_base import HandlerBase
from editor.ui.inverting import (
    Previews,
    added,
    amended,
    finished,
    is_usual,
)
from editor.ui.slider_words import START, sentence_of
from editor.ui.stage_values import Said
from editor.ui.state import Unfinished, Visitor

Shown = tuple[Any, ...]  # visitor, stage, sliders, filmstrip and status
UNUSUAL = "Likeness is not measured with settings of your own."


def as_it_is() -> Shown:
    """Return an answer that changes nothing."""
    return gr.skip(), gr.skip(), gr.skip(), gr.skip(), gr.skip()


class ReadingJobs(HandlerBase):
    """Jobs that find codes. The newest one of a visit ends the one before at its next step."""

    def stage(self, visitor: Visitor, said: Said | None = None) -> dict[str, Any]:
        """Return the value of the stage as the visitor's state has it."""
        visitor = self.store.newest(visitor)
        editor = self.editor(visitor)
        if visitor.waiting:
            return self.values.waiting(visitor, editor, said or Said("frame"))
        return self.values.of(visitor, editor, said)

    def _told(self, visitor: Visitor, work: Iterator[Shown]) -> Iterator[Shown]:
        """Do the work. Say on the stage what went wrong; what was there stays.

        One answer is given at least: Gradio empties the components of a handler that gives none.
        """
        came = False
        try:
            for shown in work:
                came = True
                yield shown
        except EditorError as error:
            newest = self.store.update(visitor, lambda now: replace(now, unfinished=()))
            text = f"{sentence_of(str(error))}."
            # one that waits, waits on, and is still asked for
            said = Said("frame", notice=text) if newest.waiting else Said("error", text)
            yield newest, self.stage(newest, said), gr.skip(), gr.skip(), status("")
            return
        if not came:
            yield as_it_is()

    def _inverted(
        self,
        job: int,
        visitor: Visitor,
        editor: Editor,
        photo: Photo,
        path: str,
        crop: Crop,
        options: InversionOptions,
        shown: bool = True,
    ) -> Iterator[Shown]:
        aligned = editor.align(photo, crop)
        origin = Picture(
            "",
            photo_name(path),
            wp=editor.engine.w_avg.numpy(),
            photo=path,
            crop=crop,
            small=thumbnail(photo.seen, SMALL_PX),
            aligned=png_bytes(aligned),
            grey=photo.source.grey,
        )
        steps = editor.invert_steps(aligned, options)
        yield from self._optimised(job, visitor, editor, origin, START, steps, options, shown)

    def _optimised(
        self,
        job: int,
        visitor: Visitor,
        editor: Editor,
        origin: Picture,
        label: str,
        steps: Iterator[Any],
        options: InversionOptions,
        shown: bool = True,
        target: bytes = b"",
    ) -> Iterator[Shown]:
        """Add a picture from an optimisation, and show it as it goes, the first guess at once.

        Args:
            job: its number.
            visitor: whose visit.
            editor: of the domain.
            origin: the picture; one with an id is there already.
            label: what was done, in words.
            steps: of the optimisation.
            options: of it.
            shown: show the picture; otherwise what is shown stays.
            target: PNG of what the code is to show, where it is not the picture's own square.
        """
        previews, step = Previews(options.steps), None
        for step in steps:
            began = time.monotonic()
            ended = visitor.visit.reading != job
            if ended and (origin.id or not shown):
                return
            if not previews.due(step.step):
                continue
            first = not origin.id
            if first:
                visitor, origin = added(self.store, visitor, editor, origin, label, shown)
                begun = Unfinished(editor.info.name, origin.id, target)
                visitor = self._reads(visitor, begun)
            visitor = amended(self.store, visitor, editor, origin, step)
            left = previews.left(step.step)
            said = Said("working", done=step.step, total=options.steps, seconds=left)
            panel = self.panel(visitor) if first and shown else gr.skip()
            strip = strip_value(visitor.project) if first else gr.skip()
            stage = self._seen(job, visitor, editor, origin, said)
            yield visitor, stage, panel, strip, status("")
            if ended:  # by a photo that was given after this one, which is there all the same
                return
            previews.showing(began)
        assert step is not None
        visitor = amended(self.store, visitor, editor, origin, step)
        visitor = finished(self.store, visitor, editor, origin)
        visitor = self._has_read(visitor, editor.info.name, origin.id)
        end = None if is_usual(editor, options) else Said("done", advice=UNUSUAL)
        stage = self._seen(job, visitor, editor, origin, end, at_end=True)
        line = "" if editor.info.has_encoder else NO_ENCODER
        yield visitor, stage, gr.skip(), strip_value(visitor.project), status(line)

    def _seen(
        self,
        job: int,
        visitor: Visitor,
        editor: Editor,
        origin: Picture,
        said: Said | None,
        at_end: bool = False,
    ) -> Any:
        """Return the stage's value, where it shows the picture that is worked on, or the same photo.

        It is of the job's turn: the browser leaves it where it arrives after the job was ended.
        """
        project = visitor.project
        if visitor.domain != editor.info.name or visitor.waiting or project.shown is None:
            return gr.skip()
        if project.shown.id == origin.id:
            return self.values.of(visitor, editor, said) | {"turn": job}
        if at_end and project.shown.photo == origin.photo:  # another of its faces can be chosen now
            return self.values.of(visitor, editor) | {"turn": job}
        return gr.skip()

    def panel(self, visitor: Visitor) -> dict[str, Any]:
        """Return the value of the sliders as the shown edit has them."""
        project = visitor.project
        moves = () if project.node is None else project.node.moves
        return panel_value(self.sliders(visitor), moves, project, visitor.visit.id)

    def _all(self, visitor: Visitor) -> Shown:
        """Return what all parts of the tab show of the visitor's state."""
        visitor = self.store.newest(visitor)
        strip = strip_value(visitor.project)
        return visitor, self.stage(visitor), self.panel(visitor), strip, status("")

    def _reads(self, visitor: Visitor, begun: Unfinished) -> Visitor:
        """Note that a picture is being read."""
        return self.store.update(
            visitor, lambda newest: replace(newest, unfinished=(*newest.unfinished, begun))
        )

    def _has_read(self, visitor: Visitor, domain: str, picture: str) -> Visitor:
        """Note that a picture is read."""

        def left(newest: Visitor) -> Visitor:
            others = (
                one for one in newest.unfinished if (one.domain, one.picture) != (domain, picture)
            )
            return replace(newest, unfinished=tuple(others))

        return self.store.update(visitor, left)

    def _gone_on(
        self, job: int, visitor: Visitor, editor: Editor, one: Unfinished, options: InversionOptions
    ) -> Iterator[Shown]:
        """Go on with a picture whose reading was broken off, from the code that it has."""
        origin = next((p for p in visitor.project.pictures if p.id == one.picture), None)
        target = one.target or (b"" if origin is None else origin.aligned)
        if origin is None or not target:  # it was removed, or was made without a square
            self._has_read(visitor, one.domain, one.picture)
            return
        square = Image.open(BytesIO(target)).convert("RGB")
        start = torch.from_numpy(origin.wp)[None]
        steps = editor.engine.invert(editor.engine.tensor(square), options, start=start)
        yield from self._optimised(job, visitor, editor, origin, "", steps, options)
