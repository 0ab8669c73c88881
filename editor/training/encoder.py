"""Training of an encoder with the generator fixed; one update of it is in `encoder_step`."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

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
from editor.training.encoder_step import EncoderState, EncoderTraining, training_step
from editor.training.grow import batches, check_encoder_origin, grow_encoder
from editor.training.loop import Schedule, train_loop
from editor.training.parallel import ALONE, Ranks
from editor.training.run import RunFolder


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
    """Train an encoder, or go on where the run folder stopped.

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
    given = (images, run, options, config, generator, discriminator, perceptual)
    training = _Training.begin(*given, header or {}, ranks, origin)
    schedule, (step, snapshot) = Schedule.of(options), (training.step, training.snapshot)
    yield from train_loop(run, training.state, schedule, step, snapshot, training.measure, ranks)


@dataclass(frozen=True)
class _Training:
    """The training of one encoder.

    Attributes:
        facts: of the snapshot's header.
        held_out: [N, 3, R, R], images that are never trained on.
    """

    images: ImageSet
    run: RunFolder
    options: EncoderTraining
    generator: StyleGAN2Generator
    perceptual: Perceptual
    facts: dict[str, Any]
    ranks: Ranks
    state: EncoderState
    held_out: Tensor

    @classmethod
    def begin(
        cls,
        images: ImageSet,
        run: RunFolder,
        options: EncoderTraining,
        config: EncoderConfig,
        generator: StyleGAN2Generator,
        discriminator: Discriminator,
        perceptual: Perceptual,
        header: dict[str, Any],
        ranks: Ranks,
        origin: Encoder | None,
    ) -> _Training:
        """Check what `train_encoder` was given, start the run folder, and make the networks."""
        if len(images) <= options.held_out:
            raise OptionError(
                f"{len(images)} images, of which {options.held_out} are held out, leave none to "
                f"train on"
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
        last = torch.arange(len(images) - options.held_out, len(images))
        facts = {"config": config.to_dict(), **header, "generator": trained_for}
        held_out = images.batch(last).to(device)
        return cls(images, run, options, generator, perceptual, facts, ranks, state, held_out)

    def step(self) -> dict[str, float]:
        """Make one update, and return its losses."""
        given = self.images, self.options, self.generator, self.perceptual, self.ranks
        return training_step(self.state, *given)

    def measure(self) -> dict[str, float]:
        """Measure the errors on the held-out images."""
        return measure_encoder(self.state.ema, self.generator, self.held_out)

    def snapshot(self) -> None:
        """Write the averaged encoder, and held-out images beside their reconstructions."""
        ema, clock, some = self.state.ema, self.state.clock, self.held_out[:32]
        training = {**asdict(self.options), "kimg": clock.kimg, "seconds": clock.seconds}
        meta = {"kind": "encoder", **self.facts, "training": training | self.measure()}
        write_tensors(self.run.path / "encoder.safetensors", half(ema.state_dict()), meta)
        with torch.no_grad():
            recon = self.generator.synthesis(ema(some))
        pairs = torch.stack([some, recon], dim=1).flatten(0, 1)
        save_sheet(pairs.cpu(), self.run.path / f"recon-{round(clock.kimg):05d}.png")


@torch.no_grad()
def measure_encoder(
    encoder: Encoder, generator: StyleGAN2Generator, images: Tensor
) -> dict[str, float]:
    """Measure the errors of an encoder on held-out images.

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
) -> EncoderState:
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
    return EncoderState(encoder, ema, critic, adam_e, adam_d, rng)


def _copy_trunk(encoder: Encoder, discriminator: Discriminator) -> None:
    """Start the encoder's residual blocks as the discriminator's.

    Raises:
        OptionError: they are of other sizes.
    """
    mine, its = encoder.config, discriminator.config
    if mine.widths != its.widths:
        raise OptionError(
            f"the encoder's channels by resolution are {mine.widths}, the discriminator's "
            f"{its.widths}; to start from its blocks give --fmaps-base {its.fmaps_base} "
            f"--fmaps-min {its.fmaps_min} --fmaps-max {its.fmaps_max}"
        )
    encoder.trunk.load_state_dict(discriminator.trunk.state_dict())
