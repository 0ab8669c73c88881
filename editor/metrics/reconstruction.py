"""How near a reconstruction is to its photo, one number a picture.

Each takes two batches [N, 3, R, R], RGB, float, in [-1, 1], and gives [N], float32. Values outside
[-1, 1] are cut off first, as a viewer of the picture would see them.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from editor.errors import InputError

PEAK_TO_PEAK = 2.0
WINDOW, SIGMA, K1, K2 = 11, 1.5, 0.01, 0.03


def mse(recon: Tensor, photo: Tensor) -> Tensor:
    """Return the mean squared error over colours and pixels, on the scale of [-1, 1].

    Args:
        recon: [N, 3, R, R], RGB, in [-1, 1]; cut off outside.
        photo: the same shape.

    Returns:
        [N], 0…4, lower is nearer.

    Raises:
        InputError: not two batches of the same shape.
    """
    recon, photo = _seen(recon, photo)
    return (recon - photo).square().mean(dim=(1, 2, 3))


def psnr(recon: Tensor, photo: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio 10 log₁₀(2² / MSE) of values from -1 to 1.

    Args:
        recon: [N, 3, R, R], RGB, in [-1, 1]; cut off outside.
        photo: the same shape.

    Returns:
        [N], in dB, higher is nearer; infinite where the two are equal.

    Raises:
        InputError: not two batches of the same shape.
    """
    return 10 * torch.log10(PEAK_TO_PEAK**2 / mse(recon, photo))


def ssim(recon: Tensor, photo: Tensor) -> Tensor:
    """Return the structural similarity, in a Gaussian window of 11 pixels with σ 1.5.

    It is averaged over colours and over all places where the window lies wholly inside. Pictures are
    compared as intensities from 0 upwards, as they are shown: with values around 0, the product of
    the means would change its sign and the number would not be the published one.

    Args:
        recon: [N, 3, R, R], RGB, in [-1, 1]; cut off outside; R at least 11.
        photo: the same shape.

    Returns:
        [N], at most 1, higher is nearer.

    Raises:
        InputError: not two batches of the same shape, or smaller than the window.

    Reference: Wang et al., Image Quality Assessment: From Error Visibility to Structural
    Similarity, equation 13; window and constants as in its section III-C.
    """
    recon, photo = _seen(recon, photo)
    if min(recon.shape[2:]) < WINDOW:
        raise InputError(
            f"pictures of {recon.shape[3]}×{recon.shape[2]} pixels are smaller than the window of "
            f"the structural similarity; use pictures of at least {WINDOW}×{WINDOW}"
        )
    mean_a, mean_b = _smooth(recon), _smooth(photo)
    var_a = _smooth(recon.square()) - mean_a.square()
    var_b = _smooth(photo.square()) - mean_b.square()
    covariance = _smooth(recon * photo) - mean_a * mean_b
    mean_a, mean_b = mean_a + 1, mean_b + 1  # only now: variances keep their digits around 0
    c1, c2 = (K1 * PEAK_TO_PEAK) ** 2, (K2 * PEAK_TO_PEAK) ** 2
    above = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    below = (mean_a.square() + mean_b.square() + c1) * (var_a + var_b + c2)
    return (above / below).mean(dim=(1, 2, 3))


def _seen(recon: Tensor, photo: Tensor) -> tuple[Tensor, Tensor]:
    if recon.shape != photo.shape or recon.ndim != 4 or recon.shape[1] != 3:
        raise InputError(
            f"cannot compare pictures of shape {list(recon.shape)} with {list(photo.shape)}; "
            f"give two batches [N, 3, R, R] of the same shape"
        )
    return recon.float().clamp(-1, 1), photo.float().clamp(-1, 1)


def _smooth(x: Tensor) -> Tensor:
    """Return the Gaussian mean around each place whose window lies inside: [N, 3, H - 10, W - 10]."""
    places = torch.arange(WINDOW, device=x.device, dtype=x.dtype) - WINDOW // 2
    weights = torch.exp(-0.5 * (places / SIGMA).square())
    weights = weights / weights.sum()
    x = F.conv2d(x, weights.view(1, 1, -1, 1).expand(3, 1, -1, 1), groups=3)
    return F.conv2d(x, weights.view(1, 1, 1, -1).expand(3, 1, 1, -1), groups=3)
