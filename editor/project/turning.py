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

    Codes, sliders and painted parts belong to squares, and stay. Undo of any of them goes back to the
    photo as it lay. A step that did nothing but turn is replaced, so that four turns are no step more than one.

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
    names = {}
    for picture in sorted(of_photo, key=lambda p: p is shown):  # the shown one last
        latest, own = project.latest(picture.id), picture is shown
        names[picture.id] = project.free_id()
        made = replace(turned(picture), id=names[picture.id])
        project = project.add(made, TURNED, latest.thumb, own, project.last(picture.id))
        first = replace(
            project.nodes[-1], moves=latest.moves, layers=latest.layers, mask=latest.mask
        )
        project = replace(project, nodes=(*project.nodes[:-1], first))
    return project, names


def standing(project: Project) -> tuple[Picture, ...]:
    """Return the pictures without those that stand for another as its photo lay before a turn, or after it.

    Of all that a turn made of one picture, that stands whose photo was shown last.
    """
    sources = _sources(project)
    if not sources:
        return project.pictures
    order = [name for name, _ in project.left]  # of leaving
    seen = {name: place for place, name in enumerate(order)}
    if project.shown is not None:
        seen[project.shown.id] = len(order)
    groups: dict[str, list[Picture]] = {}
    for picture in project.pictures:
        groups.setdefault(_root(sources, picture.id), []).append(picture)
    stay = set()
    for group in groups.values():
        photos = {one.photo for one in group}
        beside = (
            [one for one in project.pictures if one.photo in photos] if len(group) > 1 else group
        )
        photo = max(beside, key=lambda one: seen.get(one.id, -1)).photo
        of_photo = [one for one in group if one.photo == photo] or group
        stay.add(max(of_photo, key=lambda one: seen.get(one.id, -1)).id)
    return tuple(picture for picture in project.pictures if picture.id in stay)


def versions(project: Project, name: str) -> set[str]:
    """Return the ids of a picture and of what it is with its photo turned, or as that lay before."""
    sources = _sources(project)
    root = _root(sources, name)
    return {one.id for one in project.pictures if _root(sources, one.id) == root}


def _sources(project: Project) -> dict[str, str]:
    """Return the ids of pictures that a turn made, each with that of which it was made."""
    first = {node.picture: node for node in reversed(project.nodes)}
    made = {name: node for name, node in first.items() if node.label == TURNED and node.parent >= 0}
    of = {name: project.nodes[node.parent].picture for name, node in made.items()}
    return {name: source for name, source in of.items() if source != name}


def _root(sources: dict[str, str], name: str) -> str:
    while name in sources:  # a node is younger than its parent, so that this ends
        name = sources[name]
    return name


def _only_turned(project: Project, picture: Picture) -> bool:
    """Return whether nothing was done with a picture since its photo was turned."""
    return [node.label for node in project.nodes if node.picture == picture.id] == [TURNED]
