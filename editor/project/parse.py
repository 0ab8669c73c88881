"""What a project file says, made into a project; every value is checked."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import torch

from editor.directions.boundary import BoundaryInfo, check_boundary
from editor.errors import ProjectError
from editor.project.history import MAX_NODES, MAX_PICTURES, Project
from editor.project.nodes import Node, Picture
from editor.session import Editor

MAX_SLIDERS = 100
MAX_TEXT = 200


def check_domain(text: dict[str, Any], editor: Editor) -> None:
    """Refuse a project of another domain, or of another version of it.

    Raises:
        ProjectError: it is.
        KeyError: it does not say.
    """
    domain, generator = str(text["domain"])[:MAX_TEXT], str(text["generator"])[:MAX_TEXT]
    if domain != editor.info.name:
        raise ProjectError(
            f"the project was made in domain '{domain}', but '{editor.info.name}' is open; "
            f"choose '{domain}' first"
        )
    if generator != editor.pack.fingerprint:
        raise ProjectError(
            f"the project was made with another version of '{domain}', in which its pictures "
            f"would differ. Put that version of the pack back, or invert the photos again"
        )


def parse_project(
    text: dict[str, Any], tensors: dict[str, torch.Tensor], files: dict[str, bytes], editor: Editor
) -> tuple[Project, dict[str, str]]:
    """The project without its photos' places, and the photo's name by picture.

    Args:
        text: project.json.
        tensors: codes and sliders, by name.
        files: the parts of the file.
        editor: of the domain.

    Raises:
        ProjectError, OptionError, MismatchError, WeightsError: a value cannot be.
        LookupError, TypeError, ValueError, AttributeError: something is missing, or of another type.
    """
    info = editor.info
    entries, states = list(text["pictures"]), list(text["nodes"])
    if not 1 <= len(entries) <= MAX_PICTURES or not 1 <= len(states) <= MAX_NODES + 1:
        raise ProjectError(f"{len(entries)} pictures with {len(states)} edits are out of bounds")
    sliders = tuple(
        check_boundary(
            BoundaryInfo.from_json(as_object(one)),
            tensors[f"slider/{one['name']}"],
            info.name,
            info.num_ws,
            info.w_dim,
        )
        for one in list(text["sliders"])[:MAX_SLIDERS]
    )
    pictures: list[Picture] = []
    photos: dict[str, str] = {}
    for entry in map(as_object, entries):
        name = str(entry["id"])
        if not re.fullmatch(r"[A-Za-z0-9_]{1,32}", name) or name in {p.id for p in pictures}:
            raise ProjectError(f"'{name[:40]}' is no id of a picture, or is there twice")
        before = files.get(f"before/{name}.png", b"")
        _check_picture(before, "PNG", (info.resolution, info.resolution))
        base = tensors.get(f"base/{name}")
        if entry["photo"] is not None:
            photos[name] = str(entry["photo"])
        pictures.append(
            Picture(
                name,
                str(entry["name"])[:MAX_TEXT],
                editor.edit(tensors[f"code/{name}"]).wp.numpy(),
                tuple((str(k)[:MAX_TEXT], float(v)) for k, v in entry["losses"].items()),
                square=_square(entry["square"]),
                before=before,
                base=None if base is None else editor.edit(base).wp.numpy(),
            )
        )
    nodes = tuple(
        _node(i, as_object(state), files, info.resolution) for i, state in enumerate(states)
    )
    left = tuple((str(k), int(v)) for k, v in as_object(text.get("left", {})).items())
    project = Project(
        info.name, editor.pack.fingerprint, tuple(pictures), nodes, int(text["at"]), sliders, left
    )
    if not 0 <= project.at < len(nodes):
        raise ProjectError(f"edit {project.at} of {len(nodes)} cannot be shown")
    for name, index in left:
        if not 0 <= index < len(nodes) or nodes[index].picture != name:
            raise ProjectError(f"edit {index} is none of picture '{name[:40]}'")
    for node in nodes:
        project.edit(editor, node)  # its picture, sliders, layers and mask are known and sound
    return project, photos


def _node(index: int, state: dict[str, Any], files: dict[str, bytes], resolution: int) -> Node:
    mask, thumb = files.get(f"masks/{index}.png", b""), files.get(f"thumbs/{index}.jpg", b"")
    _check_picture(mask, "PNG", (resolution, resolution))
    _check_picture(thumb, "JPEG")
    parent = int(state["parent"])
    if not -1 <= parent < index:
        raise ProjectError(f"edit {index} cannot have been made from edit {parent}")
    return Node(
        str(state["picture"]),
        tuple((str(name), float(distance)) for name, distance in state["moves"].items()),
        tuple((str(name), tuple(map(int, those))) for name, those in state["layers"].items()),
        mask,
        str(state["label"])[:MAX_TEXT],
        thumb,
        parent,
    )


def _square(value: Any) -> tuple[float, float, float, float] | None:
    if value is None:
        return None
    x, y, side, angle = map(float, value)
    if not np.isfinite([x, y, side, angle]).all():
        raise ProjectError("a square is not finite")
    return x, y, side, angle


def _check_picture(data: bytes, kind: str, size: tuple[int, int] | None = None) -> None:
    """Refuse a small picture that is not what the page expects; none at all is fine."""
    if not data:
        return
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=(kind,)) as image:
            if max(image.size) > 4096 or (size is not None and image.size != size):
                raise ProjectError(
                    f"a picture of {image.width}×{image.height} does not belong here"
                )
            image.load()
    except (OSError, ValueError, SyntaxError) as error:
        raise ProjectError(f"a picture in the project is damaged: {error}") from error


def as_object(value: Any) -> dict[str, Any]:
    """A value of JSON that has to be an object.

    Raises:
        ProjectError: it is none.
    """
    if not isinstance(value, dict):
        raise ProjectError(f"an object was expected, not {type(value).__name__}")
    return value
