"""What a picture is made of before its sliders move, as a short text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from editor import Editor
from editor.errors import OptionError
from editor.project.actions import add_edit
from editor.project.history import Project
from editor.project.nodes import Node
from editor.project.pixels import mask_png
from editor.project.version import version_of
from editor.sliders.boundary import Boundary


@pytest.fixture
def project(tiny: Editor) -> Project:
    return add_edit(Project.new(tiny), tiny, tiny.sample(0), "One", label="")


def test_it_changes_with_what_the_picture_is_made_of(tiny: Editor, project: Project) -> None:
    node, picture = project.nodes[0], project.pictures[0]
    half = torch.zeros(16, 16)
    half[:8] = 1.0
    slider = tiny.boundaries["smile"]
    other = Boundary(replace(slider.info, name="other"), slider.normal)
    elsewhere = Boundary(replace(other.info, layers=(0,)), slider.normal)
    turned = Boundary(other.info, -slider.normal)

    def with_picture(**changes: object) -> tuple[Project, Node]:
        return project.amend(replace(picture, **changes)), node

    made = {
        "as it was": (project, node),
        "code": with_picture(wp=picture.wp + np.float32(1e-6)),
        "base": with_picture(base=picture.wp),
        "mask": (project, replace(node, mask=mask_png(half))),
        "another mask": (project, replace(node, mask=mask_png(1 - half))),
        "own slider": (replace(project, sliders=(other,)), node),
        "the same name, on other layers": (replace(project, sliders=(elsewhere,)), node),
        "the same name, turned": (replace(project, sliders=(turned,)), node),
        "generator": (replace(project, generator="another"), node),
    }
    versions = {name: version_of(*pair) for name, pair in made.items()}
    assert len(set(versions.values())) == len(made), versions
    assert all(len(one) == 16 and one.isalnum() for one in versions.values())


def test_it_stays_with_moves_names_and_place(project: Project) -> None:
    node, picture = project.nodes[0], project.pictures[0]
    version = version_of(project, node)
    moved = replace(node, moves=(("smile", 1.0),), layers=(("smile", (1,)),), label="x", parent=0)
    assert version_of(project, moved) == version
    renamed = project.amend(replace(picture, name="Two", losses=(("pix", 0.1),)))
    assert version_of(renamed, node) == version
    with pytest.raises(OptionError, match="no picture"):
        version_of(project, replace(node, picture="p9"))
