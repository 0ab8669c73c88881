"""Directions found without any label, strongest first."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from sklearn.decomposition import PCA
from torch import Tensor

from editor.errors import OptionError
from editor.layers import check_layers


@dataclass(frozen=True, eq=False)
class Directions:
    """Directions of codes, strongest first; which way is up is chosen so that it is always the same.

    Attributes:
        rows: [count, layers or 1, w_dim], each row of length 1.
        strength: [count], each one's share of the whole, 0…1, falling.
    """

    rows: Tensor
    strength: Tensor


def sefa(weights: list[Tensor], layers: tuple[int, ...], count: int) -> Directions:
    """Find the eigenvectors of AᵀA in closed form, where A turns a code into styles.

    As in the published code, the weights of the layers are stacked and each output is scaled to
    length 1, so that wide layers with small weights count as others do.

    Args:
        weights: of each layer, [outputs, w_dim].
        layers: the ones whose weights are taken.
        count: of directions, 1…w_dim.

    Raises:
        OptionError: a layer does not exist, or the count is out of range.

    Reference: Shen and Zhou, Closed-Form Factorization of Latent Semantics in GANs, equation 5.
    """
    check_layers(layers, len(weights))
    a = torch.cat([weights[layer].cpu().double() for layer in layers])
    _check_count(count, a.shape[1])
    a = a / a.norm(dim=1, keepdim=True).clamp(min=1e-12)
    values, vectors = torch.linalg.eigh(a.T @ a)
    rows = _signed(vectors.flip(1).T[:count, None])
    return Directions(rows.float(), (values.flip(0)[:count] / values.sum()).float())


def pca(codes: Tensor, count: int) -> Directions:
    """Return the principal components of sampled codes.

    Args:
        codes: [N, layers, w_dim]; one layer where all share a code.
        count: of directions, at most w_dim, and fewer than N.

    Raises:
        OptionError: the count is out of range.

    Reference: Härkönen et al., GANSpace: Discovering Interpretable GAN Controls, section 2.1.
    """
    _check_count(count, min(codes.shape[2], len(codes) - 1))
    found = PCA(count, random_state=0).fit(codes.flatten(1).cpu().double().numpy())
    rows = torch.from_numpy(found.components_.copy()).unflatten(1, codes.shape[1:])
    rows = _signed(torch.nn.functional.normalize(rows, dim=2))
    return Directions(rows.float(), torch.from_numpy(found.explained_variance_ratio_).float())


def _check_count(count: int, most: int) -> None:
    if not 1 <= count <= most:
        raise OptionError(f"{count} directions were asked for; 1…{most} can be found")


def _signed(rows: Tensor) -> Tensor:
    """Turn each direction so that its number of largest size is positive."""
    flat = rows.flatten(1)
    sign = flat.gather(1, flat.abs().argmax(dim=1, keepdim=True)).sign()
    return rows * sign[:, :, None]
