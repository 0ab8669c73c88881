"""Training of a StyleGAN2 generator with its discriminator.

Non-saturating logistic loss, lazy R1, style mixing, flips, differentiable augmentation and a moving
average of the generator; float32 master weights, bfloat16 activations where the machine is quick at it.

Reference: Karras et al., Analyzing and Improving the Image Quality of StyleGAN, sections 2 and 3.1;
Training Generative Adversarial Networks with Limited Data, section 2.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from editor.errors import OptionError
from editor.models.config import DiscriminatorConfig, GeneratorConfig
from editor.models.discriminator import Discriminator
from editor.models.perceptual import SqueezeNetFeatures
from editor.models.stylegan2 import StyleGAN2Generator
from editor.runtime import fast_dtype, seeded_latents
from editor.training.augment import AdaptiveStrength, apply_changes, draw_changes
from editor.training.data import ImageSet
from editor.training.grow import (
    Origin,
    batches,
    check_origin,
    grow_discriminator,
    grow_generator,
)
from editor.training.loop import Clock, Schedule, train_loop
from editor.training.losses import loss_discriminator, loss_generator, r1_penalty
from editor.training.parallel import ALONE, Ranks, group_columns
from editor.training.projected import ProjectedDiscriminator, draw_window
from editor.training.run import RunFolder, save_grid
from editor.weights.format import fingerprint, half, write_tensors


@dataclass(frozen=True)
class GeneratorTraining:
    """Options of a generator's training; lengths in thousands of real images shown (kimg).

    `augment_colour` and `augment_shift` are shares of the images; with `augment_target` above 0 they
    are what the adaptive strength multiplies, which starts at 0 and holds the mean sign of the
    discriminator's logits on real images at the target. `projected` weights the loss from a
    discriminator on a feature network, where one is given; `projected_zoom` is the share of the
    updates in which that one looks at a random quarter of the pictures, enlarged. `grown_lr` is
    the learning rate of those of the generator's layers that the training started from, as a share
    of `lr`; 0 keeps them as they are, so that only what was grown learns. Without `grown_noise`
    the noise of the layers that were grown keeps its strength of 0.
    """

    kimg: float = 150.0
    batch: int = 32
    lr: float = 0.0025
    grown_lr: float = 1.0
    grown_noise: bool = True
    r1_gamma: float = 1.0
    r1_interval: int = 16
    style_mixing: float = 0.5
    ema_kimg: float = 10.0
    ema_rampup: float = 0.05
    flip: bool = True
    augment_colour: float = 0.3
    augment_shift: float = 0.5
    augment_target: float = 0.0
    augment_kimg: float = 100.0
    projected: float = 1.0
    projected_zoom: float = 0.0
    tick_kimg: float = 1.0
    snapshot_kimg: float = 8.0
    seed: int = 0
    bf16: bool = True

    def __post_init__(self) -> None:
        if self.kimg <= 0 or self.batch < 2 or self.lr <= 0 or self.r1_interval < 1:
            raise OptionError(
                f"kimg {self.kimg}, batch {self.batch}, lr {self.lr} and r1_interval "
                f"{self.r1_interval} must be positive, and batch at least 2"
            )
        if not 0 <= self.grown_lr <= 1:
            raise OptionError(f"grown_lr {self.grown_lr} lies outside 0…1")
        if not 0 <= self.projected_zoom <= 1:
            raise OptionError(f"projected_zoom {self.projected_zoom} lies outside 0…1")
        if not 0 <= self.augment_target < 1 or self.augment_kimg <= 0:
            raise OptionError(
                f"augment_target {self.augment_target} lies outside 0…1, or augment_kimg "
                f"{self.augment_kimg} is not positive"
            )


@dataclass
class _State:
    generator: StyleGAN2Generator
    discriminator: Discriminator
    ema: StyleGAN2Generator
    adam_g: torch.optim.Optimizer
    adam_d: torch.optim.Optimizer
    rng: torch.Generator
    strength: AdaptiveStrength | None = None
    projected: ProjectedDiscriminator | None = None
    adam_p: torch.optim.Optimizer | None = None
    grown: bool = False
    clock: Clock = field(default_factory=Clock)

    def columns(self, batch: int) -> int:
        """Groups of the minibatch standard deviation in a batch."""
        return group_columns(batch, self.discriminator.config.mbstd_group)

    @property
    def modules(self) -> dict[str, nn.Module]:
        found: dict[str, nn.Module] = {
            "g": self.generator,
            "d": self.discriminator,
            "ema": self.ema,
        }
        if self.strength is not None:
            found["strength"] = self.strength
        if self.projected is not None:
            found["projected"] = self.projected
        return found

    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        found = {"adam_g": self.adam_g, "adam_d": self.adam_d}
        return found if self.adam_p is None else found | {"adam_p": self.adam_p}


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
) -> Iterator[dict[str, Any]]:
    """Train, or go on where the run folder stopped.

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
        features: for a second discriminator, which is no part of the snapshots.

    Yields:
        One record a tick, as appended to stats.jsonl.

    Raises:
        TrainingError: losses are not finite again and again, or the folder holds another run.
        OptionError: the origin is of another architecture, or nothing is left to learn.
    """
    known: set[str] = set()
    if origin is not None:
        check_origin(origin, generator_config, discriminator_config)
        known = {name for name, _ in origin.generator.named_parameters()}
    if ranks.main:
        run.start(
            {
                "training": asdict(options) | {"kimg": None},
                "kimg": options.kimg,
                "generator": generator_config.to_dict(),
                "discriminator": discriminator_config.to_dict(),
                "images": len(images),
                "init_from": None if origin is None else fingerprint(origin.generator),
                "features": None if features is None else type(features).__name__,
            },
            free=("kimg", "ema_kimg"),  # the average changes nothing of the training itself
        )
    start = None if run.checkpoint.exists() else origin
    state = _prepare(options, generator_config, discriminator_config, device, start, images, known)
    if features is not None:
        judge = ProjectedDiscriminator(features.to(device), SqueezeNetFeatures.CHANNELS)
        state.projected = judge.to(device)
        state.projected.compute_dtype = state.discriminator.compute_dtype
        heads = state.projected.heads.parameters()
        state.adam_p = torch.optim.Adam(heads, lr=options.lr, betas=(0.0, 0.99))
    state.grown = origin is not None
    ranks.check_columns(state.columns(options.batch))
    ranks.copy_from_main(state.modules.values())
    yield from train_loop(
        run,
        state,
        Schedule.of(options),
        lambda: _step(state, images, options, device, ranks),
        lambda: _save_snapshot(run.path, state, options, header or {}),
        ranks=ranks,
    )


def _prepare(
    options: GeneratorTraining,
    generator_config: GeneratorConfig,
    discriminator_config: DiscriminatorConfig,
    device: torch.device,
    origin: Origin | None,
    images: ImageSet,
    known: set[str],
) -> _State:
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
    adam_g = torch.optim.Adam(groups, lr=options.lr, betas=(0.0, 0.99))
    lazy = options.r1_interval / (options.r1_interval + 1)
    adam_d = torch.optim.Adam(
        discriminator.parameters(), lr=options.lr * lazy, betas=(0.0, 0.99**lazy)
    )
    rng = torch.Generator().manual_seed(options.seed)
    strength = None
    if options.augment_target > 0:
        strength = AdaptiveStrength(options.augment_target, options.augment_kimg)
    return _State(generator, discriminator, ema, adam_g, adam_d, rng, strength)


def _learning(
    generator: StyleGAN2Generator, known: set[str], options: GeneratorTraining
) -> list[dict[str, Any]]:
    """Parameter groups of Adam: what is new, and what the training started from.

    Where that is to stay as it is, it is frozen, which also saves its part of the backward pass.
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


