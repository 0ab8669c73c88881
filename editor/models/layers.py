"""Building blocks with equalised learning rate, written to be quick on a CPU.

Master weights are float32; a layer casts them to the dtype of its input, so that the same module
runs in float32 or bfloat16. Every gain of √2 is folded into a scale or a bias: leaky ReLU is
positively homogeneous, √2·lrelu(v) = lrelu(√2·v).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SQRT2 = math.sqrt(2.0)
SLOPE = 0.2


def as_dtype(weight: Tensor, dtype: torch.dtype) -> Tensor:
    """Cast a convolution's weight, and lay it out with channels last."""
    return weight.to(dtype=dtype, memory_format=torch.channels_last)


def upsample2(x: Tensor) -> Tensor:
    """Double height and width bilinearly, which is the [1, 3, 3, 1] filter of StyleGAN2."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def upsample2_zeros(x: Tensor) -> Tensor:
    """Double height and width by the same filter, with zeros beyond the border, as published."""
    return upsample2(F.pad(x, (1, 1, 1, 1)))[:, :, 2:-2, 2:-2]


def binomial4(channels: int) -> Tensor:
    """Return the [1, 3, 3, 1] filter with gain 4, once for each channel: [channels, 1, 4, 4]."""
    line = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 4
    return (line[:, None] * line).expand(channels, 1, 4, 4)


class Weighted(nn.Module):
    """A layer whose weight is multiplied by a constant gain before use.

    A frozen weight is scaled, cast and laid out once, and again only after it was changed: for one
    image that is most of a step's time.
    """

    weight: nn.Parameter
    weight_gain: float

    def __init__(self) -> None:
        super().__init__()
        self._ready: dict[str, tuple[Tensor, tuple[int, torch.dtype], Tensor]] = {}

    def prepared(self, name: str, dtype: torch.dtype, make: Callable[[Tensor], Tensor]) -> Tensor:
        """Return `make(weight · gain)`, remembered under a name while the weight is frozen.

        Args:
            name: what is made; each layer names its own.
            dtype: of the activations that it will meet.
            make: from the scaled weight, float32, to what is wanted.
        """
        weight = self.weight
        if weight.requires_grad:
            return make(weight * self.weight_gain)
        key = (weight._version, dtype)
        found = self._ready.get(name)
        if found is None or found[0] is not weight or found[1] != key:
            with torch.no_grad():
                found = (weight, key, make(weight * self.weight_gain))
            self._ready[name] = found
        return found[2]


class Linear(Weighted):
    """Fully connected layer with equalised learning rate, always float32.

    Args:
        in_features: size of the input.
        out_features: size of the output.
        bias_init: initial value of the bias.
        lr_multiplier: factor on the learning rate of weight and bias.
        activate: apply leaky ReLU with gain √2.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias_init: float = 0.0,
        lr_multiplier: float = 1.0,
        activate: bool = False,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features) / lr_multiplier)
        self.bias = nn.Parameter(torch.full([out_features], bias_init / lr_multiplier))
        gain = SQRT2 if activate else 1.0
        self.weight_gain = gain * lr_multiplier / math.sqrt(in_features)
        self.bias_gain = gain * lr_multiplier
        self.activate = activate

    def forward(self, x: Tensor) -> Tensor:
        weight = self.prepared("weight", x.dtype, lambda scaled: scaled)
        y = F.linear(x, weight, self.bias * self.bias_gain)
        return F.leaky_relu_(y, SLOPE) if self.activate else y


