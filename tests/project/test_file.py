"""Projects as files: everything comes back, and nothing else gets in."""

from __future__ import annotations

import hashlib
import io
import json
import os
import time
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editor.errors import ImageError, ProjectError
from editor.media.images import load_image
from editor.packs.tensors import pack_tensors, unpack_tensors
from editor.photo.crop import Crop
from editor.project import archive
from editor.project.file import (
    open_project,
    photo_files,
    project_bytes,
    project_domain,
    save_project,
)
from editor.project.history import Project
from editor.project.nodes import Node, Picture
from editor.project.pixels import SMALL_PX, mask_png, png_bytes, thumbnail
from editor.sliders.boundary import Boundary, BoundaryInfo


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.effect_noise((40, 30), 60).convert("RGB").save(path)
    return path


@pytest.fixture
def project(tiny, photo: Path) -> Project:
    """Two pictures of one photo and a generated one, with edits, a mask and an own slider."""
    normal = torch.nn.functional.normalize(torch.randn(tiny.info.num_ws, tiny.info.w_dim), dim=1)
    info = BoundaryInfo("mine", "My own", "Other", "tiny", (1, 2), (-1.0, 1.5), facts={"marks": 40})
    made = Project("tiny", tiny.engine.fingerprint, sliders=(Boundary(info, normal),))
    before = png_bytes(tiny.example(3))
    for i in range(2):
        code = tiny.sample(i).wp.numpy() + np.float32(1e-7)
        square = Crop(0.5, 0.5, 0.8, 3.0)
        picture = Picture(
            f"p{i}", "Größe ☺", code, (("loss_pix", 0.1),), str(photo), square,
            thumbnail(load_image(photo), SMALL_PX), before,
        )  # fmt: skip
        made = made.add(picture, "inverted", thumbnail(tiny.example(i)))
    made = made.add(Picture("p2", "generated", tiny.sample(5).wp.numpy()), "generated")
    mask = mask_png(torch.linspace(0, 1, 256).reshape(16, 16))
    node = Node("p0", (("smile", 1.25), ("mine", -0.5)), (("smile", (0, 3)),), mask, "smile +1.2")
    return made.put(node).commit(Node("p2", (("age", 0.1),)))


class Stored(dict):
    """Keeps what a project wants to store."""

    def __call__(self, name: str, data: bytes) -> str:
        self[name] = data
        return f"/kept/{name}"


def test_everything_comes_back_to_the_bit(tiny, project: Project, photo: Path, tmp_path) -> None:
    target = tmp_path / "deep" / "work.zip"
    save_project(project, target)
    assert [p.name for p in target.parent.iterdir()] == ["work.zip"]
    stored = Stored()
    back = open_project(target, tiny, stored)
    assert list(stored.values()) == [photo.read_bytes()], "one photo, though two pictures are of it"
    assert back.at == project.at
    for old, new in zip(project.pictures, back.pictures, strict=True):
        assert np.array_equal(old.wp, new.wp)
        assert (old.id, old.name, old.losses, old.crop) == (
            new.id,
            new.name,
            new.losses,
            new.crop,
        )
        assert (old.small, old.aligned) == (new.small, new.aligned)
        assert bool(old.photo) == bool(new.photo)
    for old, new in zip(project.nodes, back.nodes, strict=True):
        assert old.__dict__ == new.__dict__
        before, after = tiny.render(project.edit(tiny, old)), tiny.render(back.edit(tiny, new))
        assert before.tobytes() == after.tobytes()
    assert back.sliders[0].info == project.sliders[0].info
    assert torch.equal(back.sliders[0].normal, project.sliders[0].normal)


def test_photos_may_be_kept_elsewhere(tiny, project: Project, photo: Path) -> None:
    data = project_bytes(project, with_photos=False)
    (name,) = photo_files(project).values()
    stored = Stored()
    with pytest.raises(ProjectError, match="lacks the photo"):
        open_project(data, tiny, stored)
    back = open_project(data, tiny, stored, {name: str(photo)})
    assert back.pictures[0].photo == str(photo)
    assert not stored


