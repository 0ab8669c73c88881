"""The scale of a slider as a person reads it: positions from -150 to 150 for distances along its direction.

The ends of the measured range are ±100, and in between equal steps of the position change the picture
equally much, as the boundary's `response` says; without one the scale is even. What lies beyond ±100 is
overdrive: it goes on with the slope that the response has at the end.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from editor.sliders.boundary import BoundaryInfo

FULL = 100.0  # the position of a range's end
MOST = 150.0  # the last position
FARTHEST = (1.5, 2.0)  # where the last position lies, at least and at most, in lengths of the side

Knots = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class SliderScale:
    """Maps distances to positions and back, exactly inverse: linear between knots, and beyond the last.

    Attributes:
        knots: (position, distance), both rising, from (-150, …) by (0, 0) to (150, …).
        low: position of the range's low end: -100, or nearer to 0 where that side is short.
        high: position of the range's high end: 100, or nearer to 0 where that side is short.
    """

    knots: Knots
    low: float
    high: float

    @classmethod
    def of(cls, info: BoundaryInfo) -> SliderScale:
        """Make the scale of a slider.

        A side that is short (`BoundaryInfo.short_sides`) shows next to nothing, so that it would be
        a trap to stretch it to 100: it is scaled as the other side is, and its end lies nearer to 0.
        """
        low, high = info.range
        low_short, high_short = info.short_sides
        up = _side([point for point in info.response if point[0] > 0], high)
        down = _side([(-d, -e) for d, e in reversed(info.response) if d < 0], -low)
        up, down = (down if high_short else up), (up if low_short else down)
        mirrored = tuple((-position, -distance) for position, distance in reversed(down))
        knots = (*mirrored, (0.0, 0.0), *up)
        return cls(
            knots,
            _between(knots, low, 1, 0) if low_short else -FULL,
            _between(knots, high, 1, 0) if high_short else FULL,
        )

    def position(self, distance: float) -> float:
        """Return the position of a distance."""
        return _between(self.knots, distance, 1, 0)

    def distance(self, position: float) -> float:
        """Return the distance at a position."""
        return _between(self.knots, position, 0, 1)


def _side(measured: list[tuple[float, float]], end: float) -> Knots:
    """Return the knots of one side, all positive: those up to its end, and the last position.

    Args:
        measured: distances and effects above 0, both rising; 1 at the end; none for an even scale.
        end: distance of the range's end; 0 gives no knots.
    """
    if end <= 0:
        return ()
    points = measured or [(end, 1.0)]
    inside = [point for point in points if point[0] <= end]
    beyond = [point for point in points if point[0] > end]
    before = inside[-2] if len(inside) > 1 else (0.0, 0.0)
    after = beyond[0] if beyond else inside[-1]
    slope = (after[1] - before[1]) / (after[0] - before[0]) * end  # 1 where the scale is even
    least, most = FARTHEST
    farthest = min(max(1 + (MOST / FULL - 1) / slope, least), most) * end
    return (*((FULL * effect, distance) for distance, effect in inside), (MOST, farthest))


def _between(knots: Knots, value: float, source: int, target: int) -> float:
    """Interpolate between knots, and go on beyond the first and last as their neighbours do."""
    places = [knot[source] for knot in knots]
    index = min(max(bisect_right(places, value), 1), len(knots) - 1)
    before, after = knots[index - 1], knots[index]
    share = (value - before[source]) / (after[source] - before[source])
    if share == 1.0:
        return after[target]
    return before[target] + share * (after[target] - before[target])
