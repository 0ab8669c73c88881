"""A second look, where the first finds nothing sure, or only what is small: turned, and in tiles."""

from __future__ import annotations

import math
from collections.abc import Iterator

from PIL import Image

from editor.geometry import Pose
from editor.photo.crop import Crop
from editor.photo.detect import Found, crop_of, distinct
from editor.photo.finder import Finder
from editor.photo.quarters import turned_crop, turned_photo

Squares = list[tuple[Crop, float]]

TILE = 0.3  # side of a tile, in the photo's longer sides
OVERLAP = 0.1  # of two tiles, in the same unit: larger squares are found by the first look
LEAST_PX = 1000  # the longer side from which tiles show more than the first look did
SMALL = 0.12  # of the longer side: where no sure square is larger, there may be smaller ones
CROWD = 3  # where the first look was sure of nothing, fewer sure squares of tiles are not believed


def find_well(finder: Finder, photo: Image.Image, in_tiles: bool | None = None) -> Squares:
    """Find squares in a photo that may lie on its side, and small ones in a large photo.

    Where nothing sure is found, the photo is looked at turned by 90°, 180° and 270° too. It lies one
    way: the turn with the surest square counts. Its squares are given in the photo as it lies, with
    their angle, so that nothing but the square is turned, and it is pasted back where it was.

    Args:
        finder: looks.
        photo: upright RGB.
        in_tiles: whether to look at full size in overlapping tiles too, where the photo is large
            enough; by default where all that the first look found is small.

    Returns:
        Squares with confidences 0…1, best first, each once.
    """
    found = finder.find(photo)
    if not _sure(finder, found):
        found = _turned_look(finder, photo, found)
    return found if in_tiles is False else with_small(finder, photo, found, bool(in_tiles))


def with_small(finder: Finder, photo: Image.Image, found: Squares, wanted: bool = False) -> Squares:
    """Look at full size in overlapping tiles too, where the photo is large and what was found small.

    The photo is looked at the way round in which the best square is upright.

    Args:
        finder: looks.
        photo: upright RGB.
        found: what a first look found in it, best first.
        wanted: look wherever the photo is large, and believe what little is found.

    Returns:
        Squares with confidences 0…1, best first, each once.
    """
    there = wanted or _only_small(finder, photo, found)
    if not there or max(photo.size) < LEAST_PX:
        return found
    quarters = -round(found[0][0].angle / 90) if found else 0
    more = _tiled(finder, turned_photo(photo, quarters))
    if not wanted and not _sure(finder, found) and len(_sure(finder, more)) < CROWD:
        more = _doubted(finder, more, math.inf)
    return _merged(photo, found + [(turned_crop(crop, -quarters), chance) for crop, chance in more])


def _sure(finder: Finder, found: Squares) -> Squares:
    return [one for one in found if one[1] >= finder.sure]


def _doubted(finder: Finder, found: Squares, least: float) -> Squares:
    """Return squares of a second look: those below `least` are not sure, however sure the finder is."""
    below = math.nextafter(finder.sure, 0.0)
    return [(crop, chance if chance >= least else min(chance, below)) for crop, chance in found]


def _turned_look(finder: Finder, photo: Image.Image, found: Squares) -> Squares:
    """Look at a photo turned by each quarter too. Return the best look, in the photo as it lies."""
    best = found
    for turn in (1, 3, 2):
        looked = finder.find(turned_photo(photo, turn))
        looked = _doubted(finder, looked, finder.sure_again.turned)
        if looked and (not best or looked[0][1] > best[0][1]):
            best = [(turned_crop(crop, -turn), chance) for crop, chance in looked]
    return best


def _only_small(finder: Finder, photo: Image.Image, found: Squares) -> bool:
    """Return whether there is something, and nothing large: one that is sure, or two that are likely."""
    largest = SMALL * max(photo.size) / min(photo.size)
    there = _sure(finder, found) or (found if len(found) > 1 else [])
    return bool(there) and all(crop.side < largest for crop, _ in there)


def _tiled(finder: Finder, photo: Image.Image) -> Squares:
    """Look at every tile at full size. Leave out what a tile cuts off: the next has it whole."""
    found: list[Found] = []
    for left, top, right, bottom in tiles_of(*photo.size):
        tile = photo.crop((left, top, right, bottom))
        for crop, chance in _doubted(finder, finder.find(tile), finder.sure_again.in_tiles):
            pose = _pose(crop, *tile.size)
            corners = [(x + left, y + top) for x, y in pose.quad()]
            inside = all(
                (x >= left or left == 0)
                and (x <= right or right == photo.width)
                and (y >= top or top == 0)
                and (y <= bottom or bottom == photo.height)
                for x, y in corners
            )
            if inside and pose.side <= OVERLAP * max(photo.size):
                found.append(
                    Found(Pose(pose.x + left, pose.y + top, pose.side, pose.angle), chance)
                )
    return [(crop_of(one.pose, *photo.size), one.confidence) for one in distinct(found)]


def tiles_of(width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield tiles (left, top, right, bottom) in px that cover a photo and overlap, row by row."""
    longest = max(width, height)
    side, step = round(TILE * longest), (TILE - OVERLAP) * longest

    def starts(length: int) -> list[int]:
        count = max(math.ceil((length - side) / step), 0) + 1
        last = max(length - side, 0)
        return [round(last * i / max(count - 1, 1)) for i in range(count)]

    for top in starts(height):
        for left in starts(width):
            yield left, top, min(left + side, width), min(top + side, height)


def _merged(photo: Image.Image, found: Squares) -> Squares:
    """Return squares each once, best first."""
    poses = [Found(_pose(crop, *photo.size), chance) for crop, chance in found]
    return [(crop_of(one.pose, *photo.size), one.confidence) for one in distinct(poses)]


def _pose(crop: Crop, width: int, height: int) -> Pose:
    side = crop.side * min(width, height)
    return Pose(crop.x * width, crop.y * height, side, math.radians(crop.angle))
