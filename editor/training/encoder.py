"""Training of an encoder with the generator fixed.

Domain-guided: on real images, in image space. Traditional: on synthesised images, in code space.
A share of synthesised images may be added to the first, with the second's loss.

Reference: Zhu et al., In-Domain GAN Inversion for Real Image Editing, equations 1 to 5.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn

from editor.data.image_set import ImageSet
from editor.errors import OptionError
from editor.media.sheets import save_sheet
from editor.models.config import EncoderConfig
from editor.models.discriminator import Discriminator
from editor.models.encoder import Encoder
from editor.models.perceptual import Perceptual
from editor.models.stylegan2 import StyleGAN2Generator
from editor.packs.tensors import fingerprint, half, write_tensors
from editor.runtime import fast_dtype
from editor.training.augment import apply_changes, check_shares, draw_changes
from editor.training.grow import batches, check_encoder_origin, grow_encoder
from editor.training.loop import Clock, Schedule, train_loop
from editor.training.losses import loss_discriminator, loss_generator, r1_penalty
from editor.training.parallel import ALONE, Ranks, group_columns
from editor.training.run import RunFolder

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
class _State:
    encoder: Encoder
    ema: Encoder
    critic: Discriminator
    adam_e: torch.optim.Optimizer
    adam_d: torch.optim.Optimizer
    rng: torch.Generator
    clock: Clock = field(default_factory=Clock)

    @property
    def modules(self) -> dict[str, nn.Module]:
        return {"e": self.encoder, "ema": self.ema, "d": self.critic}

    def columns(self, batch: int) -> int:
        """Groups of the critic's minibatch standard deviation in a batch."""
        return group_columns(batch, self.critic.config.mbstd_group)

    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        return {"adam_e": self.adam_e, "adam_d": self.adam_d}


def train_encoder(
    images: ImageSet,
    run: RunFolder,
    options: EncoderTraining,
    config: EncoderConfig,
    generator: StyleGAN2Generator,
    discriminator: Discriminator,
    perceptual: Perceptual,
    header: dict[str, Any] | None = None,
    ranks: Ranks = ALONE,
    origin: Encoder | None = None,
) -> Iterator[dict[str, Any]]:
    """Train, or go on where the run folder stopped.

    The last `held_out` images are never trained on; the error on them is in every record.

    Args:
        images: the real images, at the generator's resolution.
        run: where options, statistics, grids, checkpoint and snapshot go.
        options: how to train.
        config: architecture of the encoder.
        generator: fixed.
        discriminator: where the critic of the reconstructions starts.
        perceptual: the feature term, fixed.
        header: domain, licence and data facts for the snapshot's header.
        ranks: this process among those that train together; the main one writes the files.
        origin: an encoder to start from, of this generator or another one; a smaller one is grown.

    Yields:
        One record a tick, as appended to stats.jsonl.

    Raises:
        TrainingError: losses are not finite again and again, or the folder holds another run.
        OptionError: the held-out part leaves nothing to train on, or the origin has another
            architecture or is larger.
    """
    if len(images) <= options.held_out:
        raise OptionError(
            f"{len(images)} images, of which {options.held_out} are held out, leave none to train on"
        )
    if origin is not None:
        check_encoder_origin(origin.config, config)
    trained_for = fingerprint(generator)
    if ranks.main:
        run.start(
            {
                "training": asdict(options) | {"kimg": None},
                "kimg": options.kimg,
                "encoder": config.to_dict(),
                "images": len(images),
                "generator": trained_for,
                "init_from": None if origin is None else fingerprint(origin),
            }
        )
    generator = generator.eval().requires_grad_(False)
    start = None if run.checkpoint.exists() else origin
    state = _prepare(options, config, generator, discriminator, start, images)
    ranks.check_columns(state.columns(options.batch))
    ranks.copy_from_main(state.modules.values())
    device = generator.w_avg.device
    images = images.near(device)
    held_out = images.batch(torch.arange(len(images) - options.held_out, len(images))).to(device)

    def step() -> dict[str, float]:
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

    def snapshot() -> None:
        training = {**asdict(options), "kimg": state.clock.kimg, "seconds": state.clock.seconds}
        meta = {"kind": "encoder", "config": config.to_dict(), **(header or {})}
        meta["generator"] = trained_for
        meta["training"] = training | measure()
        write_tensors(run.path / "encoder.safetensors", half(state.ema.state_dict()), meta)
        with torch.no_grad():
            recon = generator.synthesis(state.ema(held_out[:32]))
        pairs = torch.stack([held_out[:32], recon], dim=1).flatten(0, 1)
        save_sheet(pairs.cpu(), run.path / f"recon-{round(state.clock.kimg):05d}.png")

    def measure() -> dict[str, float]:
        return measure_encoder(state.ema, generator, held_out)

    yield from train_loop(run, state, Schedule.of(options), step, snapshot, measure, ranks)


