"""Style mixing: layers of one code replaced by those of another, and grids of many by many.

What layers do, measured on faces64 (num_ws 10, pairs of samples, truncation_psi 0.7): a group's
layers are taken from the second picture. Of the change to the whole second picture this share comes
with them: in the luminance gradients at 16 px (1 − correlation, 100 pairs), in the chroma of 4×4
fields (root mean square, 100 pairs), and in the sliders' scores of the encoder's code (75 pairs):

| layers | gradients | chroma | turn | feminine | smile | glasses |
|---|---|---|---|---|---|---|
| 0–2 pose and shape | 0.77 | 0.66 | 0.85 | 0.77 | 0.64 | 0.41 |
| 3–5 features | 0.17 | 0.36 | 0.14 | 0.13 | 0.29 | 0.28 |
| 6–9 colour | 0.11 | 0.42 | 0.02 | 0.10 | 0.13 | 0.33 |

Layer 2 alone moves the gradients by 0.51, layer 3 by 0.07: hence the first border. From layer 4, 5,
6 and 7 on, the gradients change by 0.22, 0.17, 0.11 and 0.05, the chroma by 0.52, 0.51, 0.42 and
0.40: the second border lies where the published code puts it for 14 layers, four before the end.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from editor.errors import MismatchError, OptionError
from editor.layers import check_layers, parse_layers

COARSE = 3  # layers of pose and shape: up to 8×8
FINE = 4  # layers of colour: the two finest resolutions
USUAL = {"colour": 1.0}  # what is mixed unless something else is asked for, as published


def layer_groups(num_ws: int) -> dict[str, tuple[int, ...]]:
    """Group the layers by what they do, from coarse to fine. Each layer is in one group.

    "pose and shape" are the first three layers (those up to 8×8), "colour" the last four (the two
    finest resolutions), "features" those between: for 10 layers 0–2, 3–5, 6–9; for 14 layers 0–2,
    3–9, 10–13. Below 10 layers each group keeps a share.

    Args:
        num_ws: number of layers, at least 3.

    Raises:
        OptionError: there are fewer than 3 layers.

    Reference: genforce/idinvert_pytorch, mix_style.py: mixes layers 10 to 13 of 14.
    """
    if num_ws < 3:
        raise OptionError(f"{num_ws} layers cannot be split into three groups")
    features = min(COARSE, num_ws // 3)
    colour = max(num_ws - FINE, features + 1)
    return {
        "pose and shape": tuple(range(features)),
        "features": tuple(range(features, colour)),
        "colour": tuple(range(colour, num_ws)),
    }


def layer_strengths(num_ws: int, strengths: Mapping[str, float]) -> Tensor:
    """Return how much each layer takes of the style.

    Args:
        num_ws: number of layers.
        strengths: 0…1 by name of a group, or by layers in words ("4-9"); a layer that is named
            twice takes what is said last, one that is not named takes 0.

    Returns:
        [num_ws], 0…1.

    Raises:
        OptionError: a name is unknown, a layer does not exist, or a strength lies outside 0…1.
    """
    groups = layer_groups(num_ws)
    found = torch.zeros(num_ws)
    for name, strength in strengths.items():
        if name not in groups and not name[:1].isdigit():
            raise OptionError(
                f"there are no layers called '{name}'; use {', '.join(groups)}, or like '4-9'"
            )
        layers = groups[name] if name in groups else parse_layers(name)
        if not layers:
            raise OptionError(f"'{name}' names no layer; give the lower number first: '4-9'")
        _check(layers, strength, num_ws)
        found[list(layers)] = float(strength)
    return found


def mix(content: Tensor, style: Tensor, layers: tuple[int, ...], strength: float = 1.0) -> Tensor:
    """Take layers from another code.

    Args:
        content: [..., num_ws, w_dim].
        style: the same; leading dimensions broadcast.
        layers: those that are taken; the others stay the content's exactly.
        strength: 0 keeps the content, 1 takes the style, exactly; linear between.

    Returns:
        [..., num_ws, w_dim].

    Raises:
        OptionError: the strength lies outside 0…1, or a layer does not exist.
        MismatchError: the codes differ in num_ws or w_dim.
    """
    _check_shapes(content, style)
    _check(layers, strength, content.shape[-2])
    weights = torch.zeros(content.shape[-2])
    weights[list(layers)] = float(strength)
    return _blend(content, style, weights)


def mix_groups(content: Tensor, style: Tensor, strengths: Mapping[str, float]) -> Tensor:
    """Take groups of layers from another code, each with its own strength.

    Args:
        content: [..., num_ws, w_dim].
        style: the same; leading dimensions broadcast.
        strengths: as `layer_strengths`.

    Returns:
        [..., num_ws, w_dim].

    Raises:
        OptionError: as `layer_strengths`.
        MismatchError: the codes differ in num_ws or w_dim.
    """
    _check_shapes(content, style)
    return _blend(content, style, layer_strengths(content.shape[-2], strengths))


def mix_grid(contents: Tensor, styles: Tensor, strengths: Mapping[str, float]) -> Tensor:
    """Mix every content with every style.

    Args:
        contents: [C, num_ws, w_dim].
        styles: [S, num_ws, w_dim].
        strengths: as `layer_strengths`.

    Returns:
        [C, S, num_ws, w_dim].

    Raises:
        OptionError: as `layer_strengths`.
        MismatchError: the codes differ in num_ws or w_dim, or are not of these shapes.
    """
    if contents.ndim != 3 or styles.ndim != 3:
        raise MismatchError(
            f"contents {tuple(contents.shape)} and styles {tuple(styles.shape)}; both need the shape "
            f"[N, num_ws, w_dim]"
        )
    return mix_groups(contents[:, None], styles[None], strengths)


def _blend(content: Tensor, style: Tensor, weights: Tensor) -> Tensor:
    content, style = torch.broadcast_tensors(content, style)
    return torch.lerp(content, style, weights.to(content)[:, None].expand_as(content))


def _check_shapes(content: Tensor, style: Tensor) -> None:
    if content.ndim < 2 or content.shape[-2:] != style.shape[-2:]:
        raise MismatchError(
            f"content {tuple(content.shape)} and style {tuple(style.shape)} cannot be mixed; both need "
            f"the same [num_ws, w_dim]"
        )


def _check(layers: tuple[int, ...], strength: float, num_ws: int) -> None:
    if not 0 <= strength <= 1:  # also what is not a number
        raise OptionError(f"strength {strength} lies outside 0…1")
    if layers:
        check_layers(layers, num_ws)
