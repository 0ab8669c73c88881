"""The tree of edits; frozen, so that going back costs nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from editor.editing.edit import Edit
from editor.errors import OptionError
from editor.files import plain_text
from editor.project.nodes import MAX_NAME, Node, Picture, unmoved
from editor.session import Editor
from editor.sliders.boundary import Boundary

MAX_NODES = 300
MAX_PICTURES = 100


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
        left: for pictures that were left for another, the index of the node that was shown.
    """

    domain: str
    generator: str
    pictures: tuple[Picture, ...] = ()
    nodes: tuple[Node, ...] = ()
    at: int = -1
    sliders: tuple[Boundary, ...] = ()
    left: tuple[tuple[str, int], ...] = ()

    @classmethod
    def new(cls, editor: Editor) -> Project:
        """Return an empty project of the editor's domain."""
        return cls(editor.info.name, editor.engine.fingerprint)

    @property
    def node(self) -> Node | None:
        """The node that is shown."""
        return self.nodes[self.at] if self.at >= 0 else None

    @property
    def shown(self) -> Picture | None:
        """The picture that is shown."""
        return self.picture(self.node.picture) if self.node else None

    def picture(self, name: str) -> Picture:
        """Return the picture with this id.

        Raises:
            OptionError: there is none.
        """
        for picture in self.pictures:
            if picture.id == name:
                return picture
        raise OptionError(f"there is no picture '{name}' in this project any more")

    def find(self, said: str) -> str:
        """Return the id of the picture that has this id or this name.

        Raises:
            OptionError: there is none, or several have that name.
        """
        found = [p.id for p in self.pictures if p.id == said]
        found = found or [p.id for p in self.pictures if p.name == said]
        if len(found) == 1:
            return found[0]
        if found:
            raise OptionError(f"{len(found)} pictures are called '{said}': say {', '.join(found)}")
        known = ", ".join(f"{p.id} ({p.name})" for p in self.pictures) or "none"
        raise OptionError(f"there is no picture '{said}'; there are: {known}")

    def last(self, name: str) -> int:
        """Return the index of a picture's edit that is shown or was last shown.

        Raises:
            OptionError: there is no such picture.
        """
        if self.node is not None and self.node.picture == name:
            return self.at
        if name in dict(self.left):
            return dict(self.left)[name]
        for index in range(len(self.nodes) - 1, -1, -1):
            if self.nodes[index].picture == name:
                return index
        raise OptionError(f"there is no picture '{name}' in this project any more")

    def latest(self, name: str) -> Node:
        """Return the node of a picture as it stands, see `last`.

        Raises:
            OptionError: there is no such picture.
        """
        return self.nodes[self.last(name)]

    def caption(self, node: Node) -> str:
        """Describe a node in words: the name of the picture, and what was done."""
        name = self.picture(node.picture).name
        return f"{name}: {node.label}" if node.label else name

    def free_id(self) -> str:
        """Return an id for the next picture."""
        taken = {picture.id for picture in self.pictures}
        number = len(self.pictures) + 1
        while f"p{number}" in taken:
            number += 1
        return f"p{number}"

    def add(
        self,
        picture: Picture,
        label: str,
        thumb: bytes = b"",
        shown: bool = True,
        parent: int = -1,
    ) -> Project:
        """Return the project with another picture.

        Args:
            picture: to add.
            label: what was done, in words.
            thumb: of its first node.
            shown: it is shown then; otherwise what is shown stays.
            parent: index of the node that the picture was made from, to which undo goes back.

        Raises:
            OptionError: there are too many.
        """
        if len(self.pictures) >= MAX_PICTURES:
            raise OptionError(
                f"there are {MAX_PICTURES} pictures already; remove some in the library first"
            )
        grown = replace(self, pictures=(*self.pictures, picture))
        return grown._with(Node(picture.id, label=label, thumb=thumb, parent=parent), shown)

    def commit(self, node: Node) -> Project:
        """Return the project with a node made from the shown one. The new node is then shown."""
        return self._with(replace(node, parent=self.at), True)

    def put(self, node: Node) -> Project:
        """Return the project with a node made from its picture as it stands, which it stands for then.

        What is shown stays shown, unless that is the node's picture.

        Raises:
            OptionError: there is no such picture.
        """
        shown = self.node is not None and self.node.picture == node.picture
        return self._with(replace(node, parent=self.last(node.picture)), shown)

    def _with(self, node: Node, shown: bool) -> Project:
        """Return the project with a node more, within the limit."""
        index = len(self.nodes)
        project = replace(self, nodes=(*self.nodes, node))
        if shown or self.at < 0:
            project = project.go(index)
        else:
            left = dict(self.left) | {node.picture: index}
            project = replace(project, left=tuple(left.items()))
        return project._without_oldest() if len(project.nodes) > MAX_NODES else project

    def amend(self, picture: Picture, thumb: bytes | None = None) -> Project:
        """Return the project with a picture changed in place, as previews do.

        `thumb` replaces that of the picture's first edit.
        """
        pictures = tuple(picture if p.id == picture.id else p for p in self.pictures)
        first = next(i for i, node in enumerate(self.nodes) if node.picture == picture.id)
        nodes = list(self.nodes)
        if thumb is not None:
            nodes[first] = replace(nodes[first], thumb=thumb)
        return replace(self, pictures=pictures, nodes=tuple(nodes))

    def go(self, index: int) -> Project:
        """Return the project with another node shown.

        Raises:
            OptionError: there is no such node.
        """
        if not 0 <= index < len(self.nodes):
            raise OptionError("that edit is not in the history any more")
        if index == self.at:
            return self
        left = {} if self.node is None else dict(self.left) | {self.node.picture: self.at}
        left.pop(self.nodes[index].picture, None)
        return replace(self, at=index, left=tuple(left.items()))

    def undo(self) -> Project:
        """Go one step back. Return the project itself where there is none."""
        node = self.node
        return self if node is None or node.parent < 0 else self.go(node.parent)

    def redo(self) -> Project:
        """Go to the last edit made of the shown one. Return the project itself where there is none."""
        made = [i for i, node in enumerate(self.nodes) if node.parent == self.at]
        return self.go(made[-1]) if made else self

    def remove(self, names: set[str]) -> Project:
        """Return the project without some pictures and all their edits.

        Raises:
            OptionError: none would be left.
        """
        pictures = tuple(p for p in self.pictures if p.id not in names)
        if not pictures:
            raise OptionError("one picture at least has to stay")
        gone = {i for i, node in enumerate(self.nodes) if node.picture in names}
        return replace(self._without(gone), pictures=pictures)

    def rename(self, name: str, title: str) -> Project:
        """Return the project with another name for a picture, cut to 60 characters.

        Raises:
            OptionError: there is no such picture, or the name is empty.
        """
        picture, title = self.picture(name), plain_text(title or "").strip()[:MAX_NAME]
        if not title:
            raise OptionError("write a name first")
        renamed = replace(picture, name=title)
        return replace(self, pictures=tuple(renamed if p is picture else p for p in self.pictures))

    def without_slider(self, slider: str, keep_moves: bool = False) -> Project:
        """Return the project without one of its own sliders. Nodes that use it lose that move.

        Their thumbs are of another picture then, and are emptied; `editor.project.actions`'
        `remove_slider` makes them again.

        Args:
            slider: its name.
            keep_moves: nodes keep the move, as where the domain has the same slider.

        Raises:
            OptionError: it is not one of the project's own.
        """
        left = tuple(b for b in self.sliders if b.info.name != slider)
        if len(left) == len(self.sliders):
            own = ", ".join(b.info.name for b in self.sliders) or "none"
            raise OptionError(f"'{slider}' is none of this project's own sliders; it has: {own}")
        project = replace(self, sliders=left)
        if keep_moves:
            return project
        return replace(project, nodes=tuple(unmoved(node, slider) for node in self.nodes))

    def edit(self, editor: Editor, node: Node | None = None) -> Edit:
        """Return the edit of a node, ready to synthesise. The default is the shown node.

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
        sliders = editor.sliders.with_own(self.sliders)
        edit = editor.edit(picture.wp, losses=dict(picture.losses), sliders=sliders)
        edit = replace(edit, grey=picture.grey)
        if picture.base is not None:
            edit = replace(edit, base=editor.edit(picture.base).wp)
        return node.on(edit)

    def _without_oldest(self) -> Project:
        """Drop the oldest node that is neither shown nor the last of its picture."""
        last = {node.picture: i for i, node in enumerate(self.nodes)} | dict(self.left)
        spare = (i for i in range(len(self.nodes)) if i != self.at)
        return self._without({next(i for i in spare if i not in last.values())})

    def _without(self, gone: set[int]) -> Project:
        """Drop nodes. Attach what was made from them to the nearest node that stays."""

        def kept(index: int) -> int:
            while index in gone:
                index = self.nodes[index].parent
            return index

        stay = [i for i in range(len(self.nodes)) if i not in gone]
        place = {old: new for new, old in enumerate(stay)} | {-1: -1}
        nodes = tuple(
            replace(self.nodes[i], parent=place[kept(self.nodes[i].parent)]) for i in stay
        )
        left = {name: place[i] for name, i in self.left if i in place}
        at = place[kept(self.at)]
        if at < 0 and nodes:  # nothing is left of what is shown: the newest picture, as it stands
            at = left.get(nodes[-1].picture, len(nodes) - 1)
        if nodes:
            left.pop(nodes[at].picture, None)
        return replace(self, nodes=nodes, at=at, left=tuple(left.items()))
