from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from editor.errors import MismatchError, OptionError, WeightsError
from editor.metrics.attributes import PooledFeatures, fit_predictor
from editor.sliders.boundary import Boundary, BoundaryInfo
from editor.sliders.boundary_file import load_boundaries, load_boundary, save_boundary
from editor.sliders.hyperplane import fit_hyperplane, project_out
from editor.sliders.move import move

INFO = BoundaryInfo("smile", "smile", "Face", "tiny", (0, 2), (-1.0, 2.0), 0.9, {"samples": 5})


def _unit(*shape: int) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.randn(*shape), dim=-1)


def test_svm_finds_a_known_hyperplane() -> None:
    normal, codes = _unit(8), torch.randn(2000, 8)
    plane = fit_hyperplane(codes, codes @ normal + 0.1 * torch.randn(2000), share=0.2)
    assert plane.accuracy > 0.97
    assert (plane.normal @ normal).item() > 0.98
    assert plane.normal.norm().item() == pytest.approx(1, abs=1e-5)


def test_svm_intercept_is_the_plane_between() -> None:
    normal = torch.tensor([1.0, 0, 0, 0])
    codes = torch.randn(2000, 4) + 5 * normal
    plane = fit_hyperplane(codes, codes @ normal, share=0.3)
    middle = codes.mean(0) @ plane.normal + plane.intercept
    assert abs(middle.item()) < 0.2


def test_labels_without_information_are_not_separable() -> None:
    plane = fit_hyperplane(torch.randn(3000, 8), torch.randn(3000), share=0.3)
    assert 0.4 < plane.accuracy < 0.6
    with pytest.raises(OptionError, match="do not vary"):
        fit_hyperplane(torch.randn(200, 8), torch.zeros(200))
    with pytest.raises(OptionError, match="at least 10"):
        fit_hyperplane(torch.randn(50, 8), torch.randn(50))


def test_conditional_boundary_is_orthogonal() -> None:
    normal, others = _unit(8), [_unit(8), _unit(8)]
    result = project_out(normal, others)
    assert result.norm().item() == pytest.approx(1, abs=1e-5)
    assert max(abs((result @ other).item()) for other in others) < 1e-5
    assert torch.equal(project_out(normal, []), normal)
    with pytest.raises(OptionError, match="span"):
        project_out(normal, [normal])


def test_round_trip(tmp_path: Path) -> None:
    boundary = Boundary(INFO, _unit(6, 8))
    save_boundary(boundary, tmp_path / "smile.safetensors")
    found = load_boundary(tmp_path / "smile.safetensors", "tiny", 6, 8)
    assert found.info == INFO
    assert torch.equal(found.normal, boundary.normal)
    assert found.hyperplane is None
    fitted = _unit(6, 8)[0]
    save_boundary(replace(boundary, hyperplane=fitted), tmp_path / "smile.safetensors")
    again = load_boundary(tmp_path / "smile.safetensors", "tiny", 6, 8)
    assert again.hyperplane is not None
    assert torch.equal(again.hyperplane, fitted)
    assert list(load_boundaries(tmp_path, "tiny", 6, 8)) == ["smile"]
    assert load_boundaries(tmp_path / "none", "tiny", 6, 8) == {}


def test_other_domain_or_damage(tmp_path: Path) -> None:
    path = tmp_path / "smile.safetensors"
    save_boundary(Boundary(INFO, _unit(6, 8)), path)
    with pytest.raises(
        MismatchError, match=r"'tiny' \(6, 8\).*'ffhq256' \(14, 512\).*fit-boundaries"
    ):
        load_boundary(path, "ffhq256", 14, 512)
    save_boundary(Boundary(INFO, 2 * _unit(6, 8)), path)
    with pytest.raises(WeightsError, match="length 1"):
        load_boundary(path, "tiny", 6, 8)
    for wrong in (2 * _unit(6, 8)[0], _unit(6, 7)[0], torch.full((8,), float("nan"))):
        save_boundary(Boundary(INFO, _unit(6, 8), wrong), path)
        with pytest.raises(WeightsError, match="hyperplane"):
            load_boundary(path, "tiny", 6, 8)
    save_boundary(Boundary(replace(INFO, layers=(0, 9)), _unit(6, 8)), path)
    with pytest.raises(MismatchError, match="layers"):
        load_boundary(path, "tiny", 6, 8)
    save_boundary(Boundary(replace(INFO, generator="aaaa"), _unit(6, 8)), path)
    assert load_boundary(path, "tiny", 6, 8, "aaaa").info.generator == "aaaa"
    with pytest.raises(MismatchError, match=r"another snapshot.*fit-boundaries --domain tiny"):
        load_boundaries(tmp_path, "tiny", 6, 8, "bbbb")
    with pytest.raises(OptionError, match="enclose 0"):
        replace(INFO, range=(1.0, 2.0))


