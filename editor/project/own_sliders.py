"""Removal of a slider of a project's own from all its edits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from editor.project.history import Project
from editor.project.pixels import thumbnail
from editor.session import Editor


def remove_slider(project: Project, editor: Editor, name: str) -> Iterator[Project]:
    """Remove one of the project's own sliders. Yield the project after each thumb made again.

    The last that comes is whole: `*_, project = remove_slider(project, editor, "mine")`. Where the
    domain has the same slider by now, as after saving it for everyone, no edit changes.

    Args:
        project: whose slider.
        editor: of the domain, without the project's own sliders.
        name: of the slider.

    Raises:
        OptionError: it is not one of the project's own.
    """
    same, own = editor.boundaries.get(name), {b.info.name: b for b in project.sliders}
    keep = (
        same is not None
        and name in own
        and same.info.layers == own[name].info.layers
        and torch.equal(same.normal, own[name].normal)
    )
    project = project.without_slider(name, keep)
    yield project
    for index, node in enumerate(project.nodes):
        if not node.thumb:
            made = replace(node, thumb=thumbnail(editor.render(project.edit(editor, node))))
            nodes = (*project.nodes[:index], made, *project.nodes[index + 1 :])
            project = replace(project, nodes=nodes)
            yield project


def changed_edits(before: Project, after: Project) -> int:
    """Count the edits that have other sliders after `remove_slider`."""
    pairs = zip(before.nodes, after.nodes, strict=True)
    return sum(old.moves != new.moves for old, new in pairs)
