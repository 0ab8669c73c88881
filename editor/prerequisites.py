"""What has to be there before the rest is imported: a Python that can read it, and its packages.

Python 3.8 has to be able to read this file, `editor/__init__`, `editor/__main__` and app.py.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

OLDEST = (3, 11)
# what requirements.txt installs, as it is imported, and what comes with it
REQUIRED = frozenset(
    [
        "PIL",
        "av",
        "fastapi",
        "gradio",
        "lpips",
        "matplotlib",
        "numpy",
        "pillow_heif",
        "safetensors",
        "sklearn",
        "torch",
        "torchvision",
        "tqdm",
        "uvicorn",
    ]
)
WHERE = "https://www.python.org/downloads/"


def start(main: Callable[[], int]) -> int:
    """Run a program if this Python can. Return its exit status, or 1 after one sentence that says what is missing.

    Args:
        main: imports what it needs when it is called.
    """
    write_any_text()
    if said := old_python():
        print(f"error: {said}", file=sys.stderr)
        return 1
    try:
        return main()
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in REQUIRED:
            raise
        print(f"error: {not_installed(name)}", file=sys.stderr)
        return 1


def old_python() -> str:
    """Return what to do where this Python is too old, or nothing where it is not."""
    if sys.version_info >= OLDEST:
        return ""
    this, oldest = (".".join(map(str, v[:2])) for v in (sys.version_info, OLDEST))
    again = f"py -{oldest}" if sys.platform == "win32" else f"python{oldest}"
    return (
        f"this is Python {this}, but {oldest} or newer is needed; install it from {WHERE}, remove the "
        f"folder .venv, make it again by '{again} -m venv .venv', and install requirements.txt into it"
    )


def not_installed(name: str) -> str:
    """Return what to do where a package is missing."""
    return (
        f"the package '{name}' is not installed for {sys.executable}; start with the Python of .venv, or "
        f"install what is needed by 'python -m pip install -r requirements.txt'"
    )


def write_any_text() -> None:
    """Let the console take any text: what its encoding lacks, as cp1252 lacks much, is written as \\u2212."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(start(lambda: 0))
