"""Photos and codes as commands take them: found, placed, inverted, opened."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from editor.cli.batch import Done, Made, each_photo
from editor.cli.faces import ALL, chosen_squares, face_name
from editor.cli.photo_files import done_words, planned_places, save_whole
from editor.cli.photo_job import FileState, PhotoJob
from editor.cli.result_names import is_code
from editor.errors import EditorError, ImageError, OptionError

LEFT_OUT = "left out; export as JPEG or TIFF, or pip install rawpy"

if TYPE_CHECKING:
    from torch import Tensor

    from editor.editing.edit import Edit
    from editor.photo.photo import Photo
    from editor.session import Editor
    from editor.sliders.slider_set import SliderSet


def find_photos(given: list[Path]) -> list[Path]:
    """Return the files as given, and the photos of folders.

    Raises:
        OptionError: a folder holds none.
    """
    from editor.media.images import PHOTO_SUFFIXES
    from editor.media.raw import SUFFIXES, reads_raw

    suffixes = PHOTO_SUFFIXES | (SUFFIXES if reads_raw() else frozenset())
    photos: list[Path] = []
    for path in given:
        if not path.is_dir():
            photos.append(path)
            continue
        inside = sorted(path.iterdir())
        found = [p for p in inside if p.suffix.lower() in suffixes]
        raws = [p for p in inside if p.suffix.lower() in SUFFIXES - suffixes]
        count = f"{len(raws)} camera RAW file{'s' if len(raws) > 1 else ''}"
        left = f"{count} of {path} {LEFT_OUT}" if raws else ""
        if not found:
            raise OptionError(f"{path} holds no photos{left and f': {left}'}")
        if left:
            print(left, file=sys.stderr)
        photos += found
    return photos


def open_edit(editor: Editor, photo: Path, job: PhotoJob, sliders: SliderSet | None = None) -> Edit:
    """Invert a photo or open a saved code, and move the sliders of the job.

    Args:
        editor: of the domain.
        photo: a photo, or a code (.npz).
        job: how to place, invert and move it.
        sliders: that may be moved; the domain's by default.

    Raises:
        ImageError: there is no such photo, or it cannot be used.
        OptionError: a slider is not known.
        MismatchError: the code is of another domain.
    """
    from editor.photo.photo import Photo

    if not photo.is_file():
        raise ImageError(f"{photo} was not found")
    if is_code(photo):
        edit = editor.open_code(photo, sliders)
    else:
        read = Photo.read(photo, dict(job.levels))
        edit = editor.invert(read, chosen_squares(editor, read, job)[0], job.options)
        edit = edit if sliders is None else replace(edit, sliders=sliders)
    return edit.move(**dict(job.moves))


def open_edits(editor: Editor, given: list[Path], job: PhotoJob) -> list[Edit]:
    """Invert photos and open codes for a result that needs them all. Stop at the first bad one.

    Args:
        editor: of the domain.
        given: photos and .npz; one that is named twice is inverted once.
        job: how.

    Raises:
        EditorError: a photo or a code cannot be used.
    """
    from tqdm import tqdm

    found = {
        path: open_edit(editor, path, job)
        for path in tqdm(list(dict.fromkeys(given)), unit="photo")
    }
    return [found[path] for path in given]


def warn_painted(given: list[Path], edits: list[Edit]) -> None:
    """Warn on stderr of edits whose sliders move a painted part alone: their codes know no part.

    Args:
        given: where each edit is from.
        edits: whose codes are used.
    """
    for path, edit in dict(zip(given, edits, strict=True)).items():
        if edit.mask is not None and edit.moves:
            print(
                f"warning: the painted part of {path.name} counts for the whole picture here; "
                f"settle it first to keep it: python -m editor edit … --settle",
                file=sys.stderr,
            )


def read_mask(path: Path, editor: Editor) -> Tensor:
    """Read a grey picture as [R, R], 0…1, of the domain's size. White is where something may change.

    Raises:
        ImageError: it cannot be read.
    """
    from PIL import Image

    from editor.media.images import load_image, to_tensor

    side = editor.info.resolution
    grey = load_image(path).convert("L").resize((side, side), Image.Resampling.BOX)
    return (to_tensor(grey)[0, 0] + 1) / 2


def save_edits(
    editor: Editor,
    photos: list[Path],
    job: PhotoJob,
    out: Path,
    redo: bool,
    states: Mapping[Path, FileState] | None = None,
) -> int:
    """Save each photo's code, picture and, where asked for, whole photo. Take and return what `each_photo` does.

    Raises:
        OptionError: a result would overwrite a photo or another result.
        StorageError: the disk is full.
    """

    kept = planned_places(photos, out, job)

    def work(photo: Path, name: str, done: Done) -> Made:
        if job.faces == ALL and not is_code(photo):
            return _save_faces(editor, photo, job, name, done, kept)
        part = name if is_code(photo) else face_name(name, job)
        edit = _finished(editor, open_edit(editor, photo, job), job)
        whole, word = _save_photo(editor, [edit], photo, part, out, job, kept)
        _save(editor, edit, out, part)
        fit = dict(edit.losses).get("loss_pix")
        told = "".join(f", {name}" for name in whole) + word
        said = f"{out / part}.png{told}" + (f", fit {fit:.4f}" if fit else "")
        return Made(said, (f"{part}.png", *whole))

    return each_photo(photos, out, job, redo, work, states)


def _save_faces(
    editor: Editor, photo: Path, job: PhotoJob, name: str, done: Done, kept: frozenset[str]
) -> Made:
    """Save every face of a photo, and one whole photo with all of them. Go on where a run stopped."""
    from editor.photo.photo import Photo

    if not photo.is_file():
        raise ImageError(f"{photo} was not found")
    read = Photo.read(photo, dict(job.levels))
    crops = chosen_squares(editor, read, job)
    parts = [face_name(name, job, number) for number in range(1, len(crops) + 1)]
    known = [
        _done_before(editor, read, done.out / f"{part}.npz") if done.has(photo, part) else None
        for part in parts
    ]
    new = [crop for crop, edit in zip(crops, known, strict=True) if edit is None]
    read, edits = read.with_parts(new, editor.info.resolution), []
    for part, crop, edit in zip(parts, crops, known, strict=True):
        if edit is None:
            edit = editor.invert(read, crop, job.options).move(**dict(job.moves))
            edit = _finished(editor, edit, job)
            _save(editor, edit, done.out, part)
            done.add(photo, part)
        edits.append(edit)
    files = [f"{part}.png" for part in parts]
    whole, word = _save_photo(editor, edits, photo, name, done.out, job, kept)
    said = f"{len(edits)} faces, {done.out / files[0]} and others{word}"
    return Made(said, (*files, *whole))


def _done_before(editor: Editor, read: Photo, code: Path) -> Edit | None:
    """Reopen what a run saved of a face; None where its code is gone or damaged."""
    with suppress(EditorError):
        return editor.with_photo(editor.open_code(code), code, read)
    return None


def _finished(editor: Editor, edit: Edit, job: PhotoJob) -> Edit:
    edit = edit if job.mask is None else edit.inside(job.mask.value)
    edit = editor.settle(edit, job.options) if job.settle else edit
    return replace(edit, grey=edit.grey and not job.colour)


def _save_photo(
    editor: Editor,
    edits: list[Edit],
    photo: Path,
    name: str,
    out: Path,
    job: PhotoJob,
    kept: frozenset[str],
) -> tuple[list[str], str]:
    """Save the whole photo with all edits in it, turned as asked, if the job makes one.

    Of the photo there is one copy, into which each edit is laid.

    Return its file, and what is to be said of its format.
    """
    from editor.media.names import done_stem

    made = edits[0].photo
    if job.paste is None or made is None:
        return [], ""
    for number, edit in enumerate(edits):
        made = editor.edited(edit, job.paste, made, in_place=number > 0)
    stem = done_stem(name, done_words(job.moves))
    file, word = save_whole(made.turned(job.turn // 90), stem, out, job.kind, photo, kept)
    return [file], f" ({word})" if word else ""


def _save(editor: Editor, edit: Edit, out: Path, name: str) -> None:
    editor.save_code(edit, out / f"{name}.npz")
    editor.save(edit, out / f"{name}.png")
