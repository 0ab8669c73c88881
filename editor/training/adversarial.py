"""One step of a generator and its discriminator: what is drawn, what is updated, what is averaged.

Reference: Karras et al., Analyzing and Improving the Image Quality of StyleGAN, sections 2 and 3.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from editor.data.image_set import ImageSet
from editor.models.discriminator import Discriminator
from editor.models.stylegan2 import StyleGAN2Generator
from editor.training.augment import AdaptiveStrength, apply_changes, draw_changes
from editor.training.generator_options import GeneratorTraining
from editor.training.loop import Clock
from editor.training.losses import loss_discriminator, loss_generator, r1_penalty
from editor.training.parallel import ALONE, Ranks, group_columns
from editor.training.projected import ProjectedDiscriminator, draw_window
from editor.training.reconstruction import Reconstruction
from editor.training.recorded import Recorded

WHOLE = (slice(None), slice(None))


@dataclass
class GanState:
    """All that a generator's training changes; `record` holds its updates where they are replayed."""

    generator: StyleGAN2Generator
    discriminator: Discriminator
    ema: StyleGAN2Generator
    adam_g: torch.optim.Optimizer
    adam_d: torch.optim.Optimizer
    rng: torch.Generator
    strength: AdaptiveStrength | None = None
    projected: ProjectedDiscriminator | None = None
    adam_p: torch.optim.Optimizer | None = None
    reconstruction: Reconstruction | None = None
    grown: bool = False
    clock: Clock = field(default_factory=Clock)
    record: tuple[Any, Recorded] | None = None

    @property
    def amount(self) -> float:
        """Return the strength of the augmentation."""
        return 1.0 if self.strength is None else self.strength.value.item()

    def recorded(self, options: GeneratorTraining) -> Recorded:
        """Return the recorded updates of a step. Record anew after a checkpoint replaced Adam's state."""
        held = self.adam_g.state
        if self.record is None or self.record[0] is not held:
            step = partial(_updates, self, options, ALONE, WHOLE)
            self.record = (held, Recorded(step))
        return self.record[1]

    def columns(self, batch: int) -> int:
        """Return how many groups of the minibatch standard deviation a batch has."""
        return group_columns(batch, self.discriminator.config.mbstd_group)

    @property
    def modules(self) -> dict[str, nn.Module]:
        """Return what a checkpoint holds, by name."""
        found: dict[str, nn.Module] = {
            "g": self.generator,
            "d": self.discriminator,
            "ema": self.ema,
        }
        if self.strength is not None:
            found["strength"] = self.strength
        if self.projected is not None:
            found["projected"] = self.projected
        if self.reconstruction is not None:
            found |= {"e": self.reconstruction.encoder, "ema_e": self.reconstruction.ema}
        return found

    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """Return what a checkpoint holds, by name."""
        found = {"adam_g": self.adam_g, "adam_d": self.adam_d}
        if self.adam_p is not None:
            found["adam_p"] = self.adam_p
        if self.reconstruction is not None:
            found["adam_e"] = self.reconstruction.adam
        return found


def _changes(state: GanState, options: GeneratorTraining, n: int, side: int) -> Tensor:
    """Draw changes [n, 8] of pictures, as strong as the augmentation is at present."""
    shares = (options.augment_colour, options.augment_shift, options.augment_geometry)
    colour, shift, geometry = (share * state.amount for share in shares)
    return draw_changes(n, side, state.rng, colour, shift, geometry=geometry)


