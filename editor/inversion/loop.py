"""The one optimisation loop: inversion, diffusion and local edits run on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

import torch
from torch import Tensor

from editor.errors import OptionError
from editor.inversion.objective import EncoderLike, Generator, Objective, Weights
from editor.models.perceptual import Perceptual

Start = Literal["encoder", "mean"]


@dataclass(frozen=True)
class InversionOptions:
    """How to optimise.

    Attributes:
        steps: most updates of the code.
        lr: Adam's learning rate.
        weights: of the pixel, feature and domain terms.
        start: "encoder" (in-domain) or "mean" (the mean code: free optimisation's usual start).
        patience: stop when this many steps have gained less than `min_gain`; 0 never stops early.
        min_gain: fraction of the loss.
    """

    steps: int = 100
    lr: float = 0.02
    weights: Weights = field(default_factory=Weights)
    start: Start = "encoder"
    patience: int = 20
    min_gain: float = 0.02

    def __post_init__(self) -> None:
        if not 0 <= self.steps <= 10_000 or not 0 < self.lr <= 1 or self.patience < 0:
            raise OptionError(
                f"steps {self.steps} lies outside 0…10000, lr {self.lr} outside 0…1, or patience "
                f"{self.patience} is negative"
            )
        if self.start not in ("encoder", "mean"):
            raise OptionError(f"start is '{self.start}'; use encoder or mean")

    @classmethod
    def of(cls, own: Mapping[str, float]) -> InversionOptions:
        """Return the usual options with a domain's own steps, lr, pix, feat and domain in their place.

        Raises:
            OptionError: a value is out of range.
        """
        usual = cls()
        weights = {name: own.get(name, value) for name, value in asdict(usual.weights).items()}
        return replace(
            usual,
            steps=int(own.get("steps", usual.steps)),
            lr=float(own.get("lr", usual.lr)),
            weights=Weights(**weights),
        )


@dataclass(frozen=True)
class InversionStep:
    """State of an inversion; `image` is what the generator makes of `wp`, not of an earlier code.

    Attributes:
        step: 0 is the start.
        losses: each term by name, mean over the batch, and "loss" in total.
        wp: [N, num_ws, w_dim].
        image: [N, 3, R, R], RGB, about [-1, 1].
    """

    step: int
    losses: dict[str, float]
    wp: Tensor
    image: Tensor


def invert(
    target: Tensor,
    generator: Generator,
    encoder: EncoderLike,
    perceptual: Perceptual | None,
    options: InversionOptions,
    mask: Tensor | None = None,
    start: Tensor | None = None,
) -> Iterator[InversionStep]:
    """Optimise the codes of a batch, regularised by the domain. Each image is independent.

    Args:
        target: [N, 3, R, R], RGB, in [-1, 1].
        generator: frozen.
        encoder: frozen.
        perceptual: frozen, or None.
        options: how to optimise.
        mask: [N or 1, 1, R, R], 0…1: pixel and feature terms count inside it alone.
        start: [N, num_ws, w_dim], codes to start from; by default what the options say.

    Yields:
        The start, then the state after each update; the last one yielded is the result.

    Reference: Zhu et al., In-Domain GAN Inversion for Real Image Editing, section 3.3.
    """
    with torch.no_grad():
        objective = Objective(target, generator, encoder, perceptual, options.weights, mask)
        if start is not None:
            pass
        elif options.start == "encoder":
            start = encoder(target)
        else:
            start = generator.w_avg[None].expand(len(target), -1, -1)
    wp = start.detach().clone().requires_grad_(True)
    adam = torch.optim.Adam([wp], lr=options.lr)
    history: list[float] = []
    for step in range(options.steps + 1):
        with torch.enable_grad():
            loss, image, terms = objective(wp)
            last = step == options.steps
            if not last:
                adam.zero_grad(set_to_none=True)
                loss.sum().backward()
        losses = {name: value.mean().item() for name, value in terms.items()}
        losses["loss"] = loss.mean().item()
        yield InversionStep(step, losses, wp.detach().clone(), image.detach())
        history.append(losses["loss"])
        if last or _stalled(history, options):
            return
        adam.step()


def invert_all(
    targets: Tensor,
    generator: Generator,
    encoder: EncoderLike,
    perceptual: Perceptual | None,
    options: InversionOptions,
    batch: int = 50,
) -> tuple[Tensor, Tensor]:
    """Invert many images [N, 3, R, R], a batch at a time.

    Returns:
        Codes [N, num_ws, w_dim] and their images [N, 3, R, R].
    """
    ends = []
    for part in targets.split(batch):
        target = part.to(generator.w_avg.device)
        ends.append(deque(invert(target, generator, encoder, perceptual, options), maxlen=1).pop())
    return torch.cat([end.wp for end in ends]), torch.cat([end.image for end in ends])


def _stalled(history: list[float], options: InversionOptions) -> bool:
    if options.patience == 0 or len(history) <= options.patience:
        return False
    before = min(history[: -options.patience])
    return before - min(history) < options.min_gain * before
