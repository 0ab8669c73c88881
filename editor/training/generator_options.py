"""Options of a generator's training."""

from __future__ import annotations

from dataclasses import dataclass

from editor.errors import OptionError
from editor.training.augment import check_shares


@dataclass(frozen=True)
class GeneratorTraining:
    """Options of a generator's training; lengths in thousands of real images shown (kimg).

    `augment_colour`, `augment_shift` and `augment_geometry` (zoomed, stretched and turned) are shares
    of the images; with `augment_target` above 0 they are what the adaptive strength multiplies,
    which starts at 0 and holds the mean sign of the discriminator's logits on real images at the
    target. `projected` weights the loss from a discriminator on a feature network, where one is
    given; `projected_zoom` is the share of the updates in which that one looks at a random quarter
    of the pictures, enlarged. `grown_lr` is the learning rate of those of the generator's layers
    that the training started from, as a share of `lr`; 0 keeps them as they are, so that only what
    was grown learns. Without `grown_noise` the noise of the layers that were grown keeps its
    strength of 0.

    `recon_share` is the share of the fakes that an encoder, which learns at `recon_lr`, makes from
    real photos; `recon_pix` and `recon_feat` weight the mean squared pixel error and the feature
    distance between those and their photos, `recon_code` ‖wp - E(G(wp))‖² on the other fakes.
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
    augment_geometry: float = 0.0
    augment_target: float = 0.0
    augment_kimg: float = 100.0
    projected: float = 1.0
    projected_zoom: float = 0.0
    recon_share: float = 0.0
    recon_pix: float = 10.0
    recon_feat: float = 2.0
    recon_code: float = 0.1
    recon_lr: float = 0.002
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
        check_shares(self.augment_colour, self.augment_shift, self.augment_geometry)
        if not 0 <= self.recon_share < 1 or self.recon_lr <= 0:
            raise OptionError(
                f"recon_share {self.recon_share} lies outside 0…1, or recon_lr {self.recon_lr} is "
                f"not positive"
            )
        if min(self.recon_pix, self.recon_feat, self.recon_code) < 0:
            raise OptionError(
                f"recon_pix {self.recon_pix}, recon_feat {self.recon_feat} and recon_code "
                f"{self.recon_code} must not be negative"
            )
        if not 0 <= self.augment_target < 1 or self.augment_kimg <= 0:
            raise OptionError(
                f"augment_target {self.augment_target} lies outside 0…1, or augment_kimg "
                f"{self.augment_kimg} is not positive"
            )
