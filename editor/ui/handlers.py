"""What the controls of the tab Edit do; no Gradio components here, only values."""

from __future__ import annotations

import base64
import html
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import gradio as gr
from PIL import Image

from editor import Crop, Edit, Editor, InversionOptions, Library, Weights
from editor.editing.paste import Mode
from editor.errors import ImageError
from editor.images import encode_image, load_image
from editor.inversion.loop import InversionStep
from editor.project.history import (
    SMALL_PX,
    Moves,
    Node,
    Picture,
    Project,
    describe,
    mask_png,
    thumbnail,
)
from editor.ui.guard import guarded, guarded_steps
from editor.ui.photo import chosen_crop, photo_name, square_value
from editor.ui.state import (
    Visitor,
    data_uri,
    drawn_mask,
    jpeg_uri,
    png_bytes,
    png_uri,
)
from editor.ui.values import (
    example_value,
    hint,
    panel_value,
    picture_value,
    progress,
    read_layers,
    status,
    strip_value,
    welcome,
    where,
    write_layers,
)

SQUARE, WHOLE = "Square", "Whole photo"
KEEP, REPLACE = "Keep the photo's detail", "Replace the square"
MODES: dict[str, Mode] = {KEEP: "difference", REPLACE: "replace"}
PREVIEW_S = 0.25


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