def _mixed_codes(
    state: _State, options: GeneratorTraining, device: torch.device, ranks: Ranks
) -> Tensor:
    """Codes of a batch; a share of them changes to a second latent at a random layer."""
    generator, rng, n = state.generator, state.rng, options.batch
    columns = state.columns(n)
    z = torch.randn(2, n, generator.z_dim, generator=rng)
    z = torch.cat([ranks.share(half, columns) for half in z]).to(device)
    first, second = generator.mapping(z).chunk(2)
    with torch.no_grad():
        generator.w_avg.lerp_(ranks.mean(first.mean(dim=0)), 0.002)
    cut = torch.randint(1, generator.num_ws, (n,), generator=rng)
    cut = torch.where(torch.rand(n, generator=rng) < options.style_mixing, cut, generator.num_ws)
    keep = torch.arange(generator.num_ws)[None] < ranks.share(cut, columns)[:, None]
    return torch.where(keep.to(device)[:, :, None], first, second)


def _step(
    state: _State,
    images: ImageSet,
    options: GeneratorTraining,
    device: torch.device,
    ranks: Ranks,
) -> dict[str, float]:
    """One update of D and one of G on the same fakes; losses by name."""
    rng, n = state.rng, options.batch
    columns = state.columns(n)
    amount = 1.0 if state.strength is None else state.strength.value.item()

    def seen(x: Tensor, columns: int = columns) -> Tensor:
        """Augmented; the changes are drawn for all processes."""
        changes = draw_changes(
            len(x) * ranks.world,
            x.shape[-1],
            rng,
            options.augment_colour * amount,
            options.augment_shift * amount,
        )
        return apply_changes(x, ranks.share(changes, columns))

    def update(network: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        ranks.average_gradients(network.parameters())
        optimizer.step()

    index = torch.randint(len(images), (n,), generator=rng)
    flip = torch.rand(n, generator=rng) < (0.5 if options.flip else 0.0)
    real = images.batch(ranks.share(index, columns), ranks.share(flip, columns)).to(device)
    if state.generator.config.noise:  # of the step, not of the process: resuming draws the same
        torch.manual_seed(int(torch.randint(2**31, (), generator=rng)) * ranks.world + ranks.rank)
    fake = state.generator.synthesis(_mixed_codes(state, options, device, ranks))

    discriminator = state.discriminator.requires_grad_(True)
    real_logits, fake_logits = discriminator(seen(real)), discriminator(seen(fake.detach()))
    loss_d = loss_discriminator(real_logits, fake_logits)
    update(discriminator, state.adam_d, loss_d)
    stats = {
        "loss_d": loss_d.item(),
        "real_sign": real_logits.sign().mean().item(),
        "fake_sign": fake_logits.sign().mean().item(),
    }
    if state.clock.step % options.r1_interval == 0:
        some = ranks.some(real, columns)
        penalty = r1_penalty(discriminator, seen(some, columns * len(some) // len(real)))
        update(discriminator, state.adam_d, penalty * (options.r1_gamma / 2 * options.r1_interval))
        stats["loss_r1"] = penalty.item() * options.r1_interval

    second: Tensor | float = 0.0
    if state.projected is not None and state.adam_p is not None:
        judge = state.projected.requires_grad_(True)
        down, across = slice(None), slice(None)
        if options.projected_zoom > 0:
            down, across = draw_window(real.shape[-1], rng, options.projected_zoom)
        with torch.no_grad():
            real_maps = judge.maps(seen(real)[..., down, across])
        fake_maps = judge.maps(seen(fake)[..., down, across])
        loss_p = loss_discriminator(
            judge.judge(real_maps), judge.judge([x.detach() for x in fake_maps])
        )
        update(judge, state.adam_p, loss_p)
        stats["loss_projected"] = loss_p.item()
        second = loss_generator(judge.requires_grad_(False).judge(fake_maps)) * options.projected

    if state.strength is not None:
        sign = ranks.mean(torch.tensor(stats["real_sign"], dtype=torch.float64)).item()
        state.strength.observe(sign, n)
        stats["augment"] = amount

    discriminator.requires_grad_(False)
    loss_g = loss_generator(discriminator(seen(fake)))
    update(state.generator, state.adam_g, loss_g + second)
    stats["loss_g"] = loss_g.item()

    seen_after = state.clock.images_seen + n
    half_life = options.ema_kimg * 1000
    if not state.grown:  # trained networks are worth averaging from the start
        half_life = min(half_life, seen_after * options.ema_rampup)
    decay = 0.5 ** (n / max(half_life, 1e-8))
    with torch.no_grad():
        averaged: list[Tensor] = list(state.ema.parameters())
        current: list[Tensor] = list(state.generator.parameters())
        torch._foreach_lerp_(averaged, current, 1 - decay)
        for mean, value in zip(state.ema.buffers(), state.generator.buffers(), strict=True):
            mean.copy_(value)
    return stats


def _save_snapshot(
    path: Path, state: _State, options: GeneratorTraining, header: dict[str, Any]
) -> None:
    """Averaged generator, discriminator, and a grid of 64 samples at psi 0.8."""
    facts = {
        **header,
        "training": {**asdict(options), "kimg": state.clock.kimg, "seconds": state.clock.seconds},
    }
    for name, network in (("generator", state.ema), ("discriminator", state.discriminator)):
        meta = {"kind": name, "config": network.config.to_dict(), **facts}
        write_tensors(path / f"{name}.safetensors", half(network.state_dict()), meta)
    device = state.ema.w_avg.device
    with torch.no_grad():
        z = seeded_latents(list(range(64)), state.ema.z_dim).to(device)
        grid = torch.cat([state.ema(part, truncation_psi=0.8) for part in z.split(16)])
    save_grid(grid.cpu(), path / f"samples-{round(state.clock.kimg):05d}.png")
