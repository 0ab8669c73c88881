"""The visitor's own sliders: kept in the visit, as files, for everyone, or removed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from editor.errors import OptionError
from editor.project.history import Project
from editor.project.own_sliders import changed_edits, remove_slider
from editor.sliders.boundary import Boundary
from editor.sliders.exchange import export_slider, read_slider, save_slider
from editor.sliders.imported import is_imported
from editor.sliders.make import renamed
from editor.sliders.response import with_response_of_own
from editor.ui.edit import QUIET, EditPanel
from editor.ui.in_place import tells_in_place
from editor.ui.page_context import PageContext
from editor.ui.state import Visitor

Asked = dict[str, Any] | None


class OwnSliders:
    """What the sheet "New slider" does with the visitor's own sliders.

    Args:
        page: what the panels share.
        sheet: that lists them.
    """

    def __init__(self, page: PageContext, sheet: gr.HTML) -> None:
        self.page, self.sheet = page, sheet

    def connect(self, edit: EditPanel) -> list[Any]:
        """Connect the components, except `exported`. Return the events."""
        visitor, sheet = self.page.visitor, self.sheet
        asked, made = [visitor, sheet], [visitor, sheet]
        removed = sheet.delete(self.removed, asked, made, **QUIET)
        opened = sheet.edit(self.imported, asked, made, **QUIET)
        for event in (removed, opened):
            event.success(**edit.refresh)
        if self.page.shared:
            return [removed, opened]
        return [removed, opened, sheet.copy(self.saved, asked, sheet, **QUIET)]

    @tells_in_place
    def exported(self, visitor: Visitor, asked: Asked) -> Any:
        """Export one of the visitor's sliders as a file."""
        visitor = self.page.store.newest(visitor)
        slider = _own(visitor, asked)
        path = self.page.handlers.export(
            visitor, f"{slider.info.name}.safetensors", export_slider(slider)
        )
        return {self.sheet: {"said": f"'{slider.info.title}' was saved."}, self.page.paths: path}

    @tells_in_place
    def saved(self, visitor: Visitor, asked: Asked) -> Any:
        """Make one of the visitor's sliders one of the domain's."""
        visitor = self.page.store.newest(visitor)
        slider, library = _own(visitor, asked), self.page.handlers.domains
        editor = library.open(visitor.domain)
        save_slider(editor.engine, slider, library.folders["boundaries"])
        editor.add_sliders([slider])
        said = f"'{slider.info.title}' is a slider of {editor.info.title} for everyone now."
        return {self.sheet: {"said": said}}

    @tells_in_place
    def removed(self, visitor: Visitor, asked: Asked) -> Iterator[Any]:
        """Remove one of the visitor's sliders, from all edits too."""
        visitor = self.page.store.newest(visitor)
        slider, before = _own(visitor, asked), visitor.project
        editor, name = self.page.handlers.domains.open(visitor.domain), slider.info.name
        after = before
        for done, made in enumerate(remove_slider(before, editor, name)):
            after = made
            yield {self.sheet: {"working": f"Edits made again: {done}"}}
        count = changed_edits(before, after)
        said = f"{count} edit{'s' if count > 1 else ''} changed" if count else "no edit changed"
        if name in editor.boundaries:
            said = f"{said}, it stays a slider of {editor.info.title}"
        visitor = self.page.store.update(visitor, lambda newest: _without(newest, after, name))
        said = f"'{slider.info.title}' was removed; {said}."
        yield {
            self.page.visitor: visitor,
            self.sheet: {"mine": mine(visitor), "working": "", "said": said},
        }

    @tells_in_place
    def imported(self, visitor: Visitor, asked: Asked) -> Any:
        """Add a slider from a file that was given on this page."""
        visitor = self.page.store.newest(visitor)
        path = ((asked or {}).get("file") or {}).get("path")
        if not path:
            raise OptionError("give a file")
        slider = read_slider(self.page.editor(visitor).engine, str(self.page.files.own(path)))
        visitor, title = add_slider(self.page, visitor, slider, slider.info.title)
        said = f"'{title}' is among the sliders now."
        return {self.page.visitor: visitor, self.sheet: {"mine": mine(visitor), "said": said}}


def mine(visitor: Visitor) -> list[dict[str, str]]:
    """Return names and titles of the visitor's own sliders in the open domain."""
    return [
        {"name": info.name, "title": f"{info.title} (imported)" if imported else info.title}
        for info, imported in ((b.info, is_imported(b.info.facts)) for b in visitor.project.sliders)
    ]


def add_slider(
    page: PageContext, visitor: Visitor, slider: Boundary, title: str
) -> tuple[Visitor, str]:
    """Add a slider to the visit, and return visitor and title. It replaces one of the same name.

    Raises:
        OptionError: the title cannot be used, or is that of a slider of the domain.
    """
    visitor = page.store.newest(visitor)
    editor = page.handlers.domains.open(visitor.domain)
    if slider.info.domain != visitor.domain:
        raise OptionError(
            f"that slider was learned in '{slider.info.domain}', but '{visitor.domain}' is open; "
            f"learn it here, or go back"
        )
    slider = renamed(slider, slider_name(title), title)
    name = slider.info.name
    if name in editor.boundaries:
        raise OptionError(f"the domain has a slider '{title}' already; choose another name")
    slider = with_response_of_own(editor.engine, slider)

    def with_it(newest: Visitor) -> Visitor:
        others = tuple(own for own in newest.project.sliders if own.info.name != name)
        return newest.keep(replace(newest.project, sliders=(*others, slider)))

    return page.store.update(visitor, with_it), slider.info.title


def slider_name(title: str) -> str:
    """Make a name from a title.

    Raises:
        OptionError: nothing is left of it.
    """
    name = re.sub(r"\W+", "_", (title or "").strip().lower()).strip("_")[:64]
    if not name:
        raise OptionError("write a name for the slider first")
    return name if name.isidentifier() else f"my_{name}"[:64]


def _own(visitor: Visitor, asked: Asked) -> Boundary:
    for slider in visitor.project.sliders:
        if slider.info.name == (asked or {}).get("own"):
            return slider
    raise OptionError("choose one of your sliders first")


def _without(visitor: Visitor, project: Project, name: str) -> Visitor:
    """Put the project without a slider in place, or drop the slider anew if it changed meanwhile."""
    now = visitor.projects[project.domain]
    if len(now.nodes) == len(project.nodes) and now.pictures == project.pictures:
        return visitor.put(replace(project, at=now.at, left=now.left))
    return visitor.put(now.without_slider(name))
