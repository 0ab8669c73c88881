"""Whether a photo is for another domain than the open one: a landscape given as a face, and the other way."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from editor.domains import Domains
from editor.errors import EditorError, PackError
from editor.packs.info import DomainInfo, read_info
from editor.photo.photo import Photo
from editor.session import Editor

SUBJECTS = {
    "scene": "landscape"
}  # what the page calls a subject, where that is not the pack's word


def better_domain(domains: Domains, editor: Editor, photo: Photo, found: bool) -> str:
    """Return the name of a domain that fits a photo better than the open one; empty for none.

    Where the open domain knows faces and is not sure of any, that is the first one of another subject
    without faces. Where it knows none, it is the first one that is sure of a face.

    Args:
        domains: all that there are.
        editor: of the open one.
        photo: that was read.
        found: the open domain is sure of what it found.
    """
    others = [info for info in _infos(domains) if info.subject != editor.info.subject]
    if _knows_faces(editor.info):
        fitting = [] if found else [info.name for info in others if not _knows_faces(info)]
        return fitting[0] if fitting else ""
    for info in others:
        if not _knows_faces(info):
            continue
        with suppress(EditorError):  # it cannot be opened: it is not offered
            if domains.open(info.name).find(photo, in_tiles=False):
                return info.name
        return ""  # others of the kind would say the same
    return ""


def called(subject: str) -> str:
    """Return what the page calls what a domain knows."""
    return SUBJECTS.get(subject, subject)


def suggestion(domains: Domains, name: str) -> dict[str, Any] | None:
    """Return what the stage says of a better domain: "domain", "title" and "subject"."""
    for info in _infos(domains):
        if info.name == name:
            return {"domain": name, "title": info.title, "subject": called(info.subject)}
    return None


def _infos(domains: Domains) -> list[DomainInfo]:
    """Return the facts of all domains, the one to begin with first."""
    found, first = [], domains.first
    for _, name in sorted(domains.choices, key=lambda choice: choice[1] != first):
        with suppress(PackError):
            found.append(read_info(name, domains.folders["checkpoints"]))
    return found


def _knows_faces(info: DomainInfo) -> bool:
    return bool(info.landmarks)
