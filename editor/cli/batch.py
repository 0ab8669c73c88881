"""Photos one after the other: a bad one stops no others, and a run goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

from editor.cli.photo_job import FileState, PhotoJob
from editor.errors import OptionError

DONE = "done.json"


def each_photo(
    photos: list[Path], out: Path, job: PhotoJob, redo: bool, work: Callable[[Path], str]
) -> int:
    """Work on photos one after the other.

    A bad photo does not stop the others. A later run goes on where an earlier one stopped.

    Args:
        photos: the files; work writes `out`/STEM.png of each.
        out: folder of the results, and of what is known to be done.
        job: all that a result depends on besides the photo.
        redo: also what was done before.
        work: does one, and says what it did.

    Returns:
        1 when a photo failed, after all others are done; else 0.

    Raises:
        StorageError: the disk is full; what was done before stays, and a run goes on from there.
    """
    from tqdm import tqdm

    from editor.errors import EditorError, StorageError
    from editor.files import is_full, why, write_text

    asked = repr(job)
    done = {} if redo else _read_done(out)
    failures: list[str] = []
    skipped = 0
    for photo in tqdm(photos, unit="photo"):
        try:
            key = _key(photo, asked)
            if done.get(photo.stem) == key and (out / f"{photo.stem}.png").is_file():
                skipped += 1
                continue
            said = work(photo)
            done[photo.stem] = key
            write_text(out / DONE, json.dumps(done, indent=1) + "\n")
            tqdm.write(f"{photo.name}: {said}")
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
        print(f"{len(failures)} of {len(photos)} failed", file=sys.stderr)
    return 1 if failures else 0


def check_targets(photos: list[Path], out: Path) -> None:
    """Refuse to write over a photo that was given, or two results to one name.

    Raises:
        OptionError: a result would be.
    """
    seen: dict[str, Path] = {}
    for photo in photos:
        if photo.stem in seen:
            raise OptionError(
                f"{seen[photo.stem]} and {photo} would both be saved as {photo.stem}.png; rename one"
            )
        seen[photo.stem] = photo
        if photo.suffix != ".npz" and photo.resolve() == (out / f"{photo.stem}.png").resolve():
            raise OptionError(f"{photo} would be overwritten; choose another --out")


def check_kept(targets: list[Path], given: list[Path]) -> None:
    """Refuse to write over a file that was given.

    Raises:
        OptionError: a result would be.
    """
    kept = {path.resolve() for path in given}
    for target in targets:
        if target.resolve() in kept:
            raise OptionError(f"{target} would be overwritten; choose another --out")


def _key(photo: Path, asked: str) -> str:
    """Return a key for a photo as it is now and for what is to be done with it."""
    return hashlib.sha256(f"{FileState.of(photo)!r} {asked}".encode()).hexdigest()[:16]


def _read_done(out: Path) -> dict[str, str]:
    """Read what an earlier run finished, by the photo's name."""
    try:
        found = json.loads((out / DONE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
