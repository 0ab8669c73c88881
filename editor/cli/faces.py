"""Which squares of a photo a job takes, and what the results of several are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from editor.cli.photo_job import PhotoJob
from editor.errors import ImageError

if TYPE_CHECKING:
    from editor.photo.crop import Crop
    from editor.photo.photo import Photo
    from editor.session import Editor

ALL, LARGEST = "all", "largest"


def found_faces(editor: Editor, read: Photo, job: PhotoJob) -> list[tuple[Crop, float]]:
    """Find the faces of a photo after it is turned as the job says. Give them in the photo as it lies.

    Returns:
        Sure squares with confidences, from left to right in the turned photo, as the page counts them;
        small ones are looked for at full size.
    """

    from editor.photo.crop import left_to_right
    from editor.photo.quarters import turned_crop

    quarters = job.turn // 90
    upright = read.turned(quarters)
    found = left_to_right(editor.find(upright, in_tiles=bool(job.faces) or None))
    return [(turned_crop(crop, -quarters), confidence) for crop, confidence in found]


def chosen_squares(
    editor: Editor, read: Photo, job: PhotoJob, found: list[tuple[Crop, float]] | None = None
) -> list[Crop]:
    """Return the squares of a photo that the job takes, in the photo as it lies.

    Args:
        editor: of the domain.
        read: the photo.
        job: says which.
        found: what `found_faces` gave, where that was asked before.

    Raises:
        ImageError: the wished face was not found.
    """

    from editor.photo.quarters import turned_crop

    quarters = job.turn // 90
    if not job.faces:
        turned = read.turned(quarters)
        crop = job.crop or editor.place(turned if quarters else read)
        return [turned_crop(crop, -quarters)]
    known = found_faces(editor, read, job) if found is None else found
    crops = [crop for crop, _ in known]
    if not crops:
        raise ImageError(f"no {editor.info.subject} was found; say where: --crop X Y SIDE ANGLE")
    if job.faces == ALL:
        return crops
    if job.faces == LARGEST:
        return [max(crops, key=lambda crop: crop.side)]
    if int(job.faces) > len(crops):
        raise ImageError(f"{len(crops)} found; choose --face 1 to {len(crops)}")
    return [crops[int(job.faces) - 1]]


def face_name(name: str, job: PhotoJob, number: int = 1) -> str:
    """Return what the results of one face of a photo are called.

    Args:
        name: of the photo's results.
        job: says which faces.
        number: of the face, from 1, where all are taken.
    """
    if job.faces in ("", LARGEST):
        return name
    return f"{name}_face{number if job.faces == ALL else job.faces}"
