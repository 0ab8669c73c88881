"""Paths between codes: linear in W+, with easing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate

import torch
from torch import Tensor

from editor.errors import MismatchError, OptionError
from editor.media.motion import MAX_FRAMES, MIN_FRAMES

EASINGS: dict[str, Callable[[float], float]] = {
    "linear": lambda t: t,
    "smoothstep": lambda t: t * t * (3 - 2 * t),
    "cubic": lambda t: 4 * t**3 if t < 0.5 else 1 - 4 * (1 - t) ** 3,  # rests longest at each code
}


def at(
    codes: Tensor,
    t: float,
    easing: str = "linear",
    loop: bool = False,
    times: Sequence[float] | None = None,
) -> Tensor:
    """Return the code at one place of the path.

    Each stretch between two codes is eased by itself; at the codes themselves the path passes
    through them exactly.

    Args:
        codes: [K, num_ws, w_dim], K ≥ 2.
        t: 0…1, from the first code to the last, or with `loop` back to the first.
        easing: "linear", "smoothstep" or "cubic" (ease in and out).
        loop: whether the path goes back from the last code to the first.
        times: how long each stretch takes, in any unit: K - 1 of them, with `loop` K; None: all the
            same.

    Returns:
        [num_ws, w_dim].

    Raises:
        OptionError: there are fewer than two codes, t lies outside 0…1, the easing is unknown, or
            the times are not as many as the stretches, or not positive.
        MismatchError: the codes are not of that shape, or not finite.
    """
    _check(codes, easing)
    if not 0 <= t <= 1:  # also what is not a number
        raise OptionError(f"t = {t} lies outside 0…1")
    stretches = len(codes) if loop else len(codes) - 1
    place = t * stretches if times is None else _place(t, _shares(times, stretches))
    place = round(place, 9)  # 1/49 · 49 is a code, not just before it
    first = min(math.floor(place), stretches - 1)
    share = EASINGS[easing](place - first)
    return torch.lerp(codes[first], codes[(first + 1) % len(codes)], share)


def fractions(frames: int, loop: bool = False) -> list[float]:
    """Return where evenly spaced frames lie on the path, 0…1. A loop leaves out its end, its start again.

    Raises:
        OptionError: the frames are fewer than 2 or more than 1000.
    """
    if not MIN_FRAMES <= frames <= MAX_FRAMES:
        raise OptionError(f"{frames} frames were asked for; {MIN_FRAMES} to {MAX_FRAMES} are made")
    return [i / (frames if loop else frames - 1) for i in range(frames)]


def interpolate(
    codes: Tensor,
    frames: int,
    easing: str = "linear",
    loop: bool = False,
    times: Sequence[float] | None = None,
) -> Tensor:
    """Return codes along the path. Without `loop` the first and the last are the ends themselves.

    Args:
        codes: [K, num_ws, w_dim], K ≥ 2.
        frames: how many, 2…1000.
        easing: as `at`.
        loop: as `at`; the first frame is not repeated at the end.
        times: as `at`.

    Returns:
        [frames, num_ws, w_dim].

    Raises:
        OptionError: there are fewer than two codes, the frames are not 2…1000, or as `at`.
        MismatchError: the codes are not of that shape, or not finite.

    Reference: genforce/idinvert_pytorch, interpolate.py, whose steps are those of "linear".
    """
    return torch.stack([at(codes, t, easing, loop, times) for t in fractions(frames, loop)])


def _shares(times: Sequence[float], stretches: int) -> list[float]:
    """Return what share of the whole time each stretch takes.

    Raises:
        OptionError: they are too many or too few, or not positive.
    """
    if len(times) != stretches:
        raise OptionError(f"{len(times)} times were given for {stretches} stretches of the path")
    if not all(math.isfinite(time) and time > 0 for time in times):
        raise OptionError(f"the times {list(times)} are not all above 0")
    longest = max(times)  # so that no sum is infinite
    whole = sum(time / longest for time in times)
    return [time / longest / whole for time in times]


def _place(t: float, shares: list[float]) -> float:
    """Return the number of stretches that lie before a place 0…1 of the time, with fractions."""
    for index, (share, end) in enumerate(zip(shares, accumulate(shares), strict=True)):
        if t <= end:
            return index + 1 - min((end - t) / share, 1.0) if share else float(index)
    return float(len(shares))


def _check(codes: Tensor, easing: str) -> None:
    if easing not in EASINGS:
        raise OptionError(f"easing '{easing}' is not known; use {', '.join(EASINGS)}")
    if codes.ndim != 3:
        raise MismatchError(
            f"the codes have shape {tuple(codes.shape)}; expected [K, num_ws, w_dim]"
        )
    if len(codes) < 2:
        raise OptionError(f"{len(codes)} code was given; a path needs at least two")
    if not bool(torch.isfinite(codes).all()):
        raise MismatchError("the codes hold values that are not finite")
