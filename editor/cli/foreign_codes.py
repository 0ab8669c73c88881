"""Codes of other programs as commands take them: each becomes a code of this editor for as long as the command runs."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from editor.cli.photo_job import FileState
from editor.errors import OptionError
from editor.file_names import folded, unreserved

if TYPE_CHECKING:
    from editor.session import Editor

MAX_NAME_BYTES = 80


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


def check_code(numbers: list[int] | None, given: list[Path]) -> None:
    """Refuse --code where no file of another program was given, of which it could choose.

    Raises:
        OptionError: there is none.
    """
    if numbers is not None and not any(_is_foreign(path) for path in given):
        raise OptionError(
            f"--code chooses among the codes of a file of another program; {given[0].name} is none. Leave it out"
        )


@dataclass(frozen=True)
class Opened:
    """Files as a command goes on with them.

    Attributes:
        paths: those that were given, and in place of each file of another program its codes.
        states: of each of these codes: the state of its file, and its number there.
    """

    paths: list[Path]
    states: dict[Path, FileState]


@contextmanager
def opened_codes(editor: Editor, given: list[Path], numbers: list[int] | None) -> Iterator[Opened]:
    """Make codes of other programs files of this editor, for as long as the `with` lasts.

    They lie in a temporary folder, and are named after their photos or their file.

    Args:
        editor: of the domain.
        given: photos and codes; a file that is given twice is read once.
        numbers: of the codes that are taken of a file with several, from 1; None takes all.

    Raises:
        WeightsError, MismatchError: a file cannot be read, or holds no codes of this domain.
        OptionError: a file has no code of a number.
    """
    foreign = {path for path in given if path.is_file() and _is_foreign(path)}
    taken = {folded(path.stem): 1 for path in given if path not in foreign}
    made: dict[Path, list[Path]] = {}
    states: dict[Path, FileState] = {}
    with TemporaryDirectory() as folder:
        for path in given:
            if path not in foreign or path in made:
                continue
            found = editor.open_codes(path)
            names, state = [_free_stem(name, taken) for name, _ in found], FileState.of(path)
            made[path] = []
            for number in _chosen(len(found), numbers, path):
                code = Path(folder) / f"{names[number - 1]}.npz"
                editor.save_code(found[number - 1][1], code)
                states[code] = replace(state, place=f"{state.place}#{number}")
                made[path].append(code)
            print(
                f"note: {path.name} does not say which generator it is of; it is taken for one of "
                f"'{editor.info.name}'",
                file=sys.stderr,
            )
        yield Opened([one for path in given for one in made.get(path, [path])], states)


def _is_foreign(path: Path) -> bool:
    from editor.editing.code_file import is_own_code

    return is_code_file(path) and not (path.is_file() and is_own_code(path))


def _chosen(count: int, numbers: list[int] | None, path: Path) -> list[int]:
    for number in numbers or ():
        if not 1 <= number <= count:
            raise OptionError(f"{path.name} has the codes 1 to {count}; there is no {number}")
    return list(range(1, count + 1)) if numbers is None else numbers


def _free_stem(name: str, taken: dict[str, int]) -> str:
    """Return the stem of a code's file, which no disk takes for another's or for a device.

    Args:
        name: of the code.
        taken: by what was taken, the last number behind it. The stem is taken then.
    """
    plain = re.sub(r"[^\w.-]+", "_", name).strip("._").encode()[:MAX_NAME_BYTES]
    wished = stem = unreserved(plain.decode("utf-8", "ignore") or "code")
    while folded(stem) in taken:
        taken[folded(wished)] += 1
        stem = f"{wished}_{taken[folded(wished)]}"
    taken[folded(stem)] = 1
    return stem
