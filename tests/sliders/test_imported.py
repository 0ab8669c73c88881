"""Directions of other programs: every published layout, what does not fit, and what the sliders say of themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from editor import Editor
from editor.errors import MismatchError, OptionError, WeightsError
from editor.packs.tensors import read_header
from editor.sliders.exchange import export_slider, import_slider, save_slider
from editor.sliders.foreign_directions import Direction
from editor.sliders.generator_fit import CodeStatistics, code_statistics, fit_to_generator
from editor.sliders.imported import imported_slider, name_from, read_directions
from editor.sliders.make import REACH
from editor.sliders.response import measured

LAYERS, WIDTH = 6, 8  # of the tiny pack
RNG = np.random.default_rng(5)
ROW, ROWS, SEVERAL = (RNG.normal(size=s) for s in ((8,), (6, 8), (5, 8)))
Save = Callable[[Path], None]


def _npy(value: Any) -> Save:
    return lambda path: np.save(path, value)


def _pt(value: Any) -> Save:
    return lambda path: torch.save(value, path)


def _unit(rows: Any) -> Tensor:
    rows = torch.as_tensor(np.asarray(rows, np.float64)).reshape(-1, WIDTH)
    return (rows / rows.norm(dim=1, keepdim=True)).float()


def _tensor(array: Any, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.as_tensor(array).to(dtype)


ONE: dict[str, tuple[Save, Any]] = {
    "InterFaceGAN (1, D)": (_npy(ROW[None]), ROW),
    "(D,)": (_npy(ROW), ROW),
    "(L, D)": (_npy(ROWS), ROWS),
    "(1, L·D)": (_npy(ROWS.reshape(1, -1)), ROWS),
    "(L·D,)": (_npy(ROWS.reshape(-1)), ROWS),
    "(1, L, D)": (_npy(ROWS[None]), ROWS),
    "(1, 1, D)": (_npy(ROW[None, None]), ROW),
    "(L, D) in Fortran order": (_npy(np.asfortranarray(ROWS)), ROWS),
    "half precision": (_npy(ROWS.astype(np.float16)), ROWS.astype(np.float16)),
    "whole numbers": (_npy(np.arange(1, 9)), np.arange(1, 9)),
    "e4e (1, D)": (_pt(_tensor(ROW[None])), ROW),
    "torch (L, D)": (_pt(_tensor(ROWS, torch.float64)), ROWS),
    "torch half": (_pt(_tensor(ROW, torch.float16)), ROW.astype(np.float16)),
    "torch with a gradient": (_pt(_tensor(ROW).requires_grad_()), ROW),
    "an old torch file": (
        lambda path: torch.save(_tensor(ROW), path, _use_new_zipfile_serialization=False),
        ROW,
    ),
    "very small": (_npy(ROW * 1e-300), ROW),
    "very large": (_npy(ROW * 1e300), ROW),
}


@pytest.mark.parametrize("name", list(ONE))
def test_every_shape_of_one_direction(name: str, tmp_path: Path, tiny: Editor) -> None:
    save, wanted = ONE[name]
    path = tmp_path / "age_boundary.npy"
    save(path)
    (found,) = read_directions(tiny.engine, path)
    assert (found.name, found.layers, found.numbered) == ("age", None, False)
    torch.testing.assert_close(found.rows, _unit(wanted), atol=1e-6, rtol=0)


@pytest.mark.parametrize("layers", ["2-4", [2, 3, 4], np.array([2, 3, 4])])
def test_boundaries_of_idinvert_and_higan_say_their_layers(
    layers: Any, tmp_path: Path, tiny: Editor
) -> None:
    boundary = {"boundary": ROWS[None].astype(np.float32), "meta_data": {}}
    boundary["meta_data"] = {"manipulate_layers": layers, "accuracy": np.float64(0.9)}
    np.save(tmp_path / "indoor_lighting_boundary.npy", np.array(boundary))
    (found,) = read_directions(tiny.engine, tmp_path / "indoor_lighting_boundary.npy")
    assert (found.name, found.layers) == ("indoor_lighting", (2, 3, 4))
    torch.testing.assert_close(found.rows, _unit(ROWS))


def _of_codes(tiny: Editor) -> tuple[Tensor, Tensor, Tensor]:
    """Components, mean and deviations of the tiny pack's codes, computed here."""
    codes = tiny.engine.map(torch.randn(4000, tiny.engine.z_dim))[:, 0].double()
    _, values, rows = torch.linalg.svd(codes - codes.mean(dim=0), full_matrices=False)
    return rows[:3], codes.mean(dim=0), values[:3] / 4000**0.5


