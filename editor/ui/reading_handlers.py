"""What becomes of a photo that is given: it is looked at, placed, inverted, and its faces after it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import gradio as gr
from PIL import Image

from editor.errors import EditorError, ImageError
from editor.inversion.loop import InversionOptions
from editor.media.images import load_image
from editor.photo.crop import Crop, is_same_place
from editor.project.actions import photo_name
from editor.project.nodes import MAX_NAME, Picture
from editor.project.pixels import SMALL_PX, png_bytes, thumbnail
from editor.session import Editor
from editor.ui.component_values import panel_value, status, strip_value
from editor.ui.error_messages import tells_errors
from editor.ui.handler_base import HandlerBase
from editor.ui.inverting import (
    Previews,
    added,
    amended,
    chosen_options,
    finished,
    is_usual,
)
from editor.ui.right_domain import better_domain
from editor.ui.stage_values import Said
from editor.ui.state import Found, Visitor

Shown = tuple[Any, ...]  # visitor, stage, sliders, filmstrip and status
FACES = 6  # of a photo that are read by themselves
UNUSUAL = "Likeness is not measured with settings of your own."


class ReadingHandlers(HandlerBase):
    """Jobs that read photos. The newest one of a visit ends the one before at its next step."""

    @tells_errors
    def begin(self, visitor: Visitor) -> None:
        """End the job that reads a photo, so that the one that comes next need not wait for it."""
        visitor.visit.supersede()

    @tells_errors
    def take(
        self, visitor: Visitor, stage: dict[str, Any] | None, *settings: float
    ) -> Iterator[Shown]:
        """Read a photo that was given. Start by itself where its square is sure, else ask for it."""
        given = (stage or {}).get("given") or {}
        yield from self._told(visitor, self._read(visitor, given.get("path"), None, settings))

    @tells_errors
    def place(
        self, visitor: Visitor, stage: dict[str, Any] | None, *settings: float
    ) -> Iterator[Shown]:
        """Read the photo that waits, or that is shown, with the square that was placed."""
        newest = self.store.newest(visitor)
        shown = newest.project.shown
        path = newest.waiting or (shown.photo if shown else "")
        work = self._read(visitor, path, (stage or {}).get("frame") or {}, settings)
        yield from self._told(visitor, work)

    @tells_errors
    def choose_face(
        self, visitor: Visitor, stage: dict[str, Any] | None, *settings: float
    ) -> Iterator[Shown]:
        """Show another face of the photo, and read it if that was not done yet."""
        newest = self.store.newest(visitor)
        shown = newest.project.shown
        index, value = int((stage or {}).get("face") or 0), self.stage(newest)
        faces = value["faces"]
        if shown is None or not 0 <= index < len(faces):
            raise ImageError("that face is not there any more; open the photo again")
        face = faces[index]
        if face["picture"]:
            at = newest.project.last(face["picture"])
            visitor = self.store.update(visitor, lambda new: new.keep(new.project.go(at)))
            yield self._all(visitor)
            return
        yield from self._told(visitor, self._read(visitor, shown.photo, face, settings))

    @tells_errors
    def example(
        self, visitor: Visitor, stage: dict[str, Any] | None, *settings: float
    ) -> Iterator[Shown]:
        """Read a generated picture as if it were a photo."""
        newest = self.store.newest(visitor)
        editor = self.editor(newest)
        seeds = editor.info.example_seeds
        seed = seeds[int((stage or {}).get("example") or 0) % len(seeds)]
        path = self.keep_file(visitor, f"example {seed}.png", png_bytes(editor.example(seed)))
        yield from self._told(visitor, self._read(visitor, path, asdict(Crop()), settings))

    @tells_errors
    def stop(self, visitor: Visitor) -> tuple[Any, Any]:
        """Stop what is being read. The picture stays as it is. Return visitor and stage."""
        visitor.visit.supersede()
        visitor = self.store.update(visitor, lambda newest: replace(newest, waiting=""))
        return visitor, self.stage(visitor)

    @tells_errors
    def settle(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str, *settings: float
    ) -> Iterator[Shown]:
        """Bake the painted part in: find a code of its own for the edit."""
        job = visitor.visit.supersede()
        visitor = self.store.newest(visitor)
        editor, edit = self.editor(visitor), self.edit(visitor, panel, layers)
        shown, options = visitor.project.shown, chosen_options(settings)
        assert shown is not None
        origin = replace(shown, name=f"{shown.name}, baked in"[:MAX_NAME], base=shown.reference)
        steps = editor.settle_steps(edit, options)
        work = self._optimised(job, visitor, editor, origin, "Baked in", steps, options)
        yield from self._told(visitor, work)

    def stage(self, visitor: Visitor, said: Said | None = None) -> dict[str, Any]:
        """Return the value of the stage as the visitor's state has it."""
        visitor = self.store.newest(visitor)
        editor = self.editor(visitor)
        if visitor.waiting:
            return self.values.waiting(visitor, editor, said or Said("frame"))
        return self.values.of(visitor, editor, said)

    def _told(self, visitor: Visitor, work: Iterator[Shown]) -> Iterator[Shown]:
        """Do the work. Say on the stage what went wrong; what was there stays."""
        try:
            yield from work
        except EditorError as error:
            newest = self.store.update(visitor, lambda now: replace(now, waiting=""))
            text = f"{str(error)[:1].upper()}{str(error)[1:]}."
            yield newest, self.stage(newest, Said("error", text)), gr.skip(), gr.skip(), status("")

    def _read(
        self, visitor: Visitor, path: str | None, frame: Any, settings: tuple[float, ...]
    ) -> Iterator[Shown]:
        job = visitor.visit.supersede()
        if not path:
            raise ImageError("there is no photo yet; open one")
        visitor = self.store.newest(visitor)
        editor, options = self.editor(visitor), chosen_options(settings)
        photo = load_image(path)
        likely = visitor.found.get(path) or tuple(editor.find(photo, least=0.0))
        sure = tuple(one for one in likely if one[1] >= editor.finder.sure)
        found: Found = sure or likely[:1]
        if frame is not None:
            crop: Crop | None = _crop(frame)
        else:
            crop = sure[0][0] if sure else None if editor.finds else Crop()
        waits = crop is None
        visitor = self.store.update(visitor, lambda newest: newest.look(path, found, waits))
        visitor = self._suggested(visitor, editor, photo, path, bool(sure))
        if crop is None:
            subject = editor.info.subject
            line = "" if likely else f"No {subject} was found. Put the frame around one."
            yield (
                visitor,
                self.stage(visitor, Said("frame", line)),
                gr.skip(),
                gr.skip(),
                status(""),
            )
            return
        yield from self._inverted(job, visitor, editor, photo, path, crop, options)
        for other, _ in sure[:FACES]:
            newest = self.store.newest(visitor)
            there = [p.crop for p in newest.project.pictures if p.photo == path and p.crop]
            if visitor.visit.reading == job and not any(is_same_place(other, one) for one in there):
                yield from self._inverted(job, newest, editor, photo, path, other, options, False)

    def _suggested(
        self, visitor: Visitor, editor: Editor, photo: Image.Image, path: str, sure: bool
    ) -> Visitor:
        """Note which other domain would fit the photo better."""
        better = (path, better_domain(self.domains, editor, photo, sure))
        return self.store.update(visitor, lambda newest: replace(newest, better=better))

    def _inverted(
        self,
        job: int,
        visitor: Visitor,
        editor: Editor,
        photo: Image.Image,
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
            small=thumbnail(photo, SMALL_PX),
            aligned=png_bytes(aligned),
        )
        steps = editor.invert_steps(aligned, options)
        yield from self._optimised(job, visitor, editor, origin, "Start", steps, options, shown)

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
    ) -> Iterator[Shown]:
        """Add a picture from an optimisation, and show it as it goes, the first guess at once."""
        previews, step = Previews(options.steps), None
        for step in steps:
            began = time.monotonic()
            if visitor.visit.reading != job:
                return
            if not previews.due(step.step):
                continue
            first = not origin.id
            if first:
                visitor, origin = added(self.store, visitor, editor, origin, label, shown)
            visitor = amended(self.store, visitor, editor, origin, step)
            left = previews.left(step.step)
            said = Said("working", done=step.step, total=options.steps, seconds=left)
            panel = self.panel(visitor) if first and shown else gr.skip()
            strip = strip_value(visitor.project) if first else gr.skip()
            yield visitor, self._seen(visitor, editor, origin, said), panel, strip, status("")
            previews.showing(began)
        assert step is not None
        visitor = amended(self.store, visitor, editor, origin, step)
        visitor = finished(self.store, visitor, editor, origin)
        end = None if is_usual(editor, options) else Said("done", advice=UNUSUAL)
        stage = self._seen(visitor, editor, origin, end, at_end=True)
        yield visitor, stage, gr.skip(), strip_value(visitor.project), status("")

    def _seen(
        self,
        visitor: Visitor,
        editor: Editor,
        origin: Picture,
        said: Said | None,
        at_end: bool = False,
    ) -> Any:
        """Return the stage's value, where it shows the picture that is worked on, or the same photo."""
        project = visitor.project
        if visitor.domain != editor.info.name or visitor.waiting or project.shown is None:
            return gr.skip()
        if project.shown.id == origin.id:
            return self.values.of(visitor, editor, said)
        if at_end and project.shown.photo == origin.photo:  # another of its faces can be chosen now
            return self.values.of(visitor, editor)
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


def _crop(frame: Any) -> Crop:
    """Read a square that was placed.

    Raises:
        ImageError: it makes no sense.
    """
    try:
        return Crop(*(float(frame[key]) for key in ("x", "y", "side", "angle")))
    except (KeyError, TypeError, ValueError) as error:
        raise ImageError("the frame cannot be understood; open the photo again") from error
