"""What a project file says, made into a project; every value is checked."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from PIL import Image

from editor.editing.edit import Edit
from editor.errors import ProjectError
from editor.files import plain_text
from editor.layers import MAX_LAYERS
from editor.media.headers import check_headers
from editor.photo.crop import Crop
from editor.project.history import MAX_NODES, MAX_PICTURES, Project
from editor.project.nodes import Node, Picture
from editor.project.pixels import SMALL_PX, read_mask
from editor.project.turning import TURNED
from editor.session import Editor
from editor.sliders.boundary import Boundary
from editor.sliders.boundary_file import read_boundary, with_hyperplane

MAX_SLIDERS = 100
MAX_TEXT = 200
MAX_LOSSES = 100
MAX_THUMB_PX = 256  # four times what is written


def check_domain(text: dict[str, Any], editor: Editor) -> None:
    """Refuse a project of another domain, or of another version of it.

    Raises:
        ProjectError: it is.
        KeyError: it does not say.
    """
    domain, generator = as_text(text["domain"]), as_text(text["generator"])
    if domain != editor.info.name:
        raise ProjectError(
            f"the project was made in domain '{domain}', but '{editor.info.name}' is open; "
            f"choose '{domain}' first"
        )
    if generator != editor.engine.fingerprint:
        raise ProjectError(
            f"the project was made with another version of '{domain}', in which its pictures "
            f"would differ. Put that version of the pack back, or invert the photos again"
        )


def from_schema_1(
    text: dict[str, Any], tensors: dict[str, torch.Tensor], files: dict[str, bytes]
) -> tuple[dict[str, Any], dict[str, torch.Tensor], dict[str, bytes]]:
    """Give the parts of a project of schema 1 the names of schema 2.

    Raises:
        ProjectError, LookupError, TypeError: something is missing, or of another type.
    """
    pictures = [as_object(entry) for entry in text["pictures"]]
    for entry in pictures:
        entry["crop"] = entry.pop("square")

    def renamed(name: str, old: str, new: str) -> str:
        return new + name.removeprefix(old) if name.startswith(old) else name

    return (
        {**text, "pictures": pictures},
        {renamed(name, "code/", "wp/"): tensor for name, tensor in tensors.items()},
        {renamed(name, "before/", "aligned/"): data for name, data in files.items()},
    )


def parse_project(
    text: dict[str, Any], tensors: dict[str, torch.Tensor], files: dict[str, bytes], editor: Editor
) -> tuple[Project, dict[str, str]]:
    """Return the project without its photos' places, and the names of the photos by picture.

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
    sliders = _sliders(text["sliders"], tensors, editor)
    small = _Pictures(info.resolution)
    pictures: dict[str, Picture] = {}
    photos: dict[str, str] = {}
    for entry in map(as_object, entries):
        picture = _picture(entry, tensors, files, editor, small)
        if picture.id in pictures:
            raise ProjectError(f"'{picture.id}' is the id of two pictures")
        pictures[picture.id] = picture
        if entry["photo"] is not None:
            photos[picture.id] = str(entry["photo"])
    nodes = _of_own_pictures(
        [_node(i, as_object(state), files, small) for i, state in enumerate(states)], pictures
    )
    left = tuple((str(k), int(v)) for k, v in as_object(text.get("left", {})).items())
    those, generator = tuple(pictures.values()), editor.engine.fingerprint
    project = Project(info.name, generator, those, nodes, int(text["at"]), sliders, left)
    if not 0 <= project.at < len(nodes):
        raise ProjectError(f"edit {project.at} of {len(nodes)} cannot be shown")
    for name, index in left:
        if not 0 <= index < len(nodes) or nodes[index].picture != name:
            raise ProjectError(f"edit {index} is none of picture '{name[:40]}'")
    _check_nodes(project, editor)
    return project, photos


def _sliders(said: Any, tensors: dict[str, torch.Tensor], editor: Editor) -> tuple[Boundary, ...]:
    entries = list(said)
    if len(entries) > MAX_SLIDERS:
        raise ProjectError(f"{len(entries)} sliders are too many; a project holds {MAX_SLIDERS}")
    pack, found = editor.info, {}
    for one in map(as_object, entries):
        slider = read_boundary(
            one,
            tensors,
            pack.name,
            pack.num_ws,
            pack.w_dim,
            editor.engine.fingerprint,
            f"slider/{one['name']}",
        )
        if slider.info.name in found:
            raise ProjectError(f"there are two sliders '{slider.info.name}'")
        plane = tensors.get(f"hyperplane/{slider.info.name}")
        found[slider.info.name] = with_hyperplane(slider, plane)
    return tuple(found.values())


