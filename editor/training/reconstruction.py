"""An encoder that learns beside the generator, so that this one learns to make the photos that it is shown.

A part of each batch of fakes is made from what the encoder says of real photos. Those are judged
as all fakes are, and compared with their photos by pixels and features; the rest comes from latents.

References: Larsen et al., Autoencoding beyond pixels using a learned similarity metric, section 2.4;
Zhu et al., In-Domain GAN Inversion for Real Image Editing, equations 1 and 3.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from editor.models.config import EncoderConfig
from editor.models.encoder import Encoder
from editor.models.perceptual import Perceptual
from editor.models.stylegan2 import StyleGAN2Generator
from editor.training.grow import grow_encoder


@dataclass
class Reconstruction:
    """The encoder, its average, its optimiser, and the features by which pictures are compared."""

    encoder: Encoder
    ema: Encoder
    adam: torch.optim.Optimizer
    perceptual: Perceptual

    @classmethod
    def begin(
        cls,
        config: EncoderConfig,
        origin: Encoder | None,
        generator: StyleGAN2Generator,
        perceptual: Perceptual,
        lr: float,
        batch: Callable[[], Tensor],
    ) -> Reconstruction:
        """Make a new encoder, or grow one.

        Args:
            config: of the encoder.
            origin: an encoder to start from, which `check_encoder_origin` has let pass.
            generator: whose codes it predicts.
            perceptual: the feature term.
            lr: learning rate of the encoder.
            batch: gives images [N, 3, R, R] on the generator's device.
        """
        device, dtype = generator.w_avg.device, generator.compute_dtype
        if origin is not None:
            encoder, _ = grow_encoder(origin.to(device), config, batch)
        else:
            encoder = Encoder(config).to(device)
            encoder.w_avg.copy_(generator.w_avg)
            with torch.no_grad():
                for layer in encoder.outputs:
                    layer.weight.mul_(0.1)
        encoder = encoder.train().requires_grad_(True)
        encoder.compute_dtype = dtype
        ema = copy.deepcopy(encoder).eval().requires_grad_(False)
        graph = device.type == "cuda"
        adam = torch.optim.Adam(encoder.parameters(), lr=lr, betas=(0.0, 0.99), capturable=graph)
        return cls(encoder, ema, adam, perceptual)

    def losses(self, real: Tensor, recon: Tensor) -> dict[str, Tensor]:
        """Compare reconstructions with photos, both [N, 3, R, R]. Return means by name."""
        with torch.no_grad():
            target = self.perceptual.features(real)
        found = self.perceptual.features(recon)
        return {
            "loss_recon": (recon - real).square().mean(),
            "loss_feat": self.perceptual.distance(target, found).mean(),
        }

    def loss_code(self, fake: Tensor, codes: Tensor) -> Tensor:
        """Return the mean of ‖wp - E(G(wp))‖² over elements, of synthesised images and their codes."""
        loss: Tensor = (self.encoder(fake.detach()) - codes.detach()).square().mean()
        return loss
