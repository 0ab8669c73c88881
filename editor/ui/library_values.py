"""Values of the library's grid: tiles of all pictures, in every domain that the visit used."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from PIL import Image

from editor.domains import Domains
from editor.errors import OptionError
from editor.project.face_names import listed_names
from editor.project.history import MAX_PICTURES, Project
from editor.project.nodes import Node, Picture
from editor.project.pixels import thumbnail
from editor.project.turning import standing
from editor.session import Editor
from editor.ui.component_values import MAX_ID, is_untouched
from editor.ui.data_uris import jpeg_uri
from editor.ui.slider_words import sentence_of
from editor.ui.state import Visit, Visitor

TILE_PX = 240  # 184 px on the page, and some for sharper screens
MAX_DOUBTS = 1000  # of a visit
MOST_TOLD = 3  # failures that are told by name
Key = tuple[str, str]  # domain, id of a picture


def key_of(domain: str, name: str) -> str:
    """Return how the page calls a picture."""
    return f"{domain}:{name}"


def chosen_keys(value: Any, visitor: Visitor) -> list[Key]:
    """Return the pictures that the page chose and that are still there, each once.

    Raises:
        OptionError: there are none.
    """
    chosen = value.get("chosen") if isinstance(value, dict) else None
    asked = chosen[: 10 * MAX_PICTURES] if isinstance(chosen, list) else []
    found: dict[Key, None] = {}
    for text in asked:
        domain, _, name = str(text)[: 2 * MAX_ID].rpartition(":")
        project = visitor.projects.get(domain)
        if project is not None and any(p.id == name for p in project.pictures):
            found[domain, name] = None
    if not found:
        raise OptionError("choose a picture first")
    return list(found)


def said(text: str, **more: Any) -> dict[str, Any]:
    """Return a message for the page. It is told once, whichever event's value brings it.

    Args:
        text: for a person.
        more: "undo": it can be undone; "added": keys of new pictures; "bad": it did not work;
            "stay": until it is closed.
    """
    return {"text": text, "turn": uuid.uuid4().hex} | more


def failures_text(failures: Sequence[tuple[str, str]]) -> str:
    """Say what failed in one sentence or two: at most three by name, each name and each advice once.

    Args:
        failures: of each a name and the text of its error, whose advice comes after a semicolon.
    """
    whats: list[str] = []
    advice: dict[str, None] = {}
    for name, text in failures[:MOST_TOLD]:
        what, _, what_to_do = text.partition("; ")
        whats.append(what if what.startswith((f"{name} ", f"{name}: ")) else f"{name}: {what}")
        if what_to_do:
            advice[_sentence(what_to_do)] = None
    if len(failures) > MOST_TOLD:
        whats.append(f"and {len(failures) - MOST_TOLD} more")
    return " ".join(["; ".join(whats) + ".", *advice])


def told_once(visitor: Visitor) -> dict[str, Any]:
    """Return a message of what the visit's handlers refused since the last one; nothing where that is nothing."""
    texts = dict.fromkeys(_sentence(text) for text in taken_refusals(visitor))
    return {"said": said(" ".join(texts), bad=True, stay=True)} if texts else {}


def taken_refusals(visitor: Visitor) -> list[str]:
    """Take out what the page has yet to tell of handlers that failed."""
    waiting, texts = visitor.visit.refusals, []
    while waiting:
        texts.append(waiting.popleft())
    return texts


def _sentence(text: str) -> str:
    """Return a text of an error as a whole sentence."""
    return sentence_of(text) + ("" if text.endswith((".", "?", "!")) else ".")


class Doubts:
    """What the page doubts of pictures, by visit: a face that was not sure, a poor likeness.

    They are known by their codes: a doubt outlives a rename and an undone removal, and does not pass to
    another picture that has the same id.
    """

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Visit, dict[bytes, str]] = WeakKeyDictionary()

    def of(self, visitor: Visitor) -> dict[str, str]:
        """Return those of the visit's pictures, by key."""
        known = self._known.get(visitor.visit)
        if not known:
            return {}
        return {
            key_of(domain, picture.id): known[code]
            for domain, project in visitor.projects.items()
            for picture in project.pictures
            if (code := _code_of(domain, picture)) in known
        }

    def add(self, visitor: Visitor, domain: str, picture: Picture, text: str) -> None:
        """Doubt a picture of a domain."""
        known = self._known.setdefault(visitor.visit, {})
        known[_code_of(domain, picture)] = text
        while len(known) > MAX_DOUBTS:
            del known[next(iter(known))]


