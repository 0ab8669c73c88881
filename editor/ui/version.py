"""A text that changes with what a picture is made of, so that no answer is taken for another's."""

from __future__ import annotations

import hashlib

from editor.project.history import Project
from editor.project.nodes import Node


def version_of(project: Project, node: Node) -> str:
    """Return a short text that changes with the code, base and painted part of a node's picture."""
    picture = project.picture(node.picture)
    digest = hashlib.sha256(picture.wp.tobytes())
    for part in (b"" if picture.base is None else picture.base.tobytes(), node.mask):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:16]
