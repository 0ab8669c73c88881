"""A photo turned by quarters, with everything that was made of it."""

from __future__ import annotations

from dataclasses import replace

from editor.errors import OptionError
from editor.photo.quarters import turned_crop
from editor.project.history import Project
from editor.project.nodes import Picture

TURNED = "turned"  # label of the step


def turn_photo(
    project: Project, old: str, photo: str, small: bytes, quarters: int
) -> tuple[Project, dict[str, str]]:
    """Turn the photo of the shown picture, and the squares of all pictures that are of it.

    Codes, sliders and painted parts belong to squares, and stay. Undo goes back to the photo as it
    lay. A step that did nothing but turn is replaced, so that four turns are no step more than one.

    Args:
        project: whose shown picture.
        old: path of the photo, which the shown picture has.
        photo: path of the turned one.
        small: of it, as `Picture.small`.
        quarters: clockwise.

    Returns:
        The project, and the new ids of pictures by the old.

    Raises:
        OptionError: the shown picture has no photo or another one, or there are too many pictures.
    """
    shown = project.shown
    if shown is None or not shown.photo or shown.crop is None:
        raise OptionError("there is no photo to turn; open one")
    if shown.photo != old:
        raise OptionError("another photo is shown than the one to turn")

    def turned(picture: Picture) -> Picture:
        assert picture.crop is not None
        return replace(picture, photo=photo, crop=turned_crop(picture.crop, quarters), small=small)

    of_photo = [p for p in project.pictures if p.photo == shown.photo and p.crop is not None]
    if all(_only_turned(project, p) for p in of_photo):
        for picture in of_photo:
            project = project.amend(turned(picture))
        return project, {p.id: p.id for p in of_photo}
    at, names = project.at, {}
    for picture in sorted(of_photo, key=lambda p: p is shown):  # the shown one last
        latest, own = project.latest(picture.id), picture is shown
        names[picture.id] = project.free_id()
        made = replace(turned(picture), id=names[picture.id])
        project = project.add(made, TURNED, latest.thumb, own, at if own else -1)
        first = replace(
            project.nodes[-1], moves=latest.moves, layers=latest.layers, mask=latest.mask
        )
        project = replace(project, nodes=(*project.nodes[:-1], first))
    return project, names


def _only_turned(project: Project, picture: Picture) -> bool:
    """Return whether nothing was done with a picture since its photo was turned."""
    return [node.label for node in project.nodes if node.picture == picture.id] == [TURNED]
