"""How many files visits, clients and all may have, counted as they come and go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from editor.errors import InputError

MAX_VISITS = 10_000  # without files, whose client is remembered


@dataclass
class Usage:
    """Files, and their bytes."""

    count: int = 0
    size: int = 0

    def add(self, count: int, size: int) -> None:
        """Add to the count and the bytes. Negative numbers take away."""
        self.count += count
        self.size += size


@dataclass(frozen=True)
class Quotas:
    """What there may be.

    Attributes:
        visit: bytes of all files of a visit.
        client: of all of a client.
        whole: of all there are.
        visit_files: how many files a visit may have.
        client_files: a client.
        whole_files: all together.
    """

    visit: int = 2**62
    client: int = 2**62
    whole: int = 2**62
    visit_files: int = 500
    client_files: int = 2000
    whole_files: int = 20_000


class Ledger:
    """What every visit has, and what is on its way; safe among threads.

    Args:
        quotas: that are kept to.
        life_s: age at which files are deleted, for the sentence.
    """

    def __init__(self, quotas: Quotas, life_s: float) -> None:
        self.quotas, self.life_s = quotas, life_s
        self._kept: dict[str, Usage] = {}
        self._coming: dict[str, Usage] = {}
        self._clients: dict[str, str] = {}
        self._lock = threading.Lock()
        self.changes = 0

    def belongs(self, visit: str, client: str) -> None:
        """Note whose a visit is, before it makes files."""
        with self._lock:
            self._clients[visit] = client

    @contextmanager
    def coming(
        self, visit: str, size: int, free: int = 2**62, most: int = 1
    ) -> Iterator[tuple[int, Usage]]:
        """Reserve room for files while they come.

        Args:
            visit: whose files they are.
            size: bytes at most.
            free: bytes that the disk has.
            most: files.

        Yields:
            How many there may be, at most as many as asked for, and a usage to set to what was kept.

        Raises:
            InputError: there is no room.
        """
        with self._lock:
            count = min(self._check(visit, size, free), most)
            self._coming.setdefault(visit, Usage()).add(count, size)
        kept = Usage()
        try:
            yield count, kept
        finally:
            with self._lock:
                self.changes += 1
                self._coming[visit].add(-count, -size)
                if not self._coming[visit].count:
                    del self._coming[visit]
                if kept.count:
                    self._kept.setdefault(visit, Usage()).add(kept.count, kept.size)

    @contextmanager
    def growing(
        self, visit: str, free: Callable[[], int]
    ) -> Iterator[tuple[Callable[[int], None], Usage]]:
        """Count a file of a visit while it grows.

        Args:
            visit: whose file it is.
            free: gives the bytes that the disk has.

        Yields:
            What to call with a number of bytes before they are written, which raises `InputError` where
            they do not fit; and a usage to set to what was kept.

        Raises:
            InputError: there is no room for another file.
        """
        grown = 0

        def more(size: int) -> None:
            nonlocal grown
            with self._lock:
                self._check(visit, size, free(), files=0)
                self._coming[visit].add(0, size)
                grown += size

        with self.coming(visit, 0, free()) as (_, kept):
            try:
                yield more, kept
            finally:
                with self._lock:
                    self._coming[visit].add(0, -grown)

    def removed(self, visit: str, count: int, size: int) -> None:
        """Count files of a visit that were deleted."""
        with self._lock:
            self.changes += 1
            if visit in self._kept:
                self._kept[visit].add(-count, -size)

    def recount(self, kept: dict[str, Usage], changes: int) -> bool:
        """Take over what is there, as after a sweep, unless something has changed meanwhile.

        Visits to which something is coming stay as they are counted: it may be there in part.

        Args:
            kept: by visit.
            changes: of this ledger before it was counted.

        Returns:
            Whether it was taken.
        """
        with self._lock:
            if self.changes != changes:
                return False
            now = {visit: self._kept[visit] for visit in self._coming if visit in self._kept}
            rest = {visit: used for visit, used in kept.items() if visit not in self._coming}
            self._kept = now | rest
            if len(self._clients) > MAX_VISITS:
                living = self._kept.keys() | self._coming.keys()
                self._clients = {k: v for k, v in self._clients.items() if k in living}
        return True

    def _check(self, visit: str, size: int, free: int, files: int = 1) -> int:
        """Refuse more than a visit, client, disk or all may have. Return how many files fit."""
        quotas, mine = self.quotas, self._sum({visit})
        if over := _over(mine, files, size, quotas.visit_files, quotas.visit):
            raise InputError(
                f"this visit has {mine.count} files of {_mb(mine.size)} MB; with this one they would be "
                f"more than the {over} that fit. They are deleted after {self.life_s / 3600:g} hours"
            )
        rooms = [quotas.visit_files - mine.count]
        client = self._clients.get(visit)
        if client is not None:
            theirs = self._sum({one for one, key in self._clients.items() if key == client})
            if over := _over(theirs, files, size, quotas.client_files, quotas.client):
                raise InputError(
                    f"the files from your address would be more than {over}; wait until some are deleted"
                )
            rooms.append(quotas.client_files - theirs.count)
        if size > free:
            raise InputError(
                "the disk of this page is full; the file cannot be kept. Tell its owner"
            )
        everything = self._sum(self._kept.keys() | self._coming.keys())
        if _over(everything, files, size, quotas.whole_files, quotas.whole):
            raise InputError("this page has no room for more files at present; try again later")
        return min(*rooms, quotas.whole_files - everything.count)

    def _sum(self, visits: set[str]) -> Usage:
        total = Usage()
        for part in (self._kept, self._coming):
            for visit in visits & part.keys():
                total.add(part[visit].count, part[visit].size)
        return total


def _over(used: Usage, files: int, size: int, most: int, most_bytes: int) -> str:
    """Return in words the limit that more files and bytes would break, or an empty text."""
    if used.count + files > most:
        return f"{most} files"
    return f"{_mb(most_bytes)} MB" if used.size + size > most_bytes else ""


def _mb(size: int) -> int:
    return size // 2**20
