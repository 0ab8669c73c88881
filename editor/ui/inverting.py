"""An optimisation on the page: its settings, its previews, and what there is to say of it."""

from __future__ import annotations

import html
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from editor.editing.edit import Edit
from editor.errors import ImageError
from editor.inversion.loop import InversionOptions, InversionStep
from editor.inversion.objective import Weights
from editor.project.nodes import Picture
from editor.project.pixels import thumbnail
from editor.session import Editor
from editor.ui.component_values import panel_value, picture_value, progress, status
from editor.ui.state import Store, Visitor

PREVIEW_S = 0.25
PREVIEW_PAUSE = 2.0  # a preview is followed by at least so many times what it took in steps alone


class Settings(NamedTuple):
    """The advanced fold: most steps, learning rate and weights of the three terms."""

    steps: float
    lr: float
    pix: float
    feat: float
    domain: float

    @classmethod
    def of(cls, options: InversionOptions) -> Settings:
        """Return the settings that a domain inverts with unless told otherwise."""
        weights = options.weights
        return cls(options.steps, options.lr, weights.pix, weights.feat, weights.domain)


def chosen_options(settings: tuple[float, ...]) -> InversionOptions:
    """Return the options of inversion that the advanced fold says.

    Raises:
        ImageError: a field is empty.
        OptionError: a value lies outside its range.
    """
    if any(value is None for value in settings):
        raise ImageError("a field under Advanced is empty; fill it in, or reload the page")
    chosen = Settings(*settings)
    weights = Weights(pix=chosen.pix, feat=chosen.feat, domain=chosen.domain)
    return InversionOptions(steps=int(chosen.steps), lr=chosen.lr, weights=weights)


def previews(
    store: Store,
    visitor: Visitor,
    editor: Editor,
    origin: Picture,
    label: str,
    steps: Iterator[InversionStep],
    most: int,
    before: str | None,
) -> Generator[tuple[Any, ...], None, tuple[Visitor, InversionStep]]:
    """Add a picture from an optimisation, and show it as it goes. Return the visitor and last step.

    The state is given out at every preview, so that what Cancel leaves standing is kept. The
    sliders are set with the first one, and left alone later. `origin` gets an id of its own.
    """
    shown_at, pause, step = 0.0, PREVIEW_S, None
    panel: Any = panel_value(editor.sliders.with_own(visitor.project.sliders))
    for step in steps:
        now = time.monotonic()
        if now - shown_at < pause and step.step > 0:
            continue
        if not shown_at:
            visitor = store.update(
                visitor, partial(_added, origin=origin, label=label, editor=editor)
            )
            shown = visitor.projects[editor.info.name].shown
            assert shown is not None
            origin = shown
        visitor, edit = _amended(store, visitor, editor, origin, step)
        text = f"Step {step.step} of {most} · fit {step.losses['loss_pix']:.3f}"
        line = progress(step.step, most, text)
        yield visitor, picture_value(editor, edit, before), line, panel, gr.skip()
        panel, shown_at = gr.skip(), time.monotonic()
        pause = max(PREVIEW_S, PREVIEW_PAUSE * (shown_at - now))
    assert step is not None
    visitor, _ = _amended(store, visitor, editor, origin, step)
    return visitor, step


def verdict(
    editor: Editor, edit: Edit, steps: int, seconds: float, options: InversionOptions
) -> str:
    """Return what there is to say of a finished inversion.

    Args:
        editor: of the domain.
        edit: what was found.
        steps: that it took.
        seconds: that it took.
        options: of the inversion; the pack's verdict holds for its own.
    """
    fit = dict(edit.losses)["loss_pix"]
    text = f"Done in {seconds:.1f} s, {steps} steps · fit {fit:.3f}"
    own = editor.engine.inversion
    usual = replace(options, steps=own.steps) == own and options.steps >= own.steps
    judged = editor.judge(edit) if usual else None
    if judged is not None and not judged.warning:
        said = (
            f"likeness {judged.level}" if judged.level else "in the domain, likeness not measured"
        )
        return status(f"{text} · {said}")
    subject = html.escape(editor.info.subject)
    closer = "place the square closer around it" if editor.finds else ""
    if judged is None:
        limit = editor.info.typical.get("loss_pix_p95")
        if limit is None or fit <= limit:
            return status(f"{text} · likeness not measured")
        why = "It differs more from its photo than most do"
        what = closer or "try another part of the photo"
    elif judged.warning == "outside":
        why = f"Likeness poor: the model does not know pictures like this {subject}"
        what = f"{closer} or choose another photo, upright and uncovered".removeprefix(" or ")
    else:
        why = f"Likeness poor: this is probably another {subject} than in the photo"
        what = "choose a photo from the front, in even light"
    advice = f"{what[0].upper()}{what[1:]}; edits of the whole photo keep more."
    return status(f'{text}<br><span class="warn">{why}. {advice}</span>')


def _added(visitor: Visitor, origin: Picture, label: str, editor: Editor) -> Visitor:
    project = visitor.projects[editor.info.name]
    return visitor.put(project.add(replace(origin, id=project.free_id()), label))


def _amended(
    store: Store, visitor: Visitor, editor: Editor, origin: Picture, step: InversionStep
) -> tuple[Visitor, Edit]:
    """Set the picture's code to that of the step, unless the picture was removed."""
    edit = editor.edit(step.wp[0], losses=step.losses)
    thumb = thumbnail(editor.render(edit))

    def change(newest: Visitor) -> Visitor:
        project = newest.projects[editor.info.name]
        named = [p.name for p in project.pictures if p.id == origin.id]
        if not named:
            return newest
        picture = replace(origin, name=named[0], wp=edit.wp.numpy(), losses=edit.losses)
        return newest.put(project.amend(picture, thumb))

    return store.update(visitor, change), edit
