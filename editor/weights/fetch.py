"""Fetching published weights: lazily, pinned by hash, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from pathlib import Path

from editor.errors import UnavailableError

CHUNK = 2**20
TIMEOUT_S = 30.0


def cache_folder() -> Path:
    """Where fetched weights are kept: EDITOR_CACHE, else ~/.cache/idgan-editor."""
    return Path(os.environ.get("EDITOR_CACHE", Path.home() / ".cache" / "idgan-editor"))


def fetch(url: str, sha256_prefix: str, name: str, folder: Path | None = None) -> Path:
    """Return a file from the cache, downloading it when it is not there.

    Args:
        url: where it is published.
        sha256_prefix: first hexadecimal digits of its sha256, at least 8.
        name: file name in the cache.
        folder: cache folder; `cache_folder()` by default.

    Raises:
        UnavailableError: it cannot be downloaded, or is not the pinned file; nothing is kept then.
    """
    target = (folder or cache_folder()) / name
    if target.is_file() and _digest(target).startswith(sha256_prefix):
        return target
    mend = f"Download {url} by hand and put it at {target}."
    temporary = target.with_name(f".{name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with (
            urllib.request.urlopen(url, timeout=TIMEOUT_S) as response,
            temporary.open("wb") as out,
        ):
            expected = response.headers.get("Content-Length")
            while chunk := response.read(CHUNK):
                out.write(chunk)
        size = temporary.stat().st_size
        if expected is not None and size != int(expected):
            raise UnavailableError(f"{url} broke off after {size} of {expected} bytes. {mend}")
        digest = _digest(temporary)
        if not digest.startswith(sha256_prefix):
            raise UnavailableError(
                f"{url} is not the pinned file: sha256 {digest[:16]}…, expected {sha256_prefix}…. "
                f"Nothing was kept. {mend}"
            )
        os.replace(temporary, target)
    except (urllib.error.URLError, OSError, TimeoutError) as error:
        raise UnavailableError(f"{url} could not be downloaded ({error}). {mend}") from error
    finally:
        temporary.unlink(missing_ok=True)
    return target


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
