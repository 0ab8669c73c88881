"""Adversarial losses, each a few lines."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def loss_generator(fake_logits: Tensor) -> Tensor:
    """Return the non-saturating loss of the generator, the mean of softplus(-D(fake)).

    Reference: Goodfellow et al., Generative Adversarial Nets, section 3.
    """
    return F.softplus(-fake_logits).mean()


def loss_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return the logistic loss of the discriminator, softplus(-D(real)) + softplus(D(fake)), as a mean."""
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def r1_penalty(discriminator: nn.Module, real: Tensor) -> Tensor:
    """Return the mean squared norm of the gradient of D at real images, to be multiplied by γ/2.

    Reference: Mescheder et al., Which Training Methods for GANs do actually Converge?, section 4.1.
    """
    real = real.detach().requires_grad_(True)
    (grad,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return grad.square().sum(dim=(1, 2, 3)).mean()
