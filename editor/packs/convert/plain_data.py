"""What an inert reader found, turned into plain data within limits: texts, numbers, arrays, lists and dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from editor.packs.convert.inert import Refused

MAX_ITEMS = 100_000
MAX_DEPTH = 16
MAX_BITS = 64  # of a whole number


class PlainData:
    """Turns what was read into plain data, and counts what it makes.

    Args:
        most_bytes: of all arrays together.
        leaf: turns anything else into plain data, or raises; given the value, what to call it, this, and
            how deep it lies.
    """

    def __init__(self, most_bytes: int, leaf: Callable[[Any, str, PlainData, int], Any]) -> None:
        self._leaf = leaf
        self._items, self._bytes, self._most_bytes = MAX_ITEMS, most_bytes, most_bytes

    def of(self, value: Any, name: str, depth: int = 0) -> Any:
        """Return a value as plain data: tuples are lists, and keys are texts.

        Args:
            value: that was read.
            name: where it was, for an error.
            depth: in how many others it lies.

        Raises:
            Refused: it holds more items or bytes than the limits, or nests too deeply.
        """
        self._items -= 1
        if self._items < 0 or depth > MAX_DEPTH:
            raise Refused(
                f"it holds more than {MAX_ITEMS} items, or they nest more than {MAX_DEPTH} deep"
            )
        if value is None or isinstance(value, (bool, float, str)):
            return value
        if isinstance(value, int):
            if value.bit_length() > MAX_BITS:
                raise Refused(f"'{name[:60]}' is a number of more than {MAX_BITS} bits")
            return value
        if isinstance(value, (list, tuple)):
            return [self.of(one, f"{name[:60]} {i}", depth + 1) for i, one in enumerate(value, 1)]
        if isinstance(value, Mapping):
            return {str(key): self.of(one, str(key), depth + 1) for key, one in value.items()}
        return self._leaf(value, name, self, depth)

    def charge(self, count: int) -> None:
        """Count the bytes of an array before it is made; one that is named often is copied as often.

        Raises:
            Refused: they are more than the limit.
        """
        self._bytes -= count
        if self._bytes < 0:
            raise Refused(f"it holds more than {self._most_bytes // 2**20} MB of arrays")
