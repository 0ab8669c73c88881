"""Folders that only this account may enter, one for every run of the app, held by a lock."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO


def remove_ended_runs(base: Path) -> None:
    """Remove the folders of runs that have ended: nobody holds their lock."""
    for folder in base.glob("run-*"):
        with suppress(OSError):
            if _is_ours(folder) and (lock := _try_lock(folder)) is not None:
                remove_run(folder, lock)


def remove_run(folder: Path, lock: IO[bytes]) -> None:
    """Remove the folder of a run whose lock is held, and let the lock go."""
    shutil.rmtree(folder, ignore_errors=True)
    lock.close()
    if folder.exists():  # Windows removes no file that is open, such as the lock
        shutil.rmtree(folder, ignore_errors=True)


def private_folder(base: Path | None) -> Path:
    """Return a folder of mode 0700 that is ours. Make another where the usual one is not."""
    if base is not None:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        return base.resolve()
    user = getattr(os, "getuid", lambda: "user")()
    usual = Path(tempfile.gettempdir()) / f"in-domain-editor-{user}"
    with suppress(OSError):
        usual.mkdir(mode=0o700, exist_ok=True)
        if _is_ours(usual):
            usual.chmod(0o700)
            return usual.resolve()
    return Path(tempfile.mkdtemp(prefix="in-domain-editor-")).resolve()


def _is_ours(folder: Path) -> bool:
    info = folder.lstat()
    mine = not hasattr(os, "getuid") or info.st_uid == os.getuid()
    return stat.S_ISDIR(info.st_mode) and mine


def locked(folder: Path) -> IO[bytes]:
    """Return the lock file of a run's folder, held.

    Raises:
        OSError: another process holds it, or it cannot be made.
    """
    lock = _try_lock(folder, make=True)
    if lock is None:
        raise OSError(f"{folder} is used by another run")
    return lock


def _try_lock(folder: Path, make: bool = False) -> IO[bytes] | None:
    """Return the lock file of a run's folder, held, or None where another process holds it.

    A folder without one is of a run that is just starting, until it is a minute old.
    """
    path = folder / ".lock"
    if not make and not path.exists() and time.time() - folder.stat().st_mtime < 60:
        return None
    file = path.open("ab")
    try:
        _hold(file)
    except OSError:
        file.close()
        return None
    return file


def _hold(file: IO[bytes]) -> None:
    """Lock a file for this process.

    Raises:
        OSError: another process holds it.
    """
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
