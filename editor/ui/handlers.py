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
from dataclasses import asdict, replace
from itertools import groupby
from typing import Any, NamedTuple, TypeVar

import gradio as gr
from PIL import Image

from editor import Crop, Edit, Editor, InversionOptions, Library, Weights
from editor.errors import EditorError, ImageError, OptionError
from editor.images import encode_image, load_image
from editor.session import CONFIDENT, Mode
from editor.ui.state import Visitor, data_uri, jpeg_uri, png_bytes, small_jpeg

F = TypeVar("F", bound=Callable[..., Any])
BEYOND = 1.5
SQUARE, WHOLE = "Square", "Whole photo"
KEEP, REPLACE = "Keep the photo's detail", "Replace the square"
MODES: dict[str, Mode] = {KEEP: "difference", REPLACE: "replace"}
PREVIEW_S = 0.25
PHOTO_SIDE_PX = 480
log = logging.getLogger(__name__)


class Settings(NamedTuple):
    """The advanced fold: most steps, learning rate and weights of the three terms."""

    steps: float
    lr: float
    pix: float
    feat: float
    domain: float

    @classmethod
    def of(cls, options: InversionOptions) -> Settings:
        """What a domain inverts with unless told otherwise."""
        weights = options.weights
        return cls(options.steps, options.lr, weights.pix, weights.feat, weights.domain)


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
    """What the controls do; holds nothing of any visitor.

    Args:
        library: the domains.
        start: name of the one that a new visitor sees.
    """

    def __init__(self, library: Library, start: str) -> None:
        self.library = library
        self.start = start

    def first_visitor(self) -> Visitor:
        """A new visitor, who may move the sliders of the generated picture at once."""
        return self._first(self.library.open(self.start))

    @guarded
    def choose(self, name: str, path: str | None) -> tuple[Any, ...]:
        """Another domain: visitor, picture, status, sliders, examples, square, line, hint, settings."""
        editor = self.library.open(name)
        examples = example_value(editor)
        subject = editor.info.subject
        picture = {"after": examples["sources"][0], "before": "", "alt": f"A generated {subject}"}
        visitor = self._first(editor)
        square = None if path is None else self._square(path, editor)
        return (
            visitor,
            picture,
            welcome(editor),
            panel_value(editor),
            examples,
            square,
            where(editor),
            hint(editor),
            *Settings.of(editor.inversion),
        )

    def _first(self, editor: Editor) -> Visitor:
        return _visitor(editor.sample(editor.info.example_seeds[0]))

    def _editor(self, visitor: Visitor) -> Editor:
        return self.library.open(visitor.domain)

    @guarded
    def show_photo(self, path: str | None, visitor: Visitor) -> dict[str, Any] | None:
        """A new photo: show it with the square to place."""
        return None if path is None else self._square(path, self._editor(visitor))

    def _square(self, path: str, editor: Editor) -> dict[str, Any]:
        photo = load_image(path)
        width, height = photo.size
        source = jpeg_uri(small_jpeg(photo, PHOTO_SIDE_PX))
        found = _found(editor, photo)
        crop = found[0][0] if found else _first_crop(photo)
        value = {
            "src": source,
            "photo": _key(path),
            "width": width,
            "height": height,
            "marks": editor.info.landmarks,
            "found": [{**asdict(one), "confidence": chance} for one, chance in found],
            "subject": editor.info.subject,
            "says": _says(editor, found),
        }
        return value | asdict(crop)

    @guarded
    def turn(self, square: dict[str, Any] | None, angle: float) -> dict[str, Any] | None:
        """Turn the square."""
        return None if square is None else {**square, "angle": float(angle)}

    @guarded
    def heading(self, square: dict[str, Any] | None) -> float:
        """How far the square is turned, for the slider that turns it."""
        return round(min(max(float((square or {}).get("angle", 0.0)), -45.0), 45.0))

    @guarded
    def example(self, chosen: dict[str, Any], visitor: Visitor) -> Image.Image:
        """A generated picture as the photo."""
        editor = self._editor(visitor)
        seeds = editor.info.example_seeds
        index = int(chosen.get("chosen", 0)) if isinstance(chosen, dict) else 0
        return editor.example(seeds[index % len(seeds)])

    def invert(
        self, path: str | None, square: dict[str, Any] | None, visitor: Visitor, *settings: float
    ) -> Iterator[tuple[Any, ...]]:
        """Invert the photo; yields visitor, picture, status and sliders at every preview.

        The sliders go to zero with the first picture and are left alone after it.
        """
        try:
            if path is None:
                raise ImageError("there is no photo yet; drop one on the left, or try an example")
            editor = self._editor(visitor)
            photo = load_image(path)
            crop = _crop(square, path, photo, editor)
            aligned = editor.align(photo, crop)
            options = _options(settings)
            origin: dict[str, Any] = {
                "photo": _key(path),
                "square": (crop.x, crop.y, crop.side, crop.angle),
                "small": small_jpeg(photo),
                "before": png_bytes(aligned),
            }
            before, shown_at, started = data_uri(aligned), 0.0, time.monotonic()
            step = None
            panel: Any = panel_value(editor)
            for step in editor.invert_steps(aligned, options):
                now = time.monotonic()
                if now - shown_at < PREVIEW_S and step.step > 0:
                    continue
                shown_at = now
                edit = editor.edit(step.wp[0], aligned, step.losses)
                text = f"Step {step.step} of {options.steps} · fit {step.losses['loss_pix']:.3f}"
                bar = f'<progress max="{options.steps or 1}" value="{step.step}"></progress>'
                yield (
                    replace(_visitor(edit), **origin),
                    _picture(edit, before),
                    _status(bar + html.escape(text)),
                    panel,
                )
                panel = gr.skip()
            assert step is not None
            edit = editor.edit(step.wp[0], aligned, step.losses)
            seconds = time.monotonic() - started
            verdict = self._verdict(edit, step.step, seconds)
            yield replace(_visitor(edit), **origin), _picture(edit, before), verdict, panel
        except GeneratorExit:
            raise
        except Exception as error:
            raise shown(error) from None

    @guarded
    def slide(
        self,
        visitor: Visitor,
        panel: dict[str, Any] | None,
        layers: str = "",
        view: str = SQUARE,
        mode: str = KEEP,
    ) -> tuple[dict[str, Any], str]:
        """The sliders moved: the picture and how long it took."""
        started = time.monotonic()
        edit = self._edit(visitor, panel, layers)
        if edit is None:
            raise ImageError("invert a photo first; then the sliders change it")
        picture = _view(edit, visitor, view, mode)
        return picture, where(edit.editor, (time.monotonic() - started) * 1000)

    @guarded
    def look(
        self,
        visitor: Visitor,
        panel: dict[str, Any] | None,
        layers: str = "",
        view: str = SQUARE,
        mode: str = KEEP,
    ) -> dict[str, Any]:
        """Another view: the picture, with what it is compared to."""
        picture, _ = self.slide(visitor, panel, layers, view, mode)
        if view == WHOLE and visitor.small:
            return {**picture, "before": jpeg_uri(visitor.small)}
        before = base64.b64encode(visitor.before).decode()
        return {**picture, "before": f"data:image/png;base64,{before}" if before else ""}

    @guarded
    def whole_photo(
        self,
        path: str | None,
        visitor: Visitor,
        panel: dict[str, Any] | None,
        layers: str = "",
        mode: str = KEEP,
    ) -> tuple[bytes, str]:
        """The whole photo, edited, at its own size: the bytes of a file and its name."""
        edit = self._need(visitor, panel, layers)
        if path is None or visitor.square is None:
            raise ImageError("there is no photo to put the picture into; this one was generated")
        if visitor.photo != _key(path):
            raise ImageError("the photo was changed after it was inverted; press Invert again")
        photo = load_image(path)
        pasted = edit.paste(MODES[mode], photo, Crop(*visitor.square))
        png = path.lower().endswith(".png")
        return encode_image(pasted, "PNG" if png else "JPEG"), f"edited{'.png' if png else '.jpg'}"

    @guarded
    def reset(self, visitor: Visitor) -> dict[str, Any]:
        """All sliders at zero."""
        return panel_value(self._editor(visitor))

    @guarded
    def download_picture(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str = ""
    ) -> dict[str, str]:
        """The picture as a file for the browser: name and data URI."""
        edit = self._need(visitor, panel, layers)
        data = base64.b64encode(encode_image(edit.image, "PNG")).decode()
        return {"name": "edited.png", "uri": f"data:image/png;base64,{data}"}

    @guarded
    def download_code(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str = ""
    ) -> dict[str, str]:
        """The code as a file for the browser: name and data URI."""
        data = self._need(visitor, panel, layers).code_bytes()
        uri = f"data:application/octet-stream;base64,{base64.b64encode(data).decode()}"
        return {"name": "edited.npz", "uri": uri}

    def _edit(self, visitor: Visitor, panel: dict[str, Any] | None, layers: str) -> Edit | None:
        if visitor.code is None:
            return None
        editor = self._editor(visitor)
        moves = {
            name: float(distance)
            for name, distance in ((panel or {}).get("moves") or {}).items()
            if name in editor.boundaries  # a step made just before another domain was chosen
        }
        edit = editor.edit(visitor.code, losses=dict(visitor.losses), moves=moves)
        return edit.on_layers(**read_layers(layers))

    def _need(self, visitor: Visitor, panel: dict[str, Any] | None, layers: str) -> Edit:
        edit = self._edit(visitor, panel, layers)
        if edit is None:
            raise ImageError("there is nothing to save yet; invert a photo first")
        return edit

    def _verdict(self, edit: Edit, steps: int, seconds: float) -> str:
        losses = dict(edit.losses)
        fit, typical = losses["loss_pix"], edit.editor.info.typical
        text = f"Done in {seconds:.1f} s, {steps} steps · fit {fit:.3f}"
        limit = typical.get("loss_pix_p95")
        far = typical.get("loss_domain_p95")
        if limit is not None and fit > limit:
            return _status(
                f'{text}<br><span class="warn">This photo differs from what the model has seen '
                f"(placement, turn or light); expect changes. Try placing the square closer to "
                f"the {edit.editor.info.subject}.</span>"
            )
        distance = losses.get("loss_domain")
        if far is None or distance is None:
            return _status(text)
        inside = distance <= far
        return _status(text + (" · in-domain ✓" if inside else " · at the edge of the domain"))


