"""One update of an encoder with the generator fixed, and the options of its training.

Domain-guided: on real images, in image space. Traditional: on synthesised images, in code space.
A share of synthesised images may be added to the first, with the second's loss.

Reference: Zhu et al., In-Domain GAN Inversion for Real Image Editing, equations 1 to 5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn

from editor.data.image_set import ImageSet
from editor.errors import OptionError
from editor.models.discriminator import Discriminator
from editor.models.encoder import Encoder
from editor.models.perceptual import Perceptual
from editor.models.stylegan2 import StyleGAN2Generator
from editor.training.augment import apply_changes, check_shares, draw_changes
from editor.training.loop import Clock
from editor.training.losses import loss_discriminator, loss_generator, r1_penalty
from editor.training.parallel import Ranks, group_columns

Kind = Literal["domain-guided", "traditional"]
LrSchedule = Literal["cosine", "steps"]


@dataclass(frozen=True)
class EncoderTraining:
    """Options of an encoder's training.

    Attributes:
        lr_schedule: "cosine" stays for the first half and falls to a tenth in the second; "steps"
            falls to 0.8 of itself every quarter, as published.
        beta1: of Adam.
        weight_code: of ‖wp - E(G(wp))‖² on synthesised images, added to the domain-guided loss.
        sample_share: how many of them, as a share of the batch.
        mean_offset: predict offsets from the generator's mean code; off, absolute codes.
        trunk_from_discriminator: start with the discriminator's residual blocks; it must have the
            same channels.
        ema_kimg: half-life of the averaged encoder; 0 averages nothing.
        augment_colour, augment_shift: shares of the photos that are changed as in a generator's
            training, before the encoder and the losses see them; for a set that it learns by heart.
    """

    kind: Kind = "domain-guided"
    kimg: float = 30.0
    batch: int = 32
    lr: float = 4e-3
    lr_schedule: LrSchedule = "cosine"
    beta1: float = 0.0
    weight_pix: float = 1.0
    weight_feat: float = 0.2
    weight_adv: float = 0.02
    weight_code: float = 0.0
    sample_share: float = 0.25
    mean_offset: bool = True
    trunk_from_discriminator: bool = False
    lr_discriminator: float = 1e-3
    r1_gamma: float = 10.0
    r1_interval: int = 16
    ema_kimg: float = 2.0
    flip: bool = True
    augment_colour: float = 0.0
    augment_shift: float = 0.0
    held_out: int = 256
    tick_kimg: float = 1.0
    snapshot_kimg: float = 4.0
    seed: int = 0
    bf16: bool = True

    def __post_init__(self) -> None:
        if self.kind not in ("domain-guided", "traditional"):
            raise OptionError(f"kind is '{self.kind}'; use domain-guided or traditional")
        if self.lr_schedule not in ("cosine", "steps"):
            raise OptionError(f"lr_schedule is '{self.lr_schedule}'; use cosine or steps")
        check_shares(self.augment_colour, self.augment_shift)
        if not 0 < self.sample_share <= 1 or self.weight_code < 0 or not 0 <= self.beta1 < 1:
            raise OptionError(
                f"sample_share {self.sample_share} or beta1 {self.beta1} lies outside 0…1, or "
                f"weight_code {self.weight_code} is negative"
            )
        if self.kimg <= 0 or self.batch < 2 or self.lr <= 0:
            raise OptionError(
                f"kimg {self.kimg}, batch {self.batch} and lr {self.lr} must be positive, "
                f"and batch at least 2"
            )


@dataclass
class EncoderState:
    """Everything that changes while training: what a checkpoint keeps."""

    encoder: Encoder
    ema: Encoder
    critic: Discriminator
    adam_e: torch.optim.Optimizer
    adam_d: torch.optim.Optimizer
    rng: torch.Generator
    clock: Clock = field(default_factory=Clock)

    @property
    def modules(self) -> dict[str, nn.Module]:
        """Return the networks, by name."""
        return {"e": self.encoder, "ema": self.ema, "d": self.critic}

    def columns(self, batch: int) -> int:
        """Return how many groups of the critic's minibatch standard deviation a batch has."""
        return group_columns(batch, self.critic.config.mbstd_group)

    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """Return the optimizers, by name."""
        return {"adam_e": self.adam_e, "adam_d": self.adam_d}


