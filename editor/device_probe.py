"""Whether a GPU does what an inversion asks of it: tried in small, beside the CPU."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# what a device that does not work raises: torch's own, a wrong build's, and mps's for float64
DEVICE_ERRORS = (RuntimeError, AssertionError, NotImplementedError, TypeError, OSError)
MAX_APART = 0.05  # of the largest value; TF32 and other orders of adding stay far below
REASONS = {
    "no kernel image": "this PyTorch was not built for a GPU of its age",
    "driver": "update the GPU's driver",
    "out of memory": "other programs fill its memory",
}


def failure_of(device: torch.device) -> str | None:
    """Return in a line what goes wrong in a small step of an inversion, or None where it works.

    Args:
        device: a GPU.
    """
    try:
        wanted, found = small_step(torch.device("cpu")), small_step(device)
    except DEVICE_ERRORS as error:
        return short_reason(error)
    apart = float((found - wanted).abs().max())
    if not apart <= MAX_APART * float(wanted.abs().max()):
        return "it computes other values than the CPU"
    return None


def small_step(device: torch.device) -> Tensor:
    """Do the kinds of operations that a step of an inversion has, forth and back.

    Args:
        device: where.

    Returns:
        [4, 8], on the CPU: the gradient of a code. It is the same at each call.
    """
    draw = torch.Generator().manual_seed(0)
    shapes = ((4, 8), (4, 8, 8, 8), (8, 8, 3, 3), (8, 8), (4, 8, 16, 16))
    code, x, kernel, affine, target = (
        torch.randn(shape, generator=draw).to(device) for shape in shapes
    )
    code.requires_grad_(True)
    style = F.linear(code, affine)
    scale = torch.rsqrt(style.square() @ kernel.square().sum(dim=(2, 3)).T + 1e-8)
    y = F.conv2d(x * style[:, :, None, None], kernel, padding=1) * scale[:, :, None, None]
    y = F.interpolate(F.leaky_relu(y, 0.2), scale_factor=2, mode="bilinear", align_corners=False)
    (y - target).square().mean(dim=(1, 2, 3)).sum().backward()
    assert code.grad is not None
    return code.grad.cpu()


def short_reason(error: object) -> str:
    """Return the first sentence of an error or a warning, with what it means where that is known."""
    said = next(iter(str(error).strip().splitlines()), type(error).__name__)
    said = said.partition(". ")[0][:200].rstrip(".")
    meant = next((reason for text, reason in REASONS.items() if text in str(error).lower()), "")
    return f"{said}: {meant}" if meant else said
