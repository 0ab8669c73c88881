"""The photo and the square on it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

from PIL import Image

from editor.errors import ImageError
from editor.media.images import load_image
from editor.photo.crop import Crop
from editor.project.pixels import thumbnail
from editor.session import Editor
from editor.ui.data_uris import jpeg_uri

PHOTO_SIDE_PX = 480


def square_value(path: str, editor: Editor) -> dict[str, Any]:
    """Return the value of `crop_square` for a photo: the likeliest square, and all found ones.

    Raises:
        ImageError: the photo cannot be used.
    """
    photo = load_image(path)
    width, height = photo.size
    found = _found(editor, photo)
    value = {
        "src": jpeg_uri(thumbnail(photo, PHOTO_SIDE_PX)),
        "photo": _key(path),
        "width": width,
        "height": height,
        "marks": editor.info.landmarks,
        "found": [{**asdict(one), "confidence": chance} for one, chance in found],
        "subject": editor.info.subject,
        "says": _says(editor, found),
    }
    return value | asdict(found[0][0] if found else _first_crop(photo))


def chosen_crop(
    square: dict[str, Any] | None, path: str, photo: Image.Image, editor: Editor
) -> Crop:
    """Return the square that was placed, or the first one if it was placed on another photo.

    Raises:
        ImageError: it makes no sense.
    """
    if not isinstance(square, dict) or square.get("photo") != _key(path):
        found = _found(editor, photo)
        return found[0][0] if found else _first_crop(photo)
    try:
        return Crop(*(float(square[key]) for key in ("x", "y", "side", "angle")))
    except (KeyError, TypeError, ValueError) as error:
        raise ImageError("the square cannot be understood; load the photo again") from error


def _key(path: str) -> str:
    """Name a photo without telling where it lies."""
    return hashlib.sha256(path.encode()).hexdigest()[:12]


def _first_crop(photo: Image.Image) -> Crop:
    """Return where the square stands before anyone moved it."""
    if photo.width == photo.height:  # a prepared square
        return Crop()
    return Crop(y=0.45, side=0.7)  # most portraits sit high and leave room around


def _found(editor: Editor, photo: Image.Image) -> list[tuple[Crop, float]]:
    """Return the squares that are sure, or else the likeliest one."""
    likely = editor.find(photo, least=0.0)
    return [one for one in likely if one[1] >= editor.finder.sure] or likely[:1]


def _says(editor: Editor, found: list[tuple[Crop, float]]) -> str:
    """Return what there is to say of what was found, or nothing where it is plain."""
    subject = editor.info.subject
    if not editor.finds:
        return ""
    if not found:
        return f"No {subject} was found. Put the square around one by hand."
    if found[0][1] < editor.finder.sure:
        return f"This may not be a {subject}. Check the square, and move it if it is wrong."
    if len(found) > 1:
        return f"{len(found)} {subject}s were found. Click the one that you want."
    return ""
