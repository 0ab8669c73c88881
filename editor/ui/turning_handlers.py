"""What turns a photo on the page, and what asks for a square of one that was read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from editor.errors import ImageError
from editor.media.images import load_image
from editor.photo.quarters import turned_crop
from editor.photo.turned_file import turned_file
from editor.project.pixels import SMALL_PX, thumbnail
from editor.project.turning import turn_photo
from editor.ui.error_messages import tells_errors
from editor.ui.inverting import chosen_options
from editor.ui.reading_handlers import ReadingHandlers
from editor.ui.reading_jobs import Shown
from editor.ui.state import Visitor
from editor.ui.turns import newest_wins


class TurningHandlers(ReadingHandlers):
    """Jobs that begin with a photo that is there already."""

    @newest_wins
    @tells_errors
    def turn(
        self, visitor: Visitor, stage: dict[str, Any] | None, *settings: float
    ) -> Iterator[Shown]:
        """Turn the photo that waits or is shown by a quarter, with all that was made of it.

        One that waits is looked at anew. What was being read goes on.
        """
        quarters = 1 if int((stage or {}).get("quarters") or 1) > 0 else -1
        yield from self._told(visitor, self._turned(visitor, quarters, settings))

    def _turned(
        self, visitor: Visitor, quarters: int, settings: tuple[float, ...]
    ) -> Iterator[Shown]:
        job, newest = visitor.visit.supersede(), self.store.newest(visitor)
        shown = newest.project.shown
        path = newest.waiting or (shown.photo if shown else "")
        if not path:
            raise ImageError("there is no photo to turn; open one")
        data = turned_file(path, quarters)
        small = thumbnail(load_image(data, 2 * SMALL_PX, Path(path).name), SMALL_PX)
        there = self.keep_file(newest, Path(path).name, data)
        if newest.waiting and self.store.newest(visitor).waiting == path:
            yield from self._read(visitor, there, None, settings)
            return
        found = tuple(
            (turned_crop(crop, quarters), chance) for crop, chance in newest.found_in(path)
        )

        def turned(now: Visitor) -> Visitor:
            seen = now.project.shown
            same = (now.domain, now.waiting) == (newest.domain, newest.waiting)
            if not same or seen is None or seen.photo != path:
                return now  # another photo was chosen meanwhile
            project, names = turn_photo(now.project, path, there, small, quarters)
            unfinished = tuple(
                replace(one, picture=names.get(one.picture, one.picture))
                if one.domain == now.domain
                else one
                for one in now.unfinished
            )
            better = (there, now.better[1]) if now.better[0] == path else now.better
            now = now.keep(project).look(there, found, waits=False)
            return replace(now, unfinished=unfinished, better=better)

        visitor = self.store.update(visitor, turned)
        yield self._all(visitor)
        seen = visitor.project.shown
        there = "" if seen is None else seen.photo
        yield from self._rest(job, visitor, self.editor(visitor), there, chosen_options(settings))

    @tells_errors
    def ask_square(self, visitor: Visitor) -> tuple[Any, Any]:
        """Let the photo that is shown wait for another square. Return visitor and stage."""
        shown = self.store.newest(visitor).project.shown
        if shown is None or not shown.photo or shown.crop is None:
            raise ImageError("there is no photo yet; open one")
        visitor = self.store.update(visitor, lambda newest: replace(newest, waiting=shown.photo))
        return visitor, self.stage(visitor) | {"crop": asdict(shown.crop)}
