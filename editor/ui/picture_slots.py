"""Pictures that a tool was given from the filmstrip: read from the page, and shown to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from editor.errors import OptionError
from editor.project.history import Project
from editor.ui.component_values import MAX_ID
from editor.ui.data_uris import jpeg_uri
from editor.ui.page_values import NUMBER

SLOT = {"picture": str, "node": NUMBER}  # shape of what the page sends, see `read_record`
MAX_GIVEN = 200  # slots that are looked at, of those that a page sends


def node_of(project: Project, slot: dict[str, Any] | None) -> int | None:
    """Return the index of the edit that a slot means. None where the picture is gone.

    A slot names a picture, and may name one of its edits; else the picture is meant as it stands.
    """
    name = str((slot or {}).get("picture") or "")[:MAX_ID]
    if name not in {picture.id for picture in project.pictures}:
        return None
    asked = (slot or {}).get("node")
    index = int(asked) if asked is not None and math.isfinite(asked) else -1
    there = 0 <= index < len(project.nodes) and project.nodes[index].picture == name
    return index if there else project.last(name)


def nodes_of(
    project: Project, slots: Sequence[dict[str, Any]] | None, most: int, twice: bool = False
) -> list[int]:
    """Return the indices of the edits that slots mean, without those that are gone.

    Args:
        project: whose pictures.
        slots: as the page sends them.
        most: so many at most.
        twice: one edit may stand in several slots.
    """
    found = [node_of(project, slot) for slot in (slots or [])[:MAX_GIVEN]]
    there = [index for index in found if index is not None]
    return (there if twice else list(dict.fromkeys(there)))[:most]


def shown_node(project: Project) -> int:
    """Return the index of the edit that is shown.

    Raises:
        OptionError: nothing is shown.
    """
    if project.node is None:
        raise OptionError("there is no picture yet; open a photo first")
    return project.at


def slot_value(project: Project, index: int) -> dict[str, Any]:
    """Return what a slot shows of an edit: {"picture", "node", "name", "src": data URI}."""
    node = project.nodes[index]
    name = project.picture(node.picture).name
    return {"picture": node.picture, "node": index, "name": name, "src": jpeg_uri(node.thumb)}


def slot_values(project: Project, indices: Sequence[int]) -> list[dict[str, Any]]:
    """Return `slot_value` of each."""
    return [slot_value(project, index) for index in indices]