class Handlers:
    """What the controls do; holds nothing of any visitor.

    Args:
        library: the domains.
        start: name of the one that a new visitor sees.
    """

    def __init__(self, library: Library, start: str) -> None:
        self.library = library
        self.start = start

    def editor(self, visitor: Visitor) -> Editor:
        """Of the visitor's domain, with the visitor's own sliders."""
        editor = self.library.open(visitor.domain)
        return editor.with_sliders({b.info.name: b for b in visitor.project.sliders})

    def first_visitor(self) -> Visitor:
        """A new visitor, who may move the sliders of the generated picture at once."""
        editor = self.library.open(self.start)
        return Visitor(self.start).keep(_first_project(editor))

    @guarded
    def choose(self, name: str, path: str | None, visitor: Visitor) -> tuple[Any, ...]:
        """Another domain: visitor, status, examples, square, hint, settings; the work of both stays."""
        editor = self.library.open(name)
        project = visitor.projects.get(name) or _first_project(editor)
        return (
            visitor.keep(project),
            welcome(editor) if len(project.nodes) == 1 else status("Your pictures are here again."),
            example_value(editor),
            None if path is None else square_value(path, editor),
            hint(editor),
            *Settings.of(editor.inversion),
        )

    @guarded
    def show_photo(self, path: str | None, visitor: Visitor) -> dict[str, Any] | None:
        """A new photo: show it with the square to place."""
        return None if path is None else square_value(path, self.editor(visitor))

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
        editor = self.editor(visitor)
        seeds = editor.info.example_seeds
        index = int(chosen.get("chosen", 0)) if isinstance(chosen, dict) else 0
        return editor.example(seeds[index % len(seeds)])

    @guarded_steps
    def invert(
        self, path: str | None, square: dict[str, Any] | None, visitor: Visitor, *settings: float
    ) -> Iterator[tuple[Any, ...]]:
        """Invert the photo; yields visitor, picture, status, sliders and history at every preview.

        The sliders go to zero with the first picture and are left alone after it.
        """
        if path is None:
            raise ImageError("there is no photo yet; drop one on the left, or try an example")
        editor = self.editor(visitor)
        photo = load_image(path)
        crop = chosen_crop(square, path, photo, editor)
        aligned = editor.align(photo, crop)
        options = _options(settings)
        before, started = data_uri(aligned), time.monotonic()
        origin = Picture(
            visitor.project.free_id(),
            photo_name(path),
            code=editor.pack.generator.w_avg.cpu().numpy(),
            photo=path,
            square=(crop.x, crop.y, crop.side, crop.angle),
            small=thumbnail(photo, SMALL_PX),
            before=png_bytes(aligned),
        )
        steps = editor.invert_steps(aligned, options)
        project, step = yield from _previews(
            visitor, editor, origin, "inverted", steps, options.steps, before
        )
        edit = editor.edit(step.wp[0], aligned, step.losses)
        said = verdict(edit, step.step, time.monotonic() - started)
        picture = picture_value(edit, before)
        yield visitor.keep(project), picture, said, gr.skip(), strip_value(project)

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
        picture = {**_view(edit, visitor, view, mode), "turn": (panel or {}).get("turn")}
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
        shown = visitor.project.shown
        assert shown is not None
        if view == WHOLE and shown.small:
            return {**picture, "before": jpeg_uri(shown.small)}
        return {**picture, "before": png_uri(shown.before)}

    @guarded
    def commit(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str = ""
    ) -> tuple[Any, Any]:
        """The sliders came to rest: visitor and history with one edit more, if anything changed."""
        project, node = visitor.project, visitor.project.node
        now = self._node(visitor, panel, layers)
        if node is None or (now.moves, now.layers) == (node.moves, node.layers):
            return gr.skip(), gr.skip()
        project = self._commit(project, now, describe(node.moves, now.moves))
        return visitor.keep(project), strip_value(project)

    @guarded
    def paint(self, visitor: Visitor, drawing: dict[str, Any] | None) -> tuple[Any, Any]:
        """A part was painted that limits the sliders: visitor and history."""
        project, node = visitor.project, visitor.project.node
        if node is None:
            return gr.skip(), gr.skip()
        resolution = self.editor(visitor).info.resolution
        mask = drawn_mask((drawing or {}).get("mask"), resolution)
        data = b"" if mask is None else mask_png(mask)
        if data == node.mask:
            return gr.skip(), gr.skip()
        label = "painted part" if data else "no painted part"
        project = self._commit(project, replace(node, mask=data), label)
        return visitor.keep(project), strip_value(project)

    @guarded
    def canvas(self, visitor: Visitor) -> dict[str, Any]:
        """What is painted on: the picture before the sliders, and the painted part."""
        node, editor = visitor.project.node, self.editor(visitor)
        if node is None:
            return {"src": "", "mask": ""}
        edit = visitor.project.edit(editor)
        return {"src": data_uri(edit.reconstruction), "mask": png_uri(node.mask)}

    @guarded_steps
    def settle(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str, *settings: float
    ) -> Iterator[tuple[Any, ...]]:
        """Make the edit a code of its own; yields visitor, picture, status, sliders, history."""
        edit = self._edit(visitor, panel, layers)
        shown, options, editor = visitor.project.shown, _options(settings), edit.editor
        assert shown is not None
        origin = replace(shown, id=visitor.project.free_id(), name=f"{shown.name}, settled"[:60])
        steps = editor.settle_steps(edit, options)
        project, step = yield from _previews(
            visitor, editor, origin, "settled", steps, options.steps, None
        )
        made = editor.edit(step.wp[0], losses=step.losses)
        line = status(f"Settled in {step.step} steps; the sliders start again from here.")
        yield visitor.keep(project), picture_value(made), line, gr.skip(), strip_value(project)

    @guarded
    def strip(self, visitor: Visitor) -> dict[str, Any]:
        """The history."""
        return strip_value(visitor.project)

    @guarded
    def undo(self, visitor: Visitor, panel: dict[str, Any] | None, layers: str) -> Visitor:
        """One step back; what was not yet an edit becomes one first."""
        node, now = visitor.project.node, self._node(visitor, panel, layers)
        project = visitor.project
        if node is not None and (now.moves, now.layers) != (node.moves, node.layers):
            project = self._commit(project, now, describe(node.moves, now.moves))
        return visitor.keep(project.undo())

    @guarded
    def redo(self, visitor: Visitor) -> Visitor:
        """One step forth."""
        return visitor.keep(visitor.project.redo())

    @guarded
    def go(self, visitor: Visitor, strip: dict[str, Any] | None) -> Visitor:
        """To the edit that was clicked in the history."""
        return visitor.keep(visitor.project.go(int((strip or {}).get("chosen", -1))))

    @guarded
    def compare(self, visitor: Visitor, strip: dict[str, Any] | None) -> dict[str, Any]:
        """The picture stays; what it is compared to becomes another edit."""
        index = int((strip or {}).get("chosen", -1))
        node = visitor.project.go(index).node
        other = visitor.project.edit(self.editor(visitor), node)
        return {"before": data_uri(other.image), "keep": True}

    @guarded
    def refresh(self, visitor: Visitor, view: str, mode: str) -> tuple[Any, ...]:
        """What is shown became another edit: sliders, layers, picture, history and the line."""
        project, editor = visitor.project, self.editor(visitor)
        node = project.node
        assert node is not None
        panel, layers = panel_value(editor, node.moves), write_layers(node.layers)
        picture = self.look(visitor, panel, layers, view, mode)
        return panel, layers, picture, strip_value(project), where(editor)

    @guarded
    def whole_photo(
        self,
        visitor: Visitor,
        panel: dict[str, Any] | None,
        layers: str = "",
        mode: str = KEEP,
    ) -> tuple[bytes, str]:
        """The whole photo, edited, at its own size: the bytes of a file and its name."""
        edit, shown = self._edit(visitor, panel, layers), visitor.project.shown
        if shown is None or not shown.photo or shown.square is None:
            raise ImageError("there is no photo to put the picture into; this one was generated")
        try:
            photo = load_image(shown.photo)
        except ImageError as error:
            raise ImageError("the photo is not kept any more; give it again, and invert") from error
        pasted = edit.paste(MODES[mode], photo, Crop(*shown.square))
        png = shown.photo.lower().endswith(".png")
        return encode_image(pasted, "PNG" if png else "JPEG"), f"edited{'.png' if png else '.jpg'}"

    @guarded
    def reset(self, visitor: Visitor) -> dict[str, Any]:
        """All sliders at zero."""
        return panel_value(self.editor(visitor))

    @guarded
    def download_picture(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str = ""
    ) -> dict[str, str]:
        """The picture as a file for the browser: name and data URI."""
        edit = self._edit(visitor, panel, layers)
        return {"name": "edited.png", "uri": png_uri(encode_image(edit.image, "PNG"))}

    @guarded
    def download_code(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str = ""
    ) -> dict[str, str]:
        """The code as a file for the browser: name and data URI."""
        data = self._edit(visitor, panel, layers).code_bytes()
        uri = f"data:application/octet-stream;base64,{base64.b64encode(data).decode()}"
        return {"name": "edited.npz", "uri": uri}

    @staticmethod
    def options(settings: tuple[float, ...]) -> InversionOptions:
        """How to invert, as the advanced fold says.

        Raises:
            ImageError: a field is empty.
            OptionError: a value lies outside its range.
        """
        return _options(settings)

    def _node(self, visitor: Visitor, panel: dict[str, Any] | None, layers: str) -> Node:
        """The shown node, with the sliders as they are now."""
        node = visitor.project.node
        if node is None:
            raise ImageError("invert a photo first; then the sliders change it")
        known = self.editor(visitor).boundaries
        given = ((panel or {}).get("moves") or {}).items()
        moves: Moves = tuple(
            (name, float(distance))
            for name, distance in given
            if name in known and float(distance) != 0.0  # of a domain left a moment ago: not known
        )
        return replace(node, moves=moves, layers=read_layers(layers))

    def _edit(self, visitor: Visitor, panel: dict[str, Any] | None, layers: str) -> Edit:
        return visitor.project.edit(self.editor(visitor), self._node(visitor, panel, layers))

    def _commit(self, project: Project, node: Node, label: str) -> Project:
        editor = self.library.open(project.domain)
        thumb = thumbnail(project.edit(editor, node).image)
        return project.commit(replace(node, label=label, thumb=thumb))


