"""The fold of the tab Teach in which a slider is learned from the visitor's photos."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from editor.errors import EditorError, OptionError
from editor.media.images import UPLOADS
from editor.sliders.lesson import HAS, HAS_NOT, Lesson
from editor.sliders.teach import (
    grow_pool,
    learn_from,
    mark_photo,
    slider_of_pairs,
)
from editor.ui.component_values import progress, status
from editor.ui.components.file_inputs import file_input
from editor.ui.edit import QUIET
from editor.ui.error_messages import tells_errors
from editor.ui.lesson_pictures import known_others, learned_slider
from editor.ui.own_sliders import slider_rows
from editor.ui.page_context import PageContext
from editor.ui.state import Visitor

FOLDERS, PAIRS = "Photos that have it, and that have not", "Before and after"


class TeachFromPhotos:
    """The fold's components and what they do.

    Args:
        page: what the panels share.
    """

    def __init__(self, page: PageContext) -> None:
        self.page = page
        self.kind = gr.Radio([FOLDERS, PAIRS], value=FOLDERS, label="What you give")
        files = page.files
        with gr.Row():
            options: dict[str, Any] = {
                "file_count": "multiple",
                "file_types": [*UPLOADS],
                "height": 110,
            }
            self.first = file_input(files, label="Has it / after", elem_id="teach-first", **options)
            self.second = file_input(
                files, label="Has it not / before", elem_id="teach-second", **options
            )
        self.learn = gr.Button("Learn from them", elem_id="teach-photos")

    def connect(self, others: gr.Dropdown, outputs: list[Any]) -> Any:
        """Connect the components. Return the event of learning, to be cancelled.

        Args:
            others: sliders that must not change.
            outputs: take the slider, the status and what the slider does.
        """
        return self.learn.click(
            self.learned,
            [self.page.visitor, self.kind, self.first, self.second, others],
            outputs,
            **QUIET,
        )

    @tells_errors
    def learned(
        self,
        visitor: Visitor,
        kind: str,
        first: list[str] | None,
        second: list[str] | None,
        others: list[str],
    ) -> Iterator[tuple[Any, ...]]:
        """Learn from two sets of photos, or from pairs in the order of their names."""
        visitor = self.page.store.newest(visitor)
        editor = self.page.editor(visitor)
        if not first or not second:
            raise OptionError("give photos on both sides")
        pairs = pair_by_name(second, first) if kind == PAIRS else []
        aligned: dict[str, Image.Image] = {}
        failures: list[str] = []
        for done, path in enumerate([*first, *second]):
            text = f"Photo {done + 1} of {len(first) + len(second)}"
            yield gr.skip(), progress(done, len(first) + len(second), text), gr.skip()
            try:
                aligned[path] = editor.align(path)
            except EditorError as error:
                failures.append(f"{Path(path).name} was left out: {error}.")
        if kind == PAIRS:
            both = [(aligned[b], aligned[a]) for b, a in pairs if b in aligned and a in aligned]
            if not both:
                raise OptionError(" ".join(failures))
            used, sure = 2 * len(both), None
            slider = slider_of_pairs(
                editor.engine, both, "taught", "", known_others(editor, others)
            )
        else:
            if any(aligned.keys().isdisjoint(side) for side in (first, second)):
                raise OptionError(f"too few photos are left to mark. {' '.join(failures)}")
            for done, count in grow_pool(editor.engine):
                text = f"Making pictures to learn from, once: {done} of {count}"
                yield gr.skip(), progress(done, count, text), gr.skip()
            lesson = Lesson()
            for value, side in ((HAS, first), (HAS_NOT, second)):
                for i, path in enumerate(side):
                    if path in aligned:
                        lesson = mark_photo(lesson, f"{value} {i}", aligned[path], value)
            learned = learn_from(editor.engine, lesson)
            slider, sure = learned_slider(editor, learned, others), learned.accuracy
            used = sum(learned.counts)
        right = (
            "" if sure is None else f" Right on {100 * sure:.0f}% of photos that it did not see."
        )
        left_out = html.escape(" ".join(["", *failures]))
        said = status(f"Learned from {used} photos.{right} Name it, and add it.{left_out}")
        yield (slider,), said, slider_rows(self.page, visitor, (slider,))


def pair_by_name(before: list[str], after: list[str]) -> list[tuple[str, str]]:
    """Pair photos before and after by the order of their names.

    Neither case nor what follows the last point of a name makes a difference.

    Raises:
        OptionError: they are not equally many.
    """
    if len(before) != len(after):
        raise OptionError(f"{len(before)} before and {len(after)} after do not make pairs")

    def named(path: str) -> tuple[str, str]:
        name = Path(path)  # the page keeps each upload in a folder of its own
        return name.stem.casefold(), name.name

    return list(zip(sorted(before, key=named), sorted(after, key=named), strict=True))
