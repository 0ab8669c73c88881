"""Fitting a slider end to end, on a random generator whose pictures differ in brightness."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from editor import Editor
from editor.data.image_set import ImageSet
from editor.errors import OptionError
from editor.geometry import background
from editor.metrics.attributes import PooledFeatures
from editor.runtime import seeded_latents
from editor.sliders.boundary_file import load_boundary
from editor.sliders.fit.calibration import (
    GRID,
    HALVINGS,
    Candidate,
    Probes,
    Reach,
    calibrate,
    layer_choices,
    reach,
)
from editor.sliders.fit.options import FitOptions, known_attributes
from editor.sliders.fit.stages import _share, fit_boundaries
from editor.sliders.move import move

OPTIONS = FitOptions(samples=400, share=0.2, held_out=80, probes=48, steps=3)


@pytest.fixture
def bright_images(tiny: Editor) -> ImageSet:
    """Generated pictures, labelled by their own mean."""
    generator = tiny.engine.pack.generator
    with torch.no_grad():
        images = generator(seeded_latents(list(range(400)), generator.z_dim))
    mean = images.mean(dim=(1, 2, 3))
    low, high = mean.quantile(0.4), mean.quantile(0.6)
    labels = ((mean - low) / (high - low)).clamp(0, 1)
    pixels = images.clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8)
    names = [f"{i}.png" for i in range(len(pixels))]
    return ImageSet(pixels, names, [{"bright": label.item()} for label in labels])


def test_a_fitted_slider_moves_what_it_is_named_after(
    tiny: Editor, bright_images: ImageSet, tmp_path: Path
) -> None:
    records = list(fit_boundaries(tiny.engine.pack, bright_images, ["bright"], OPTIONS, tmp_path))
    assert (
        [r["done"] for r in records] == [1, 2, 3, 4, 5] == list(range(1, records[-1]["total"] + 1))
    )
    info, pack = tiny.info, tiny.engine.pack
    boundary = load_boundary(
        tmp_path / "bright.safetensors", "tiny", info.num_ws, info.w_dim, pack.fingerprint
    )
    assert boundary.info.accuracy is not None
    assert boundary.info.accuracy > 0.8
    generator = pack.generator
    with torch.no_grad():
        codes = generator.mapping(seeded_latents(list(range(1000, 1064)), generator.z_dim))
        low, high = (
            generator.synthesis(move(codes, boundary.normal, end, boundary.info.layers)).mean(
                dim=(1, 2, 3)
            )
            for end in boundary.info.range
        )
    assert (high > low).float().mean() > 0.9


def test_the_range_flips_as_many_inversions_as_asked(
    tiny: Editor, bright_images: ImageSet, tmp_path: Path
) -> None:
    """A greater share asks for a longer slider."""
    reach = []
    for flips in (0.5, 0.95):
        options = replace(OPTIONS, flips=flips)
        last = list(fit_boundaries(tiny.engine.pack, bright_images, ["bright"], options, tmp_path))[
            -1
        ]
        assert last["flips_up"] >= flips
        reach.append(last["range"][1])
    assert 0 < reach[0] < reach[1]


def test_unknown_names(tiny: Editor, bright_images: ImageSet, tmp_path: Path) -> None:
    options = replace(OPTIONS, conditional={"bright": ["warm"]})
    with pytest.raises(OptionError, match="warm"):
        next(fit_boundaries(tiny.engine.pack, bright_images, ["bright"], options, tmp_path))
    with pytest.raises(OptionError, match="probes 0"):
        replace(OPTIONS, probes=0)
    with pytest.raises(OptionError, match="components -1"):
        replace(OPTIONS, components=-1)
    with pytest.raises(OptionError, match="flips 95"):
        replace(OPTIONS, flips=95)
    options = replace(OPTIONS, only=("dark",))
    with pytest.raises(OptionError, match="dark"):
        next(fit_boundaries(tiny.engine.pack, bright_images, ["bright"], options, tmp_path))


def test_one_slider_is_fitted_again_and_the_others_stay(
    tiny: Editor, bright_images: ImageSet, tmp_path: Path
) -> None:
    """What is not saved is measured all the same: the figures are those of fitting all."""
    names = ["bright", "warmth"]
    whole = list(fit_boundaries(tiny.engine.pack, bright_images, names, OPTIONS, tmp_path / "all"))
    only = replace(OPTIONS, only=("bright",))
    records = list(fit_boundaries(tiny.engine.pack, bright_images, names, only, tmp_path / "one"))
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["bright.safetensors"]
    assert (records[-1]["done"], records[-1]["total"]) == (5, 5)
    for key in ("accuracy", "layers", "range", "change_of_others"):
        assert records[-1][key] == whole[4][key]
    assert "warmth" in load_boundary_changes(tmp_path / "one" / "bright.safetensors", tiny)


def load_boundary_changes(path: Path, tiny: Editor) -> dict[str, float]:
    info = tiny.info
    boundary = load_boundary(path, "tiny", info.num_ws, info.w_dim, tiny.engine.fingerprint)
    changes: dict[str, float] = boundary.info.facts["changes"]
    return changes


def test_known_attributes(bright_images: ImageSet) -> None:
    rows = [{"smile": 0.5, "unusable": 0.1, "20-29": 1.0, "age_bin": "20-29"}, {"age": None}]
    images = replace(bright_images, attributes=rows)
    assert known_attributes(images, "face") == ["smile", "light_side"]
    scene = known_attributes(replace(bright_images, attributes=[{"sea": 1.0}]), "scene")
    assert scene[0] == "sea"
    assert len(scene) >= 6


def test_a_slider_is_made_independent_of_what_was_asked(
    tiny: Editor, bright_images: ImageSet, tmp_path: Path
) -> None:
    """Brightness and warmth of random pictures are mixed up; one asked for is projected out."""
    names = ["bright", "warmth"]
    options = replace(OPTIONS, conditional={"warmth": ["bright"]}, balance=False)
    records = list(fit_boundaries(tiny.engine.pack, bright_images, names, options, tmp_path))
    assert records[-1]["independent_of"] == ["bright"]
    info, print_ = tiny.info, tiny.engine.fingerprint
    first, second = (
        load_boundary(tmp_path / f"{name}.safetensors", "tiny", info.num_ws, info.w_dim, print_)
        for name in names
    )
    assert first.hyperplane is None  # neither projected nor balanced: it is the normal itself
    assert (first.normal[0] @ second.normal[0]).abs() < 1e-5
    assert second.info.facts["changes"].keys() == {"bright"}
    assert second.hyperplane is not None
    assert (second.hyperplane @ second.normal[0]).abs() < 0.999


def test_balancing_changes_no_more_of_the_others(
    tiny: Editor, bright_images: ImageSet, tmp_path: Path
) -> None:
    """A balanced direction is taken where it does what the plain one does at a lower cost."""
    names, changes = ["bright", "warmth"], []
    for balance in (False, True):
        options = replace(OPTIONS, balance=balance)
        folder = tmp_path / str(balance)
        last = list(fit_boundaries(tiny.engine.pack, bright_images, names, options, folder))[-1]
        assert last["flips_up"] >= OPTIONS.flips
        assert bool(last["balanced"]) == balance
        changes.append(last["change_of_others"] + last["change_outside"])
    assert changes[1] < changes[0]
    boundary = load_boundary(
        tmp_path / "True" / "warmth.safetensors",
        "tiny",
        tiny.info.num_ws,
        tiny.info.w_dim,
        tiny.engine.fingerprint,
    )
    assert boundary.hyperplane is not None


@pytest.mark.parametrize(("asked", "taken"), [(0, 0), (2, 2), (99, 8)])
def test_components_join_the_normals(
    tiny: Editor, bright_images: ImageSet, tmp_path: Path, asked: int, taken: int
) -> None:
    """Without them rows are combinations of the two normals; with them they are of more."""
    names, info = ["bright", "warmth"], tiny.info
    options = replace(OPTIONS, components=asked)
    last = list(fit_boundaries(tiny.engine.pack, bright_images, names, options, tmp_path))[-1]
    assert last["balanced"]["components"] == taken
    found = [
        load_boundary(
            tmp_path / f"{name}.safetensors",
            "tiny",
            info.num_ws,
            info.w_dim,
            tiny.engine.fingerprint,
        )
        for name in names
    ]
    normals = [each.normal[0] if each.hyperplane is None else each.hyperplane for each in found]
    moved = found[1].normal[list(found[1].info.layers)]
    solved = torch.linalg.lstsq(torch.stack(normals).T, moved.T).solution
    outside = (moved.T - torch.stack(normals).T @ solved).norm()
    assert bool(outside > 0.05) == (taken > 0)


class _Bright:
    """Says by a steep curve how bright pictures are, against the median of the first it saw."""

    def __init__(self) -> None:
        self.middle: torch.Tensor | None = None

    def score(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        mean = images.mean(dim=(1, 2, 3))
        self.middle = mean.median() if self.middle is None else self.middle
        return {"bright": torch.sigmoid(200 * (mean - self.middle)), "other": mean}


@pytest.mark.parametrize("flips", [0.5, 0.8])
def test_a_range_does_not_depend_on_where_its_search_starts(tiny: Editor, flips: float) -> None:
    generator, predictor = tiny.engine.pack.generator, _Bright()
    with torch.no_grad():
        codes = generator.mapping(seeded_latents(list(range(32)), generator.z_dim))
        pictures = generator.synthesis(codes)
        scores = predictor.score(pictures)
        means = pictures.mean(dim=(1, 2, 3))
    bright, dark = codes[means.argsort()[-8:]], codes[means.argsort()[:8]]
    normal = (bright - dark).mean(dim=(0, 1))
    normal = normal / normal.norm()
    deviation = 0.25 * float((codes[:, 0] @ normal).std())
    probes = Probes(generator, predictor, codes, scores, pictures)  # type: ignore[arg-type]
    rows = normal[None].expand(generator.num_ws, -1)
    candidate = Candidate(rows, tuple(range(generator.num_ws)), deviation)
    ends = [reach(probes, "bright", candidate, flips, 1.0, start) for start in range(len(GRID))]
    assert ends[0].far >= flips
    assert GRID[0] * deviation < ends[0].distance < GRID[-1] * deviation
    step = next(b - a for a, b in pairwise(GRID) if b * deviation >= ends[0].distance) * deviation
    nearer = move(codes, rows, ends[0].distance - step / 2**HALVINGS, candidate.layers)
    with torch.no_grad():
        after = predictor.score(generator.synthesis(nearer))["bright"]
    could = scores["bright"] < 0.5
    assert (after[could] > 0.5).float().mean() < flips  # nothing much nearer is enough
    assert all(end == ends[0] for end in ends)


class _Framed:
    """Layers 0 to 3 make a face as bright as their codes, layers 4 and 5 what lies around it."""

    num_ws = 6

    def synthesis(self, wp: torch.Tensor) -> torch.Tensor:
        face, around = wp[:, :4, 0].mean(dim=1), wp[:, 4:, 0].mean(dim=1)
        outside = background("face", 16)[None, None]
        return torch.where(outside, around.view(-1, 1, 1, 1), face.view(-1, 1, 1, 1))

    def score(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        face, around = images[:, 0, 8, 8], images[:, 0, 0, 0]
        return {"bright": torch.sigmoid(50 * face), "framed": 0.5 + 0.01 * (face - around)}


@pytest.mark.parametrize(("outside", "layers"), [(None, 6), (background("face", 16), 4)])
def test_layers_are_those_that_leave_the_background_alone(
    outside: torch.Tensor | None, layers: int
) -> None:
    """The least change of others alone would take all layers: nothing then is framed."""
    framed = _Framed()
    codes = torch.zeros(8, 6, 2)
    codes[..., 0] = torch.linspace(-0.4, 0.4, 8)[:, None]
    images = framed.synthesis(codes)
    probes = Probes(framed, framed, codes, framed.score(images), images, outside)  # type: ignore[arg-type]
    rows = torch.tensor([1.0, 0.0]).expand(6, -1)
    candidates = [Candidate(rows, each, 0.25) for each in layer_choices(6)]
    found = calibrate(probes, "bright", candidates, 0.9)
    assert found.chosen.layers == tuple(range(layers))
    assert found.up.effect.flips >= 0.9
    assert (found.up.outside == 0) == (layers == 4 or outside is None)


class _Aged:
    """Pictures are as old as their codes, in deviations."""

    num_ws = 6

    def synthesis(self, wp: torch.Tensor) -> torch.Tensor:
        return wp[:, :, 0].mean(dim=1).view(-1, 1, 1, 1).expand(-1, 3, 4, 4)

    def score(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"age": images[:, 0, 0, 0], "hat": (0.1 * images[:, 0, 0, 0]).clamp(0, 1)}


def test_a_continuous_range_goes_a_whole_deviation_and_reports_half_ones() -> None:
    aged = _Aged()
    codes = torch.zeros(8, 6, 2)
    codes[..., 0] = torch.linspace(-2, 2, 8)[:, None]
    images = aged.synthesis(codes)
    probes = Probes(aged, aged, codes, aged.score(images), images)  # type: ignore[arg-type]
    rows = torch.tensor([1.0, 0.0]).expand(6, -1)
    found = calibrate(probes, "age", [Candidate(rows, tuple(range(6)), 0.25)], 0.9)
    assert 1.0 < found.up.distance < 1.2  # the grid's step before it, halved three times
    assert found.range == (-1.1, 1.1)
    assert len(found.up.effect.could) == 8
    assert found.up.effect.flips == found.down.effect.flips == 1.0
    after = (codes[:, 0, 0] + found.up.distance).clamp(0, 10) - codes[:, 0, 0].clamp(0, 10)
    assert found.up.effect.change_of_others == pytest.approx(0.1 * after.mean().item())


class _Lit(_Aged):
    """Pictures are bright where their codes are above 0; nothing else is measured."""

    def score(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"bright": torch.sigmoid(50 * images[:, 0, 0, 0])}


@pytest.mark.parametrize(("dark", "low"), [(4, -0.3), (8, -1.1)])
def test_ends_are_apart_where_one_attribute_is_measured(dark: int, low: float) -> None:
    """The low end is as far as the high one only where no probe could go down."""
    lit = _Lit()
    codes = torch.zeros(8, 6, 2)
    codes[:dark, :, 0], codes[dark:, :, 0] = -1.0, 0.2
    images = lit.synthesis(codes)
    probes = Probes(lit, lit, codes, lit.score(images), images)  # type: ignore[arg-type]
    rows = torch.tensor([1.0, 0.0]).expand(6, -1)
    found = calibrate(probes, "bright", [Candidate(rows, tuple(range(6)), 0.25)], 0.9)
    assert found.range == (low, 1.1)


def test_what_a_range_costs() -> None:
    """A deviation of age costs a quarter of a probability."""
    end = Reach(1.0, 0.9, {"age": 1.2, "smile": 0.05, "hat": 0.4}, 48, outside=0.1)
    assert end.cost == pytest.approx((0.3 + 0.05 + 0.4) / 3 + 0.1)


def test_layer_choices_are_ranges_of_whole_resolutions() -> None:
    for num_ws in (6, 10, 12, 14):
        choices = layer_choices(num_ws)
        assert tuple(range(num_ws)) in choices
        assert len(set(choices)) == len(choices)
        assert all(
            c == tuple(range(c[0], c[-1] + 1)) and c[0] % 2 == 0 and len(c) % 2 == 0
            for c in choices
        )


def test_rare_attributes_take_fewer_samples() -> None:
    options = FitOptions(samples=1000, share=0.1)
    few, half = torch.zeros(1000), torch.zeros(1000)
    few[:30], half[:500] = 1.0, 1.0
    assert _share("beard", {"beard": few}, options) == pytest.approx(0.1)
    rare = FitOptions(samples=10_000, share=0.1)
    assert _share("beard", {"beard": few}, rare) == pytest.approx(0.03)
    assert _share("female", {"female": half}, rare) == 0.1
    assert _share("age", {"age": few}, rare) == 0.1


def test_a_judge_of_other_features_measures_the_range(
    tiny: Editor, bright_images: ImageSet, tmp_path: Path
) -> None:
    """The direction stays that of the pack's own features; the share that flips is the judge's."""
    half = replace(OPTIONS, flips=0.6)
    own = list(fit_boundaries(tiny.engine.pack, bright_images, ["bright"], half, tmp_path / "own"))[
        -1
    ]

    def corner(image: torch.Tensor) -> list[torch.Tensor]:
        return [image[:, :1, :2, :2]]

    judge = PooledFeatures(corner, grid=1)
    theirs = list(
        fit_boundaries(
            tiny.engine.pack, bright_images, ["bright"], half, tmp_path / "theirs", judge
        )
    )[-1]
    info, print_ = tiny.info, tiny.engine.fingerprint
    first, second = (
        load_boundary(tmp_path / n / "bright.safetensors", "tiny", info.num_ws, info.w_dim, print_)
        for n in ("own", "theirs")
    )
    assert torch.equal(first.normal, second.normal)
    facts = second.info.facts
    assert facts["predictor_quality"] == first.info.facts["judge_quality"]
    assert facts["judge_quality"] < facts["predictor_quality"]
    assert theirs["range"] != own["range"]
