"""The files of visitors: a private folder with one part a visit, emptied by age.

Every path that comes from a page is checked here, by `VisitFiles.own`.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from editor.errors import InputError, PageFileError
from editor.file_names import unreserved
from editor.files import why
from editor.ui.quotas import Ledger, Quotas, Usage
from editor.ui.run_folders import locked, private_folder, remove_ended_runs, remove_run
from editor.ui.uploads import receiving_into

MAX_PATH = 4096
MAX_NAME_BYTES, MAX_NAME_BYTES_WINDOWS = 200, 90  # there a whole path has 259 characters
NOT_OURS = "this file was not given on this page, or it is deleted by now; give it again"
VISIT = re.compile(r"[0-9a-f]{32}")
COMMON = "0" * 32  # the part of what is of no visit

RECOUNTS = 5  # tries, where files come meanwhile
EXPORTS = 5  # files that a visit made to take home, which are kept; older ones make room
EXPORT = "export-"
SPARE_BYTES = 32 * 2**20  # of the disk, which files of the page leave free

MAX_AT_ONCE = 200  # files of an upload
log = logging.getLogger(__name__)


class VisitFiles:
    """A folder that only this account may enter, with a part for every visit.

    Args:
        base: where runs of the app have their folders; None takes one in the system's temporary
            folder. What runs that have ended left there is removed.
        life_s: age at which files are deleted.
        quotas: bytes that files may have.

    Raises:
        InputError: the folder cannot be made.
    """

    def __init__(
        self,
        base: Path | None = None,
        life_s: float = 6 * 3600,
        quotas: Quotas | None = None,
    ) -> None:
        self.life_s = life_s
        self.ledger = Ledger(quotas or Quotas(), life_s)
        try:
            self.base = private_folder(base)
            remove_ended_runs(self.base)
            self.root = Path(tempfile.mkdtemp(prefix="run-", dir=self.base)).resolve()
            self._lock = locked(self.root)
            weakref.finalize(self, self._lock.close)
        except OSError as error:
            raise InputError(
                f"no folder for the page's files can be made ({error.strerror or error}); choose "
                f"another by --files"
            ) from error
        self._stop = threading.Event()
        self._exporting = threading.Lock()

    def part(self, visit: str) -> Path:
        """Return the folder of a visit. Make it if need be.

        Raises:
            InputError: it cannot be made.
        """
        if not VISIT.fullmatch(visit):
            raise InputError("this visit is not known; reload the page")
        folder = self.root / visit
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise InputError(f"the file cannot be kept here: {why(error)}") from error
        return folder

    def own(self, path: object, visit: str | None = None) -> Path:
        """Return the regular file that a path of a page names.

        Nothing outside the folder is looked at, whatever the path; what is wrong is not told.

        Args:
            path: as the page sent it.
            visit: whose file it has to be; None takes those of all.

        Raises:
            PageFileError: it is no file of the visit.
        """
        folder = self.root if visit is None else self.root / visit
        if not isinstance(path, str) or not 0 < len(path) <= MAX_PATH or "\0" in path:
            raise PageFileError(NOT_OURS)
        plain = Path(os.path.abspath(path))
        if folder not in plain.parents:
            raise PageFileError(NOT_OURS)
        try:
            real = plain.resolve(strict=True)
            kind = real.lstat().st_mode
        except (OSError, RuntimeError, ValueError) as error:
            raise PageFileError(NOT_OURS) from error
        if folder not in real.parents or not stat.S_ISREG(kind):
            raise PageFileError(NOT_OURS)
        return real

    def export(self, visit: str, name: str, data: bytes) -> str:
        """Store a file to be taken home. A visit keeps only the latest few of these.

        The browser has the older ones by then; kept for hours, films would fill the quota of all
        who share an address.
        """
        with self._exporting:
            self._make_room(visit)
            return self.store(visit, name, data, _export_name())

    def to_take_home(self, visit: str, folder: Path) -> Path:
        """Make a visit's folder one that is taken home, as those of `export`. Return where it lies then."""
        with self._exporting:
            self._make_room(visit)
            return folder.rename(folder.with_name(_export_name(folder.name)))

    def _make_room(self, visit: str) -> None:
        old = sorted(self.part(visit).glob(f"{EXPORT}*"))
        for folder in old[: len(old) - EXPORTS + 1] if len(old) >= EXPORTS else ():
            gone = _sum(folder)
            shutil.rmtree(folder, ignore_errors=True)
            self.ledger.removed(visit, *gone)

    def store(self, visit: str, name: str, data: bytes, prefix: str = "") -> str:
        """Keep bytes as a file of a visit, under a name. Return its path.

        Args:
            visit: whose file it is.
            name: as it was called.
            data: its bytes.
            prefix: of the name of its folder.

        Raises:
            InputError: the visit has too many files, or the disk is full.
        """
        with self.ledger.coming(visit, len(data), self.free()) as (_, kept):
            folder = self.part(visit) / f"{prefix}{secrets.token_hex(8)}"
            try:
                folder.mkdir(mode=0o700)
                path = folder / safe_name(name)
                path.write_bytes(data)
            except OSError as error:
                shutil.rmtree(folder, ignore_errors=True)
                raise InputError(f"the file cannot be kept here: {why(error)}") from error
            kept.add(1, len(data))
        return str(path)

    @contextmanager
    def receiving(self, visit: str, size: int) -> Iterator[Path]:
        """Let what is uploaded meanwhile go into a new folder of a visit, see `uploads`.

        What broke off is removed.

        Args:
            visit: whose files they will be.
            size: bytes at most.

        Raises:
            InputError: there is no room, or the folder cannot be made.
        """
        reserved = self.ledger.coming(visit, size, self.free(), MAX_AT_ONCE)
        with reserved as (count, kept):
            folder = self.part(visit) / secrets.token_hex(8)
            try:
                folder.mkdir(mode=0o700)
            except OSError as error:
                raise InputError(f"the file cannot be kept here: {why(error)}") from error
            try:
                with receiving_into(folder, count):
                    yield folder
            finally:
                for left in folder.glob("tmp*"):  # whole files lie one folder deeper
                    with suppress(OSError):
                        left.unlink()
                with suppress(OSError):
                    folder.rmdir()
                kept.add(*_sum(folder))

    def free(self) -> int:
        """Return the bytes that files of the page may have of the disk yet."""
        return shutil.disk_usage(self.root).free - SPARE_BYTES

    def is_full(self) -> bool:
        """Return whether the disk has no more room than has to stay free."""
        return shutil.disk_usage(self.root).free < SPARE_BYTES

    def usage(self, visit: str | None = None) -> tuple[int, int]:
        """Return number and bytes of the files of a visit, or of all, as they lie on the disk."""
        if visit is not None:
            return _sum(self.root / visit)
        count, size = _sum(self.root)
        return count - 1, size  # the lock

    def sweep(self, now: float | None = None) -> int:
        """Delete what is too old, and folders that are empty then. Return how many files went.

        What cannot be deleted is left for the next time, and does not keep the rest.
        """
        now, gone = time.time() if now is None else now, 0
        for entry in [one for one in _files(self.root) if one.path != self._lock.name]:
            with suppress(OSError):
                if now - entry.stat(follow_symlinks=False).st_mtime > self.life_s:
                    os.unlink(entry.path)
                    gone += 1
        for folder, _, _ in os.walk(self.root, topdown=False):
            with suppress(OSError):
                if Path(folder) != self.root and now - os.stat(folder).st_mtime > 600:
                    os.rmdir(folder)  # refused where something is in it
        for _ in range(RECOUNTS):
            changes = self.ledger.changes
            parts = [part for part in self.root.iterdir() if part.is_dir()]
            if self.ledger.recount({part.name: Usage(*_sum(part)) for part in parts}, changes):
                break
        return gone

    def start_sweeping(self, every_s: float = 3600) -> None:
        """Sweep now and by the hour, in a thread that no error ends."""

        def work() -> None:
            while True:
                try:
                    self.sweep()
                    remove_ended_runs(self.base)
                except Exception:
                    log.exception("sweeping the page's files failed; it is tried again")
                if self._stop.wait(every_s):
                    return

        threading.Thread(target=work, name="editor-sweep", daemon=True).start()

    def close(self) -> None:
        """Delete everything of this run."""
        self._stop.set()
        remove_run(self.root, self._lock)


