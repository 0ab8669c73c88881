"""Makes the perceptual term of a loss; lpips and VGG16 fetch their weights when first used."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor, nn

from editor.errors import OptionError, UnavailableError
from editor.models.discriminator import Discriminator
from editor.models.perceptual import (
    DiscriminatorPerceptual,
    Perceptual,
    VGG16Perceptual,
    masked_mean,
)
from editor.weights.fetch import fetch
from editor.weights.format import load_into

VGG16_URL = "https://download.pytorch.org/models/vgg16-397923af.pth"
VGG16_SHA256 = "397923af"


class LPIPSPerceptual(nn.Module):
    """The learned distance of package lpips (VGG16), behind the common interface."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def features(self, image: Tensor) -> list[Tensor]:
        """Unit-normalised maps of images [N, 3, H, W], RGB, in [-1, 1]."""
        maps = self.network.net.forward(self.network.scaling_layer(image))
        return [x / (x.square().sum(dim=1, keepdim=True) + 1e-10).sqrt() for x in maps]

    def distance(
        self, target: list[Tensor], other: list[Tensor], mask: Tensor | None = None
    ) -> Tensor:
        """[N] LPIPS distances, inside the mask.

        Reference: Zhang et al., The Unreasonable Effectiveness of Deep Features, equation 1.
        """
        total = torch.zeros(len(target[0]), device=target[0].device)
        for lin, a, b in zip(self.network.lins, target, other, strict=True):
            total = total + masked_mean(lin((a - b).square()), mask)
        return total


def make_perceptual(name: str, discriminator: Discriminator, device: torch.device) -> Perceptual:
    """Make a perceptual term.

    Args:
        name: "discriminator" (the pack's own, nothing to download), "lpips" or "vgg16".
        discriminator: of the domain, frozen.
        device: where it goes.

    Raises:
        OptionError: the name is not known.
        UnavailableError: its weights are not here and cannot be downloaded.
    """
    if name == "discriminator":
        return DiscriminatorPerceptual(discriminator)
    if name == "vgg16":
        vgg = VGG16Perceptual()
        state = _vgg16_state()
        wanted = {
            f"layers.{key[9:]}": value for key, value in state.items() if key[:9] == "features."
        }
        load_into(vgg, {key: wanted[key] for key in vgg.state_dict() if key in wanted}, "VGG16")
        return vgg.to(device).eval().requires_grad_(False)
    if name == "lpips":
        return LPIPSPerceptual(_lpips()).to(device).eval().requires_grad_(False)
    raise OptionError(f"perceptual term '{name}' is not known; use discriminator, lpips or vgg16")


def _vgg16_state() -> dict[str, Tensor]:
    path = fetch(VGG16_URL, VGG16_SHA256, "vgg16-397923af.pth")
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def _lpips() -> Any:
    """Package lpips with torchvision's VGG16, whose weights come from the pinned file."""
    from editor.weights.torchvision_ops import define_missing_ops

    state = _vgg16_state()
    define_missing_ops()
    try:
        import lpips
    except ImportError as error:
        raise UnavailableError("package lpips is not installed: pip install lpips") from error
    with warnings.catch_warnings():
        # lpips 0.1.4 calls torchvision and torch.load in their older ways
        warnings.simplefilter("ignore")
        network = lpips.LPIPS(net="vgg", pnet_rand=True, verbose=False)
    slices = {
        f"slice{part}.{index}": index
        for part in range(1, 6)
        for index in map(int, dict(getattr(network.net, f"slice{part}").named_children()))
    }
    own = network.net.state_dict()
    filled = {
        f"{prefix}.{kind}": state[f"features.{index}.{kind}"]
        for prefix, index in slices.items()
        for kind in ("weight", "bias")
        if f"{prefix}.{kind}" in own
    }
    load_into(network.net, filled, "VGG16")
    return network
