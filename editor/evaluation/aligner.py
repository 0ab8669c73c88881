"""How often and how exactly a finder finds what is in photos whose squares are known."""

from __future__ import annotations

import json
import math
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from editor.errors import OptionError
from editor.geometry import Alignment, Pose, known_square
from editor.media.images import load_image
from editor.photo.crop import Crop
from editor.photo.quarters import QUARTER_TURNS

# (photo, least=confidence) → squares with their confidence, best first
Finder = Callable[..., list[tuple[Crop, float]]]
Changed = tuple[Image.Image, Pose]

CHANGES: dict[str, Callable[[Image.Image, Pose], Changed]] = {
    "as it is": lambda photo, pose: (photo, pose),
    "1,000 px": lambda photo, pose: _resized(photo, pose, 1000 / max(photo.size)),
    "half the size": lambda photo, pose: _resized(photo, pose, 0.5),
    "twice the size": lambda photo, pose: _resized(photo, pose, 2.0),
    "4 times the size": lambda photo, pose: _resized(photo, pose, 4.0),
    "turned by 15 degrees": lambda photo, pose: _turned(photo, pose, 15.0),
    "turned by 30 degrees": lambda photo, pose: _turned(photo, pose, -30.0),
    "turned by 90 degrees": lambda photo, pose: _quarters(photo, pose, 1),
    "turned by 180 degrees": lambda photo, pose: _quarters(photo, pose, 2),
    "turned by 270 degrees": lambda photo, pose: _quarters(photo, pose, 3),
    "a square of 10% of the width": lambda photo, pose: _far(photo, pose, 0.1),
}


@dataclass(frozen=True)
class _Look:
    """What was found of one photo's square.

    Attributes:
        name: of the photo.
        error: of the most exact square, infinite where none is near.
        sure_error: the same among the sure squares.
        confidence: of the most exact square, 0 where none is near.
        first: whether the surest square of the photo is near.
    """

    name: str
    error: float
    sure_error: float
    confidence: float
    first: bool


def measure_photos(
    find: Finder,
    photos: Path,
    parts: Sequence[str],
    least: float,
    count: int | None = None,
    changes: Sequence[str] = tuple(CHANGES),
    alignment: Alignment | None = None,
) -> Iterator[dict[str, Any]]:
    """Measure how often and how exactly a finder finds known squares in photos, as they are and changed.

    The error of a square is the mean distance of its corners from the true ones, in true sides. A
    photo counts as found when a square's centre lies within a quarter of a side of the true centre,
    and its error is below 0.5; of several such squares the most exact counts.

    Args:
        find: given a photo and `least=0.0`, all likely squares, best first.
        photos: zip with an alignment.json, whose entries are as in `known_square`.
        parts: use names that begin so; measured apart, and all together where there are several.
        least: confidence from which a square counts as sure.
        count: so many of them, evenly spread over all; None means all.
        changes: names of `CHANGES`.
        alignment: of the true squares; None takes the quads as they are.

    Yields:
        One record a change and part: shares found, corner errors, seconds a photo, confidences from
        the lowest (0 where nothing was found), and the names of what was missed or is 10% and more
        off, the worst first.

    Raises:
        OptionError: a change is not known, no name begins so, the zip has no alignment.json, or a
            photo's square is not known.
    """
    unknown = [name for name in changes if name not in CHANGES]
    if unknown:
        raise OptionError(f"'{unknown[0]}' is no change; choose of: {', '.join(CHANGES)}")
    archive, squares = _known(photos, parts, count, alignment)
    with archive:
        for change in changes:
            looks, wall, cpu = [], 0.0, 0.0
            for name, square in squares.items():
                photo, truth = CHANGES[change](load_image(archive.read(name)), square)
                started = time.monotonic(), time.process_time()
                found = find(photo, least=0.0)
                wall += time.monotonic() - started[0]
                cpu += time.process_time() - started[1]
                looks.append(_judged(name, found, least, photo, truth))
            times = {"seconds_per_photo": wall / len(squares), "cpu_seconds": cpu / len(squares)}
            for part in (*parts, *([""] if len(parts) > 1 else [])):
                some = [look for look in looks if look.name.startswith(part)]
                if some:
                    named = {"measure": "found", "photos": change, "part": part or "all"}
                    yield named | _summary(some, least) | times


