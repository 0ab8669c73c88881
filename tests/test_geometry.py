"""Squares around faces: by landmarks, by quads, and which of the two is taken."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

from editor.errors import OptionError
from editor.geometry import FFHQ, TIGHT, Alignment, five_points, known_square
from tests.conftest import SHARED

POINTS = [[80.0, 60.0], [120.0, 60.0], [100.0, 85.0], [85.0, 110.0], [115.0, 110.0]]
QUAD = [[10.0, 20.0], [10.0, 80.0], [70.0, 80.0], [70.0, 20.0]]
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared")


def test_the_numbers_move_and_size_the_square() -> None:
    """The eyes are 40 px apart, the mouth 50 px below them: 1.8 · 50 is more than 2 · 40."""
    tight, head = TIGHT.square(POINTS), FFHQ.square(POINTS)
    assert (head.x, head.y, head.side) == pytest.approx((100, 65, 180))
    assert tight.side == pytest.approx(0.64 * head.side)
    assert (tight.y, tight.angle, head.angle) == pytest.approx((78, 0, 0))


@pytest.mark.parametrize(
    "values", [[0.1, 0.1], [5, 0], [1, 3], [float("nan"), 0], [1, float("inf")], [1], "1 0", None]
)
def test_other_numbers_are_refused(values: object) -> None:
    with pytest.raises(OptionError, match="alignment"):
        Alignment.of(values)


def test_values_are_what_files_hold() -> None:
    assert Alignment.of(json.loads(json.dumps(FFHQ.values()))) == FFHQ
    assert Alignment.of([1, 0]).values() == [1.0, 0.0]


def test_the_quad_is_taken_where_it_was_made_so_else_the_landmarks() -> None:
    both = {"quad": QUAD, "landmarks": POINTS}
    for wished in (None, TIGHT):
        assert known_square("a", both, wished).side == pytest.approx(60)
    assert known_square("a", both, FFHQ) == FFHQ.square(POINTS)
    of_heads = both | {"alignment": [1.0, 0.1]}
    assert known_square("a", of_heads, FFHQ).side == pytest.approx(60)
    assert known_square("a", of_heads, TIGHT) == TIGHT.square(POINTS)
    flat = {"landmarks": [value for point in POINTS for value in point]}
    assert known_square("a", flat, TIGHT) == TIGHT.square(POINTS)


@pytest.mark.parametrize(
    ("entry", "wished", "said"),
    [
        ({"quad": QUAD}, FFHQ, r"a\.png has no quad of the alignment \[1\.0, 0\.1\], no landmarks"),
        ({"landmarks": POINTS}, None, r"a\.png has no quad; write"),
        ("text", TIGHT, r"a\.png has no quad"),
        ({"quad": QUAD[:3]}, None, r"the quad of a\.png are not 4 points"),
        ({"landmarks": POINTS[:4]}, FFHQ, r"the landmarks of a\.png are not 5 points"),
        ({"landmarks": [["x", 1]] * 5}, FFHQ, "not 5 points"),
        ({"landmarks": [[float("nan"), 1.0]] * 5}, FFHQ, "not 5 points"),
        ({"landmarks": [[7.0, 7.0]] * 5}, FFHQ, "without size"),
    ],
)
def test_a_photo_whose_square_is_not_known(
    entry: object, wished: Alignment | None, said: str
) -> None:
    with pytest.raises(OptionError, match=said):
        known_square("a.png", entry, wished)


@needs_shared
def test_computed_squares_are_those_of_the_photos() -> None:
    with zipfile.ZipFile(SHARED / "photos_unaligned.zip") as archive:
        known = json.loads(archive.read("alignment.json"))
    for name, entry in known.items():
        computed = known_square(name, {"landmarks": entry["landmarks"]}, TIGHT)
        assert np.allclose(computed.quad(), known_square(name, entry, TIGHT).quad(), atol=0.05)
        head = known_square(name, entry, FFHQ)
        assert head.side == pytest.approx(computed.side / 0.64)


@needs_shared
@pytest.mark.parametrize("name", ["heads256_test", "heads256_train", "heads256_synthetic"])
def test_a_head_fills_its_picture(name: str) -> None:
    """FFHQ's own aligner used 68 landmarks; by five of YuNet's, squares scatter around the picture."""
    with zipfile.ZipFile(SHARED / f"{name}.zip") as archive:
        facts = json.loads(archive.read("dataset.json"))["facts"]
    poses = [FFHQ.square(five_points(key, row["landmarks"])) for key, row in facts.items()]
    sides, tilts = np.array([p.side for p in poses]), np.degrees([p.angle for p in poses])
    centres = np.array([(p.x, p.y) for p in poses])
    assert sides.mean() == pytest.approx(256, abs=5)
    assert sides.std() < 16
    assert abs(sides - 256).max() < 50
    assert abs(tilts.mean()) < 1
    assert np.mean(abs(tilts) < 5) > 0.94
    assert np.allclose(centres.mean(axis=0), 128, atol=3)
    assert abs(centres - 128).max() < 20
    tight = [TIGHT.square(five_points(key, row["landmarks"])).side for key, row in facts.items()]
    assert np.mean(tight) < 170