@pytest.mark.parametrize("kind", ["GANSpace .npz", "e4e comp, mean, std", "lat_std"])
def test_components_come_with_their_statistics(kind: str, tmp_path: Path, tiny: Editor) -> None:
    rows, mean, deviations = _of_codes(tiny)
    path = tmp_path / "pca.npz"
    if kind == "GANSpace .npz":
        arrays = {"lat_comp": rows[:, None].numpy(), "lat_mean": mean[None].numpy()}
        more = {"act_comp": np.zeros((3, 99)), "lat_stdev": deviations.numpy(), "var_ratio": ROW}
        np.savez_compressed(path, **arrays, **more)
    elif kind == "lat_std":
        torch.save({"lat_comp": rows, "lat_mean": mean, "lat_std": deviations}, path)
    else:
        torch.save({"comp": rows[:, None], "mean": mean[None], "std": deviations}, path)
    found = read_directions(tiny.engine, path)
    assert [one.name for one in found] == ["pca 1", "pca 2", "pca 3"]
    assert all(one.numbered for one in found)
    statistics = code_statistics(tiny.engine)
    for one, row, deviation in zip(found, rows, deviations, strict=True):
        torch.testing.assert_close(one.rows[0], row.float())
        fit = fit_to_generator(statistics, one, (0, 1), "tiny")
        assert fit.deviation == pytest.approx(float(deviation), rel=0.1)
        assert not any("deviate" in said or "mean code" in said for said in fit.warnings)
    other = replace(found[0], deviation=3 * float(deviations[0]), mean=mean.float() + 5)
    doubts = " ".join(fit_to_generator(statistics, other, (0, 1), "tiny").warnings)
    assert "its file says that codes deviate by" in doubts
    assert "the mean code in its file is not that of 'tiny'" in doubts


def test_factors_are_the_columns(tmp_path: Path, tiny: Editor) -> None:
    """As rosinality's closed_form_factorization writes them, and as its apply_factor reads them."""
    _, _, right = torch.linalg.svd(torch.cat(tiny.engine.style_weights()))
    torch.save({"ckpt": "checkpoint/550000.pt", "eigvec": right.T.contiguous()}, tmp_path / "f.pt")
    found = read_directions(tiny.engine, tmp_path / "f.pt")
    assert len(found) == WIDTH
    torch.testing.assert_close(torch.cat([one.rows for one in found]), right)


def test_dictionaries_name_their_directions(tmp_path: Path, tiny: Editor) -> None:
    given = {"age": _tensor(ROW[None]), "pose": _tensor(ROWS), "note": "of mine", "n": 3}
    torch.save(given, tmp_path / "edits.pt")
    found = read_directions(tiny.engine, tmp_path / "edits.pt")
    assert [one.name for one in found] == ["age", "pose"]
    assert not any(one.numbered for one in found)


def test_several_in_one_array(tmp_path: Path, tiny: Editor) -> None:
    np.save(tmp_path / "many.npy", SEVERAL[:, None])
    found = read_directions(tiny.engine, tmp_path / "many.npy")
    assert [one.name for one in found] == [f"many {i}" for i in range(1, 6)]
    torch.testing.assert_close(torch.cat([one.rows for one in found]), _unit(SEVERAL))


def test_layers_that_hardly_move_are_left_out(tmp_path: Path, tiny: Editor) -> None:
    """A direction of the whole code that is zero in the fine layers, as styles of one kind are."""
    rows = ROWS / np.linalg.norm(ROWS, axis=1, keepdims=True)
    rows[2:] *= np.array([3.0, 1.0, 0.01, 0.0])[:, None]
    np.save(tmp_path / "x.npy", rows)
    (found,) = read_directions(tiny.engine, tmp_path / "x.npy")
    assert found.layers == (0, 1, 2, 3)
    assert found.spread == pytest.approx(3.0)
    torch.testing.assert_close(found.rows.norm(dim=1), torch.ones(6))
    slider = imported_slider(tiny.engine, found, "x.npy", "x")
    assert "unequal lengths (up to 3.0 times)" in " ".join(slider.info.facts["warnings"])


