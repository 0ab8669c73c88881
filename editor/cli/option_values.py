"""Where the values of an option that takes several end, so that files may follow them: --move smile=1 photo.jpg."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import takewhile

ALIGNMENTS = ("ffhq", "tight")


def ended(argv: Sequence[str]) -> list[str]:
    """Return arguments in which the options of `VALUES` hold what has the form of their values, and no more.

    argparse would take all that follows, up to the next option.
    """
    found: list[str] = []
    left = list(argv)
    while left:
        item = left.pop(0)
        if item == "--":
            return [*found, item, *left]
        count = VALUES[item](left) if item in VALUES else 0
        found += [f"{item}={value}" for value in left[:count]] or [item]
        del left[:count]
    return found


def _pairs(left: list[str]) -> int:
    return sum(1 for _ in takewhile(lambda item: "=" in item and item[0] != "-", left))


def _whole(left: list[str]) -> int:
    return sum(1 for _ in takewhile(str.isdecimal, left))


def _alignment(left: list[str]) -> int:
    if left and left[0].lower() in ALIGNMENTS:
        return 1
    return sum(1 for _ in takewhile(_is_number, left[:2]))


def _is_number(item: str) -> bool:
    with suppress(ValueError):
        float(item)
        return True
    return False


# each with nargs="+" and action="extend": it comes once for every value
VALUES: dict[str, Callable[[list[str]], int]] = {
    "--alignment": _alignment,
    "--code": _whole,
    "--keep": _pairs,
    "--move": _pairs,
}
