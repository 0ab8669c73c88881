"""Pictures, and the states of them that a history holds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from editor.editing.edit import Edit
from editor.photo.crop import Crop
from editor.project.pixels import read_mask

MAX_NAME = 60
MAX_LABEL = 200

Moves = tuple[tuple[str, float], ...]
Layers = tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, eq=False)
class Picture:
    """A code with what it was made of.

    Attributes:
        id: names it within the project.
        name: as shown.
        wp: [num_ws, w_dim] float32, the code before any slider.
        losses: of the inversion, by name.
        photo: path of the whole photo; empty for one that was generated.
        crop: the square of the photo that was inverted.
        small: the photo as `thumbnail(photo, SMALL_PX)`; empty without a photo.
        aligned: the aligned square as a PNG.
        base: the code that stands for the photo where `wp` does not, as `Edit.base`.
        grey: the photo shows no colour, and so does what is made of it.
    """

    id: str
    name: str
    wp: np.ndarray
    losses: tuple[tuple[str, float], ...] = ()
    photo: str = ""
    crop: Crop | None = None
    small: bytes = b""
    aligned: bytes = b""
    base: np.ndarray | None = None
    grey: bool = False

    @property
    def reference(self) -> np.ndarray:
        """The code that stands for the photo."""
        return self.wp if self.base is None else self.base


@dataclass(frozen=True, eq=False)
class Node:
    """One state of one picture.

    Attributes:
        picture: id of the picture.
        moves: distance by slider.
        layers: by slider, where it moves others than its own.
        mask: grey PNG that limits the sliders; empty limits nothing.
        label: what was done, in words.
        thumb: the result as a small JPEG.
        parent: index of the node that it was made from; -1 for a first one.
    """

    picture: str
    moves: Moves = ()
    layers: Layers = ()
    mask: bytes = b""
    label: str = ""
    thumb: bytes = b""
    parent: int = -1

    def on(self, edit: Edit) -> Edit:
        """Apply the sliders, layers and painted part of this node to an edit without sliders.

        Raises:
            OptionError: a slider is not among the edit's.
        """
        edit = edit.move(**dict(self.moves)).on_layers(**dict(self.layers))
        return edit.inside(read_mask(self.mask)) if self.mask else edit


def without_photo(picture: Picture) -> Picture:
    """Return a picture without its whole photo, but with its square and code."""
    return replace(picture, photo="", crop=None, small=b"")


def unmoved(node: Node, slider: str) -> Node:
    """Return a node without a slider. Drop its thumb where that changes the picture."""
    rest = tuple((name, those) for name, those in node.layers if name != slider)
    if slider not in dict(node.moves):
        return replace(node, layers=rest)
    moves = tuple((name, distance) for name, distance in node.moves if name != slider)
    label = f"{node.label}, {slider.replace('_', ' ')} removed"[:MAX_LABEL]
    return replace(node, moves=moves, layers=rest, label=label, thumb=b"")


def describe(before: Moves, now: Moves) -> str:
    """Say in a few words what changed between two sets of moves, such as "smile +2.0"."""
    old, new = dict(before), dict(now)
    changed = [name for name in {**old, **new} if old.get(name, 0.0) != new.get(name, 0.0)]
    if not changed:
        return "same"
    if not new:
        return "reset"
    first = changed[0]
    text = f"{first.replace('_', ' ')} {new.get(first, 0.0):+.1f}"
    return text if len(changed) == 1 else f"{text} and {len(changed) - 1} more"
