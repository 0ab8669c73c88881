"""The form of a request: headers and paths as browsers send them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from editor.ui.asgi import Refused
from editor.ui.gradio_internals import FILE

RANGE = re.compile(rb"bytes=([0-9]{1,18})-([0-9]{0,18})")
MAX_PART = 120  # of a path; files' addresses are checked by themselves
NOTHING = "there is nothing here"


def is_forwarded(name: bytes) -> bool:
    """Return whether a header tells what a proxy was asked."""
    return name.lower().startswith((b"x-forwarded-", b"x-gradio-")) or name.lower() == b"forwarded"


def check_form(path: str, headers: Mapping[str, str]) -> None:
    """Refuse what no browser sends."""
    if "transfer-encoding" in headers and "content-length" in headers:
        raise Refused(400, "a request says its length once")
    if not path.startswith(FILE) and any(len(part) > MAX_PART for part in path.split("/")):
        raise Refused(404, NOTHING)


def is_range(text: bytes) -> bool:
    """Return whether a header asks for one part of a file."""
    found = RANGE.fullmatch(text)
    return found is not None and (not found[2] or int(found[1]) <= int(found[2]))


def origin_host(origin: str) -> str:
    """Return the host and port of a header `Origin`."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return "no origin"
