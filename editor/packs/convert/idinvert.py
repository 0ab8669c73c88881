"""Converts the published networks and boundaries: architectures are read off the shapes.

Reference: idinvert_pytorch (MIT).
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import torch
from torch import Tensor

from editor.errors import MismatchError, WeightsError
from editor.layers import check_layers
from editor.models.config import StyleGAN1Config, StyleGAN1EncoderConfig
from editor.models.generator import StyleGenerator
from editor.models.perceptual import VGG16Perceptual
from editor.models.stylegan1 import StyleGAN1Encoder, StyleGAN1Generator
from editor.packs.convert.boundary_layers import boundary_layers
from editor.packs.convert.rules import VGG16_RULES, convert, encoder_rules, generator_rules
from editor.packs.load import build_network
from editor.packs.tensors import load_into

CODES_FOR_MEAN = 10_000


def _shape(tensors: dict[str, Tensor], name: str, dims: int, what: str) -> tuple[int, ...]:
    if name not in tensors or tensors[name].ndim != dims:
        raise MismatchError(
            f"{what}: '{name}' is missing or has not {dims} dimensions; this is no idinvert {what}. "
            f"python -m editor inspect tells what a file is"
        )
    return tuple(tensors[name].shape)


def convert_generator(tensors: dict[str, Tensor]) -> StyleGAN1Generator:
    """Convert the published generator, and read its architecture off the shapes.

    A mean code is computed for each layer, as the file's follows layer 0 only.

    Raises:
        MismatchError: the tensors are not those of such a generator.
    """
    what = "generator"
    layers = [int(m[1]) for name in tensors if (m := re.match(r"synthesis\.layer(\d+)\.", name))]
    denses = [int(m[1]) for name in tensors if (m := re.match(r"mapping\.dense(\d+)\.", name))]
    if not layers or not denses:
        raise MismatchError(
            "these are not the tensors of an idinvert generator (no mapping.dense… or "
            "synthesis.layer…). python -m editor inspect tells what a file is"
        )
    num_ws, last = max(layers) + 1, max(denses)
    width, z_dim = _shape(tensors, "mapping.dense0.fc.weight", 2, what)
    (w_dim,) = _shape(tensors, "truncation.w_avg", 1, what)
    out, _ = _shape(tensors, f"mapping.dense{last}.fc.weight", 2, what)
    if num_ws % 2 or out not in (w_dim, w_dim * num_ws):
        raise MismatchError(
            f"the mapping gives {out} values for {num_ws} layers of {w_dim}; expected {w_dim} or "
            f"{w_dim * num_ws}"
        )
    resolution = 2 ** (num_ws // 2 + 1)
    finest, _ = _shape(tensors, f"synthesis.layer{num_ws - 1}.conv.weight", 4, what)[:2]
    factors = tensors.get("truncation.truncation", torch.ones(1)).flatten()
    config = StyleGAN1Config(
        resolution=resolution,
        fmaps_base=finest * resolution,
        fmaps_max=width,
        z_dim=z_dim,
        w_dim=w_dim,
        mapping_layers=last + 1,
        layer_wise=out != w_dim,
        truncation_cutoff=int((factors != 1).sum()),
    )
    state = convert(tensors, generator_rules(num_ws // 2 - 1), what)
    state["w_avg"] = torch.zeros(num_ws, w_dim)
    generator = build_network(StyleGAN1Generator, config, state, what)
    generator.w_avg.copy_(mean_code(generator))
    return generator


@torch.no_grad()
def mean_code(generator: StyleGenerator) -> Tensor:
    """Return the mean code [num_ws, w_dim] of 10,000 seeded latents."""
    seeded = torch.Generator().manual_seed(0)
    z = torch.randn(CODES_FOR_MEAN, generator.z_dim, generator=seeded)
    sums = [generator.mapping(part).sum(dim=0) for part in z.split(1000)]
    return torch.stack(sums).sum(dim=0) / len(z)


def convert_encoder(tensors: dict[str, Tensor], num_ws: int, w_dim: int) -> StyleGAN1Encoder:
    """Convert the published encoder, and read its architecture off the shapes.

    Args:
        tensors: as published, by name.
        num_ws: layers of the generator.
        w_dim: size of one layer's code.

    Raises:
        MismatchError: the tensors are not those of such an encoder, or of one for another generator.
    """
    what = "encoder"
    numbers = [int(m[1]) for name in tensors if (m := re.match(r"block(\d+)\.", name))]
    if not numbers:
        raise MismatchError(
            "these are not the tensors of an idinvert encoder (no block…). "
            "python -m editor inspect tells what a file is"
        )
    last = max(numbers)
    base = _shape(tensors, "block0.conv.weight", 4, what)[0]
    out, features = _shape(tensors, f"block{last}.fc.weight", 2, what)
    if out != num_ws * w_dim or 2 ** (last + 1) != 2 ** (num_ws // 2 + 1):
        raise MismatchError(
            f"the encoder gives {out} values from {2 ** (last + 1)} px; the generator's codes are "
            f"{num_ws} × {w_dim}. Give the encoder that belongs to the generator"
        )
    config = StyleGAN1EncoderConfig(
        resolution=2 ** (last + 1),
        fmaps_base=base,
        fmaps_max=features // 16,
        num_ws=num_ws,
        w_dim=w_dim,
    )
    state = convert(tensors, encoder_rules(last), what)
    shifted = {
        re.sub(r"^blocks\.(\d+)", lambda m: f"blocks.{int(m[1]) - 1}", k): v
        for k, v in state.items()
    }
    counters = {
        f"{name}.num_batches_tracked": torch.zeros((), dtype=torch.int64)
        for name in {key.rsplit(".", 1)[0] for key in shifted if key.endswith("running_mean")}
    }
    return build_network(StyleGAN1Encoder, config, shifted | counters, what)


def convert_vgg16(tensors: dict[str, Tensor]) -> VGG16Perceptual:
    """Convert the published perceptual network (Caffe preprocessing), up to conv4_3.

    Raises:
        MismatchError: the tensors are not those of VGG16.
    """
    network = VGG16Perceptual(caffe=True)
    load_into(network, convert(tensors, VGG16_RULES, "perceptual network"), "perceptual network")
    return network.eval().requires_grad_(False)


def convert_boundary(data: Any, num_ws: int, w_dim: int) -> tuple[Tensor, tuple[int, ...]]:
    """Read a boundary in any published form. Return its normal, rows of length 1, and its layers.

    Args:
        data: what `read_npy` gave: an array [1, w_dim], [w_dim], [num_ws, w_dim] or
            [1, num_ws, w_dim], or {"boundary": array, "meta_data": {"manipulate_layers": …}}, where
            the layers are a list, or a text such as "6-11" or "0,2-4".
        num_ws: layers of the domain's codes.
        w_dim: size of one layer's code.

    Raises:
        WeightsError: it is none of these.
        MismatchError: it is for codes of another shape.
    """
    layers: tuple[int, ...] | None = None
    if isinstance(data, dict):
        layers, data = boundary_layers(data, num_ws, "the boundary"), data.get("boundary")
    if not isinstance(data, np.ndarray) or data.dtype.kind != "f":
        raise WeightsError("it holds no boundary: expected an array of floats, or one by that name")
    rows = torch.from_numpy(data).float().reshape(-1, data.shape[-1] if data.ndim else 1)
    if rows.shape == (1, w_dim):
        rows = rows.expand(num_ws, -1)
    if rows.shape != (num_ws, w_dim):
        raise MismatchError(
            f"the boundary has shape {tuple(data.shape)}; the domain's codes are ({num_ws}, {w_dim})"
        )
    length = rows.norm(dim=1, keepdim=True)
    if not bool(torch.isfinite(rows).all()) or bool((length == 0).any()):
        raise WeightsError("the boundary has rows that are zero or not finite")
    return (rows / length).contiguous(), check_layers(layers, num_ws)