class Conv(Weighted):
    """Convolution with equalised learning rate, optional bias and leaky ReLU (gain √2)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        bias: bool = True,
        activate: bool = True,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.activate = activate
        act_gain = gain * (SQRT2 if activate else 1.0)
        self.weight_gain = act_gain / math.sqrt(in_channels * kernel**2)
        self.bias_gain = act_gain
        self.padding = kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        weight = self.prepared("weight", x.dtype, lambda scaled: as_dtype(scaled, x.dtype))
        bias = None if self.bias is None else (self.bias * self.bias_gain).to(x.dtype)
        y = F.conv2d(x, weight, bias, padding=self.padding)
        return F.leaky_relu_(y, SLOPE) if self.activate else y


def clamped(x: Tensor, most: float) -> Tensor:
    """Keep values within ± a limit, in place where nothing is differentiated; 0 is no limit."""
    if most <= 0:
        return x
    return x.clamp(-most, most) if x.requires_grad else x.clamp_(-most, most)


class ModulatedConv(Weighted):
    """Style-modulated, demodulated convolution with bias, optional noise and leaky ReLU.

    Modulation scales the activations instead of the kernels (x·s → conv → ·demod), which is the
    same function without one kernel per image. With `up="after"`, the convolution runs at the lower
    resolution and its output is doubled by the bilinear filter: a quarter of the work. With
    `up="within"` it is transposed, and its output filtered, as published.

    Reference: Karras et al., Analyzing and Improving the Image Quality of StyleGAN, section 2.2.
    """

    noise_const: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        w_dim: int,
        resolution: int,
        up: str = "",
        noise: bool = False,
        clamp: float = 0.0,
    ) -> None:
        super().__init__()
        self.affine = Linear(w_dim, in_channels, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.weight_gain = 1 / math.sqrt(in_channels * 9)
        self.up, self.clamp = up, clamp
        self.noise = noise
        if noise:
            self.register_buffer("noise_const", torch.randn(1, 1, resolution, resolution))
            self.noise_strength = nn.Parameter(torch.zeros([]))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.affine(w)
        power = self.prepared("power", style.dtype, lambda scaled: scaled.square().sum(dim=(2, 3)))
        demod = (style.square() @ power.t() + 1e-8).rsqrt() * SQRT2
        y = self._convolved(x * style.to(x.dtype)[:, :, None, None])
        bias = (self.bias * SQRT2).to(x.dtype)[None, :, None, None]
        y = torch.addcmul(bias, y, demod.to(x.dtype)[:, :, None, None])
        if self.noise:
            field = torch.randn_like(y[:, :1]) if self.training else self.noise_const.to(y.dtype)
            y = y.add_(field * (self.noise_strength * SQRT2).to(y.dtype))
        return clamped(F.leaky_relu_(y, SLOPE), self.clamp)

    def _convolved(self, x: Tensor) -> Tensor:
        """Convolve the modulated input, and double it where the layer does."""
        dtype = x.dtype
        if self.up == "within":
            weight = self.prepared("up", dtype, lambda s: as_dtype(s.transpose(0, 1), dtype))
            y = F.conv_transpose2d(x, weight, stride=2)
            kernel = self.prepared(
                "filter", dtype, lambda s: binomial4(len(s)).to(s.device, dtype).contiguous()
            )
            return F.conv2d(y, kernel, padding=1, groups=len(kernel))
        weight = self.prepared("weight", dtype, lambda s: as_dtype(s, dtype))
        y = F.conv2d(x, weight, padding=1)
        return upsample2(y) if self.up else y


class ToRGB(nn.Module):
    """Modulated 1×1 convolution to three colours, without demodulation."""

    def __init__(self, in_channels: int, w_dim: int, clamp: float = 0.0) -> None:
        super().__init__()
        self.clamp = clamp
        self.affine = Linear(w_dim, in_channels, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(3, in_channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))
        self.weight_gain = 1 / math.sqrt(in_channels)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = (self.affine(w) * self.weight_gain).to(x.dtype)
        weight = as_dtype(self.weight, x.dtype)
        y = F.conv2d(x * style[:, :, None, None], weight)
        return clamped(y.float() + self.bias[None, :, None, None], self.clamp)


class ResidualDown(nn.Module):
    """Residual block that halves the resolution: (conv → pool → conv + pool → 1×1) / √2."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv0 = Conv(in_channels, in_channels, 3)
        self.conv1 = Conv(in_channels, out_channels, 3, gain=1 / SQRT2)
        self.skip = Conv(in_channels, out_channels, 1, bias=False, activate=False, gain=1 / SQRT2)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.skip(F.avg_pool2d(x, 2))
        return y.add_(self.conv1(F.avg_pool2d(self.conv0(x), 2)))
