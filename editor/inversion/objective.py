"""The objective of in-domain inversion.

L(wp) = weight_pix · ‖x - G(wp)‖² + weight_feat · d(F(x), F(G(wp))) + weight_domain · ‖wp - E(G(wp))‖²

Reference: Zhu et al., In-Domain GAN Inversion for Real Image Editing, equation 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from editor.errors import OptionError
from editor.models.mean_code import MeanCode
from editor.models.perceptual import Perceptual, masked_mean


class Generator(Protocol):
    """What inversion and editing ask of a generator of any architecture."""

    w_avg: Tensor

    @property
    def num_ws(self) -> int: ...
    @property
    def w_dim(self) -> int: ...
    @property
    def resolution(self) -> int: ...
    def synthesis(self, wp: Tensor) -> Tensor:
        """Render codes [N, num_ws, w_dim] to images [N, 3, R, R]."""
        ...


class EncoderLike(Protocol):
    """What inversion asks of an encoder."""

    def __call__(self, image: Tensor) -> Tensor:
        """Encode images [N, 3, R, R] to codes [N, num_ws, w_dim]."""
        ...


@dataclass(frozen=True)
class Weights:
    """Weights of the three terms; a term of weight 0 is not computed.

    The published code gives the domain term 2. On faces64, 1 keeps more of a photo's attributes and
    still ends far inside the domain; the model card has the figures of both.
    """

    pix: float = 1.0
    feat: float = 0.2
    domain: float = 1.0

    def __post_init__(self) -> None:
        if min(self.pix, self.feat, self.domain) < 0:
            raise OptionError(
                f"weights pix={self.pix}, feat={self.feat}, domain={self.domain} must not be negative"
            )


class Objective:
    """Losses of codes against fixed targets, whose features are computed once.

    Args:
        target: [N, 3, R, R], RGB, in [-1, 1].
        generator: frozen.
        encoder: frozen; `MeanCode`, which knows no domain, leaves the domain term out.
        perceptual: frozen; None leaves the feature term out.
        weights: of the three terms.
        mask: [N or 1, 1, R, R], 0…1: pixel and feature terms count inside it alone.
    """

    def __init__(
        self,
        target: Tensor,
        generator: Generator,
        encoder: EncoderLike,
        perceptual: Perceptual | None,
        weights: Weights,
        mask: Tensor | None = None,
    ) -> None:
        self.target = target
        self.mask = mask
        self.generator = generator
        self.encoder = encoder
        self.perceptual = perceptual if weights.feat > 0 else None
        self.weights = weights
        self.target_features = self.perceptual.features(target) if self.perceptual else []

    def __call__(self, wp: Tensor) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Evaluate codes [N, num_ws, w_dim].

        Returns:
            The loss [N], the images [N, 3, R, R], and each term unweighted, [N] by name.
        """
        image = self.generator.synthesis(wp)
        terms = {"loss_pix": masked_mean((image - self.target).square(), self.mask)}
        total = self.weights.pix * terms["loss_pix"]
        if self.perceptual is not None:
            features = self.perceptual.features(image)
            terms["loss_feat"] = self.perceptual.distance(self.target_features, features, self.mask)
            total = total + self.weights.feat * terms["loss_feat"]
        if self.weights.domain > 0 and not isinstance(self.encoder, MeanCode):
            terms["loss_domain"] = (wp - self.encoder(image)).square().mean(dim=(1, 2))
            total = total + self.weights.domain * terms["loss_domain"]
        return total, image, terms
