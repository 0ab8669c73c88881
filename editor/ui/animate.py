"""The place Animate: a path between pictures, to play and to take home (interpolation)."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import gradio as gr
from PIL import Image

from editor.errors import OptionError
from editor.media.motion import KINDS, MAX_PIXELS, check_motion, encode_motion
from editor.media.names import done_stem
from editor.project.history import Project
from editor.project.pixels import thumbnail
from editor.session import Editor
from editor.ui.component_values import status
from editor.ui.components.animate_panel import animate_panel
from editor.ui.data_uris import jpeg_uri
from editor.ui.edit import QUIET
from editor.ui.error_messages import tells_errors
from editor.ui.film import (
    KINDS as FILM_KINDS,
)
from editor.ui.film import (
    LENGTH_S,
    MOST_TILES,
    PEOPLE,
    Film,
    PaintedError,
    film_of,
    photo_of,
    small_photo,
)
from editor.ui.page_context import Hook, PageContext
from editor.ui.picture_slots import node_of, nodes_of, slot_value, slot_values
from editor.ui.scripts import script
from editor.ui.slider_words import slider_words
from editor.ui.state import Visitor

PREVIEW_S = 0.25
PREVIEW_FPS, LEAST_FRAMES, MOST_FRAMES = 16, 12, 96  # that are played on the page
FPS = 24  # of what is exported
SCALES = (1, 2, 4, 8)
TYPES = {"MP4": ".mp4", "GIF": ".gif", "WebP": ".webp"}
HELD_PX = 640  # longer side of a photo in a file that is held in memory as a whole
WHOLE_PHOTO = 0  # the size that stands for it
Value = dict[str, Any] | None


class AnimatePanel:
    """The place's components and what they do.

    Args:
        page: what the panels share.
    """

    def __init__(self, page: PageContext) -> None:
        self.page = page
        self.panel = animate_panel()
        self.line = gr.HTML(status(""), elem_id="animate-status", padding=False)

    def connect(self, changed: Hook, refresh: dict[str, Any]) -> None:
        """Connect the components.

        Args:
            changed: adds an event after another domain was chosen.
            refresh: options of an event that makes Edit show the visitor's state.
        """
        page, panel = self.page, self.panel
        given, shown = [page.visitor, panel], [panel, self.line]
        made: dict[str, Any] = {"fn": self.make, "inputs": given, "outputs": panel, **QUIET}
        panel.input(trigger_mode="always_last", **made)
        changed(**made)
        saved = panel.submit(
            self.save,
            given,
            [page.paths, *shown],
            trigger_mode="once",
            concurrency_id="invert",
            **QUIET,
        )
        saved.success(None, page.paths, None, js=script("download_file"))
        saved.failure(self.unsaved, None, shown, **QUIET)
        panel.clear(self.unsaved, None, shown, cancels=saved, **QUIET)
        panel.edit(self.turn_to, given, page.visitor, **QUIET).success(**refresh)

    @tells_errors
    def make(self, visitor: Visitor, value: Value) -> dict[str, Any]:
        """Draw some of the frames, those after what the page has; it asks again for the others."""
        visitor = self.page.store.newest(visitor)
        project, editor = visitor.project, self.page.editor(visitor)
        shown = self._shown(visitor, value)
        try:
            film = film_of(project, editor, value)
        except PaintedError as error:
            return shown | _state("error", str(error), slot_value(project, error.index))
        except OptionError as error:
            return shown | _state("error", str(error))
        if film is None:
            return shown | _state("empty", _missing(value))
        return shown | _frames(editor, film, _done(value))

    @tells_errors
    def save(self, visitor: Visitor, value: Value) -> Iterator[tuple[Any, ...]]:
        """Encode the frames. Yield the panel, and at the end the path of a file of the visit."""
        visitor = self.page.store.newest(visitor)
        project, editor = visitor.project, self.page.editor(visitor)
        film = film_of(project, editor, value)
        suffix = TYPES.get((value or {}).get("type") or "MP4")
        if film is None or suffix is None:
            raise OptionError("there is nothing to export yet; see what the player says")
        count = max(2, round(film.seconds * FPS))
        check_motion(KINDS[suffix], FPS)
        draw, scale = _drawing(project, editor, film, value, count, suffix)
        begun = time.monotonic()
        data = yield from _encoded(draw, count, KINDS[suffix], film.loop, scale)
        shown = project.shown if film.edit is not None else None
        stem = "animation" if shown is None else done_stem(shown.name, "film")
        path = self.page.handlers.export(visitor, f"{stem}{suffix}", data)
        said = f"Exported {count} frames in {time.monotonic() - begun:.1f} s"
        yield path, _state("done", said), status("")

    @tells_errors
    def unsaved(self) -> tuple[dict[str, Any], str]:
        """Say that nothing goes on any more."""
        return _state("done", "Stopped"), status("")

    @tells_errors
    def turn_to(self, visitor: Visitor, value: Value) -> Visitor:
        """Show the first picture of the path that has a painted part."""
        visitor = self.page.store.newest(visitor)
        project = visitor.project
        try:
            film_of(project, self.page.editor(visitor), value)
        except PaintedError as error:
            wanted = slot_value(project, error.index)
        else:
            raise OptionError("no picture of these has a painted part any more")

        def turned(newest: Visitor) -> Visitor:
            index = node_of(newest.project, wanted)
            return newest if index is None else newest.show(newest.project.go(index))

        return self.page.store.update(visitor, turned)

    def _shown(self, visitor: Visitor, value: Value) -> dict[str, Any]:
        """Return what the panel shows besides the frames."""
        project, editor = visitor.project, self.page.editor(visitor)
        path = nodes_of(project, (value or {}).get("tiles"), MOST_TILES, twice=True)
        sliders = self.page.handlers.sliders(visitor)
        return {
            "base": None if project.node is None else slot_value(project, project.at),
            "tiles": slot_values(project, path),
            "sliders": [{"name": info.name, "title": slider_words(info).title} for info in sliders],
            "side": editor.info.resolution,
            "photo": photo_of(project) is not None,
            "turn": (value or {}).get("turn"),
        }


def _frames(editor: Editor, film: Film, done: int) -> dict[str, Any]:
    """Draw frames for a short time, the first of them after `done` others."""
    count = min(max(round(film.seconds * PREVIEW_FPS), LEAST_FRAMES), MOST_FRAMES)
    done = done if done < count else 0
    made: dict[str, Any] = {"count": count, "seconds": round(film.seconds, 2), "from": done}
    if film.edit is not None and not done:  # the timeline shows both ends
        first, last = film.frames(editor, 2)  # a loop is in the middle at its last code
        made["ends"] = [_jpeg(first), _jpeg(last)]
    frames: list[str] = []
    begun = time.monotonic()
    for image in film.frames(editor, count, done):
        frames.append(_jpeg(image))
        if time.monotonic() - begun > PREVIEW_S:
            break
    done += len(frames)
    state = _state("done", "") if done == count else _state("working", "")
    progress = {"done": done, "total": count} if done < count else None
    return made | state | {"frames": frames, "progress": progress}


def _done(value: Value) -> int:
    """Return how many frames the page has already."""
    done = (value or {}).get("done") or 0
    return int(done) if 0 <= done < MOST_FRAMES else 0


def _state(state: str, line: str, bake: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"state": state, "line": line, "bake": bake, "progress": None}


def _missing(value: Value) -> str:
    """Say what has to be done before anything can be shown."""
    kind = (value or {}).get("kind") or PEOPLE
    assert kind in FILM_KINDS
    if kind == PEOPLE:
        return "Drop two pictures on the timeline. Only one photo yet?"
    if kind == "change":
        return "This picture is unchanged. Move a slider in Edit first."
    return "Choose a slider."


def _jpeg(image: Image.Image) -> str:
    return jpeg_uri(thumbnail(image, max(image.size)))


def _drawing(
    project: Project, editor: Editor, film: Film, value: Value, count: int, suffix: str
) -> tuple[Callable[[], Iterator[Image.Image]], int]:
    """Return what draws the frames for a file, and how many times larger they are made.

    Raises:
        OptionError: the size is none of those offered, or the file would be too large.
        ImageError: the whole photo is wanted and there is none.
    """
    side = editor.info.resolution
    size = (value or {}).get("size")
    size = 4 * side if size is None else size
    if size == WHOLE_PHOTO:
        picture = photo_of(project)
        if picture is None or film.edit is None:
            raise OptionError("there is no whole photo in this one; choose another size")
        most = {} if suffix == ".mp4" else {"side": HELD_PX}
        photo, crop = small_photo(picture, **most)
        _check_pixels(count, *photo.size)
        return lambda: film.in_photo(editor, photo, crop, count), 1
    if size not in [side * scale for scale in SCALES]:
        raise OptionError(f"size {size} px is not offered; choose another one")
    _check_pixels(count, int(size), int(size))
    return lambda: film.frames(editor, count), int(size) // side


def _check_pixels(count: int, width: int, height: int) -> None:
    """Refuse what could not be encoded, before any frame is drawn.

    Raises:
        OptionError: it is too much.
    """
    if count * width * height > MAX_PIXELS:
        raise OptionError(
            f"{count} frames of {width}×{height} are too much for one file; choose a smaller size, or "
            f"less than {LENGTH_S[1]:g} s"
        )


def _encoded(
    draw: Callable[[], Iterator[Image.Image]], count: int, kind: str, loop: bool, scale: int
) -> Generator[tuple[Any, ...], None, bytes]:
    """Draw and encode in a thread of its own. Yield how far it is, and return the encoded bytes."""
    taken, stopped = 0, False

    def pictures() -> Iterator[Image.Image]:
        nonlocal taken
        for frame in draw():
            if stopped:
                raise OptionError("it was stopped")
            taken += 1
            yield frame

    pool = ThreadPoolExecutor(1, "editor-save")
    job = pool.submit(encode_motion, pictures(), kind, FPS, loop, scale)
    try:
        while not job.done():
            text = f"Frame {taken} of {count}" if taken < count else "Writing the file"
            going = {"progress": {"done": taken, "total": count}}
            yield gr.skip(), _state("saving", text) | going, status("")
            wait([job], PREVIEW_S)
        return job.result()
    finally:
        stopped = True
        pool.shutdown(wait=False)
