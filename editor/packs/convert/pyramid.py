"""Encoders of pSp and e4e, with the generator that they were trained for in the same file.

Reference: file layouts of pixel2style2pixel and encoder4editing.
"""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import Tensor

from editor.errors import MismatchError
from editor.models.config import PyramidEncoderConfig
from editor.models.pyramid_encoder import PyramidEncoder
from editor.models.stylegan2 import StyleGAN2Generator
from editor.packs.convert.rules import Rule, convert
from editor.packs.convert.stylegan2 import code_rows
from editor.packs.load import build_network

WHAT = "encoder"
HEADS = {"GradualStyleEncoder": "each", "Encoder4Editing": "offsets"}
VALUES = "(weight|bias|running_mean|running_var|num_batches_tracked)"


def parts(state: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """Return the tensors of one network of several, its name left out."""
    return {key[len(name) + 1 :]: v for key, v in state.items() if key.startswith(f"{name}.")}


def convert_pyramid(
    tensors: dict[str, Tensor], options: Any, latent_avg: Any, generator: StyleGAN2Generator
) -> PyramidEncoder:
    """Convert an encoder of pSp or e4e.

    Args:
        tensors: of the encoder, by name.
        options: the file's `opts`, which name the kind of encoder.
        latent_avg: the mean code that its answers are added to.
        generator: that it belongs to.

    Raises:
        MismatchError: it is of another kind, or does not fit the generator.
    """
    said = options.get("encoder_type") if isinstance(options, dict) else None
    if not isinstance(said, str) or said not in HEADS:
        raise MismatchError(
            f"the file says that its encoder is {said!r:.60}; known are {', '.join(HEADS)}"
        )
    stem = tensors.get("input_layer.0.weight")
    if stem is None or stem.ndim != 4 or stem.shape[1] != 3:
        shape = None if stem is None else tuple(stem.shape)
        raise MismatchError(
            f"the encoder's first layer has shape {shape}; expected (…, 3, 3, 3), as for photos"
        )
    heads = {int(m[1]) for name in tensors if (m := re.match(r"styles\.(\d{1,2})\.", name))}
    if heads != set(range(generator.num_ws)) or 8 * stem.shape[0] != generator.w_dim:
        raise MismatchError(
            f"the encoder gives {len(heads)} codes of {8 * stem.shape[0]}; the generator's are "
            f"{generator.num_ws} of {generator.w_dim}. Give the encoder that belongs to it"
        )
    config = PyramidEncoderConfig(
        resolution=generator.resolution,
        num_ws=generator.num_ws,
        w_dim=generator.w_dim,
        width=stem.shape[0],
        heads=HEADS[said],
    )
    state = convert(tensors, _rules(), WHAT)
    if options.get("start_from_latent_avg", True):
        state["w_avg"] = code_rows(latent_avg, config.num_ws, config.w_dim)
    else:
        state["w_avg"] = torch.zeros(config.num_ws, config.w_dim)
    return build_network(PyramidEncoder, config, state, WHAT)


def _rules() -> tuple[Rule, ...]:
    unit = r"body\.(\d+)\."
    return (
        Rule(rf"input_layer\.([012])\.{VALUES}", r"stem.\1.\2"),
        Rule(rf"{unit}shortcut_layer\.([01])\.{VALUES}", r"units.\1.shortcut.\2.\3"),
        Rule(rf"{unit}res_layer\.([01234])\.{VALUES}", r"units.\1.body.\2.\3"),
        Rule(rf"{unit}res_layer\.5\.(fc[12])\.weight", r"units.\1.body.5.\2.weight"),
        *(
            Rule(rf"styles\.(\d+)\.convs\.{2 * i}\.(weight|bias)", rf"heads.\1.convs.{i}.\2")
            for i in range(6)
        ),
        Rule(r"styles\.(\d+)\.linear\.(weight|bias)", r"heads.\1.\2"),
        Rule(r"latlayer([12])\.(weight|bias)", r"lateral\1.\2"),
    )


def check_same_synthesis(ours: StyleGAN2Generator, given: StyleGAN2Generator) -> None:
    """Refuse an encoder whose file holds another generator than the one given.

    Args:
        ours: the generator beside the encoder.
        given: the generator of the pack.

    Raises:
        MismatchError: they make other pictures of the same code.
    """
    one, other = ours.synth.state_dict(), given.synth.state_dict()
    same = one.keys() == other.keys() and all(
        name.endswith("noise_const")
        or (value.shape == other[name].shape and torch.allclose(value, other[name], atol=1e-4))
        for name, value in one.items()
    )
    if not same:
        raise MismatchError(
            "the encoder was trained for another generator than the one given, as its file holds "
            "that one. Leave --generator out to take it"
        )
