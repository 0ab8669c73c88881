"""Networks and numbers of the published code, cut to what is committed; see tests/data/reference/README.md.

python -m tests.reference.cut FOLDER        # cut them again from the whole reference
"""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from editor.packs.convert.restricted import read_pth

FOLDER = Path(__file__).resolve().parents[1] / "data" / "reference"
SEED, EVERY = 7, 4
BOUNDARY = "stylegan_ffhq256/expression.npy"
State = dict[str, Tensor]


def read_cut() -> tuple[dict[str, State], State]:
    """The state of "generator" and "encoder", and the numbers; of pictures every fourth pixel.

    What the published constructors draw by torch's own rules is drawn again in their order; the
    rest is in the file.
    """
    with np.load(FOLDER / "networks.npz") as data:
        kept, values, sums = json.loads(str(data["kept"])), data["values"], data["sums"].tolist()
    states: dict[str, State] = {"generator": {}, "encoder": {}}
    torch.manual_seed(SEED)
    for (network, name, shape), said in zip(_drawn(), sums, strict=True):
        tensor = _draw(name, shape)
        assert math.isclose(tensor.double().sum().item(), said, rel_tol=1e-4, abs_tol=1e-4), (
            f"this torch draws {network} {name} otherwise than the published code's did"
        )
        states[network][name] = tensor
    for network, name, shape in kept:
        part, values = np.split(values, [math.prod(shape)])
        states[network][name] = torch.from_numpy(part.copy()).reshape(shape)
    assert len(values) == 0
    with np.load(FOLDER / "io.npz") as data:
        return states, {name: torch.from_numpy(data[name]) for name in data.files}


def _drawn() -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """Network, name and shape of each tensor in the order in which the constructors draw them."""
    width = [64, 64, 64, 32, 16, 8]  # channels at 4, 8, … 128 px
    for i in range(8):
        shape = (384 if i == 7 else 64, 64 if i else 32)
        yield "generator", f"mapping.dense{i}.fc.weight", shape
    for layer in range(12):
        name, out = f"synthesis.layer{layer}", width[layer // 2]
        before, side = width[(layer - 1) // 2], 4 * 2 ** (layer // 2)
        if layer == 10:
            yield "generator", f"{name}.weight", (3, 3, before, out)
        elif layer:
            yield "generator", f"{name}.conv.weight", (out, before, 3, 3)
        yield "generator", f"{name}.epilogue.apply_noise.noise", (1, 1, side, side)
        yield "generator", f"{name}.epilogue.style_mod.dense.fc.weight", (2 * out, 32)
        if layer % 2:
            yield "generator", f"synthesis.output{layer // 2}.conv.weight", (3, out, 1, 1)
    yield "encoder", "block0.conv.weight", (8, 3, 3, 3)
    for block, (inside, out) in enumerate(((8, 16), (16, 32), (32, 64), (64, 64), (64, 64)), 1):
        if inside != out:
            yield "encoder", f"block{block}.conv.weight", (out, inside, 1, 1)
        yield "encoder", f"block{block}.conv1.weight", (inside, inside, 3, 3)
        yield "encoder", f"block{block}.conv2.weight", (out, inside, 3, 3)
    yield "encoder", "block6.fc.weight", (384, 1024)


def _draw(name: str, shape: tuple[int, ...]) -> Tensor:
    """As `nn.Linear` and `nn.Conv2d` begin; noise and the fused layer are normal."""
    if name.endswith("noise") or name == "synthesis.layer10.weight":
        return torch.randn(shape)
    return torch.nn.init.kaiming_uniform_(torch.empty(shape), a=math.sqrt(5))


def write_cut(whole: Path) -> None:
    """Cut the whole reference.

    Args:
        whole: folder with generator.pth, encoder.pth, io.npz and boundaries/.
    """
    states = {name: read_pth(whole / f"{name}.pth") for name in ("generator", "encoder")}
    sums = []
    torch.manual_seed(SEED)
    for network, name, shape in _drawn():
        tensor = states[network].pop(name)
        assert torch.equal(tensor, _draw(name, shape)), f"{network} {name} is not of the seed"
        sums.append(tensor.double().sum().item())
    left = [(n, name, tensor) for n, state in states.items() for name, tensor in state.items()]
    kept = json.dumps([[network, name, list(tensor.shape)] for network, name, tensor in left])
    values = np.concatenate([tensor.float().numpy().ravel() for *_, tensor in left])
    FOLDER.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(FOLDER / "networks.npz", kept=kept, values=values, sums=sums)
    with np.load(whole / "io.npz") as data:
        numbers = {name: data[name] for name in data.files}
    numbers["image"] = numbers["image"][:2]
    for name in ("encoder_in", "encoder_out", "encoder_rec"):
        numbers[name] = numbers[name][:1]
    for name in ("image", "encoder_rec"):
        numbers[name] = numbers[name][..., ::EVERY, ::EVERY]
    np.savez_compressed(FOLDER / "io.npz", **numbers)
    shutil.copyfile(whole / "boundaries" / BOUNDARY, FOLDER / Path(BOUNDARY).name)


if __name__ == "__main__":
    write_cut(Path(sys.argv[1]))
