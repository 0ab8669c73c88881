"""Converts the published networks and boundaries to a domain pack.

Reference: idinvert_pytorch (MIT), whose file layouts the tables below describe.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from editor.errors import MismatchError, WeightsError
from editor.layers import parse_layers
from editor.models.config import StyleGAN1Config, StyleGAN1EncoderConfig
from editor.models.perceptual import VGG16Perceptual
from editor.models.stylegan1 import StyleGAN1Encoder, StyleGAN1Generator, blur_kernel
from editor.packs.load import build_network
from editor.packs.tensors import load_into

SQRT2 = math.sqrt(2.0)
CODES_FOR_MEAN = 10_000


def _keep(value: Tensor) -> Tensor:
    return value


def _from_tf(value: Tensor) -> Tensor:
    """(height, width, in, out) of a transposed convolution → [out, in, height, width] of a plain one."""
    return value.permute(3, 2, 0, 1).flip(2, 3)


def _mapping_bias(value: Tensor) -> Tensor:
    """Here the gain √2 of the activation is on weight and bias, there on the weight alone."""
    return value / SQRT2


def _must_be_zero(value: Tensor) -> None:
    if bool((value != 0).any()):
        raise MismatchError(
            f"the generator was stopped while growing (level of detail {value.item()}); "
            f"only finished ones are supported"
        )


def _must_be_binomial(value: Tensor) -> None:
    if value.shape[1:] != (1, 3, 3) or not torch.allclose(value, blur_kernel(len(value))):
        raise MismatchError("the generator blurs with another kernel than [1, 2, 1]")


def _ignore(value: Tensor) -> None:
    """Not used: colours of lower resolutions, counters, and truncation, which is read separately."""


Convert = Callable[[Tensor], Tensor]
Check = Callable[[Tensor], None]


@dataclass(frozen=True)
class Rule:
    """Names of published tensors, and what becomes of them.

    Attributes:
        pattern: of the whole name.
        to: the name here; empty where it is only looked at.
        convert: of the value.
        check: raises when the value is not as expected.
    """

    pattern: str
    to: str = ""
    convert: Convert = _keep
    check: Check = _ignore


def _generator_rules(last: int) -> tuple[Rule, ...]:
    layer = r"synthesis\.layer(\d+)\."
    return (
        Rule(r"mapping\.dense(\d+)\.fc\.weight", r"map.\1.weight"),
        Rule(r"mapping\.dense(\d+)\.wscale\.bias", r"map.\1.bias", _mapping_bias),
        Rule(r"truncation\.w_avg", "w_avg_published"),
        Rule(r"truncation\.truncation"),
        Rule(r"synthesis\.lod", check=_must_be_zero),
        Rule(r"synthesis\.layer0\.const", "const"),
        Rule(layer + r"conv\.weight", r"layers.\1.weight"),
        Rule(layer + r"weight", r"layers.\1.weight", _from_tf),
        Rule(layer + r"blur\.kernel", check=_must_be_binomial),
        Rule(layer + r"epilogue\.bias", r"layers.\1.bias"),
        Rule(layer + r"epilogue\.apply_noise\.weight", r"layers.\1.noise_weight"),
        Rule(layer + r"epilogue\.apply_noise\.noise", r"layers.\1.noise"),
        Rule(layer + r"epilogue\.style_mod\.dense\.fc\.weight", r"layers.\1.style.weight"),
        Rule(layer + r"epilogue\.style_mod\.dense\.wscale\.bias", r"layers.\1.style.bias"),
        Rule(rf"synthesis\.output{last}\.conv\.weight", "to_rgb.weight"),
        Rule(rf"synthesis\.output{last}\.bias", "to_rgb.bias"),
        Rule(r"synthesis\.output\d+\.(conv\.weight|bias)"),
    )


def _encoder_rules(last: int) -> tuple[Rule, ...]:
    block = r"block(\d+)\."
    norm = r"\.bn\.(weight|bias|running_mean|running_var)"
    return (
        Rule(r".*\.num_batches_tracked"),
        Rule(r"block0\.conv\.weight", "stem.weight"),
        Rule(r"block0\.bn" + norm, r"stem.norm.\1"),
        Rule(rf"block{last}\.fc\.weight", "out.weight"),
        Rule(rf"block{last}\.bn" + norm, r"norm.\1"),
        Rule(block + r"conv\.weight", r"blocks.\1.shortcut.weight"),
        Rule(block + r"bn" + norm, r"blocks.\1.shortcut.norm.\2"),
        Rule(block + r"conv([12])\.weight", r"blocks.\1.conv\2.weight"),
        Rule(block + r"wscale([12])\.bias", r"blocks.\1.conv\2.bias"),
        Rule(block + r"bn([12])" + norm, r"blocks.\1.conv\2.norm.\3"),
    )


VGG16_RULES = (
    Rule(r"(?:layer|features\.)(\d|1\d|2[01])\.(weight|bias)", r"layers.\1.\2"),
    Rule(r"(?:layer|features\.)(2[2-9]|3\d)\.(weight|bias)"),  # beyond conv4_3
    Rule(r"classifier\..*"),
)


def convert(tensors: dict[str, Tensor], rules: tuple[Rule, ...], what: str) -> dict[str, Tensor]:
    """Rename and convert tensors, accounting for every one.

    Args:
        tensors: as published, by name.
        rules: the first that matches a name decides.
        what: to call the file in an error.

    Raises:
        MismatchError: a name is not known, or two become the same.
    """
    found: dict[str, Tensor] = {}
    for name, value in tensors.items():
        for rule in rules:
            match = re.fullmatch(rule.pattern, name)
            if match is None:
                continue
            rule.check(value)
            if rule.to:
                key = match.expand(rule.to)
                if key in found:
                    raise MismatchError(f"{what}: two tensors would become '{key}'")
                found[key] = rule.convert(value).contiguous()
            break
        else:
            raise MismatchError(
                f"{what}: '{name}' {tuple(value.shape)} is not a tensor of this network. Is it the "
                f"file that the option asks for? python -m editor inspect tells what a file is"
            )
    return found


def _shape(tensors: dict[str, Tensor], name: str, dims: int, what: str) -> tuple[int, ...]:
    if name not in tensors or tensors[name].ndim != dims:
        raise MismatchError(
            f"{what}: '{name}' is missing or has not {dims} dimensions; this is no idinvert {what}. "
            f"python -m editor inspect tells what a file is"
        )
    return tuple(tensors[name].shape)


def convert_generator(tensors: dict[str, Tensor]) -> StyleGAN1Generator:
    """The published generator, its architecture read off the shapes.

    Its mean code is computed a layer; the file's follows layer 0 only.

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
    state = convert(tensors, _generator_rules(num_ws // 2 - 1), what)
    state["w_avg"] = torch.zeros(num_ws, w_dim)
    generator = build_network(StyleGAN1Generator, config, state, what)
    with torch.no_grad():
        z = torch.randn(CODES_FOR_MEAN, z_dim, generator=torch.Generator().manual_seed(0))
        sums = [generator.mapping(part).sum(dim=0) for part in z.split(1000)]
        generator.w_avg.copy_(torch.stack(sums).sum(dim=0) / len(z))
    return generator


def convert_encoder(tensors: dict[str, Tensor], num_ws: int, w_dim: int) -> StyleGAN1Encoder:
    """The published encoder, its architecture read off the shapes.

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
    state = convert(tensors, _encoder_rules(last), what)
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
    """The published perceptual network (Caffe preprocessing), up to conv4_3.

    Raises:
        MismatchError: the tensors are not those of VGG16.
    """
    network = VGG16Perceptual(caffe=True)
    load_into(network, convert(tensors, VGG16_RULES, "perceptual network"), "perceptual network")
    return network.eval().requires_grad_(False)


def convert_boundary(data: Any, num_ws: int, w_dim: int) -> tuple[Tensor, tuple[int, ...]]:
    """Normal [num_ws, w_dim], each row of length 1, and layers, of a boundary in any published form.

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
    meta: Any = {}
    if isinstance(data, dict):
        meta, data = data.get("meta_data") or {}, data.get("boundary")
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
    said = meta.get("manipulate_layers") if isinstance(meta, dict) else None
    layers = tuple(range(num_ws)) if said is None else parse_layers(said)
    if not layers or min(layers) < 0 or max(layers) >= num_ws:
        raise MismatchError(f"the boundary names layers {said}; the domain has 0 to {num_ws - 1}")
    return (rows / length).contiguous(), layers