def _draw(
    state: GanState,
    images: ImageSet,
    options: GeneratorTraining,
    device: torch.device,
    ranks: Ranks,
) -> dict[str, Tensor]:
    """Draw everything random of a step but noise, on the CPU, for all processes together.

    Returns:
        This process's share: `real` [N, 3, R, R]; `z` [2, N, z_dim] and `keep` [N, num_ws], True
        where a layer takes the first; and for each look of a discriminator the changes of its images.
    """
    generator, rng, n = state.generator, state.rng, options.batch
    columns, side = state.columns(n), images.pixels.shape[-1]
    index = images.draw(n, rng)
    flip = torch.rand(n, generator=rng) < (0.5 if options.flip else 0.0)
    z = torch.randn(2, n, generator.z_dim, generator=rng)
    cut = torch.randint(1, generator.num_ws, (n,), generator=rng)
    cut = torch.where(torch.rand(n, generator=rng) < options.style_mixing, cut, generator.num_ws)
    draws = {
        "real": images.batch(ranks.share(index, columns), ranks.share(flip, columns)),
        "z": torch.stack([ranks.share(half, columns) for half in z]),
        "keep": torch.arange(generator.num_ws)[None] < ranks.share(cut, columns)[:, None],
    }
    looks = ["real", "fake", "fake_g"]
    if state.projected is not None:
        looks += ["real_p", "fake_p"]
    for look in looks:
        draws[f"changes_{look}"] = ranks.share(_changes(state, options, n, side), columns)
    return {name: value.to(device) for name, value in draws.items()}


def _mixed_codes(state: GanState, z: Tensor, keep: Tensor, ranks: Ranks) -> Tensor:
    """Map pairs of latents to codes [N, num_ws, w_dim] mixed by layer, and move `w_avg` towards them."""
    generator = state.generator
    first, second = generator.mapping(z.flatten(0, 1)).chunk(2)
    with torch.no_grad():
        generator.w_avg.lerp_(ranks.mean(first.mean(dim=0)), 0.002)
    return torch.where(keep[:, :, None], first, second)


def _updates(
    state: GanState,
    options: GeneratorTraining,
    ranks: Ranks,
    window: tuple[slice, slice],
    draws: dict[str, Tensor],
) -> dict[str, Tensor]:
    """Update D and G once on the same fakes. Return the losses by name, on the device."""
    real = draws["real"]
    codes = _mixed_codes(state, draws["z"], draws["keep"], ranks)
    recon = state.reconstruction
    shown = 0
    if recon is not None:  # at least one, and at least one from a latent
        shown = min(max(round(len(real) * options.recon_share), 1), len(real) - 1)
        codes = torch.cat([recon.encoder(real[:shown]), codes[shown:]])
    fake = state.generator.synthesis(codes)

    def seen(x: Tensor, look: str) -> Tensor:
        return apply_changes(x, draws[f"changes_{look}"])

    discriminator = state.discriminator.requires_grad_(True)
    real_logits = discriminator(seen(real, "real"))
    fake_logits = discriminator(seen(fake.detach(), "fake"))
    loss_d = loss_discriminator(real_logits, fake_logits)
    ranks.update(discriminator, state.adam_d, loss_d)
    stats = {
        "loss_d": loss_d,
        "real_sign": real_logits.sign().mean(),
        "fake_sign": fake_logits.sign().mean(),
    }
    second: Tensor | float = 0.0
    if state.projected is not None and state.adam_p is not None:
        judge = state.projected.requires_grad_(True)
        with torch.no_grad():
            real_maps = judge.maps(seen(real, "real_p")[..., *window])
        fake_maps = judge.maps(seen(fake, "fake_p")[..., *window])
        loss_p = loss_discriminator(
            judge.judge(real_maps), judge.judge([x.detach() for x in fake_maps])
        )
        ranks.update(judge, state.adam_p, loss_p)
        stats["loss_projected"] = loss_p
        second = loss_generator(judge.requires_grad_(False).judge(fake_maps)) * options.projected
    discriminator.requires_grad_(False)
    loss_g = loss_generator(discriminator(seen(fake, "fake_g")))
    loss = loss_g + second
    if recon is not None:
        compared = _compared(recon, options, real[:shown], fake, codes)
        stats |= compared
        loss = loss + options.recon_pix * compared["loss_recon"]
        loss = loss + options.recon_feat * compared["loss_feat"]
        if "loss_code" in compared:
            loss = loss + options.recon_code * compared["loss_code"]
        recon.adam.zero_grad(set_to_none=True)
    ranks.update(state.generator, state.adam_g, loss)
    if recon is not None:
        ranks.average_gradients(recon.encoder.parameters())
        recon.adam.step()
    stats["loss_g"] = loss_g
    return {name: value.detach() for name, value in stats.items()}