def where(editor: Editor, milliseconds: float | None = None) -> str:
    """The line under the title: domain, device, time of the last edit."""
    text = f"{editor.info.resolution} px · {editor.device_label}"
    return text if milliseconds is None else f"{text} · last edit {milliseconds:.0f} ms"


def welcome(editor: Editor) -> str:
    """What the status says before anything was done."""
    subject = html.escape(editor.info.subject)
    return _status(f"This {subject} was generated. Give it a photo, or click an example.")


def hint(editor: Editor) -> str:
    """One sentence that says what to do."""
    subject = editor.info.subject
    place = f"put the square close around the {subject}"
    if editor.info.landmarks:
        place = "check that eyes and mouth lie on the marks of the square"
    return f"Drop a photo, {place}, press Invert. Or try a generated {subject}:"


def example_value(editor: Editor) -> dict[str, Any]:
    """Value of `example_pictures`."""
    return {"sources": [data_uri(editor.example(seed)) for seed in editor.info.example_seeds]}


def panel_value(editor: Editor) -> dict[str, Any]:
    """Value of `slider_panel`, all sliders at zero; each goes half as far again as recommended."""
    groups = []
    for group, infos in groupby(editor.sliders, key=lambda info: info.group):
        sliders = [
            {
                "name": info.name,
                "title": info.title,
                "low": info.range[0],
                "high": info.range[1],
                "end": round(BEYOND * max(-info.range[0], info.range[1]), 1),
            }
            for info in infos
        ]
        groups.append({"title": group, "sliders": sliders})
    return {"domain": editor.info.name, "groups": groups, "moves": {}}


