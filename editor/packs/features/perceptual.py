"""Makes the perceptual term of a loss; lpips and VGG16 fetch their weights when first used."""

from __future__ import annotations

import warnings
from pathlib import Path
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
from editor.packs.fetch import fetch
from editor.packs.tensors import load_into

VGG16_URL = "https://download.pytorch.org/models/vgg16-397923af.pth"
VGG16_SHA256 = "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0"
ALEXNET_URL = "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth"
ALEXNET_SHA256 = "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02"


class LPIPSPerceptual(nn.Module):
    """The learned distance of package lpips (VGG16), behind the common interface."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def features(self, image: Tensor) -> list[Tensor]:
        """Return the unit-normalised maps of images [N, 3, H, W], RGB, in [-1, 1]."""
        maps = self.network.net.forward(self.network.scaling_layer(image))
        return [x / (x.square().sum(dim=1, keepdim=True) + 1e-10).sqrt() for x in maps]

    def distance(
        self, target: list[Tensor], other: list[Tensor], mask: Tensor | None = None
    ) -> Tensor:
        """Return the LPIPS distances [N] inside the mask.

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
        return LPIPSPerceptual(lpips_network("vgg")).to(device).eval().requires_grad_(False)
    raise OptionError(f"perceptual term '{name}' is not known; use discriminator, lpips or vgg16")


def _vgg16_state() -> dict[str, Tensor]:
    return _state(fetch(VGG16_URL, VGG16_SHA256, "vgg16-397923af.pth"))


def _alexnet_state() -> dict[str, Tensor]:
    return _state(fetch(ALEXNET_URL, ALEXNET_SHA256, "alexnet-owt-7be5be79.pth"))


def _state(path: Path) -> dict[str, Tensor]:
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def lpips_network(net: str) -> Any:
    """Load the network of the package lpips, with its backbone from torchvision's pinned file.

    Args:
        net: "vgg" or "alex".

    Raises:
        OptionError: the backbone is not known.
        UnavailableError: its weights are not here and cannot be downloaded, or package lpips is
            not installed.
    """
    from editor.packs.features.torchvision_ops import define_missing_ops

    if net not in ("vgg", "alex"):
        raise OptionError(f"LPIPS with backbone '{net}' is not known; use vgg or alex")
    state = _vgg16_state() if net == "vgg" else _alexnet_state()
    define_missing_ops()
    try:
        import lpips
    except ImportError as error:
        raise UnavailableError("package lpips is not installed: pip install lpips") from error
    with warnings.catch_warnings():
        # lpips 0.1.4 calls torchvision and torch.load in their older ways
        warnings.simplefilter("ignore")
        network = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    own = network.net.state_dict()  # slice2.5.weight is torchvision's features.5.weight
    filled = {
        name: state["features." + name.split(".", 1)[1]]
        for name in own
        if "features." + name.split(".", 1)[1] in state
    }
    load_into(network.net, filled, "VGG16" if net == "vgg" else "AlexNet")
    return network
