"""Pictures and the tree of their edits; frozen, so that going back costs nothing."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image

from editor.directions.boundary import Boundary
from editor.edits import Edit
from editor.errors import OptionError
from editor.session import Editor

THUMB_PX = 64
SMALL_PX = 800
MAX_NODES = 300
MAX_PICTURES = 100

Moves = tuple[tuple[str, float], ...]
Layers = tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, eq=False)
class Picture:
    """A code with what it was made of.

    Attributes:
        id: names it within the project.
        name: as shown.
        code: [num_ws, w_dim] float32, before any slider.
        losses: of the inversion, by name.
        photo: path of the whole photo; empty for one that was generated.
        square: x, y, side and angle of the photo's crop.
        small: the photo as `thumbnail(photo, SMALL_PX)`; empty without a photo.
        before: the aligned crop as a PNG.
    """

    id: str
    name: str
    code: np.ndarray
    losses: tuple[tuple[str, float], ...] = ()
    photo: str = ""
    square: tuple[float, float, float, float] | None = None
    small: bytes = b""
    before: bytes = b""


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


@dataclass(frozen=True, eq=False)
class Project:
    """All that a visitor has done in one domain.

    Attributes:
        domain: name of the pack.
        generator: fingerprint of its generator, whose codes these are.
        pictures: in the order of their making.
        nodes: every edit, in the order of their making.
        at: index of the node that is shown; -1 before the first.
        sliders: the visitor's own, which move beside the domain's.
    """

    domain: str
    generator: str
    pictures: tuple[Picture, ...] = ()
    nodes: tuple[Node, ...] = ()
    at: int = -1
    sliders: tuple[Boundary, ...] = ()

    @classmethod
    def new(cls, editor: Editor) -> Project:
        """An empty one."""
        return cls(editor.info.name, editor.pack.fingerprint)

    @property
    def node(self) -> Node | None:
        """The node that is shown."""
        return self.nodes[self.at] if self.at >= 0 else None

    @property
    def shown(self) -> Picture | None:
        """The picture that is shown."""
        return self.picture(self.node.picture) if self.node else None

    def picture(self, name: str) -> Picture:
        """The picture with this id.

        Raises:
            OptionError: there is none.
        """
        for picture in self.pictures:
            if picture.id == name:
                return picture
        raise OptionError(f"there is no picture '{name}' in this project any more")

    def latest(self, name: str) -> Node:
        """The last node that was made of a picture.

        Raises:
            OptionError: there is none.
        """
        for node in reversed(self.nodes):
            if node.picture == name:
                return node
        raise OptionError(f"there is no picture '{name}' in this project any more")

    def free_id(self) -> str:
        """An id for the next picture."""
        taken = {picture.id for picture in self.pictures}
        number = len(self.pictures) + 1
        while f"p{number}" in taken:
            number += 1
        return f"p{number}"

    def add(self, picture: Picture, label: str, thumb: bytes = b"") -> Project:
        """With another picture, which is then shown.

        Raises:
            OptionError: there are too many.
        """
        if len(self.pictures) >= MAX_PICTURES:
            raise OptionError(
                f"there are {MAX_PICTURES} pictures already; remove some in the library first"
            )
        grown = replace(self, pictures=(*self.pictures, picture))
        return grown.commit(Node(picture.id, label=label, thumb=thumb))

    def commit(self, node: Node) -> Project:
        """With another node, made from the one that is shown, and shown from now on."""
        node = replace(node, parent=self.at)
        project = replace(self, nodes=(*self.nodes, node), at=len(self.nodes))
        return project._without_oldest() if len(project.nodes) > MAX_NODES else project

    def amend(self, picture: Picture, node: Node) -> Project:
        """With the shown node and its picture changed in place, as previews do."""
        pictures = tuple(picture if p.id == picture.id else p for p in self.pictures)
        node = replace(node, parent=self.nodes[self.at].parent)
        nodes = tuple(node if i == self.at else n for i, n in enumerate(self.nodes))
        return replace(self, pictures=pictures, nodes=nodes)

    def go(self, index: int) -> Project:
        """With another node shown.

        Raises:
            OptionError: there is no such node.
        """
        if not 0 <= index < len(self.nodes):
            raise OptionError("that edit is not in the history any more")
        return replace(self, at=index)

    def undo(self) -> Project:
        """One step back, or itself at the first one."""
        node = self.node
        return self if node is None or node.parent < 0 else self.go(node.parent)

    def redo(self) -> Project:
        """To the last edit that was made of the one that is shown, or itself."""
        made = [i for i, node in enumerate(self.nodes) if node.parent == self.at]
        return self.go(made[-1]) if made else self

    def remove(self, names: set[str]) -> Project:
        """Without some pictures and all their edits.

        Raises:
            OptionError: none would be left.
        """
        pictures = tuple(p for p in self.pictures if p.id not in names)
        if not pictures:
            raise OptionError("one picture at least has to stay")
        gone = {i for i, node in enumerate(self.nodes) if node.picture in names}
        return replace(self._without(gone), pictures=pictures)

    def edit(self, editor: Editor, node: Node | None = None) -> Edit:
        """A node as something to synthesise, the shown one by default.

        Args:
            editor: of the project's domain.
            node: one of `nodes`.

        Raises:
            OptionError: there is nothing yet, or a slider is not known.
        """
        node = node or self.node
        if node is None:
            raise OptionError("there is no picture yet; invert a photo first")
        picture = self.picture(node.picture)
        own = editor.with_sliders({b.info.name: b for b in self.sliders})
        edit = own.edit(picture.code, losses=dict(picture.losses), moves=dict(node.moves))
        edit = edit.on_layers(**dict(node.layers))
        return edit.inside(read_mask(node.mask)) if node.mask else edit

    def _without_oldest(self) -> Project:
        """Without the oldest node that is neither shown nor the last of its picture."""
        last = {node.picture: i for i, node in enumerate(self.nodes)}
        spare = (i for i in range(len(self.nodes)) if i != self.at)
        return self._without({next(i for i in spare if i not in last.values())})

    def _without(self, gone: set[int]) -> Project:
        """Without nodes; what was made from them hangs on the nearest that stays."""

        def kept(index: int) -> int:
            while index in gone:
                index = self.nodes[index].parent
            return index

        stay = [i for i in range(len(self.nodes)) if i not in gone]
        place = {old: new for new, old in enumerate(stay)} | {-1: -1}
        nodes = tuple(
            replace(self.nodes[i], parent=place[kept(self.nodes[i].parent)]) for i in stay
        )
        at = place[kept(self.at)]
        return replace(self, nodes=nodes, at=at if at >= 0 else len(nodes) - 1)


def thumbnail(image: Image.Image, side: int = THUMB_PX) -> bytes:
    """A picture as a JPEG of at most `side` px."""
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, format="JPEG", quality=88)
    return buffer.getvalue()


def mask_png(mask: torch.Tensor) -> bytes:
    """A mask [R, R], 0…1, as a grey PNG of 8 bits."""
    array = (mask.clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, format="PNG")
    return buffer.getvalue()


def read_mask(data: bytes) -> torch.Tensor:
    """What `mask_png` wrote: [R, R] float32, 0…1."""
    with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
        return torch.from_numpy(np.asarray(image.convert("L"), dtype=np.float32) / 255)


def describe(before: Moves, now: Moves) -> str:
    """What changed between two sets of moves, in a few words: "smile +2.0"."""
    old, new = dict(before), dict(now)
    changed = [name for name in {**old, **new} if old.get(name, 0.0) != new.get(name, 0.0)]
    if not changed:
        return "same"
    if not new:
        return "reset"
    first = changed[0]
    text = f"{first.replace('_', ' ')} {new.get(first, 0.0):+.1f}"
    return text if len(changed) == 1 else f"{text} and {len(changed) - 1} more"
