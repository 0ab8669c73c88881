"""What the page's controls do; no Gradio components here, only values."""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import io
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, NamedTuple, TypeVar

import gradio as gr
from PIL import Image

from editor import Crop, Edit, Editor, InversionOptions, Weights
from editor.errors import EditorError, ImageError
from editor.images import load_image
from editor.ui.state import Visitor, data_uri, png_bytes

F = TypeVar("F", bound=Callable[..., Any])
PREVIEW_S = 0.25
PHOTO_SIDE_PX = 480
log = logging.getLogger(__name__)


class Settings(NamedTuple):
    """The advanced fold: most steps, learning rate and weights of the three terms."""

    steps: float = InversionOptions().steps
    lr: float = InversionOptions().lr
    pix: float = Weights().pix
    feat: float = Weights().feat
    domain: float = Weights().domain


def shown(error: Exception) -> gr.Error:
    """An error as a message on the page, never a traceback."""
    if isinstance(error, EditorError):
        return gr.Error(str(error), title="This did not work", duration=12, print_exception=False)
    log.exception("unexpected error", exc_info=error)
    return gr.Error(
        "Something unexpected went wrong; your last picture is still here. Please try again.",
        title="This did not work",
        print_exception=False,
    )


def guarded(function: F) -> F:
    """Turn every error of a handler into a message."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except gr.Error:
            raise
        except Exception as error:
            raise shown(error) from None

    return call  # type: ignore[return-value]


class Handlers:
    """What the controls do, for one open editor; holds nothing of any visitor."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        self.names = [info.name for info in editor.sliders]

    def first_visitor(self) -> Visitor:
        """A new visitor, who may move the sliders of the generated picture at once."""
        return _visitor(self.editor.sample(self.editor.info.example_seeds[0]))

    @guarded
    def show_photo(self, path: str | None) -> dict[str, Any] | None:
        """A new photo: show it with the square to place."""
        if path is None:
            return None
        photo = load_image(path)
        width, height = photo.size
        small = photo.copy()
        small.thumbnail((PHOTO_SIDE_PX, PHOTO_SIDE_PX), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        small.save(buffer, format="JPEG", quality=88)
        source = "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
        crop = asdict(_first_crop(photo))
        return {"src": source, "width": width, "height": height, "photo": _key(path), **crop}

    @guarded
    def turn(self, square: dict[str, Any] | None, angle: float) -> dict[str, Any] | None:
        """Turn the square."""
        return None if square is None else {**square, "angle": float(angle)}

    @guarded
    def example(self, chosen: dict[str, Any]) -> Image.Image:
        """A generated picture as the photo."""
        seeds = self.editor.info.example_seeds
        index = int(chosen.get("chosen", 0)) if isinstance(chosen, dict) else 0
        return self.editor.example(seeds[index % len(seeds)])

    def invert(
        self, path: str | None, square: dict[str, Any] | None, visitor: Visitor, *settings: float
    ) -> Iterator[tuple[Any, ...]]:
        """Invert the photo; yields visitor, picture, status and sliders at every preview.

        The sliders go to zero with the first picture and are left alone after it.
        """
        try:
            if path is None:
                raise ImageError("there is no photo yet; drop one on the left, or try an example")
            photo = load_image(path)
            aligned = self.editor.align(photo, _crop(square, path, photo))
            options = _options(settings)
            before, shown_at, started = data_uri(aligned), 0.0, time.monotonic()
            step = None
            sliders: list[Any] = [0.0] * len(self.names)
            for step in self.editor.invert_steps(aligned, options):
                now = time.monotonic()
                if now - shown_at < PREVIEW_S and step.step > 0:
                    continue
                shown_at = now
                edit = self.editor.edit(step.wp[0], aligned, step.losses)
                text = f"Step {step.step} of {options.steps} · fit {step.losses['loss_pix']:.3f}"
                bar = f'<progress max="{options.steps or 1}" value="{step.step}"></progress>'
                yield (
                    _visitor(edit),
                    _picture(edit, before),
                    _status(bar + html.escape(text)),
                    *sliders,
                )
                sliders = [gr.skip() for _ in self.names]
            assert step is not None
            edit = self.editor.edit(step.wp[0], aligned, step.losses)
            seconds = time.monotonic() - started
            verdict = self._verdict(edit, step.step, seconds)
            yield _visitor(edit), _picture(edit, before), verdict, *sliders
        except GeneratorExit:
            raise
        except Exception as error:
            raise shown(error) from None

    @guarded
    def slide(self, visitor: Visitor, *distances: float) -> tuple[dict[str, Any], str]:
        """The sliders moved: the picture and how long it took."""
        started = time.monotonic()
        edit = self._edit(visitor, distances)
        if edit is None:
            raise ImageError("invert a photo first; then the sliders change it")
        picture = _picture(edit)
        return picture, self.where((time.monotonic() - started) * 1000)

    @guarded
    def download_picture(self, visitor: Visitor, *distances: float) -> dict[str, str]:
        """The picture as a file for the browser: name and data URI."""
        edit = self._need(visitor, distances)
        data = base64.b64encode(png_bytes(edit.image)).decode()
        return {"name": "edited.png", "uri": f"data:image/png;base64,{data}"}

    @guarded
    def download_code(self, visitor: Visitor, *distances: float) -> dict[str, str]:
        """The code as a file for the browser: name and data URI."""
        data = base64.b64encode(self._need(visitor, distances).code_bytes()).decode()
        return {"name": "edited.npz", "uri": f"data:application/octet-stream;base64,{data}"}

    def where(self, milliseconds: float | None = None) -> str:
        """The line under the title: domain, device, time of the last edit."""
        text = f"{self.editor.info.title} · {self.editor.device_label}"
        return text if milliseconds is None else f"{text} · last edit {milliseconds:.0f} ms"

    def _edit(self, visitor: Visitor, distances: tuple[float, ...]) -> Edit | None:
        if visitor.code is None or visitor.domain != self.editor.info.name:
            return None
        moves = dict(zip(self.names, distances, strict=True))
        return self.editor.edit(visitor.code, losses=dict(visitor.losses), moves=moves)

    def _need(self, visitor: Visitor, distances: tuple[float, ...]) -> Edit:
        edit = self._edit(visitor, distances)
        if edit is None:
            raise ImageError("there is nothing to save yet; invert a photo first")
        return edit

    def _verdict(self, edit: Edit, steps: int, seconds: float) -> str:
        losses = dict(edit.losses)
        fit, typical = losses["loss_pix"], self.editor.info.typical
        text = f"Done in {seconds:.1f} s, {steps} steps · fit {fit:.3f}"
        limit = typical.get("loss_pix_p95")
        far = typical.get("loss_domain_p95")
        if limit is not None and fit > limit:
            return _status(
                f'{text}<br><span class="warn">This photo differs from what the model has seen '
                f"(placement, turn or light); expect changes. Try placing the square closer to "
                f"the face.</span>"
            )
        distance = losses.get("loss_domain")
        if far is None or distance is None:
            return _status(text)
        inside = distance <= far
        return _status(text + (" · in-domain ✓" if inside else " · at the edge of the domain"))


def _key(path: str) -> str:
    """Names a photo without telling where it lies."""
    return hashlib.sha256(path.encode()).hexdigest()[:12]


def _first_crop(photo: Image.Image) -> Crop:
    """Where the square stands before anyone moved it."""
    if photo.width == photo.height:  # a prepared square
        return Crop()
    return Crop(y=0.45, side=0.7)  # most portraits sit high and leave room around


def _crop(square: dict[str, Any] | None, path: str, photo: Image.Image) -> Crop:
    """The square that was placed; the first one if it was placed on another photo."""
    if not isinstance(square, dict) or square.get("photo") != _key(path):
        return _first_crop(photo)
    try:
        return Crop(*(float(square[key]) for key in ("x", "y", "side", "angle")))
    except (KeyError, TypeError, ValueError) as error:
        raise ImageError("the square cannot be understood; load the photo again") from error


def _options(settings: tuple[float, ...]) -> InversionOptions:
    if any(value is None for value in settings):
        raise ImageError("a field under Advanced is empty; fill it in, or reload the page")
    chosen = Settings(*settings)
    weights = Weights(pix=chosen.pix, feat=chosen.feat, domain=chosen.domain)
    return InversionOptions(steps=int(chosen.steps), lr=chosen.lr, weights=weights)


def _visitor(edit: Edit) -> Visitor:
    return Visitor(edit.editor.info.name, edit.wp.numpy(), edit.losses)


def _picture(edit: Edit, before: str | None = None) -> dict[str, Any]:
    moved = ", ".join(f"{name} {distance:+.1f}" for name, distance in edit.moves)
    subject = edit.editor.info.subject
    alt = f"Edited {subject}: {moved}" if moved else f"Reconstructed {subject}"
    return {"after": data_uri(edit.image), "before": before, "alt": alt}


def _status(content: str) -> str:
    return f'<div class="status" role="status">{content}</div>'
