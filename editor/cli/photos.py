"""Photos and codes as commands take them: found, placed, inverted, opened."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from editor.cli.batch import each_photo
from editor.cli.photo_job import PhotoJob
from editor.errors import ImageError, OptionError

if TYPE_CHECKING:
    from torch import Tensor

    from editor.editing.edit import Edit
    from editor.session import Editor
    from editor.sliders.slider_set import SliderSet


def find_photos(given: list[Path]) -> list[Path]:
    """Return the files as given, and the photos of folders.

    Raises:
        OptionError: a folder holds none.
    """
    from editor.media.images import PHOTO_SUFFIXES

    photos: list[Path] = []
    for path in given:
        if not path.is_dir():
            photos.append(path)
            continue
        found = sorted(p for p in path.iterdir() if p.suffix.lower() in PHOTO_SUFFIXES)
        if not found:
            raise OptionError(f"{path} holds no photos")
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
    if not photo.is_file():
        raise ImageError(f"{photo} was not found")
    if photo.suffix.lower() == ".npz":
        edit = editor.open_code(photo, sliders)
    else:
        edit = editor.invert(photo, job.crop, job.options)
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


def save_edits(editor: Editor, photos: list[Path], job: PhotoJob, out: Path, redo: bool) -> int:
    """Save each photo's code, picture and, where asked for, whole photo. Return as `each_photo`.

    Raises:
        OptionError: a result would overwrite a photo or another result.
        StorageError: the disk is full.
    """

    def work(photo: Path) -> str:
        edit = open_edit(editor, photo, job)
        edit = edit if job.mask is None else edit.inside(job.mask.value)
        edit = editor.settle(edit, job.options) if job.settle else edit
        _save(editor, edit, photo, out, job)
        fit = dict(edit.losses).get("loss_pix")
        return f"{out / photo.stem}.png" + (f", fit {fit:.4f}" if fit else "")

    return each_photo(photos, out, job, redo, work)


def _save(editor: Editor, edit: Edit, photo: Path, out: Path, job: PhotoJob) -> None:
    from editor.media.images import save_image

    if job.paste is not None and edit.photo is not None:
        suffix = photo.suffix.lower() if photo.suffix.lower() in (".png", ".webp") else ".jpg"
        save_image(editor.paste(edit, job.paste), out / f"{photo.stem}_edited{suffix}")
    editor.save_code(edit, out / f"{photo.stem}.npz")
    editor.save(edit, out / f"{photo.stem}.png")
