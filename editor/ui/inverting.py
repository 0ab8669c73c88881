"""An optimisation on the page: its settings, its previews, and how like its photo the result is."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from editor.editing.edit import Edit
from editor.errors import ImageError
from editor.inversion.loop import InversionOptions, InversionStep
from editor.inversion.objective import Weights
from editor.project.nodes import Node, Picture
from editor.project.pixels import thumbnail
from editor.session import Editor
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


@dataclass(frozen=True)
class Likeness:
    """How like its photo an inversion is.

    Attributes:
        level: "very good", "good", "fair" or "poor"; empty where it was not measured.
        advice: what to expect, or to do; may be empty.
    """

    level: str = ""
    advice: str = ""


def likeness_of(editor: Editor, edit: Edit) -> Likeness:
    """Judge an inversion with the domain's own options, by the pack's verdict.

    Args:
        editor: of the domain.
        edit: what was found, with its aligned photo and losses.
    """
    judged, subject = editor.judge(edit), editor.info.subject
    if judged is None:
        limit, fit = editor.info.typical.get("loss_pix_p95"), dict(edit.losses).get("loss_pix", 0.0)
        if limit is None or fit <= limit:
            return Likeness()
        return Likeness(
            "fair", "It differs more from its photo than most do; small details will drift."
        )
    if not judged.warning:
        return Likeness(judged.level or "")
    if judged.warning == "outside":
        return Likeness(
            "poor",
            f"The model does not know pictures like this {subject}; details will drift. Check the "
            f"frame, or take a photo that is upright and uncovered.",
        )
    return Likeness(
        "poor",
        f"The model sees another {subject} here; details will drift. It knows frontal ones in even "
        f"light best.",
    )


def is_usual(editor: Editor, options: InversionOptions) -> bool:
    """Return whether the options are the domain's own, for which its verdict holds."""
    own = editor.engine.inversion
    return replace(options, steps=own.steps) == own and options.steps >= own.steps


@dataclass
class Previews:
    """Which steps of an optimisation are shown: a preview costs time, so these follow in pauses.

    Attributes:
        most: steps of the job.
        started: when it began, in seconds of the clock.
    """

    most: int
    started: float = field(default_factory=time.monotonic)
    _shown: float = 0.0
    _pause: float = PREVIEW_S

    def due(self, step: int) -> bool:
        """Return whether a step is to be shown."""
        return step == 0 or time.monotonic() - self._shown >= self._pause

    def showing(self, began: float) -> None:
        """Note that a preview is made, which was begun at a time."""
        self._shown = time.monotonic()
        self._pause = max(PREVIEW_S, PREVIEW_PAUSE * (self._shown - began))

    def left(self, step: int) -> float | None:
        """Return the seconds that are left after a step; None where nobody knows yet."""
        if step < 3:
            return None
        return (time.monotonic() - self.started) / step * max(self.most - step, 0)


def added(
    store: Store, visitor: Visitor, editor: Editor, origin: Picture, label: str, shown: bool
) -> tuple[Visitor, Picture]:
    """Add a picture to the visit under an id of its own. Return the visitor and that picture.

    Args:
        store: of the visitors' states.
        visitor: whose visit.
        editor: of the domain.
        origin: the picture.
        label: what was done, in words.
        shown: show it; otherwise what is shown stays.
    """
    made = origin

    def change(newest: Visitor) -> Visitor:
        nonlocal made
        project = newest.projects[editor.info.name]
        made = replace(origin, id=project.free_id())
        parent = -1 if made.base is None else project.at  # baked in: undo goes back to the edit
        return newest.put(project.add(made, label, shown=shown, parent=parent))

    return store.update(visitor, change), made


def amended(
    store: Store, visitor: Visitor, editor: Editor, origin: Picture, step: InversionStep
) -> Visitor:
    """Set a picture's code to that of a step, unless the picture was removed."""
    edit = replace(editor.edit(step.wp[0], losses=step.losses), grey=origin.grey)
    thumb = thumbnail(editor.render(edit))

    def change(newest: Visitor) -> Visitor:
        project = newest.projects[editor.info.name]
        named = [p.name for p in project.pictures if p.id == origin.id]
        if not named:
            return newest
        picture = replace(origin, name=named[0], wp=edit.wp.numpy(), losses=edit.losses)
        return newest.put(project.amend(picture, thumb))

    return store.update(visitor, change)


def finished(store: Store, visitor: Visitor, editor: Editor, origin: Picture) -> Visitor:
    """Make the thumbs of edits anew that were made of a picture while its code still changed."""

    domain = editor.info.name
    project = store.newest(visitor).projects[domain]
    thumbs = {  # the nodes themselves are made anew where others are removed
        _done(node): thumbnail(editor.render(project.edit(editor, node)))
        for node in project.nodes
        if node.picture == origin.id and node.moves
    }

    def change(newest: Visitor) -> Visitor:
        nodes = tuple(
            replace(node, thumb=thumbs.get(_done(node), node.thumb))
            if node.picture == origin.id and node.moves
            else node
            for node in newest.projects[domain].nodes
        )
        return newest.put(replace(newest.projects[domain], nodes=nodes))

    return store.update(visitor, change)


def _done(node: Node) -> tuple[object, ...]:
    """Return what a node does to its picture."""
    return node.moves, node.layers, node.mask
