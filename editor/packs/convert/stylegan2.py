"""StyleGAN2 generators as published elsewhere: of NVIDIA's PyTorch repositories, and of rosinality's.

Reference: Karras et al., Analyzing and Improving the Image Quality of StyleGAN; file layouts of
stylegan2-ada-pytorch, stylegan3 and stylegan2-pytorch.
"""

from __future__ import annotations

import math
import re
from typing import Any

import torch
from torch import Tensor

from editor.errors import MismatchError, OptionError
from editor.models.config import GeneratorConfig
from editor.models.layers import binomial4
from editor.models.stylegan2 import StyleGAN2Generator
from editor.packs.convert.idinvert import mean_code
from editor.packs.convert.persistent import Module, Network
from editor.packs.convert.rules import Rule, convert
from editor.packs.load import build_network

WHAT = "generator"
AFFINE = r"affine\.(?:weight|bias)"


def convert_nvidia(network: Network) -> StyleGAN2Generator:
    """Convert a generator of stylegan2-ada-pytorch, or of the StyleGAN2 kind of stylegan3.

    Raises:
        MismatchError: it is conditional, or not of that architecture.
    """
    tensors = network.tensors
    if "mapping.embed.weight" in tensors or network.module.state.get("c_dim", 0) != 0:
        raise MismatchError(
            "the generator is conditional: it makes pictures of labels (c_dim is not 0). Only "
            "generators without labels are supported; take one of them"
        )
    sides = [int(m[1]) for name in tensors if (m := re.match(r"synthesis\.b(\d{1,4})\.", name))]
    if not sides:
        raise MismatchError("the file's G_ema has no synthesis.b4…; it is no StyleGAN2 generator")
    resolution = max(sides)
    layers = [int(m[1]) for name in tensors if (m := re.match(r"mapping\.fc(\d{1,2})\.", name))]
    if not layers or resolution not in [2**i for i in range(3, 11)]:
        raise MismatchError(
            f"the generator makes {resolution} px with {len(layers)} tensors of a mapping; expected "
            f"8 to 1024 px, a power of two, and mapping.fc0…"
        )
    config = _config(
        tensors,
        resolution,
        max(layers) + 1,
        ("mapping.fc0.weight", f"mapping.fc{max(layers)}.weight"),
        ("synthesis.b4.const", f"synthesis.b{resolution}.conv1.weight"),
        f"synthesis.b{resolution}.torgb.weight",
        noise=any(name.endswith(".noise_const") for name in tensors),
        **_settings(network.module),
    )
    return _built(config, convert(tensors, _nvidia_rules(config), WHAT))


def _settings(module: Module) -> dict[str, float]:
    """Return what the shapes do not tell: the mapping's rate and the limit of activations."""
    first, conv = module.part("mapping.fc0").state, module.part("synthesis.b4.conv1").state
    rate, clamp = first.get("bias_gain"), conv.get("conv_clamp")
    for said in (first.get("activation"), conv.get("activation")):
        if said not in (None, "lrelu"):
            raise MismatchError(f"the generator's activation is {said!r:.40}; only lrelu is known")
    for value in (rate, clamp):
        if value is not None and (type(value) not in (int, float) or not math.isfinite(value)):
            raise MismatchError("the generator's bias_gain or conv_clamp is no number")
    return {
        "mapping_lr_multiplier": 0.01 if rate is None else float(rate),
        "clamp": 0.0 if clamp is None else float(clamp),
    }