@pytest.mark.parametrize("spoil", [None, b"no picture", b""])
def test_one_unreadable_photo_costs_no_more_than_itself(
    tiny, project: Project, spoil: bytes | None
) -> None:
    parts = _parts(project_bytes(project))
    name = _photo_name(parts)
    if spoil is None:
        del parts[name]
    else:
        parts[name] = spoil
    with pytest.raises(ProjectError):
        open_project(_pack(parts), tiny, Stored())
    lost: list[str] = []
    stored = Stored()
    back = open_project(_pack(parts), tiny, stored, lost=lost)
    assert lost == [name]
    assert not stored
    for old, new in zip(project.pictures, back.pictures, strict=True):
        assert (new.photo, new.crop, new.small) == ("", None, b"")
        assert (old.id, old.name, old.aligned) == (new.id, new.name, new.aligned)
        assert np.array_equal(old.wp, new.wp)
    assert len(back.nodes) == len(project.nodes)


def test_the_same_project_gives_the_same_bytes(project: Project) -> None:
    assert project_bytes(project) == project_bytes(project)


def test_a_photo_that_is_gone_is_said(project: Project, photo: Path, tmp_path: Path) -> None:
    photo.unlink()
    with pytest.raises(ImageError, match="give it again"):
        save_project(project, tmp_path / "out" / "work.zip")
    assert not (tmp_path / "out").exists()


