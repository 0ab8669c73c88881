"""`fit-verdict` from pictures to domain.json, and what is made to lie outside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editor import Editor
from editor.cli import main
from editor.errors import OptionError
from editor.evaluation.outsiders import covered, drawn, turned
from editor.evaluation.verdict import Pictures
from editor.geometry import FFHQ, TIGHT, face_ellipse, inside_ellipse
from editor.packs.info import read_info
from tests.conftest import write_noise


def test_most_of_a_face_is_covered_and_the_rest_is_left() -> None:
    photos = torch.zeros(12, 3, 96, 96)
    for alignment in (TIGHT, FFHQ):
        changed = (covered(photos, alignment, seed=1) - photos).abs().amax(dim=1) > 0.02
        face = inside_ellipse(face_ellipse(alignment), 96)
        assert changed[:, face].float().mean() > 0.6
        assert changed[:, face].float().mean(dim=1).min() > 0.4
    assert not bool(changed[:, :8].any())  # with whole heads, hair stays
    assert torch.equal(covered(photos, seed=1), covered(photos, seed=1))
    assert not torch.equal(covered(photos, seed=1), covered(photos, seed=2))


def test_turned_photos_are_turned_far() -> None:
    photo = torch.full((1, 3, 64, 64), -1.0)
    photo[:, :, :20, 24:40] = 1.0  # a mark at the top
    made = turned(photo.expand(20, -1, -1, -1), seed=3)
    assert made.shape == (20, 3, 64, 64)
    assert (made[:, :, :12, 30:34].mean(dim=(1, 2, 3)) < 0).all()


def test_drawings_differ() -> None:
    made = drawn(6, 64, FFHQ, seed=0)
    assert made.shape == (6, 3, 64, 64)
    assert len({round(float(one.mean()), 4) for one in made}) == 6
    assert made.amin() < -0.5
    assert torch.equal(made, drawn(6, 64, FFHQ, seed=0))


def test_faces_get_made_pictures_and_others_need_some(tiny: Editor, monkeypatch) -> None:
    photos = torch.zeros(9, 3, 16, 16)
    for name in ("photos", "drawn", "..", ""):
        with pytest.raises(OptionError, match="rename"):
            Pictures.of(tiny, photos, {name: photos[:2]}, made=0, seed=0)
    with pytest.raises(OptionError, match="--outside"):
        Pictures.of(tiny, photos, {}, made=4, seed=0)
    faces = replace(tiny.info, subject="face")
    monkeypatch.setattr(type(tiny), "info", property(lambda _: faces))
    given = Pictures.of(tiny, photos, {"scenes": photos[:2]}, made=4, seed=0)
    assert {name: len(some) for name, some in given.outside.items()} == {
        "scenes": 2, "covered": 4, "turned": 4, "drawn": 4,
    }  # fmt: skip


def test_the_command(tiny_root: Path, tmp_path: Path, capsys) -> None:
    noise = write_noise(tmp_path / "noise", 40)
    flat = tmp_path / "flat"
    flat.mkdir()
    rng = np.random.default_rng(1)
    for i in range(40):
        colour = tuple(int(v) for v in rng.integers(0, 255, 3))
        Image.new("RGB", (16, 16), colour).save(flat / f"{i}.png")
    out, checkpoints = tmp_path / "out", tiny_root / "checkpoints"
    command = [
        *(
            "fit-verdict",
            "--domain",
            "tiny",
            "--root",
            str(tiny_root),
            "--steps",
            "1",
            "--out",
            str(out),
        ),
        *("--photos", str(noise), "--test-photos", str(noise)),
    ]
    outside = ["--outside", str(flat), "--test-outside", str(flat)]
    assert main([*command, *outside]) == 0
    assert '"photos": 40' in capsys.readouterr().out
    assert read_info("tiny", checkpoints).verdict is None  # without --record
    codes = {file: file.stat().st_mtime_ns for file in out.rglob("*.safetensors")}
    assert len(codes) == 4
    assert main([*command, *outside, "--record"]) == 0
    assert codes == {file: file.stat().st_mtime_ns for file in out.rglob("*.safetensors")}
    verdict = read_info("tiny", checkpoints).verdict
    assert verdict is not None
    figures = verdict.measured
    assert figures["outside"]["flat"] > 0.9
    assert figures["photos_called_outside"] < 0.1
    assert main([*command, "--outside", str(noise), "--test-outside", str(flat)]) == 1
    assert "other options" in capsys.readouterr().err
    assert main([*command, "--test-outside", str(flat)]) == 1
    assert main([*command, *outside, "--identity"]) == 1
    assert "shows none" in capsys.readouterr().err
