"""What becomes of the tensors of idinvert, as tables of names.

Reference: idinvert_pytorch (MIT), whose file layouts these describe.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from editor.errors import MismatchError
from editor.models.stylegan1 import blur_kernel

SQRT2 = math.sqrt(2.0)


def _keep(value: Tensor) -> Tensor:
    return value


def _from_tf(value: Tensor) -> Tensor:
    """Turn a transposed convolution's weight, laid out as in TensorFlow, into a plain one's."""
    return value.permute(3, 2, 0, 1).flip(2, 3)


def _mapping_bias(value: Tensor) -> Tensor:
    """Divide by the activation's gain √2, which applies to the bias here, but not in the file."""
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
    """Accept any value, which is what a rule without a check does."""


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


def generator_rules(last: int) -> tuple[Rule, ...]:
    """Return the rules of a generator, given the number of its last output."""
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


def encoder_rules(last: int) -> tuple[Rule, ...]:
    """Return the rules of an encoder, given the number of its last block."""
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
    """Rename and convert tensors, and account for every one.

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
