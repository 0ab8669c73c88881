"""Files of the published layout with random weights, of any size."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor

from editor.models.perceptual import VGG16Perceptual


def generator_state(
    resolution: int = 32, w: int = 16, base: int = 256, top: int = 32, fused_from: int = 128
) -> dict[str, Tensor]:
    """Names and shapes of the published generator; `fused_from` is where TF's layout begins."""
    num_ws = 2 * int(math.log2(resolution)) - 2
    r = torch.randn
    state: dict[str, Tensor] = {}
    for i in range(8):
        out = w * num_ws if i == 7 else top
        state[f"mapping.dense{i}.fc.weight"] = r(out, w if i == 0 else top) * 100
        state[f"mapping.dense{i}.wscale.bias"] = r(out)
    state["truncation.w_avg"] = r(w)
    state["truncation.truncation"] = torch.ones(1, num_ws, 1)
    state["truncation.truncation"][:, :8] = 0.7
    state["synthesis.lod"] = torch.zeros(())
    before = 0
    for layer in range(num_ws):
        side = 4 * 2 ** (layer // 2)
        now = min(base // side, top)
        name = f"synthesis.layer{layer}"
        if layer == 0:
            state[f"{name}.const"] = r(1, now, 4, 4)
        elif layer % 2 == 0 and side >= fused_from:
            state[f"{name}.weight"] = r(3, 3, before, now)
        else:
            state[f"{name}.conv.weight"] = r(now, before, 3, 3)
        if layer and layer % 2 == 0:
            line = torch.tensor([1.0, 2.0, 1.0]) / 4
            kernel = (line[:, None] * line).expand(now, 1, 3, 3)
            state[f"{name}.blur.kernel"] = kernel.contiguous()
        state[f"{name}.epilogue.bias"] = r(now) * 0.1
        state[f"{name}.epilogue.apply_noise.weight"] = r(now) * 0.1
        state[f"{name}.epilogue.apply_noise.noise"] = r(1, 1, side, side)
        state[f"{name}.epilogue.style_mod.dense.fc.weight"] = r(2 * now, w)
        state[f"{name}.epilogue.style_mod.dense.wscale.bias"] = r(2 * now) * 0.1
        if layer % 2:
            state[f"synthesis.output{layer // 2}.conv.weight"] = r(3, now, 1, 1)
            state[f"synthesis.output{layer // 2}.bias"] = r(3) * 0.1
        before = now
    return state


def encoder_state(
    resolution: int = 32, w: int = 16, base: int = 4, top: int = 32
) -> dict[str, Tensor]:
    """Names and shapes of the published encoder."""
    blocks = int(math.log2(resolution))
    r = torch.randn
    state: dict[str, Tensor] = {}

    def norm(name: str, size: int) -> None:
        state[f"{name}.bn.weight"] = torch.ones(size)
        state[f"{name}.bn.bias"] = r(size) * 0.1
        state[f"{name}.bn.running_mean"] = r(size) * 0.1
        state[f"{name}.bn.running_var"] = torch.rand(size) + 0.5
        state[f"{name}.bn.num_batches_tracked"] = torch.tensor(7)

    def conv(name: str, out: int, inside: int, side: int) -> None:
        state[name] = r(out, inside, side, side) / math.sqrt(inside * side**2)

    conv("block0.conv.weight", base, 3, 3)
    norm("block0.bn", base)
    a, b = base, min(base * 2, top)
    for block in range(1, blocks - 1):
        name, hidden = f"block{block}", min(a, b)
        if a != b:
            conv(f"{name}.conv.weight", b, a, 1)
            norm(f"{name}.bn", b)
        for number, out, inside in ((1, hidden, a), (2, b, hidden)):
            conv(f"{name}.conv{number}.weight", out, inside, 3)
            state[f"{name}.wscale{number}.bias"] = r(out) * 0.1
            norm(f"{name}.bn{number}", out)
        a, b = b, min(b * 2, top)
    out = w * (2 * blocks - 2)
    state[f"block{blocks - 1}.fc.weight"] = r(out, a * 16)
    norm(f"block{blocks - 1}.bn", out)
    return state


def vgg16_state() -> dict[str, Tensor]:
    """Names of the published VGG16, random weights; also the layers that are not used."""
    state = VGG16Perceptual(caffe=True).state_dict()
    unused = {"layers.24.weight": torch.zeros(8, 8, 3, 3), "layers.24.bias": torch.zeros(8)}
    return {key.replace("layers.", "layer"): value for key, value in (state | unused).items()}


def write_published(folder: Path, legacy: bool = False, vgg: bool = False, **size: int) -> Path:
    """generator.pth, encoder.pth (and perceptual.pth) in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    states = {"generator": generator_state(**size)}
    sides = {key: value for key, value in size.items() if key in ("resolution", "w")}
    states["encoder"] = encoder_state(**sides)
    if vgg:
        states["perceptual"] = vgg16_state()
    for name, state in states.items():
        torch.save(state, folder / f"{name}.pth", _use_new_zipfile_serialization=not legacy)
    return folder
