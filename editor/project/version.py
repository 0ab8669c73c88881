"""A short text that says whether a picture is still the same before its sliders move."""

from __future__ import annotations

import hashlib

import numpy as np

from editor.project.history import Project
from editor.project.nodes import Node


def version_of(project: Project, node: Node) -> str:
    """Return a text that changes with all that a node's picture is made of, but for moves and layers.

    These are the generator, the picture's codes, the painted part, and what the project's own
    sliders do. Where the text is the same, the same moves give the same picture.

    Args:
        project: of the node.
        node: whose picture.

    Raises:
        OptionError: the node's picture is not in the project.
    """
    picture = project.picture(node.picture)
    made = hashlib.blake2b(digest_size=8)
    own = [
        part
        for one in project.sliders
        for part in (one.info.name, repr(tuple(one.info.layers)), one.normal.numpy())
    ]
    for part in (project.generator, picture.wp, picture.base, node.mask, *own):
        data = _bytes(part)
        made.update(len(data).to_bytes(8, "little"))
        made.update(data)
    return made.hexdigest()


def _bytes(part: str | bytes | np.ndarray | None) -> bytes:
    if isinstance(part, str):
        return part.encode()
    if isinstance(part, np.ndarray):
        return np.ascontiguousarray(part).tobytes()
    return part or b""
