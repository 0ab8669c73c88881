"""What Windows lacks and refuses, put on the process that runs this: names, locks, open files.

`install()` is called after third-party packages were imported; of what they do later they get the same.
It stands in for a Windows that nobody here has; it is no proof.
"""

from __future__ import annotations

import asyncio
import builtins
import ctypes
import io
import os
import shutil
import signal
import socket
import sys
import types
from typing import Any

# names of the standard library that Windows does not have
LACKING = {
    "os": "chown chroot ctermid fchdir fchmod fchown fdatasync fork forkpty fpathconf fstatvfs getegid geteuid "
    "getgid getgroups getloadavg getpgid getpgrp getpriority getsid getuid initgroups killpg lchown "
    "lockf mkfifo mknod nice openpty pathconf pidfd_open pipe2 posix_fadvise posix_fallocate posix_spawn "
    "posix_spawnp pread preadv pwrite pwritev readv sched_getaffinity sched_setaffinity sched_yield sendfile "
    "setegid seteuid setgid setgroups setpgid setpriority setregid setresuid setreuid setsid setuid statvfs "
    "sync sysconf tcgetpgrp tcsetpgrp ttyname uname wait wait3 wait4 waitid writev "
    "O_ASYNC O_CLOEXEC O_DIRECT O_DIRECTORY O_DSYNC O_NDELAY O_NOATIME O_NOCTTY O_NOFOLLOW O_NONBLOCK O_PATH "
    "O_RSYNC O_SYNC O_TMPFILE WEXITSTATUS WIFEXITED WIFSIGNALED WNOHANG",
    "signal": "ITIMER_REAL SIGALRM SIGBUS SIGCHLD SIGCONT SIGHUP SIGIO SIGKILL SIGPIPE SIGPROF SIGQUIT SIGSTOP "
    "SIGTSTP SIGTTIN SIGTTOU SIGURG SIGUSR1 SIGUSR2 SIGWINCH alarm getitimer pause pthread_kill "
    "pthread_sigmask setitimer sigpending sigwait sigwaitinfo",
    "socket": "SO_REUSEPORT",  # AF_UNIX as well, but asyncio cannot do without it here
}  # fmt: skip
MODULES = frozenset(
    ("_posixsubprocess", "crypt", "fcntl", "grp", "nis", "posix", "pty", "pwd", "readline")
) | {"resource", "spwd", "syslog", "termios", "tty"}
DEVICES = {"con", "prn", "aux", "nul", *(f"{p}{n}" for p in ("com", "lpt") for n in range(1, 10))}
MAX_PATH = 259


def _open_files() -> set[str]:
    found = set()
    for number in os.listdir("/proc/self/fd"):
        try:
            found.add(os.readlink(f"/proc/self/fd/{number}"))
        except OSError:
            continue
    return found


def _check_name(path: Any) -> None:
    """Refuse a file that Windows would not make."""
    if isinstance(path, int):
        return
    text = os.path.abspath(os.fsdecode(path))
    if text.startswith(("/proc/", "/dev/", "/sys/")):
        raise FileNotFoundError(2, "there is no such folder on Windows", text)
    name = os.path.basename(text)
    bad = name.split(".")[0].strip().lower() in DEVICES or name != name.rstrip(" .")
    if bad or any(c in '<>:"|?*' or ord(c) < 32 for c in name):
        raise OSError(22, "Windows takes no such name", text)
    if len(text) > MAX_PATH:
        raise FileNotFoundError(2, "the path is too long for Windows", text)


def _check_free(path: Any) -> None:
    """Refuse to remove or replace what is open, as Windows does."""
    real = os.path.realpath(os.fsdecode(path))
    if any(one == real or one.startswith(f"{real}/") for one in _open_files()):
        raise PermissionError(13, "another program has it open", real)


def _patch_files() -> None:
    real = types.SimpleNamespace(
        open=io.open, low=os.open, mkdir=os.mkdir, unlink=os.unlink, replace=os.replace,
        rename=os.rename, cdll=ctypes.CDLL,
    )  # fmt: skip
    statvfs = os.statvfs

    def opened(file: Any, mode: str = "r", *more: Any, **options: Any) -> Any:
        _check_name(file)
        return real.open(file, mode, *more, **options)

    def low(path: Any, flags: int, *more: Any, **options: Any) -> int:
        _check_name(path)
        if os.path.isdir(path):
            raise PermissionError(13, "a folder is not opened", path)
        return real.low(path, flags, *more, **options)

    def made(path: Any, mode: int = 0o777, **options: Any) -> None:
        _check_name(path)
        real.mkdir(path, mode, **options)

    def gone(path: Any, **options: Any) -> None:
        _check_free(path)
        real.unlink(path, **options)

    def over(source: Any, target: Any, **options: Any) -> None:
        _check_name(target)
        _check_free(source)
        _check_free(target)
        real.replace(source, target, **options)

    def renamed(source: Any, target: Any, **options: Any) -> None:
        if os.path.exists(target):
            raise FileExistsError(17, "there is one", target)
        over(source, target, **options)

    def library(name: Any, *more: Any, **options: Any) -> Any:
        if name is None:
            raise TypeError("bad argument type for built-in operation")
        return real.cdll(name, *more, **options)

    def usage(path: Any) -> Any:
        found = statvfs(path)
        return types.SimpleNamespace(free=found.f_bavail * found.f_frsize)

    builtins.open = io.open = opened
    shutil.disk_usage = usage  # which has its own way there
    os.open, os.mkdir, os.unlink, os.remove = low, made, gone, gone
    os.replace, os.rename, ctypes.CDLL = over, renamed, library
    shutil._use_fd_functions = False
    os.supports_dir_fd = set()
    os.supports_follow_symlinks = {os.stat}


def _fake_locks() -> types.ModuleType:
    """`msvcrt` with its locks, by those of this system."""
    import fcntl

    module = types.ModuleType("msvcrt")
    module.LK_NBLCK = 2

    def locking(number: int, mode: int, count: int) -> None:
        assert (mode, count) == (2, 1)
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)

    module.locking = locking
    return module


def install() -> None:
    """Take from this process what Windows does not have."""
    sys.modules["msvcrt"] = _fake_locks()
    _patch_files()
    for module in (os, signal, socket):
        for name in LACKING[module.__name__].split():
            vars(module).pop(name, None)
    for name in MODULES:
        sys.modules[name] = None
    sys.platform = "win32"
    asyncio.ProactorEventLoop = asyncio.SelectorEventLoop
    signal.SIGBREAK = signal.SIGTERM
    socket.SO_EXCLUSIVEADDRUSE = socket.SO_REUSEADDR
