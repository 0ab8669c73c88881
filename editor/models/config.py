"""Configurations of the networks: small frozen dataclasses that check themselves."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

from editor.errors import OptionError

C = TypeVar("C", bound="Config")


class Config:
    """What the configurations of all networks can do."""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary that `from_dict` reads."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_dict(cls: type[C], values: dict[str, Any]) -> C:
        """Build a configuration from a dictionary, and refuse unknown names.

        Raises:
            OptionError: a name is unknown, or a value is outside its range.
        """
        known = {one.name for one in fields(cls)}  # type: ignore[arg-type]
        if unknown := sorted(set(values) - known):
            raise OptionError(f"{cls.__name__} does not know {unknown}; it knows {sorted(known)}")
        return cls(**values)


@dataclass(frozen=True)
class NetworkConfig(Config):
    """What all networks share: a square resolution and a channel budget.

    Channels at resolution r are `fmaps_base // r`, but at least `fmaps_min` and at most `fmaps_max`.
    """

    resolution: int = 64
    fmaps_base: int = 4096
    fmaps_max: int = 256
    fmaps_min: int = field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        self.check_resolution()
        if self.fmaps_base < self.resolution or self.fmaps_max < 1:
            raise OptionError(
                f"fmaps_base {self.fmaps_base} and fmaps_max {self.fmaps_max} leave no channel at "
                f"{self.resolution} px; raise fmaps_base to at least {self.resolution}"
            )
        if not 1 <= self.fmaps_min <= self.fmaps_max:
            raise OptionError(
                f"fmaps_min {self.fmaps_min} lies outside 1 to fmaps_max {self.fmaps_max}"
            )

    def check_resolution(self) -> None:
        """Refuse a resolution that is no power of two, or out of range.

        Raises:
            OptionError: it is one of these.
        """
        log2 = math.log2(self.resolution) if self.resolution > 0 else 0.0
        if log2 != int(log2) or not 8 <= self.resolution <= 1024:
            raise OptionError(
                f"resolution is {self.resolution}; expected a power of two from 8 to 1024"
            )

    def channels(self, resolution: int) -> int:
        """Return the number of feature channels at a resolution."""
        return min(max(self.fmaps_base // resolution, self.fmaps_min), self.fmaps_max)

    @property
    def widths(self) -> dict[int, int]:
        """Return the number of feature channels at each resolution of the network."""
        return {r: self.channels(r) for r in self.resolutions}

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Return all resolutions of the network, 4 first."""
        return tuple(2**i for i in range(2, int(math.log2(self.resolution)) + 1))


@dataclass(frozen=True)
class GeneratorConfig(NetworkConfig):
    """StyleGAN2 generator. `noise` adds per-layer noise; off, a code gives exactly one image.

    `doubling` is "after" (convolve at the lower resolution, then double: a quarter of the work) or
    "within" (transposed convolution, then the [1, 3, 3, 1] filter with zeros beyond the border, as
    published). `clamp`: activations stay within ± this; 0 is no limit.
    """

    z_dim: int = 256
    w_dim: int = 256
    mapping_layers: int = 4
    mapping_lr_multiplier: float = 0.01
    noise: bool = False
    doubling: str = "after"
    clamp: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.doubling not in ("after", "within"):
            raise OptionError(f"doubling is '{self.doubling}'; use after or within")
        if not (0 <= self.clamp < math.inf and 0 < self.mapping_lr_multiplier < math.inf):
            raise OptionError(
                f"clamp {self.clamp} is negative or no number, or mapping_lr_multiplier "
                f"{self.mapping_lr_multiplier} not positive"
            )
        if not (1 <= self.mapping_layers <= 64 and self.z_dim > 0 and self.w_dim > 0):
            raise OptionError(
                f"mapping_layers {self.mapping_layers} lies outside 1…64, or z_dim {self.z_dim} or "
                f"w_dim {self.w_dim} is not positive"
            )

    @property
    def num_ws(self) -> int:
        """Return the number of style layers: one per convolution and one for the last colour layer."""
        return 2 * len(self.resolutions)


@dataclass(frozen=True)
class DiscriminatorConfig(NetworkConfig):
    """Residual discriminator; `mbstd_group` is the group of the minibatch standard deviation."""

    mbstd_group: int = 8


