"""The pictures that the tab Teach asks about: which come next, and what was said of them."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Any

from PIL import Image

from editor.errors import OptionError
from editor.session import Editor
from editor.sliders.boundary import Boundary
from editor.sliders.lesson import HAS, HAS_NOT, SKIP, Learned, Lesson, seed_key
from editor.sliders.teach import (
    FIRST_SEED,
    POOL,
    mark_photo,
    next_seeds,
    photo_key,
    picture,
    taught_slider,
)
from editor.ui.data_uris import data_uri
from editor.ui.state import Visitor

BATCH = 12
OWN = 4  # of the visitor's photos in a batch
VALUES = {"has": HAS, "not": HAS_NOT}
Lessons = dict[str, Lesson]  # by domain


def counted(visitor: Visitor, lessons: Lessons, value: dict[str, Any] | None) -> Lessons:
    """Count the shown pictures in the lesson of their domain. Skip those without a mark.

    Raises:
        OptionError: a picture is not one of those that are shown.
    """
    domain, items = str((value or {}).get("domain", "")), (value or {}).get("items") or []
    if not items or domain not in visitor.projects:
        return lessons
    lesson = lessons.get(domain, Lesson())
    photos = {p.id: p.aligned for p in visitor.projects[domain].pictures if p.aligned}
    for item in items:
        kind, _, name = str(item.get("id", "")).partition(":")
        mark = VALUES.get(str(item.get("mark", "")), SKIP)
        if kind != "photo":
            lesson = lesson.mark(seed_key(_seed(name)), mark)
        elif name in photos and _digest(photos[name]) == item.get("of"):  # else it was removed
            lesson = mark_photo(lesson, _digest(photos[name]), _photo(photos[name]), mark)
    return {**lessons, domain: lesson}


def batch(
    visitor: Visitor, editor: Editor, lesson: Lesson, learned: Learned | None
) -> dict[str, Any]:
    """Return the value of `marks`: some of the visitor's unmarked photos, and samples."""
    seen = {key for key, _ in lesson.marks}
    own = {_digest(p.aligned): p for p in visitor.project.pictures if p.aligned}
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
    return {"domain": visitor.domain, "items": photos + [_item(editor, seed) for seed in seeds]}


def _item(editor: Editor, seed: int) -> dict[str, Any]:
    return {"id": f"seed:{seed}", "src": data_uri(picture(editor.engine, seed)), "mark": ""}


def _photo(before: bytes) -> Image.Image:
    return Image.open(io.BytesIO(before)).convert("RGB")


def _digest(before: bytes) -> str:
    """Return what a lesson calls a photo: ids are given again to other photos."""
    return hashlib.sha256(before).hexdigest()[:16]


def _seed(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 0 <= int(text) - FIRST_SEED < POOL:
        raise OptionError("a marked picture is not known; press Forget the marks")
    return int(text)


def learned_slider(editor: Editor, learned: Learned, others: list[str] | None) -> Boundary:
    """Return the slider of what was learned, independent of others as far as they are known."""
    return taught_slider(
        editor.engine, learned, "taught", independent_of=known_others(editor, others)
    )


def known_others(editor: Editor, others: list[str] | None) -> list[Boundary]:
    """Return the sliders that the domain has, of those that must not change."""
    return [editor.boundaries[name] for name in others or [] if name in editor.boundaries]
