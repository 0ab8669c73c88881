"""Pictures of what a slider does."""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor

from editor.engine import Engine
from editor.errors import OptionError
from editor.sliders.boundary import Boundary
from editor.sliders.move import move


def slider_strip(engine: Engine, wp: Tensor, slider: Boundary, stops: int = 5) -> list[Image.Image]:
    """Render one code from the low to the high end of a slider, evenly spaced.

    Args:
        engine: of the domain.
        wp: [num_ws, w_dim].
        slider: need not be among the domain's.
        stops: how many, 2 or more; in a symmetric range the middle one of an odd number is unchanged.

    Raises:
        OptionError: there are fewer than two stops.
    """
    if stops < 2:
        raise OptionError(f"{stops} stops show no change; use 2 or more")
    low, high = slider.info.range
    codes = wp[None].expand(stops, -1, -1)
    distances = torch.linspace(low, high, stops)
    return engine.render(move(codes, slider.normal, distances, slider.info.layers))