def _previews(
    visitor: Visitor,
    editor: Editor,
    origin: Picture,
    label: str,
    steps: Iterator[InversionStep],
    most: int,
    before: str | None,
) -> Generator[tuple[Any, ...], None, tuple[Project, InversionStep]]:
    """A new picture from an optimisation, shown as it goes; returns the project and the last step.

    The state is given out at every preview, so that what Cancel leaves standing is kept. The
    sliders are set with the first one, and left alone later.
    """
    project = visitor.project.add(origin, label)
    shown_at, step = 0.0, None
    panel: Any = panel_value(editor)
    for step in steps:
        now = time.monotonic()
        if now - shown_at < PREVIEW_S and step.step > 0:
            continue
        shown_at = now
        edit = editor.edit(step.wp[0], losses=step.losses)
        project = _amended(project, origin, edit)
        text = f"Step {step.step} of {most} · fit {step.losses['loss_pix']:.3f}"
        line = progress(step.step, most, text)
        yield visitor.keep(project), picture_value(edit, before), line, panel, gr.skip()
        panel = gr.skip()
    assert step is not None
    return _amended(project, origin, editor.edit(step.wp[0], losses=step.losses)), step


def verdict(edit: Edit, steps: int, seconds: float) -> str:
    """What there is to say of a finished inversion."""
    losses = dict(edit.losses)
    fit, typical = losses["loss_pix"], edit.editor.info.typical
    text = f"Done in {seconds:.1f} s, {steps} steps · fit {fit:.3f}"
    limit = typical.get("loss_pix_p95")
    far = typical.get("loss_domain_p95")
    if limit is not None and fit > limit:
        subject = html.escape(edit.editor.info.subject)
        return status(
            f'{text}<br><span class="warn">This photo differs from what the model has seen '
            f"(placement, turn or light); expect changes. Try placing the square closer to "
            f"the {subject}.</span>"
        )
    distance = losses.get("loss_domain")
    if far is None or distance is None:
        return status(text)
    inside = distance <= far
    return status(text + (" · in-domain ✓" if inside else " · at the edge of the domain"))


