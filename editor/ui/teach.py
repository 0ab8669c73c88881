"""The tab Teach: sliders of one's own, from marks, pairs or folders, and discovered ones."""

from __future__ import annotations

import hashlib
import html
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from editor import Editor
from editor.errors import EditorError, OptionError
from editor.sliders.boundary import Boundary
from editor.sliders.lesson import HAS, HAS_NOT, SKIP, Learned, Lesson, seed_key
from editor.sliders.teach import (
    FIRST_SEED,
    POOL,
    grow_pool,
    learn_from,
    mark_photo,
    next_seeds,
    photo_key,
    picture,
    pool_of,
    slider_of_pairs,
    taught_slider,
)
from editor.ui.component_values import progress, status
from editor.ui.components.file_inputs import file_input
from editor.ui.components.marks import marks
from editor.ui.components.rows import rows
from editor.ui.data_uris import data_uri
from editor.ui.discover import Discover
from editor.ui.edit import QUIET
from editor.ui.error_messages import tells_errors
from editor.ui.own_sliders import OwnSliders, Sliders, slider_rows
from editor.ui.page_context import PageContext
from editor.ui.state import Visitor

BATCH = 12
OWN = 4  # of the visitor's photos in a batch
VALUES = {"has": HAS, "not": HAS_NOT}
Lessons = dict[str, Lesson]  # by domain
FOLDERS, PAIRS = "Photos that have it, and that have not", "Before and after"


