"""Contact sheets: every picture in its place, to the pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editor.errors import MismatchError, OptionError
from editor.media.sheets import GAP_PX, save_sheet, sheet, stacked, strip, table_of


def _plain(value: int, side: int = 16) -> Image.Image:
    return Image.new("RGB", (side, side), (value, value, value))


def test_a_table_shows_everything_in_its_place() -> None:
    contents, styles = [_plain(10), _plain(20, 40)], [_plain(30), _plain(40), _plain(50)]
    cells = [_plain(100 + i) for i in range(6)]
    sheet = np.asarray(table_of(contents, styles, cells))[..., 0]
    height, width = sheet.shape
    assert (height, width) == (3 * 16 + 5 * GAP_PX, 4 * 16 + 6 * GAP_PX)
    starts = [GAP_PX, *(GAP_PX * 2 + (16 + GAP_PX) * i for i in range(1, 4))]
    table = [[int(sheet[y + 8, x + 8]) for x in starts] for y in starts[:3]]
    assert table == [[255, 30, 40, 50], [10, 100, 101, 102], [20, 103, 104, 105]]
    assert int((sheet != 255).sum()) == (2 + 3 + 6) * 16 * 16


def test_a_table_of_the_wrong_number() -> None:
    with pytest.raises(MismatchError, match="expected 2"):
        table_of([_plain(1)], [_plain(2), _plain(3)], [_plain(4)])
    with pytest.raises(MismatchError):
        table_of([], [], [])


def test_a_strip() -> None:
    wide = strip([Image.new("RGB", (3, 2), "red"), Image.new("RGB", (5, 4), "blue")])
    assert wide.size == (8, 4)
    assert wide.getpixel((2, 1)) == (255, 0, 0)
    assert wide.getpixel((2, 2)) == (0, 0, 0)
    assert wide.getpixel((3, 3)) == (0, 0, 255)
    with pytest.raises(OptionError, match="at least one"):
        strip([])


def test_a_stack() -> None:
    tall = stacked([Image.new("RGB", (3, 2), "red"), Image.new("RGB", (5, 4), "blue")])
    assert tall.size == (5, 6)
    assert tall.getpixel((0, 1)) == (255, 0, 0)
    assert tall.getpixel((4, 5)) == (0, 0, 255)
    with pytest.raises(OptionError, match="nothing"):
        stacked([])


def test_a_sheet_of_images_is_white_where_there_are_none(tmp_path: Path) -> None:
    images = torch.linspace(-1.5, 1.5, 5)[:, None, None, None].expand(5, 3, 4, 6)
    found = np.asarray(sheet(images, columns=3))
    assert found.shape == (8, 18, 3)
    assert found[::4, ::6, 0].tolist() == [[0, 32, 128], [223, 255, 255]]
    save_sheet(images, tmp_path / "a.png", columns=3)
    with Image.open(tmp_path / "a.png") as saved:
        assert np.array_equal(np.asarray(saved), found)
    save_sheet(images, tmp_path / "a.jpg", columns=3)
    with Image.open(tmp_path / "a.jpg") as saved:
        assert saved.format == "JPEG"
