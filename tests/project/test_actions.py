"""What the page and the command line do to a project."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editor import Crop
from editor.errors import ImageError, OptionError
from editor.media.images import load_image
from editor.project.actions import (
    add_edit,
    commit_edit,
    compare,
    give_sliders,
    move_sliders,
    outline,
    result,
    whole_photo,
)
from editor.project.file import save_project, unpacked
from editor.project.history import Project
from editor.project.own_sliders import changed_edits, remove_slider
from editor.project.pixels import thumbnail
from editor.sliders.boundary import Boundary, BoundaryInfo
from tests.conftest import with_own


@pytest.fixture
def photo(tmp_path: Path, tiny) -> Path:
    path = tmp_path / "photo.jpg"
    tiny.example(3).resize((40, 32)).save(path)
    return path


@pytest.fixture
def project(tiny) -> Project:
    """Three generated pictures: p1, p2, p3."""
    made = Project.new(tiny)
    for index, name in enumerate("abc"):
        made = add_edit(made, tiny, tiny.sample(index), name, label="made")
    return made


def _slider(tiny, name: str = "mine") -> Boundary:
    normal = torch.zeros(tiny.info.num_ws, tiny.info.w_dim)
    normal[:, 3] = 1.0
    return Boundary(BoundaryInfo(name, name, "Other", "tiny", (0, 1), (-1.0, 1.0)), normal)


def test_an_inverted_photo_becomes_a_picture(tiny, photo: Path) -> None:
    crop = Crop(0.5, 0.5, 0.8, 3.0)
    edit = tiny.invert(photo, crop, replace(tiny.engine.inversion, steps=1)).move(smile=2.0)
    made = add_edit(Project.new(tiny), tiny, edit.inside(torch.ones(16, 16)), "x" * 99, str(photo))
    (picture,) = made.pictures
    assert (picture.id, picture.name, picture.photo) == ("p1", "x" * 60, str(photo))
    assert picture.crop == Crop(0.5, 0.5, 0.8, 3.0)
    assert picture.losses == edit.losses
    assert [(n.label, n.moves, bool(n.mask)) for n in made.nodes] == [
        ("inverted", (), False),
        ("smile +2.0", (("smile", 2.0),), True),
    ]
    assert made.nodes[0].thumb == thumbnail(tiny.reconstruction(edit))
    assert made.nodes[1].thumb == thumbnail(tiny.render(edit))
    saved = result(made, tiny, "p1")
    assert saved.source.kind == "JPEG"
    assert np.array_equal(np.asarray(saved.pixels), np.asarray(tiny.paste(edit, "difference")))
    before = Image.open(io.BytesIO(picture.aligned))
    assert np.array_equal(np.asarray(before), np.asarray(tiny.align(photo, crop)))
    photo.unlink()
    with pytest.raises(ImageError, match="give it again"):
        result(made, tiny, "p1")


def test_a_generated_picture_has_no_photo(tiny, project: Project) -> None:
    assert project.pictures[0].photo == ""
    saved = result(project, tiny, "p1")
    assert saved.source.kind == "PNG"
    assert np.array_equal(np.asarray(saved.pixels), np.asarray(tiny.render(tiny.sample(0))))
    with pytest.raises(ImageError, match="generated"):
        whole_photo(tiny, tiny.sample(0), project.pictures[0])


def test_sliders_are_set_on_the_picture_as_it_stands(tiny, project: Project) -> None:
    once = move_sliders(project, tiny, "p1", {"smile": 2.0})
    assert once.node.parent == 0, "made from its own last edit"
    assert once.node.thumb == thumbnail(tiny.render(tiny.sample(0).move(smile=2.0)))
    twice = move_sliders(once, tiny, "p1", {"age": 1.0})
    assert dict(twice.node.moves) == {"smile": 2.0, "age": 1.0}
    assert dict(move_sliders(twice, tiny, "p1", {}, reset=True).node.moves) == {}
    assert dict(move_sliders(twice.undo(), tiny, "p1", {"age": 3.0}).node.moves) == {
        "smile": 2.0,
        "age": 3.0,
    }
    assert move_sliders(twice, tiny, "p1", {"age": 1.0}) is twice, "nothing changed"
    for name, moves in (("p9", {}), ("p1", {"nose": 1.0}), ("p1", {"age": float("inf")})):
        with pytest.raises(OptionError):
            move_sliders(twice, tiny, name, moves)


def test_sliders_are_given_to_others(tiny, project: Project) -> None:
    shown = move_sliders(project, tiny, "p2", {"smile": 1.0})
    given = give_sliders(shown, tiny, shown.node, ["p1", "p2", "p3"])
    assert given.node is shown.node
    assert len(given.nodes) == len(shown.nodes) + 2
    assert [node.parent for node in given.nodes[-2:]] == [0, 2], "each of its own picture"
    for index, name in ((0, "p1"), (2, "p3")):
        assert dict(given.latest(name).moves) == {"smile": 1.0}
        expected = thumbnail(tiny.render(tiny.sample(index).move(smile=1.0)))
        assert given.latest(name).thumb == expected
    with pytest.raises(OptionError, match="no picture"):
        give_sliders(shown, tiny, shown.node, ["p9"])


def test_the_picture_as_it_stands_is_the_shown_edit(tiny, project: Project) -> None:
    moved = move_sliders(project, tiny, "p2", {"smile": 1.0})
    assert moved.undo().latest("p2").moves == ()
    assert dict(moved.go(0).latest("p2").moves) == {"smile": 1.0}


def test_compare(tiny, project: Project) -> None:
    pixels = np.asarray(compare(project, tiny, 2, 0))
    assert np.array_equal(pixels[:, :16], np.asarray(tiny.render(tiny.sample(2))))
    assert np.array_equal(pixels[:, 16:], np.asarray(tiny.render(tiny.sample(0))))
    with pytest.raises(OptionError, match="history"):
        compare(project, tiny, 0, 3)


def test_find_and_rename(project: Project) -> None:
    assert (project.find("p2"), project.find("b")) == ("p2", "p2")
    named = project.rename("p1", f"  {'y' * 99} ")
    assert named.pictures[0].name == "y" * 60
    assert named.pictures[1] is project.pictures[1]
    with pytest.raises(OptionError, match="write a name"):
        project.rename("p1", "  ")
    twice = project.rename("p1", "b")
    with pytest.raises(OptionError, match="2 pictures are called 'b': say p1, p2"):
        twice.find("b")
    with pytest.raises(OptionError, match=r"there are: p1 \(a\), p2 \(b\)"):
        project.find("d")


def test_the_outline_shows_branches(tiny) -> None:
    project = add_edit(Project.new(tiny), tiny, tiny.sample(0), "a", label="")
    project = move_sliders(project, tiny, "p1", {"smile": 1.0})
    project = move_sliders(project, tiny, "p1", {"smile": 2.0}).go(0)
    project = move_sliders(project, tiny, "p1", {"age": 1.0}).undo()
    assert outline(project) == [
        "*   0  a [p1]",
        "    1    a: smile +1.0 [p1]",
        "    2    a: smile +2.0 [p1]",
        "    3  a: age +1.0 [p1]",
    ]
    assert outline(Project.new(tiny)) == []


def test_an_own_slider_is_removed(tiny, project: Project) -> None:
    own = replace(project, sliders=(_slider(tiny), _slider(tiny, "other")))
    own = move_sliders(own, tiny, "p1", {"mine": 2.0, "smile": 1.0})
    used = own.at
    node = replace(own.node, layers=(("mine", (4,)), ("smile", (5,))))
    own = commit_edit(own, tiny, node, "layers")
    own = move_sliders(own, tiny, "p2", {"smile": 1.0, "other": 1.0})
    uses = [i for i, node in enumerate(own.nodes) if "mine" in dict(node.moves)]
    assert uses == [used, used + 1]
    *steps, after = remove_slider(own, tiny, "mine")
    assert [sum(not node.thumb for node in step.nodes) for step in (*steps, after)] == [2, 1, 0]
    assert changed_edits(own, after) == 2
    assert [b.info.name for b in after.sliders] == ["other"]
    assert after.at == own.at
    assert dict(after.nodes[used].moves) == {"smile": 1.0}
    assert after.nodes[used + 1].layers == (("smile", (5,)),)
    expected = tiny.sample(0).move(smile=1.0)
    assert after.nodes[used].thumb == thumbnail(tiny.render(expected)) != own.nodes[used].thumb
    assert np.array_equal(
        np.asarray(tiny.render(after.edit(tiny, after.nodes[used]))),
        np.asarray(tiny.render(expected)),
    )
    assert after.nodes[used].label.endswith(", mine removed")
    untouched = set(range(len(own.nodes))) - {used, used + 1}
    assert all(after.nodes[i].thumb is own.nodes[i].thumb for i in untouched)
    assert all(after.nodes[i].label == own.nodes[i].label for i in untouched)
    for name in ("mine", "smile"):
        with pytest.raises(OptionError, match="none of this project's own sliders; it has: other"):
            after.without_slider(name)


def test_a_slider_that_the_domain_has_by_now_changes_nothing(tiny, project: Project) -> None:
    own = replace(project, sliders=(_slider(tiny),))
    own = move_sliders(own, tiny, "p1", {"mine": 2.0})
    shared = with_own(tiny, _slider(tiny))
    *_, after = remove_slider(own, shared, "mine")
    assert changed_edits(own, after) == 0
    assert after.sliders == ()
    assert after.nodes == own.nodes
    turned = replace(_slider(tiny), normal=_slider(tiny).normal.roll(1, dims=1))
    *_, after = remove_slider(own, with_own(tiny, turned), "mine")
    assert changed_edits(own, after) == 1, "another slider of that name"


def test_the_example_of_the_docstring(tiny, tmp_path: Path, monkeypatch) -> None:
    import editor
    import editor.project as package

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(editor.Editor, "open", classmethod(lambda *_: tiny))
    for index, name in enumerate(("ann", "ben")):
        tiny.example(index).resize((40, 40)).save(tmp_path / f"{name}.jpg")
    text = package.__doc__.partition("page:\n\n")[2]
    given: dict = {}
    exec("\n".join(line[4:] for line in text.splitlines()), given)
    with unpacked(tmp_path / "us.zip", tiny) as project:
        kept = Path(project.pictures[0].photo)
        assert kept.read_bytes() == (tmp_path / "ann.jpg").read_bytes()
        assert [p.name for p in project.pictures] == ["ann", "Benjamin"]
        assert [dict(project.latest(p.id).moves) for p in project.pictures] == [{"smile": 2.0}] * 2
        save_project(project.undo(), tmp_path / "us.zip")
    assert not kept.exists(), "the temporary folder is gone"
    assert given["photo"].source.kind == "JPEG"
    assert load_image(tmp_path / "ann.jpg").size == given["photo"].pixels.size
