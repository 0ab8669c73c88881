"""The tab Teach: sliders of one's own, from marks, pairs or folders, and discovered ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from editor.errors import OptionError
from editor.sliders.lesson import Lesson
from editor.sliders.teach import (
    grow_pool,
    learn_from,
    pool_of,
)
from editor.ui.component_values import progress, status
from editor.ui.components.marks import marks
from editor.ui.components.rows import rows
from editor.ui.discover import Discover
from editor.ui.edit import QUIET, EditPanel
from editor.ui.error_messages import tells_errors
from editor.ui.lesson_pictures import Lessons, batch, counted, learned_slider
from editor.ui.own_sliders import OwnSliders, Sliders, add_slider, slider_rows
from editor.ui.page_context import Hook, PageContext
from editor.ui.state import Visitor
from editor.ui.teach_photos import TeachFromPhotos


class TeachPanel:
    """The tab's components and what they do.

    Args:
        page: what the panels share.
    """

    def __init__(self, page: PageContext) -> None:
        self.page = page
        with gr.Tab("Teach", id="teach") as self.tab, gr.Row(elem_classes="panel-row"):
            self.lessons = gr.State({}, time_to_live=3600)
            self.sliders = gr.State((), time_to_live=3600)  # what was learned or discovered last
            with gr.Column(scale=3):
                gr.Markdown(
                    "Mark what you see: has it, has it not. Leave out what is not clear.",
                    elem_id="teach-hint",
                )
                with gr.Row():
                    self.begin = gr.Button(
                        "Show pictures", variant="primary", elem_id="teach-begin"
                    )
                    self.next = gr.Button("Learn, and show the next", elem_id="teach-next")
                    self.cancel = gr.Button("Cancel", elem_id="teach-cancel")
                    self.forget = gr.Button("Forget the marks", size="sm", elem_id="teach-forget")
                self.line = gr.HTML(status(""), elem_id="teach-status", padding=False)
                self.marks = marks("marks")
                with gr.Accordion("From your own photos", open=False):
                    self.photos = TeachFromPhotos(page)
                with gr.Accordion("Discover", open=False, elem_id="discover"):
                    self.discover = Discover(page)
            with gr.Column(scale=2):
                self.result = rows("teach-result")
                self.name = gr.Textbox(
                    label="Name of the slider", max_lines=1, elem_id="teach-name"
                )
                self.others = gr.Dropdown(
                    [], multiselect=True, label="Must not change", elem_id="teach-others"
                )
                self.add = gr.Button("Add the slider", variant="primary", elem_id="teach-add")
                self.own = OwnSliders(page)

    def connect(self, edit: EditPanel, changed: Hook) -> None:
        """Connect the components. `changed` adds an event after another domain was chosen."""
        visitor = self.page.visitor
        shown: dict[str, Any] = {
            "fn": self.lists,
            "inputs": [visitor, self.others],
            "outputs": [self.others, self.own.names],
            **QUIET,
        }
        self.tab.select(**shown)
        changed(**shown)
        job: dict[str, Any] = dict(QUIET)
        learned = [self.marks, self.lessons, self.sliders, self.line, self.result]
        jobs = [
            self.begin.click(
                self.show,
                [visitor, self.lessons, self.marks],
                [self.marks, self.line, self.lessons],
                **job,
            ),
            self.next.click(
                self.learn, [visitor, self.marks, self.lessons, self.others], learned, **job
            ),
            self.photos.connect(self.others, [self.sliders, self.line, self.result]),
        ]
        self.others.change(
            self.again,
            [visitor, self.lessons, self.others],
            [self.sliders, self.result],
            trigger_mode="always_last",
            **QUIET,
        )
        jobs.append(self.discover.connect(edit, self.name, self.line, job, shown))
        self.cancel.click(lambda: status("Stopped."), None, self.line, cancels=jobs, **QUIET)
        self.forget.click(self.forgotten, [visitor, self.lessons], learned, cancels=jobs, **QUIET)
        self.add.click(
            self.added, [visitor, self.sliders, self.name], [visitor, self.line], **QUIET
        ).success(**shown).success(**edit.refresh)
        self.own.connect(edit, shown)

    @tells_errors
    def lists(self, visitor: Visitor, others: list[str] | None) -> tuple[Any, Any]:
        """Return the sliders that another can be independent of, and the visitor's own."""
        visitor = self.page.store.newest(visitor)
        known = {b.name: b.title for b in self.page.editor(visitor).sliders}
        left = [name for name in others or [] if name in known]
        choices = [(title, name) for name, title in known.items()]
        return gr.Dropdown(choices=choices, value=left), self.own.choices(visitor)

    @tells_errors
    def show(
        self, visitor: Visitor, lessons: Lessons, value: dict[str, Any] | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """Make the samples ready, once for a domain. Count what was marked, and show the next."""
        visitor = self.page.store.newest(visitor)
        editor = self.page.editor(visitor)
        if pool_of(editor.engine) is None:
            for done, total in grow_pool(editor.engine):
                text = f"Making pictures to learn from, once: {done} of {total}"
                yield gr.skip(), progress(done, total, text), gr.skip()
        lessons = counted(visitor, lessons, value)
        lesson = lessons.get(visitor.domain, Lesson())
        yes, no = lesson.counts
        learned = learn_from(editor.engine, lesson) if yes and no else None
        before = f" {yes} have it, {no} have not so far." if lesson.marks else ""
        said = f"Mark some that have it and some that have not, then press Learn.{before}"
        yield batch(visitor, editor, lesson, learned), status(said), lessons

    @tells_errors
    def forgotten(self, visitor: Visitor, lessons: Lessons) -> tuple[Any, ...]:
        """Forget the marks of the open domain."""
        domain = self.page.store.newest(visitor).domain
        left = {name: lesson for name, lesson in lessons.items() if name != domain}
        return {"items": []}, left, (), status("All marks are forgotten."), {"rows": []}

    @tells_errors
    def learn(
        self, visitor: Visitor, value: dict[str, Any] | None, lessons: Lessons, others: list[str]
    ) -> tuple[Any, ...]:
        """Learn from all marks so far. Show the most uncertain pictures next."""
        visitor = self.page.store.newest(visitor)
        editor = self.page.editor(visitor)
        shown = value or {}
        if shown.get("items") and shown.get("domain") != visitor.domain:
            raise OptionError("these pictures are of another domain; press Show pictures first")
        if not shown.get("items") or pool_of(editor.engine) is None:
            raise OptionError("press Show pictures first")
        lessons = counted(visitor, lessons, shown)
        lesson = lessons[visitor.domain]
        learned = learn_from(editor.engine, lesson)
        sliders = (learned_slider(editor, learned, others),)
        yes, no = learned.counts
        sure = (
            f"right on {100 * learned.accuracy:.0f}% of marks that it did not see"
            if learned.accuracy is not None
            else "mark five of each to see how sure it is"
        )
        return (
            batch(visitor, editor, lesson, learned),
            lessons,
            sliders,
            status(f"{yes} have it, {no} have not · {sure}."),
            slider_rows(self.page, visitor, sliders),
        )

    @tells_errors
    def again(self, visitor: Visitor, lessons: Lessons, others: list[str]) -> tuple[Any, Any]:
        """Learn from the same marks, independent of other sliders."""
        visitor = self.page.store.newest(visitor)
        editor, lesson = self.page.editor(visitor), lessons.get(visitor.domain, Lesson())
        if min(lesson.counts) < 1 or pool_of(editor.engine) is None:
            return gr.skip(), gr.skip()
        sliders = (learned_slider(editor, learn_from(editor.engine, lesson), others),)
        return sliders, slider_rows(self.page, visitor, sliders)

    @tells_errors
    def added(self, visitor: Visitor, sliders: Sliders, title: str) -> tuple[Visitor, str]:
        """Make what was learned a slider of the visit."""
        if not sliders:
            raise OptionError("there is nothing to add yet; mark some pictures and press Learn")
        return add_slider(self.page, visitor, sliders[0], title)
