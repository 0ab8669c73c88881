"""Making, saving, exporting, importing and showing sliders; hostile files."""

from __future__ import annotations

import json
import os
import struct
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from editor import Editor
from editor.errors import EditorError, MismatchError, OptionError, StorageError, WeightsError
from editor.packs.tensors import pack_tensors
from editor.sliders.boundary import Boundary
from editor.sliders.boundary_file import MAX_BYTES, MAX_FACTS, save_boundary
from editor.sliders.exchange import export_slider, import_slider, read_slider, save_slider
from editor.sliders.make import make_slider, renamed, with_range
from editor.sliders.strip import slider_strip
from tests.conftest import with_own


@pytest.fixture
def slider(tiny: Editor) -> Boundary:
    rows = torch.nn.functional.normalize(torch.randn(tiny.info.num_ws, 8), dim=1)
    return make_slider(tiny.engine, rows, "tilt", facts={"made": "taught by marks"}, accuracy=0.9)


def _file(slider: Boundary, normal: torch.Tensor | None = None, **changes: Any) -> bytes:
    header = {"kind": "boundary", **asdict(slider.info), **changes}
    return pack_tensors({"normal": slider.normal if normal is None else normal}, header)


def test_range_is_that_of_the_codes(tiny: Editor, slider: Boundary) -> None:
    codes = torch.randn(500, tiny.info.num_ws, 8) * torch.arange(1, 9)
    along = (codes * slider.normal).sum(dim=2).std(dim=0)
    for layers in ((0, 3), tuple(range(tiny.info.num_ws))):
        given = replace(slider, info=replace(slider.info, layers=layers))
        found = with_range(given, codes).info
        end = 2.5 * along[list(layers)].mean().item()
        assert found.range == pytest.approx((-end, end), rel=0.01)
    assert with_range(slider, torch.zeros(10, 1, 8)).info.range == (-0.01, 0.01)


def test_saved_among_those_of_the_domain(tiny: Editor, tiny_root: Path, slider: Boundary) -> None:
    root = tiny_root / "boundaries"
    path = save_slider(tiny.engine, slider, root)
    assert path == root / "tiny" / "tilt.safetensors"
    found = Editor.open("tiny", "cpu", checkpoints=tiny_root / "checkpoints", boundaries=root)
    assert found.sliders["tilt"].info == slider.info
    assert torch.equal(found.sliders["tilt"].normal, slider.normal)
    assert [p.name for p in root.glob("tiny/.*")] == [], "nothing half-written stays"
    shipped = root / "tiny" / "smile.safetensors"
    before = shipped.read_bytes()
    with pytest.raises(OptionError, match="'tiny' has a slider 'smile' already"):
        save_slider(tiny.engine, renamed(slider, "smile"), root)
    for replace_old in (False, True):
        with pytest.raises(OptionError, match="'Smile' would be the same file on some disks"):
            save_slider(tiny.engine, renamed(slider, "Smile"), root, replace_old)
    assert shipped.read_bytes() == before
    save_slider(tiny.engine, renamed(slider, "smile"), root, replace_old=True)
    assert shipped.read_bytes() != before
    blocked = tiny_root / "file"
    blocked.write_text("")
    with pytest.raises(OptionError, match="cannot be written"):
        save_slider(tiny.engine, slider, blocked)
    other = replace(slider, info=replace(slider.info, domain="other"))
    with pytest.raises(MismatchError, match="'other'"):
        save_slider(tiny.engine, other, root)


def test_round_trip(tiny: Editor, tiny_root: Path, slider: Boundary) -> None:
    data = export_slider(slider)
    found = import_slider(tiny.engine, data)
    assert found.info == slider.info
    assert torch.equal(found.normal, slider.normal)
    path = save_slider(tiny.engine, slider, tiny_root / "boundaries")
    assert import_slider(tiny.engine, path.read_bytes()).info == slider.info, (
        "a saved one is a file to give"
    )
    tilted = renamed(found, "lean", "Leaning  over")
    assert (tilted.info.name, tilted.info.title) == ("lean", "Leaning over")


