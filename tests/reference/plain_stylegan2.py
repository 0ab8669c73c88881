"""A StyleGAN2 generator written down plainly, with its tensors in the layouts that others publish.

It shares no code with the product: weights are modulated one image at a time, zeros are put between the
pixels, and filters are summed tap by tap, in float64.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor

FILTER = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=torch.float64) / 8


@dataclass
class Layer:
    weight: Tensor  # [out, in, k, k]
    affine: tuple[Tensor, Tensor]
    bias: Tensor
    noise: Tensor | None = None
    strength: Tensor | None = None


@dataclass
class Plain:
    resolution: int
    mapping: list[tuple[Tensor, Tensor]]
    const: Tensor
    convs: list[Layer] = field(default_factory=list)  # one at 4 px, two at each side beyond
    colours: list[Layer] = field(default_factory=list)
    w_avg: Tensor = field(default_factory=lambda: torch.zeros(0))
    rate: float = 0.01
    clamp: float | None = None

    @property
    def num_ws(self) -> int:
        return len(self.convs) + 1

    @classmethod
    def random(
        cls,
        resolution: int = 32,
        base: int = 512,
        top: int = 24,
        w: int = 16,
        z: int = 12,
        layers: int = 8,
        noise: bool = True,
        clamp: float | None = None,
        seed: int = 0,
    ) -> Plain:
        random = torch.Generator().manual_seed(seed)

        def r(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=random)

        def layer(out: int, inside: int, k: int, side: int) -> Layer:
            found = Layer(r(out, inside, k, k), (r(inside, w), 1 + 0.2 * r(inside)), 0.3 * r(out))
            if noise and k == 3:
                found.noise, found.strength = r(side, side), 0.3 * r(1)[0]
            return found

        sizes = [z] + [w] * layers
        mapping = [(r(b, a) / 0.01, r(b) / 0.01 * 0.2) for a, b in pairwise(sizes)]
        made = cls(resolution, mapping, r(min(base // 4, top), 4, 4), clamp=clamp)
        before = min(base // 4, top)
        for power in range(2, int(math.log2(resolution)) + 1):
            side = 2**power
            now = min(base // side, top)
            if side > 4:
                made.convs.append(layer(now, before, 3, side))
            made.convs.append(layer(now, now, 3, side))
            made.colours.append(layer(3, now, 1, side))
            before = now
        made.w_avg = 0.3 * r(w)
        return made

    def map(self, z: Tensor) -> Tensor:
        """Return w, [N, w_dim]."""
        x = z.double()
        x = x / (x**2).mean(dim=1, keepdim=True).add(1e-8).sqrt()
        for weight, bias in self.mapping:
            scaled = weight.double() * self.rate / math.sqrt(weight.shape[1])
            x = x @ scaled.t() + bias.double() * self.rate
            x = torch.where(x < 0, 0.2 * x, x) * math.sqrt(2)
        return x

    def pictures(self, wp: Tensor) -> Tensor:
        """Return the pictures [N, 3, R, R] of codes [N, num_ws, w_dim]."""
        return torch.stack([self._picture(code.double()) for code in wp])

    def _picture(self, ws: Tensor) -> Tensor:
        x, shown, at = self.const.double(), None, 0
        for block in range(len(self.colours)):
            for number in (0, 1) if block else (1,):
                layer = self.convs[at]
                x = self._convolved(x, layer, ws[at], up=number == 0)
                at += 1
            colour = self._limited(
                _correlate(x, _modulated(self.colours[block], ws[at], demodulate=False), 0)
                + self.colours[block].bias.double()[:, None, None]
            )
            shown = colour if shown is None else _filtered(_spread(shown), 2, 1) + colour
        assert shown is not None
        return shown

    def _convolved(self, x: Tensor, layer: Layer, w: Tensor, up: bool) -> Tensor:
        weight = _modulated(layer, w, demodulate=True)
        if up:  # a convolution among zeros, whose kernel is turned round, then the filter
            spread = _spread(x)[:, :-1, :-1]
            y = _filtered(_correlate(spread, weight.flip(2, 3), 2), 1, 1)
        else:
            y = _correlate(x, weight, 1)
        if layer.noise is not None and layer.strength is not None:
            y = y + layer.noise.double() * layer.strength.double()
        y = y + layer.bias.double()[:, None, None]
        return self._limited(torch.where(y < 0, 0.2 * y, y) * math.sqrt(2))

    def _limited(self, x: Tensor) -> Tensor:
        return x if self.clamp is None else x.clip(-self.clamp, self.clamp)

    def nvidia(self) -> dict[str, Tensor]:
        """Return the tensors by the names of stylegan2-ada-pytorch."""
        state = {"mapping.w_avg": self.w_avg, "synthesis.b4.const": self.const}
        for i, (weight, bias) in enumerate(self.mapping):
            state |= {f"mapping.fc{i}.weight": weight, f"mapping.fc{i}.bias": bias}
        at = 0
        for block, colour in enumerate(self.colours):
            here = f"synthesis.b{4 * 2**block}."
            state[here + "resample_filter"] = _kernel()
            for number in (0, 1) if block else (1,):
                layer, name = self.convs[at], f"{here}conv{number}."
                at += 1
                state |= _layer(layer, name, "affine.")
                state[name + "resample_filter"] = _kernel()
                if layer.noise is not None and layer.strength is not None:
                    state[name + "noise_const"] = layer.noise
                    state[name + "noise_strength"] = layer.strength
            state |= _layer(colour, f"{here}torgb.", "affine.")
        return state

    def rosinality(self) -> dict[str, Tensor]:
        """Return the tensors by the names of stylegan2-pytorch, whose latent is as large as its code."""
        state = {"input.input": self.const[None]}
        for i, (weight, bias) in enumerate(self.mapping):
            state |= {f"style.{i + 1}.weight": weight, f"style.{i + 1}.bias": bias}
        for at, layer in enumerate(self.convs):
            name = "conv1." if at == 0 else f"convs.{at - 1}."
            found = _layer(layer, name + "conv.", "modulation.")
            state[name + "activate.bias"] = found.pop(name + "conv.bias")
            found[name + "conv.weight"] = found[name + "conv.weight"][None]
            assert layer.noise is not None
            assert layer.strength is not None
            state |= found | {name + "noise.weight": layer.strength.reshape(1)}
            state[f"noises.noise_{at}"] = layer.noise[None, None]
            if at % 2 == 1:
                state[name + "conv.blur.kernel"] = 4 * _kernel()
        for block, layer in enumerate(self.colours):
            name = "to_rgb1." if block == 0 else f"to_rgbs.{block - 1}."
            found = _layer(layer, name + "conv.", "modulation.")
            state[name + "bias"] = found.pop(name + "conv.bias").reshape(1, 3, 1, 1)
            found[name + "conv.weight"] = found[name + "conv.weight"][None]
            state |= found
            if block:
                state[name + "upsample.kernel"] = 4 * _kernel()
        return state


def _layer(layer: Layer, name: str, affine: str) -> dict[str, Tensor]:
    return {
        name + affine + "weight": layer.affine[0],
        name + affine + "bias": layer.affine[1],
        name + "weight": layer.weight,
        name + "bias": layer.bias,
    }


def _kernel() -> Tensor:
    return torch.outer(FILTER, FILTER).float()


def _modulated(layer: Layer, w: Tensor, demodulate: bool) -> Tensor:
    weight, bias = (part.double() for part in layer.affine)
    style = weight @ w / math.sqrt(len(w)) + bias
    out = layer.weight.double()
    _, inside, k, _ = out.shape
    if not demodulate:
        return out * style[None, :, None, None] / math.sqrt(inside * k * k)
    # demodulation undoes any gain before it, but for the small number that is added
    out = out * style[None, :, None, None] / math.sqrt(inside * k * k)
    return out / (out**2).sum(dim=(1, 2, 3), keepdim=True).add(1e-8).sqrt()


def _correlate(x: Tensor, weight: Tensor, padding: int) -> Tensor:
    """Slide a kernel over [C, H, W], tap by tap."""
    _, height, width = x.shape
    k = weight.shape[-1]
    wide = torch.zeros(len(x), height + 2 * padding, width + 2 * padding, dtype=x.dtype)
    wide[:, padding : padding + height, padding : padding + width] = x
    rows, columns = wide.shape[1] - k + 1, wide.shape[2] - k + 1
    total = torch.zeros(len(weight), rows, columns, dtype=x.dtype)
    for i in range(k):
        for j in range(k):
            part = wide[:, i : i + rows, j : j + columns]
            total += torch.einsum("oc,chw->ohw", weight[:, :, i, j], part)
    return total


def _spread(x: Tensor) -> Tensor:
    """Put a zero after each pixel of each row and column."""
    wide = torch.zeros(len(x), 2 * x.shape[1], 2 * x.shape[2], dtype=x.dtype)
    wide[:, ::2, ::2] = x
    return wide


def _filtered(x: Tensor, before: int, after: int) -> Tensor:
    """Filter with [1, 3, 3, 1] and gain 4 after zeros were put around."""
    channels, height, width = x.shape
    wide = torch.zeros(channels, height + before + after, width + before + after, dtype=x.dtype)
    wide[:, before : before + height, before : before + width] = x
    rows, columns = wide.shape[1] - 3, wide.shape[2] - 3
    total = torch.zeros(channels, rows, columns, dtype=x.dtype)
    for i in range(4):
        for j in range(4):
            tap = 4 * FILTER[i] * FILTER[j]
            total += tap * wide[:, i : i + rows, j : j + columns]
    return total
