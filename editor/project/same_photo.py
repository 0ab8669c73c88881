"""Several pictures of one photo: the faces of a group, each with edits of its own."""

from __future__ import annotations

from editor.editing.edit import Edit
from editor.photo.crop import Crop
from editor.project.history import Project
from editor.project.nodes import Picture
from editor.session import Editor

MOST = 8  # pictures of a photo that are laid into it together
NEAR = 0.25  # of the larger side: centres so near to each other are of one place
LEAST = 0.5  # of the larger side, from which the smaller square is about as large


def is_same(first: Crop, second: Crop) -> bool:
    """Return whether two squares of a photo are about the same place."""
    side = max(first.side, second.side)
    away = max(abs(first.x - second.x), abs(first.y - second.y))
    return away < NEAR * side and min(first.side, second.side) > LEAST * side


def of_same_photo(project: Project, shown: Picture) -> list[Picture]:
    """Return the other pictures of a picture's photo, of each place the newest."""
    if not shown.photo or shown.crop is None:
        return []
    places, found = [shown.crop], []
    for picture in reversed(project.pictures):
        if picture.photo != shown.photo or picture.crop is None or picture.id == shown.id:
            continue
        if not any(is_same(place, picture.crop) for place in places):
            places.append(picture.crop)
            found.append(picture)
    return found[: MOST - 1]


def edits_beside(project: Project, editor: Editor, shown: Picture) -> list[tuple[Edit, Crop]]:
    """Return the edits of the other pictures of a photo that change it, with their squares.

    Args:
        project: whose pictures.
        editor: of its domain.
        shown: one of its pictures.
    """
    found = []
    for picture in of_same_photo(project, shown):
        edit = project.edit(editor, project.latest(picture.id))
        if edit.changed and picture.crop is not None:
            found.append((edit, picture.crop))
    return found