@torch.no_grad()
def measure_encoder(
    encoder: Encoder, generator: StyleGAN2Generator, images: Tensor
) -> dict[str, float]:
    """Held-out errors of an encoder.

    Returns:
        `val_mse`, pixel error in [-1, 1], and `val_domain`, mean ‖wp - E(G(wp))‖².
    """
    mse, domain = 0.0, 0.0
    for part in images.split(32):
        wp = encoder(part)
        recon = generator.synthesis(wp)
        mse += (recon - part).square().mean().item() * len(part)
        domain += (encoder(recon) - wp).square().mean().item() * len(part)
    return {"val_mse": mse / len(images), "val_domain": domain / len(images)}


def _prepare(
    options: EncoderTraining,
    config: EncoderConfig,
    generator: StyleGAN2Generator,
    discriminator: Discriminator,
    origin: Encoder | None,
    images: ImageSet,
) -> _State:
    device = generator.w_avg.device
    torch.manual_seed(options.seed)
    if origin is not None:
        seen = len(images) - options.held_out
        batch = batches(images, seen, options.batch, options.seed, device)
        encoder, _ = grow_encoder(origin.to(device), config, batch)
    else:
        encoder = Encoder(config).to(device)
        if options.trunk_from_discriminator:
            _copy_trunk(encoder, discriminator)
    if options.mean_offset:
        encoder.w_avg.copy_(generator.w_avg)
        with torch.no_grad():
            for layer in encoder.outputs if origin is None else ():
                layer.weight.mul_(0.1)
    ema = copy.deepcopy(encoder).eval().requires_grad_(False)
    critic = copy.deepcopy(discriminator).train().requires_grad_(True)
    dtype = fast_dtype(device) if options.bf16 else torch.float32
    for network in (encoder, ema, critic, generator):
        network.compute_dtype = dtype
    betas = (options.beta1, 0.99)
    adam_e = torch.optim.Adam(encoder.parameters(), lr=options.lr, betas=betas)
    adam_d = torch.optim.Adam(critic.parameters(), lr=options.lr_discriminator, betas=betas)
    rng = torch.Generator().manual_seed(options.seed)
    return _State(encoder, ema, critic, adam_e, adam_d, rng)


def _copy_trunk(encoder: Encoder, discriminator: Discriminator) -> None:
    """Start the encoder's residual blocks as the discriminator's.

    Raises:
        OptionError: they are of other sizes.
    """
    size = ("resolution", "fmaps_base", "fmaps_max")
    mine, its = (
        tuple(getattr(network.config, name) for name in size)
        for network in (encoder, discriminator)
    )
    if mine != its:
        raise OptionError(
            f"the encoder's {size} are {mine}, the discriminator's {its}; to start from its blocks "
            f"give --fmaps-base {its[1]} --fmaps-max {its[2]}"
        )
    encoder.trunk.load_state_dict(discriminator.trunk.state_dict())


def _set_lr(state: _State, options: EncoderTraining) -> None:
    part = min(state.clock.kimg / options.kimg, 1.0)
    if options.lr_schedule == "steps":
        factor = 0.8 ** min(int(4 * part), 3)
    else:
        factor = 0.1 + 0.9 * (0.5 + 0.5 * math.cos(math.pi * max(0.0, 2 * part - 1)))
    for group in state.adam_e.param_groups:
        group["lr"] = options.lr * factor


def _code_loss(
    state: _State, count: int, generator: StyleGAN2Generator, ranks: Ranks, columns: int
) -> Tensor:
    """‖wp - E(G(wp))‖² on synthesised images, mean over elements (equation 1)."""
    z = ranks.share(torch.randn(count, generator.z_dim, generator=state.rng), columns)
    with torch.no_grad():
        wp = generator.mapping(z.to(generator.w_avg.device))
        fake = generator.synthesis(wp)
    loss: Tensor = (state.encoder(fake) - wp).square().mean()
    return loss


def _step_traditional(
    state: _State, options: EncoderTraining, generator: StyleGAN2Generator, ranks: Ranks
) -> dict[str, float]:
    """One update on synthesised images, in code space."""
    loss = _code_loss(state, options.batch, generator, ranks, ranks.world)
    ranks.update(state.encoder, state.adam_e, loss)
    return {"loss_code": loss.item()}


def _step_domain_guided(
    state: _State,
    images: ImageSet,
    options: EncoderTraining,
    generator: StyleGAN2Generator,
    perceptual: Perceptual,
    ranks: Ranks,
) -> dict[str, float]:
    """One update of E on the three-term loss and one of its critic (equations 3 to 5)."""
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
