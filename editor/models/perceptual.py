"""Perceptual terms: what a loss compares besides pixels.

Each is a module with `features(image) → list of maps` and `distance(target, other) → [N]`, so that
the features of a target are computed once.
"""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from editor.models.discriminator import Discriminator
from editor.models.predictor import COMPARED, Predictor

CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Perceptual(Protocol):
    """What a loss needs of a perceptual term."""

    def features(self, image: Tensor) -> list[Tensor]:
        """Return the feature maps of images [N, 3, H, W], RGB, in [-1, 1]."""
        ...

    def distance(
        self, target: list[Tensor], other: list[Tensor], mask: Tensor | None = None
    ) -> Tensor:
        """Return distances [N] between two lists of feature maps inside a mask, as in `masked_mean`."""
        ...


def masked_mean(values: Tensor, mask: Tensor | None) -> Tensor:
    """Return the mean over channels and places, each place weighted by the mask.

    Args:
        values: [N, C, h, w].
        mask: [N or 1, 1, H, W], 0…1, of any size: it is averaged down to the map's; None counts
            every place the same, as does a mask of ones.

    Returns:
        [N].
    """
    if mask is None:
        return values.mean(dim=(1, 2, 3))
    weight = mask.to(values)
    if weight.shape[-2:] != values.shape[-2:]:
        weight = F.interpolate(weight, size=values.shape[-2:], mode="area")
    inside = weight.sum(dim=(1, 2, 3)).clamp(min=1e-8)
    return (values.mean(dim=1, keepdim=True) * weight).sum(dim=(1, 2, 3)) / inside


class PixelsAlone(nn.Module):
    """A feature term that compares nothing, for where there is no network for it."""

    def features(self, image: Tensor) -> list[Tensor]:
        """Return no maps."""
        return []

    def distance(
        self, target: list[Tensor], other: list[Tensor], mask: Tensor | None = None
    ) -> Tensor:
        """Return a distance of zero, for all images at once: [1]."""
        return torch.zeros(1)


class DiscriminatorPerceptual(nn.Module):
    """Relative squared error of the discriminator's first feature maps.

    Args:
        discriminator: the domain's own; nothing needs to be downloaded.
        levels: how many maps, from resolution/2 downwards.
    """

    def __init__(self, discriminator: Discriminator, levels: int = 3) -> None:
        super().__init__()
        self.discriminator = discriminator
        self.levels = levels

    def features(self, image: Tensor) -> list[Tensor]:
        """Return the feature maps of images [N, 3, H, W], RGB, in [-1, 1]."""
        return self.discriminator.features(image)[: self.levels]

    def distance(
        self, target: list[Tensor], other: list[Tensor], mask: Tensor | None = None
    ) -> Tensor:
        """Return the mean over the maps of ‖F(x) - F(y)‖² / ‖F(x)‖², both inside the mask: [N]."""
        total = torch.zeros(target[0].shape[0], device=target[0].device)
        for a, b in zip(target, other, strict=True):
            a, b = a.float(), b.float()
            size = masked_mean(a.square(), mask) + 1e-8
            total = total + masked_mean((a - b).square(), mask) / size
        return total / len(target)


class PredictorPerceptual(nn.Module):
    """Adds to another term what a predictor of attributes sees: its maps, at each place of length 1.

    A discriminator looks at textures; this looks at what the labels name, such as thin glasses, for
    which pixels and textures hardly ask.

    Reference: Zhang et al., The Unreasonable Effectiveness of Deep Features, equation 1, all weights
    equal.

    Args:
        predictor: of the domain, frozen.
        beside: the other term.
        weight: factor of this distance.
    """

    def __init__(self, predictor: Predictor, beside: Perceptual, weight: float = 2.0) -> None:
        super().__init__()
        self.predictor, self.beside, self.weight = predictor, beside, weight

    def features(self, image: Tensor) -> list[Tensor]:
        """Return the other term's maps of images [N, 3, H, W], RGB, in [-1, 1], then the predictor's."""
        maps = self.predictor.maps(image)
        unit = [x * (x.square().sum(1, keepdim=True) + 1e-6).rsqrt() for x in maps]
        return [*self.beside.features(image), *unit]

    def distance(
        self, target: list[Tensor], other: list[Tensor], mask: Tensor | None = None
    ) -> Tensor:
        """Return the other term's distance plus weight · the mean of ‖a - b‖² over maps and places: [N]."""
        total = torch.zeros(len(target[0]), device=target[0].device)
        for a, b in zip(target[-COMPARED:], other[-COMPARED:], strict=True):
            total = total + masked_mean((a - b).square(), mask) * a.shape[1]
        beside = self.beside.distance(target[:-COMPARED], other[:-COMPARED], mask)
        return beside + self.weight * total / COMPARED


