"""Training of a StyleGAN2 generator with its discriminator.

Non-saturating logistic loss, lazy R1, style mixing, flips, differentiable augmentation and a moving
average of the generator; float32 master weights, bfloat16 activations where the machine is quick at it.

Reference: Karras et al., Analyzing and Improving the Image Quality of StyleGAN, sections 2 and 3.1;
Training Generative Adversarial Networks with Limited Data, section 2.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from editor.data.image_set import ImageSet
from editor.errors import OptionError
from editor.media.sheets import save_sheet
from editor.models.config import (
    DiscriminatorConfig,
    EncoderConfig,
    GeneratorConfig,
)
from editor.models.discriminator import Discriminator
from editor.models.encoder import Encoder
from editor.models.perceptual import (
    DiscriminatorPerceptual,
    Perceptual,
    SqueezeNetFeatures,
    SqueezeNetPerceptual,
)
from editor.models.stylegan2 import StyleGAN2Generator
from editor.packs.tensors import fingerprint, half, write_tensors
from editor.runtime import fast_dtype, seeded_latents
from editor.training.adversarial import GanState, training_step
from editor.training.augment import AdaptiveStrength
from editor.training.generator_options import GeneratorTraining
from editor.training.grow import (
    Origin,
    batches,
    check_origin,
    grow_discriminator,
    grow_generator,
)
from editor.training.loop import Schedule, train_loop
from editor.training.parallel import ALONE, Ranks
from editor.training.projected import ProjectedDiscriminator
from editor.training.reconstruction import Reconstruction
from editor.training.run import RunFolder


def train_generator(
    images: ImageSet,
    run: RunFolder,
    options: GeneratorTraining,
    generator_config: GeneratorConfig,
    discriminator_config: DiscriminatorConfig,
    device: torch.device,
    header: dict[str, Any] | None = None,
    origin: Origin | None = None,
    ranks: Ranks = ALONE,
    features: SqueezeNetFeatures | None = None,
    encoder_config: EncoderConfig | None = None,
) -> Iterator[dict[str, Any]]:
    """Train a generator, or go on where the run folder stopped.

    Args:
        images: the real images, at the generator's resolution.
        run: where options, statistics, grids, checkpoint and snapshots go.
        options: how to train.
        generator_config: architecture of the generator.
        discriminator_config: architecture of the discriminator.
        device: where to train.
        header: domain, licence and data facts for the snapshots' headers.
        origin: trained networks to start from, grown to the wanted resolution.
        ranks: this process among those that train together; the main one writes the files.
        features: for a second discriminator, which is no part of the snapshots, where
            `options.projected` is above 0; and for comparing reconstructions with photos.
        encoder_config: architecture of the encoder that makes the reconstructions, where
            `options.recon_share` is above 0.

    Yields:
        One record a tick, as appended to stats.jsonl.

    Raises:
        TrainingError: losses are not finite again and again, or the folder holds another run.
        OptionError: the origin is of another architecture, or nothing is left to learn.
    """
    if options.recon_share == 0:
        encoder_config = None
    elif encoder_config is None:
        raise OptionError("recon_share needs the architecture of an encoder")
    known: set[str] = set()
    if origin is not None:
        check_origin(origin, generator_config, discriminator_config, encoder_config)
        known = {name for name, _ in origin.generator.named_parameters()}
    if ranks.main:
        networks = (generator_config, discriminator_config, encoder_config)
        _begin(run, options, networks, images, origin, features)
    start = None if run.checkpoint.exists() else origin
    state = _prepare(options, generator_config, discriminator_config, device, start, images, known)
    _add_others(state, features, options, encoder_config, start, images)
    state.grown = origin is not None
    images = images.near(device)
    ranks.check_columns(state.columns(options.batch))
    ranks.copy_from_main(state.modules.values())
    step = partial(training_step, state, images, options, device, ranks)
    save = partial(_save_snapshot, run.path, state, options, header or {})
    yield from train_loop(run, state, Schedule.of(options), step, save, ranks=ranks)


def _begin(
    run: RunFolder,
    options: GeneratorTraining,
    networks: tuple[GeneratorConfig, DiscriminatorConfig, EncoderConfig | None],
    images: ImageSet,
    origin: Origin | None,
    features: SqueezeNetFeatures | None,
) -> None:
    """Write what the run was asked for, after a check against a run that goes on."""
    facts = {
        "images": len(images),
        "init_from": None if origin is None else fingerprint(origin.generator),
        "features": None if features is None else type(features).__name__,
    }
    names = ("generator", "discriminator", "encoder")
    configs = {n: c.to_dict() for n, c in zip(names, networks, strict=True) if c is not None}
    said = {"training": asdict(options) | {"kimg": None}, "kimg": options.kimg, **configs, **facts}
    run.start(said, free=("kimg", "ema_kimg"))  # an average changes nothing of the training


def _add_others(
    state: GanState,
    features: SqueezeNetFeatures | None,
    options: GeneratorTraining,
    encoder_config: EncoderConfig | None,
    start: Origin | None,
    images: ImageSet,
) -> None:
    """Add the second discriminator and the encoder of reconstructions, where the options ask for them."""
    if features is not None and options.projected > 0:
        _add_projected(state, features, options)
    if encoder_config is not None:
        _add_reconstruction(state, features, options, encoder_config, start, images)


def _add_projected(
    state: GanState, features: SqueezeNetFeatures, options: GeneratorTraining
) -> None:
    """Add the second discriminator, on features of a frozen network."""
    device, dtype = state.ema.w_avg.device, state.discriminator.compute_dtype
    judge = ProjectedDiscriminator(features.to(device), SqueezeNetFeatures.CHANNELS)
    state.projected = judge.to(device)
    state.projected.compute_dtype = dtype
    heads = state.projected.heads.parameters()
    state.adam_p = torch.optim.Adam(heads, lr=options.lr, betas=(0.0, 0.99))


def _add_reconstruction(
    state: GanState,
    features: SqueezeNetFeatures | None,
    options: GeneratorTraining,
    config: EncoderConfig,
    origin: Origin | None,
    images: ImageSet,
) -> None:
    """Add the encoder that makes a part of the fakes from photos."""
    device = state.ema.w_avg.device
    compared: Perceptual = DiscriminatorPerceptual(state.discriminator)
    if features is not None:
        compared = SqueezeNetPerceptual(features.to(device).eval().requires_grad_(False))
    batch = batches(images, len(images), options.batch, options.seed, device)
    start = None if origin is None else origin.encoder
    state.reconstruction = Reconstruction.begin(
        config, start, state.generator, compared, options.recon_lr, batch
    )


def _prepare(
    options: GeneratorTraining,
    generator_config: GeneratorConfig,
    discriminator_config: DiscriminatorConfig,
    device: torch.device,
    origin: Origin | None,
    images: ImageSet,
    known: set[str],
) -> GanState:
    torch.manual_seed(options.seed)
    if origin is None:
        generator = StyleGAN2Generator(generator_config)
        discriminator = Discriminator(discriminator_config)
    else:
        batch = batches(images, len(images), options.batch, options.seed, device)
        generator = grow_generator(origin.generator, generator_config)
        small = origin.discriminator.to(device)
        discriminator, _ = grow_discriminator(small, discriminator_config, batch)
    generator = generator.to(device).train().requires_grad_(True)
    discriminator = discriminator.to(device).train().requires_grad_(True)
    dtype = fast_dtype(device) if options.bf16 else torch.float32
    generator.compute_dtype = discriminator.compute_dtype = dtype
    ema = copy.deepcopy(generator).eval().requires_grad_(False)
    groups = _learning(generator, known, options)
    graph = device.type == "cuda"  # what a recorded step asks of Adam
    adam_g = torch.optim.Adam(groups, lr=options.lr, betas=(0.0, 0.99), capturable=graph)
    lazy = options.r1_interval / (options.r1_interval + 1)
    adam_d = torch.optim.Adam(
        discriminator.parameters(),
        lr=options.lr * lazy,
        betas=(0.0, 0.99**lazy),
        capturable=graph,
    )
    rng = torch.Generator().manual_seed(options.seed)
    strength = None
    if options.augment_target > 0:
        strength = AdaptiveStrength(options.augment_target, options.augment_kimg)
    return GanState(generator, discriminator, ema, adam_g, adam_d, rng, strength)


def _learning(
    generator: StyleGAN2Generator, known: set[str], options: GeneratorTraining
) -> list[dict[str, Any]]:
    """Return the parameter groups of Adam: what is new, and what the training started from.

    What is to stay as it is gets frozen, which also saves its part of the backward pass.
    """
    new: list[nn.Parameter] = []
    old: list[nn.Parameter] = []
    for name, parameter in generator.named_parameters():
        if known and not options.grown_noise and name.endswith("noise_strength"):
            parameter.requires_grad_(name in known)
        (old if name in known else new).append(parameter)
    if options.grown_lr == 1:  # one group, as Adam's state was laid out before there was a choice
        return [{"params": list(generator.parameters())}]
    if options.grown_lr > 0:
        slow = {"params": old, "lr": options.lr * options.grown_lr}
        return [group for group in ({"params": new}, slow) if group["params"]]
    if not new:
        raise OptionError(
            "grown_lr 0 leaves nothing to learn: the generator is the one that it starts from"
        )
    for parameter in old:
        parameter.requires_grad_(False)
    return [{"params": new}]


def _save_snapshot(
    path: Path, state: GanState, options: GeneratorTraining, header: dict[str, Any]
) -> None:
    """Write the averaged generator, the discriminator, and a sheet of 64 samples at psi 0.8."""
    facts = {
        **header,
        "training": {**asdict(options), "kimg": state.clock.kimg, "seconds": state.clock.seconds},
    }
    networks: dict[str, StyleGAN2Generator | Discriminator | Encoder] = {
        "generator": state.ema,
        "discriminator": state.discriminator,
    }
    if state.reconstruction is not None:
        networks["encoder"] = state.reconstruction.ema
    for name, network in networks.items():
        meta = {"kind": name, "config": network.config.to_dict(), **facts}
        if name == "encoder":
            meta["generator"] = fingerprint(state.ema)
        write_tensors(path / f"{name}.safetensors", half(network.state_dict()), meta)
    device = state.ema.w_avg.device
    with torch.no_grad():
        z = seeded_latents(list(range(64)), state.ema.z_dim).to(device)
        grid = torch.cat([state.ema(part, truncation_psi=0.8) for part in z.split(16)])
    save_sheet(grid.cpu(), path / f"samples-{round(state.clock.kimg):05d}.png")