class TeachPanel:
    """The tab's components and what they do.

    Args:
        page: what the panels share.
        tab: of the panel.
    """

    def __init__(self, page: PageContext, tab: gr.Tab) -> None:
        self.page = page
        self.lessons = gr.State({}, time_to_live=3600)
        self.sliders = gr.State((), time_to_live=3600)  # what was learned or discovered last
        with gr.Row(elem_classes="panel-row"):
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
                    self._folders()
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
        self._wire(tab)

    def _folders(self) -> None:
        self.kind = gr.Radio([FOLDERS, PAIRS], value=FOLDERS, label="What you give")
        files = self.page.files
        with gr.Row():
            options: dict[str, Any] = {
                "file_count": "multiple",
                "file_types": ["image", ".heic", ".heif", ".avif"],
                "height": 110,
            }
            self.first = file_input(files, label="Has it / after", elem_id="teach-first", **options)
            self.second = file_input(
                files, label="Has it not / before", elem_id="teach-second", **options
            )
        self.from_photos = gr.Button("Learn from them", elem_id="teach-photos")

    def _wire(self, tab: gr.Tab) -> None:
        visitor = self.page.visitor
        shown: dict[str, Any] = {
            "fn": self.lists,
            "inputs": [visitor, self.others],
            "outputs": [self.others, self.own.names],
            **QUIET,
        }
        tab.select(**shown)
        self.page.changed(**shown)
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
            self.from_photos.click(
                self.photos,
                [visitor, self.kind, self.first, self.second, self.others],
                [self.sliders, self.line, self.result],
                **job,
            ),
        ]
        self.others.change(
            self.again,
            [visitor, self.lessons, self.others],
            [self.sliders, self.result],
            trigger_mode="always_last",
            **QUIET,
        )
        jobs.append(self.discover.wire(self.own, self.name, self.line, job, shown))
        self.cancel.click(lambda: status("Stopped."), None, self.line, cancels=jobs, **QUIET)
        self.forget.click(self.forgotten, [visitor, self.lessons], learned, cancels=jobs, **QUIET)
        self.add.click(
            self.added, [visitor, self.sliders, self.name], [visitor, self.line], **QUIET
        ).success(**shown).success(**self.page.refresh)
        self.own.wire(shown)

    @tells_errors
    def lists(self, visitor: Visitor, others: list[str] | None) -> tuple[Any, Any]:
        """The sliders that another can be independent of, and the visitor's own."""
        visitor = self.page.store.newest(visitor)
        known = {b.name: b.title for b in self.page.editor(visitor).sliders}
        left = [name for name in others or [] if name in known]
        choices = [(title, name) for name, title in known.items()]
        return gr.Dropdown(choices=choices, value=left), self.own.choices(visitor)

    @tells_errors
    def show(
        self, visitor: Visitor, lessons: Lessons, value: dict[str, Any] | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """Make the samples ready, once for a domain, and show the next; what was marked counts."""
        visitor = self.page.store.newest(visitor)
        editor = self.page.editor(visitor)
        if pool_of(editor) is None:
            for done, total in grow_pool(editor):
                text = f"Making pictures to learn from, once: {done} of {total}"
                yield gr.skip(), progress(done, total, text), gr.skip()
        lessons = _counted(visitor, lessons, value)
        lesson = lessons.get(visitor.domain, Lesson())
        yes, no = lesson.counts
        learned = learn_from(editor, lesson) if yes and no else None
        before = f" {yes} have it, {no} have not so far." if lesson.marks else ""
        said = f"Mark some that have it and some that have not, then press Learn.{before}"
        yield _batch(visitor, editor, lesson, learned), status(said), lessons

    @tells_errors
    def forgotten(self, visitor: Visitor, lessons: Lessons) -> tuple[Any, ...]:
        """Without the marks of the open domain."""
        domain = self.page.store.newest(visitor).domain
        left = {name: lesson for name, lesson in lessons.items() if name != domain}
        return {"items": []}, left, (), status("All marks are forgotten."), {"rows": []}

    @tells_errors
    def learn(
        self, visitor: Visitor, value: dict[str, Any] | None, lessons: Lessons, others: list[str]
    ) -> tuple[Any, ...]:
        """Learn from all marks so far; the next pictures are the most uncertain."""
        visitor = self.page.store.newest(visitor)
        editor = self.page.editor(visitor)
        shown = value or {}
        if shown.get("items") and shown.get("domain") != visitor.domain:
            raise OptionError("these pictures are of another domain; press Show pictures first")
        if not shown.get("items") or pool_of(editor) is None:
            raise OptionError("press Show pictures first")
        lessons = _counted(visitor, lessons, shown)
        lesson = lessons[visitor.domain]
        learned = learn_from(editor, lesson)
        sliders = (_slider(editor, learned, others),)
        yes, no = learned.counts
        sure = (
            f"right on {100 * learned.accuracy:.0f}% of marks that it did not see"
            if learned.accuracy is not None
            else "mark five of each to see how sure it is"
        )
        return (
            _batch(visitor, editor, lesson, learned),
            lessons,
            sliders,
            status(f"{yes} have it, {no} have not · {sure}."),
            slider_rows(self.page, visitor, sliders),
        )

    @tells_errors
    def again(self, visitor: Visitor, lessons: Lessons, others: list[str]) -> tuple[Any, Any]:
        """The same marks, independent of other sliders."""
        visitor = self.page.store.newest(visitor)
        editor, lesson = self.page.editor(visitor), lessons.get(visitor.domain, Lesson())
        if min(lesson.counts) < 1 or pool_of(editor) is None:
            return gr.skip(), gr.skip()
        sliders = (_slider(editor, learn_from(editor, lesson), others),)
        return sliders, slider_rows(self.page, visitor, sliders)

    @tells_errors
    def photos(
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
            slider = slider_of_pairs(editor, both, "taught", "", _known(editor, others))
        else:
            if any(aligned.keys().isdisjoint(side) for side in (first, second)):
                raise OptionError(f"too few photos are left to mark. {' '.join(failures)}")
            for done, count in grow_pool(editor):
                text = f"Making pictures to learn from, once: {done} of {count}"
                yield gr.skip(), progress(done, count, text), gr.skip()
            lesson = Lesson()
            for value, side in ((HAS, first), (HAS_NOT, second)):
                for i, path in enumerate(side):
                    if path in aligned:
                        lesson = mark_photo(lesson, f"{value} {i}", aligned[path], value)
            learned = learn_from(editor, lesson)
            slider, sure = _slider(editor, learned, others), learned.accuracy
            used = sum(learned.counts)
        right = (
            "" if sure is None else f" Right on {100 * sure:.0f}% of photos that it did not see."
        )
        left_out = html.escape(" ".join(["", *failures]))
        said = status(f"Learned from {used} photos.{right} Name it, and add it.{left_out}")
        yield (slider,), said, slider_rows(self.page, visitor, (slider,))

    @tells_errors
    def added(self, visitor: Visitor, sliders: Sliders, title: str) -> tuple[Visitor, str]:
        """What was learned becomes a slider of the visit."""
        if not sliders:
            raise OptionError("there is nothing to add yet; mark some pictures and press Learn")
        return self.own.added(visitor, sliders[0], title)


def _slider(editor: Editor, learned: Learned, others: list[str] | None) -> Boundary:
    return taught_slider(editor, learned, "taught", independent_of=_known(editor, others))


def _known(editor: Editor, others: list[str] | None) -> list[str]:
    return [name for name in others or [] if name in editor.boundaries]


def pair_by_name(before: list[str], after: list[str]) -> list[tuple[str, str]]:
    """Photos before and after: of equal names where both sides have the same, else in their order.

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


def _counted(visitor: Visitor, lessons: Lessons, value: dict[str, Any] | None) -> Lessons:
    """With the shown pictures in the lesson of their domain; one without a mark is skipped there.

    Raises:
        OptionError: a picture is not one of those that are shown.
    """
    domain, items = str((value or {}).get("domain", "")), (value or {}).get("items") or []
    if not items or domain not in visitor.projects:
        return lessons
    lesson = lessons.get(domain, Lesson())
    photos = {p.id: p.before for p in visitor.projects[domain].pictures if p.before}
    for item in items:
        kind, _, name = str(item.get("id", "")).partition(":")
        mark = VALUES.get(str(item.get("mark", "")), SKIP)
        if kind != "photo":
            lesson = lesson.mark(seed_key(_seed(name)), mark)
        elif name in photos and _digest(photos[name]) == item.get("of"):  # else it was removed
            lesson = mark_photo(lesson, _digest(photos[name]), _photo(photos[name]), mark)
    return {**lessons, domain: lesson}


def _batch(
    visitor: Visitor, editor: Editor, lesson: Lesson, learned: Learned | None
) -> dict[str, Any]:
    """Value of `marks`: some of the visitor's photos that have no mark yet, and samples."""
    seen = {key for key, _ in lesson.marks}
    own = {_digest(p.before): p for p in visitor.project.pictures if p.before}
    new = [name for name in own if photo_key(name) not in seen][:OWN]
    photos = [
        {
            "id": f"photo:{own[name].id}",
            "of": name,
            "src": data_uri(_photo(own[name].before)),
            "mark": "",
        }
        for name in new
    ]
    seeds = next_seeds(editor, lesson, learned, BATCH - len(photos))
    return {"domain": visitor.domain, "items": photos + [_item(editor, seed) for seed in seeds]}


def _item(editor: Editor, seed: int) -> dict[str, Any]:
    return {"id": f"seed:{seed}", "src": data_uri(picture(editor, seed)), "mark": ""}


def _photo(before: bytes) -> Image.Image:
    return Image.open(io.BytesIO(before)).convert("RGB")


def _digest(before: bytes) -> str:
    """What a lesson calls a photo: ids are given again to other photos."""
    return hashlib.sha256(before).hexdigest()[:16]


def _seed(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 0 <= int(text) - FIRST_SEED < POOL:
        raise OptionError("a marked picture is not known; press Forget the marks")
    return int(text)
