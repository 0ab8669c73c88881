"""What the generators of all architectures have in common."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn


class CodeSizes(Protocol):
    """The sizes that a generator's configuration tells."""

    @property
    def resolution(self) -> int:
        """Return the side of the image, px."""
        ...

    @property
    def num_ws(self) -> int:
        """Return the number of style layers."""
        ...

    @property
    def w_dim(self) -> int:
        """Return the size of one layer's code."""
        ...

    @property
    def z_dim(self) -> int:
        """Return the size of the latent."""
        ...


class StyleGenerator(nn.Module):
    """A generator with `mapping(z) → wp` and `synthesis(wp) → image`.

    Attributes:
        config: the architecture.
        w_avg: [num_ws, w_dim], the mean code of each layer.
        compute_dtype: dtype of the activations; weights stay float32.
    """

    config: CodeSizes
    w_avg: Tensor

    def __init__(self, config: CodeSizes) -> None:
        super().__init__()
        self.config = config
        self.compute_dtype = torch.float32

    @property
    def resolution(self) -> int:
        """Return the side of the image, px."""
        return self.config.resolution

    @property
    def num_ws(self) -> int:
        """Return the number of style layers."""
        return self.config.num_ws

    @property
    def w_dim(self) -> int:
        """Return the size of one layer's code."""
        return self.config.w_dim

    @property
    def z_dim(self) -> int:
        """Return the size of the latent."""
        return self.config.z_dim

    def mapping(
        self, z: Tensor, truncation_psi: float = 1.0, truncation_cutoff: int | None = None
    ) -> Tensor:
        """Map latents to codes.

        Args:
            z: [N, z_dim], standard normal.
            truncation_psi: 1 keeps the code, 0 gives the mean.
            truncation_cutoff: truncate only the layers before this one; None means the
                architecture's own.

        Returns:
            [N, num_ws, w_dim].
        """
        wp = self.codes(z)
        if truncation_psi == 1.0:
            return wp.contiguous()
        cut = self.usual_cutoff if truncation_cutoff is None else truncation_cutoff
        mean = self.w_avg[None, :cut]
        return torch.cat([mean + truncation_psi * (wp[:, :cut] - mean), wp[:, cut:]], dim=1)

    @property
    def usual_cutoff(self) -> int:
        """Return the layer before which truncation applies, unless told otherwise."""
        return self.num_ws

    def codes(self, z: Tensor) -> Tensor:
        """Map latents [N, z_dim] to codes [N, num_ws, w_dim] without truncation."""
        raise NotImplementedError

    def synthesis(self, wp: Tensor) -> Tensor:
        """Render codes [N, num_ws, w_dim] to images [N, 3, resolution, resolution], RGB, float32."""
        raise NotImplementedError

    def style_weights(self) -> list[Tensor]:
        """Return the weight [outputs, w_dim] of each layer by which its code becomes a style."""
        raise NotImplementedError

    def forward(self, z: Tensor, truncation_psi: float = 1.0) -> Tensor:
        """Render latents to images: `synthesis(mapping(z, truncation_psi))`."""
        return self.synthesis(self.mapping(z, truncation_psi))
