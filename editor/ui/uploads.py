"""Where the files of an upload go: told to Gradio, request by request."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import NamedTuple


class Upload(NamedTuple):
    """Where the files of an upload go, and how many there may be."""

    folder: Path
    most: int


_receiving: ContextVar[Upload | None] = ContextVar("receiving", default=None)


@contextmanager
def receiving_into(folder: Path, most: int) -> Iterator[None]:
    """Let what the request uploads go into a folder. Limit the number of its files."""
    token = _receiving.set(Upload(folder, most))
    try:
        yield
    finally:
        _receiving.reset(token)


def receive_nothing() -> None:
    """Begin a request. On a connection that is kept it would inherit what the last one set."""
    _receiving.set(None)


def most_files() -> int:
    """Return how many files the request that is being served may upload."""
    upload = _receiving.get()
    return 0 if upload is None else upload.most


class UploadFolder(os.PathLike[str]):
    """The folder into which the request that is being served uploads, as a path.

    Args:
        otherwise: where nothing is uploaded, see `VisitFiles.receiving`.
    """

    def __init__(self, otherwise: Path) -> None:
        self.otherwise = otherwise

    def __fspath__(self) -> str:
        upload = _receiving.get()
        return str(self.otherwise if upload is None else upload.folder)

    __str__ = __fspath__
