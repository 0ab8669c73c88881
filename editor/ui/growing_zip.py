"""A zip that is taken home: it grows on the disk, within what its visit may have."""

from __future__ import annotations

import secrets
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from editor.errors import InputError
from editor.files import why
from editor.ui.visit_files import VisitFiles, safe_name

ENTRY_BYTES = 256  # that a zip spends on a file at most, but for its name, which it says twice


class GrowingZip:
    """A zip on the disk that files are added to, uncompressed.

    Args:
        path: of the zip.
        more: is told how many bytes come before they are written.

    Attributes:
        path: where it lies; for good only when it is whole.
    """

    def __init__(self, path: Path, more: Callable[[int], None]) -> None:
        self.path, self._more = path, more
        self._archive = zipfile.ZipFile(path, "x", zipfile.ZIP_STORED)

    def add(self, name: str, data: bytes) -> None:
        """Add a file.

        Raises:
            InputError: there is no room for it.
        """
        self._more(len(data) + ENTRY_BYTES + 2 * len(name.encode()))
        self._archive.writestr(name, data)

    def close(self) -> None:
        """Write the list of what is in it."""
        self._archive.close()


@contextmanager
def growing_zip(files: VisitFiles, visit: str, name: str) -> Iterator[GrowingZip]:
    """Let a zip to be taken home grow. It is there when the `with` ends, or not at all.

    Args:
        files: of the visits.
        visit: whose file it is.
        name: of the zip.

    Raises:
        InputError: there is no room, or it cannot be written.
    """
    with files.ledger.growing(visit, files.free) as (more, kept):
        folder = files.part(visit) / secrets.token_hex(8)
        try:
            folder.mkdir(mode=0o700)
            grown = GrowingZip(folder / safe_name(name), more)
            try:
                yield grown
            finally:
                grown.close()
            grown.path = files.to_take_home(visit, folder) / grown.path.name
            kept.add(1, grown.path.stat().st_size)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise InputError(f"the file cannot be kept here: {why(error)}") from error
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
