"""The tab Interpolate: a path between pictures, to play and to take home."""

from __future__ import annotations

import io
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import gradio as gr
import torch
from PIL import Image

from editor.editing.interpolate import EASINGS, interpolate
from editor.errors import OptionError
from editor.media.motion import KINDS, check_motion, encode_motion
from editor.project.pixels import png_bytes, thumbnail
from editor.ui.component_values import chosen_of, painted_warning, picker_value, progress, status
from editor.ui.components.picker import picker
from editor.ui.components.scrubber import scrubber
from editor.ui.data_uris import jpeg_uri
from editor.ui.edit import QUIET
from editor.ui.error_messages import tells_errors
from editor.ui.page_context import Hook, PageContext
from editor.ui.scripts import script
from editor.ui.state import Visitor

PREVIEW_S = 0.5
MOST_FRAMES = 240
FORMATS = {"GIF": ".gif", "WebP": ".webp", "MP4": ".mp4", "Strip": ".png"}
EASING_TITLES = {"Even": "linear", "Gentle": "smoothstep", "Resting": "cubic"}
Frames = tuple[bytes, ...]


class InterpolatePanel:
    """The tab's components and what they do.

    Args:
        page: what the panels share.
    """

    def __init__(self, page: PageContext) -> None:
        self.page = page
        assert set(EASING_TITLES.values()) == set(EASINGS)
        with gr.Tab("Interpolate", id="interpolate") as self.tab, gr.Row(elem_classes="panel-row"):
            self.frames = gr.State((), time_to_live=3600)
            with gr.Column(scale=1):
                self.pictures = picker("path", "Choose two or more, in the order of the path")
                self.count = gr.Slider(
                    2, MOST_FRAMES, 48, step=1, label="Frames", elem_id="path-frames"
                )
                self.fps = gr.Slider(1, 50, 24, step=1, label="Frames a second", elem_id="path-fps")
                self.easing = gr.Radio(
                    list(EASING_TITLES), value="Gentle", label="Pace", elem_id="path-easing"
                )
                self.loop = gr.Checkbox(label="back to the first", value=True, elem_id="path-loop")
                with gr.Row():
                    self.make_button = gr.Button("Make", variant="primary", elem_id="path-make")
                    self.cancel_button = gr.Button("Cancel", elem_id="path-cancel")
            with gr.Column(scale=2):
                self.view = scrubber()
                self.line = gr.HTML(status(""), elem_id="path-status", padding=False)
                with gr.Row():
                    self.kind = gr.Radio(
                        list(FORMATS), value="GIF", label="Save as", elem_id="path-kind"
                    )
                    self.scale = gr.Slider(
                        1, 8, 4, step=1, label="Times larger", elem_id="path-scale"
                    )
                    self.save_button = gr.Button("Save", elem_id="path-save")

    def connect(self, changed: Hook) -> None:
        """Connect the components. `changed` adds an event after another domain was chosen."""
        page = self.page
        for event in (self.tab.select, changed):
            event(self.show, [page.visitor, self.pictures], self.pictures, **QUIET)
        heavy: dict[str, Any] = {
            "trigger_mode": "once",
            "concurrency_id": "invert",
            **QUIET,
        }
        made = self.make_button.click(
            self.make,
            [page.visitor, self.pictures, self.count, self.fps, self.easing, self.loop],
            [self.view, self.line, self.frames],
            **heavy,
        )
        saved = self.save_button.click(
            self.save,
            [self.frames, self.kind, self.fps, self.scale, self.loop, page.visitor],
            [page.paths, self.line],
            **heavy,
        )
        saved.success(None, page.paths, None, js=script("download_file"))
        saved.failure(lambda: status("It was not saved."), None, self.line, **QUIET)
        stopped: dict[str, Any] = {
            "fn": self.stopped,
            "inputs": self.frames,
            "outputs": self.line,
            **QUIET,
        }
        self.cancel_button.click(cancels=[made, saved], **stopped)
        made.failure(**stopped)  # also after Cancel, whose answer a late preview may cover

    @tells_errors
    def show(self, visitor: Visitor, value: dict[str, Any] | None) -> dict[str, Any]:
        """Show the pictures as they are now."""
        visitor = self.page.store.newest(visitor)
        return picker_value(visitor.project, chosen_of(value))

    @tells_errors
    def make(
        self,
        visitor: Visitor,
        value: dict[str, Any] | None,
        count: float,
        fps: float,
        easing: str,
        loop: bool,
    ) -> Iterator[tuple[Any, ...]]:
        """Synthesise the frames. Yield view, status and the frames so far, which can be saved."""
        visitor = self.page.store.newest(visitor)
        project, editor = visitor.project, self.page.editor(visitor)
        names = chosen_of(value)
        if len(names) < 2:
            raise OptionError("choose at least two pictures")
        if count > MOST_FRAMES:
            raise OptionError(f"{count:.0f} frames are too many; make at most {MOST_FRAMES}")
        nodes = [project.latest(name) for name in names]
        ends = torch.stack([project.edit(editor, node).wp_edited for node in nodes])
        path = interpolate(ends, int(count), EASING_TITLES[easing], bool(loop))
        shown, made = [], []
        told = started = time.monotonic()
        for index, code in enumerate(path):
            image = editor.engine.render(code[None])[0]
            made.append(png_bytes(image))
            shown.append(jpeg_uri(thumbnail(image, max(image.size))))
            if time.monotonic() - told > PREVIEW_S:
                told = time.monotonic()
                line = progress(index + 1, len(path), f"Frame {index + 1} of {len(path)}")
                yield {"frames": list(shown), "fps": fps}, line, tuple(made)
        seconds = time.monotonic() - started
        said = f"{len(path)} frames in {seconds:.1f} s. Play, or drag through them."
        said = status(said + painted_warning(project, nodes))
        yield {"frames": shown, "fps": fps, "play": True}, said, tuple(made)

    @tells_errors
    def stopped(self, frames: Frames) -> str:
        """Return what the status says when not all frames were made."""
        return status("Stopped; what is shown can be saved." if frames else "Stopped.")

    @tells_errors
    def save(
        self,
        frames: Frames,
        kind: str,
        fps: float,
        scale: float,
        loop: bool,
        visitor: Visitor | None = None,
    ) -> Iterator[tuple[Any, str]]:
        """Encode the frames. Yield status, and at the end the path of a file of the visit."""
        if not frames:
            raise OptionError("make the frames first")
        suffix = FORMATS[kind]
        check_motion(KINDS[suffix], fps, int(scale))
        data = yield from _encoded(frames, KINDS[suffix], fps, bool(loop), int(scale))
        path = self.page.handlers.export(visitor, f"path{suffix}", data)
        yield path, status(f"Saved: {len(frames)} frames.")


def _encoded(
    frames: Frames, kind: str, fps: float, loop: bool, scale: int
) -> Generator[tuple[Any, str], None, bytes]:
    """Run `encode_motion` in a thread of its own. Yield status, and return the encoded bytes."""
    count, taken, stopped = len(frames), 0, False

    def pictures() -> Iterator[Image.Image]:
        nonlocal taken
        for frame in frames:
            if stopped:
                raise OptionError("it was stopped")
            taken += 1
            yield Image.open(io.BytesIO(frame)).convert("RGB")

    pool = ThreadPoolExecutor(1, "editor-save")
    job = pool.submit(encode_motion, pictures(), kind, fps, loop, scale)
    try:
        while not job.done():
            text = f"frame {taken} of {count}" if taken < count else "writing the file"
            yield gr.skip(), progress(taken, count, f"Saving: {text}")
            wait([job], PREVIEW_S)
        return job.result()
    finally:
        stopped = True
        pool.shutdown(wait=False)