def _picture(
    entry: dict[str, Any],
    tensors: dict[str, torch.Tensor],
    files: dict[str, bytes],
    editor: Editor,
    small: _Pictures,
) -> Picture:
    name = str(entry["id"])
    if not re.fullmatch(r"[A-Za-z0-9_]{1,32}", name):
        raise ProjectError(f"'{as_text(name)[:40]}' is no id of a picture")
    aligned = files.get(f"aligned/{name}.png", b"")
    small.check_square(aligned)
    base = tensors.get(f"base/{name}")
    losses = as_object(entry["losses"])
    if len(losses) > MAX_LOSSES:
        raise ProjectError(f"picture '{name}' has {len(losses)} losses")
    return Picture(
        name,
        as_text(entry["name"]),
        editor.edit(tensors[f"wp/{name}"]).wp.numpy(),
        tuple((as_text(k), float(v)) for k, v in losses.items() if math.isfinite(float(v))),
        crop=_crop(entry["crop"]),
        aligned=aligned,
        base=None if base is None else editor.edit(base).wp.numpy(),
        grey=entry.get("grey") is True,
    )


def _node(index: int, state: dict[str, Any], files: dict[str, bytes], small: _Pictures) -> Node:
    mask, thumb = files.get(f"masks/{index}.png", b""), files.get(f"thumbs/{index}.jpg", b"")
    small.check_square(mask)
    small.check_jpeg(thumb, MAX_THUMB_PX)
    parent = int(state["parent"])
    if not -1 <= parent < index:
        raise ProjectError(f"edit {index} cannot have been made from edit {parent}")
    return Node(
        str(state["picture"]),
        tuple((str(name), float(distance)) for name, distance in state["moves"].items()),
        tuple((str(name), _layers(those)) for name, those in state["layers"].items()),
        mask,
        as_text(state["label"]),
        thumb,
        parent,
    )


def _of_own_pictures(nodes: list[Node], pictures: Mapping[str, Picture]) -> tuple[Node, ...]:
    """Return nodes that were made from nodes of their own pictures.

    Older files say of a photo that it was made from what was shown when it was read. What was made of
    another picture, and says so by its base or as a turn, keeps that.
    """
    own: list[Node] = []
    newest: dict[str, int] = {}
    for index, node in enumerate(nodes):
        picture = pictures.get(node.picture)
        if node.parent >= 0 and nodes[node.parent].picture != node.picture:
            made = picture is not None and (picture.base is not None or node.label == TURNED)
            node = (
                node
                if made and node.picture not in newest
                else replace(node, parent=newest.get(node.picture, -1))
            )
        own.append(node)
        newest[node.picture] = index
    return tuple(own)


def _layers(said: Any) -> tuple[int, ...]:
    if len(said) > MAX_LAYERS:
        raise ProjectError(f"{len(said)} layers are more than any domain has")
    return tuple(map(int, said))


def _crop(value: Any) -> Crop | None:
    if value is None:
        return None
    x, y, side, angle = map(float, value)
    return Crop(x, y, side, angle)


def _check_nodes(project: Project, editor: Editor) -> None:
    """Refuse a node whose picture, slider, distance, layer or mask is not known or not sound."""
    sliders = editor.sliders.with_own(project.sliders)
    edits = {one.id: Edit(sliders, torch.from_numpy(one.wp)) for one in project.pictures}
    masks: set[bytes] = set()
    for node in project.nodes:
        edit = edits.get(node.picture)
        if edit is None:
            raise ProjectError(f"there is no picture '{as_text(node.picture)[:40]}'")
        replace(node, mask=b"").on(edit)
        if node.mask and node.mask not in masks:
            edit.inside(read_mask(node.mask))
            masks.add(node.mask)


class _Pictures:
    """Refuses the small pictures of a project that are not what the page expects; none at all is fine.

    Each is decoded once, though many edits have it.
    """

    def __init__(self, resolution: int) -> None:
        self.resolution = resolution
        self.known: set[tuple[bytes, str]] = set()

    def check_square(self, data: bytes) -> None:
        """Check that the bytes are a PNG of the domain's size."""
        self._check(data, "PNG", lambda size: size == (self.resolution, self.resolution))

    def check_jpeg(self, data: bytes, most_px: int) -> None:
        """Check that the bytes are a JPEG of at most so many px a side."""
        self._check(data, "JPEG", lambda size: max(size) <= most_px)

    def _check(self, data: bytes, kind: str, fits: Callable[[tuple[int, int]], bool]) -> None:
        if not data or (data, kind) in self.known:
            return
        check_headers(data, "a picture in the project")
        try:
            with Image.open(io.BytesIO(data), formats=(kind,)) as image:
                if not fits(image.size):
                    raise ProjectError(
                        f"a picture of {image.width}×{image.height} does not belong here"
                    )
                image.load()
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise ProjectError(f"a picture in the project is damaged: {error}") from error
        self.known.add((data, kind))


def check_small(files: dict[str, bytes]) -> None:
    """Refuse small copies of photos that are not small JPEGs.

    Raises:
        ProjectError: one is.
    """
    small = _Pictures(0)
    for name, data in files.items():
        if name.startswith("small/"):
            small.check_jpeg(data, SMALL_PX)


def as_text(value: Any) -> str:
    """Turn a value of JSON into a text that can be shown and saved, cut to 200 characters."""
    return plain_text(str(value)[:MAX_TEXT])


def as_object(value: Any) -> dict[str, Any]:
    """Return a value of JSON that has to be an object.

    Raises:
        ProjectError: it is none.
    """
    if not isinstance(value, dict):
        raise ProjectError(f"an object was expected, not {type(value).__name__}")
    return value