def _first_project(editor: Editor) -> Project:
    """With a generated picture in it."""
    edit = editor.sample(editor.info.example_seeds[0])
    picture = Picture("p1", "Example", edit.wp.numpy())
    return Project.new(editor).add(picture, "", thumbnail(edit.image))


def _amended(project: Project, origin: Picture, edit: Edit) -> Project:
    """The shown picture with another code."""
    picture = replace(origin, code=edit.wp.numpy(), losses=edit.losses)
    node = project.node
    assert node is not None
    return project.amend(picture, replace(node, thumb=thumbnail(edit.image)))


def _options(settings: tuple[float, ...]) -> InversionOptions:
    if any(value is None for value in settings):
        raise ImageError("a field under Advanced is empty; fill it in, or reload the page")
    chosen = Settings(*settings)
    weights = Weights(pix=chosen.pix, feat=chosen.feat, domain=chosen.domain)
    return InversionOptions(steps=int(chosen.steps), lr=chosen.lr, weights=weights)


def _view(edit: Edit, visitor: Visitor, view: str, mode: str) -> dict[str, Any]:
    """The square, or the whole photo at the size of the page."""
    picture, shown = picture_value(edit), visitor.project.shown
    if view != WHOLE or shown is None or shown.square is None or not shown.small:
        return picture
    from io import BytesIO

    photo = Image.open(BytesIO(shown.small)).convert("RGB")
    pasted = edit.paste(MODES[mode], photo, Crop(*shown.square))
    after = jpeg_uri(thumbnail(pasted, SMALL_PX)) if edit.moves else jpeg_uri(shown.small)
    return {**picture, "after": after, "fit": "contain"}
