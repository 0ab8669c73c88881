"""LPIPS as a measurement: how different two pictures look, by package lpips."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from editor.errors import InputError
from editor.packs.features.perceptual import lpips_network

SMALLEST = 32


def load_lpips(
    device: torch.device | str = "cpu", net: str = "vgg", batch: int = 32
) -> Callable[[Tensor, Tensor], Tensor]:
    """Load the learned perceptual distance, and fetch the backbone's weights at the first use.

    Args:
        device: where the network goes.
        net: "vgg", as comparisons of inversions report it (528 MiB to download), or "alex", as
            its authors advise for measurements (233 MiB). Distances of the two do not compare.
        batch: pairs at a time; it does not change the distances.

    Returns:
        A function: two batches [N, 3, H, W], RGB, in [-1, 1] (cut off outside), H and W at least
        32 → [N], float32, on the CPU; 0 for equal pictures, lower is nearer.

    Raises:
        OptionError: the backbone is not known.
        UnavailableError: its weights are not here and cannot be downloaded; the function raises
            InputError for batches of different shapes or too small pictures.

    Reference: Zhang et al., The Unreasonable Effectiveness of Deep Features, equation 1.
    """
    network = lpips_network(net).to(device).eval().requires_grad_(False)

    @torch.no_grad()
    def distance(recon: Tensor, photo: Tensor) -> Tensor:
        if recon.shape != photo.shape or recon.ndim != 4 or min(recon.shape[2:]) < SMALLEST:
            raise InputError(
                f"cannot compare pictures of shape {list(recon.shape)} with {list(photo.shape)}; "
                f"give two batches [N, 3, H, W] of the same shape, H and W at least {SMALLEST}"
            )
        found = [
            network(*(x.to(device).float().clamp(-1, 1) for x in pair)).flatten().cpu()
            for pair in zip(recon.split(batch), photo.split(batch), strict=True)
        ]
        return torch.cat(found)

    return distance