def read_layers(text: str | None) -> dict[str, str]:
    """What the field "Layers" says: "smile=2-5; age=0,1" → layers in words by slider.

    Raises:
        OptionError: it cannot be understood.
    """
    parts = [part.partition("=") for part in (text or "").split(";") if part.strip()]
    for name, equals, layers in parts:
        if not (name.strip().isidentifier() and equals and layers.strip()):
            raise OptionError(f"the layers '{text}' are not of the form smile=2-5; age=0,1")
    return {name.strip(): layers.strip() for name, _, layers in parts}


def _key(path: str) -> str:
    """Names a photo without telling where it lies."""
    return hashlib.sha256(path.encode()).hexdigest()[:12]


def _first_crop(photo: Image.Image) -> Crop:
    """Where the square stands before anyone moved it."""
    if photo.width == photo.height:  # a prepared square
        return Crop()
    return Crop(y=0.45, side=0.7)  # most portraits sit high and leave room around


def _found(editor: Editor, photo: Image.Image) -> list[tuple[Crop, float]]:
    """The squares that are sure, or else the likeliest one."""
    likely = editor.find(photo, least=0.0)
    return [one for one in likely if one[1] >= CONFIDENT] or likely[:1]


def _says(editor: Editor, found: list[tuple[Crop, float]]) -> str:
    """What there is to say of what was found; nothing where it is plain."""
    subject = editor.info.subject
    if editor.pack.aligner is None:
        return ""
    if not found:
        return f"No {subject} was found. Put the square around one by hand."
    if found[0][1] < CONFIDENT:
        return f"This may not be a {subject}. Check the square, and move it if it is wrong."
    if len(found) > 1:
        return f"{len(found)} {subject}s were found. Click the one that you want."
    return ""


def _crop(square: dict[str, Any] | None, path: str, photo: Image.Image, editor: Editor) -> Crop:
    """The square that was placed; the first one if it was placed on another photo."""
    if not isinstance(square, dict) or square.get("photo") != _key(path):
        found = _found(editor, photo)
        return found[0][0] if found else _first_crop(photo)
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


def _view(edit: Edit, visitor: Visitor, view: str, mode: str) -> dict[str, Any]:
    """The square, or the whole photo at the size of the page."""
    picture = _picture(edit)
    if view != WHOLE or visitor.square is None:
        return picture
    photo = Image.open(io.BytesIO(visitor.small)).convert("RGB")
    pasted = edit.paste(MODES[mode], photo, Crop(*visitor.square))
    after = jpeg_uri(small_jpeg(pasted)) if edit.moves else jpeg_uri(visitor.small)
    return {**picture, "after": after, "fit": "contain"}


def _status(content: str) -> str:
    return f'<div class="status" role="status">{content}</div>'
