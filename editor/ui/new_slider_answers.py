"""What the sheet "New slider" shows of a slider in the making."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from editor.errors import OptionError
from editor.project.history import Project
from editor.session import Editor
from editor.sliders.boundary import Boundary
from editor.sliders.lesson import Lesson
from editor.sliders.move import move
from editor.sliders.scale import SliderScale
from editor.sliders.side_effects import side_effects
from editor.sliders.slider_set import SliderSet
from editor.sliders.teach import holding
from editor.sliders.usefulness import check_useful, level_of, more_of_each
from editor.ui.data_uris import data_uri
from editor.ui.slider_words import slider_words

MOST_EFFECTS = 5
STOPS = (-100.0, -50.0, 0.0, 50.0, 100.0)  # positions on the page
NOTHING: dict[str, Any] = {"preview": [], "effects": [], "can": False}  # no slider yet
Sliders = tuple[Boundary, ...]


def shown_code(editor: Editor, project: Project) -> Tensor:
    """Return the code [num_ws, w_dim] of the shown picture as it is edited, or of an example."""
    if project.node is None:
        return editor.sample(editor.info.example_seeds[0]).wp
    return project.edit(editor).wp_edited


def stops(editor: Editor, wp: Tensor, slider: Boundary) -> list[str]:
    """Return data URIs of a code at −100, −50, 0, +50 and +100 of a slider.

    Its response is measured when it is added: until then half of the way counts as 50.
    """
    scale = SliderScale.of(slider.info)
    distances = torch.tensor([scale.distance(position) for position in STOPS])
    codes = move(wp[None].expand(len(STOPS), -1, -1), slider.normal, distances, slider.info.layers)
    return [data_uri(image) for image in editor.engine.render(codes)]


def held(editor: Editor, known: SliderSet, base: Boundary, names: list[str]) -> Boundary:
    """Return a slider that holds others still.

    Args:
        editor: of the domain.
        known: sliders that may be held.
        base: as it was learned.
        names: of those that are to be held.

    Raises:
        OptionError: one is not known, or nothing is left.
    """
    return holding(editor.engine, base, known.named(dict.fromkeys(names)))


def slider_answer(
    editor: Editor, known: SliderSet, project: Project, base: Boundary, names: list[str]
) -> dict[str, Any]:
    """Return what the sheet shows of a slider that holds others: preview, what it moves, whether it can be added."""
    slider = held(editor, known, base, names)
    moves = [
        one for one in side_effects(slider, known.boundaries.values()) if one.name not in names
    ]
    effects = [
        (one.name, slider_words(known[one.name].info).title, round(100 * one.share), False)
        for one in moves[:MOST_EFFECTS]
    ]
    effects += [
        (name, slider_words(known[name].info).title, 0, True) for name in dict.fromkeys(names)
    ]
    return {
        "preview": stops(editor, shown_code(editor, project), slider),
        "effects": [
            {"name": name, "title": title, "share": share, "held": is_held}
            for name, title, share, is_held in effects
        ],
        "can": is_useful(slider),
    }


def standing(lesson: Lesson, accuracy: float | None) -> dict[str, Any]:
    """Return how far the marks of a lesson have come."""
    return {
        "counts": list(lesson.counts),
        "accuracy": accuracy,
        "level": level_of(accuracy),
        "more": more_of_each(lesson.counts, accuracy),
    }


def is_useful(slider: Boundary) -> bool:
    """Return whether `check_useful` lets a slider pass."""
    try:
        check_useful(slider)
    except OptionError:
        return False
    return True
