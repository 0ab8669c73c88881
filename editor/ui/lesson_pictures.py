"""The pictures that the sheet "New slider" asks about: which come next, and what was said of them."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Any

from PIL import Image

from editor.errors import OptionError
from editor.session import Editor
from editor.sliders.lesson import HAS, HAS_NOT, SKIP, Learned, Lesson, seed_key
from editor.sliders.sample_pool import FIRST_SEED, POOL
from editor.sliders.teach import mark_photo, next_seeds, photo_key, picture
from editor.ui.data_uris import data_uri
from editor.ui.state import Visitor

BATCH = 12
OWN = 4  # of the visitor's photos in a batch
MAX_MARKS = 100  # in one call
VALUES = {"has": HAS, "not": HAS_NOT, "": SKIP}
Lessons = dict[str, Lesson]  # by domain


def counted(visitor: Visitor, lessons: Lessons, asked: dict[str, Any] | None) -> Lessons:
    """Count the shown pictures in the lesson of their domain. Skip those without a mark.

    Raises:
        OptionError: a picture is not one of those that are shown, a mark is none, or there are too many.
    """
    domain, marks = (asked or {}).get("domain") or "", (asked or {}).get("marks") or []
    if not marks or domain not in visitor.projects:
        return lessons
    if len(marks) > MAX_MARKS:
        raise OptionError(f"{len(marks)} marks at once are too many; at most {MAX_MARKS}")
    lesson = lessons.get(domain, Lesson())
    photos = {p.id: p.aligned for p in visitor.projects[domain].pictures if p.aligned}
    for each in marks:
        kind, _, name = (each.get("id") or "").partition(":")
        mark = VALUES.get(each.get("mark") or "")
        if mark is None:
            raise OptionError("a mark is not known; press Start over")
        if kind != "photo":
            lesson = lesson.mark(seed_key(_seed(name)), mark)
        elif name in photos and digest(photos[name]) == each.get("of"):  # else it was removed
            lesson = mark_photo(lesson, digest(photos[name]), _photo(photos[name]), mark)
    return {**lessons, domain: lesson}


def batch(
    visitor: Visitor, editor: Editor, lesson: Lesson, learned: Learned | None
) -> list[dict[str, Any]]:
    """Return the next pictures to mark: some of the visitor's unmarked photos, and samples."""
    seen = {key for key, _ in lesson.marks}
    own = {digest(p.aligned): p for p in visitor.project.pictures if p.aligned}
    new = [name for name in own if photo_key(name) not in seen][:OWN]
    photos = [
        {
            "id": f"photo:{own[name].id}",
            "of": name,
            "src": data_uri(_photo(own[name].aligned)),
            "mark": "",
        }
        for name in new
    ]
    seeds = next_seeds(editor.engine, lesson, learned, BATCH - len(photos))
    return photos + [_item(editor, seed) for seed in seeds]


def digest(picture_bytes: bytes) -> str:
    """Return what a lesson calls a photo: ids are given again to other photos."""
    return hashlib.sha256(picture_bytes).hexdigest()[:16]


def _item(editor: Editor, seed: int) -> dict[str, Any]:
    return {
        "id": f"seed:{seed}",
        "of": "",
        "src": data_uri(picture(editor.engine, seed)),
        "mark": "",
    }


def _photo(before: bytes) -> Image.Image:
    return Image.open(io.BytesIO(before)).convert("RGB")


def _seed(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 0 <= int(text) - FIRST_SEED < POOL:
        raise OptionError("a marked picture is not known; press Start over")
    return int(text)
