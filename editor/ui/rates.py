"""How fast clients may go, and the log with them: token buckets."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

KEPT = 4000


class Rates:
    """Token buckets by name, full at first.

    Args:
        clock: gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # tokens, and when they were counted

    def wait(self, name: str, amount: float, most: float, a_second: float) -> float:
        """Take tokens. Return the seconds until they are there, and keep a debt.

        Args:
            name: of the bucket.
            amount: tokens to take.
            most: that the bucket holds.
            a_second: how many come.
        """
        left = self._left(name, most, a_second) - amount
        self._buckets[name] = (left, self.clock())
        return max(-left / a_second, 0.0)

    def try_take(self, name: str, most: float, a_second: float) -> bool:
        """Take one token if there is one. Return whether there was."""
        left = self._left(name, most, a_second)
        self._buckets[name] = (left - 1 if left >= 1 else left, self.clock())
        return left >= 1

    def _left(self, name: str, most: float, a_second: float) -> float:
        now = self.clock()
        if len(self._buckets) > KEPT:
            self._buckets = {k: v for k, v in self._buckets.items() if now - v[1] < 60}
        tokens, at = self._buckets.get(name, (most, now))
        return min(most, tokens + (now - at) * a_second)


class Sparse(logging.Filter):
    """Lets so many lines of a log pass, at once and a minute: strangers must not fill it.

    Args:
        lines: how many.
        clock: gives seconds.
    """

    def __init__(self, lines: int = 20, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.lines, self._rates = lines, Rates(clock)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a line is written."""
        return self._rates.try_take("lines", self.lines, self.lines / 60)
