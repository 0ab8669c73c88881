"""Signs of how an inversion went, from which a pack's verdict judges it."""

from __future__ import annotations

import torch
from torch import Tensor

from editor.geometry import sample_windows
from editor.inversion.objective import EncoderLike, Generator, Objective, Weights
from editor.models.aligner import CONTEXT, WINDOW, Aligner
from editor.models.perceptual import Perceptual

TINY = 1e-6


@torch.no_grad()
def inversion_signs(
    target: Tensor,
    wp: Tensor,
    generator: Generator,
    encoder: EncoderLike,
    perceptual: Perceptual | None,
    aligner: Aligner | None = None,
) -> dict[str, Tensor]:
    """Measure the signs by which a verdict judges finished inversions.

    Args:
        target: [N, 3, R, R], RGB, in [-1, 1], the photos.
        wp: [N, num_ws, w_dim], their codes.
        generator: frozen.
        encoder: frozen.
        perceptual: frozen, or None.
        aligner: of the domain, or None.

    Returns:
        By name [N], float32, on the CPU; all but the last are natural logarithms:
        "fit" of the pixel term, "features" of the feature term, "distance" of the domain term,
        "agreement" of the mean squared distance from the encoder's answer for the photo, "unusual"
        of that answer's from the mean code, "contrast" of the photo's variance, and "aligner" its
        logit for the whole picture. What there is no network for is left out.
    """
    _, _, terms = Objective(target, generator, encoder, perceptual, Weights(1.0, 1.0, 1.0))(wp)
    found = {"fit": terms["loss_pix"], "contrast": target.var(dim=(1, 2, 3))}
    if "loss_domain" in terms:
        answer = encoder(target)
        found["distance"] = terms["loss_domain"]
        found["agreement"] = (wp - answer).square().mean(dim=(1, 2))
        found["unusual"] = (answer - generator.w_avg).square().mean(dim=(1, 2))
    if "loss_feat" in terms:
        found["features"] = terms["loss_feat"]
    signs = {name: value.float().clamp(min=TINY).log().cpu() for name, value in found.items()}
    if aligner is not None:
        side = target.shape[-1]
        pose = torch.tensor([[side / 2, side / 2, CONTEXT * side, 0.0]], device=target.device)
        windows = sample_windows(target, pose.expand(len(target), -1), WINDOW)
        signs["aligner"] = aligner(windows)[:, 0, 0, 0].float().cpu()
    return signs
