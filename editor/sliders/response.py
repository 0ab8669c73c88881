"""The response of a slider: how much of its visible effect is there at a distance.

For generated pictures xᵢ(d), moved by a distance d, and the end r of the range on d's side:

    change(d)   = mean over i and pixels of |xᵢ(d) - xᵢ(0)|, pictures cut off at black and white
    response(d) = ± change(d) / change(r)

made to rise. Pixels are taken rather than the features of the pack's networks: the sizes of the features'
differences rise at once with any change of texture, and differ from pack to pack with what it was trained
with; a pack that was converted has other features or none; and pixels need no network. Measured on the shipped
sliders, half of the range makes this share of the end's change: pixels 0.48 to 0.79, features 0.51 to 0.85.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from editor.engine import Engine
from editor.sliders.boundary import Boundary
from editor.sliders.move import move

SEEDS = range(200_000, 200_012)
PSI = 0.7
STOPS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)  # lengths of a side of the range
FEW_STOPS = (0.5, 1.0, 1.5)  # for who waits: 1.3 s of one core at 128 px, where STOPS take 2.3 s
LEAST = 0.05  # of an even response, by which each part rises: no position is lost to noise
NOTHING = 1e-4  # a change this small, of pictures from -1 to 1, is none
DIGITS = 4

Response = tuple[tuple[float, float], ...]


def measured(engine: Engine, slider: Boundary, stops: Sequence[float] = STOPS) -> Boundary:
    """Return a slider with its response.

    Args:
        engine: of the slider's domain.
        slider: whose range is set.
        stops: where pictures are made, in lengths of a side of the range: rising, 1 among them.
    """
    info, codes = slider.info, engine.sample(list(SEEDS), PSI)
    before = engine.synthesis(codes).clamp(-1, 1)

    def change(distance: float) -> float:
        moved = move(codes, slider.normal, distance, info.layers)
        return (engine.synthesis(moved).clamp(-1, 1) - before).abs().mean().item()

    sides: list[Response] = []
    for end, short in zip(info.range, info.short_sides, strict=True):
        side = () if short else rising(end, stops, [change(stop * end) for stop in stops])
        if not (side or short):  # nothing can be seen
            return replace(slider, info=replace(info, response=()))
        sides.append(side)
    down, up = sides
    response = (*reversed(down), (0.0, 0.0), *up)
    return replace(slider, info=replace(info, response=response))


def with_response_of_own(engine: Engine, slider: Boundary) -> Boundary:
    """Return a slider that somebody just made with its response, at few stops; a known one stays."""
    return slider if slider.info.response else measured(engine, slider, FEW_STOPS)


def rising(end: float, stops: Sequence[float], changes: Sequence[float]) -> Response:
    """Return one side of a response, from 0 outwards, made to rise.

    Args:
        end: distance of the range's end on this side.
        stops: in lengths of the side: rising, 1 among them.
        changes: of the pictures at each stop, ≥ 0.

    Returns:
        Distances and effects, with the sign of the end; empty where the end changes nothing.
    """
    whole = changes[stops.index(1.0)]
    if whole < NOTHING:
        return ()
    risen, before, reached = [], 0.0, 0.0
    for stop, change in zip(stops, changes, strict=True):
        reached = max(change, reached + LEAST * (stop - before) * whole)
        before = stop
        risen.append(reached)
    whole, sign = risen[stops.index(1.0)], 1.0 if end > 0 else -1.0
    return tuple(
        (
            end if stop == 1.0 else float(f"{stop * end:.{DIGITS}g}"),
            round(sign * each / whole, DIGITS),
        )
        for stop, each in zip(stops, risen, strict=True)
    )
