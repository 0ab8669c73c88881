"""StyleGAN2 generator: mapping network and modulated synthesis with skip outputs."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from editor.models.config import GeneratorConfig
from editor.models.generator import StyleGenerator
from editor.models.layers import Linear, ModulatedConv, ToRGB, upsample2, upsample2_zeros


class Mapping(nn.Module):
    """z → w: a fully connected network on the normalised latent."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        sizes = [config.z_dim] + [config.w_dim] * config.mapping_layers
        self.layers = nn.ModuleList(
            Linear(a, b, lr_multiplier=config.mapping_lr_multiplier, activate=True)
            for a, b in pairwise(sizes)
        )

    def forward(self, z: Tensor) -> Tensor:
        x = z * (z.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()
        for layer in self.layers:
            x = layer(x)
        return x


class SynthesisBlock(nn.Module):
    """One resolution: one or two modulated convolutions and a colour output."""

    def __init__(self, config: GeneratorConfig, resolution: int) -> None:
        super().__init__()
        channels, w_dim = config.channels(resolution), config.w_dim
        noise, clamp = config.noise, config.clamp
        self.conv0: ModulatedConv | None = None
        if resolution > 4:
            below = config.channels(resolution // 2)
            self.conv0 = ModulatedConv(
                below, channels, w_dim, resolution, config.doubling, noise, clamp
            )
        self.conv1 = ModulatedConv(channels, channels, w_dim, resolution, "", noise, clamp)
        self.to_rgb = ToRGB(channels, w_dim, clamp)


class Synthesis(nn.Module):
    """wp → image, with skip outputs summed over the resolutions."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.const = nn.Parameter(torch.randn(1, config.channels(4), 4, 4))
        self.blocks = nn.ModuleList(SynthesisBlock(config, r) for r in config.resolutions)
        self.doubled = upsample2 if config.doubling == "after" else upsample2_zeros

    def forward(self, wp: Tensor, dtype: torch.dtype) -> Tensor:
        x = self.const.to(dtype).repeat(wp.shape[0], 1, 1, 1)
        x = x.contiguous(memory_format=torch.channels_last)
        rgb: Tensor | None = None
        layer = 0
        for module in self.blocks:
            block = cast(SynthesisBlock, module)
            if block.conv0 is not None:
                x = block.conv0(x, wp[:, layer])
                layer += 1
            x = block.conv1(x, wp[:, layer])
            layer += 1
            colour = block.to_rgb(x, wp[:, layer])
            rgb = colour if rgb is None else self.doubled(rgb) + colour
        assert rgb is not None
        return rgb


class StyleGAN2Generator(StyleGenerator):
    """Generator of a domain; a latent gives the same code in every layer."""

    config: GeneratorConfig

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__(config)
        self.map = Mapping(config)
        self.synth = Synthesis(config)
        self.register_buffer("w_avg", torch.zeros(config.num_ws, config.w_dim))

    def codes(self, z: Tensor) -> Tensor:
        """Map latents [N, z_dim] to codes [N, num_ws, w_dim] without truncation."""
        w: Tensor = self.map(z)
        return w[:, None].expand(-1, self.num_ws, -1)

    def synthesis(self, wp: Tensor) -> Tensor:
        """Synthesise images.

        Args:
            wp: [N, num_ws, w_dim].

        Returns:
            [N, 3, resolution, resolution], RGB, float32, about [-1, 1] (not clamped).
        """
        return cast(Tensor, self.synth(wp, self.compute_dtype))

    def style_weights(self) -> list[Tensor]:
        """Return the weight [outputs, w_dim] of each layer by which its code becomes a style.

        It is that of the layer's convolution, or of the colours in the last layer, which has none.
        """
        found: list[Linear] = []
        for module in self.synth.blocks:
            block = cast(SynthesisBlock, module)
            found += [conv.affine for conv in (block.conv0, block.conv1) if conv is not None]
        found.append(block.to_rgb.affine)
        return [affine.weight.detach() * affine.weight_gain for affine in found]
