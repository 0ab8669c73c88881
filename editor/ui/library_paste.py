"""Settings that many pictures get at once: the sliders of the shown picture, or those that were copied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from editor.errors import BusyError, OptionError
from editor.project.actions import drawn
from editor.project.nodes import Moves, Node
from editor.sliders.move import check_distance
from editor.ui.component_values import strip_value
from editor.ui.error_messages import tells_errors, told_by_page
from editor.ui.library_values import Doubts, Tiles, chosen_keys, library_value, said
from editor.ui.page_context import PageContext
from editor.ui.slider_words import moved_label
from editor.ui.state import Visitor

MAX_MOVES = 1000
TRIES = 5  # at a picture that is edited meanwhile


class LibraryPaste:
    """What gives settings to the chosen pictures.

    Args:
        page: what the panels share.
        tiles: of the library.
        doubts: what the page doubts of pictures.
    """

    def __init__(self, page: PageContext, tiles: Tiles, doubts: Doubts) -> None:
        self.page, self.tiles, self.doubts = page, tiles, doubts

    @told_by_page
    @tells_errors
    def pasted(self, visitor: Visitor, value: dict[str, Any] | None) -> Iterator[tuple[Any, ...]]:
        """Give the chosen pictures of the open domain the sliders that were copied, or all that the shown one has.

        Copied sliders leave a painted part and layers as they are. Yield visitor, the filmstrip's value and
        the grid's. What else the visitor does meanwhile stays.
        """
        visitor = self.page.store.newest(visitor)
        moves, shown = (value or {}).get("moves"), visitor.project.node
        assert shown is not None
        copied = None if moves is None else self._moves(visitor, moves)
        here = [name for domain, name in chosen_keys(value, visitor) if domain == visitor.domain]
        names = [name for name in here if copied is not None or name != shown.picture]
        if not names:
            raise OptionError("choose other pictures of the same kind as the shown one")
        count = 0
        for done, name in enumerate(names):
            yield (
                gr.skip(),
                gr.skip(),
                {"progress": {"done": done, "total": len(names), "pasting": True}},
            )
            count += self._given(visitor, name, shown, copied)
        word = "picture" if count == 1 else "pictures"
        message = said(f"{count} {word} got the settings.")
        newest = self.page.store.newest(visitor)
        value = library_value(newest, self.tiles, self.doubts.of(newest))
        yield newest, strip_value(newest.project), value | {"progress": None, "said": message}

    def _given(self, visitor: Visitor, name: str, shown: Node, copied: Moves | None) -> bool:
        """Give one picture settings, unless it was removed. Return whether it has them.

        Its thumb is drawn before anything is changed: meanwhile the visitor's other events go on.

        Raises:
            BusyError: it is changed again and again meanwhile.
        """
        domain = visitor.domain
        editor = self.page.handlers.domains.open(domain)
        for _ in range(TRIES):
            project = self.page.store.newest(visitor).projects[domain]
            if all(picture.id != name for picture in project.pictures):
                return False
            old = project.latest(name)
            new = replace(old, moves=shown.moves, layers=shown.layers, mask=shown.mask)
            new = new if copied is None else replace(old, moves=copied)
            sliders = editor.sliders.with_own(project.sliders)
            node = drawn(project, editor, new, moved_label(sliders, old.moves, new.moves))
            grown = self._put(visitor, domain, old, node)
            if grown is not None:
                self.tiles.make(grown.projects[domain], editor, name)
                return True
        raise BusyError("a picture is being changed all the time; paste again when that has ended")

    def _put(self, visitor: Visitor, domain: str, old: Node, node: Node) -> Visitor | None:
        """Add a node made of another one. Return None where its picture does not stand there any more."""
        grown: Visitor | None = None

        def change(newest: Visitor) -> Visitor:
            nonlocal grown
            project = newest.projects[domain]
            there = any(picture.id == old.picture for picture in project.pictures)
            if not there or not _same(project.latest(old.picture), old):
                return newest
            grown = newest.put(project.put(node))
            return grown

        self.page.store.update(visitor, change)
        return grown

    def _moves(self, visitor: Visitor, given: dict[str, Any]) -> Moves:
        """Return the moves that were copied, as far as the visitor's domain has the sliders."""
        known = self.page.handlers.sliders(visitor)
        asked = [
            (name, check_distance(distance, name))
            for name, distance in list(given.items())[:MAX_MOVES]
        ]
        return tuple((name, distance) for name, distance in asked if name in known and distance)


def _same(one: Node, other: Node) -> bool:
    """Return whether two nodes of a picture are one; another of them may have moved it in the history."""
    return replace(one, parent=-1).__dict__ == replace(other, parent=-1).__dict__
