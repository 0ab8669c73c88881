from __future__ import annotations

import pytest

from editor.media.names import MAX_STEM, done_stem, free_name, plain_stem


def test_a_name_says_the_photo_and_what_was_done() -> None:
    assert done_stem("holiday", "smile+2") == "holiday smile+2"
    assert done_stem("été à Zürich", "age-1.5") == "été à Zürich age-1.5"


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("../é/b", "_é_b"),
        ('a<b>:"c"|d?*\\e', "a_b___c__d___e"),
        ("line\nbreak\0", "line_break_"),
        (" . ", "picture"),
        ("con", "_con"),
        ("LPT1.old", "_LPT1.old"),
        ("console", "console"),
    ],
)
def test_names_are_of_characters_that_any_disk_takes(name: str, plain: str) -> None:
    assert plain_stem(name) == plain


def test_a_long_name_leaves_room_for_what_was_done() -> None:
    made = done_stem("x" * 300, "smile+2")
    assert made.endswith("x smile+2")
    assert len(made) == MAX_STEM


def test_a_taken_name_is_numbered() -> None:
    taken = {"holiday smile+2.jpg", "holiday smile+2 (2).jpg"}
    assert free_name("holiday smile+2", ".jpg", taken.__contains__) == "holiday smile+2 (3).jpg"
    assert free_name("holiday smile+2", ".png", taken.__contains__) == "holiday smile+2.png"
