"""The zip of a project: which parts it may hold, and how large they may be."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from editor.errors import ImageError, ProjectError
from editor.files import read_regular
from editor.zips import checked_zip, read_part

MAX_BYTES = 512 * 2**20
MAX_PHOTO_BYTES = 100 * 2**20
MAX_PARTS = 1000
# by the part's name, or its folder
MAX_PART_BYTES = {
    "project.json": 4 * 2**20,
    "tensors.safetensors": 16 * 2**20,
    "photos": MAX_PHOTO_BYTES,
    "small": 2 * 2**20,
    "aligned": 16 * 2**20,
    "before": 16 * 2**20,  # of schema 1: aligned
    "thumbs": 256 * 2**10,
    "masks": 4 * 2**20,
}
PARTS = re.compile(
    r"project\.json|tensors\.safetensors|photos/[0-9a-f]{16}\.[a-z]{3,4}|small/[0-9a-f]{16}\.jpg"
    r"|(aligned|before|thumbs|masks)/[A-Za-z0-9_]{1,32}\.(jpg|png)"
)


def read_photo(path: str) -> bytes:
    """Return the bytes of a whole photo.

    Raises:
        ImageError: it is gone, or no file that a project takes.
    """
    try:
        return read_regular(path, MAX_PHOTO_BYTES, ImageError)
    except ImageError as error:
        if not Path(path).exists():
            raise ImageError(f"a photo is gone ({Path(path).name}); give it again") from error
        raise


def pack_parts(files: dict[str, bytes]) -> bytes:
    """Pack named parts into a zip and return its bytes. Leave empty parts out.

    Raises:
        ProjectError: together they are more than is ever reopened.
    """
    total = sum(map(len, files.values()))
    if total > MAX_BYTES:
        raise ProjectError(
            f"the project would have {total // 2**20} MB, and could not be reopened; at most "
            f"{MAX_BYTES // 2**20} MB can. Remove pictures of large photos first"
        )
    for name, data in files.items():
        if len(data) > _bound(name):
            raise ProjectError(
                f"'{name}' would have {len(data) // 2**20} MB, and the project could not be reopened. "
                f"Remove pictures, or sliders of one's own, first"
            )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            if data:
                archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def read_parts(source: bytes | Path, only: str | None = None) -> dict[str, bytes]:
    """Return the parts of the file. Check its index against the limits before unpacking any.

    Args:
        source: the file, or its bytes.
        only: read this part alone.

    Raises:
        ProjectError: damaged, too large, or with parts that do not belong into a project.
    """
    with checked_zip(source, MAX_BYTES, MAX_PARTS, _bound, ProjectError, "project file") as (
        archive,
        items,
    ):
        return {
            item.filename: read_part(archive, item, ProjectError)
            for item in items
            if only in (None, item.filename)
        }


def _bound(name: str) -> int:
    """Return how many bytes a part may have.

    Raises:
        ProjectError: it does not belong into a project.
    """
    if not PARTS.fullmatch(name):
        raise ProjectError(f"'{name[:60]}' does not belong into a project")
    return MAX_PART_BYTES[name.partition("/")[0]]
