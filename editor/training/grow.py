"""Growing trained networks to a higher resolution, so that a training starts where a smaller ended.

The generator's new block adds nothing at first: its picture is the small one, enlarged; noise that
the small one had not starts with no strength. The new block of a discriminator or encoder first learns
to hand the old one the features that it knows; an encoder's new layers start at the mean code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from editor.data.image_set import ImageSet
from editor.errors import OptionError
from editor.models.config import (
    DiscriminatorConfig,
    EncoderConfig,
    GeneratorConfig,
    NetworkConfig,
)
from editor.models.discriminator import Discriminator, Trunk
from editor.models.encoder import Encoder
from editor.models.stylegan2 import StyleGAN2Generator

WARM_UP_STEPS = 200
WARM_UP_LR = 0.01


@dataclass(frozen=True)
class Origin:
    """Trained networks that a training starts from. The encoder serves where one learns beside them."""

    generator: StyleGAN2Generator
    discriminator: Discriminator
    encoder: Encoder | None = None


def check_origin(
    origin: Origin,
    generator: GeneratorConfig,
    discriminator: DiscriminatorConfig,
    encoder: EncoderConfig | None = None,
) -> None:
    """Refuse an origin that cannot grow into the wanted networks; its encoder counts where one is wanted.

    Raises:
        OptionError: it is of another architecture, or larger.
    """
    pairs: list[tuple[NetworkConfig, NetworkConfig, dict[str, bool]]] = [
        (origin.generator.config, generator, {"noise": True} if generator.noise else {}),
        (origin.discriminator.config, discriminator, {}),
    ]
    for found, wanted, gained in pairs:
        if not _grows(found, wanted, **gained):
            raise OptionError(
                f"a {type(wanted).__name__} of {found} cannot grow into {wanted}: all but the "
                f"resolution must be the same, and neither it nor the noise may go"
            )
    if encoder is not None and origin.encoder is not None:
        check_encoder_origin(origin.encoder.config, encoder)


def batches(
    images: ImageSet, count: int, size: int, seed: int, device: torch.device
) -> Callable[[], Tensor]:
    """Return a function that draws `size` of the first `count` images each time: [size, 3, R, R]."""
    draw = torch.Generator().manual_seed(seed)

    def batch() -> Tensor:
        return images.batch(images.draw(size, draw, count)).to(device)

    return batch


def grow_generator(small: StyleGAN2Generator, config: GeneratorConfig) -> StyleGAN2Generator:
    """Grow a generator. Its pictures stay the same but larger, as new colour layers and noise give zero."""
    large = StyleGAN2Generator(config)
    state = large.state_dict()
    for name, value in small.state_dict().items():
        state[name] = value.clone()
    rows = small.w_avg.cpu()
    state["w_avg"] = torch.cat([rows, rows[-1:].expand(config.num_ws - len(rows), -1)])
    for index in range(len(small.config.resolutions), len(config.resolutions)):
        weight = f"synth.blocks.{index}.to_rgb.weight"
        state[weight] = torch.zeros_like(state[weight])
    large.load_state_dict(state)
    return large


def grow_discriminator(
    small: Discriminator,
    config: DiscriminatorConfig,
    batch: Callable[[], Tensor],
    steps: int = WARM_UP_STEPS,
) -> tuple[Discriminator, float]:
    """Grow a discriminator. Its judgement stays nearly the same.

    Args:
        small: trained.
        config: of the grown one.
        batch: gives images [N, 3, R, R] of the new resolution, on the device of `small`.
        steps: updates of the new blocks.

    Returns:
        The grown discriminator, and the relative squared error of the features that its new blocks
        hand on, at the last update.
    """
    large = Discriminator(config)
    added = len(config.resolutions) - len(small.config.resolutions)
    old = small.state_dict()
    kept = {
        _shifted(name, added): value.clone()
        for name, value in old.items()
        if not name.startswith("trunk.from_rgb")
    }
    large.load_state_dict({**large.state_dict(), **(kept if added else old)})
    if not added:
        return large, 0.0
    large = large.to(next(small.parameters()).device)
    return large, _hand_on(small.trunk, small.config, large.trunk, added, batch, steps)


def check_encoder_origin(found: EncoderConfig, wanted: EncoderConfig) -> None:
    """Refuse an encoder that cannot grow into the wanted one.

    Raises:
        OptionError: it is of another architecture, or larger.
    """
    if not _grows(found, wanted, num_ws=wanted.num_ws):
        raise OptionError(
            f"an encoder of {found} cannot start one of {wanted}: all but a lower resolution, with "
            f"its fewer layers, must be the same"
        )


def grow_encoder(
    small: Encoder, config: EncoderConfig, batch: Callable[[], Tensor], steps: int = WARM_UP_STEPS
) -> tuple[Encoder, float]:
    """Grow an encoder. Its codes stay nearly the same, and new layers get the mean code of the last one.

    Args:
        small: trained.
        config: of the grown one.
        batch: gives images [N, 3, R, R] of the new resolution, on the device of `small`.
        steps: updates of the new blocks.

    Returns:
        The grown encoder, and the relative error that `grow_discriminator` returns.
    """
    large = Encoder(config).to(small.w_avg.device)
    added = len(config.resolutions) - len(small.config.resolutions)
    state = large.state_dict()
    for name, value in small.state_dict().items():
        if added and name.startswith("trunk.from_rgb"):
            continue
        new = torch.zeros_like(state[_shifted(name, added)])
        new[: len(value)] = value  # rows of later layers follow those of earlier ones
        state[_shifted(name, added)] = new
    state["w_avg"][len(small.w_avg) :] = small.w_avg[-1]
    large.load_state_dict(state)
    if not added:
        return large, 0.0
    return large, _hand_on(small.trunk, small.config, large.trunk, added, batch, steps)


def _grows(found: NetworkConfig, wanted: NetworkConfig, **gained: Any) -> bool:
    """Say whether a network of `found` can grow into one of `wanted`: new layers may be wider."""
    same = {"resolution": wanted.resolution, "fmaps_min": wanted.fmaps_min, **gained}
    return replace(found, **same) == wanted and found.widths.items() <= wanted.widths.items()


def _hand_on(
    small: Trunk,
    config: NetworkConfig,
    large: Trunk,
    added: int,
    batch: Callable[[], Tensor],
    steps: int,
) -> float:
    """Teach new blocks to give what the old first layer gave. Return their last relative error."""
    new = torch.nn.ModuleList([large.from_rgb, *list(large.blocks)[:added]])
    adam = torch.optim.Adam(new.parameters(), lr=WARM_UP_LR, betas=(0.9, 0.99))
    error = 0.0
    for _ in range(steps):
        image = batch()
        with torch.no_grad():
            wanted = small.from_rgb(_reduce(image, config))
        x = image
        for module in new:
            x = module(x)
        loss = (x - wanted).square().mean() / wanted.square().mean()
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        error = loss.item()
    return error


def _shifted(name: str, added: int) -> str:
    """Return a parameter's name with its block moved up by the added ones, which come first."""
    head = "trunk.blocks."
    if not name.startswith(head):
        return name
    index, _, rest = name[len(head) :].partition(".")
    return f"{head}{int(index) + added}.{rest}"


def _reduce(image: Tensor, config: NetworkConfig) -> Tensor:
    return F.interpolate(image, size=config.resolution, mode="bilinear", antialias=True)
