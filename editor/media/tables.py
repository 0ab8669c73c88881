"""Tables of TIFF, of which EXIF is one, read by hand: of an entry nothing is copied that nobody asked for.

Pillow copies what each entry of a table claims, and makes a Python number of each of its values. Entries may all
claim the same megabyte. All tables that are reached from one header share one budget here.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

import numpy as np

from editor.errors import ImageError

MAX_METADATA_BYTES = 16 * 2**20
MAX_ENTRIES = 2**16  # of all tables of a header; cameras write some hundreds
MAX_NUMBERS = (
    2**20
)  # among their values, of which Python makes objects; a fraction counts four times
MAX_TABLES = 24  # that are reached from one header
START = re.compile(
    rb"II(?:\*\x00|\x00\*|\+\x00)|MM(?:\x00\*|\*\x00|\x00\+)"
)  # all that Pillow takes
TYPE_BYTES = np.zeros(65536, np.uint64)  # of the types of values, by number; 0: not known
TYPE_BYTES[1:14] = (1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4)
TYPE_BYTES[16] = 8
OBJECTS = np.zeros(65536, np.uint64)  # that Python makes of one value
OBJECTS[[3, 4, 6, 8, 9, 11, 12, 13, 16]] = 1
OBJECTS[[5, 10]] = 4
LETTERS = {3: "H", 4: "L", 6: "b", 8: "h", 9: "l", 13: "L", 16: "Q"}  # of `struct`: whole numbers
ASCII, RATIONAL = 2, 5
FURTHER = (0x8769, 0x8825, 0xA005)  # tags that point at further tables: EXIF, GPS, interoperability


class Table:
    """One table: its entries, and where the next one is.

    Args:
        tables: that it belongs to.
        entries: with "tag", "type", "count" and "value".
        first: where the entries begin in the file.
        next_at: where the next table is, from the header; 0 where there is none.
    """

    def __init__(self, tables: Tables, entries: np.ndarray, first: int, next_at: int) -> None:
        self._tables, self._entries, self._first, self.next = tables, entries, first, next_at

    def __contains__(self, tag: object) -> bool:
        return bool((self._entries["tag"] == tag).any())

    def numbers(self, tag: int, most: int = 1) -> list[int]:
        """Return the first whole numbers of each entry of a tag, at most `most` of each entry. [] where there is none."""
        found: list[int] = []
        for kind, count, body in self._bodies(tag, 8 * most):
            if kind in LETTERS:
                letter = LETTERS[kind]
                few = min(count, most, len(body) // struct.calcsize(f"<{letter}"))
                found += struct.unpack_from(f"{self._tables.order}{few}{letter}", body)
        return found

    def number(self, tag: int, otherwise: int = 0) -> int:
        """Return the first whole number of a tag's last entry, which is the one that Pillow takes."""
        return next(reversed(self.numbers(tag)), otherwise)

    def fraction(self, tag: int) -> float:
        """Return the first fraction of a tag's last entry; 0 where there is none."""
        found = [body for kind, _, body in self._bodies(tag, 8) if kind == RATIONAL]
        upper, lower = struct.unpack(f"{self._tables.order}2L", found[-1]) if found else (0, 0)
        return upper / lower if lower else 0.0

    def text(self, tag: int, most: int = 4096) -> bytes:
        """Return the first bytes of the text of a tag's last entry; empty where there is none."""
        texts = [body for kind, _, body in self._bodies(tag, most) if kind == ASCII]
        return texts[-1].split(b"\0")[0] if texts else b""

    def _bodies(self, tag: int, most: int) -> Iterator[tuple[int, int, bytes]]:
        """Yield type, count and the first bytes of each sound entry of a tag."""
        tables, (_, inline) = self._tables, self._tables.sides
        for at in np.flatnonzero(self._entries["tag"] == tag):
            entry = self._entries[at]
            size = int(TYPE_BYTES[entry["type"]]) * int(entry["count"])
            place = self._first + (int(at) + 1) * self._entries.itemsize - inline
            if size > inline:
                place = tables.start + int(entry["value"])
            if 0 < size <= len(tables.data) - place:
                body = tables.data[place : place + min(size, most)]
                yield int(entry["type"]), int(entry["count"]), body