class VGG16Perceptual(nn.Module):
    """Mean squared error of VGG16's conv4_3 after its ReLU (torchvision's features.22).

    Args:
        caffe: expect weights with Caffe preprocessing (BGR, 0-255) as in the published code, else
            torchvision's (RGB, ImageNet mean and deviation).

    Reference: Zhu et al., In-Domain GAN Inversion for Real Image Editing, section 3.2.
    """

    scale: Tensor
    shift: Tensor
    PLAN = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512)

    def __init__(self, caffe: bool = False) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for width in self.PLAN:
            if width == 0:
                layers.append(nn.MaxPool2d(2))
                continue
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        self.layers = nn.Sequential(*layers)
        self.caffe = caffe
        if caffe:
            scale, shift = torch.full([3], 127.5), 127.5 - torch.tensor(CAFFE_MEAN_BGR)
        else:
            std, mean = torch.tensor(IMAGENET_STD), torch.tensor(IMAGENET_MEAN)
            scale, shift = 0.5 / std, (0.5 - mean) / std
        self.register_buffer("scale", scale[None, :, None, None], persistent=False)
        self.register_buffer("shift", shift[None, :, None, None], persistent=False)

    def features(self, image: Tensor) -> list[Tensor]:
        """Return the map after conv4_3 of images [N, 3, H, W], RGB, in [-1, 1]."""
        x = image.flip(1) if self.caffe else image
        x = (x * self.scale + self.shift).contiguous(memory_format=torch.channels_last)
        return [self.layers(x)]

    def distance(
        self, target: list[Tensor], other: list[Tensor], mask: Tensor | None = None
    ) -> Tensor:
        """Return the mean squared difference over all elements inside the mask: [N]."""
        return masked_mean((target[0] - other[0]).square(), mask)


class SqueezeNetFeatures(nn.Module):
    """ImageNet SqueezeNet v1.0 (BGR, 0-255 less the mean): an independent judge for measurements.

    Reference: Iandola et al., SqueezeNet, table 1.
    """

    mean: Tensor
    FIRES = {2: (16, 64), 3: (16, 64), 4: (32, 128), 5: (32, 128), 6: (48, 192), 7: (48, 192),
             8: (64, 256), 9: (64, 256)}  # fmt: skip
    POOL_AFTER = (4, 8)
    CHANNELS = (128, 256, 384, 512)

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 7, stride=2)
        channels = 96
        for index, (squeeze, expand) in self.FIRES.items():
            self.add_module(f"fire{index}_squeeze", nn.Conv2d(channels, squeeze, 1))
            self.add_module(f"fire{index}_expand1", nn.Conv2d(squeeze, expand, 1))
            self.add_module(f"fire{index}_expand3", nn.Conv2d(squeeze, expand, 3, padding=1))
            channels = 2 * expand
        mean = torch.tensor([104.0, 117.0, 123.0])[None, :, None, None]
        self.register_buffer("mean", mean, persistent=False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return the maps after fire3, fire5, fire7 and fire9 of images [N, 3, H, W], RGB, in [-1, 1]."""
        x = image.flip(1) * 127.5 + 127.5 - self.mean
        x = F.max_pool2d(F.relu(self.conv1(x)), 3, 2, ceil_mode=True)
        maps = []
        for index in self.FIRES:
            s = F.relu(self.get_submodule(f"fire{index}_squeeze")(x))
            one = self.get_submodule(f"fire{index}_expand1")(s)
            three = self.get_submodule(f"fire{index}_expand3")(s)
            x = F.relu(torch.cat([one, three], dim=1))
            if index in (3, 5, 7, 9):
                maps.append(x)
            if index in self.POOL_AFTER:
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        return maps


class SqueezeNetPerceptual(nn.Module):
    """Distance of SqueezeNet's maps, at each place of length 1: for training only.

    Reference: Zhang et al., The Unreasonable Effectiveness of Deep Features, equation 1, all weights
    equal.

    Args:
        network: frozen.
        levels: how many maps, from the finest on.
    """

    def __init__(self, network: SqueezeNetFeatures, levels: int = 3) -> None:
        super().__init__()
        self.network, self.levels = network, levels

    def features(self, image: Tensor) -> list[Tensor]:
        """Return the unit-normalised maps of images [N, 3, H, W], RGB, in [-1, 1]."""
        maps = self.network(image.contiguous(memory_format=torch.channels_last))[: self.levels]
        return [x * (x.square().sum(1, keepdim=True) + 1e-6).rsqrt() for x in maps]

    def distance(
        self, target: list[Tensor], other: list[Tensor], mask: Tensor | None = None
    ) -> Tensor:
        """Return the mean over the maps and places of ‖a - b‖²: [N]."""
        total = torch.zeros(len(target[0]), device=target[0].device)
        for a, b in zip(target, other, strict=True):
            total = total + masked_mean((a - b).square(), mask) * a.shape[1]
        return total / len(target)