def _code_of(domain: str, picture: Picture) -> bytes:
    """Return what tells a picture's code from others."""
    made = hashlib.blake2b(domain.encode(), digest_size=16)
    made.update(np.ascontiguousarray(picture.wp).tobytes())
    return made.digest()


class Tiles:
    """Pictures of edits for the grid, made when they are asked for and kept as long as the edits.

    Args:
        domains: whose editors draw them.
    """

    def __init__(self, domains: Domains) -> None:
        self.domains = domains
        self._made: WeakKeyDictionary[Node, str] = WeakKeyDictionary()

    def known(self, node: Node) -> str:
        """Return a node's tile as a data URI, or for now its thumb."""
        return self._made.get(node) or jpeg_uri(node.thumb)

    def lacking(self, visitor: Visitor) -> list[str]:
        """Return the ids of the open domain's pictures that have no tile yet."""
        project = visitor.project
        seen = [p.id for p in standing(project) if not is_untouched(project, p.id)]
        return [name for name in seen if project.latest(name) not in self._made]

    def make(self, project: Project, editor: Editor, name: str) -> None:
        """Make the tile of a picture as it stands."""
        node, picture = project.latest(name), project.picture(name)
        self._made[node] = jpeg_uri(thumbnail(_drawn(project, editor, node, picture), TILE_PX))


def library_value(visitor: Visitor, tiles: Tiles, doubts: Mapping[str, str]) -> dict[str, Any]:
    """Return the part of the grid's value that says what there is.

    Args:
        visitor: whose pictures.
        tiles: what was drawn of them.
        doubts: by key.
    """
    titles = {name: title for title, name in tiles.domains.choices}
    pictures = [
        {
            "key": (key := key_of(domain, picture.id)),
            "id": picture.id,
            "domain": domain,
            "name": names[picture.id],
            "src": tiles.known(project.latest(picture.id)),
            "doubt": doubts.get(key, ""),
        }
        for domain, project in visitor.projects.items()
        for names in (listed_names(standing(project)),)
        for picture in standing(project)
        if not is_untouched(project, picture.id)
    ]
    used = [domain for domain in visitor.projects if any(p["domain"] == domain for p in pictures)]
    shown = visitor.project.shown
    return {
        "open": visitor.domain,
        "pictures": pictures,
        "domains": [{"name": name, "title": titles.get(name, name)} for name in used],
        "shown": "" if shown is None else key_of(visitor.domain, shown.id),
    }


def filled(
    value: Callable[[], dict[str, Any]], tiles: Tiles, visitor: Visitor, editor: Editor
) -> Iterator[dict[str, Any]]:
    """Yield a library's value at once, and again whenever a few more tiles were drawn.

    Args:
        value: makes it of what is known.
        tiles: what was drawn.
        visitor: whose pictures.
        editor: of the visitor's domain.
    """
    yield value()
    lacking = tiles.lacking(visitor)
    for count, name in enumerate(lacking, start=1):
        tiles.make(visitor.project, editor, name)
        if count % 4 == 0 or count == len(lacking):
            yield value()


def _drawn(project: Project, editor: Editor, node: Node, picture: Picture) -> Image.Image:
    """Return an edit for a tile: the part of the photo around the face, or the square."""
    edit = project.edit(editor, node)
    if not picture.small or picture.crop is None:
        return editor.render(edit)
    photo, crop = Image.open(io.BytesIO(picture.small)).convert("RGB"), picture.crop
    if edit.moves or edit.base is not None:
        photo = editor.paste(edit, "difference", photo, crop)
    side = min(photo.size)
    left, top = (
        round(min(max(centre * length - side / 2, 0), length - side))
        for centre, length in ((crop.x, photo.width), (crop.y, photo.height))
    )
    return photo.crop((left, top, left + side, top + side))
