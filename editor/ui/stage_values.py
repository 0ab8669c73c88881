"""Values of the stage, made of the visitor's work: photo, square, faces, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from PIL import Image

from editor.domains import Domains
from editor.editing.edit import Edit
from editor.errors import EditorError, PackError
from editor.media.images import looked_at
from editor.media.profiles import as_srgb
from editor.media.source import Source, claimed
from editor.packs.info import read_info
from editor.photo.crop import Crop, is_same_place
from editor.photo.photo import Photo
from editor.project.exports import faces_beside
from editor.project.history import Project
from editor.project.nodes import Picture
from editor.project.pixels import SMALL_PX, png_bytes, thumbnail
from editor.project.version import version_of
from editor.session import Editor
from editor.ui.component_values import example_sources, is_all_untouched
from editor.ui.data_uris import data_uri, jpeg_uri, png_uri
from editor.ui.inverting import Likeness, likeness_of
from editor.ui.right_domain import called, suggestion
from editor.ui.shown_photo import ShownPhotos
from editor.ui.state import Visitor

MOST_FACES = 60


@dataclass(frozen=True)
class Said:
    """What the stage says.

    Attributes:
        state: "empty", "frame", "working", "done" or "error".
        line: a sentence.
        notice: what went wrong with another photo than the one that waits for its frame.
        advice: what to do, in a sentence or two.
        done, total, seconds: progress of a job; seconds that are left, None where nobody knows.
    """

    state: str = "done"
    line: str = ""
    advice: str = ""
    done: int = 0
    total: int = 0
    seconds: float | None = None
    notice: str = ""


class StageValues:
    """Makes the values of the stage.

    Args:
        shown: the photos as browsers show them.
        domains: all that there are.
    """

    def __init__(self, shown: ShownPhotos, domains: Domains) -> None:
        self.shown, self.domains = shown, domains
        self._likeness: WeakKeyDictionary[Picture, Likeness] = WeakKeyDictionary()
        self._clear: WeakKeyDictionary[Picture, Photo | None] = WeakKeyDictionary()

    def of(
        self,
        visitor: Visitor,
        editor: Editor,
        said: Said | None = None,
        edit: Edit | None = None,
        replaced: Callable[..., Image.Image] | None = None,
    ) -> dict[str, Any]:
        """Return the value for the shown picture, see `components/stage.py`.

        Args:
            visitor: whose stage it is.
            editor: of the visitor's domain.
            said: by default nothing, for a picture that is done.
            edit: as the sliders are; by default as the shown edit has them.
            replaced: makes a picture of an edit, a photo, its square and, where it has one, its alpha,
                where not the difference is shown.
        """
        project = visitor.project
        node, picture = project.node, project.shown
        assert node is not None
        assert picture is not None
        edit = edit or project.edit(editor)
        usual = "working" if visitor.is_unfinished(picture.id) else "done"
        said = said or Said("empty" if is_all_untouched(project) else usual)
        value = {
            "visit": visitor.visit.id,
            "turn": visitor.visit.reading,
            "number": visitor.number,
            "domain": visitor.domain,
            "picture": picture.id,
            "node": project.at,
            "version": version_of(project, node),
            "name": picture.name,
            "resolution": editor.info.resolution,
            "subject": editor.info.subject,
            "photo": self._photo(visitor, picture.photo),
            "crop": None if picture.crop is None else asdict(picture.crop),
            "before": png_uri(picture.aligned),
            "mask": png_uri(node.mask),
            "marks": editor.info.landmarks,
            "moves": dict(edit.moves),
            "faces": faces_of(visitor, picture.photo),
            "others": self._others(visitor, editor, picture),
            "composed": "",
            "suggest": self._suggestion(visitor, picture.photo),
        }
        value["after"] = data_uri(editor.render(edit))
        value["reference"] = data_uri(editor.reference(edit))
        if replaced is not None and picture.crop is not None and picture.small and edit.changed:
            value["composed"] = _composed(edit, picture, replaced, self._clear_photo)
        return value | self._said(editor, project, said)

    def waiting(self, visitor: Visitor, editor: Editor, said: Said) -> dict[str, Any]:
        """Return the value for a photo whose square has to be placed by hand."""
        path, name = visitor.waiting, Path(visitor.waiting).stem
        found = visitor.found_in(path)
        crop = found[0][0] if found else first_crop(self._photo(visitor, path))
        return {
            "visit": visitor.visit.id,
            "turn": visitor.visit.reading,
            "number": visitor.number,
            "domain": visitor.domain,
            "picture": "",
            "node": -1,
            "version": "",
            "name": name,
            "resolution": editor.info.resolution,
            "subject": editor.info.subject,
            "photo": self._photo(visitor, path),
            "crop": asdict(crop),
            "marks": editor.info.landmarks,
            "faces": [],
            "others": [],
            "moves": {},
            "suggest": self._suggestion(visitor, path),
            **dict.fromkeys(("before", "mask", "composed", "after", "reference"), ""),
            **self._said(editor, None, said),
        }

    def _said(self, editor: Editor, project: Project | None, said: Said) -> dict[str, Any]:
        likeness = Likeness()
        if said.state == "done" and project is not None and not said.line:
            likeness = self._likely(editor, project)
        progress = {"done": said.done, "total": said.total, "seconds": said.seconds}
        return {
            "state": said.state,
            "line": said.line,
            "notice": said.notice,
            "likeness": likeness.level,
            "advice": said.advice or likeness.advice,
            "progress": progress if said.total else None,
            "examples": example_sources(editor) if said.state == "empty" else [],
            "subjects": self._subjects if said.state == "empty" else [],
        }

    def _likely(self, editor: Editor, project: Project) -> Likeness:
        picture = project.shown
        assert picture is not None
        if picture not in self._likeness:
            aligned = picture.aligned and Image.open(BytesIO(picture.aligned)).convert("RGB")
            known = bool(aligned) and picture.base is None and bool(picture.losses)
            edit = editor.edit(picture.wp, aligned or None, dict(picture.losses))
            self._likeness[picture] = likeness_of(editor, edit) if known else Likeness()
        return self._likeness[picture]

    @cached_property
    def _subjects(self) -> list[str]:
        """What the domains know, each once, as the page calls it."""
        found: dict[str, None] = {}
        for _, name in self.domains.choices:
            with suppress(PackError):
                subject = read_info(name, self.domains.folders["checkpoints"]).subject
                found[called(subject)] = None
        return list(found)

    def _suggestion(self, visitor: Visitor, path: str) -> dict[str, Any] | None:
        given, name = visitor.better
        wrong = not path or given != path or not name or name == visitor.domain
        return None if wrong else suggestion(self.domains, name)

    def _clear_photo(self, picture: Picture) -> Photo | None:
        """Return a small copy of a picture's photo where that can be transparent; None for others.

        It is kept as long as the picture: each release of a slider asks for it.
        """
        if picture not in self._clear:
            self._clear[picture] = _small_clear(picture.photo)
        return self._clear[picture]

    def _photo(self, visitor: Visitor, path: str) -> dict[str, Any] | None:
        if not path:
            return None
        try:
            return self.shown.of(visitor.visit.owner, path)
        except EditorError:
            return None  # it is gone, or there is no room for it: the square is still there

    def _others(self, visitor: Visitor, editor: Editor, shown: Picture) -> list[dict[str, Any]]:
        """Return the edits of other squares of the same photo, which the photo shows too."""
        return [
            {
                "crop": asdict(other.crop),
                "reference": data_uri(editor.reference(edit)),
                "after": data_uri(editor.render(edit)),
            }
            for edit, other in faces_beside(visitor.project, editor, shown)
            if other.crop is not None
        ]


def faces_of(visitor: Visitor, path: str) -> list[dict[str, Any]]:
    """Return the squares of a photo: those that were found, and those that are pictures already."""
    if not path:
        return []
    faces: list[dict[str, Any]] = []
    pictures = [p for p in visitor.project.pictures if p.photo == path and p.crop is not None]
    squares = visitor.found_in(path)
    for picture in reversed(pictures):
        assert picture.crop is not None
        if not any(is_same_place(picture.crop, Crop(*_place(face))) for face in faces):
            faces.append({**asdict(picture.crop), "confidence": 1.0, "picture": picture.id})
    for crop, confidence in squares:
        if not any(is_same_place(crop, Crop(*_place(face))) for face in faces):
            faces.append({**asdict(crop), "confidence": confidence, "picture": ""})
    return sorted(faces[:MOST_FACES], key=lambda face: (face["x"], face["y"]))


def _composed(
    edit: Edit,
    picture: Picture,
    replaced: Callable[..., Image.Image],
    clear_photo: Callable[[Picture], Photo | None],
) -> str:
    """Return a small copy of a picture's photo, with an edit pasted in, as a data URI.

    Args:
        edit: of the picture.
        picture: with its square.
        replaced: as in `StageValues`.
        clear_photo: gives the picture's photo where that can be transparent.
    """
    assert picture.crop is not None
    with suppress(EditorError):
        clear = clear_photo(picture)
        if clear is not None:
            alpha = clear.source.alpha
            pasted = as_srgb(replaced(edit, clear.pixels.copy(), picture.crop, alpha)).copy()
            if alpha is not None:
                pasted.putalpha(alpha)
            return png_uri(png_bytes(pasted))
    small = Image.open(BytesIO(picture.small)).convert("RGB")
    return jpeg_uri(thumbnail(replaced(edit, small, picture.crop), SMALL_PX))


def _small_clear(path: str) -> Photo | None:
    """Return a small copy of a photo that can be transparent; None for others."""
    if looked_at(path, claimed).alpha is None:
        return None
    photo = Photo.read(path)
    pixels, alpha = photo.pixels, photo.source.alpha
    pixels.thumbnail((SMALL_PX, SMALL_PX), Image.Resampling.LANCZOS)
    if alpha is not None:
        alpha = alpha.resize(pixels.size, Image.Resampling.BOX)
    return Photo(pixels, source=Source(alpha=alpha))


def _place(face: dict[str, Any]) -> tuple[float, float, float, float]:
    return face["x"], face["y"], face["side"], face["angle"]


def first_crop(photo: dict[str, Any] | None) -> Crop:
    """Return where the square stands before anyone moved it."""
    if photo is None or photo["width"] == photo["height"]:  # a prepared square
        return Crop()
    return Crop(y=0.45, side=0.7)  # most portraits sit high and leave room around
