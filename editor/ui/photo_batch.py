"""Photos by the dozen: read one after another, while the visitor goes on."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from weakref import WeakSet

import gradio as gr

from editor.editing.code_file import is_own_code
from editor.editing.edit import Edit
from editor.errors import EditorError, OptionError
from editor.files import shown_name
from editor.inversion.loop import InversionOptions
from editor.media.deep import Key
from editor.media.images import levels_noted, own_levels, shared_levels
from editor.media.levels import Levels
from editor.packs.convert.foreign_arrays import SUFFIXES as CODES
from editor.photo.crop import Crop
from editor.photo.photo import Photo
from editor.project.actions import add_edit, check_room, photo_name
from editor.session import Editor
from editor.sliders.boundary import Boundary
from editor.ui.component_values import is_untouched, strip_value
from editor.ui.error_messages import tells_errors, told_by_page
from editor.ui.inverting import chosen_options
from editor.ui.library_values import Doubts, Tiles, failures_text, key_of, library_value, said
from editor.ui.page_context import PageContext
from editor.ui.slider_words import START, moved_label
from editor.ui.state import Visit, Visitor

MAX_PHOTOS = 50
SAY_S = 0.5  # between two lines of progress
UNKNOWN = "Code of another program. It does not say its generator"
FOREIGN = "A file of another program does not say which generator it is of. A direction belongs on New slider."

_Shared = dict[
    str, tuple[Key, Levels]
]  # by path: kind of a photo's samples, and its black and white


@dataclass
class _Batch:
    """How far a batch is.

    Attributes:
        paths: of all photos and codes.
        started: when, on the clock of `time.monotonic`, s.
        done: how many have been read, or failed.
        share: of the one that is being read, 0…1.
        added: keys of the pictures that were made.
        failures: of the others, the file's name and why.
        codes: how many of the pictures are codes.
        foreign: whether one of these came from a file of another program.
    """

    paths: list[str]
    started: float = field(default_factory=time.monotonic)
    done: int = 0
    share: float = 0.0
    added: list[str] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    codes: int = 0
    foreign: bool = False

    def progress(self) -> dict[str, Any]:
        """Return what the grid shows of it: numbers, seconds left, and names that wait."""
        read, total = self.done + self.share, len(self.paths)
        spent = time.monotonic() - self.started
        return {
            "done": self.done,
            "total": total,
            "seconds": round(spent / read * (total - read)) if read > 0 else None,
            "waiting": [photo_name(path) for path in self.paths[self.done :]],
        }

    def summary(self) -> dict[str, Any]:
        """Return what is said at the end."""
        text = self._counted()
        left = len(self.paths) - self.done
        text += f" {left} left out." if left else ""
        if self.failures:
            text += f" {failures_text(self.failures)}"
        bad = bool(self.failures)
        return said(text, added=self.added, bad=bad, stay=bad)

    def _counted(self) -> str:
        photos = len(self.added) - self.codes
        text = f"{photos} {'photo' if photos == 1 else 'photos'} read."
        if self.codes:
            opened = f"{self.codes} {'code' if self.codes == 1 else 'codes'} opened."
            text = f"{text} {opened}" if photos else opened
        return f"{text} {FOREIGN}" if self.foreign else text


class PhotoBatch:
    """What reads many photos.

    Args:
        page: what the panels share.
        tiles: of the library.
        doubts: what the page doubts of pictures.
    """

    def __init__(self, page: PageContext, tiles: Tiles, doubts: Doubts) -> None:
        self.page, self.tiles, self.doubts = page, tiles, doubts
        self._stopping: WeakSet[Visit] = WeakSet()

    @tells_errors
    def stopped(self, visitor: Visitor) -> None:
        """Let the batch of a visit end after the photo that it is at."""
        self._stopping.add(visitor.visit)

    @told_by_page
    @tells_errors
    def read(
        self, visitor: Visitor, value: dict[str, Any] | None, *settings: float
    ) -> Iterator[tuple[Any, ...]]:
        """Read photos and saved codes. Yield visitor, the grid's value, and the filmstrip's.

        What else the visitor does meanwhile stays, and what is shown stays shown, unless that is the
        example that nobody has used.
        """
        visitor = self.page.store.newest(visitor)
        batch = _Batch(self._given(visitor, value))
        editor = self.page.editor(visitor)
        check_room(visitor.project, batch.paths)
        options = chosen_options(settings) if settings else editor.engine.inversion
        self._stopping.discard(visitor.visit)
        levels = yield from self._levels(visitor, batch)
        for path in batch.paths:
            try:
                place = self._noted(visitor, path, levels)
                yield from self._added(visitor, editor, place, options, batch)
            except EditorError as error:
                batch.failures.append((shown_name(path), str(error)))
            batch.done, batch.share = batch.done + 1, 0.0
            if visitor.visit in self._stopping:
                break
            if batch.done < len(batch.paths):
                yield self._shown(visitor, editor, {"progress": batch.progress()})
        self._stopping.discard(visitor.visit)
        yield self._shown(visitor, editor, {"progress": None, "said": batch.summary()})

    def _given(self, visitor: Visitor, value: dict[str, Any] | None) -> list[str]:
        """Return the paths of what was uploaded.

        Raises:
            OptionError: it is nothing, or too much.
            PageFileError: it is not the visit's.
        """
        given = (value or {}).get("given") or []
        if not given:
            raise OptionError("add some photos first")
        if len(given) > MAX_PHOTOS:
            raise OptionError(
                f"{len(given)} photos are too many at once; give at most {MAX_PHOTOS}"
            )
        own, owner = self.page.files.own, visitor.visit.owner
        return [str(own((one or {}).get("path"), owner)) for one in given]

    def _levels(self, visitor: Visitor, batch: _Batch) -> Generator[tuple[Any, ...], None, _Shared]:
        """Look at photos of more than 8 bits, and return which black and white they share, so that no film flickers.

        Those that have these by themselves are left out. Yield how far the batch is.
        """
        yield gr.skip(), {"progress": batch.progress()}, gr.skip()
        own: _Shared = {}
        for path in batch.paths:
            found = own_levels(path)
            if found is not None:
                own[path] = found
                yield gr.skip(), {"progress": batch.progress()}, gr.skip()
            if visitor.visit in self._stopping:
                break
        shared = shared_levels(own.values())
        return {
            path: (kind, shared[kind])
            for path, (kind, levels) in own.items()
            if shared.get(kind, levels) != levels
        }

    def _noted(self, visitor: Visitor, path: str, levels: _Shared) -> str:
        """Return where a photo lies that is read with its levels.

        Raises:
            InputError: there is no room for it.
        """
        if path not in levels:
            return path
        data = levels_noted(path, levels[path])
        return self.page.files.store(visitor.visit.owner, Path(path).name, data)

    def _added(
        self,
        visitor: Visitor,
        editor: Editor,
        path: str,
        options: InversionOptions,
        batch: _Batch,
    ) -> Iterator[tuple[Any, ...]]:
        """Read one photo, and add it. Yield how far it is."""
        own = visitor.project.sliders
        if path.lower().endswith(CODES):
            yield from self._codes(visitor, editor, path, batch)
            return
        made: Edit | None = None
        doubt, told = "", time.monotonic()
        for step in _read(editor, own, path, options):
            made, doubt, batch.share = step
            if time.monotonic() - told > SAY_S:
                told = time.monotonic()
                yield gr.skip(), {"progress": batch.progress()}, gr.skip()
        assert made is not None
        self._keep(visitor, editor, made, path, photo_name(Path(path)), doubt, batch)

    def _codes(
        self, visitor: Visitor, editor: Editor, path: str, batch: _Batch
    ) -> Iterator[tuple[Any, ...]]:
        """Open the codes of a file, of this editor or of another program. Yield how far it is."""
        sliders = editor.sliders.with_own(visitor.project.sliders)
        found = editor.open_codes(path, sliders, MAX_PHOTOS)
        doubt = "" if is_own_code(Path(path)) else UNKNOWN
        check_room(self.page.store.newest(visitor).project, [path] * len(found))
        for number, (name, edit) in enumerate(found, 1):
            self._keep(visitor, editor, edit, path, photo_name(f"{name}.code"), doubt, batch)
            batch.codes += 1
            batch.foreign = batch.foreign or bool(doubt)
            batch.share = number / len(found)
            yield gr.skip(), {"progress": batch.progress()}, gr.skip()

    def _keep(
        self,
        visitor: Visitor,
        editor: Editor,
        made: Edit,
        path: str,
        title: str,
        doubt: str,
        batch: _Batch,
    ) -> None:
        """Add what was made of a file to the visit, under a title."""
        name = ""

        def grown(newest: Visitor) -> Visitor:
            nonlocal name
            with_it = _grown(newest, editor, made, path, title)
            name = with_it.projects[editor.info.name].pictures[-1].id
            return with_it

        newest = self.page.store.update(visitor, grown)
        key = key_of(editor.info.name, name)
        batch.added.append(key)
        project = newest.projects[editor.info.name]
        if doubt:
            self.doubts.add(visitor, project.domain, project.picture(name), doubt)
        self.tiles.make(project, editor, name)

    def _shown(self, visitor: Visitor, editor: Editor, more: dict[str, Any]) -> tuple[Any, ...]:
        """Return visitor, grid and filmstrip as they are now."""
        now = self.page.store.newest(visitor)
        value = library_value(now, self.tiles, self.doubts.of(now)) | more
        return now, value, strip_value(now.project)


def _read(
    editor: Editor, own: tuple[Boundary, ...], path: str, options: InversionOptions
) -> Iterator[tuple[Edit, str, float]]:
    """Find and invert a photo. Yield edit, doubt and share after every step."""
    sliders = editor.sliders.with_own(own)
    photo = Photo.read(path)
    found = editor.find(photo, least=0.0)
    unsure = editor.finds and not (found and found[0][1] >= editor.finder.sure)
    doubt = f"No sure {editor.info.subject}. Check the frame" if unsure else ""
    crop = found[0][0] if found else Crop()
    aligned = editor.align(photo, crop)
    edit: Edit | None = None
    for step in editor.invert_steps(aligned, options):
        edit = editor.edit(step.wp[0], aligned, step.losses, sliders=sliders)
        edit = replace(edit, photo=photo, crop=crop, grey=photo.source.grey)
        yield edit, doubt, step.step / (options.steps + 1)
    if edit is not None and not doubt:
        judged = editor.judge(edit)
        if judged is not None and judged.level == "poor":
            yield edit, "Likeness: poor. Check the frame", 1.0


def _grown(visitor: Visitor, editor: Editor, edit: Edit, path: str, name: str) -> Visitor:
    """Add an edit to the project of its domain. Keep what is shown, unless nobody has used it."""
    project = visitor.projects[edit.sliders.info.name]
    stays = project.node is not None and not is_untouched(project, project.node.picture)
    label = moved_label(edit.sliders, (), edit.moves)
    return visitor.put(add_edit(project, editor, edit, name, path, START, label, not stays))
