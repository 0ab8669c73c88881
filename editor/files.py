"""Files in and out: reading with a limit, writing whole or not at all, plain words for what fails."""

from __future__ import annotations

import errno
import itertools
import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NoReturn

from editor.errors import EditorError, InputError, StorageError

CHUNK = 2**20
FULL = {
    errno.ENOSPC: "the disk is full",
    getattr(errno, "EDQUOT", errno.ENOSPC): "the disk is full, or its quota for you",
    errno.EFBIG: "no file of this size may be written here",
}
MAX_TEMPORARY_NAME = 120
PAUSES_S = (0.01, 0.05, 0.2, 0.5)
LEFT_S = (
    24 * 3600.0
)  # age from which a temporary file is nobody's, where processes cannot be asked for
_numbers = itertools.count()
_in_use: set[str] = set()


@contextmanager
def open_regular(
    path: str | Path, most_bytes: int, error: type[EditorError] = InputError
) -> Iterator[BinaryIO]:
    """Open a file that a user names, for as long as a `with` lasts. Refuse a pipe rather than wait.

    Args:
        path: the file.
        most_bytes: refuse a larger one.
        error: what to raise; its text names the file without its folder.

    Raises:
        EditorError: it is missing, may not be read, is no regular file (a folder, pipe or device),
            or is too large. The type is the one asked for.
    """
    file = _opened(path, most_bytes, error)
    with file:
        yield file


def read_regular(path: str | Path, most_bytes: int, error: type[EditorError] = InputError) -> bytes:
    """Read a file that `open_regular` would open. Never read more than the limit, even if it grows.

    Raises:
        EditorError: as `open_regular`.
    """
    left, parts = most_bytes + 1, []
    with open_regular(path, most_bytes, error) as file:
        size = max(os.fstat(file.fileno()).st_size + 1, CHUNK)
        try:
            while left > 0 and (part := file.read(min(size, left))):
                parts.append(part)
                left -= len(part)
        except OSError as failed:
            raise error(f"{shown_name(path)} cannot be read: {why(failed)}") from failed
    if left <= 0:
        raise error(too_large(shown_name(path), most_bytes + 1, most_bytes))
    return parts[0] if len(parts) == 1 else b"".join(parts)


def shown_name(path: str | Path) -> str:
    """Return what to call a file in an error: its name without its folder."""
    return plain_text(Path(path).name)[:80] or "the file"


def too_large(name: str, size: int, most_bytes: int) -> str:
    """Return the sentence that says that a file is too large to be read."""
    return f"{name} has {_size(size)}; at most {_size(most_bytes)} are read"


def plain_text(text: str) -> str:
    """Return a text that any file can hold: lone surrogates become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def why(error: Exception) -> str:
    """Say in words why something failed. The words for an error of the system leave out the path."""
    if not isinstance(error, OSError) or error.errno is None:
        return str(error)
    said = error.strerror or type(error).__name__
    if error.errno in FULL:
        return f"{FULL[error.errno]} ({said}). Make room and try again"
    return said


def is_full(error: BaseException) -> bool:
    """Return whether an error says that the disk takes no more."""
    return isinstance(error, OSError) and error.errno in FULL


@contextmanager
def telling_full(path: Path) -> Iterator[None]:
    """Turn the error of a full disk into a `StorageError`. Other errors stay as they are.

    Args:
        path: what is being written.

    Raises:
        StorageError: the disk takes no more.
    """
    try:
        yield
    except OSError as error:
        if not is_full(error):
            raise
        raise StorageError(f"{path.name} was not saved: {why(error)}") from error


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, under a temporary name beside it first. Folders are made.

    Raises:
        StorageError: the disk is full; nothing is left behind.
        OSError: it cannot be written; nothing is left behind.
    """
    with writing_whole(path) as temporary, temporary.open("wb") as file:
        file.write(data)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all.

    Raises:
        StorageError: the disk is full.
    """
    write_whole(path, text.encode("utf-8", "replace"))


@contextmanager
def writing_whole(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to, which becomes the file when the `with` ends well.

    What is written is on the disk before it takes the file's name, so that a power cut leaves the
    old file or the new one. What killed processes left behind is removed.

    Args:
        path: the file; folders are made.

    Raises:
        StorageError: the disk is full; nothing is left behind.
        OSError: it cannot be written; nothing is left behind.
    """
    with telling_full(path), temporary_beside(path) as temporary:
        yield temporary
        _sync(temporary)
        take_name(temporary, path)
        _sync_folder(path.parent)