def _known(
    photos: Path, parts: Sequence[str], count: int | None, alignment: Alignment | None
) -> tuple[zipfile.ZipFile, dict[str, Pose]]:
    """Open a zip of photos, and read their squares by name, as `measure_photos` takes them.

    Raises:
        OptionError: no name begins so, the zip has no alignment.json, or a square is not known.
    """
    if not photos.is_file():  # opening a pipe would wait
        raise OptionError(f"{photos} is no zip with an alignment.json: it is no file")
    try:
        archive = zipfile.ZipFile(photos)
        known = json.loads(archive.read("alignment.json"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise OptionError(f"{photos} is no zip with an alignment.json: {error}") from error
    names = sorted(name for name in known if name.startswith(tuple(parts)))
    if not names:
        raise OptionError(f"{photos} has no photo whose name begins with {' or '.join(parts)}")
    if count is not None and 1 < count < len(names):
        names = [names[round(i * (len(names) - 1) / (count - 1))] for i in range(count)]
    return archive, {name: known_square(name, known[name], alignment) for name in names}


def measure_without(
    find: Finder, pictures: Iterable[Image.Image], least: float, side: int = 512
) -> dict[str, Any]:
    """Measure how often a finder finds its object in pictures that do not show it.

    Args:
        find: as in `measure_photos`.
        pictures: RGB.
        least: confidence from which a square counts as sure.
        side: pictures are scaled to this square first, px.
    """
    surest = []
    for picture in pictures:
        found = find(picture.resize((side, side), Image.Resampling.BICUBIC), least=0.0)
        surest.append(found[0][1] if found else 0.0)
    total = max(len(surest), 1)
    return {
        "measure": "false finds",
        "pictures": len(surest),
        "least": least,
        "share": sum(chance >= least for chance in surest) / total,
        "share_any": sum(chance > 0 for chance in surest) / total,
        "confidences": sorted((round(chance, 4) for chance in surest if chance), reverse=True),
    }


def _judged(
    name: str, found: list[tuple[Crop, float]], least: float, photo: Image.Image, truth: Pose
) -> _Look:
    judged = [(_corner_error(crop, photo, truth), chance) for crop, chance in found]
    error, confidence = min(judged, default=(math.inf, 0.0))
    sure_error = min((one for one, chance in judged if chance >= least), default=math.inf)
    first = bool(judged) and math.isfinite(judged[0][0])
    return _Look(name, error, sure_error, confidence if math.isfinite(error) else 0.0, first)


def _summary(looks: list[_Look], least: float) -> dict[str, Any]:
    poor = sorted((look for look in looks if look.error >= 0.1), key=lambda look: -look.error)
    return {
        "count": len(looks),
        "least": least,
        **_shares([look.sure_error for look in looks]),
        **{f"{key}_any": value for key, value in _shares([k.error for k in looks]).items()},
        "first_is_right": sum(look.first for look in looks) / len(looks),
        "confidences": sorted(round(look.confidence, 4) for look in looks),
        "unsure": [look.name for look in looks if math.isinf(look.sure_error)],
        "poor": [
            (look.name, round(look.error, 3) if math.isfinite(look.error) else None)
            for look in poor
        ],
    }


def _shares(errors: list[float]) -> dict[str, float | None]:
    hits = [error for error in errors if math.isfinite(error)]
    return {
        "found": len(hits) / len(errors),
        "corner_error": sum(hits) / len(hits) if hits else None,
        "under_10_percent": sum(error < 0.1 for error in hits) / len(errors),
    }


def _corner_error(crop: Crop, photo: Image.Image, truth: Pose) -> float:
    """Return the mean distance of the corners in true sides, infinite where it is another object."""
    centre = (crop.x * photo.width, crop.y * photo.height)
    away = math.dist(centre, (truth.x, truth.y)) / truth.side
    error = sum(map(math.dist, crop.quad(*photo.size), truth.quad())) / 4 / truth.side
    return error if away <= 0.25 and error < 0.5 else math.inf


def _resized(photo: Image.Image, pose: Pose, factor: float) -> Changed:
    size = (round(photo.width * factor), round(photo.height * factor))
    return photo.resize(size, Image.Resampling.BICUBIC), pose.scaled(factor)


def _turned(photo: Image.Image, pose: Pose, degrees: float) -> Changed:
    """Turn a photo clockwise about its middle. The corners become grey."""
    grey = (128, 128, 128)
    turned = photo.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=grey)
    angle = math.radians(degrees)
    dx, dy = pose.x - photo.width / 2, pose.y - photo.height / 2
    x = photo.width / 2 + math.cos(angle) * dx - math.sin(angle) * dy
    y = photo.height / 2 + math.sin(angle) * dx + math.cos(angle) * dy
    return turned, Pose(x, y, pose.side, pose.angle + angle)


def _quarters(photo: Image.Image, pose: Pose, quarters: int) -> Changed:
    """Turn a photo clockwise by quarters, whole, as one that lies on its side."""
    x, y, width, height = pose.x, pose.y, photo.width, photo.height
    for _ in range(quarters):
        x, y, width, height = height - y, x, height, width
    turned = photo.transpose(QUARTER_TURNS[quarters])
    return turned, Pose(x, y, pose.side, pose.angle + quarters * math.pi / 2)


def _far(photo: Image.Image, pose: Pose, share: float) -> Changed:
    """Lay a photo on a grey canvas so large that its square has a given share of the width."""
    width = round(pose.side / share)
    height = max(round(width * 0.75), photo.height)
    canvas = Image.new("RGB", (width, height), (120, 125, 130))
    left, top = (width - photo.width) // 3, (height - photo.height) // 3
    canvas.paste(photo, (left, top))
    moved = Pose(pose.x + left, pose.y + top, pose.side, pose.angle)
    return _resized(canvas, moved, min(1.0, 1000 / width))
