"""A pack in memory: its networks, frozen, on one device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from editor.models.aligner import Aligner
from editor.models.discriminator import Discriminator
from editor.models.encoder import Encoder
from editor.models.mean_code import MeanCode
from editor.models.perceptual import (
    DiscriminatorPerceptual,
    Perceptual,
    PredictorPerceptual,
    VGG16Perceptual,
)
from editor.models.predictor import Predictor
from editor.models.pyramid_encoder import PyramidEncoder
from editor.models.stylegan1 import StyleGAN1Encoder, StyleGAN1Generator
from editor.models.stylegan2 import StyleGAN2Generator
from editor.packs.info import DomainInfo

AnyGenerator = StyleGAN2Generator | StyleGAN1Generator
AnyEncoder = Encoder | StyleGAN1Encoder | PyramidEncoder | MeanCode


@dataclass(frozen=True)
class DomainPack:
    """A loaded pack: frozen networks on one device.

    Attributes:
        encoder: the mean code stands in where the pack has none.
        discriminator: None where it was not published.
        perceptual: the pack's own perceptual network, if it has one.
        aligner: finds the domain's object in a photo, if the pack has one.
        predictor: sees attributes in pictures, if the pack has one.
        fingerprint: of the generator; codes, encoder and boundaries belong to one generator.
    """

    info: DomainInfo
    path: Path
    generator: AnyGenerator
    encoder: AnyEncoder
    discriminator: Discriminator | None
    fingerprint: str
    perceptual: VGG16Perceptual | None = None
    aligner: Aligner | None = None
    predictor: Predictor | None = None

    @property
    def networks(self) -> tuple[AnyGenerator | AnyEncoder | Discriminator | Predictor, ...]:
        """Return those whose compute dtype can be chosen."""
        found = (self.generator, self.encoder, self.discriminator, self.predictor)
        return tuple(network for network in found if network is not None)

    @property
    def weight_bytes(self) -> int:
        """Return the memory of the networks' weights, in bytes."""
        return sum(
            tensor.numel() * tensor.element_size()
            for network in (*self.networks, self.perceptual)
            if network is not None
            for tensor in network.state_dict().values()
        )

    def to(self, device: torch.device) -> DomainPack:
        """Move all networks to a device. Return the pack itself."""
        for network in (*self.networks, self.perceptual, self.aligner):
            if network is not None:
                network.to(device)
        return self

    @contextmanager
    def computing_in(self, dtype: torch.dtype, *others: Encoder) -> Iterator[None]:
        """Have all networks compute in a dtype, and others besides, for the length of a `with`."""
        before = [(network, network.compute_dtype) for network in (*self.networks, *others)]
        for network, _ in before:
            network.compute_dtype = dtype
        try:
            yield
        finally:
            for network, old in before:
                network.compute_dtype = old

    def feature_term(self) -> Perceptual | None:
        """Return what inversions compare besides pixels, or None where the pack has nothing for it."""
        term: Perceptual | None = self.perceptual
        if term is None and self.discriminator is not None:
            term = DiscriminatorPerceptual(self.discriminator)
        if term is None or self.predictor is None:
            return term
        return PredictorPerceptual(self.predictor, term)
