"""How many files visits, clients and all may have, counted as they come and go."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from editor.errors import InputError

MAX_FILES = 500  # of one visit
MAX_CLIENT_FILES = 2_000
MAX_ALL_FILES = 20_000
MAX_VISITS = 10_000  # without files, whose client is remembered


@dataclass
class Usage:
    """Files, and their bytes."""

    count: int = 0
    size: int = 0

    def add(self, count: int, size: int) -> None:
        """Count more, or fewer."""
        self.count += count
        self.size += size


@dataclass(frozen=True)
class Quotas:
    """Bytes that files may have.

    Attributes:
        visit: all files of a visit.
        client: all of a client.
        whole: all there are.
    """

    visit: int = 2**62
    client: int = 2**62
    whole: int = 2**62


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

    @contextmanager
    def coming(self, visit: str, size: int, client: str = "", free: int = 2**62) -> Iterator[Usage]:
        """Reserve room for files while they come; what is yielded is set to what was kept.

        Args:
            visit: whose files they are.
            size: bytes at most.
            client: whose visit it is; empty for the one that was named last.
            free: bytes that the disk has.

        Raises:
            InputError: there is no room.
        """
        with self._lock:
            if client:
                self._clients[visit] = client
            self._check(visit, size, free)
            self._coming.setdefault(visit, Usage()).add(1, size)
        kept = Usage()
        try:
            yield kept
        finally:
            with self._lock:
                self._coming[visit].add(-1, -size)
                if not self._coming[visit].count:
                    del self._coming[visit]
                if kept.count:
                    self._kept.setdefault(visit, Usage()).add(kept.count, kept.size)

    def recount(self, kept: dict[str, Usage]) -> None:
        """Take what is there now, as after a sweep.

        Args:
            kept: by visit.
        """
        with self._lock:
            self._kept = kept
            if len(self._clients) > MAX_VISITS:
                living = self._kept.keys() | self._coming.keys()
                self._clients = {k: v for k, v in self._clients.items() if k in living}

    def _check(self, visit: str, size: int, free: int) -> None:
        """Refuse more than a visit, a client, the disk, or all may have."""
        quotas, mine = self.quotas, self._sum({visit})
        if over := _over(mine, size, MAX_FILES, quotas.visit):
            raise InputError(
                f"this visit has {mine.count} files of {_mb(mine.size)} MB; with this one they would be "
                f"more than the {over} that fit. Remove some, or wait: they are deleted after "
                f"{self.life_s / 3600:g} hours"
            )
        client = self._clients.get(visit)
        if client is not None:
            theirs = self._sum({one for one, key in self._clients.items() if key == client})
            if over := _over(theirs, size, MAX_CLIENT_FILES, quotas.client):
                raise InputError(
                    f"the files from your address would be more than {over}; wait until some are deleted"
                )
        if size > free:
            raise InputError(
                "the disk of this page is full; the file cannot be kept. Tell its owner"
            )
        everything = self._sum(self._kept.keys() | self._coming.keys())
        if _over(everything, size, MAX_ALL_FILES, quotas.whole):
            raise InputError("this page has no room for more files at present; try again later")

    def _sum(self, visits: set[str]) -> Usage:
        total = Usage()
        for part in (self._kept, self._coming):
            for visit in visits & part.keys():
                total.add(part[visit].count, part[visit].size)
        return total


def _over(used: Usage, size: int, most: int, most_bytes: int) -> str:
    """The limit that one more file of a size would break, in words; empty for none."""
    if used.count >= most:
        return f"{most} files"
    return f"{_mb(most_bytes)} MB" if used.size + size > most_bytes else ""


def _mb(size: int) -> int:
    return size // 2**20
