"""Values of the page's components, made of the visitor's work."""

from __future__ import annotations

import html
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from editor.errors import OptionError
from editor.layers import parse_layers
from editor.project.face_names import listed_names
from editor.project.history import Project
from editor.project.nodes import Layers, Moves, Node
from editor.project.turning import standing, versions
from editor.session import Editor
from editor.sliders.boundary import BoundaryInfo
from editor.sliders.scale import SliderScale
from editor.sliders.slider_set import SliderSet
from editor.ui.data_uris import data_uri, jpeg_uri
from editor.ui.slider_words import imported_note, slider_words, step_label

STRIP_STEPS = 60
MAX_ID = 64
MAX_LAYERS_TEXT = 1000


def status(content: str) -> str:
    """Return a line of text that is read aloud when it changes."""
    return f'<div class="status" role="status">{content}</div>'


def example_sources(editor: Editor) -> list[str]:
    """Return generated pictures to begin with, as data URIs."""
    return [data_uri(editor.example(seed)) for seed in editor.info.example_seeds]


def panel_value(
    sliders: SliderSet, moves: Moves = (), project: Project | None = None, visit: str = ""
) -> dict[str, Any]:
    """Return the value of `slider_panel`.

    Args:
        sliders: to show, under the headings of their groups.
        moves: distance by slider.
        project: whose shown edit the moves are of; without it the panel keeps no draft of them.
        visit: the visitor's token.
    """
    groups = [
        {"title": group, "sliders": [_slider_value(info) for info in infos]}
        for group, infos in groupby(sliders, key=lambda info: info.group)
    ]
    value = {"domain": sliders.info.name, "groups": groups, "moves": dict(moves)}
    return value if project is None else value | panel_place(project, visit)


def panel_place(project: Project, visit: str) -> dict[str, Any]:
    """Return which edit a panel shows: part of the value of `slider_panel`.

    Alone, with "moves" and the "turn" that the panel sent, it is the answer to a commit.
    """
    node = project.node
    return {
        "visit": visit,
        "picture": "" if node is None else node.picture,
        "node": project.at,
        "parent": -1 if node is None else node.parent,
    }


def _slider_value(info: BoundaryInfo) -> dict[str, Any]:
    words, scale = slider_words(info), SliderScale.of(info)
    return {
        "name": info.name,
        "title": words.title,
        "ends": words.ends and list(words.ends),
        "low": round(scale.low, 1),
        "high": round(scale.high, 1),
        "knots": [list(knot) for knot in scale.knots],
        "note": imported_note(info),
    }


def strip_value(project: Project) -> dict[str, Any]:
    """Return the value of `filmstrip`: each picture as it stands, and the steps of the shown one."""
    shown = project.shown
    own = versions(project, shown.id) if shown else set()
    here = [i for i, node in enumerate(project.nodes) if node.picture in own]
    kept = [i for i in here if i in here[:1] or i in here[-STRIP_STEPS:] or i == project.at]
    names = listed_names(standing(project))
    pictures = [
        {"id": p.id, "name": names[p.id], "src": jpeg_uri(project.latest(p.id).thumb)}
        | {"at": project.last(p.id)}
        for p in standing(project)
        if not is_untouched(project, p.id)
    ]
    steps = [
        {"index": i, "src": jpeg_uri(project.nodes[i].thumb), "label": step_label(project.nodes[i])}
        for i in kept
    ]
    return {
        "pictures": pictures,
        "steps": steps,
        "picture": shown.id if shown else "",
        "at": project.at,
        "undo": project.undo() is not project,
        "redo": project.redo() is not project,
    }


def is_untouched(project: Project, name: str) -> bool:
    """Return whether nothing was done with a picture since the page made it as an example.

    Its one node has no label: what a visitor does always has one. Such a picture is shown in no list.
    """
    nodes = [node for node in project.nodes if node.picture == name]
    return len(nodes) == 1 and not nodes[0].label and not nodes[0].moves


def is_all_untouched(project: Project) -> bool:
    """Return whether no picture of a project is shown in any list."""
    return all(is_untouched(project, picture.id) for picture in project.pictures)


def painted_warning(project: Project, nodes: Iterable[Node]) -> str:
    """Warn as HTML where a slider moves a painted part alone: a code knows no part."""
    names = [project.picture(node.picture).name for node in nodes if node.mask and node.moves]
    if not names:
        return ""
    text = (
        f"The painted part of {' and '.join(dict.fromkeys(names))} counts for the whole picture "
        f"here; bake it in first, so that it counts alone."
    )
    return f'<br><span class="warn">{html.escape(text)}</span>'


def read_layers(text: str | None) -> Layers:
    """Parse the field "Layers", such as "smile=2-5; age=0,1".

    Raises:
        OptionError: it cannot be understood.
    """
    if len(text or "") > MAX_LAYERS_TEXT:
        raise OptionError(
            f"the layers have {len(text or '')} characters; at most {MAX_LAYERS_TEXT}"
        )
    parts = [part.partition("=") for part in (text or "").split(";") if part.strip()]
    for name, equals, layers in parts:
        if not (name.strip().isidentifier() and equals and layers.strip()):
            raise OptionError(f"the layers '{text}' are not of the form smile=2-5; age=0,1")
    return tuple((name.strip(), parse_layers(layers.strip())) for name, _, layers in parts)


def write_layers(layers: Layers) -> str:
    """Return the text that `read_layers` reads."""
    return "; ".join(f"{name}={','.join(map(str, those))}" for name, those in layers)
