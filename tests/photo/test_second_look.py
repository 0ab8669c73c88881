"""Photos on their side, and small faces in large photos, are found by a second look."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from PIL import Image, ImageDraw

from editor import Editor
from editor.photo.crop import Crop, crop_square, is_same_place
from editor.photo.finder import SureAgain
from editor.photo.quarters import turned_crop, turned_photo
from editor.photo.second_look import LEAST_PX, OVERLAP, find_well, tiles_of


class _Finder:
    """Finds what it is told to at its n-th look."""

    key = "told"
    sure, sure_again = 0.5, SureAgain(0.9, 0.8)

    def __init__(self, *found: list[tuple[Crop, float]]) -> None:
        self.looks = list(found)
        self.sizes: list[tuple[int, int]] = []

    def find(self, image: Image.Image) -> list[tuple[Crop, float]]:
        self.sizes.append(image.size)
        return self.looks.pop(0) if self.looks else []


def _drawn(width: int, height: int) -> Image.Image:
    """A hall with a wall, a floor, and a few round things."""
    photo = Image.new("RGB", (width, height), (120, 130, 110))
    draw = ImageDraw.Draw(photo)
    draw.rectangle((0, height * 2 // 3, width, height), fill=(90, 70, 50))
    for i in range(12):
        x, r = width * (i + 0.5) / 12, height / 30 + i * 3
        draw.ellipse((x - r, r, x + r, 3 * r), fill=(60 + 10 * i, 150 - 8 * i, 90))
    return photo


def _with_faces(photo: Image.Image, faces: Editor, rows: int, columns: int, share: float) -> list:
    """Paste generated faces into a photo, of a share of its width. Return their squares."""
    side, squares = round(share * photo.width), []
    for i, (row, column) in enumerate(itertools.product(range(rows), range(columns))):
        face = faces.example(2000 + i).resize((side, side), Image.Resampling.BICUBIC)
        oval = Image.new("L", (side, side))
        ImageDraw.Draw(oval).ellipse((0, 0, side - 1, side - 1), fill=255)
        x = round(photo.width * (column + 0.5 + 0.1 * math.sin(i)) / columns)
        y = round(photo.height * (row + 1) / (rows + 1) + side * 0.4 * math.cos(i))
        photo.paste(face, (x - side // 2, y - side // 2), oval)
        squares.append(Crop(x / photo.width, y / photo.height, side / min(photo.size)))
    return squares


def test_a_square_turns_with_its_photo() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (15, 20, 3), np.uint8)
    photo = Image.fromarray(noise).resize((200, 150), Image.Resampling.BICUBIC)
    photo.info["icc_profile"] = b"some"
    for crop, quarters in itertools.product(
        (Crop(0.3, 0.4, 0.5), Crop(0.6, 0.55, 0.4, -20.0)), (-1, 0, 1, 2, 3, 5)
    ):
        turned = turned_crop(crop, quarters)
        assert abs(turned.angle) <= 180
        whole = turned_photo(photo, quarters)
        assert whole.info == photo.info
        before, after = crop_square(photo, crop, 32), crop_square(whole, turned, 32)
        assert np.abs(np.asarray(before, int) - np.asarray(after, int)).mean() < 3
        back = turned_crop(turned, -quarters)
        assert (back.x, back.y, back.side) == pytest.approx((crop.x, crop.y, crop.side))
        assert math.remainder(back.angle - crop.angle, 360) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_face_in_a_photo_on_its_side_is_found_as_it_lies(faces: Editor, quarters: int) -> None:
    photo = _drawn(600, 450)
    (square,) = _with_faces(photo, faces, 1, 1, 0.3)
    lying = turned_photo(photo, quarters)
    assert not [one for one in faces.engine.find(lying) if one[1] >= faces.finder.sure]
    ((crop, _),) = faces.find(lying)
    wanted = turned_crop(square, quarters)
    assert is_same_place(crop, wanted)
    assert abs(math.remainder(crop.angle - wanted.angle, 360)) < 10
    upright = np.asarray(faces.align(photo, square), int)
    assert np.abs(np.asarray(faces.align(lying), int) - upright).mean() < 25


def test_a_class_of_thirty_is_found_whole_and_each_face_once(faces: Editor) -> None:
    photo = _drawn(4000, 3000)
    squares = _with_faces(photo, faces, 3, 10, 0.032)
    first = [one for one in faces.engine.find(photo) if one[1] >= faces.finder.sure]
    assert 0 < len(first) < 20, "the first look is too coarse for most"
    found = [crop for crop, _ in faces.find(photo)]
    assert len(found) == 30
    for square in squares:
        (near,) = [c for c in found if math.hypot(c.x - square.x, c.y - square.y) < 0.01]
        assert near.side == pytest.approx(square.side, rel=0.3)


def test_one_large_face_needs_one_look(faces: Editor) -> None:
    photo = _drawn(1600, 1200)
    _with_faces(photo, faces, 1, 1, 0.3)
    sizes = []
    find = faces.engine.find

    class Counting(_Finder):
        sure, sure_again = faces.engine.sure, faces.engine.sure_again

        def find(self, image: Image.Image) -> list[tuple[Crop, float]]:
            sizes.append(image.size)
            return find(image)

    found = find_well(Counting(), photo)
    assert sizes == [(1600, 1200)]
    assert found[0][1] >= faces.finder.sure


def test_a_turned_look_has_to_be_surer() -> None:
    photo = Image.new("RGB", (60, 40))
    square = (Crop(0.25, 0.5, 0.5, 3.0), 0.7)
    finder = _Finder([], [square])
    ((crop, chance),) = find_well(finder, photo)
    assert chance < finder.sure, "it is asked for, and the frame stands there"
    assert (crop.x, crop.y, crop.angle) == pytest.approx((0.5, 0.75, -87))
    surer = _Finder([], [], [], [(square[0], 0.95)])
    ((crop, chance),) = find_well(surer, photo)
    assert chance == 0.95
    assert (crop.x, crop.y, abs(crop.angle)) == pytest.approx((0.75, 0.5, 177))
    assert surer.sizes == [(60, 40), (40, 60), (40, 60), (60, 40)]
    both = _Finder([(Crop(), 0.3)], [(Crop(), 0.92)], [(Crop(), 0.95)])
    assert [chance for _, chance in find_well(both, photo)] == [0.95], "it lies one way"


def test_tiles_cover_the_photo_and_show_every_small_square_whole() -> None:
    for width, height in ((4000, 3000), (3000, 4000), (1000, 300), (1200, 1200), (9000, 1000)):
        tiles = list(tiles_of(width, height))
        longest = max(width, height)
        half = OVERLAP * longest / 2 - 1
        rng = np.random.default_rng(0)
        for x, y in rng.random((300, 2)) * (width, height):
            assert any(
                (left == 0 or left <= x - half)
                and (top == 0 or top <= y - half)
                and (right == width or x + half <= right)
                and (bottom == height or y + half <= bottom)
                for left, top, right, bottom in tiles
            ), (width, height, x, y)


def test_tiles_are_looked_at_where_they_may_show_more() -> None:
    large, small = Image.new("RGB", (LEAST_PX, 400)), Image.new("RGB", (LEAST_PX - 1, 400))
    face, far = (Crop(0.5, 0.5, 0.5), 0.9), (Crop(0.5, 0.5, 0.1), 0.9)
    likely = [(Crop(x, 0.5, 0.1), 0.3) for x in (0.2, 0.8)]

    def looks(photo: Image.Image, wish: bool | None, *found: tuple[Crop, float]) -> int:
        finder = _Finder(list(found))
        find_well(finder, photo, wish)
        return len(finder.sizes)

    tiles = len(list(tiles_of(*large.size)))
    assert looks(large, None, face) == 1
    assert looks(large, None, far) == 1 + tiles
    assert looks(large, None, face, far) == 1
    assert looks(small, None, far) == 1
    assert looks(large, None) == 4, "nothing to be seen: a landscape, say"
    assert looks(large, None, *likely) == 4 + tiles
    assert looks(large, True, face) == 1 + tiles
    assert looks(large, False, far) == 1


def test_few_finds_in_tiles_are_not_believed_where_the_first_look_was_sure_of_nothing() -> None:
    photo = Image.new("RGB", (1000, 400))
    likely = [(Crop(x, 0.5, 0.1), 0.3) for x in (0.2, 0.8)]
    square = [(Crop(0.5, 0.5, 0.2), 0.95)]

    def sure(count: int, wish: bool | None = None) -> int:
        found = find_well(_Finder(likely, [], [], [], *[square] * count), photo, wish)
        return sum(chance >= 0.5 for _, chance in found)

    assert [sure(1), sure(2), sure(3)] == [0, 0, 3]
    assert sure(1, True) == 1, "it was asked for"


def test_what_a_tile_cuts_off_is_left_to_the_next() -> None:
    photo = Image.new("RGB", (1000, 300))
    cut, whole = (Crop(0.98, 0.5, 0.2), 0.95), (Crop(0.5, 0.5, 0.2), 0.85)
    finder = _Finder([(Crop(0.1, 0.5, 0.2), 0.9)], [cut], [whole])
    centres = [round(crop.x * 1000) for crop, _ in find_well(finder, photo, True)]
    left, _, right, _ = list(tiles_of(1000, 300))[1]
    assert centres == [100, (left + right) // 2]