def convert_rosinality(tensors: dict[str, Tensor], latent_avg: Any = None) -> StyleGAN2Generator:
    """Convert a generator of stylegan2-pytorch.

    Args:
        tensors: its `g_ema`, by name.
        latent_avg: the mean code, [w_dim], [1, w_dim] or [num_ws, w_dim]; None computes it.

    Raises:
        MismatchError: the tensors are not those of such a generator.
    """
    convs = [int(m[1]) for name in tensors if (m := re.match(r"convs\.(\d{1,2})\.", name))]
    layers = [int(m[1]) for name in tensors if (m := re.match(r"style\.(\d{1,2})\.", name))]
    if not convs or not layers or max(convs) % 2 == 0 or max(convs) > 15:
        raise MismatchError(
            "these are not the tensors of a StyleGAN2 generator (convs.0…, style.1…). "
            "python -m editor inspect tells what a file is"
        )
    last = max(convs)
    config = _config(
        tensors,
        2 ** (last // 2 + 3),
        max(layers),
        ("style.1.weight", f"style.{max(layers)}.weight"),
        ("input.input", f"convs.{last}.conv.weight"),
        f"to_rgbs.{last // 2}.conv.weight",
        noise=True,
    )
    state = convert(tensors, _rosinality_rules(config), WHAT)
    if latent_avg is not None:
        state["w_avg"] = code_rows(latent_avg, config.num_ws, config.w_dim)
    return _built(config, state)


def code_rows(mean: Any, num_ws: int, w_dim: int) -> Tensor:
    """Return a mean code, [w_dim], [1, w_dim] or [num_ws, w_dim], for every layer: [num_ws, w_dim].

    Raises:
        MismatchError: it is of another shape, or no tensor.
    """
    shape = tuple(mean.shape) if isinstance(mean, Tensor) else None
    if not isinstance(mean, Tensor) or shape not in ((w_dim,), (1, w_dim), (num_ws, w_dim)):
        raise MismatchError(
            f"the mean code has shape {shape}; expected ({w_dim},) or ({num_ws}, {w_dim})"
        )
    return mean.detach().float().reshape(-1, w_dim).expand(num_ws, -1).clone()


def _config(
    tensors: dict[str, Tensor],
    resolution: int,
    mapping_layers: int,
    mapping: tuple[str, str],
    ends: tuple[str, str],
    colours: str,
    **settings: Any,
) -> GeneratorConfig:
    """Read the architecture off the shapes of the first and last layers of mapping and synthesis."""
    z_dim, w_dim = _side(tensors, mapping[0], 2, 1), _side(tensors, mapping[1], 2, 0)
    coarse = _side(tensors, ends[0], None, -3)
    finest = _side(tensors, ends[1], None, -4)
    shown = _side(tensors, colours, None, -4)
    if shown != 3:
        raise MismatchError(f"the generator makes pictures of {shown} channels; only RGB is known")
    try:
        return GeneratorConfig(
            resolution=resolution,
            fmaps_base=finest * resolution,
            fmaps_max=coarse,
            z_dim=z_dim,
            w_dim=w_dim,
            mapping_layers=mapping_layers,
            doubling="within",
            **settings,
        )
    except OptionError as error:
        raise MismatchError(f"the generator's sizes are impossible: {error}") from error


def _side(tensors: dict[str, Tensor], name: str, dims: int | None, axis: int) -> int:
    found = tensors.get(name)
    if (
        found is None
        or found.ndim != (dims or found.ndim)
        or found.ndim < -axis
        or not found.numel()
    ):
        raise MismatchError(
            f"{WHAT}: '{name}' is missing, empty or of another shape. Is it a whole StyleGAN2 "
            f"generator? python -m editor inspect tells what a file is"
        )
    return found.shape[axis]


def _built(config: GeneratorConfig, state: dict[str, Tensor]) -> StyleGAN2Generator:
    """Fill a generator, and compute the mean code where the file has none."""
    missing = "w_avg" not in state
    if missing:
        state["w_avg"] = torch.zeros(config.num_ws, config.w_dim)
    generator = build_network(StyleGAN2Generator, config, state, WHAT)
    if missing:
        generator.w_avg.copy_(mean_code(generator))
    return generator


def _first(value: Tensor) -> Tensor:
    """Leave out the first dimension, which has one entry."""
    if value.ndim < 1 or len(value) != 1:
        raise MismatchError(f"a weight has shape {tuple(value.shape)}; expected (1, …)")
    return value[0]


def _in_two(value: Tensor) -> Tensor:
    return value[None, None]


def _flat(value: Tensor) -> Tensor:
    return value.reshape(-1)


def _filter_must_be_usual(value: Tensor) -> None:
    usual = binomial4(1)[0, 0]
    total = value.float().sum()
    if value.shape != usual.shape or not torch.allclose(
        value.float() * 4 / total, usual, atol=1e-5
    ):
        raise MismatchError("the generator filters with another kernel than [1, 3, 3, 1]")


def _nvidia_rules(config: GeneratorConfig) -> tuple[Rule, ...]:
    rules = [
        Rule(r".*\.resample_filter", check=_filter_must_be_usual),
        Rule(r"mapping\.fc(\d+)\.(weight|bias)", r"map.layers.\1.\2"),
        Rule(r"mapping\.w_avg", "w_avg", lambda v: code_rows(v, config.num_ws, config.w_dim)),
        Rule(r"synthesis\.b4\.const", "synth.const", lambda value: value[None]),
    ]
    for index, side in enumerate(config.resolutions):
        here, there = rf"synthesis\.b{side}\.", f"synth.blocks.{index}."
        rules += [
            Rule(here + r"(conv[01])\.noise_const", there + r"\1.noise_const", _in_two),
            Rule(here + rf"(conv[01])\.({AFFINE}|weight|bias|noise_strength)", there + r"\1.\2"),
            Rule(here + rf"torgb\.({AFFINE}|weight|bias)", there + r"to_rgb.\1"),
        ]
    return tuple(rules)


def _rosinality_rules(config: GeneratorConfig) -> tuple[Rule, ...]:
    rules = [
        Rule(r".*\.(blur|upsample)\.kernel", check=_filter_must_be_usual),
        Rule(r"input\.input", "synth.const"),
    ]
    for layer in range(config.mapping_layers):
        rules.append(Rule(rf"style\.{layer + 1}\.(weight|bias)", rf"map.layers.{layer}.\1"))
    for layer in range(config.num_ws - 1):
        here = "conv1" if layer == 0 else rf"convs\.{layer - 1}"
        block = (layer + 1) // 2
        there = f"synth.blocks.{block}.conv{1 if layer == 0 else (layer + 1) % 2}."
        rules += [
            Rule(here + r"\.conv\.weight", there + "weight", _first),
            Rule(here + r"\.conv\.modulation\.(weight|bias)", there + r"affine.\1"),
            Rule(here + r"\.activate\.bias", there + "bias"),
            Rule(here + r"\.noise\.weight", there + "noise_strength", _first),
            Rule(rf"noises\.noise_{layer}", there + "noise_const"),
        ]
    for block in range(len(config.resolutions)):
        here = "to_rgb1" if block == 0 else rf"to_rgbs\.{block - 1}"
        there = f"synth.blocks.{block}.to_rgb."
        rules += [
            Rule(here + r"\.conv\.weight", there + "weight", _first),
            Rule(here + r"\.conv\.modulation\.(weight|bias)", there + r"affine.\1"),
            Rule(here + r"\.bias", there + "bias", _flat),
        ]
    return tuple(rules)