def _compared(
    recon: Reconstruction, options: GeneratorTraining, real: Tensor, fake: Tensor, codes: Tensor
) -> dict[str, Tensor]:
    """Compare the first fakes with the photos they were made from, and the codes of others with E's."""
    shown = len(real)
    found = recon.losses(real, fake[:shown])
    others = slice(
        shown, shown + max(1, len(fake) // 4)
    )  # a quarter is enough, as in encoders' training
    if options.recon_code > 0:
        found["loss_code"] = recon.loss_code(fake[others], codes[others])
    return found


def _regularise(
    state: GanState, real: Tensor, options: GeneratorTraining, ranks: Ranks
) -> dict[str, float]:
    """Update D by the R1 penalty, on half of the real images where they can be halved."""
    columns = state.columns(options.batch)
    some = ranks.some(real, columns)
    share = columns * len(some) // len(real)
    changes = _changes(state, options, len(some) * ranks.world, real.shape[-1])
    some = apply_changes(some, ranks.share(changes, share))
    penalty = r1_penalty(state.discriminator.requires_grad_(True), some)
    weight = options.r1_gamma / 2 * options.r1_interval
    ranks.update(state.discriminator, state.adam_d, penalty * weight)
    return {"loss_r1": penalty.item() * options.r1_interval}


def training_step(
    state: GanState,
    images: ImageSet,
    options: GeneratorTraining,
    device: torch.device,
    ranks: Ranks,
) -> dict[str, float]:
    """Update D and G once, and now and then D by R1. Return the losses by name."""
    draws = _draw(state, images, options, device, ranks)
    regular = {}
    if state.clock.step % options.r1_interval == 0:
        regular = _regularise(state, draws["real"], options, ranks)
    if state.generator.config.noise:  # of the step, not of the process: resuming draws the same
        seed = int(torch.randint(2**31, (), generator=state.rng)) * ranks.world + ranks.rank
        torch.manual_seed(seed)
    window = WHOLE
    if options.projected_zoom > 0 and state.projected is not None:
        window = draw_window(images.pixels.shape[-1], state.rng, options.projected_zoom)
    if ranks.world == 1 and state.projected is None:
        found = state.recorded(options)(draws)
    else:
        found = _updates(state, options, ranks, window, draws)
    stats = dict(zip(found, torch.stack(list(found.values())).tolist(), strict=True)) | regular
    if state.strength is not None:
        stats["augment"] = state.amount
        sign = ranks.mean(torch.tensor(stats["real_sign"], dtype=torch.float64)).item()
        state.strength.observe(sign, options.batch)
    _average(state, options)
    return stats


def _average(state: GanState, options: GeneratorTraining) -> None:
    """Move the averaged generator towards the present one."""
    seen_after = state.clock.images_seen + options.batch
    half_life = options.ema_kimg * 1000
    if not state.grown:  # trained networks are worth averaging from the start
        half_life = min(half_life, seen_after * options.ema_rampup)
    decay = 0.5 ** (options.batch / max(half_life, 1e-8))
    with torch.no_grad():
        averaged: list[Tensor] = list(state.ema.parameters())
        current: list[Tensor] = list(state.generator.parameters())
        torch._foreach_lerp_(averaged, current, 1 - decay)
        if (recon := state.reconstruction) is not None:
            torch._foreach_lerp_(
                list(recon.ema.parameters()), list(recon.encoder.parameters()), 1 - decay
            )
        for mean, value in zip(state.ema.buffers(), state.generator.buffers(), strict=True):
            mean.copy_(value)
