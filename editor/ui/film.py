"""What Animate shows, before any frame is drawn: codes, their times, and where they are laid."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from editor.editing.edit import Edit
from editor.editing.interpolate import at, fractions
from editor.editing.local import blend
from editor.editing.paste import paste_back
from editor.errors import ImageError, OptionError
from editor.media.formats import PAPER
from editor.media.images import to_pil, to_tensor
from editor.media.profiles import as_srgb
from editor.media.source import as_grey, laid
from editor.photo.crop import Crop
from editor.photo.photo import Photo
from editor.project.history import Project
from editor.project.nodes import Picture
from editor.session import Editor
from editor.ui.picture_slots import nodes_of, shown_node

MOST_TILES = 12
GAP_S = (0.1, 10.0)
LENGTH_S = (0.5, 30.0)
USUAL_S = 3.0
EASES = {"gentle": "smoothstep", "even": "linear", "rest": "cubic"}
PEOPLE, CHANGE, SLIDER = "people", "change", "slider"
KINDS = (PEOPLE, CHANGE, SLIDER)
PHOTO_PX = 1280  # longer side of a whole photo that moves
Value = dict[str, Any] | None


class PaintedError(OptionError):
    """A picture has a painted part, which a path between pictures knows nothing of.

    Args:
        index: of the edit.
        name: of the picture.
    """

    def __init__(self, index: int, name: str) -> None:
        self.index = index
        super().__init__(f"{name} has a painted part; Animate uses the whole face.")


@dataclass(frozen=True, eq=False)
class Film:
    """A path between codes, and how long it takes.

    Attributes:
        codes: [K, num_ws, w_dim].
        times_s: of each stretch between two codes.
        easing: as `interpolate.at`.
        loop: the path goes back to the first code.
        edit: that is animated; None between several pictures. Its painted part limits what changes.
    """

    codes: Tensor
    times_s: tuple[float, ...]
    easing: str
    loop: bool
    edit: Edit | None = None

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return sum(self.times_s)

    def code(self, share: float) -> Tensor:
        """Return the code at a share of the time, 0…1."""
        return at(self.codes, share, self.easing, self.loop, self.times_s)

    def frames(self, editor: Editor, count: int, first: int = 0) -> Iterator[Image.Image]:
        """Draw frames that are evenly spaced, each when it is asked for: RGB, of the model's size.

        Args:
            editor: of the domain.
            count: of all frames.
            first: index of the one to begin with.

        Raises:
            OptionError: the frames are fewer than 2 or more than 1000.
        """
        for share in fractions(count, self.loop)[first:]:
            yield to_pil(self._drawn(editor, self.code(share)))

    def in_photo(
        self, editor: Editor, photo: Image.Image, crop: Crop, count: int
    ) -> Iterator[Image.Image]:
        """Draw frames as `frames` does, each laid into the photo.

        Raises:
            OptionError: as `frames`, or several pictures are animated.
        """
        if self.edit is None:
            raise OptionError("a path between pictures has no photo; save the face alone")
        before = self._picture(editor, self.edit.reference)
        for share in fractions(count, self.loop):
            after = self._drawn(editor, self.code(share))
            yield paste_back(photo, crop, before, after)

    def _drawn(self, editor: Editor, code: Tensor) -> Tensor:
        after = self._picture(editor, code)
        if self.edit is None or self.edit.mask is None:
            return after
        return blend(self._unmoved(editor), after, self.edit.mask)

    def _unmoved(self, editor: Editor) -> Tensor:
        held = self._held
        if not held:
            assert self.edit is not None
            held.append(self._picture(editor, self.edit.wp))
        return held[0]

    def _picture(self, editor: Editor, code: Tensor) -> Tensor:
        """Draw a code as [3, R, R], RGB, in [-1, 1]."""
        image = editor.engine.render(code[None])[0]
        grey = self.edit is not None and self.edit.grey
        return to_tensor(as_grey(image) if grey else image)[0]

    @cached_property
    def _held(self) -> list[Tensor]:
        return []


def film_of(project: Project, editor: Editor, value: Value) -> Film | None:
    """Read what the panel asks for. Return None where something is missing yet.

    Raises:
        PaintedError: of people, a picture has a painted part.
        OptionError: what is asked for does not exist, or a number is outside its range.
    """
    value = value or {}
    kind, loop = value.get("kind") or PEOPLE, value.get("back") is not False
    easing = EASES.get(value.get("ease") or "gentle")
    if kind not in KINDS or easing is None:
        raise OptionError(f"Animate does not know '{kind[:40]}'; reload the page")
    if kind == PEOPLE:
        return _people(project, editor, value, easing, loop)
    edit = project.edit(editor, project.nodes[shown_node(project)])
    ends = _ends(edit, str(value.get("slider") or "")) if kind == SLIDER else _change(edit)
    if ends is None:
        return None
    length = _length(value)
    times = (length / 2, length / 2) if loop else (length,)
    return Film(torch.stack(ends), times, easing, loop, edit)


def photo_of(project: Project) -> Picture | None:
    """Return the shown picture where it has a whole photo."""
    shown = project.shown
    return shown if shown is not None and shown.photo and shown.crop is not None else None


def small_photo(picture: Picture, side: int = PHOTO_PX) -> tuple[Image.Image, Crop]:
    """Return a picture's photo, its longer side at most so many px, and where the picture lies in it.

    It is for films, which know neither profile nor transparency: in sRGB, on white.

    Raises:
        ImageError: there is none, or it is gone.
    """
    if not picture.photo or picture.crop is None:
        raise ImageError("there is no photo to put the picture into; this one was generated")
    try:
        photo = Photo.read(picture.photo)
    except ImageError as error:
        raise ImageError("the photo is not kept any more; open it again") from error
    small = laid(photo.pixels, photo.source.alpha, PAPER)
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    return as_srgb(small), picture.crop


def _people(
    project: Project, editor: Editor, value: dict[str, Any], easing: str, loop: bool
) -> Film | None:
    indices = nodes_of(project, value.get("tiles"), MOST_TILES, twice=True)
    if len(indices) < 2:
        return None
    nodes = [project.nodes[index] for index in indices]
    for index, node in zip(indices, nodes, strict=True):
        if node.mask and node.moves:
            raise PaintedError(index, project.picture(node.picture).name)
    stretches = len(nodes) if loop else len(nodes) - 1
    gaps = list(value.get("gaps") or [])[:MOST_TILES]
    gaps = gaps if len(gaps) == stretches else [_length(value) / stretches] * stretches
    times = tuple(_within(gap, GAP_S, "gap") for gap in gaps)
    _within(sum(times), LENGTH_S, "length")
    codes = torch.stack([project.edit(editor, node).wp_edited for node in nodes])
    return Film(codes, times, easing, loop)


def _length(value: dict[str, Any]) -> float:
    length = value.get("length")
    return _within(USUAL_S if length is None else length, LENGTH_S, "length")


def _change(edit: Edit) -> list[Tensor] | None:
    """Return the codes before and after an edit. None where it changes nothing."""
    before = edit.reference if edit.mask is None else edit.wp
    return None if torch.equal(before, edit.wp_edited) else [before, edit.wp_edited]


def _ends(edit: Edit, name: str) -> list[Tensor] | None:
    """Return the codes at both ends of a slider's range. None where no slider is named."""
    if not name:
        return None
    low, high = edit.sliders[name].info.range
    return [edit.move(**{name: distance}).wp_edited for distance in (low, high)]


def _within(value: Any, bounds: tuple[float, float], what: str) -> float:
    """Check a number of seconds.

    Raises:
        OptionError: it lies outside, or is no number.
    """
    low, high = bounds
    if not (math.isfinite(value) and low <= value <= high + 1e-6):
        raise OptionError(f"the {what} is {value:.3g} s; it can be {low:g} to {high:g} s")
    return float(value)
