"""The tab Teach: sliders of one's own, from marks, pairs or folders, and discovered ones."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import torch
from gradio.processing_utils import save_bytes_to_cache
from PIL import Image

from editor import Editor
from editor.directions.boundary import Boundary
from editor.directions.teach import HAS, HAS_NOT, SKIP, Learned, Lesson
from editor.editing.mix import layer_groups
from editor.errors import OptionError
from editor.sliders import export_slider, import_slider, renamed, save_slider, slider_strip
from editor.teaching import (
    discover,
    grow_pool,
    learn_from,
    mark_photo,
    mark_seed,
    next_seeds,
    picture,
    pool_of,
    slider_of_pairs,
    taught_slider,
)
from editor.ui.components import marks, rows
from editor.ui.edit import QUIET
from editor.ui.guard import guarded, guarded_steps
from editor.ui.shell import DOWNLOAD_FILE, Shell
from editor.ui.state import Visitor, data_uri
from editor.ui.values import progress, status

BATCH = 12
OWN = 4  # of the visitor's photos in the first batch
FOUND = 8
VALUES = {"has": HAS, "not": HAS_NOT}
FOLDERS, PAIRS = "Photos that have it, and that have not", "Before and after"
SEFA, PCA = "From the weights (SeFa)", "From the codes (PCA)"
METHODS = {SEFA: "sefa", PCA: "pca"}
ALL = "all layers"
Sliders = tuple[Boundary, ...]


class TeachPanel:
    """The tab's components and what they do.

    Args:
        shell: what the panels share.
        tab: of the panel.
    """

    def __init__(self, shell: Shell, tab: gr.Tab) -> None:
        self.shell = shell
        self._cache = shell.paths.GRADIO_CACHE
        self.lesson = gr.State(Lesson(), time_to_live=3600)
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
                self.line = gr.HTML(status(""), elem_id="teach-status", padding=False)
                self.marks = marks("marks")
                with gr.Accordion("From your own photos", open=False):
                    self._folders()
                with gr.Accordion("Discover", open=False, elem_id="discover"):
                    self._discover()
            with gr.Column(scale=2):
                self.result = rows("teach-result")
                self.name = gr.Textbox(
                    label="Name of the slider", max_lines=1, elem_id="teach-name"
                )
                self.others = gr.Dropdown(
                    [], multiselect=True, label="Must not change", elem_id="teach-others"
                )
                self.add = gr.Button("Add the slider", variant="primary", elem_id="teach-add")
                self.own = gr.Dropdown([], label="Your sliders", elem_id="teach-own")
                with gr.Row():
                    self.export = gr.Button("Save as a file", size="sm", elem_id="teach-export")
                    self.keep = gr.Button(
                        "Save for everyone here",
                        size="sm",
                        elem_id="teach-keep",
                        visible=not shell.shared,
                    )
                self.file = gr.File(
                    label="Open a slider's file",
                    file_types=[".safetensors"],
                    height=110,
                    elem_id="teach-file",
                )
        self._wire(tab)

    def _folders(self) -> None:
        self.kind = gr.Radio([FOLDERS, PAIRS], value=FOLDERS, label="What you give")
        with gr.Row():
            options: dict[str, Any] = {
                "file_count": "multiple",
                "file_types": ["image", ".heic", ".heif", ".avif"],
                "height": 110,
            }
            self.first = gr.File(label="Has it / after", elem_id="teach-first", **options)
            self.second = gr.File(label="Has it not / before", elem_id="teach-second", **options)
        self.from_photos = gr.Button("Learn from them", elem_id="teach-photos")

    def _discover(self) -> None:
        self.method = gr.Radio(list(METHODS), value=SEFA, label="Where to look")
        self.layers = gr.Radio([ALL, *layer_groups(10)], value=ALL, label="What it may move")
        self.look = gr.Button("Discover", elem_id="discover-run")
        self.found = rows("discovered")

    def _wire(self, tab: gr.Tab) -> None:
        visitor = self.shell.visitor
        lists = [self.others, self.own]
        shown: dict[str, Any] = {"fn": self.lists, "inputs": visitor, "outputs": lists, **QUIET}
        tab.select(**shown)
        job: dict[str, Any] = {"concurrency_id": "invert", "concurrency_limit": 4, **QUIET}
        learned = [self.marks, self.lesson, self.sliders, self.line, self.result]
        jobs = [
            self.begin.click(self.show, visitor, learned, **job),
            self.next.click(
                self.learn, [visitor, self.marks, self.lesson, self.others], learned, **job
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
            [visitor, self.lesson, self.others],
            [self.sliders, self.result],
            trigger_mode="always_last",
            **QUIET,
        )
        self.cancel.click(lambda: status("Stopped."), None, self.line, cancels=jobs, **QUIET)
        self.add.click(
            self.added, [visitor, self.sliders, self.name], [visitor, self.line], **QUIET
        ).success(**shown).success(**self.shell.refresh)
        found = gr.State((), time_to_live=3600)
        self.look.click(
            self.discovered,
            [visitor, self.method, self.layers],
            [found, self.found, self.line],
            **job,
        )
        self.found.select(
            self.kept, [visitor, found, self.found, self.name], [visitor, self.line], **QUIET
        ).success(**shown).success(**self.shell.refresh)
        self.export.click(self.exported, [visitor, self.own], self.shell.paths, **QUIET).success(
            None, self.shell.paths, None, js=DOWNLOAD_FILE
        )
        if not self.shell.shared:
            self.keep.click(self.saved, [visitor, self.own], self.line, **QUIET)
        self.file.upload(
            self.imported, [visitor, self.file], [visitor, self.line], **QUIET
        ).success(**shown).success(**self.shell.refresh)

    @guarded
    def lists(self, visitor: Visitor) -> tuple[Any, Any]:
        """The sliders that another can be independent of, and the visitor's own."""
        known = [(b.title, b.name) for b in self.shell.editor(visitor).sliders]
        own = [(b.info.title, b.info.name) for b in visitor.project.sliders]
        return (
            gr.Dropdown(choices=known),
            gr.Dropdown(choices=own, value=own[-1][1] if own else None),
        )

    @guarded_steps
    def show(self, visitor: Visitor) -> Iterator[tuple[Any, ...]]:
        """Make the samples ready, once for a domain, and show the first of them."""
        editor = self.shell.editor(visitor)
        if pool_of(editor) is None:
            for done, total in grow_pool(editor):
                text = f"Making pictures to learn from, once: {done} of {total}"
                yield gr.skip(), gr.skip(), gr.skip(), progress(done, total, text), gr.skip()
        photos = [
            {"id": f"photo:{p.id}", "src": data_uri(_photo(p.before)), "mark": ""}
            for p in visitor.project.pictures
            if p.before
        ][:OWN]
        seeds = next_seeds(editor, Lesson(), count=BATCH - len(photos))
        value = {"items": photos + [_item(editor, seed) for seed in seeds]}
        said = status("Mark some that have it and some that have not, then press Learn.")
        yield value, Lesson(), (), said, {"rows": []}

    @guarded
    def learn(
        self, visitor: Visitor, value: dict[str, Any] | None, lesson: Lesson, others: list[str]
    ) -> tuple[Any, ...]:
        """Learn from all marks so far; the next pictures are the most uncertain."""
        editor = self.shell.editor(visitor)
        items = (value or {}).get("items") or []
        if not items:
            raise OptionError("press Show pictures first")
        for item in items:
            kind, _, name = str(item.get("id", "")).partition(":")
            mark = VALUES.get(str(item.get("mark", "")), SKIP)
            if kind == "photo":
                aligned = _photo(visitor.project.picture(name).before)
                lesson = mark_photo(lesson, name, aligned, mark)
            else:
                lesson = mark_seed(editor, lesson, _seed(name), mark)
        learned = learn_from(editor, lesson)
        sliders = (_slider(editor, learned, others),)
        seeds = next_seeds(editor, lesson, learned, BATCH)
        yes, no = learned.counts
        sure = (
            f"right on {100 * learned.accuracy:.0f}% of marks that it did not see"
            if learned.accuracy is not None
            else "mark five of each to see how sure it is"
        )
        return (
            {"items": [_item(editor, seed) for seed in seeds]},
            lesson,
            sliders,
            status(f"{yes} have it, {no} have not · {sure}."),
            self._strips(visitor, sliders),
        )

    @guarded
    def again(self, visitor: Visitor, lesson: Lesson, others: list[str]) -> tuple[Any, Any]:
        """The same marks, independent of other sliders."""
        editor = self.shell.editor(visitor)
        if min(lesson.counts) < 1 or pool_of(editor) is None:
            return gr.skip(), gr.skip()
        sliders = (_slider(editor, learn_from(editor, lesson), others),)
        return sliders, self._strips(visitor, sliders)

    @guarded_steps
    def photos(
        self,
        visitor: Visitor,
        kind: str,
        first: list[str] | None,
        second: list[str] | None,
        others: list[str],
    ) -> Iterator[tuple[Any, ...]]:
        """Learn from two sets of photos, or from pairs in the order of their names."""
        editor = self.shell.editor(visitor)
        if not first or not second:
            raise OptionError("give photos on both sides")
        aligned: list[list[Image.Image]] = []
        paths, total = (sorted(first), sorted(second)), len(first) + len(second)
        for side in paths:
            aligned.append([])
            for path in side:
                done = sum(map(len, aligned))
                text = f"Photo {done + 1} of {total}"
                yield gr.skip(), progress(done, total, text), gr.skip()
                aligned[-1].append(editor.align(path))
        if kind == PAIRS:
            if len(first) != len(second):
                raise OptionError(f"{len(second)} before and {len(first)} after do not make pairs")
            pairs = list(zip(aligned[1], aligned[0], strict=True))
            slider, sure = slider_of_pairs(editor, pairs, "taught", "", others), None
        else:
            for done, count in grow_pool(editor):
                text = f"Making pictures to learn from, once: {done} of {count}"
                yield gr.skip(), progress(done, count, text), gr.skip()
            lesson = Lesson()
            for value, images in zip((HAS, HAS_NOT), aligned, strict=True):
                for i, image in enumerate(images):
                    lesson = mark_photo(lesson, f"{value} {i}", image, value)
            learned = learn_from(editor, lesson)
            slider, sure = _slider(editor, learned, others), learned.accuracy
        right = (
            "" if sure is None else f" Right on {100 * sure:.0f}% of photos that it did not see."
        )
        said = status(f"Learned from {total} photos.{right} Name it, and add it.")
        yield (slider,), said, self._strips(visitor, (slider,))

    @guarded
    def added(self, visitor: Visitor, sliders: Sliders, title: str) -> tuple[Visitor, str]:
        """What was learned becomes a slider of the visit."""
        if not sliders:
            raise OptionError("there is nothing to add yet; mark some pictures and press Learn")
        return self._added(visitor, sliders[0], title)

    @guarded_steps
    def discovered(self, visitor: Visitor, method: str, group: str) -> Iterator[tuple[Any, ...]]:
        """Directions that nobody named, with what each does."""
        editor = self.shell.editor(visitor)
        layers = None if group == ALL else layer_groups(editor.info.num_ws)[group]
        yield gr.skip(), gr.skip(), status("Looking…")
        found = tuple(discover(editor, METHODS[method], FOUND, layers))
        for count in range(1, len(found) + 1):
            value = {**self._strips(visitor, found[:count], 1), "button": "Add"}
            yield found, value, status("Write a name above, then press Add beside a good one.")

    @guarded
    def kept(
        self, visitor: Visitor, found: Sliders, value: dict[str, Any] | None, title: str
    ) -> tuple[Visitor, str]:
        """A discovered direction becomes a slider of the visit."""
        row = int(((value or {}).get("chosen") or {}).get("row", -1))
        if not 0 <= row < len(found):
            raise OptionError("that direction is not there any more; press Discover again")
        return self._added(visitor, found[row], title or found[row].info.title)

    @guarded
    def exported(self, visitor: Visitor, name: str | None) -> str:
        """One of the visitor's sliders as a file."""
        slider = _own(visitor, name)
        data = export_slider(slider)
        return save_bytes_to_cache(data, f"{slider.info.name}.safetensors", cache_dir=self._cache)

    @guarded
    def saved(self, visitor: Visitor, name: str | None) -> str:
        """One of the visitor's sliders becomes the domain's."""
        slider, library = _own(visitor, name), self.shell.handlers.library
        editor = library.open(visitor.domain)
        save_slider(editor, slider, library.folders["boundaries"])
        editor.boundaries[slider.info.name] = slider
        return status(f"'{slider.info.title}' is a slider of {editor.info.title} now.")

    @guarded
    def imported(self, visitor: Visitor, path: str | None) -> tuple[Visitor, str]:
        """A slider from a file."""
        if path is None:
            raise OptionError("give a file")
        slider = import_slider(self.shell.editor(visitor), Path(path).read_bytes())
        return self._added(visitor, slider, slider.info.title)

    def _added(self, visitor: Visitor, slider: Boundary, title: str) -> tuple[Visitor, str]:
        project, editor = visitor.project, self.shell.handlers.library.open(visitor.domain)
        slider = renamed(slider, slider_name(title), title)
        name = slider.info.name
        if name in editor.boundaries:
            raise OptionError(f"the domain has a slider '{title}' already; choose another name")
        others = tuple(own for own in project.sliders if own.info.name != name)
        visitor = visitor.keep(replace(project, sliders=(*others, slider)))
        return visitor, status(f"'{slider.info.title}' is among the sliders in Edit now.")

    def _strips(self, visitor: Visitor, sliders: Sliders, examples: int = 3) -> dict[str, Any]:
        """What sliders do to the shown picture, and to some generated ones."""
        editor, project = self.shell.editor(visitor), visitor.project
        shown = project.shown
        codes = [] if shown is None else [torch.from_numpy(shown.code)]
        codes += [editor.sample(seed).wp for seed in editor.info.example_seeds]
        return {
            "rows": [
                {
                    "title": slider.info.title if len(sliders) > 1 or examples == 1 else "",
                    "sources": [data_uri(i) for i in slider_strip(editor, wp, slider)],
                    "names": [f"{slider.info.title}, place {i + 1} of 5" for i in range(5)],
                }
                for slider in sliders
                for wp in codes[:examples]
            ]
        }


def slider_name(title: str) -> str:
    """A name made of a title.

    Raises:
        OptionError: nothing is left of it.
    """
    name = re.sub(r"\W+", "_", (title or "").strip().lower()).strip("_")[:64]
    if not name:
        raise OptionError("write a name for the slider first")
    return name if name.isidentifier() else f"my_{name}"[:64]


def _slider(editor: Editor, learned: Learned, others: list[str] | None) -> Boundary:
    known = [name for name in others or [] if name in editor.boundaries]
    return taught_slider(editor, learned, "taught", independent_of=known)


def _own(visitor: Visitor, name: str | None) -> Boundary:
    for slider in visitor.project.sliders:
        if slider.info.name == name:
            return slider
    raise OptionError("choose one of your sliders first")


def _item(editor: Editor, seed: int) -> dict[str, Any]:
    return {"id": f"seed:{seed}", "src": data_uri(picture(editor, seed)), "mark": ""}


def _photo(before: bytes) -> Image.Image:
    return Image.open(io.BytesIO(before)).convert("RGB")


def _seed(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise OptionError("a marked picture is not known; press Show pictures again")
    return int(text)