def test_one_bad_file_leaves_its_slider_out(tmp_path: Path, caplog) -> None:
    for name in ("smile", "age", "pose"):
        info = replace(INFO, name=name, generator="aaaa")
        save_boundary(Boundary(info, _unit(6, 8)), tmp_path / f"{name}.safetensors")
    path = tmp_path / "age.safetensors"
    sound = path.read_bytes()
    save_boundary(Boundary(replace(INFO, generator="aaaa"), _unit(6, 8)), path)
    cases = {
        "a twin": path.read_bytes(),
        "cut off": sound[:-10],
        "empty": b"",
        "text": b"hello",
        "pickle": b"\x80\x04cos\nsystem\n.",
        "larger than any slider": sound + bytes(11 * 2**20),
        "of another snapshot": sound.replace(b"aaaa", b"bbbb"),
        "without a range": sound.replace(b'\\"range\\"', b'\\"rangs\\"'),
    }
    for case, data in cases.items():
        caplog.clear()
        path.write_bytes(data)
        found = load_boundaries(tmp_path, "tiny", 6, 8, "aaaa")
        assert "pose" in found, case
        assert len(found) == 2, case
        (said,) = caplog.messages
        assert ("smile" if case == "a twin" else "age") + ".safetensors" in said, case
    path.unlink()
    os.mkfifo(path)
    caplog.clear()
    assert list(load_boundaries(tmp_path, "tiny", 6, 8, "aaaa")) == ["pose", "smile"]
    assert "age.safetensors" in caplog.text


def test_a_domain_whose_only_slider_is_damaged_opens(tmp_path: Path, caplog) -> None:
    (tmp_path / "smile.safetensors").write_bytes(b"hello")
    assert load_boundaries(tmp_path, "tiny", 6, 8) == {}
    assert "smile.safetensors" in caplog.text


def test_move() -> None:
    wp, direction = torch.randn(2, 6, 8), _unit(6, 8)
    moved = move(wp, direction, 1.5, (0, 2))
    torch.testing.assert_close(moved[:, 2], wp[:, 2] + 1.5 * direction[2])
    assert torch.equal(moved[:, 1], wp[:, 1])
    torch.testing.assert_close(move(moved, direction, -1.5, (0, 2)), wp)
    each = move(wp, direction, torch.tensor([0.0, 1.0]), (3,))
    assert torch.equal(each[0], wp[0])
    with pytest.raises(OptionError, match="finite"):
        move(wp, direction, float("inf"), (0,))
    with pytest.raises(OptionError, match="layers"):
        move(wp, direction, 1.0, (6,))


def test_predictor_learns_what_is_labelled(discriminator) -> None:
    images = torch.randint(0, 256, (300, 3, 16, 16), dtype=torch.uint8)
    bright = torch.rand(300) > 0.5
    images[bright] = (images[bright].int() // 2 + 120).to(torch.uint8)
    labels = [{"bright": float(b), "age": 20.0 + 30.0 * float(b)} for b in bright]
    features = PooledFeatures(discriminator.features)
    predictor = fit_predictor(features, images, labels, ["bright", "age"], held_out=100)
    assert predictor.quality["bright"] > 0.95
    scores = predictor.score(images.float() / 127.5 - 1)
    assert ((scores["bright"] > 0.5) == bright).float().mean() > 0.95


def test_shipped_boundaries_move_their_attribute(faces) -> None:
    """Scored by a fresh judge of the shipped discriminator's features on labelled photos."""
    from editor.data.image_set import load_images
    from tests.conftest import SHARED

    archive = SHARED / "faces128_test.zip"
    if not archive.exists():
        pytest.skip("needs the labelled test faces of ../shared")
    images = load_images(archive, 64, {"unusable": 0.6})
    features = PooledFeatures(faces.engine.pack.discriminator.features)
    names = ["smile", "glasses", "female"]
    judge = fit_predictor(features, images.pixels, images.attributes, names, held_out=200)
    with torch.no_grad():
        codes = faces.engine.pack.encoder(images.batch(torch.arange(40)))
        for name in names:
            boundary = faces.sliders[name]
            ends = [
                judge.score(
                    faces.engine.pack.generator.synthesis(
                        move(codes, boundary.normal, distance, boundary.info.layers)
                    )
                )[name].mean()
                for distance in boundary.info.range
            ]
            assert ends[1] - ends[0] > 0.4, name
            assert boundary.info.accuracy >= 0.9, name
