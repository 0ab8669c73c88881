"""The encoder of pSp and e4e written down plainly, by the names of its published tensors."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

UNITS = [(1, 1, 3), (1, 2, 4), (2, 4, 14), (4, 8, 3)]  # channels in and out, units of each stage


def encoder_state(num_ws: int, width: int = 16, seed: int = 1) -> dict[str, Tensor]:
    """Return random tensors by the published names, of an encoder for codes of 8 × width."""
    random = torch.Generator().manual_seed(seed)
    state: dict[str, Tensor] = {}

    def r(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=random)

    def conv(name: str, out: int, inside: int, k: int, bias: bool = False) -> None:
        state[f"{name}.weight"] = r(out, inside, k, k) / math.sqrt(inside * k * k)
        if bias:
            state[f"{name}.bias"] = 0.1 * r(out)

    def norm(name: str, size: int) -> None:
        state[f"{name}.weight"], state[f"{name}.bias"] = 1 + 0.1 * r(size), 0.1 * r(size)
        state[f"{name}.running_mean"] = 0.1 * r(size)
        state[f"{name}.running_var"] = 1 + 0.2 * torch.rand(size, generator=random)
        state[f"{name}.num_batches_tracked"] = torch.tensor(9)

    conv("input_layer.0", width, 3, 3)
    norm("input_layer.1", width)
    state["input_layer.2.weight"] = 0.25 + 0.1 * r(width)
    at = 0
    for inside, out, units in UNITS:
        for unit in range(units):
            a, b = (inside if unit == 0 else out) * width, out * width
            here = f"body.{at}."
            at += 1
            if a != b:
                conv(f"{here}shortcut_layer.0", b, a, 1)
                norm(f"{here}shortcut_layer.1", b)
            norm(f"{here}res_layer.0", a)
            conv(f"{here}res_layer.1", b, a, 3)
            state[f"{here}res_layer.2.weight"] = 0.25 + 0.1 * r(b)
            conv(f"{here}res_layer.3", b, b, 3)
            norm(f"{here}res_layer.4", b)
            conv(f"{here}res_layer.5.fc1", b // 16, b, 1)
            conv(f"{here}res_layer.5.fc2", b, b // 16, 1)
    top = 8 * width
    for style in range(num_ws):
        for i in range(4 if style < 3 else 5 if style < 7 else 6):
            conv(f"styles.{style}.convs.{2 * i}", top, top, 3, bias=True)
        state[f"styles.{style}.linear.weight"] = r(top, top)
        state[f"styles.{style}.linear.bias"] = 0.1 * r(top)
    conv("latlayer1", top, 4 * width, 1, bias=True)
    conv("latlayer2", top, 2 * width, 1, bias=True)
    return state


def codes(state: dict[str, Tensor], image: Tensor, num_ws: int, e4e: bool) -> Tensor:
    """Return the codes [N, num_ws, w_dim] of pictures [N, 3, 256, 256], without a mean code."""
    s = {name: v.double() for name, v in state.items() if v.is_floating_point()}

    def norm(name: str, x: Tensor) -> Tensor:
        shape = (1, -1, 1, 1)
        mean, var = s[f"{name}.running_mean"], s[f"{name}.running_var"]
        y = (x - mean.view(shape)) / (var.view(shape) + 1e-5).sqrt()
        return y * s[f"{name}.weight"].view(shape) + s[f"{name}.bias"].view(shape)

    def prelu(name: str, x: Tensor) -> Tensor:
        return x.clip(min=0) + s[f"{name}.weight"].view(1, -1, 1, 1) * x.clip(max=0)

    def conv(name: str, x: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
        return F.conv2d(x, s[f"{name}.weight"], s.get(f"{name}.bias"), stride, padding)

    x = prelu("input_layer.2", norm("input_layer.1", conv("input_layer.0", image.double(), 1, 1)))
    at, seen = 0, []
    for _, _, units in UNITS:
        for unit in range(units):
            stride, here = (2 if unit == 0 else 1), f"body.{at}."
            at += 1
            if f"{here}shortcut_layer.0.weight" in s:
                side = norm(f"{here}shortcut_layer.1", conv(f"{here}shortcut_layer.0", x, stride))
            else:
                side = F.max_pool2d(x, 1, stride)
            y = conv(f"{here}res_layer.1", norm(f"{here}res_layer.0", x), 1, 1)
            y = conv(f"{here}res_layer.3", prelu(f"{here}res_layer.2", y), stride, 1)
            y = norm(f"{here}res_layer.4", y)
            gate = conv(f"{here}res_layer.5.fc1", y.mean(dim=(2, 3), keepdim=True)).clip(min=0)
            gate = 1 / (1 + (-conv(f"{here}res_layer.5.fc2", gate)).exp())
            x = y * gate + side
        seen.append(x)

    def up(coarse: Tensor, fine: Tensor) -> Tensor:
        size = fine.shape[-2:]
        return F.interpolate(coarse, size, mode="bilinear", align_corners=True) + fine

    c3 = seen[3]
    p2 = up(c3, conv("latlayer1", seen[2]))
    p1 = up(p2, conv("latlayer2", seen[1]))
    found = []
    for style in range(num_ws):
        y = c3 if style < 3 else p2 if style < 7 else p1
        i = 0
        while f"styles.{style}.convs.{2 * i}.weight" in s:
            y = conv(f"styles.{style}.convs.{2 * i}", y, 2, 1)
            y = torch.where(y < 0, 0.01 * y, y)
            i += 1
        weight = s[f"styles.{style}.linear.weight"]
        found.append(y.flatten(1) @ weight.t() / math.sqrt(len(weight)))
        found[-1] = found[-1] + s[f"styles.{style}.linear.bias"]
    if e4e:
        found = [found[0], *(found[0] + more for more in found[1:])]
    return torch.stack(found, dim=1)


def checkpoint(
    decoder: dict[str, Tensor], encoder: dict[str, Tensor], kind: str, mean: Tensor | None
) -> dict[str, object]:
    """Return what a checkpoint of pSp or e4e holds."""
    state = {f"encoder.{k}": v for k, v in encoder.items()}
    state |= {f"decoder.{k}": v for k, v in decoder.items()}
    opts = {"encoder_type": kind, "start_from_latent_avg": mean is not None, "device": "cuda:0"}
    found: dict[str, object] = {"state_dict": state, "opts": opts}
    return found if mean is None else {**found, "latent_avg": mean}
