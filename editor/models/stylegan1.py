"""The networks of the published in-domain inversion: a layer-wise StyleGAN and its encoder.

Each layer of the generator is convolution → noise and bias → leaky ReLU → instance normalisation →
style. Weights are stored as published, the equalised learning rate's gains not folded in.

Reference: Karras et al., A Style-Based Generator Architecture for Generative Adversarial Networks,
section 2; Zhu et al., In-Domain GAN Inversion for Real Image Editing, section 4.1.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from editor.models.config import StyleGAN1Config, StyleGAN1EncoderConfig
from editor.models.generator import StyleGenerator
from editor.models.layers import SLOPE, SQRT2, Linear, Weighted, as_dtype

BLUR = (1.0, 2.0, 1.0)
EPSILON = 1e-8


def blur_kernel(channels: int) -> Tensor:
    """Return the binomial filter once for each channel: [channels, 1, 3, 3]."""
    line = torch.tensor(BLUR) / sum(BLUR)
    return (line[:, None] * line).expand(channels, 1, 3, 3).contiguous()


def up_kernel(weight: Tensor) -> Tensor:
    """Turn the weight of a convolution of the doubled image into that of one that doubles by itself.

    Convolving an image doubled by nearest neighbours with 3×3 is a transposed convolution of the
    small image with 4×4, at less than half the work.

    Args:
        weight: [out, in, 3, 3].

    Returns:
        [in, out, 4, 4], for a stride of 2 and padding of 1.
    """
    k = F.pad(weight.flip(2, 3), (1, 1, 1, 1))
    k = k[:, :, 1:, 1:] + k[:, :, :-1, 1:] + k[:, :, 1:, :-1] + k[:, :, :-1, :-1]
    return k.transpose(0, 1).contiguous()


class StyleLayer(Weighted):
    """One layer of the synthesis.

    Args:
        in_channels: of its input; 0 for the first layer, which has no convolution.
        out_channels: of its output.
        w_dim: size of the style code.
        resolution: of its output.
        up: double the resolution.
    """

    bias: nn.Parameter
    noise: Tensor

    def __init__(
        self, in_channels: int, out_channels: int, w_dim: int, resolution: int, up: bool = False
    ) -> None:
        super().__init__()
        self.up, self.convolves = up, in_channels > 0
        if self.convolves:
            self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
            self.weight_gain = SQRT2 / math.sqrt(in_channels * 9)
        if up:
            self.register_buffer("blur", blur_kernel(out_channels), persistent=False)
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.register_buffer("noise", torch.randn(1, 1, resolution, resolution))
        self.noise_weight = nn.Parameter(torch.zeros(out_channels))
        self.style = Linear(w_dim, 2 * out_channels)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        dtype = x.dtype
        if self.up:
            weight = self.prepared("up", dtype, lambda s: as_dtype(up_kernel(s), dtype))
            x = F.conv_transpose2d(x, weight, stride=2, padding=1)
            x = F.conv2d(x, cast(Tensor, self.blur).to(dtype), padding=1, groups=x.shape[1])
        elif self.convolves:
            weight = self.prepared("weight", dtype, lambda s: as_dtype(s, dtype))
            x = F.conv2d(x, weight, padding=1)
        if self.convolves:
            x = x.add_(self.prepared("field", dtype, lambda _: self._field(dtype)))
        else:
            x = x + self._field(dtype)
        x = F.leaky_relu_(x, SLOPE)
        gain, shift = self.style(w).chunk(2, dim=1)
        if len(x) == 1:  # the same, quicker: one image's instances are the channels of a batch
            y: Tensor = F.batch_norm(
                x, None, None, gain[0] + 1, shift[0], training=True, eps=EPSILON
            )
            return y
        variance, mean = torch.var_mean(x.float(), dim=(2, 3), unbiased=False)
        gain = (gain + 1) * (variance + EPSILON).rsqrt()
        shift = shift - mean * gain
        return torch.addcmul(shift.to(dtype)[:, :, None, None], x, gain.to(dtype)[:, :, None, None])

    def _field(self, dtype: torch.dtype) -> Tensor:
        """Return the sum of noise and bias, [1, C, H, W]."""
        weight = self.noise_weight[None, :, None, None]
        field = torch.addcmul(self.bias[None, :, None, None], self.noise, weight)
        return as_dtype(field, dtype)


class StyleGAN1Generator(StyleGenerator):
    """The published generator: a latent maps to a code of every layer at once.

    Attributes:
        w_avg_published: [w_dim], the mean that came with the weights, which follows layer 0 only.
    """

    config: StyleGAN1Config
    w_avg_published: Tensor

    def __init__(self, config: StyleGAN1Config) -> None:
        super().__init__(config)
        width = config.fmaps_max
        out = config.w_dim * (config.num_ws if config.layer_wise else 1)
        sizes = [config.z_dim] + [width] * (config.mapping_layers - 1) + [out]
        self.map = nn.ModuleList(
            Linear(a, b, lr_multiplier=0.01, activate=True) for a, b in pairwise(sizes)
        )
        self.const = nn.Parameter(torch.ones(1, config.channels(4), 4, 4))
        self.layers = nn.ModuleList()
        before = 0
        for resolution in config.resolutions:
            now = config.channels(resolution)
            self.layers.append(StyleLayer(before, now, config.w_dim, resolution, up=resolution > 4))
            self.layers.append(StyleLayer(now, now, config.w_dim, resolution))
            before = now
        self.to_rgb = nn.Conv2d(before, 3, 1)
        self.register_buffer("w_avg", torch.zeros(config.num_ws, config.w_dim))
        self.register_buffer("w_avg_published", torch.zeros(config.w_dim))

    @property
    def usual_cutoff(self) -> int:
        """Return the layer before which truncation applies, as published."""
        return self.config.truncation_cutoff

    def codes(self, z: Tensor) -> Tensor:
        """Map latents [N, z_dim] to codes [N, num_ws, w_dim] without truncation."""
        x = z * (z.square().mean(dim=1, keepdim=True) + EPSILON).rsqrt()
        for layer in self.map:
            x = layer(x)
        if self.config.layer_wise:
            return x.unflatten(1, (self.num_ws, self.w_dim))
        return x[:, None].expand(-1, self.num_ws, -1)

    def synthesis(self, wp: Tensor) -> Tensor:
        """Synthesise images.

        Args:
            wp: [N, num_ws, w_dim].

        Returns:
            [N, 3, resolution, resolution], RGB, float32, in [-1, 1].
        """
        x = self.const.to(self.compute_dtype).expand(len(wp), -1, -1, -1)
        x = x.contiguous(memory_format=torch.channels_last)
        for index, layer in enumerate(self.layers):
            x = layer(x, wp[:, index])
        weight = (self.to_rgb.weight / math.sqrt(x.shape[1])).to(x.dtype)
        bias = cast(Tensor, self.to_rgb.bias)
        image = F.conv2d(x, weight).float() + bias[None, :, None, None]
        return image.tanh() if self.config.tanh else image

    def style_weights(self) -> list[Tensor]:
        """Return the weight [outputs, w_dim] of each layer by which its code becomes gain and shift."""
        affines = [cast(StyleLayer, layer).style for layer in self.layers]
        return [affine.weight.detach() * affine.weight_gain for affine in affines]


class ConvNorm(Weighted):
    """Convolution, batch normalisation and leaky ReLU; one convolution when it is not training."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, bias: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(
            torch.randn(out_channels, in_channels, kernel, kernel)
            / math.sqrt(in_channels * kernel**2)
        )
        self.weight_gain = 1.0
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.norm = nn.BatchNorm2d(out_channels)
        self.padding = kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        dtype = x.dtype
        if self.training:
            x = F.conv2d(x, self.weight.to(dtype), padding=self.padding)
            x = x if self.bias is None else x + self.bias.to(dtype)[None, :, None, None]
            return F.leaky_relu(self.norm(x), SLOPE)
        norm = self.norm
        gain, mean = (
            norm.weight * (cast(Tensor, norm.running_var) + norm.eps).rsqrt(),
            norm.running_mean,
        )
        weight = self.prepared(
            "folded", dtype, lambda s: as_dtype(s * gain[:, None, None, None], dtype)
        )
        shift = -cast(Tensor, mean) if self.bias is None else self.bias - cast(Tensor, mean)
        bias = (norm.bias + shift * gain).to(dtype)
        return F.leaky_relu_(F.conv2d(x, weight, bias, padding=self.padding), SLOPE)


