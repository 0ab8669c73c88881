"""Photos one after the other: a bad one stops no others, and a run goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from editor.cli.photo_job import FileState, PhotoJob
from editor.cli.result_names import result_names
from editor.errors import OptionError

DONE = "done.json"


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
        self.out, self._asked, self._states = out, repr(job), states or {}
        self._known = {} if redo else _read_done(out)

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
        return hashlib.sha256(f"{state!r} {self._asked}".encode()).hexdigest()[:16]


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
    named = {name: photo for photo, name in result_names(photos).items()}
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


def check_targets(photos: list[Path], out: Path) -> None:
    """Refuse to write over a photo that was given.

    Raises:
        OptionError: a result would.
    """
    pictures = [photo for photo in photos if photo.suffix != ".npz"]
    check_kept([out / f"{name}.png" for name in result_names(photos).values()], pictures)


def check_kept(targets: list[Path], given: list[Path]) -> None:
    """Refuse to write over a file that was given.

    Raises:
        OptionError: a result would be.
    """
    kept = {path.resolve() for path in given}
    for target in targets:
        if target.resolve() in kept:
            raise OptionError(f"{target} would be overwritten; choose another --out")


def _read_done(out: Path) -> dict[str, str | list[str]]:
    """Read what an earlier run finished, by the name of the results: a key, or key and files."""
    try:
        found = json.loads((out / DONE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
