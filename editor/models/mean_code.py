"""What stands where a pack has no encoder: the mean code, whatever the picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from editor.models.config import Config


@dataclass(frozen=True)
class MeanCodeConfig(Config):
    """Sizes of the pack, as an encoder's configuration tells them."""

    resolution: int
    num_ws: int
    w_dim: int


class MeanCode(nn.Module):
    """Answers every picture with the generator's mean code, where free optimisation begins.

    Attributes:
        config: sizes of the pack.
        w_avg: [num_ws, w_dim], the mean code of each layer.
        compute_dtype: dtype of the activations, of which there are none.
    """

    w_avg: Tensor

    def __init__(self, config: MeanCodeConfig, w_avg: Tensor) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("w_avg", w_avg.clone())
        self.compute_dtype = torch.float32

    def forward(self, image: Tensor) -> Tensor:
        """Return the mean code for each image: [N, num_ws, w_dim], float32."""
        return self.w_avg[None].expand(len(image), -1, -1).contiguous()
