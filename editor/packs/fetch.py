"""Fetching published weights: lazily, pinned by hash, resumed where it broke off, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from editor.errors import StorageError, UnavailableError
from editor.files import is_full, take_name, why, write_whole

CHUNK = 2**20
TIMEOUT_S = 30.0
Progress = Callable[[int, int], None]


def cache_folder() -> Path:
    """Return the folder of fetched weights: EDITOR_CACHE, else ~/.cache/idgan-editor."""
    return Path(os.environ.get("EDITOR_CACHE", Path.home() / ".cache" / "idgan-editor"))


def fetch(
    url: str,
    sha256_prefix: str,
    name: str,
    folder: Path | None = None,
    size: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Return the path of a file in the cache, and download it when it is not there.

    A download that breaks off stays beside it as `.part`, and the next call goes on from there.

    Args:
        url: where it is published.
        sha256_prefix: first hexadecimal digits of its sha256; empty where none is known, and then
            the first download is trusted and its hash kept beside it.
        name: file name in the cache.
        folder: cache folder; `cache_folder()` by default.
        size: bytes, where known.
        progress: called with (bytes so far, bytes in all, 0 if not known).

    Raises:
        UnavailableError: it cannot be downloaded, or is not the pinned file and is not kept.
        StorageError: the disk is full when its hash is written.
    """
    target = (folder or cache_folder()) / name
    note = target.with_name(f"{name}.sha256")
    pinned = sha256_prefix
    if not pinned and note.is_file():
        pinned = note.read_text(encoding="ascii").split()[0]
    if target.is_file() and pinned and file_sha256(target).startswith(pinned):
        return target
    mend = f"Download {url} by hand and put it at {target}."
    part = target.with_name(f".{name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _download(url, part, progress)
        digest = _checked(part, url, sha256_prefix, size, mend)
        take_name(part, target)
        write_whole(note, f"{digest}  {name}\n".encode("ascii"))
    except StorageError:
        raise
    except (urllib.error.URLError, OSError, TimeoutError) as error:
        if is_full(error):  # what there is of it stays, and the next call goes on from there
            raise UnavailableError(f"{url} was not downloaded: {why(error)}") from error
        raise UnavailableError(f"{url} could not be downloaded ({error}). {mend}") from error
    return target


def _checked(part: Path, url: str, sha256_prefix: str, size: int | None, mend: str) -> str:
    """Return the sha256 of what was downloaded, or remove it where it is not the pinned file.

    Raises:
        UnavailableError: it has another size or hash, or is a web page.
    """
    found, digest = part.stat().st_size, file_sha256(part)
    said = ""
    if size is not None and found != size:
        said = f"has {found} bytes, expected {size}"
    elif _is_web_page(part):
        said = (
            "gave a web page instead of the file (a limit of the host, or it asks for a "
            "confirmation)"
        )
    elif not digest.startswith(sha256_prefix):
        said = f"is not the pinned file: sha256 {digest[:16]}…, expected {sha256_prefix}…"
    if said:
        part.unlink()
        raise UnavailableError(f"{url} {said}. Nothing was kept. {mend}")
    return digest


def _download(url: str, part: Path, progress: Progress | None) -> None:
    """Download what `part` lacks of a file. Start again where the server cannot go on."""
    begun = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={begun}-"} if begun else {})
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code != 416 or not begun:  # 416: nothing is left, or the file is another one
            raise
        part.unlink()
        begun = 0
        response = urllib.request.urlopen(url, timeout=TIMEOUT_S)
    with response:
        if response.status != 206:
            begun = 0
        length = response.headers.get("Content-Length")
        total = begun + int(length) if length else 0
        with part.open("ab" if begun else "wb") as out:
            while chunk := response.read(CHUNK):
                out.write(chunk)
                begun += len(chunk)
                if progress is not None:
                    progress(begun, total)
    if total and begun != total:
        raise UnavailableError(
            f"{url} broke off after {begun} of {total} bytes. Run the same command again to go on, or "
            f"download it by hand."
        )


def file_sha256(path: Path) -> str:
    """Return the hexadecimal sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_web_page(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(200).lstrip().lower().startswith((b"<!doctype html", b"<html"))