WRONG: dict[str, tuple[Any, type[Exception], str]] = {
    "width": (np.ones((1, 512)), MismatchError, r"shape \(1, 512\), but 'tiny' has codes of 6"),
    "layers": (np.ones((18, 8)), MismatchError, r"18 layers, but 'tiny' .* another generator"),
    "whole": (np.ones((1, 18 * 8)), MismatchError, "another generator"),
    "a factor": ({"eigvec": torch.eye(512)}, MismatchError, "another generator"),
    "NaN": (np.full((1, 8), np.nan), WeightsError, "'x' has values that are not finite"),
    "infinite": (np.full((1, 8), np.inf), WeightsError, "not finite"),
    "zero": (np.zeros((6, 8)), WeightsError, "'x' is zero everywhere"),
    "a zero among others": ({"a": np.zeros(8)}, WeightsError, "'a' is zero everywhere"),
    "layers that are not there": (
        {"boundary": ROW, "meta_data": {"manipulate_layers": "6-11"}},
        MismatchError,
        "lie outside 0…5",
    ),
    "zero where it moves": (
        {
            "boundary": ROWS * [[1], [1], [1], [1], [1], [0]],
            "meta_data": {"manipulate_layers": "5"},
        },
        WeightsError,
        "zero in a layer",
    ),
    "a number": (np.array(3.0), WeightsError, "no array of real numbers"),
    "truths": (np.ones(8, bool), WeightsError, "no array of real numbers"),
    "an empty dictionary": ({"a": 3}, WeightsError, "holds no direction"),
    "a network": (
        {"conv.bias": np.ones(8), "conv.weight": np.ones((8, 8, 3, 3))},
        WeightsError,
        "holds a network",
    ),
    "too many": (np.ones((1001, 1, 8)), WeightsError, "at most 1000 are read"),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_what_cannot_be_a_slider_is_said_in_a_sentence(
    name: str, tmp_path: Path, tiny: Editor
) -> None:
    value, error, said = WRONG[name]
    path = tmp_path / "x.npy"
    if isinstance(value, dict) and any(isinstance(one, Tensor) for one in value.values()):
        torch.save(value, path)
    else:
        np.save(path, value)
    with pytest.raises(error, match=said) as told:
        read_directions(tiny.engine, path)
    assert str(told.value).startswith("x.npy: ")


def test_an_imported_slider_says_so_and_is_never_stamped(tmp_path: Path, tiny: Editor) -> None:
    np.save(tmp_path / "age.npy", ROW)
    (found,) = read_directions(tiny.engine, tmp_path / "age.npy")
    slider = imported_slider(tiny.engine, found, "age.npy", "old", layers=(1, 2))
    assert slider.info.generator == ""
    assert slider.info.accuracy is None
    assert slider.info.layers == (1, 2)
    facts = slider.info.facts
    assert (facts["made"], facts["imported"]) == ("imported from age.npy", "age")
    codes = code_statistics(tiny.engine).codes[:, 0].double()
    deviation = float((codes @ _unit(ROW)[0].double()).std())
    assert slider.info.range[1] == pytest.approx(REACH * deviation, abs=0.01)
    again = import_slider(tiny.engine, export_slider(slider))
    assert again.info == slider.info
    path = save_slider(tiny.engine, measured(tiny.engine, slider), tmp_path / "boundaries")
    assert read_header(path)["generator"] == ""
    with pytest.raises(OptionError, match="lie outside"):
        imported_slider(tiny.engine, found, "age.npy", "old", layers=(9,))


def test_a_direction_of_another_generator_is_doubted() -> None:
    """The bound is where the closed form of the random directions' spread says, and where they lie."""
    torch.manual_seed(1)
    spread = torch.linspace(0.1, 3, 64) ** 2
    turn = torch.linalg.qr(torch.randn(64, 64)).Q
    codes = (torch.randn(5000, 64) * spread) @ turn
    statistics = CodeStatistics.of(codes[:, None])
    random = torch.nn.functional.normalize(torch.randn(20_000, 64), dim=1)
    variances = (random @ statistics.covariance[0] * random).sum(dim=1)
    alignments = variances / statistics.variance[0] * 64
    assert statistics.bound == pytest.approx(1 + 2 * float(alignments.std()), abs=0.02)
    assert 0.95 < float((alignments < statistics.bound).float().mean()) < 0.99

    def doubts(row: Tensor) -> tuple[str, ...]:
        return fit_to_generator(statistics, Direction("x", row[None]), (0,), "tiny").warnings

    assert doubts(turn[-1]) == (), "where the codes vary most"
    assert "likely of another generator" in doubts(turn[0])[0], "where they hardly vary"
    assert statistics.along(turn[-1:], (0,))[1] == pytest.approx(
        float(spread[-1] ** 2 / (spread**2).mean()), rel=0.1
    )


@pytest.mark.parametrize("domain", ["faces64", "faces128", "scenes128"])
def test_no_shipped_slider_would_be_doubted(domain: str) -> None:
    editor = Editor.open(domain, "cpu")
    statistics = code_statistics(editor.engine)
    for name, slider in editor.boundaries.items():
        direction = Direction(name, slider.normal)
        assert fit_to_generator(statistics, direction, slider.info.layers, domain).warnings == ()


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Age", "age"),
        ("pca 3", "pca_3"),
        ("3d", "my_3d"),
        ("…", "direction"),
        ("é clair", "é_clair"),
    ],
)
def test_names(title: str, name: str) -> None:
    assert name_from(title) == name
