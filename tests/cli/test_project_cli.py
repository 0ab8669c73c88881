from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editor import Editor
from editor.cli import main
from editor.media.images import load_image
from editor.project.file import open_project, save_project
from editor.project.history import Project
from editor.sliders.boundary import Boundary, BoundaryInfo


@pytest.fixture
def work(tmp_path: Path, tiny: Editor, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two photos, a damaged one and a code; every command opens the tiny domain."""
    monkeypatch.setattr(Editor, "open", classmethod(lambda *_: tiny))
    folder = tmp_path / "work"
    (folder / "photos").mkdir(parents=True)
    for index, name in enumerate(("ann", "ben")):
        tiny.example(index).resize((48, 40)).save(folder / "photos" / f"{name}.png")
    (folder / "photos" / "bad.jpg").write_text("no picture")
    tiny.save_code(tiny.sample(5).move(age=1.5), folder / "code.npz")
    return folder


def _run(action: str, *given: object) -> int:
    return main(["project", action, *map(str, given)])


def _read(path: Path, editor: Editor) -> Project:
    def store(name: str, data: bytes) -> str:
        (path.parent / name).write_bytes(data)
        return str(path.parent / name)

    return open_project(path, editor, store)


@pytest.fixture
def project(work: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Ann and Ben, just inverted."""
    path = work / "p.zip"
    photos = [work / "photos" / f"{name}.png" for name in ("ann", "ben")]
    assert _run("new", *photos, "--out", path, "--steps", 1) == 0
    capsys.readouterr()
    return path


def test_new_and_add(work: Path, tiny: Editor, capsys: pytest.CaptureFixture[str]) -> None:
    path = work / "deep" / "p.zip"
    given = ["new", work / "photos", work / "code.npz", "--out", path, "--steps", 1]
    assert _run(*given, "--move", "smile=2") == 1, "one photo failed"
    said = capsys.readouterr()
    assert "bad.jpg is not a picture" in said.err
    assert "1 of 4 failed" in said.err
    assert [p.name for p in path.parent.iterdir()] == ["p.zip"]
    project = _read(path, tiny)
    assert [p.name for p in project.pictures] == ["ann", "ben", "code"]
    assert [n.label for n in project.nodes[:2]] == ["inverted", "smile +2.0"]
    assert project.nodes[4].label == "opened"
    assert dict(project.latest("p3").moves) == {"age": 1.5, "smile": 2.0}
    assert (
        Path(project.picture("p1").photo).read_bytes() == (work / "photos" / "ann.png").read_bytes()
    )
    expected = tiny.invert(work / "photos" / "ann.png", options=_steps(tiny)).move(smile=2.0)
    assert np.array_equal(project.picture("p1").wp, expected.wp.numpy())
    shown = tiny.render(project.edit(tiny, project.latest("p1")))
    assert np.array_equal(np.asarray(shown), np.asarray(tiny.render(expected)))
    before = path.read_bytes()
    assert _run(*given) == 1
    assert "exists" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert _run("add", path, work / "photos" / "ben.png", "--steps", 1) == 0
    assert [p.name for p in _read(path, tiny).pictures] == ["ann", "ben", "code", "ben"]
    assert _run("rename", path, "ben", "Benjamin") == 1
    assert "2 pictures are called 'ben': say p2, p4" in capsys.readouterr().err


def _steps(editor: Editor):
    from dataclasses import replace

    return replace(editor.engine.inversion, steps=1)


def test_what_is_done_is_kept_when_interrupted(
    work: Path, tiny: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    invert = tiny.invert

    def broken(photo, *given):
        if "ben" in str(photo):
            raise KeyboardInterrupt
        return invert(photo, *given)

    monkeypatch.setattr(tiny, "invert", broken)
    path = work / "p.zip"
    photos = [work / "photos" / f"{name}.png" for name in ("ben", "ann")]
    assert _run("new", *photos, "--out", path, "--steps", 1) == 130
    assert not path.exists()
    assert _run("new", *photos[::-1], "--out", path, "--steps", 1) == 130
    assert [p.name for p in _read(path, tiny).pictures] == ["ann"]


def test_move_undo_redo_go_and_list(
    project: Path, tiny: Editor, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("move", project, "--picture", "ann", "--move", "smile=2", "age=-1") == 0
    assert "2 pictures, 3 edits; shown: 2, ann: smile +2.0" in capsys.readouterr().out
    assert _run("move", project, "--move", "smile=2") == 0
    assert "nothing to change" in capsys.readouterr().out
    assert _run("undo", project) == 0
    undone = _read(project, tiny)
    assert (undone.at, undone.node.moves) == (0, ())
    assert _run("move", project, "--move", "smile=1") == 0, "from the shown edit, not the last"
    assert dict(_read(project, tiny).node.moves) == {"smile": 1.0}
    assert _run("go", project, 2) == 0
    assert _run("move", project, "--move", "age=1", "--reset") == 0
    assert dict(_read(project, tiny).node.moves) == {"age": 1.0}
    assert _run("undo", project) == 0
    assert _run("redo", project) == 0
    assert _read(project, tiny).at == 4
    capsys.readouterr()
    assert _run("list", project) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{project}: domain tiny"
    assert said[1:3] == ["   p1  ann (photo): age +1", "   p2  ben (photo)"]
    assert said[3:] == [
        "    0  ann: inverted [p1]",
        "    2    ann: smile +2.0 and 1 more [p1]",
        "*   4    ann: smile +0.0 and 1 more [p1]",
        "    3  ann: smile +1.0 [p1]",
        "    1  ben: inverted [p2]",
    ]


def test_compare_two_edits(project: Path, tiny: Editor, tmp_path: Path) -> None:
    assert _run("move", project, "--picture", "p2", "--move", "smile=2") == 0
    out = tmp_path / "new" / "strip.png"
    assert _run("compare", project, 2, 0, "--out", out) == 0
    state = _read(project, tiny)
    pixels = np.asarray(Image.open(out))
    assert pixels.shape == (16, 32, 3)
    for part, node in ((pixels[:, :16], state.nodes[2]), (pixels[:, 16:], state.nodes[0])):
        assert np.array_equal(part, np.asarray(tiny.render(state.edit(tiny, node))))
    assert [p.name for p in out.parent.iterdir()] == ["strip.png"]


def test_copy_rename_remove(project: Path, work: Path, tiny: Editor) -> None:
    assert _run("add", project, work / "code.npz") == 0
    assert _run("move", project, "--picture", "ann", "--move", "smile=2") == 0
    assert _run("copy", project, "--from", "ann", "--to", "all") == 0
    copied = _read(project, tiny)
    assert [dict(copied.latest(f"p{i}").moves) for i in (1, 2, 3)] == [{"smile": 2.0}] * 3
    assert copied.node.picture == "p1", "what was shown stays shown"
    assert _run("rename", project, "ann", "Grandmother") == 0
    assert _run("remove", project, "ben", "p3") == 0
    left = _read(project, tiny)
    assert [p.name for p in left.pictures] == ["Grandmother"]
    assert {node.picture for node in left.nodes} == {"p1"}


def test_whole_photos_are_saved(
    project: Path, work: Path, tiny: Editor, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("add", project, work / "code.npz") == 0
    assert _run("move", project, "--picture", "ann", "--move", "smile=3") == 0
    out = work / "out"
    assert _run("save", project, "--out", out) == 0
    assert {p.name for p in out.iterdir()} == {
        "ann smile+150.png",
        "ben edited.png",
        "code age+75.png",
        ".editor-names.json",
    }
    untouched = load_image(work / "photos" / "ben.png")
    assert np.array_equal(np.asarray(Image.open(out / "ben edited.png")), np.asarray(untouched))
    ann = np.asarray(Image.open(out / "ann smile+150.png"))
    state = _read(project, tiny)
    photo = load_image(work / "photos" / "ann.png")
    crop = tiny.place(photo)
    expected = tiny.paste(state.edit(tiny, state.latest("p1")), "difference", photo, crop)
    assert ann.shape == (40, 48, 3)
    assert np.array_equal(ann, np.asarray(expected))
    assert (ann != np.asarray(photo)).any()
    code = np.asarray(Image.open(out / "code age+75.png"))
    assert np.array_equal(code, np.asarray(tiny.render(tiny.open_code(work / "code.npz"))))
    assert _run("save", project, "ben", "--out", work / "one") == 0
    assert (work / "one" / "ben edited.png").is_file()


def test_own_sliders_are_listed_and_removed(
    project: Path, tiny: Editor, capsys: pytest.CaptureFixture[str]
) -> None:
    from dataclasses import replace

    normal = torch.zeros(tiny.info.num_ws, tiny.info.w_dim)
    normal[:, 3] = 1.0
    info = BoundaryInfo("mine", "mine", "Other", "tiny", (0, 1), (-1.0, 1.0))
    save_project(replace(_read(project, tiny), sliders=(Boundary(info, normal),)), project)
    assert _run("move", project, "--move", "mine=1", "smile=1") == 0
    capsys.readouterr()
    assert _run("list", project) == 0
    assert "own sliders: mine" in capsys.readouterr().out
    assert _run("remove", project, "--slider", "mine") == 0
    assert "'mine' removed; edits changed: 1" in capsys.readouterr().out
    left = _read(project, tiny)
    assert left.sliders == ()
    assert dict(left.node.moves) == {"smile": 1.0}


def test_what_cannot_be_is_refused(
    project: Path, work: Path, capsys: pytest.CaptureFixture[str], tiny: Editor
) -> None:
    before = {p: p.read_bytes() for p in work.rglob("*") if p.is_file()}
    damaged = work / "photos" / "bad.jpg"
    ann = work / "photos" / "ann.png"
    for given, says in (
        (["list", work / "none.zip"], "was not found"),
        (["list", damaged], "not a project file"),
        (["undo", damaged], "not a project file"),
        (["go", project, 9], "not in the history"),
        (["move", project, "--move", "nose=1"], "no slider 'nose'"),
        (["move", project, "--move", "smile=nan"], "not finite"),
        (["move", project, "--move", "smile"], "not of the form"),
        (["move", project, "--picture", "eve", "--move", "smile=1"], "p1 (ann), p2 (ben)"),
        (["move", project], "--reset"),
        (["copy", project, "--from", "ann", "--to", "ann"], "no other picture"),
        (["copy", project, "--from", "eve", "--to", "all"], "no picture 'eve'"),
        (["compare", project, 0, 7, "--out", work / "x.png"], "not in the history"),
        (["compare", project, 0, 1, "--out", project], "not a picture format"),
        (["rename", project, "ann", " "], "write a name"),
        (["remove", project, "ann", "ben"], "one picture at least"),
        (["remove", project, "--slider", "smile"], "none of this project's own"),
        (["remove", project], "which pictures"),
        (["save", project, "eve", "--out", work / "out"], "no picture 'eve'"),
        (["add", project, ann, "--domain", "other"], "is of domain 'tiny'"),
        (["add", project, ann, "--move", "nose=1"], "no slider 'nose'"),
        (["new", ann, "--out", work / "x.tar"], "ends in .zip"),
        (["new", *[ann] * 101, "--out", work / "x.zip"], "101 pictures are too many"),
        (["new", damaged, "--out", work / "x.zip"], "not a picture"),
    ):
        assert _run(*given) == 1, given
        assert says in capsys.readouterr().err, given
    assert {p: p.read_bytes() for p in work.rglob("*") if p.is_file()} == before


def test_photos_that_are_too_large_together(
    project: Path, work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from editor.project import archive

    monkeypatch.setattr(archive, "MAX_BYTES", 12_000)
    (work / "photos" / "large.png").write_bytes(bytes(15_000))
    photo = work / "photos" / "large.png"
    assert _run("new", photo, "--out", work / "x.zip", "--steps", 1) == 1
    assert "a project holds" in capsys.readouterr().err
    assert not (work / "x.zip").exists()