def test_the_hyperplane_goes_along(tiny: Editor, tiny_root: Path, slider: Boundary) -> None:
    """A slider made independent of others tells codes apart by the plane that was fitted."""
    plane = torch.nn.functional.normalize(torch.arange(1.0, 9.0), dim=0)
    fitted = replace(slider, hyperplane=plane)
    data = export_slider(fitted)
    assert torch.equal(import_slider(tiny.engine, data).hyperplane, plane)
    assert save_slider(tiny.engine, fitted, tiny_root / "boundaries").read_bytes() == data
    again = export_slider(import_slider(tiny.engine, data))
    assert torch.equal(import_slider(tiny.engine, again).hyperplane, plane)
    for wrong in (plane[:7], plane * 2, plane * float("nan"), plane[None]):
        with pytest.raises(WeightsError, match="hyperplane"):
            import_slider(tiny.engine, export_slider(replace(slider, hyperplane=wrong)))
    full = replace(slider.info, facts={"x": "y" * (MAX_FACTS - 20)})
    largest = Boundary(full, torch.zeros(18, 512), torch.zeros(512))
    assert len(export_slider(largest)) < MAX_BYTES / 4, "1024 px leave room"


def _header(slider: Boundary, text: str) -> bytes:
    """A sound file whose header is another text."""
    data = _file(slider)
    (length,) = struct.unpack("<Q", data[:8])
    outer = json.loads(data[8 : 8 + length])
    outer["__metadata__"]["editor"] = text
    raw = json.dumps(outer).encode()
    return struct.pack("<Q", len(raw)) + raw + data[8 + length :]