class NormBlock(nn.Module):
    """Residual block of two convolutions, with a 1×1 shortcut where the channels change."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.shortcut: ConvNorm | None = None
        if in_channels != out_channels:
            self.shortcut = ConvNorm(in_channels, out_channels, 1, bias=False)
        hidden = min(in_channels, out_channels)
        self.conv1 = ConvNorm(in_channels, hidden, 3, bias=True)
        self.conv2 = ConvNorm(hidden, out_channels, 3, bias=True)

    def forward(self, x: Tensor) -> Tensor:
        side = x if self.shortcut is None else self.shortcut(x)
        return cast(Tensor, self.conv2(self.conv1(x)) + side)


class StyleGAN1Encoder(nn.Module):
    """The published encoder: absolute codes of every layer, batch-normalised throughout.

    Attributes:
        config: the architecture.
        compute_dtype: dtype of the activations; weights stay float32.
    """

    def __init__(self, config: StyleGAN1EncoderConfig) -> None:
        super().__init__()
        self.config = config
        sizes = config.resolutions[::-1]
        widths = [config.channels(resolution) for resolution in sizes]
        self.stem = ConvNorm(3, widths[0], 3, bias=False)
        self.blocks = nn.ModuleList(NormBlock(a, b) for a, b in pairwise(widths))
        out = config.num_ws * config.w_dim
        self.out = nn.Linear(widths[-1] * 16, out, bias=False)
        self.norm = nn.BatchNorm1d(out)
        self.compute_dtype = torch.float32

    def forward(self, image: Tensor) -> Tensor:
        """Encode images.

        Args:
            image: [N, 3, resolution, resolution], RGB, in [-1, 1].

        Returns:
            wp, [N, num_ws, w_dim], float32.
        """
        x = image.to(self.compute_dtype).contiguous(memory_format=torch.channels_last)
        x = self.stem(x)
        for block in self.blocks:
            x = block(F.avg_pool2d(x, 2))
        x = x.contiguous(memory_format=torch.contiguous_format).flatten(1)
        x = F.linear(x, self.out.weight.to(x.dtype)).float() / math.sqrt(x.shape[1])
        return cast(Tensor, self.norm(x).unflatten(1, (self.config.num_ws, self.config.w_dim)))
