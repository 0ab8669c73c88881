"""Photos one after the other: a bad one stops no others, and a run goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from editor.cli.photo_job import FileState, PhotoJob
from editor.cli.result_names import further_names, is_code, result_names, roots
from editor.errors import OptionError
from editor.file_names import folded

if TYPE_CHECKING:
    from editor.media.deep import Key

DONE = "done.json"
KEY = re.compile(r"[0-9a-f]{16}")


class Done:
    """What earlier runs and this one have finished, in a file of the folder of the results.

    Args:
        out: the folder.
        job: all that a result depends on besides the photo.
        redo: forget what was done before.
        states: of files that stand for others: what they are known by, in place of their own.
    """

    def __init__(
        self,
        out: Path,
        job: PhotoJob,
        redo: bool = False,
        states: Mapping[Path, FileState] | None = None,
    ) -> None:
        self.out, self._job, self._states = out, job, states or {}
        self._kinds: dict[Path, Key | None] = {}
        known = read_record(out / DONE, _is_done)
        self._known: dict[str, str | list[str]] = {} if redo else known

    def has(self, photo: Path, name: str) -> bool:
        """Return whether the result of a photo under a name is there, as the photo and the job are now."""
        found = self._known.get(name)
        key, *files = found if isinstance(found, list) else [found, f"{name}.png"]
        return key == self._key(photo) and all((self.out / str(f)).is_file() for f in files)

    def add(self, photo: Path, name: str, files: tuple[str, ...] = ()) -> None:
        """Note that a photo's result is there: NAME.png, or other files of the folder."""
        from editor.files import write_text

        key = self._key(photo)
        self._known[name] = [key, *files] if files else key
        write_text(self.out / DONE, json.dumps(self._known, indent=1) + "\n")

    def _key(self, photo: Path) -> str:
        """Return a key for a photo as it is now and for what is to be done with it."""
        state = self._states.get(photo) or FileState.of(photo)
        told = f"{state!r} {self._asked(photo)}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def _asked(self, photo: Path) -> str:
        """Return the job in words, of the levels only those of the photo's own kind."""
        from editor.media.sample_kinds import sample_kind

        if not self._job.levels:
            return repr(self._job)
        if photo not in self._kinds:
            self._kinds[photo] = sample_kind(photo)
        own = tuple(one for one in self._job.levels if one[0] == self._kinds[photo])
        return repr(replace(self._job, levels=own))


@dataclass(frozen=True)
class Made:
    """What was made of a photo.

    Attributes:
        said: in words.
        files: of the folder, which show later that it is done; by default NAME.png.
    """

    said: str
    files: tuple[str, ...] = ()


def each_photo(
    photos: list[Path],
    out: Path,
    job: PhotoJob,
    redo: bool,
    work: Callable[[Path, str, Done], Made],
    states: Mapping[Path, FileState] | None = None,
) -> int:
    """Work on photos one after the other.

    A bad photo does not stop the others. A later run goes on where an earlier one stopped.

    Args:
        photos: the files; one that is given twice is done once.
        out: folder of the results, and of what is known to be done.
        job: all that a result depends on besides the photo.
        redo: also what was done before.
        work: makes the results of a photo under a name without suffix, `out`/NAME.png or others.
        states: as `Done` takes them.

    Returns:
        1 when a photo failed, after all others are done; else 0.

    Raises:
        StorageError: the disk is full; what was done before stays, and a run goes on from there.
    """
    from tqdm import tqdm

    from editor.errors import EditorError, StorageError
    from editor.files import is_full, why

    done = Done(out, job, redo, states)
    failures: list[str] = []
    skipped = 0
    further = further_names(job.command, job.faces)
    named = {name: photo for photo, name in result_names(photos, further).items()}
    for name, photo in tqdm(list(named.items()), unit="photo"):
        try:
            if done.has(photo, name):
                skipped += 1
                continue
            made = work(photo, name, done)
            done.add(photo, name, made.files)
            tqdm.write(f"{photo.name}: {made.said}")
        except StorageError:
            raise  # the next would not fit either
        except EditorError as error:
            failures.append(f"{photo}: {error}")
        except OSError as error:
            if is_full(error):
                raise
            failures.append(f"{photo}: {why(error)}")
    if skipped:
        print(f"{skipped} were done before; --redo makes them again")
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    if failures:
        print(f"{len(failures)} of {len(named)} failed", file=sys.stderr)
    return 1 if failures else 0


def check_targets(
    photos: list[Path], out: Path, further: str = "", given: Sequence[Path] = ()
) -> None:
    """Refuse to write over a file that was given, but for a code by its own.

    Args:
        photos: photos and codes.
        out: folder of the results.
        further: pattern of `further_names`.
        given: other files that stay.

    Raises:
        OptionError: a result would.
    """
    for photo, name in result_names(photos, further).items():
        targets = [out / f"{name}.png"]
        if is_code(photo) and place(photo) == place(out / f"{name}.npz"):
            check_kept(targets, [*photos, *given])
        else:
            check_kept([*targets, out / f"{name}.npz"], [*photos, *given])
    names = set(map(folded, result_names(photos, further).values()))
    for path in given:
        if place(path.parent) == place(out) and names & roots(folded(path.stem), further):
            raise OptionError(f"{path} could be overwritten; choose another --out")


def check_kept(targets: list[Path], given: list[Path]) -> None:
    """Refuse to write over a file that was given, on any disk.

    Raises:
        OptionError: a result would be.
    """
    kept = set(map(place, given))
    for target in targets:
        if place(target) in kept:
            raise OptionError(f"{target} would be overwritten; choose another --out")


def place(path: Path) -> str:
    """Return where a file lies, the same for names that some disks take for one."""
    return folded(str(path.resolve()))


def read_record(file: Path, is_ours: Callable[[Any], bool]) -> dict[str, Any]:
    """Read what earlier runs noted of their results, by name; nothing where there is no file.

    Args:
        file: JSON.
        is_ours: whether a value is one that a run notes.

    Raises:
        OptionError: the file is somebody's own, and would be lost.
    """
    if not file.exists():
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and all(map(is_ours, found.values())):
        return found
    raise OptionError(
        f"{file} is damaged, or not a record of this editor's, and would be lost; choose another --out, "
        f"or move it away"
    )


def _is_done(value: Any) -> bool:
    """Return whether a value is a key, or a list of a key and files."""
    key, *files = value if isinstance(value, list) and value else [value]
    return all(isinstance(one, str) for one in (key, *files)) and bool(KEY.fullmatch(key))
