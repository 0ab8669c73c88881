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


class ModulatedConv(Weighted):
    """Style-modulated, demodulated convolution with bias, optional noise and leaky ReLU.

    Modulation scales the activations instead of the kernels (x·s → conv → ·demod), which is the
    same function without one kernel per image. With `up`, the convolution runs at the lower
    resolution and its output is doubled by the bilinear filter: a quarter of the work.

    Reference: Karras et al., Analyzing and Improving the Image Quality of StyleGAN, section 2.2.
    """

    noise_const: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        w_dim: int,
        resolution: int,
        up: bool = False,
        noise: bool = False,
    ) -> None:
        super().__init__()
        self.affine = Linear(w_dim, in_channels, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.weight_gain = 1 / math.sqrt(in_channels * 9)
        self.up = up
        self.noise = noise
        if noise:
            self.register_buffer("noise_const", torch.randn(1, 1, resolution, resolution))
            self.noise_strength = nn.Parameter(torch.zeros([]))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.affine(w)
        weight = self.prepared("weight", x.dtype, lambda scaled: as_dtype(scaled, x.dtype))
        power = self.prepared("power", style.dtype, lambda scaled: scaled.square().sum(dim=(2, 3)))
        demod = (style.square() @ power.t() + 1e-8).rsqrt() * SQRT2
        y = F.conv2d(x * style.to(x.dtype)[:, :, None, None], weight, padding=1)
        if self.up:
            y = upsample2(y)
        bias = (self.bias * SQRT2).to(x.dtype)[None, :, None, None]
        y = torch.addcmul(bias, y, demod.to(x.dtype)[:, :, None, None])
        if self.noise:
            field = torch.randn_like(y[:, :1]) if self.training else self.noise_const.to(y.dtype)
            y = y + field * (self.noise_strength * SQRT2).to(y.dtype)
        return F.leaky_relu_(y, SLOPE)


class ToRGB(nn.Module):
    """Modulated 1×1 convolution to three colours, without demodulation."""

    def __init__(self, in_channels: int, w_dim: int) -> None:
        super().__init__()
        self.affine = Linear(w_dim, in_channels, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(3, in_channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))
        self.weight_gain = 1 / math.sqrt(in_channels)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = (self.affine(w) * self.weight_gain).to(x.dtype)
        weight = as_dtype(self.weight, x.dtype)
        y = F.conv2d(x * style[:, :, None, None], weight)
        return y.float() + self.bias[None, :, None, None]


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
