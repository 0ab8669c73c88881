"""Inception v3 as the Fréchet distance uses it: the TensorFlow network of 2015, without classes.

It differs from torchvision's in three pools: averages leave the padding out of the count, and the
last block takes the largest value instead of an average. Parameters are named as torchvision's.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FEATURES, SIDE = 2048, 299
Kernel = int | tuple[int, int]
# (width, kernel) of each convolution of a branch; CROSS: 1×3 and 3×1 side by side
Branches = dict[str, tuple[tuple[int, Kernel], ...]]
CROSS = 0


BLOCK_A: Branches = {
    "branch1x1": ((64, 1),),
    "branch5x5": ((48, 1), (64, 5)),
    "branch3x3dbl": ((64, 1), (96, 3), (96, 3)),
}
BLOCK_B: Branches = {
    "branch3x3": ((384, 3),),
    "branch3x3dbl": ((64, 1), (96, 3), (96, 3)),
}
BLOCK_D: Branches = {
    "branch3x3": ((192, 1), (320, 3)),
    "branch7x7x3": ((192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3)),
}
BLOCK_E: Branches = {
    "branch1x1": ((320, 1),),
    "branch3x3": ((384, 1), (384, CROSS)),
    "branch3x3dbl": ((448, 1), (384, 3), (384, CROSS)),
}


def _block_c(width: int) -> Branches:
    row, column = (1, 7), (7, 1)
    return {
        "branch1x1": ((192, 1),),
        "branch7x7": ((width, 1), (width, row), (192, column)),
        "branch7x7dbl": ((width, 1), (width, column), (width, row), (width, column), (192, row)),
    }


class ConvNorm(nn.Module):
    """Convolution, batch normalisation, ReLU; with `halve`, in steps of two and without padding."""

    def __init__(
        self, channels: int, width: int, kernel: Kernel, halve: bool = False, pad: bool = True
    ) -> None:
        super().__init__()
        high, wide = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (high // 2, wide // 2) if pad and not halve else 0
        stride = 2 if halve else 1
        self.conv = nn.Conv2d(channels, width, (high, wide), stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(width, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, channels, H, W] to [N, width, H', W']."""
        return F.relu(self.bn(self.conv(x)))


class Block(nn.Module):
    """Branches of convolutions and one of a pool, side by side.

    Args:
        channels: of the map that comes in.
        branches: by name, what each does.
        pool: "average" or "largest", both of 3×3 places and followed by a 1×1 convolution; "halve"
            takes the largest of every second place, and every branch ends in a step of two.
        pool_width: of the convolution after the pool.
    """

    def __init__(
        self, channels: int, branches: Branches, pool: str = "halve", pool_width: int = 0
    ) -> None:
        super().__init__()
        self.pool = pool
        self.branches: list[list[list[str]]] = []  # names of the modules of each step of each
        self.width = 0
        for branch, steps in branches.items():
            names: list[list[str]] = []
            incoming = channels
            for place, (width, kernel) in enumerate(steps, 1):
                name = branch if len(steps) == 1 else f"{branch}_{place}"
                if kernel == CROSS:
                    self.add_module(f"{name}a", ConvNorm(incoming, width, (1, 3)))
                    self.add_module(f"{name}b", ConvNorm(incoming, width, (3, 1)))
                    names.append([f"{name}a", f"{name}b"])
                else:
                    last = pool == "halve" and place == len(steps)
                    self.add_module(name, ConvNorm(incoming, width, kernel, last))
                    names.append([name])
                incoming = width * len(names[-1])
            self.branches.append(names)
            self.width += incoming
        if pool_width:
            self.branch_pool = ConvNorm(channels, pool_width, 1)
        self.width += pool_width or channels

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, channels, H, W] to [N, width, H, W], or to half that height and width."""
        found = []
        for steps in self.branches:
            y = x
            for names in steps:
                parts = [self.get_submodule(name)(y) for name in names]
                y = torch.cat(parts, dim=1) if len(parts) > 1 else parts[0]
            found.append(y)
        if self.pool == "halve":
            found.append(F.max_pool2d(x, 3, 2))
        elif self.pool == "largest":
            found.append(self.branch_pool(F.max_pool2d(x, 3, 1, 1)))
        else:
            mean = F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
            found.append(self.branch_pool(mean))
        return torch.cat(found, dim=1)


class InceptionFeatures(nn.Module):
    """Inception v3 up to its last average over places.

    Reference: Szegedy et al., Rethinking the Inception Architecture for Computer Vision, table 1;
    the pools are those of the TensorFlow graph that the Fréchet distance is published with.
    """

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = ConvNorm(3, 32, 3, halve=True)
        self.Conv2d_2a_3x3 = ConvNorm(32, 32, 3, pad=False)
        self.Conv2d_2b_3x3 = ConvNorm(32, 64, 3)
        self.Conv2d_3b_1x1 = ConvNorm(64, 80, 1)
        self.Conv2d_4a_3x3 = ConvNorm(80, 192, 3, pad=False)
        self.Mixed_5b = Block(192, BLOCK_A, "average", 32)
        self.Mixed_5c = Block(256, BLOCK_A, "average", 64)
        self.Mixed_5d = Block(288, BLOCK_A, "average", 64)
        self.Mixed_6a = Block(288, BLOCK_B)
        self.Mixed_6b = Block(768, _block_c(128), "average", 192)
        self.Mixed_6c = Block(768, _block_c(160), "average", 192)
        self.Mixed_6d = Block(768, _block_c(160), "average", 192)
        self.Mixed_6e = Block(768, _block_c(192), "average", 192)
        self.Mixed_7a = Block(768, BLOCK_D)
        self.Mixed_7b = Block(1280, BLOCK_E, "average", 192)
        self.Mixed_7c = Block(2048, BLOCK_E, "largest", 192)

    def forward(self, image: Tensor) -> Tensor:
        """Return the features of images.

        Args:
            image: [N, 3, H, W], RGB, in [-1, 1], of any size; brought to 299×299 (bilinear).

        Returns:
            [N, 2048], at least 0.
        """
        x = F.interpolate(image, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(F.max_pool2d(x, 3, 2)))
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(F.max_pool2d(x, 3, 2))))
        x = self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x)))
        x = self.Mixed_6e(self.Mixed_6d(x))
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))
        return x.mean(dim=(2, 3))
