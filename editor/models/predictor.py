"""Sees attributes in pictures: a small network trained on a domain's labelled photos."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from editor.models.config import PredictorConfig

WIDTHS = (1, 2, 4, 8, 8)  # of the stem and of the blocks, in widths of the configuration
PLACES = 2  # side of the grid that the last map is averaged to
COMPARED = 3  # maps that a feature term compares: the last ones


class Predictor(nn.Module):
    """Convolutions in four blocks, each ended by max pooling, and a linear layer on a coarse grid.

    Attributes:
        config: the architecture, and what it predicts.
        compute_dtype: dtype of the convolutions; weights stay float32.

    Args:
        config: see there.
        norm: batch normalisation after each convolution, for training; see `without_norm`.
    """

    def __init__(self, config: PredictorConfig, norm: bool = False) -> None:
        super().__init__()
        self.config = config
        widths = [config.width * factor for factor in WIDTHS]
        self.stem = nn.Conv2d(3, widths[0], 3, stride=2, padding=1)
        pairs = [pair for a, b in pairwise(widths) for pair in ((a, b), (b, b))]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairs)
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for _, b in pairs) if norm else None
        self.out = nn.Linear(widths[-1] * PLACES**2, len(config.names))
        self.compute_dtype = torch.float32

    def blocks(self, image: Tensor) -> list[Tensor]:
        """Return the map after each block.

        Args:
            image: [N, 3, R, R], RGB, in [-1, 1], of any side: it is scaled to the network's own.

        Returns:
            [N, C, S, S] four times, float32, finest first.
        """
        side = self.config.resolution
        x = image
        if x.shape[-1] != side:
            x = F.interpolate(x, size=side, mode="bilinear", align_corners=False, antialias=True)
        low = self.compute_dtype != torch.float32
        found = []
        with torch.autocast(x.device.type, self.compute_dtype, low):
            x = F.relu(self.stem(x.contiguous(memory_format=torch.channels_last)))
            for index, conv in enumerate(self.convs):
                x = conv(x)
                x = F.relu(x if self.norms is None else self.norms[index](x))
                if index % 2:
                    x = F.max_pool2d(x, 2)
                    found.append(x.float())
        return found

    def maps(self, image: Tensor) -> list[Tensor]:
        """Return the last maps of `blocks`, which a feature term compares."""
        return self.blocks(image)[-COMPARED:]

    def answers(self, blocks: list[Tensor], mask: Tensor | None = None) -> Tensor:
        """Turn the maps of `blocks` into answers [N, A]: logits, or standardised values if continuous.

        Args:
            blocks: what `blocks` gave.
            mask: [N, F], factors of the last features, which leave some out in training.
        """
        x = F.adaptive_avg_pool2d(blocks[-1], PLACES).flatten(1)
        answers: Tensor = self.out(x if mask is None else x * mask)
        return answers

    def forward(self, image: Tensor) -> Tensor:
        """Return the answers [N, A], float32, to pictures [N, 3, R, R], RGB, in [-1, 1]."""
        return self.answers(self.blocks(image))


@torch.no_grad()
def without_norm(network: Predictor) -> Predictor:
    """Fold batch normalisation into the convolutions, and return the plain network."""
    if network.norms is None:
        return network
    plain = Predictor(network.config)
    plain.stem.load_state_dict(network.stem.state_dict())
    plain.out.load_state_dict(network.out.state_dict())
    for target, conv, norm in zip(plain.convs, network.convs, network.norms, strict=True):
        assert isinstance(conv, nn.Conv2d)
        assert isinstance(norm, nn.BatchNorm2d)
        fused = torch.nn.utils.fuse_conv_bn_eval(conv.eval(), norm.eval())
        target.load_state_dict(fused.state_dict())
    return plain.to(network.out.weight.device).eval()
