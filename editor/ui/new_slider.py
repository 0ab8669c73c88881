"""The sheet "New slider": marks on pictures become a slider, step by step in one view."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import gradio as gr

from editor.errors import EditorError, OptionError
from editor.sliders.lesson import Lesson
from editor.sliders.sample_pool import POOL, grow_pool_for, pool_of, pool_so_far
from editor.sliders.teach import learn_from, taught_slider
from editor.sliders.usefulness import check_useful
from editor.ui.components.new_slider import new_slider
from editor.ui.edit import QUIET, EditPanel
from editor.ui.in_place import tells_in_place
from editor.ui.lesson_pictures import Lessons, batch, counted
from editor.ui.new_slider_answers import NOTHING, Sliders, held, slider_answer, standing
from editor.ui.new_slider_found import FoundSliders
from editor.ui.new_slider_photos import SliderFromPhotos
from editor.ui.own_sliders import OwnSliders, add_slider, mine
from editor.ui.page_context import Hook, PageContext
from editor.ui.scripts import script
from editor.ui.state import Visitor

TICK_S, SLICE_S = 0.6, 0.2  # between portions of the pool, and of one at least
FAILED = {"problem": "The page is busy. Try again in a minute."}
Asked = dict[str, Any] | None
Answer = dict[Any, Any]  # value by component; the others stay


class NewSliderSheet:
    """The sheet's components and what they do. Put it at the root of the page, where nothing hides it.

    Args:
        page: what the panels share.

    Attributes:
        sheet: a `<dialog id="new-slider">`, see `components.new_slider`.
        lessons: what was marked, by domain.
        base: what was learned last, before anything is held; empty or one slider.
        pool: ticks while the samples to learn from grow.
    """

    def __init__(self, page: PageContext) -> None:
        self.page = page
        self.sheet = new_slider("new-slider-sheet")
        self.lessons = gr.State({}, time_to_live=3600)
        self.base = gr.State((), time_to_live=3600)
        self.pool = gr.Timer(TICK_S, active=False)
        self.found = FoundSliders(page, self.sheet)
        self.photos = SliderFromPhotos(page, self.sheet, self.lessons, self.base)
        self.own = OwnSliders(page, self.sheet)

    def connect(self, edit: EditPanel, changed: Hook) -> None:
        """Connect the components. `changed` adds an event after another domain was chosen."""
        page, sheet = self.page, self.sheet
        asked = [page.visitor, sheet, self.lessons]
        made = [sheet, self.lessons, self.base]
        events = [
            sheet.expand(self.opened, asked, [*made, self.pool], **QUIET),
            sheet.input(self.marked, asked, made, **QUIET),
            sheet.apply(self.held, [page.visitor, sheet, self.base], sheet, **QUIET),
            sheet.clear(self.forgotten, asked, made, **QUIET),
            self.photos.connect(),
            *self.found.connect(edit),
            *self.own.connect(edit),
        ]
        added = sheet.submit(
            self.added,
            [page.visitor, sheet, self.lessons, self.base],
            [page.visitor, *made],
            **QUIET,
        )
        added.success(**edit.refresh)
        for event in (*events, added):
            event.failure(lambda: FAILED, None, sheet, **QUIET)
        sheet.collapse(lambda: gr.Timer(active=False), None, self.pool, **QUIET)
        self.pool.tick(self.grown, page.visitor, self.pool, **QUIET)
        sheet.download(
            self.own.exported, [page.visitor, sheet], [sheet, page.paths], **QUIET
        ).success(None, page.paths, None, js=script("download_file"))
        # what was marked is kept by domain; what was learned is of the one that was left
        changed(lambda: ((), gr.Timer(active=False)), None, [self.base, self.pool], **QUIET)

    @tells_in_place
    def opened(self, visitor: Visitor, asked: Asked, lessons: Lessons) -> Answer:
        """Show the first pictures at once, or go on with what was marked before."""
        visitor = self.page.store.newest(visitor)
        editor = self.page.editor(visitor)
        ready = pool_of(editor.engine) is not None
        answer = self._learned(visitor, lessons, _hold(asked))
        answer[self.sheet] |= {
            "domain": visitor.domain,
            "subject": editor.info.subject,
            "shared": self.page.shared,
            "mine": mine(visitor),
            "found": [],
        }
        return answer | {self.pool: gr.Timer(active=not ready)}

    @tells_in_place
    def marked(self, visitor: Visitor, asked: Asked, lessons: Lessons) -> Answer:
        """Count marks, learn from all so far, and show the most uncertain pictures next."""
        visitor = self.page.store.newest(visitor)
        self._check_domain(visitor, asked)
        lessons = counted(visitor, lessons, asked)
        return self._learned(visitor, lessons, _hold(asked))

    @tells_in_place
    def held(self, visitor: Visitor, asked: Asked, base: Sliders) -> Answer:
        """Make what was learned independent of other sliders, or no longer."""
        visitor = self.page.store.newest(visitor)
        self._check_domain(visitor, asked)
        if not base or base[0].info.domain != visitor.domain:
            raise OptionError("there is no slider yet; mark some pictures first")
        known = self.page.handlers.sliders(visitor)
        editor = self.page.editor(visitor)
        return {self.sheet: slider_answer(editor, known, visitor.project, base[0], _hold(asked))}

    @tells_in_place
    def forgotten(self, visitor: Visitor, asked: Asked, lessons: Lessons) -> Answer:
        """Forget the marks of the open domain, and begin again."""
        domain = self.page.store.newest(visitor).domain
        left = {name: lesson for name, lesson in lessons.items() if name != domain}
        return self._learned(self.page.store.newest(visitor), left, [])

    @tells_in_place
    def added(self, visitor: Visitor, asked: Asked, lessons: Lessons, base: Sliders) -> Answer:
        """Make what was learned a slider of the visit, if it is good enough."""
        visitor = self.page.store.newest(visitor)
        self._check_domain(visitor, asked)
        if not base:
            raise OptionError("there is nothing to add yet; mark some pictures first")
        title = (asked or {}).get("name") or ""
        slider = base[0]
        if slider.info.domain == visitor.domain:  # else `add_slider` says so
            known = self.page.handlers.sliders(visitor)
            slider = held(self.page.editor(visitor), known, slider, _hold(asked))
        check_useful(slider)
        visitor, title = add_slider(self.page, visitor, slider, title)
        left = {name: lesson for name, lesson in lessons.items() if name != visitor.domain}
        return {
            self.page.visitor: visitor,
            self.sheet: {"added": title, "mine": mine(visitor), **NOTHING},
            self.lessons: left,
            self.base: (),
        }

    def grown(self, visitor: Visitor) -> Any:
        """Let the pool of the open domain grow by a portion. Stop the clock when it is whole."""
        visitor = self.page.store.newest(visitor)
        with suppress(EditorError):  # no memory for it: what is there has to do
            done, count = grow_pool_for(self.page.editor(visitor).engine, SLICE_S, POOL)
            if done < count:
                return gr.skip()
        return gr.Timer(active=False)

    def _learned(self, visitor: Visitor, lessons: Lessons, hold: list[str]) -> Answer:
        """Learn what can be learned by now, and choose the next pictures."""
        editor = self.page.editor(visitor)
        lesson = lessons.get(visitor.domain, Lesson())
        learned, answer = None, dict(NOTHING)
        base: Sliders = ()
        if min(lesson.counts) > 0 and pool_so_far(editor.engine) is not None:
            learned = learn_from(editor.engine, lesson)
            base = (taught_slider(editor.engine, learned, "taught"),)
            known = self.page.handlers.sliders(visitor)
            answer = slider_answer(editor, known, visitor.project, base[0], hold)
        answer |= standing(lesson, learned.accuracy if learned else None)
        answer["items"] = batch(visitor, editor, lesson, learned)
        return {self.sheet: answer, self.lessons: lessons, self.base: base}

    def _check_domain(self, visitor: Visitor, asked: Asked) -> None:
        if (asked or {}).get("domain") != visitor.domain:
            raise OptionError("these pictures are of another domain; close this and open it again")


def _hold(asked: Asked) -> list[str]:
    return list((asked or {}).get("hold") or [])
