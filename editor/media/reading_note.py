"""How the editor reads a photo's file, noted behind its last byte: turned by quarters, with which levels.

The file itself stays as it was, in its own format, with its depth and all that it says. The note is a free box of
ISO's media files, which every decoder passes over, as others pass over what follows their picture.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

from editor.media.deep import Key
from editor.media.levels import Levels

NOTE_BYTES = 256
START = NOTE_BYTES.to_bytes(4, "big") + b"free" + b"in-domain-editor reads "


@dataclass(frozen=True)
class ReadingNote:
    """How a file is read.

    Attributes:
        quarters: 0…3, by which the upright photo is turned clockwise.
        levels: kind of its samples, and which values are black and white; None where it says so itself.
    """

    quarters: int = 0
    levels: tuple[Key, Levels] | None = None

    def turned(self, quarters: int) -> ReadingNote:
        """Return the note of a photo that is turned by so many quarters more."""
        return replace(self, quarters=(self.quarters + quarters) % 4)


PLAIN = ReadingNote()


def with_note(data: bytes, note: ReadingNote) -> bytes:
    """Return a file with a note in place of the one that it has; a plain one leaves none."""
    data = without_note(data)
    if note == PLAIN:
        return data
    levels = note.levels and (*note.levels[0], note.levels[1].black, note.levels[1].white)
    text = json.dumps([note.quarters, levels]).encode()
    return data + START + text.rjust(NOTE_BYTES - len(START))


def without_note(data: bytes) -> bytes:
    """Return a file as it was before it was noted how to read it."""
    return data[:-NOTE_BYTES] if data[-NOTE_BYTES:].startswith(START) else data


def read_note(data: bytes) -> ReadingNote:
    """Return how a file, or its end, is to be read. A note that makes no sense is none."""
    end = data[-NOTE_BYTES:]
    if not end.startswith(START):
        return PLAIN
    try:
        quarters, levels = json.loads(end[len(START) :])
        if type(quarters) is not int or not 0 <= quarters < 4:
            return PLAIN
        return ReadingNote(quarters, None if levels is None else _levels(*levels))
    except (ValueError, TypeError, ArithmeticError):
        return PLAIN


def is_noted(path: str | Path) -> bool:
    """Return whether a file says how it is to be read."""
    with Path(path).open("rb") as file:
        file.seek(0, 2)
        file.seek(max(file.tell() - NOTE_BYTES, 0))
        return read_note(file.read()) != PLAIN


def _levels(
    kind: str, bits: int, number: int, channels: int, black: float, white: float
) -> tuple[Key, Levels]:
    levels = Levels(float(black), float(white))
    if not (math.isfinite(levels.black) and levels.black < levels.white < math.inf):
        raise ValueError("no levels")
    return (str(kind), int(bits), int(number), int(channels)), levels
