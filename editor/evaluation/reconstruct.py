"""How near reconstructions are to their photos, with confidence intervals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from editor.errors import UnavailableError
from editor.evaluation.features import Reference
from editor.evaluation.methods import Inverted
from editor.metrics.reconstruction import mse, psnr, ssim
from editor.packs.features.lpips import load_lpips

RESAMPLES = 1000
HIGHER_IS_BETTER = {"psnr", "ssim", "logit"}  # of the metrics; of the others the lower
NOT_MEASURED = "not measured"
METRICS = ("mse", "psnr", "ssim", "lpips", "code_distance", "frechet", "swd", "logit")
Pairwise = Callable[[Tensor, Tensor], Tensor]
PAIRWISE: dict[str, Pairwise] = {"mse": mse, "psnr": psnr, "ssim": ssim}


def summary(values: Tensor, seed: int = 0) -> dict[str, float]:
    """Return the mean, 95th percentile, and the 95% confidence interval of the mean by bootstrap.

    Args:
        values: [N], one a photo.
        seed: of the resampling.

    Reference: Efron and Tibshirani, An Introduction to the Bootstrap, section 13.3 (percentiles).
    """
    values = values.cpu().double()
    draw = torch.Generator().manual_seed(seed)
    index = torch.randint(len(values), (RESAMPLES, len(values)), generator=draw)
    means = values[index].mean(dim=1)
    low, high = torch.quantile(means, torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    p95 = torch.quantile(values, 0.95).item()
    return {"mean": values.mean().item(), "low": low, "high": high, "p95": p95}


def lpips_or_why(device: torch.device, wanted: bool) -> Pairwise | str:
    """Load LPIPS, or say why it is not measured."""
    if not wanted:
        return "not asked for"
    try:
        return load_lpips(device)
    except UnavailableError as error:
        return str(error)


def reconstruction(
    photos: Tensor,
    inverted: Inverted,
    distances: Tensor,
    reference: Reference | None,
    metrics: tuple[str, ...],
    lpips: Pairwise | str,
) -> dict[str, Any]:
    """Measure how near the reconstructions of one method are to their photos.

    Args:
        photos: [N, 3, R, R], RGB, in [-1, 1].
        inverted: of the method.
        distances: [N], of the codes, see `code_distances`.
        reference: the photos with their features, for the distances between sets.
        metrics: names of `METRICS`.
        lpips: the metric, or why it is not measured.

    Returns:
        A `summary` by metric, a number for distances between sets, or "not measured".
    """
    found: dict[str, Any] = {"seconds_per_photo_batched": inverted.seconds}
    for name, function in PAIRWISE.items():
        if name in metrics:
            found[name] = summary(function(inverted.images, photos).cpu())
    if "lpips" in metrics:
        if isinstance(lpips, str):
            found["lpips_vgg"] = NOT_MEASURED
        else:
            found["lpips_vgg"] = summary(lpips(inverted.images, photos).cpu())
    if "code_distance" in metrics:
        found["code_distance"] = summary(distances)
    if reference is not None:
        for name, value in reference.distances(inverted.images).items():
            if name.split("_")[0] in metrics:
                found[name] = value
        logits = reference.logits(inverted.images) if "logit" in metrics else None
        if logits is not None:
            found["logit"] = summary(logits)
    return found
