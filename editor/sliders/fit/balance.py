"""Directions that change one attribute and, as measured, little else.

A normal that is orthogonal to others (`project_out`) leaves the others' linear scores of a code alone,
not the pictures: attributes that go together in the data still change together, and the layers differ
in what they change. A balanced direction is a combination of all normals and of the directions that
codes vary most along, one for every part of the layers, whose measured effects on inverted photos
cancel but for the attribute's own.

Generalises conditional manipulation: Shen et al., Interpreting the Latent Space of GANs for Semantic
Face Editing, section 3.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from editor.errors import OptionError

ROUNDS = 60  # of the search for rows of one length; on faces128 it has settled after 15
WIDEST = 1e3  # at most so much stiffer or softer does it make a part


@dataclass(frozen=True)
class Responses:
    """What short steps along known directions, on one part of the layers at a time, change in pictures.

    Attributes:
        names: of the attributes, O of them.
        directions: [K, w_dim], of length 1; the first O are the attributes' normals.
        parts: P disjoint groups of layers.
        changes: [P, K, O, N], of each attribute's evidence in each of N pictures, by a step of length 1;
            in deviations of that evidence.
        outside: [P · K, P · K], mean products of what the steps change where pictures should stay as
            they are; zeros where there is no such place.
    """

    names: tuple[str, ...]
    directions: Tensor
    parts: tuple[tuple[int, ...], ...]
    changes: Tensor
    outside: Tensor


def balance(
    responses: Responses,
    name: str,
    layers: tuple[int, ...],
    weights: dict[str, float],
    stiffness: float,
    outside: float,
) -> Tensor:
    """Return the direction that changes an attribute, and all else as little as possible.

    Among the combinations s of steps whose mean change of the attribute is the same, it minimises
    Σ weight² · mean square change of each other attribute + `outside` · mean square change outside +
    `stiffness` · mean square length of the rows. Parts are then made stiffer or softer until their rows
    have one length, which is how a slider moves them.

    Args:
        responses: as measured.
        name: the attribute.
        layers: which move: whole parts.
        weights: of the others, by name; 1 by default.
        stiffness: above 0: short steps stay where codes are known.
        outside: at least 0.

    Returns:
        [num_ws of all parts, w_dim], rows of length 1; those of layers that do not move, or change
        nothing, are the attribute's own normal.

    Raises:
        OptionError: the attribute or the layers are not known, or nothing changes the attribute.
    """
    chosen = [i for i, part in enumerate(responses.parts) if set(part) <= set(layers)]
    if name not in responses.names or not stiffness > 0 or not outside >= 0:
        raise OptionError(f"'{name}' was not measured, or {stiffness}, {outside} are out of range")
    if not chosen or sorted(layers) != sorted(sum((responses.parts[i] for i in chosen), ())):
        raise OptionError(f"layers {layers} are not whole parts of {responses.parts}")
    own, count = responses.names.index(name), len(responses.directions)
    columns = torch.cat([torch.arange(i * count, (i + 1) * count) for i in chosen])
    changes = responses.changes[chosen].flatten(0, 1).cpu().double()
    each = [weights.get(other, 1.0) for other in responses.names]
    weight = torch.tensor(each, dtype=torch.float64)
    weight[own] = 0.0
    products = torch.einsum("aon,bon,o->ab", changes, changes, weight.square()) / changes.shape[2]
    products += outside * responses.outside[columns][:, columns].cpu().double()
    wanted = changes[:, own].mean(dim=1)
    if not float(wanted.abs().max()) > 1e-9:
        raise OptionError(f"no step changes '{name}'")
    directions = responses.directions.cpu().double()
    lengths = [len(responses.parts[i]) / len(layers) for i in chosen]
    share = torch.tensor(lengths, dtype=torch.float64)
    steps = _even_steps(products, wanted, directions, share, stiffness)
    rows = responses.directions[own].expand(sum(len(part) for part in responses.parts), -1).clone()
    for part, step in zip(chosen, steps, strict=True):
        if float(step.norm()) > 0:  # else nothing that it does changes the attribute
            rows[list(responses.parts[part])] = (step / step.norm()).float()
    return rows


def _even_steps(
    products: Tensor, wanted: Tensor, directions: Tensor, share: Tensor, stiffness: float
) -> Tensor:
    """Solve for the steps [P, w_dim] of `balance`, stiffened until they have about one length."""
    gram, count = directions @ directions.T, len(directions)
    softest = 1e-9 * torch.eye(len(wanted), dtype=torch.float64)  # directions may repeat each other
    stiff = torch.ones_like(share)
    steps = torch.zeros(len(share), directions.shape[1], dtype=torch.float64)
    for _ in range(ROUNDS):
        lengths = torch.block_diag(*[gram * factor for factor in share * stiff])
        solved = torch.linalg.solve(products + stiffness * lengths + softest, wanted)
        steps = solved.view(len(share), count) @ directions
        long = steps.norm(dim=1)
        stiff = (stiff * long / (long * share).sum()).clamp(1 / WIDEST, WIDEST)
    return steps
