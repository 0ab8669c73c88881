"""Contact sheets: several pictures laid out on one, side by side, below each other, or as a table."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from editor.errors import MismatchError, OptionError
from editor.files import write_whole

GAP_PX = 4
PAPER, BLACK = (255, 255, 255), (0, 0, 0)
Place = tuple[int, int]  # left and top, px


def strip(pictures: Iterable[Image.Image]) -> Image.Image:
    """Place pictures side by side, the first on the left.

    Raises:
        OptionError: there are none.
    """
    found = list(pictures)
    if not found:
        raise OptionError("a strip needs at least one frame")
    lefts = _starts([picture.width for picture in found])
    size = (lefts.pop(), max(picture.height for picture in found))
    return _drawn(size, zip(found, ((left, 0) for left in lefts), strict=True), BLACK)


def stacked(pictures: Sequence[Image.Image]) -> Image.Image:
    """Stack pictures, such as strips, the first on top.

    Raises:
        OptionError: there are none.
    """
    if not pictures:
        raise OptionError("there is nothing to stack; give one picture at least")
    tops = _starts([picture.height for picture in pictures])
    size = (max(picture.width for picture in pictures), tops.pop())
    return _drawn(size, zip(pictures, ((0, top) for top in tops), strict=True), BLACK)


def table_of(
    left: Sequence[Image.Image], top: Sequence[Image.Image], cells: Sequence[Image.Image]
) -> Image.Image:
    """Lay out a table of pictures, with inputs down the left edge and along the top.

    Args:
        left: L pictures, one a row.
        top: T pictures, one a column.
        cells: L·T pictures, row by row; all others are made their size.

    Returns:
        RGB, of L + 1 rows and T + 1 columns; the corner is blank.

    Raises:
        MismatchError: there are not L·T cells, or none.
    """
    if not cells or len(cells) != len(left) * len(top):
        raise MismatchError(
            f"{len(cells)} cells for {len(left)} contents and {len(top)} styles; expected "
            f"{len(left) * len(top)}, at least 1"
        )
    side = cells[0].size
    edge = 2 * GAP_PX  # sets the inputs apart
    size = (
        edge + (side[0] + GAP_PX) * (len(top) + 1),
        edge + (side[1] + GAP_PX) * (len(left) + 1),
    )
    places = [
        *((0, column) for column in range(1, len(top) + 1)),
        *((row, 0) for row in range(1, len(left) + 1)),
        *((row, column) for row in range(1, len(left) + 1) for column in range(1, len(top) + 1)),
    ]
    laid = [
        (_fitting(picture, side), (_offset(column, side[0]), _offset(row, side[1])))
        for picture, (row, column) in zip((*top, *left, *cells), places, strict=True)
    ]
    return _drawn(size, laid, PAPER)


def sheet(images: Tensor, columns: int = 8) -> Image.Image:
    """Lay out images [N, 3, H, W], RGB, in [-1, 1] (clamped), row by row on white."""
    count, _, height, width = images.shape
    data = images.float().clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8)
    pictures = [Image.fromarray(one.permute(1, 2, 0).contiguous().cpu().numpy()) for one in data]
    size = (columns * width, -(-count // columns) * height)
    places = [(i % columns * width, i // columns * height) for i in range(count)]
    return _drawn(size, zip(pictures, places, strict=True), PAPER)


def save_sheet(images: Tensor, path: Path, columns: int = 8) -> None:
    """Save what `sheet` draws, whole or not at all, as a PNG, or as a JPEG where the suffix says so.

    Raises:
        StorageError: the disk is full.
    """
    buffer, picture = io.BytesIO(), sheet(images, columns)
    if path.suffix == ".jpg":
        picture.save(buffer, format="JPEG", quality=90, subsampling=0)
    else:
        picture.save(buffer, format="PNG")
    write_whole(path, buffer.getvalue())


def _drawn(
    size: tuple[int, int], laid: Iterable[tuple[Image.Image, Place]], paper: tuple[int, int, int]
) -> Image.Image:
    """Draw pictures at their places on paper of a size and colour."""
    drawn = Image.new("RGB", size, paper)
    for picture, place in laid:
        drawn.paste(picture, place)
    return drawn


def _starts(lengths: Sequence[int]) -> list[int]:
    """Return where each of several lengths starts, and where the last one ends."""
    starts = [0]
    for length in lengths:
        starts.append(starts[-1] + length)
    return starts


def _offset(index: int, side_px: int) -> int:
    """Return where a row or column of a table starts, px."""
    return GAP_PX + index * (side_px + GAP_PX) + (GAP_PX if index else 0)


def _fitting(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Turn a picture into RGB, scaled to a size."""
    fitting = picture.convert("RGB")
    if fitting.size != size:
        fitting = fitting.resize(size, Image.Resampling.LANCZOS)
    return fitting