@dataclass(frozen=True)
class EncoderConfig(NetworkConfig):
    """Encoder from image to W+, an offset from the mean code of each layer.

    `heads` is "single" (all layers from the map at 4×4) or "pyramid" (coarse layers from 4×4, middle
    ones from 8×8, fine ones from 16×16).
    """

    num_ws: int = 10
    w_dim: int = 256
    heads: str = "single"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.heads not in ("single", "pyramid"):
            raise OptionError(f"heads is '{self.heads}'; use single or pyramid")
        if self.heads == "pyramid" and (self.resolution < 32 or self.num_ws < 9):
            raise OptionError(
                f"heads 'pyramid' needs a resolution of at least 32 and 9 layers, not "
                f"{self.resolution} and {self.num_ws}; use single"
            )


@dataclass(frozen=True)
class StyleGAN1Config(NetworkConfig):
    """The published generator; `fmaps_max` is also the width of its mapping.

    `layer_wise`: a latent maps to a code of every layer, not to one code for all.
    `truncation_cutoff`: truncation applies to the layers before this one.
    """

    fmaps_base: int = 16384
    fmaps_max: int = 512
    z_dim: int = 512
    w_dim: int = 512
    mapping_layers: int = 8
    layer_wise: bool = True
    tanh: bool = True
    truncation_cutoff: int = 8

    @property
    def num_ws(self) -> int:
        """Return the number of style layers: two a resolution."""
        return 2 * len(self.resolutions)


@dataclass(frozen=True)
class StyleGAN1EncoderConfig(NetworkConfig):
    """The published encoder: `fmaps_base` channels at the full resolution, doubled at every halving."""

    fmaps_base: int = 64
    fmaps_max: int = 1024
    num_ws: int = 14
    w_dim: int = 512

    def __post_init__(self) -> None:
        self.check_resolution()
        if self.fmaps_base < 1 or self.fmaps_max < self.fmaps_base:
            raise OptionError(
                f"fmaps_base {self.fmaps_base} must lie between 1 and fmaps_max {self.fmaps_max}"
            )

    def channels(self, resolution: int) -> int:
        """Return the number of feature channels at a resolution."""
        return min(self.fmaps_base * (self.resolution // resolution), self.fmaps_max)


@dataclass(frozen=True)
class PyramidEncoderConfig(Config):
    """The encoder of pSp and e4e on IR-SE-50, which sees pictures at 256 px.

    `resolution` is the side of the generator's pictures; `width` the channels of the stem, an eighth
    of those of the last map, which are `w_dim`. `heads` is "each" (pSp: each layer's code by itself)
    or "offsets" (e4e: the first head gives a code for all layers, the others what they add to it).
    """

    resolution: int = 1024
    num_ws: int = 18
    w_dim: int = 512
    width: int = 64
    heads: str = "offsets"

    def __post_init__(self) -> None:
        if self.heads not in ("each", "offsets"):
            raise OptionError(f"heads is '{self.heads}'; use each or offsets")
        if self.width < 16 or self.w_dim != 8 * self.width or not 8 <= self.num_ws <= 18:
            raise OptionError(
                f"w_dim is {self.w_dim}, width {self.width} and num_ws {self.num_ws}; expected a w_dim "
                f"of 8 × width, a width of at least 16, and 8 to 18 layers"
            )


@dataclass(frozen=True)
class AlignerConfig(Config):
    """The network that finds the domain's object; `width` is the first layer's channels."""

    width: int = 24

    def __post_init__(self) -> None:
        if not 1 <= self.width <= 256:
            raise OptionError(f"width is {self.width}; expected 1 to 256")


@dataclass(frozen=True)
class PredictorConfig(Config):
    """The network that sees attributes: what it predicts, and its size.

    `resolution` is the side it scales pictures to, `width` the channels of its stem; `names` are
    logits, but those among `continuous`, which are standardised values.
    """

    names: tuple[str, ...]
    continuous: tuple[str, ...] = ()
    resolution: int = 96
    width: int = 24

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))  # lists, in a file's header
        object.__setattr__(self, "continuous", tuple(self.continuous))
        if not self.names or not set(self.continuous) <= set(self.names):
            raise OptionError(
                f"names {self.names} are empty, or continuous {self.continuous} not among them"
            )
        if not 32 <= self.resolution <= 512 or not 1 <= self.width <= 256:
            raise OptionError(
                f"resolution {self.resolution} or width {self.width} lies outside 32…512 or 1…256"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that survives a trip through JSON unchanged."""
        return {**asdict(self), "names": [*self.names], "continuous": [*self.continuous]}
