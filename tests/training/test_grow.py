from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from editor.data.image_set import ImageSet
from editor.errors import OptionError
from editor.models.config import EncoderConfig
from editor.models.discriminator import Discriminator
from editor.models.encoder import Encoder
from editor.models.layers import upsample2
from editor.models.stylegan2 import StyleGAN2Generator
from editor.packs.tensors import read_tensors
from editor.training.adversarial import GeneratorTraining
from editor.training.generator import train_generator
from editor.training.grow import (
    Origin,
    check_encoder_origin,
    grow_discriminator,
    grow_encoder,
    grow_generator,
)
from editor.training.run import RunFolder
from tests.conftest import DISCRIMINATOR, ENCODER, GENERATOR

LARGE_G = replace(GENERATOR, resolution=32)
LARGE_D = replace(DISCRIMINATOR, resolution=32)


def _smooth(n: int, size: int) -> torch.Tensor:
    return F.interpolate(torch.randn(n, 3, 6, 6), size=size, mode="bicubic").clamp(-1, 1)


def _noise(n: int) -> ImageSet:
    pixels = torch.randint(0, 256, (n, 3, 32, 32), dtype=torch.uint8)
    return ImageSet(pixels, [str(i) for i in range(n)], [{} for _ in range(n)])


@pytest.mark.parametrize("noise", [False, True])
def test_grown_generator_makes_the_same_pictures(
    generator: StyleGAN2Generator, noise: bool
) -> None:
    generator.w_avg.normal_()
    large = grow_generator(generator, replace(LARGE_G, noise=noise))
    z = torch.randn(3, 12)
    assert large.num_ws == generator.num_ws + 2
    torch.testing.assert_close(large(z, 0.7), upsample2(generator(z, 0.7)))
    large(z).sum().backward()
    new = large.synth.blocks[-1].to_rgb.weight
    assert new.grad is not None
    assert new.grad.abs().sum() > 0


@pytest.mark.parametrize("least", [1, DISCRIMINATOR.channels(16)])
def test_grown_discriminator_judges_alike(discriminator: Discriminator, least: int) -> None:
    config = replace(LARGE_D, fmaps_min=least)
    large, error = grow_discriminator(discriminator, config, lambda: _smooth(16, 32), steps=300)
    assert large.trunk.from_rgb.weight.shape[0] == config.channels(32) >= least
    assert error < 0.1
    image = _smooth(64, 32)
    with torch.no_grad():
        small = F.interpolate(image, size=16, mode="bilinear", antialias=True)
        pair = torch.stack([discriminator(small), large(image)])
        fresh = torch.stack([discriminator(small), Discriminator(LARGE_D)(image)])
    assert torch.corrcoef(pair)[0, 1] > 0.9
    assert torch.corrcoef(fresh)[0, 1] < 0.9


@pytest.mark.parametrize(
    ("small", "resolution", "num_ws"),
    [
        (ENCODER, 32, GENERATOR.num_ws + 2),
        (replace(ENCODER, resolution=32, num_ws=9, heads="pyramid"), 64, 11),
        (ENCODER, 16, GENERATOR.num_ws),
    ],
)
def test_a_grown_encoder_gives_nearly_the_same_codes(
    small: EncoderConfig, resolution: int, num_ws: int
) -> None:
    encoder = Encoder(small).eval().requires_grad_(False)
    encoder.w_avg.normal_()
    config = replace(small, resolution=resolution, num_ws=num_ws)
    large, error = grow_encoder(encoder, config, lambda: _smooth(16, resolution), steps=300)
    assert error < 0.1
    assert all(p.requires_grad for p in large.parameters())
    image = _smooth(64, resolution)
    shrunk = F.interpolate(image, size=small.resolution, mode="bilinear", antialias=True)
    with torch.no_grad():
        before, after = encoder(shrunk) - encoder.w_avg, large(image) - large.w_avg
        fresh = Encoder(config)(image)
    kept = encoder.w_avg.shape[0]
    if resolution == small.resolution:
        torch.testing.assert_close(before, after)
    assert torch.equal(large.w_avg[:kept], encoder.w_avg)
    assert not after[:, kept:].any(), "new layers start at their mean code"
    assert torch.corrcoef(torch.stack([before.flatten(), after[:, :kept].flatten()]))[0, 1] > 0.9
    assert torch.corrcoef(torch.stack([before.flatten(), fresh[:, :kept].flatten()]))[0, 1] < 0.5


def test_a_larger_encoder_does_not_shrink() -> None:
    with pytest.raises(OptionError, match="must be the same"):
        check_encoder_origin(replace(ENCODER, resolution=32), ENCODER)
    with pytest.raises(OptionError, match="must be the same"):
        check_encoder_origin(ENCODER, replace(ENCODER, resolution=32, fmaps_base=256))