class Tables:
    """Reads the tables of one header, until they claim more than metadata ever has.

    Args:
        data: with the header at `start`.
        start: of the header.
        name: what to call the file in an error.
        most_bytes: that the entries of all tables may claim.

    Raises:
        struct.error: there is no header.
    """

    def __init__(
        self,
        data: bytes,
        start: int = 0,
        name: str = "the picture",
        most_bytes: int = MAX_METADATA_BYTES,
    ) -> None:
        self.data, self.start, self.name = data, start, name
        self.order = "<" if data[start : start + 1] == b"I" else ">"
        self._big = data[start + 2 : start + 3] == b"+"  # as Pillow tells it
        self.sides = (8, 8) if self._big else (2, 4)  # bytes of the count, and of a value
        place, letter = (8, "Q") if self._big else (4, "L")
        (self.first,) = struct.unpack_from(f"{self.order}{letter}", data, start + place)
        self._left = {"bytes": most_bytes, "entries": MAX_ENTRIES, "numbers": MAX_NUMBERS}
        self._tables = MAX_TABLES

    def read(self, at: int) -> Table:
        """Read the table at so many bytes from the header.

        Raises:
            ImageError: the tables that were read claim too much.
            struct.error: there is none.
        """
        self._tables -= 1
        if self._tables < 0:
            raise refused(self.name, f"more than {MAX_TABLES} tables of metadata")
        long, inline = self.sides
        letter = "Q" if self._big else "H"
        (count,) = struct.unpack_from(f"{self.order}{letter}", self.data, self.start + at)
        number = f"{self.order}u{inline}"
        kind = np.dtype(
            [
                ("tag", f"{self.order}u2"),
                ("type", f"{self.order}u2"),
                ("count", number),
                ("value", number),
            ]
        )
        first = self.start + at + long
        count = max(0, min(count, (len(self.data) - first) // kind.itemsize))
        self._spend("entries", count)
        entries = np.frombuffer(self.data, kind, count, first) if count else np.empty(0, kind)
        counts = np.minimum(entries["count"].astype(np.uint64), np.uint64(2**40))
        sizes = TYPE_BYTES[entries["type"]] * counts
        inside = entries["value"].astype(np.float64) + sizes <= len(self.data) - self.start
        there = inside | (sizes <= inline)  # Pillow reads no others
        self._spend("bytes", int(sizes[there].sum()))
        self._spend("numbers", int((OBJECTS[entries["type"]] * counts)[there].sum()))
        end = first + count * kind.itemsize
        nexts = self.data[end : end + inline]
        order = "little" if self.order == "<" else "big"
        return Table(self, entries, first, int.from_bytes(nexts, order))  # type: ignore[arg-type]

    def walk(self) -> Iterator[Table]:
        """Yield the first table and all that Pillow reaches from it by itself. Raise as `read`."""
        ahead, seen = [self.first], set[int]()
        while ahead:
            at = ahead.pop()
            if at in seen or not 0 < at < len(self.data) - self.start:
                continue
            seen.add(at)
            try:
                table = self.read(at)
            except struct.error:
                continue  # cut off: then Pillow leaves it out
            yield table
            for tag in FURTHER:
                ahead += table.numbers(tag)

    def _spend(self, what: str, much: int) -> None:
        self._left[what] -= much
        if self._left[what] < 0:
            raise refused(self.name, "metadata that claims more than the file holds")


def refused(name: str, what: str) -> ImageError:
    """Return what to raise for a file that is made to take memory or time."""
    return ImageError(
        f"{name} holds {what}, as no camera writes it; open it in another program and save it again"
    )


def upright_array(colours: np.ndarray, orientation: int) -> np.ndarray:
    """Turn [H, W, C] as TIFF's orientation 1…8 says, which Pillow does by itself."""
    if orientation in (5, 6, 7, 8):
        colours = colours.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        colours = colours[::-1]
    if orientation in (2, 3, 6, 7):
        colours = colours[:, ::-1]
    return colours
