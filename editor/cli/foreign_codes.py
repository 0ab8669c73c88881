"""Codes of other programs as commands take them: each becomes a code of this editor for as long as the command runs."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from editor.errors import OptionError

if TYPE_CHECKING:
    from editor.editing.edit import Edit
    from editor.session import Editor

MAX_NAME = 80


def add_code(parser: argparse.ArgumentParser) -> None:
    """Add --code."""
    parser.add_argument(
        "--code",
        type=int,
        nargs="+",
        action="extend",
        default=None,
        metavar="N",
        help="of a file with several codes (.npy, .npz, .pt) only these, from 1; default: all",
    )


def is_code_file(path: Path) -> bool:
    """Return whether a file's name is one of a file with codes."""
    from editor.packs.convert.foreign_arrays import SUFFIXES

    return path.suffix.lower() in SUFFIXES


@contextmanager
def opened_codes(
    editor: Editor, given: list[Path], numbers: list[int] | None
) -> Iterator[list[Path]]:
    """Yield the given files, and in place of each file of another program its codes as files of this editor.

    They lie in a temporary folder, and are named after their photos or their file.

    Args:
        editor: of the domain.
        given: photos and codes.
        numbers: of the codes that are taken of a file with several, from 1; None takes all.

    Raises:
        WeightsError, MismatchError: a file cannot be read, or holds no codes of this domain.
        OptionError: a file has no code of a number.
    """
    from editor.editing.code_file import is_own_code

    with TemporaryDirectory() as folder:
        paths: list[Path] = []
        for index, path in enumerate(given):
            if not is_code_file(path) or not path.is_file() or is_own_code(path):
                paths.append(path)
                continue
            chosen = _chosen(editor.open_codes(path), numbers, path)
            print(
                f"note: {path.name} does not say which generator it is of; it is taken for one of "
                f"'{editor.info.name}'",
                file=sys.stderr,
            )
            paths += _written(editor, chosen, Path(folder) / str(index))
        yield paths


def _chosen(
    found: list[tuple[str, Edit]], numbers: list[int] | None, path: Path
) -> list[tuple[str, Edit]]:
    if numbers is None:
        return found
    for number in numbers:
        if not 1 <= number <= len(found):
            raise OptionError(f"{path.name} has the codes 1 to {len(found)}; there is no {number}")
    return [found[number - 1] for number in numbers]


def _written(editor: Editor, chosen: list[tuple[str, Edit]], folder: Path) -> list[Path]:
    """Write codes as files, each by another name."""
    paths: list[Path] = []
    for name, edit in chosen:
        stem = re.sub(r"[^\w.-]+", "_", name).strip("._")[:MAX_NAME] or "code"
        path, count = folder / f"{stem}.npz", 2
        while path in paths:
            path, count = folder / f"{stem}_{count}.npz", count + 1
        editor.save_code(edit, path)
        paths.append(path)
    return paths
