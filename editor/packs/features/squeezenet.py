"""Reads SqueezeNet v1.0 from an .npz of plain arrays."""

from __future__ import annotations

from pathlib import Path

import torch

from editor.arrays import read_npz
from editor.errors import WeightsError
from editor.models.perceptual import SqueezeNetFeatures
from editor.packs.tensors import load_into

MAX_BYTES = 64 * 2**20
PARTS = {"squeeze": "conv1x1_1", "expand1": "conv1x1_2", "expand3": "conv3x3_2"}


def load_squeezenet(path: Path) -> SqueezeNetFeatures:
    """Load the feature network that measurements use.

    Args:
        path: an .npz with keys conv1.w, conv1.b, fire2/conv1x1_1.w (squeeze), fire2/conv1x1_2.w
            and fire2/conv3x3_2.w (expand), and so on to fire9.

    Raises:
        WeightsError: the file is missing or not such an .npz.
    """
    network, wanted = SqueezeNetFeatures(), {}
    for name in network.state_dict():
        layer, suffix = name.rsplit(".", 1)
        if layer != "conv1":
            fire, part = layer.split("_")
            layer = f"{fire}/{PARTS[part]}"
        wanted[name] = f"{layer}.{'w' if suffix == 'weight' else 'b'}"
    try:
        arrays = read_npz(path, None, MAX_BYTES, WeightsError)
        tensors = {name: torch.from_numpy(arrays[key]) for name, key in wanted.items()}
    except (KeyError, TypeError, WeightsError) as error:
        raise WeightsError(f"{path} is not a SqueezeNet .npz: {error}") from error
    load_into(network, tensors, str(path))
    return network.eval().requires_grad_(False)
