"""Fitting a slider end to end, on a random generator whose pictures differ in brightness."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from editor import Editor
from editor.directions.boundary import load_boundary
from editor.editing.move import move
from editor.errors import OptionError
from editor.fitting import FitOptions, fit_boundaries
from editor.runtime import seeded_latents
from editor.training.data import ImageSet

OPTIONS = FitOptions(samples=400, share=0.2, held_out=80, probes=48, steps=3)


@pytest.fixture
def bright_images(tiny: Editor) -> ImageSet:
    """Generated pictures, labelled by their own mean."""
    generator = tiny.pack.generator
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
    records = list(fit_boundaries(tiny.pack, bright_images, ["bright"], OPTIONS, tmp_path))
    assert [r["done"] for r in records] == [1, 2, 3, 4] == list(range(1, records[-1]["total"] + 1))
    info, pack = tiny.info, tiny.pack
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
    from dataclasses import replace

    reach = []
    for flips in (0.5, 0.95):
        options = replace(OPTIONS, flips=flips)
        last = list(fit_boundaries(tiny.pack, bright_images, ["bright"], options, tmp_path))[-1]
        assert last["flips_up"] >= flips
        reach.append(last["range"][1])
    assert 0 < reach[0] < reach[1]


def test_unknown_names(tiny: Editor, bright_images: ImageSet, tmp_path: Path) -> None:
    from dataclasses import replace

    options = replace(OPTIONS, conditional={"bright": ["warm"]})
    with pytest.raises(OptionError, match="warm"):
        next(fit_boundaries(tiny.pack, bright_images, ["bright"], options, tmp_path))
