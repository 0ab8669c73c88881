"""The photo as the stage shows it: a file that every browser can show, upright."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

from editor.media.deep import START_BYTES, may_be_deep
from editor.media.headers import MAX_PIXELS
from editor.media.images import MAX_SIDE_PX, encode_image, image_size, read_bytes
from editor.media.opening import open_picture
from editor.media.pixels import orientation_of
from editor.media.reading_note import is_noted
from editor.media.source import Source
from editor.photo.photo import Photo
from editor.ui.visit_files import VisitFiles

SHOWN = frozenset(("JPEG", "PNG", "WEBP"))  # what every browser shows
LOSSLESS_PIXELS = 4_000_000  # a larger one is converted to a JPEG
FILE_ROUTE = "/gradio_api/file="
MAX_KNOWN = 1000


def photo_key(path: str) -> str:
    """Name a photo without telling where it lies."""
    return hashlib.sha256(path.encode()).hexdigest()[:12]


class ShownPhotos:
    """The photos of all visits, as browsers show them.

    Args:
        files: of the visits.
    """

    def __init__(self, files: VisitFiles) -> None:
        self.files = files
        self._known: dict[str, tuple[str, int, int]] = {}  # by path; the newest last

    def of(self, owner: str, path: str) -> dict[str, Any]:
        """Return what the stage needs of a photo: "url", "width", "height" and "key".

        A file that a browser shows as the editor reads it is sent as it is; others are converted once,
        and a JPEG of more than 64 megapixels to a smaller one. The size is that of the photo itself.

        Args:
            owner: whose photo it is.
            path: of the photo.

        Raises:
            ImageError: it cannot be used.
            InputError: there is no room for the converted one.
        """
        known = self._known.get(path)
        if known is None or not Path(known[0]).is_file():
            known = self._known[path] = self._made(owner, path)
            while len(self._known) > MAX_KNOWN:
                del self._known[next(iter(self._known))]
        file, width, height = known
        url = FILE_ROUTE + quote(file)
        return {"url": url, "width": width, "height": height, "key": photo_key(path)}

    def _made(self, owner: str, path: str) -> tuple[str, int, int]:
        size = _size_as_shown(path)
        if size is not None:
            return path, *size
        photo = Photo.read(path)
        image, source = photo.pixels, Source(alpha=photo.source.alpha)
        lossy = ("JPEG", "shown.jpg") if source.alpha is None else ("WEBP", "shown.webp")
        small = image.width * image.height <= LOSSLESS_PIXELS
        small = small or max(image.size) > MAX_SIDE_PX[lossy[0]]
        kind, name = ("PNG", "shown.png") if small else lossy
        data = encode_image(image, kind, edited=False, source=source)
        width, height = image_size(path) if photo.file else image.size
        return self.files.store(owner, name, data), width, height


def _size_as_shown(path: str) -> tuple[int, int] | None:
    """Return the upright size of a photo that a browser shows as it is read; None for others.

    One with a transparent part is shown as it is too: the page is seen through it.
    """
    try:
        data = read_bytes(path)
        if may_be_deep(data[:START_BYTES]):
            return None  # the editor's white may be another than the browser's
        if is_noted(path):
            return None  # a browser does not turn it
        with open_picture(data, path) as image:
            if image.format not in SHOWN:
                return None
            if image.format == "PNG":
                image.load()  # it may say behind its pixels how it lies
            turn = orientation_of(image)
            too_large = image.width * image.height > MAX_PIXELS
            shown = image.mode in ("RGB", "RGBA") and getattr(image, "n_frames", 1) == 1
            if too_large or not shown:
                return None
            if image.format != "JPEG" and turn != 1:
                return None
            return (image.height, image.width) if 5 <= turn <= 8 else image.size
    except Exception:  # whatever a decoder thinks of it, `Photo.read` says in words
        return None