def safe_name(name: str) -> str:
    """Return a file name that any system takes, as near as possible to the given one."""
    last = name.encode("utf-8", "replace").decode().replace("\\", "/").rpartition("/")[2]
    plain = "".join("_" if ord(c) < 32 or c in '<>:"|?*\x7f' else c for c in last).strip(" .")
    stem, dot, suffix = plain.rpartition(".")
    stem = stem if dot else plain
    suffix = f".{suffix[:12]}" if dot else ""
    most = MAX_NAME_BYTES_WINDOWS if sys.platform == "win32" else MAX_NAME_BYTES
    stem = stem.encode()[: most - len(suffix.encode())].decode("utf-8", "ignore")
    return unreserved(((stem or "file") + suffix).rstrip(" ."))


def _export_name(rest: str = "") -> str:
    """Return the name of a folder to be taken home that is made now; they follow in the order of time."""
    return f"{EXPORT}{time.time_ns():020}-{rest}"


def _files(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield every file under a folder. Follow no links."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _files(Path(entry.path))
                else:
                    yield entry
    except OSError:
        return


def _sum(folder: Path) -> tuple[int, int]:
    """Count the files under a folder, and add up their bytes."""
    count = size = 0
    for entry in _files(folder):
        with suppress(OSError):
            size += entry.stat(follow_symlinks=False).st_size
            count += 1
    return count, size
