"""What faces of one photo are called in lists."""

from __future__ import annotations

from collections.abc import Iterable

from editor.project.nodes import Picture


def listed_names(pictures: Iterable[Picture]) -> dict[str, str]:
    """Return what a list calls pictures, by id: faces of one photo that share a name are numbered.

    The numbers go from left to right, as the page counts faces. Pictures keep their own names.
    """
    pictures = tuple(pictures)
    names = {one.id: one.name for one in pictures}
    groups: dict[tuple[str, str], list[tuple[float, float, str]]] = {}
    for one in pictures:
        if one.photo and one.crop is not None:
            group = groups.setdefault((one.photo, one.name), [])
            group.append((one.crop.x, one.crop.y, one.id))
    for (_, name), group in groups.items():
        if len(group) > 1:
            names |= {key: f"{name} {n}" for n, (_, _, key) in enumerate(sorted(group), start=1)}
    return names
