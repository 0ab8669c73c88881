"""The zip of a project: which parts it may hold, and how large they may be."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from editor.errors import ImageError, ProjectError

MAX_BYTES = 512 * 2**20
MAX_PHOTO_BYTES = 100 * 2**20
MAX_PART_BYTES = 16 * 2**20
PARTS = re.compile(
    r"project\.json|tensors\.safetensors|photos/[0-9a-f]{16}\.[a-z]{3,4}"
    r"|(before|thumbs|masks)/[A-Za-z0-9_]{1,32}\.(jpg|png)"
)


def read_photo(path: str) -> bytes:
    """The bytes of a whole photo.

    Raises:
        ImageError: it is gone.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ImageError(f"a photo is gone ({Path(path).name}); give it again") from error


def pack_parts(files: dict[str, bytes]) -> bytes:
    """Parts by name as the bytes of a zip; empty ones are left out.

    Raises:
        ProjectError: together they are more than is ever reopened.
    """
    total = sum(map(len, files.values()))
    if total > MAX_BYTES:
        raise ProjectError(
            f"the project would have {total // 2**20} MB, and could not be reopened; at most "
            f"{MAX_BYTES // 2**20} MB can. Remove pictures of large photos first"
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            if data:
                archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def read_parts(source: bytes | Path, only: str | None = None) -> dict[str, bytes]:
    """The parts of the file, never more than the limits, whatever its index says.

    Args:
        source: the file, or its bytes.
        only: read this part alone.

    Raises:
        ProjectError: damaged, too large, or with parts that do not belong into a project.
    """
    files: dict[str, bytes] = {}
    left = MAX_BYTES
    try:
        with zipfile.ZipFile(
            io.BytesIO(source) if isinstance(source, bytes) else source
        ) as archive:
            for item in archive.infolist():
                if not PARTS.fullmatch(item.filename) or item.filename in files:
                    raise ProjectError(
                        f"'{item.filename[:60]}' does not belong into a project, or is there twice"
                    )
                if only not in (None, item.filename):
                    continue
                photo = item.filename.startswith("photos/")
                bound = min(MAX_PHOTO_BYTES if photo else MAX_PART_BYTES, left)
                with archive.open(item) as part:
                    data = part.read(bound + 1)
                if len(data) > bound:
                    raise ProjectError(f"'{item.filename}' is larger than a project may hold")
                left -= len(data)
                files[item.filename] = data
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise ProjectError(f"this is not a project file, or it is damaged: {error}") from error
    except (ValueError, KeyError, zipfile.LargeZipFile) as error:
        raise ProjectError(f"this is not a project file, or it is damaged: {error}") from error
    return files
