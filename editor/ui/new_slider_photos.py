"""The sheet "New slider" learns from the visitor's own photos: two sets, or pairs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from editor.errors import EditorError, OptionError
from editor.file_names import folded
from editor.media.images import common_levels
from editor.photo.photo import Photo
from editor.session import Editor
from editor.sliders.lesson import HAS, HAS_NOT, Lesson
from editor.sliders.sample_pool import grow_pool, pool_so_far
from editor.sliders.teach import learn_from, mark_photo, slider_of_pairs, taught_slider
from editor.ui.edit import QUIET
from editor.ui.in_place import tells_in_place
from editor.ui.lesson_pictures import Lessons, digest
from editor.ui.new_slider_answers import slider_answer, standing
from editor.ui.page_context import PageContext
from editor.ui.state import Visitor

MAX_PHOTOS = 100  # of both sides
MAX_PHOTO_MARKS = 400  # of a lesson, which keeps 16 kB of each
KINDS = ("folders", "pairs")
Asked = dict[str, Any] | None


class SliderFromPhotos:
    """What the sheet does with photos.

    Args:
        page: what the panels share.
        sheet: that shows what was learned.
        lessons: what was marked, by domain.
        base: takes what was learned.
    """

    def __init__(
        self, page: PageContext, sheet: gr.HTML, lessons: gr.State, base: gr.State
    ) -> None:
        self.page, self.sheet, self.lessons, self.base = page, sheet, lessons, base

    def connect(self) -> Any:
        """Connect the components. Return the event of learning."""
        sheet = self.sheet
        learning = sheet.upload(
            self.learned,
            [self.page.visitor, sheet, self.lessons],
            [sheet, self.lessons, self.base],
            **QUIET,
        )
        sheet.collapse(None, cancels=[learning])
        return learning

    @tells_in_place
    def learned(self, visitor: Visitor, asked: Asked, lessons: Lessons) -> Iterator[Any]:
        """Learn from two sets of photos, which count as marks, or from pairs in the order of their names."""
        visitor = self.page.store.newest(visitor)
        editor = self.page.editor(visitor)
        kind, first, second = self._given(asked)
        pairs = pair_by_name(second, first) if kind == "pairs" else []
        aligned: dict[str, Image.Image] = {}
        failures: list[str] = []
        levels = common_levels([*first, *second])
        for done, path in enumerate([*first, *second]):
            yield {self.sheet: _working(f"Photo {done + 1} of {len(first) + len(second)}")}
            try:
                aligned[path] = editor.align(Photo.read(path, levels))
            except EditorError as error:
                failures.append(f"{Path(path).name} was left out: {error}.")
        lesson = lessons.get(visitor.domain, Lesson())
        if kind == "pairs":
            both = [(aligned[b], aligned[a]) for b, a in pairs if b in aligned and a in aligned]
            if not both:
                raise OptionError(" ".join(failures))
            base = slider_of_pairs(editor.engine, both, "taught")
            used, answer = 2 * len(both), {"accuracy": base.info.accuracy}
        else:
            if any(aligned.keys().isdisjoint(side) for side in (first, second)):
                raise OptionError(f"too few photos are left to mark. {' '.join(failures)}")
            lesson = _marked(lesson, aligned, first, second)
            yield from self._samples(editor)
            found = learn_from(editor.engine, lesson)
            base = taught_slider(editor.engine, found, "taught")
            used, answer = len(aligned), standing(lesson, found.accuracy)
        known, hold = self.page.handlers.sliders(visitor), list((asked or {}).get("hold") or [])
        answer |= slider_answer(editor, known, visitor.project, base, hold)
        said = " ".join([f"Learned from {used} photos.", *failures])
        yield {
            self.sheet: {**answer, "working": "", "said": said},
            self.lessons: {**lessons, visitor.domain: lesson},
            self.base: (base,),
        }

    def _given(self, asked: Asked) -> tuple[str, list[str], list[str]]:
        """Return kind and paths of what was given; the paths are of the visit's own files.

        Raises:
            OptionError: there are none on a side, or too many, or the kind is not known.
            PageFileError: a path is no file that was given.
        """
        value = asked or {}
        kind = value.get("kind") or KINDS[0]
        if kind not in KINDS:
            raise OptionError(f"'{kind[:20]}' is not known; give folders or pairs")
        sides = [[one.get("path") for one in value.get(side) or []] for side in ("first", "second")]
        if not all(sides):
            raise OptionError("give photos on both sides")
        if sum(map(len, sides)) > MAX_PHOTOS:
            raise OptionError(f"at most {MAX_PHOTOS} photos at once")
        own = self.page.files.own
        first, second = ([str(own(path)) for path in side] for side in sides)
        return kind, first, second

    def _samples(self, editor: Editor) -> Iterator[Any]:
        """Make as many samples as it takes to learn anything; the rest comes by itself."""
        for done, _ in grow_pool(editor.engine):
            if pool_so_far(editor.engine) is not None:
                return
            yield {self.sheet: _working(f"Making pictures to learn from: {done}")}


def pair_by_name(before: list[str], after: list[str]) -> list[tuple[str, str]]:
    """Pair photos before and after by the order of their names.

    Neither case nor what follows the last point of a name makes a difference. Of several that are alike
    in this, those that are called the same on both sides belong together.

    Raises:
        OptionError: they are not equally many.
    """
    if len(before) != len(after):
        raise OptionError(f"{len(before)} before and {len(after)} after do not make pairs")

    def own(path: str) -> str:
        return folded(Path(path).name)  # the page keeps each upload in a folder of its own

    common = set(map(own, before)) & set(map(own, after))

    def named(path: str) -> tuple[str, bool, str]:
        return folded(Path(path).stem), own(path) not in common, Path(path).name

    return list(zip(sorted(before, key=named), sorted(after, key=named), strict=True))


def _working(text: str) -> dict[str, str]:
    return {"working": text}


def _marked(
    lesson: Lesson, aligned: dict[str, Image.Image], first: list[str], second: list[str]
) -> Lesson:
    """Mark the photos of both sides. One that is given twice counts once.

    Raises:
        OptionError: the lesson has too many photos already.
    """
    for value, side in ((HAS, first), (HAS_NOT, second)):
        for path in side:
            if path in aligned:
                data = io.BytesIO()
                aligned[path].save(data, "PNG")
                lesson = mark_photo(lesson, digest(data.getvalue()), aligned[path], value)
    if len(lesson.features) > MAX_PHOTO_MARKS:
        raise OptionError(f"a slider learns from at most {MAX_PHOTO_MARKS} photos; start over")
    return lesson