def test_project_domain(project: Project) -> None:
    assert project_domain(project_bytes(project)) == "tiny"
    with pytest.raises(ProjectError, match="not a project"):
        project_domain(b"PK nothing")


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _pack(parts: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _json(change):
    def attack(parts: dict[str, bytes]) -> bytes:
        text = json.loads(parts["project.json"])
        change(text)
        return _pack({**parts, "project.json": json.dumps(text).encode()})

    return attack


def _twice(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO(_pack(parts))
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("project.json", b"{}")
    return buffer.getvalue()


def _png(width: int, height: int) -> bytes:
    return png_bytes(Image.new("RGB", (width, height)))


def _photo_name(parts: dict[str, bytes]) -> str:
    return next(name for name in parts if name.startswith("photos/"))


def _set(path: list, value):
    def change(text: dict) -> None:
        for key in path[:-1]:
            text = text[key]
        text[path[-1]] = value

    return _json(change)


def _pickled(parts: dict[str, bytes]) -> bytes:
    import pickle

    return _pack({**parts, "tensors.safetensors": pickle.dumps({"code/p0": 1})})


def _jpeg(side: int, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side)).save(buffer, format="JPEG", quality=10, **options)
    return buffer.getvalue()


def _scans(side: int) -> bytes:
    data = _jpeg(side, progressive=True)
    start = data.rindex(b"\xff\xda")
    return data[:start] + data[start:-2] * 300 + data[-2:]


def _small(parts: dict[str, bytes]) -> str:
    return next(name for name in parts if name.startswith("small/"))


def _long_index(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for index, (name, data) in enumerate(parts.items()):
            item = zipfile.ZipInfo(name)
            item.comment = bytes(60_000 if index < 18 else 0)
            archive.writestr(item, data)
    return buffer.getvalue()


def _flagged(parts: dict[str, bytes]) -> bytes:
    data = bytearray(_pack(parts))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


HOSTILE = {
    "not a zip": lambda p: b"hello",
    "empty": lambda p: b"",
    "cut short": lambda p: _pack(p)[:-200],
    "bytes flipped in the middle": lambda p: _pack(p).replace(b"wp/p1", b"wp/pX"),
    "no project.json": lambda p: _pack({k: v for k, v in p.items() if k != "project.json"}),
    "no tensors": lambda p: _pack({k: v for k, v in p.items() if "tensors" not in k}),
    "path upwards": lambda p: _pack({**p, "../../evil.png": b"x"}),
    "absolute path": lambda p: _pack({**p, "/etc/evil.png": b"x"}),
    "backslash path": lambda p: _pack({**p, "photos\\..\\evil.png": b"x"}),
    "python file": lambda p: _pack({**p, "run.py": b"print()"}),
    "pickle for tensors": _pickled,
    "name twice": _twice,
    "photo is no picture": lambda p: _pack({**p, _photo_name(p): b"#!/bin/sh"}),
    "photo bomb": lambda p: _pack({**p, _photo_name(p): png_bytes(Image.new("1", (20000, 20000)))}),
    "part too large": lambda p: _pack({**p, "aligned/p0.png": bytes(17 * 2**20)}, zipfile.ZIP_DEFLATED),
    "crop of another size": lambda p: _pack({**p, "aligned/p0.png": _png(17, 16)}),
    "mask of another size": lambda p: _pack({**p, "masks/3.png": _png(8, 8)}),
    "thumb is a png": lambda p: _pack({**p, "thumbs/0.jpg": _png(8, 8)}),
    "json is a list": lambda p: _pack({**p, "project.json": b"[]"}),
    "json nests deeply": lambda p: _pack({**p, "project.json": b"[" * 100_000}),
    "json is broken": lambda p: _pack({**p, "project.json": b"{"}),
    "another kind": _set(["kind"], "other"),
    "a later schema": _set(["schema"], 3),
    "another domain": _set(["domain"], "scenes128"),
    "another generator": _set(["generator"], "0" * 16),
    "no pictures": _set(["pictures"], []),
    "too many pictures": lambda p: _json(
        lambda t: t.update(pictures=t["pictures"] * 60)
    )(p),
    "same id twice": lambda p: _json(lambda t: t["pictures"].append(t["pictures"][0]))(p),
    "id with a path": _set(["pictures", 0, "id"], "../x"),
    "photo with a path": _set(["pictures", 0, "photo"], "../../../etc/passwd"),
    "square of words": _set(["pictures", 0, "crop"], ["a", "b", "c", "d"]),
    "square not finite": _set(["pictures", 0, "crop"], [float("nan"), 0, 1, 0]),
    "node of no picture": _set(["nodes", 0, "picture"], "p9"),
    "unknown slider": _set(["nodes", 0, "moves"], {"evil": 1.0}),
    "distance not finite": _set(["nodes", 0, "moves"], {"smile": float("inf")}),
    "layer that is not there": _set(["nodes", 0, "layers"], {"smile": [99]}),
    "parent in the future": _set(["nodes", 0, "parent"], 3),
    "shown node that is not there": _set(["at"], 99),
    "picture left at an edit that is not there": _set(["left"], {"p1": 99}),
    "picture left at an edit of another": _set(["left"], {"p1": 0}),
    "picture left before the first edit": _set(["left"], {"p1": -1}),
    "pictures left in a list": _set(["left"], ["p1"]),
    "slider of another domain": _set(["sliders", 0, "domain"], "other"),
    "slider with a number for a name": _set(["sliders", 0, "name"], 7),
    "slider with an absurd range": _set(["sliders", 0, "range"], [-1, 10**400]),
    "slider without range": _set(["sliders", 0, "range"], []),
    "losses of words": _set(["pictures", 0, "losses"], {"loss_pix": "x"}),
    "losses without end": _set(["pictures", 0, "losses"], {f"l{i}": 0.1 for i in range(101)}),
    "square left of the photo": _set(["pictures", 0, "crop"], [-1.0, 0.5, 0.5, 0.0]),
    "square beyond all measure": _set(["pictures", 0, "crop"], [0.5, 0.5, 1e300, 0.0]),
    "distance beyond all measure": _set(["nodes", 0, "moves"], {"smile": 1e300}),
    "distance too large for a float": _set(["nodes", 0, "moves"], {"smile": 10**400}),
    "layers without end": _set(["nodes", 0, "layers"], {"smile": [0] * 1000}),
    "more sliders than a project holds": _json(lambda t: t.update(
        sliders=[t["sliders"][0] | {"name": f"mine{i}"} for i in range(101)]
    )),
    "two sliders of one name": _json(lambda t: t["sliders"].append(t["sliders"][0])),
    "slider with a path for a name": _set(["sliders", 0, "name"], "../../up"),
    "slider with an endless name": _set(["sliders", 0, "name"], "m" * 1000),
    "slider of another snapshot": _set(["sliders", 0, "generator"], "0123456789abcdef"),
    "slider with a megabyte of facts": _set(["sliders", 0, "facts"], {"x": "y" * 2**20}),
    "slider whose layers are endless": _set(["sliders", 0, "layers"], [0] * 10_000),
    "thumb of 4096 px": lambda p: _pack({**p, "thumbs/0.jpg": _jpeg(4096)}, zipfile.ZIP_DEFLATED),
    "thumb of many scans": lambda p: _pack({**p, "thumbs/0.jpg": _scans(32)}, zipfile.ZIP_DEFLATED),
    "small copy of 4096 px": lambda p: _pack(
        {**p, _small(p): _jpeg(4096)}, zipfile.ZIP_DEFLATED
    ),
    "small copy is a png": lambda p: _pack({**p, _small(p): _png(8, 8)}),
    "photo changed since": lambda p: _pack({**p, _photo_name(p): _png(40, 30)}),
    "more parts than there can be": lambda p: _pack(
        p | {f"thumbs/x{i}.jpg": b"x" for i in range(1000)}
    ),
    "index of a megabyte": lambda p: _long_index(p),
    "encrypted": lambda p: _flagged(p),
    "packed by bzip2": lambda p: _pack(p, zipfile.ZIP_BZIP2),
    "json of 5 MB": lambda p: _pack({**p, "project.json": b" " * 5 * 2**20 + p["project.json"]}),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_damaged_and_hostile_files_are_refused(tiny, project: Project, name: str) -> None:
    stored = Stored()
    data = HOSTILE[name](_parts(project_bytes(project)))
    with pytest.raises(ProjectError):
        open_project(data, tiny, stored)
    assert not stored, "something was written before all was checked"


def test_a_bomb_stops_at_the_limit(tiny, project: Project, monkeypatch) -> None:
    data = project_bytes(project)
    monkeypatch.setattr(archive, "MAX_BYTES", 1000)
    with pytest.raises(ProjectError, match="larger"):
        open_project(data, tiny, Stored())


def test_what_could_not_be_reopened_is_not_saved(project: Project, tmp_path, monkeypatch) -> None:
    target = tmp_path / "work.zip"
    save_project(project, target)
    kept = target.read_bytes()
    monkeypatch.setattr(archive, "MAX_BYTES", len(kept) // 2)
    with pytest.raises(ProjectError, match="could not be reopened"):
        save_project(project, target)
    assert target.read_bytes() == kept


def test_what_stands_for_the_photo_and_where_pictures_were_left_is_kept(
    tiny, project: Project
) -> None:
    base = project.picture("p0").wp  # as a mixture's, the very array of another picture
    shown = replace(project.shown, base=base)
    kept = project.amend(shown).go(0)
    again = open_project(project_bytes(kept), tiny, Stored())
    assert np.array_equal(again.picture(shown.id).base, base)
    assert again.left == kept.left
    assert again.left
    wrong = kept.amend(replace(shown, base=np.zeros((3, 8), np.float32)))
    with pytest.raises(ProjectError, match="shape"):
        open_project(project_bytes(wrong), tiny, Stored())


def test_codes_of_another_shape_are_refused(tiny, project: Project) -> None:
    wrong = project.amend(Picture("p2", "wrong", np.zeros((3, 8), np.float32)))
    with pytest.raises(ProjectError, match="shape"):
        open_project(project_bytes(wrong), tiny, Stored())
    code = project.shown.wp.copy()
    code[0, 0] = np.nan
    wrong = project.amend(Picture("p2", "wrong", code))
    with pytest.raises(ProjectError, match="finite"):
        open_project(project_bytes(wrong), tiny, Stored())


def test_a_large_claim_is_refused_before_anything_is_unpacked(tiny, project: Project) -> None:
    parts = _parts(project_bytes(project))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in parts.items():
            if name != "tensors.safetensors":
                made.writestr(name, data)
        with made.open("tensors.safetensors", "w") as part:
            for _ in range(64):
                part.write(bytes(2**20))
    tracemalloc.start()
    with pytest.raises(ProjectError, match="larger"):
        open_project(buffer.getvalue(), tiny, Stored())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4e6


def test_opening_decodes_no_photo_whose_small_copy_is_there(tiny, project, monkeypatch) -> None:
    from editor.project import file

    data = project_bytes(project)
    old = _pack({n: d for n, d in _parts(data).items() if not n.startswith("small/")})
    assert open_project(old, tiny, Stored()).pictures[0].small == project.pictures[0].small
    decoded: list[object] = []
    monkeypatch.setattr(file, "load_image", lambda *a: decoded.append(a))
    assert open_project(data, tiny, Stored()).pictures[0].small == project.pictures[0].small
    assert not decoded
    monkeypatch.setattr(file, "MAX_DECODED_PIXELS", 100)  # of a file that has no small copies
    back = open_project(old, tiny, Stored())
    assert back.pictures[0].small == b""
    assert back.pictures[0].photo
    assert not decoded


def test_the_largest_project_opens_within_seconds(tiny, monkeypatch) -> None:
    """100 pictures and 300 edits with masks, each decoded once; photos of gigapixels are not."""
    code, mask = tiny.sample(0).wp.numpy(), mask_png(torch.ones(16, 16))
    before, thumb = png_bytes(tiny.example(3)), _jpeg(256)
    pictures = tuple(Picture(f"p{i}", "n", code, aligned=before) for i in range(100))
    nodes = tuple(Node(f"p{i % 100}", (("smile", 1.0),), (), mask, "", thumb) for i in range(300))
    whole = Project("tiny", tiny.engine.fingerprint, pictures, nodes, 299)
    parts = _parts(project_bytes(whole))
    text = json.loads(parts["project.json"])
    large = png_bytes(Image.new("1", (8000, 7000)))
    for index, entry in enumerate(text["pictures"]):
        data = large + bytes([index])
        name = f"photos/{hashlib.sha256(data).hexdigest()[:16]}.png"
        parts[name] = data
        entry |= {"photo": name, "crop": [0.5, 0.5, 1.0, 0.0]}
    parts["project.json"] = json.dumps(text).encode()
    data = _pack(parts, zipfile.ZIP_DEFLATED)
    assert len(data) < 2**20
    started = time.process_time()
    back = open_project(data, tiny, Stored())
    assert time.process_time() - started < 15
    assert sum(bool(picture.small) for picture in back.pictures) == 4, "250 megapixels of 5,600"


def test_lone_surrogates_are_saved_as_question_marks(tiny, project: Project) -> None:
    def change(text: dict) -> None:
        text["pictures"][0] |= {"name": "a\ud800", "losses": {"b\udfff": 0.5}}
        text["nodes"][0]["label"] = "c\ud800"
        text["sliders"][0] |= {"title": "d\ud800", "facts": {"e": "\ud800"}}

    back = open_project(_json(change)(_parts(project_bytes(project))), tiny, Stored())
    assert back.pictures[0].name == "a?"
    assert back.pictures[0].losses == (("b?", 0.5),)
    assert back.nodes[0].label == "c?"
    assert (back.sliders[0].info.title, back.sliders[0].info.facts) == ("d?", {"e": "?"})
    renamed = back.rename("p0", "f\ud800")
    assert renamed.pictures[0].name == "f?"
    project_bytes(replace(renamed, pictures=tuple(replace(p, photo="") for p in renamed.pictures)))


def test_a_loss_that_is_no_number_does_not_lose_the_project(tiny, project: Project) -> None:
    losses = (("loss_pix", float("nan")), ("loss", 0.1))
    odd = project.amend(replace(project.pictures[0], losses=losses))
    assert open_project(project_bytes(odd), tiny, Stored()).pictures[0].losses == (("loss", 0.1),)


def test_sliders_are_checked_as_in_their_own_files(tiny, project: Project) -> None:
    def change(text: dict) -> None:
        facts = {"x": float("nan")}
        text["sliders"][0] |= {"group": "Admin", "title": "<b>\n" + "x" * 500, "facts": facts}
        text["sliders"][0] |= {"accuracy": 7.0}

    info = (
        open_project(_json(change)(_parts(project_bytes(project))), tiny, Stored()).sliders[0].info
    )
    assert "\n" not in info.title
    assert len(info.title) == 80
    assert (info.group, info.facts, info.accuracy) == ("Other", {}, None)


def test_a_slider_of_ones_own_keeps_its_hyperplane(tiny, project: Project) -> None:
    plane = torch.nn.functional.normalize(torch.randn(tiny.info.w_dim), dim=0)
    fitted = replace(project, sliders=(replace(project.sliders[0], hyperplane=plane),))
    (again,) = open_project(project_bytes(fitted), tiny, lambda *_: "x").sliders
    assert torch.equal(again.hyperplane, plane)
    long = replace(project, sliders=(replace(project.sliders[0], hyperplane=2 * plane),))
    with pytest.raises(ProjectError, match="hyperplane"):
        open_project(project_bytes(long), tiny, lambda *_: "x")


def test_a_pipe_is_no_project(tiny, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "work.zip")
    for read in (project_domain, lambda path: open_project(path, tiny, Stored())):
        with pytest.raises(ProjectError, match=r"work\.zip is not a regular file"):
            read(tmp_path / "work.zip")
    with pytest.raises(ImageError, match="not a regular file"):
        archive.read_photo("/dev/zero")


def test_photos_of_older_files_were_made_of_nothing(tiny, project: Project) -> None:
    of_shown = (
        project.nodes[0],
        *(replace(node, parent=index) for index, node in enumerate(project.nodes[1:])),
    )
    mixed = replace(project.pictures[2], base=project.pictures[0].wp)
    older = replace(project, nodes=of_shown, pictures=(*project.pictures[:2], mixed))
    again = open_project(project_bytes(older), tiny, lambda name, data: name)
    pictures = [node.picture for node in again.nodes]
    assert pictures == ["p0", "p1", "p2", "p0", "p2"]
    assert [node.parent for node in again.nodes] == [-1, -1, 1, 0, 2]


def test_a_project_of_schema_1_opens(tiny, project: Project) -> None:
    with zipfile.ZipFile(io.BytesIO(project_bytes(project))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text = json.loads(parts.pop("project.json"))
    text["schema"] = 1
    for entry in text["pictures"]:
        entry["square"] = entry.pop("crop")
    tensors, _ = unpack_tensors(parts.pop("tensors.safetensors"), "idgan-project")
    old = {name.replace("wp/", "code/"): tensor for name, tensor in tensors.items()}
    parts = {name.replace("aligned/", "before/"): data for name, data in parts.items()}
    parts["project.json"] = json.dumps(text).encode()
    parts["tensors.safetensors"] = pack_tensors(old, {"kind": "idgan-project"})
    again = open_project(_pack(parts), tiny, lambda name, data: name)
    for before, after in zip(project.pictures, again.pictures, strict=True):
        assert np.array_equal(before.wp, after.wp)
        assert (before.crop, before.aligned) == (after.crop, after.aligned)
