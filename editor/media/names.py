"""Names of files that are taken home: after the photo and what was done, of characters that any disk takes."""

from __future__ import annotations

from collections.abc import Callable

from editor.file_names import unreserved

MAX_STEM = 80


def plain_stem(name: str) -> str:
    """Return a name of characters that any disk takes, without suffix."""
    plain = "".join(c if c.isalnum() or c in "-_+.,() " else "_" for c in name).strip(" .")
    return unreserved(plain[:MAX_STEM].strip(" .") or "picture")


def done_stem(name: str, done: str) -> str:
    """Return the name of a photo and what was done, such as "holiday smile+2".

    Of a long name of a photo so much is kept that what was done has room.

    Args:
        name: of the photo, without suffix.
        done: in a few words.
    """
    rest = plain_stem(done)[: MAX_STEM // 2]
    return f"{plain_stem(name)[: MAX_STEM - 1 - len(rest)].rstrip(' .')} {rest}"


def free_name(wanted: str, suffix: str, is_taken: Callable[[str], bool]) -> str:
    """Return a file's name, numbered where it is taken: "a.jpg", "a (2).jpg"."""
    name, number = f"{wanted}{suffix}", 1
    while is_taken(name):
        number += 1
        name = f"{wanted} ({number}){suffix}"
    return name