def training_step(
    state: EncoderState,
    images: ImageSet,
    options: EncoderTraining,
    generator: StyleGAN2Generator,
    perceptual: Perceptual,
    ranks: Ranks,
) -> dict[str, float]:
    """Update the encoder, its critic where that has a weight, and the average once.

    Returns:
        The losses, by name.
    """
    _set_lr(state, options)
    if options.kind == "traditional":
        stats = _step_traditional(state, options, generator, ranks)
    else:
        stats = _step_domain_guided(state, images, options, generator, perceptual, ranks)
    decay = 0.5 ** (options.batch / max(options.ema_kimg * 1000, 1e-8))
    decay = min(decay, (1 + state.clock.step) / (10 + state.clock.step))
    with torch.no_grad():
        torch._foreach_lerp_(
            list(state.ema.parameters()), list(state.encoder.parameters()), 1 - decay
        )
    return stats


def _set_lr(state: EncoderState, options: EncoderTraining) -> None:
    part = min(state.clock.kimg / options.kimg, 1.0)
    if options.lr_schedule == "steps":
        factor = 0.8 ** min(int(4 * part), 3)
    else:
        factor = 0.1 + 0.9 * (0.5 + 0.5 * math.cos(math.pi * max(0.0, 2 * part - 1)))
    for group in state.adam_e.param_groups:
        group["lr"] = options.lr * factor


def _code_loss(
    state: EncoderState, count: int, generator: StyleGAN2Generator, ranks: Ranks, columns: int
) -> Tensor:
    """Return the mean of ‖wp - E(G(wp))‖² over elements, on synthesised images (equation 1)."""
    z = ranks.share(torch.randn(count, generator.z_dim, generator=state.rng), columns)
    with torch.no_grad():
        wp = generator.mapping(z.to(generator.w_avg.device))
        fake = generator.synthesis(wp)
    loss: Tensor = (state.encoder(fake) - wp).square().mean()
    return loss


def _step_traditional(
    state: EncoderState, options: EncoderTraining, generator: StyleGAN2Generator, ranks: Ranks
) -> dict[str, float]:
    """Update the encoder once on synthesised images, by the error of its codes."""
    loss = _code_loss(state, options.batch, generator, ranks, ranks.world)
    ranks.update(state.encoder, state.adam_e, loss)
    return {"loss_code": loss.item()}


def _step_domain_guided(
    state: EncoderState,
    images: ImageSet,
    options: EncoderTraining,
    generator: StyleGAN2Generator,
    perceptual: Perceptual,
    ranks: Ranks,
) -> dict[str, float]:
    """Update E once on the weighted sum of its losses, and its critic (equations 3 to 5)."""
    n, rng = options.batch, state.rng
    columns = state.columns(n)
    index = images.draw(n, rng, len(images) - options.held_out)
    flip = torch.rand(n, generator=rng) < (0.5 if options.flip else 0.0)
    real = images.batch(ranks.share(index, columns), ranks.share(flip, columns))
    real = real.to(generator.w_avg.device)
    if options.augment_colour > 0 or options.augment_shift > 0:
        shares = (options.augment_colour, options.augment_shift)
        changes = draw_changes(n, real.shape[-1], rng, *shares)
        real = apply_changes(real, ranks.share(changes, columns)).clamp(-1, 1)
    with torch.no_grad():
        target = perceptual.features(real)

    critic = state.critic.requires_grad_(False)
    recon = generator.synthesis(state.encoder(real))
    loss_pix = (recon - real).square().mean()
    loss_feat = perceptual.distance(target, perceptual.features(recon)).mean()
    loss = options.weight_pix * loss_pix + options.weight_feat * loss_feat
    stats = {"loss_pix": loss_pix.item(), "loss_feat": loss_feat.item()}
    if options.weight_adv > 0:
        loss_adv = loss_generator(critic(recon))
        loss = loss + options.weight_adv * loss_adv
        stats["loss_adv"] = loss_adv.item()
    if options.weight_code > 0:
        count = -(-round(n * options.sample_share) // ranks.world) * ranks.world
        loss_code = _code_loss(state, count, generator, ranks, ranks.world)
        loss = loss + options.weight_code * loss_code
        stats["loss_code"] = loss_code.item()
    ranks.update(state.encoder, state.adam_e, loss)
    if options.weight_adv == 0:
        return stats

    critic.requires_grad_(True)
    loss_d = loss_discriminator(critic(real), critic(recon.detach()))
    if state.clock.step % options.r1_interval == 0:
        penalty = r1_penalty(critic, ranks.some(real, columns))
        loss_d = loss_d + penalty * (options.r1_gamma / 2 * options.r1_interval)
    ranks.update(critic, state.adam_d, loss_d)
    return stats | {"loss_d": loss_d.item()}