def test_hostile_files_are_refused(tiny: Editor, slider: Boundary) -> None:
    good = export_slider(slider)
    nan = slider.normal.clone()
    nan[0, 0] = float("nan")
    large = {"normal": slider.normal, "more": torch.zeros(MAX_BYTES // 4)}
    cases: dict[str, tuple[bytes, type[EditorError]]] = {
        "empty": (b"", WeightsError),
        "text": (b"not a slider at all", WeightsError),
        "pickle": (b"\x80\x04cos\nsystem\n(S'true'\ntR.", WeightsError),
        "cut off": (good[:-10], WeightsError),
        "too large": (
            pack_tensors(large, {"kind": "boundary", **asdict(slider.info)}),
            WeightsError,
        ),
        "header of 2^60 bytes": (struct.pack("<Q", 2**60) + good[8:], WeightsError),
        "nested header": (_header(slider, "[" * 50_000), WeightsError),
        "header that is a list": (_header(slider, "[]"), WeightsError),
        "other domain": (_file(slider, domain="ffhq256"), MismatchError),
        "other snapshot": (_file(slider, generator="0123456789abcdef"), MismatchError),
        "other kind": (_file(slider, kind="encoder"), MismatchError),
        "other shape": (_file(slider, slider.normal[:, :4]), MismatchError),
        "huge flat shape": (_file(slider, torch.ones(1000)), WeightsError),
        "not finite": (_file(slider, nan), WeightsError),
        "not of length 1": (_file(slider, 2 * slider.normal), WeightsError),
        "whole numbers": (_file(slider, slider.normal.long()), WeightsError),
        "complex": (_file(slider, slider.normal.to(torch.complex64)), WeightsError),
        "name with a path": (_file(slider, name="../../up"), WeightsError),
        "name that is a number": (_file(slider, name=5), WeightsError),
        "name too long": (_file(slider, name="a" * 10_000), WeightsError),
        "range of infinity": (_file(slider, range=[-1.0, float("inf")]), WeightsError),
        "range too large for a float": (_file(slider, range=[-1, 10**400]), WeightsError),
        "range the wrong way": (_file(slider, range=[1, 2]), WeightsError),
        "no range": (_file(slider, range=[]), WeightsError),
        "layers outside": (_file(slider, layers=[0, 99]), MismatchError),
        "layers negative": (_file(slider, layers=[-1]), MismatchError),
        "too many layers": (_file(slider, layers=[0] * 10_000), MismatchError),
        "layers that are texts": (_file(slider, layers=["a"]), WeightsError),
        "layers that are a number": (_file(slider, layers=3), WeightsError),
        "accuracy that is a list": (_file(slider, accuracy=[1]), WeightsError),
        "no normal": (pack_tensors({}, {"kind": "boundary", **asdict(slider.info)}), WeightsError),
    }
    for name, (data, error) in cases.items():
        with pytest.raises(error) as caught:
            import_slider(tiny.engine, data)
        assert len(str(caught.value)) < 600, name


def test_what_is_only_shown_is_made_harmless(tiny: Editor, slider: Boundary) -> None:
    deep: Any = 0
    for _ in range(50):
        deep = [deep]
    found = import_slider(
        tiny.engine,
        _file(
            slider,
            title="<b>\n" + "x" * 500,
            group="Admin",
            accuracy=7.0,
            facts={"deep": deep, "long": "y" * 5000},
            more="z",
        ),
    ).info
    assert "\n" not in found.title
    assert len(found.title) == 80
    assert (found.group, found.accuracy, found.facts) == ("Other", None, {})
    assert import_slider(tiny.engine, _file(slider, facts=[1])).info.facts == {}
    assert import_slider(tiny.engine, _file(slider, facts={"x": float("nan")})).info.facts == {}
    assert import_slider(tiny.engine, _file(slider, title=5)).info.title == "5"


def test_what_could_not_be_opened_again_is_not_saved(
    tiny: Editor, tiny_root: Path, slider: Boundary
) -> None:
    """An 11 MB slider, saved for everyone, once made the domain refuse to start."""
    root = tiny_root / "boundaries"
    huge = replace(slider, info=replace(slider.info, facts={"x": "y" * 11 * 2**20}))
    for wrong in (huge, replace(slider, info=replace(slider.info, name="a" * 65))):
        with pytest.raises(OptionError):
            save_slider(tiny.engine, wrong, root)
    with pytest.raises(OptionError, match="at most 1048576 are read again"):
        save_boundary(huge, root / "tiny" / "tilt.safetensors")
    with pytest.raises(OptionError, match="at most 1048576"):
        export_slider(huge)
    assert {path.name for path in (root / "tiny").iterdir()} == {
        "smile.safetensors",
        "age.safetensors",
    }


def test_a_full_disk_keeps_the_old_slider(
    tiny: Editor, tiny_root: Path, slider: Boundary, monkeypatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    path = tiny_root / "boundaries" / "tiny" / "smile.safetensors"
    before = path.read_bytes()
    with pytest.raises(StorageError, match="the disk is full"):
        save_slider(
            tiny.engine, renamed(slider, "smile"), tiny_root / "boundaries", replace_old=True
        )
    assert path.read_bytes() == before


def test_texts_that_no_file_takes_are_cleaned(tiny: Editor, slider: Boundary) -> None:
    info = import_slider(
        tiny.engine, _file(slider, title="a\ud800", facts={"b\udfff": "\ud800"})
    ).info
    assert (info.title, info.facts) == ("a?", {"b?": "?"})
    assert renamed(slider, "lean", "c\ud800").info.title == "c?"


def test_a_slider_of_a_file(tiny: Editor, tmp_path: Path, slider: Boundary) -> None:
    path = tmp_path / "tilt.safetensors"
    path.write_bytes(export_slider(slider))
    assert read_slider(tiny.engine, path).info == slider.info
    path.write_bytes(bytes(MAX_BYTES + 1))
    with pytest.raises(WeightsError, match="at most 1048576 bytes"):
        read_slider(tiny.engine, path)
    with pytest.raises(WeightsError, match="not a regular file"):
        read_slider(tiny.engine, "/dev/zero")


def test_a_range_beyond_all_measure_is_refused(tiny: Editor, slider: Boundary) -> None:
    with pytest.raises(WeightsError, match="beyond"):
        import_slider(tiny.engine, _file(slider, range=[-1e300, 1e300]))


def test_strip(tiny: Editor, slider: Boundary) -> None:
    code = tiny.sample(1).wp
    pictures = slider_strip(tiny.engine, code, slider, 5)
    assert len(pictures) == 5
    assert np.array_equal(np.asarray(pictures[2]), np.asarray(tiny.engine.render(code[None])[0]))
    own = with_own(tiny, slider).edit(code).move(tilt=slider.info.range[1])
    assert np.array_equal(np.asarray(pictures[4]), np.asarray(tiny.render(own)))
    with pytest.raises(OptionError, match="2 or more"):
        slider_strip(tiny.engine, code, slider, 1)