def test_training_goes_on_from_a_smaller_pack_and_resumes(
    tmp_path: Path, generator: StyleGAN2Generator, discriminator: Discriminator
) -> None:
    images = _noise(24)
    origin = Origin(generator, discriminator)

    def run(path: Path, kimg: float) -> list[dict]:
        options = GeneratorTraining(
            kimg=kimg, batch=4, tick_kimg=0.008, snapshot_kimg=0.008, bf16=False
        )
        folder, device = RunFolder(path), torch.device("cpu")
        return list(train_generator(images, folder, options, LARGE_G, LARGE_D, device, {}, origin))

    run(tmp_path / "whole", 0.016)
    averaged, _ = read_tensors(tmp_path / "whole" / "checkpoint.safetensors")
    name = "synth.blocks.0.conv1.weight"
    moved = (averaged[f"ema/{name}"] - generator.state_dict()[name]).abs().mean()
    now = (averaged[f"g/{name}"] - generator.state_dict()[name]).abs().mean()
    assert 0 < moved < 0.01 * now  # 16 images of a half-life of 10,000
    run(tmp_path / "parts", 0.008)
    assert run(tmp_path / "parts", 0.016)[0]["kimg"] == 0.016
    whole, _ = read_tensors(tmp_path / "whole" / "checkpoint.safetensors")
    parts, _ = read_tensors(tmp_path / "parts" / "checkpoint.safetensors")
    assert all(torch.equal(value, parts[name]) for name, value in whole.items())


def test_an_origin_of_another_kind_is_refused(
    tmp_path: Path, generator: StyleGAN2Generator, discriminator: Discriminator
) -> None:
    images = ImageSet(torch.zeros(4, 3, 8, 8, dtype=torch.uint8), ["a"] * 4, [{}] * 4)
    origin, cpu = Origin(generator, discriminator), torch.device("cpu")
    noisy = Origin(StyleGAN2Generator(replace(GENERATOR, noise=True)), discriminator)
    for start, g in (
        (origin, replace(GENERATOR, resolution=8)),
        (origin, replace(LARGE_G, fmaps_max=32)),
        (origin, replace(LARGE_G, fmaps_min=GENERATOR.fmaps_max)),
        (noisy, GENERATOR),
    ):
        steps = train_generator(
            images, RunFolder(tmp_path), GeneratorTraining(), g, DISCRIMINATOR, cpu, {}, start
        )
        with pytest.raises(OptionError, match="cannot grow"):
            next(steps)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("grown_lr", [0.0, 0.1])
def test_what_a_training_started_from_learns_more_slowly(
    tmp_path: Path,
    generator: StyleGAN2Generator,
    discriminator: Discriminator,
    grown_lr: float,
) -> None:
    images = _noise(24)
    origin, cpu = Origin(generator, discriminator), torch.device("cpu")

    def run(path: Path, kimg: float) -> dict[str, torch.Tensor]:
        options = GeneratorTraining(
            kimg=kimg, batch=4, tick_kimg=0.008, snapshot_kimg=0.008, bf16=False, grown_lr=grown_lr
        )
        list(train_generator(images, RunFolder(path), options, LARGE_G, LARGE_D, cpu, {}, origin))
        tensors, _ = read_tensors(path / "checkpoint.safetensors")
        return {k[2:]: v for k, v in tensors.items() if k.startswith("g/")}

    after = run(tmp_path / "whole", 0.016)
    start = grow_generator(generator, LARGE_G).state_dict()
    # Adam's steps are about as long as the learning rate, whatever the gradient
    moved = {
        name: (value - start[name]).abs().max().item()
        for name, value in after.items()
        if name.endswith("to_rgb.weight")
    }
    new = moved.pop(f"synth.blocks.{len(LARGE_G.resolutions) - 1}.to_rgb.weight")
    assert new > 0.002
    for change in moved.values():
        assert change < 3 * grown_lr * new + 1e-9
        assert (change > 0) == (grown_lr > 0)
    run(tmp_path / "parts", 0.008)
    parts = run(tmp_path / "parts", 0.016)
    assert all(torch.equal(value, parts[name]) for name, value in after.items())


def test_nothing_left_to_learn_is_refused(
    tmp_path: Path, generator: StyleGAN2Generator, discriminator: Discriminator
) -> None:
    images = ImageSet(torch.zeros(4, 3, 16, 16, dtype=torch.uint8), ["a"] * 4, [{}] * 4)
    options = GeneratorTraining(grown_lr=0.0)
    origin, cpu = Origin(generator, discriminator), torch.device("cpu")
    with pytest.raises(OptionError, match="nothing to learn"):
        next(
            train_generator(
                images, RunFolder(tmp_path), options, GENERATOR, DISCRIMINATOR, cpu, {}, origin
            )
        )


@pytest.mark.parametrize("grown_noise", [True, False])
def test_noise_of_grown_layers_may_stay_out(
    tmp_path: Path,
    generator: StyleGAN2Generator,
    discriminator: Discriminator,
    grown_noise: bool,
) -> None:
    images = _noise(24)
    small = grow_generator(generator, replace(GENERATOR, noise=True))
    large, origin = replace(LARGE_G, noise=True), Origin(small, discriminator)
    run, cpu = RunFolder(tmp_path), torch.device("cpu")
    for kimg in (0.008, 0.016):  # the second goes on with the first
        options = GeneratorTraining(
            kimg=kimg, batch=4, tick_kimg=0.008, bf16=False, grown_lr=0.5, grown_noise=grown_noise
        )
        list(train_generator(images, run, options, large, LARGE_D, cpu, {}, origin))
    tensors, _ = read_tensors(tmp_path / "checkpoint.safetensors")
    known = {f"g/{name}" for name, _ in small.named_parameters()}
    strength = {k: v for k, v in tensors.items() if k[:2] == "g/" and "noise_strength" in k}
    assert len(strength.keys() - known) == 2
    assert all(strength[name] != 0 for name in strength.keys() & known)
    assert all((strength[name] != 0) == grown_noise for name in strength.keys() - known)