def take_name(temporary: Path, path: Path) -> None:
    """Rename a file or folder over another.

    Windows refuses that while a program has the old one open, as scanners and viewers do for a moment:
    there it is tried for some time.

    Raises:
        OSError: it cannot be renamed.
    """
    for pause_s in () if sys.platform != "win32" else PAUSES_S:
        try:
            os.replace(temporary, path)
            return
        except PermissionError:
            time.sleep(pause_s)
    os.replace(temporary, path)


@contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """Give an unused path beside a file or folder. Whatever is there at the end is removed.

    Args:
        path: the file or folder; folders above it are made.
    """
    short = path.name[:MAX_TEMPORARY_NAME]
    temporary = path.with_name(f".{short}.{os.getpid()}-{next(_numbers)}.tmp")
    _in_use.add(temporary.name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path)
        yield temporary
    finally:
        _remove(temporary)
        _in_use.discard(temporary.name)


def sweep(path: Path) -> None:
    """Remove what processes that are gone left beside a file under temporary names."""
    name = re.compile(rf"\.{re.escape(path.name[:MAX_TEMPORARY_NAME])}\.(\d+)(-\d+)?\.tmp")
    with suppress(OSError):
        for entry in list(os.scandir(path.parent)):
            found = name.fullmatch(entry.name)
            if found and entry.name not in _in_use and not _lives(int(found[1]), entry):
                _remove(Path(entry.path))


def sync_tree(folder: Path) -> None:
    """Make the system write the files of a folder to the disk.

    Raises:
        OSError: it cannot, as on a full disk.
    """
    for path in folder.rglob("*"):
        if path.is_file():
            _sync(path)


def _opened(path: str | Path, most_bytes: int, error: type[EditorError]) -> BinaryIO:
    name, flags = shown_name(path), os.O_RDONLY
    for flag in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"):
        flags |= getattr(os, flag, 0)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # opening a device alone may do something
            _refuse(name, error)
        file = os.fdopen(os.open(path, flags), "rb", buffering=0)
    except (OSError, ValueError) as failed:  # ValueError: a name with a null character
        raise error(f"{name} cannot be read: {why(failed)}") from failed
    seen = os.fstat(file.fileno())  # of what was opened, not of what had the name before
    if stat.S_ISREG(seen.st_mode) and seen.st_size <= most_bytes:
        return file
    file.close()
    if stat.S_ISREG(seen.st_mode):
        raise error(too_large(name, seen.st_size, most_bytes))
    _refuse(name, error)


def _refuse(name: str, error: type[EditorError]) -> NoReturn:
    raise error(f"{name} is not a regular file, but a folder, pipe or device; give a file")


def _size(count: int) -> str:
    return f"{count // 2**20} MB" if count >= 10 * 2**20 else f"{count} bytes"


def _lives(process: int, entry: os.DirEntry[str]) -> bool:
    """Return whether another process of this number runs. For this process itself the answer is no.

    Args:
        process: its number.
        entry: what it left.
    """
    if process == os.getpid() or process <= 0:
        return False
    if sys.platform == "win32":
        return time.time() - entry.stat().st_mtime < LEFT_S  # there, asking would end it
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # another user's
    return True


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """Make the system write a renaming to the disk, where it lets folders be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
