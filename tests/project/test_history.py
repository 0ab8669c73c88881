"""The tree of edits."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from editor.errors import OptionError
from editor.project.history import MAX_NODES, MAX_PICTURES, Project
from editor.project.nodes import Node, Picture, describe
from editor.project.pixels import mask_png, read_mask
from editor.sliders.boundary import Boundary, BoundaryInfo


def _with(editor, *names: str) -> Project:
    project = Project.new(editor)
    for index, name in enumerate(names):
        project = project.add(Picture(name, name, editor.sample(index).wp.numpy()), "made")
    return project


def _moved(project: Project, distance: float) -> Project:
    return project.commit(Node(project.node.picture, (("smile", distance),)))


def test_undo_goes_back_to_the_first_and_redo_returns(tiny) -> None:
    project = _with(tiny, "a")
    assert project.undo() is project
    twice = _moved(_moved(project, 1.0), 2.0)
    back = twice.undo().undo()
    assert back.node.moves == ()
    assert back.undo() is back
    assert back.redo().redo().node.moves == (("smile", 2.0),)
    assert twice.redo() is twice


def test_an_edit_after_undo_keeps_what_was_undone(tiny) -> None:
    project = _moved(_with(tiny, "a"), 1.0)
    other = _moved(project.undo(), -1.0)
    assert [node.moves for node in other.nodes] == [(), (("smile", 1.0),), (("smile", -1.0),)]
    assert other.go(1).undo().at == 0
    assert other.undo().redo().at == 2, "redo follows the newest branch"


def test_undo_and_redo_stay_with_a_photo(tiny) -> None:
    project = _moved(_with(tiny, "a"), 1.0)
    beside = project.add(Picture("b", "b", tiny.sample(5).wp.numpy()), "made", shown=False)
    assert beside.node is project.node
    assert beside.redo() is beside, "a face that was read meanwhile is no step of this one"
    assert beside.last("b") == 2
    shown = beside.go(2)
    assert shown.undo() is shown, "nor is the example before a photo"
    assert shown.go(1).put(Node("b", (("smile", 3.0),))).last("b") == 3


def test_undo_goes_back_to_what_a_picture_was_made_of(tiny) -> None:
    project = _moved(_with(tiny, "a"), 1.0)
    mixed = project.add(Picture("b", "b", tiny.sample(5).wp.numpy()), "mixed", parent=project.at)
    assert mixed.undo().node is project.node
    assert mixed.undo().redo().shown.id == "b"


def test_a_node_of_another_picture_leaves_what_is_shown(tiny) -> None:
    project = _moved(_with(tiny, "a", "b"), 1.0)
    given = project.put(Node("a", (("smile", 2.0),)))
    assert given.node is project.node
    assert given.latest("a").moves == (("smile", 2.0),)
    assert given.nodes[3].parent == 0
    assert given.go(3).undo().at == 0
    here = given.put(Node("b", (("smile", 3.0),)))
    assert here.node.moves == (("smile", 3.0),), "of the shown picture it is shown"
    for _ in range(MAX_NODES + 5):
        given = given.put(Node("a", (("age", 1.0),)))
    assert len(given.nodes) == MAX_NODES
    assert given.node.moves == project.node.moves
    assert given.node.picture == "b"
    assert given.latest("a").moves == (("age", 1.0),)


def test_go_outside_is_refused(tiny) -> None:
    project = _with(tiny, "a")
    for index in (-1, 1, 99):
        with pytest.raises(OptionError, match="history"):
            project.go(index)


def test_amend_changes_the_shown_node_alone(tiny) -> None:
    project = _with(tiny, "a", "b")
    code = tiny.sample(9).wp.numpy()
    amended = project.amend(Picture("b", "b", code), b"preview")
    assert len(amended.nodes) == 2
    assert amended.at == 1
    assert amended.nodes[1].parent == -1
    assert np.array_equal(amended.shown.wp, code)
    assert amended.pictures[0] is project.pictures[0]


def test_a_picture_stands_where_it_was_left(tiny) -> None:
    project = _moved(_with(tiny, "a"), 1.0).undo()
    project = project.add(Picture("b", "b", tiny.sample(5).wp.numpy()), "made")
    assert project.last("a") == 0, "what was undone came back"
    again = project.go(1)
    assert (again.last("a"), again.last("b")) == (1, 2)
    assert again.go(2).last("a") == 1
    assert again.left == (("b", 2),)
    left = project.remove({"b"})
    assert left.left == ()
    assert left.last("a") == left.at == 0


def test_removing_a_picture_joins_its_neighbours(tiny) -> None:
    project = _moved(_with(tiny, "a", "b", "c"), 1.0)
    left = project.remove({"b"})
    assert [node.picture for node in left.nodes] == ["a", "c", "c"]
    assert [node.parent for node in left.nodes] == [-1, -1, 1]
    assert left.at == 2
    assert left.remove({"c"}).shown.id == "a"
    with pytest.raises(OptionError, match="one picture"):
        left.remove({"a", "c"})
    with pytest.raises(OptionError, match="no picture"):
        left.picture("b")


def test_the_history_is_bounded_and_keeps_every_picture(tiny) -> None:
    project = _with(tiny, "a", "b")
    for i in range(MAX_NODES + 20):
        project = _moved(project, float(i + 1))
    assert len(project.nodes) == MAX_NODES
    assert {node.picture for node in project.nodes} == {"a", "b"}
    assert project.node.moves == (("smile", float(MAX_NODES + 20)),)
    steps = 0
    while (back := project.undo()) is not project:
        project, steps = back, steps + 1
    assert steps == MAX_NODES - 2, "all but the other picture's"


def test_too_many_pictures_are_refused(tiny) -> None:
    project = _with(tiny, *(f"p{i}" for i in range(MAX_PICTURES)))
    with pytest.raises(OptionError, match="remove some"):
        project.add(Picture("more", "more", project.pictures[0].wp), "made")


def test_free_id_is_free_after_a_removal(tiny) -> None:
    project = _with(tiny, "p1", "p2", "p3").remove({"p1"})
    assert project.free_id() not in {"p2", "p3"}


def test_edit_applies_moves_layers_and_own_sliders(tiny) -> None:
    normal = torch.zeros(tiny.info.num_ws, tiny.info.w_dim)
    normal[:, 3] = 1.0
    info = BoundaryInfo("mine", "mine", "Other", "tiny", (0, 1), (-1.0, 1.0))
    project = Project("tiny", tiny.engine.fingerprint, sliders=(Boundary(info, normal),)).add(
        Picture("a", "a", np.zeros((tiny.info.num_ws, tiny.info.w_dim), np.float32)), "made"
    )
    project = project.commit(Node("a", (("mine", 2.0), ("smile", 1.0)), (("mine", (4,)),)))
    code = project.edit(tiny).wp_edited
    assert code[4, 3] == 2.0
    assert code[0, 3] == 0.0
    assert code[0, 0] == 1.0, "the domain's own slider"
    assert "mine" not in tiny.boundaries, "the domain's sliders are everyone's"
    with pytest.raises(OptionError, match="no picture"):
        Project.new(tiny).edit(tiny)


def test_masks_survive_as_png() -> None:
    mask = torch.linspace(0, 1, 256).reshape(16, 16)
    assert torch.allclose(read_mask(mask_png(mask)), mask, atol=1 / 500)


@pytest.mark.parametrize(
    ("before", "now", "text"),
    [
        ((), (("smile", 2.0),), "smile +2.0"),
        ((("smile", 2.0),), (), "reset"),
        ((), (), "same"),
        (
            (("mouth_open", 1.0),),
            (("mouth_open", -0.5), ("age", 1.0)),
            "mouth open -0.5 and 1 more",
        ),
    ],
)
def test_describe(before, now, text) -> None:
    assert describe(before, now) == text
