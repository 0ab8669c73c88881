"""What a visitor's state and the controls say together: an edit to show, a node to keep."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from editor.domains import Domains
from editor.editing.edit import Edit
from editor.editing.paste import Mode
from editor.errors import ImageError, OptionError
from editor.project.actions import add_edit
from editor.project.history import Project
from editor.project.nodes import Moves, Node
from editor.session import Editor
from editor.sliders.move import check_distance
from editor.sliders.slider_set import SliderSet
from editor.ui.component_values import read_layers
from editor.ui.limits import Limits
from editor.ui.service import Service
from editor.ui.shown_photo import ShownPhotos
from editor.ui.stage_values import StageValues
from editor.ui.state import Visitor
from editor.ui.visit_files import COMMON, VisitFiles

KEEP, REPLACE = "Keep the photo's detail", "Replace the square"
MODES: dict[str, Mode] = {KEEP: "difference", REPLACE: "replace"}


class HandlerBase:
    """The domains, and what is read off a visitor's state; holds nothing of any visitor.

    Args:
        library: the domains.
        start: name of the one that a new visitor sees.
        service: what all visitors share; a new one for None.
    """

    def __init__(self, library: Domains, start: str, service: Service | None = None) -> None:
        self.domains = library
        self.start = start
        self.service = service or Service(Limits.at_home(), VisitFiles())
        self.store = self.service.store
        self.values = StageValues(ShownPhotos(self.service.files), library)

    def keep_file(self, visitor: Visitor | None, name: str, data: bytes) -> str:
        """Keep a file of a visit, or of none. Return its path.

        Raises:
            InputError: there is no room for it.
        """
        owner = COMMON if visitor is None else visitor.visit.owner
        return self.service.files.store(owner, name, data)

    def export(self, visitor: Visitor | None, name: str, data: bytes) -> str:
        """Keep a file for a visit to take home. Return its path.

        Raises:
            InputError: there is no room for it.
        """
        owner = COMMON if visitor is None else visitor.visit.owner
        return self.service.files.export(owner, name, data)

    def editor(self, visitor: Visitor) -> Editor:
        """Return the editor of the visitor's domain."""
        return self.domains.open(visitor.domain)

    def sliders(self, visitor: Visitor) -> SliderSet:
        """Return the sliders of the visitor's domain, and the visitor's own."""
        return self.editor(visitor).sliders.with_own(visitor.project.sliders)

    def first_visitor(self) -> Visitor:
        """Return a new visitor, who may move the sliders of the generated picture at once."""
        editor = self.domains.open(self.start)
        return Visitor(self.start).keep(first_project(editor))

    def node(self, visitor: Visitor, panel: dict[str, Any] | None, layers: str) -> Node:
        """Return the shown node with the sliders as they are now.

        Sliders that were set on another picture, of which the page has not been told yet that it is
        no longer shown, change nothing.

        Raises:
            ImageError: nothing is shown.
            OptionError: the field "Layers" cannot be understood, or a distance is no number or absurd.
        """
        node = visitor.project.node
        if node is None:
            raise ImageError("open a photo first; then the sliders change it")
        if self.is_elsewhere(visitor, panel):
            return node
        known = self.sliders(visitor)
        given = (panel or {}).get("moves") or {}
        asked = [(name, check_distance(value, name)) for name, value in given.items()]
        # one of a domain left a moment ago is not known
        moves: Moves = tuple((name, value) for name, value in asked if name in known and value)
        return replace(node, moves=moves, layers=read_layers(layers))

    def is_elsewhere(self, visitor: Visitor, panel: dict[str, Any] | None) -> bool:
        """Return whether a part of the page speaks of another picture than the one that is shown now."""
        newest, said = self.store.newest(visitor), panel or {}
        if said.get("domain") not in (None, "", newest.domain):
            return True
        node, seen = newest.project.node, said.get("picture")
        return node is not None and bool(seen) and seen != node.picture

    def edit(self, visitor: Visitor, panel: dict[str, Any] | None, layers: str) -> Edit:
        """Return the shown picture with the sliders as they are now. Raise as `node` does."""
        return visitor.project.edit(self.editor(visitor), self.node(visitor, panel, layers))


def first_project(editor: Editor) -> Project:
    """Return a project with a generated picture in it."""
    edit = editor.sample(editor.info.example_seeds[0])
    return add_edit(Project.new(editor), editor, edit, "Example", label="")


def mode_of(name: str | None) -> Mode:
    """Return how the square is laid into the photo, by the title that the page shows.

    Raises:
        OptionError: there is none of that title.
    """
    mode = MODES.get(name or "")
    if mode is None:
        raise OptionError("choose how the square is laid into the photo")
    return mode
