"""What becomes of a photo that is given: it is looked at, placed, inverted, and its faces after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import chain
from typing import Any

import gradio as gr

from editor.errors import ImageError
from editor.inversion.loop import InversionOptions
from editor.photo.crop import Crop, is_same_place
from editor.photo.photo import Photo
from editor.project.nodes import MAX_NAME
from editor.project.pixels import png_bytes
from editor.session import Editor
from editor.ui.component_values import status
from editor.ui.error_messages import tells_errors
from editor.ui.inverting import (
    chosen_options,
)
from editor.ui.reading_jobs import ReadingJobs, Shown, as_it_is
from editor.ui.right_domain import better_domain
from editor.ui.stage_values import Said, faces_of
from editor.ui.state import Found, Visitor
from editor.ui.turns import newest_wins

FACES = 6  # of a photo that are read by themselves


class ReadingHandlers(ReadingJobs):
    """Jobs that read photos. The newest one of a visit ends the one before at its next step."""

    @tells_errors
    def begin(self, visitor: Visitor) -> None:
        """End the job that reads a photo, so that the one that comes next need not wait for it."""
        visitor.visit.supersede()

    @newest_wins
    @tells_errors
    def take(
        self, visitor: Visitor, stage: dict[str, Any] | None, *settings: float
    ) -> Iterator[Shown]:
        """Read a photo that was given. Start by itself where its square is sure, else ask for it."""
        given = (stage or {}).get("given") or {}
        yield from self._told(visitor, self._read(visitor, given.get("path"), None, settings))

    @newest_wins
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
    def show_face(self, visitor: Visitor, stage: dict[str, Any] | None) -> Shown:
        """Show another face of the photo, which was read already. What is being read goes on."""
        newest, face = self._face(visitor, stage)
        at = newest.project.last(face["picture"])
        return self._all(self.store.update(visitor, lambda new: new.show(new.project.go(at))))

    @newest_wins
    @tells_errors
    def read_face(
        self, visitor: Visitor, stage: dict[str, Any] | None, *settings: float
    ) -> Iterator[Shown]:
        """Read another face of the photo, and those that are left after it.

        One that is being read by itself is shown, and its reading goes on.
        """
        newest, face = self._face(visitor, stage)
        shown = newest.project.shown
        path = "" if shown is None else shown.photo
        if face["picture"]:
            yield self.show_face(visitor, stage)
            yield from self.resume(visitor, *settings)
            return
        yield from self._told(visitor, self._read(visitor, path, face, settings))

    def _face(
        self, visitor: Visitor, stage: dict[str, Any] | None
    ) -> tuple[Visitor, dict[str, Any]]:
        """Return the newest state, and the face that was chosen.

        Raises:
            ImageError: there is none of that number.
        """
        newest = self.store.newest(visitor)
        shown, index = newest.project.shown, int((stage or {}).get("face") or 0)
        faces = faces_of(newest, "" if shown is None else shown.photo)
        if not 0 <= index < len(faces):
            raise ImageError("that face is not there any more; open the photo again")
        return newest, faces[index]

    @newest_wins
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
        visitor = self.store.update(
            visitor, lambda newest: replace(newest, waiting="", unfinished=())
        )
        return visitor, self.stage(visitor)

    @newest_wins
    @tells_errors
    def resume(self, visitor: Visitor, *settings: float) -> Iterator[Shown]:
        """Go on with what was being read where a reload, or another domain, broke it off."""
        newest = self.store.newest(visitor)
        if not any(one.domain == newest.domain for one in newest.unfinished):
            yield as_it_is()
            return
        job, shown = newest.visit.supersede(), newest.project.shown
        path = "" if shown is None else shown.photo
        work = self._rest(job, newest, self.editor(newest), path, chosen_options(settings))
        yield from self._told(visitor, work)

    @newest_wins
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
        name = f"{shown.name}, baked in"[:MAX_NAME]
        origin = replace(shown, id="", name=name, base=shown.reference)  # the old one stays
        steps = editor.settle_steps(edit, options)
        target = png_bytes(editor.render(edit))
        work = chain(
            self._optimised(
                job, visitor, editor, origin, "baked in", steps, options, target=target
            ),
            self._rest(job, visitor, editor, shown.photo, options),
        )
        yield from self._told(visitor, work)

    def _read(
        self, visitor: Visitor, path: str | None, frame: Any, settings: tuple[float, ...]
    ) -> Iterator[Shown]:
        job = visitor.visit.supersede()
        if not path:
            raise ImageError("there is no photo yet; open one")
        visitor = self.store.newest(visitor)
        editor, options = self.editor(visitor), chosen_options(settings)
        photo = Photo.read(path)
        known = visitor.found_in(path)
        likely = known or tuple(editor.find(photo, least=0.0, in_tiles=False))
        sure = tuple(one for one in likely if one[1] >= editor.finder.sure)
        if not known and not sure:
            likely = tuple(editor.find_small(photo, likely))
            sure = tuple(one for one in likely if one[1] >= editor.finder.sure)
        found: Found = sure or likely[:1]
        if frame is not None:
            crop: Crop | None = _crop(frame)
        else:
            crop = sure[0][0] if sure else None if editor.finds else Crop()
        waits = crop is None
        name = editor.info.name
        visitor = self.store.update(visitor, lambda newest: newest.look(path, found, waits, name))
        visitor = self._suggested(visitor, editor, photo, path, bool(sure))
        if crop is None and visitor.domain != name:
            return  # it waits for no one any more
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
            yield from self._broken_off(job, visitor, editor, options)
            return
        for number, shown in enumerate(
            self._inverted(job, visitor, editor, photo, path, crop, options)
        ):
            yield shown
            if number == 0 and sure and not known:  # the first guess is there: no one waits for it
                self._look_closer(visitor, editor, photo, path, likely)
        yield from self._rest(job, visitor, editor, path, options, photo)

    def _look_closer(
        self, visitor: Visitor, editor: Editor, photo: Photo, path: str, likely: Found
    ) -> None:
        """Note the small faces of a large photo beside those that the first look was sure of."""
        found = tuple(editor.find_small(photo, likely))
        sure = tuple(one for one in found if one[1] >= editor.finder.sure)
        if found != likely:
            self.store.update(
                visitor,
                lambda now: replace(
                    now.look(path, sure, False, editor.info.name), waiting=now.waiting
                ),
            )

    def _rest(
        self,
        job: int,
        visitor: Visitor,
        editor: Editor,
        path: str,
        options: InversionOptions,
        photo: Photo | None = None,
    ) -> Iterator[Shown]:
        """Read what is left: the shown picture, other faces of its photo, what was broken off.

        The photo is decoded where a face is left to read, and only if it was not given.
        """
        if visitor.visit.reading != job:
            return
        yield from self._broken_off(job, visitor, editor, options, shown=True)
        found = self.store.newest(visitor).found_in(path)
        sure = [crop for crop, confidence in found if confidence >= editor.finder.sure]
        for other in sure[:FACES] if len(sure) > 1 else ():
            newest = self.store.newest(visitor)
            there = [p.crop for p in newest.project.pictures if p.photo == path and p.crop]
            new = not any(is_same_place(other, one) for one in there)
            if new and visitor.visit.reading == job:
                photo = photo or Photo.read(path)
                yield from self._inverted(job, newest, editor, photo, path, other, options, False)
        yield from self._broken_off(job, visitor, editor, options)

    def _broken_off(
        self,
        job: int,
        visitor: Visitor,
        editor: Editor,
        options: InversionOptions,
        shown: bool = False,
    ) -> Iterator[Shown]:
        """Go on with pictures whose reading was broken off: with the shown one alone, or with all."""
        for one in self.store.newest(visitor).unfinished:
            newest = self.store.newest(visitor)
            if visitor.visit.reading != job or newest.domain != editor.info.name:
                return
            seen = newest.project.shown
            mine = one.domain == newest.domain and one in newest.unfinished
            if mine and (not shown or (seen is not None and seen.id == one.picture)):
                yield from self._gone_on(job, newest, editor, one, options)

    def _suggested(
        self, visitor: Visitor, editor: Editor, photo: Photo, path: str, sure: bool
    ) -> Visitor:
        """Note which other domain would fit the photo better."""
        better = (path, better_domain(self.domains, editor, photo, sure))
        return self.store.update(visitor, lambda newest: replace(newest, better=better))


def _crop(frame: Any) -> Crop:
    """Read a square that was placed.

    Raises:
        ImageError: it makes no sense.
    """
    try:
        return Crop(*(float(frame[key]) for key in ("x", "y", "side", "angle")))
    except (KeyError, TypeError, ValueError) as error:
        raise ImageError("the frame cannot be understood; open the photo again") from error
