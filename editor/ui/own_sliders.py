"""The visitor's own sliders: kept in the visit, as files, for everyone, or removed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
import torch

from editor.errors import OptionError
from editor.project.history import Project
from editor.project.own_sliders import changed_edits, remove_slider
from editor.sliders.boundary import Boundary
from editor.sliders.exchange import export_slider, read_slider, save_slider
from editor.sliders.make import renamed
from editor.sliders.response import with_response_of_own
from editor.sliders.strip import slider_strip
from editor.ui.component_values import progress, status
from editor.ui.components.file_inputs import file_input
from editor.ui.data_uris import data_uri
from editor.ui.edit import QUIET, EditPanel
from editor.ui.error_messages import tells_errors
from editor.ui.page_context import PageContext
from editor.ui.scripts import script
from editor.ui.state import Visitor

Sliders = tuple[Boundary, ...]


class OwnSliders:
    """The list of the visitor's own sliders, and what can be done with one.

    Args:
        page: what the panels share.
    """

    def __init__(self, page: PageContext) -> None:
        self.page = page
        self.names = gr.Dropdown([], label="Your sliders", elem_id="teach-own")
        with gr.Row():
            small: dict[str, Any] = {"size": "sm", "min_width": 110}
            self.export = gr.Button("Save as a file", elem_id="teach-export", **small)
            self.keep = gr.Button(
                "Save for everyone here", elem_id="teach-keep", visible=not page.shared, **small
            )
            self.remove = gr.Button("Remove", elem_id="teach-remove", **small)
        self.said = gr.HTML(status(""), elem_id="own-status", padding=False)
        self.file = file_input(
            page.files,
            label="Open a slider's file",
            file_types=[".safetensors"],
            height=110,
            elem_id="teach-file",
        )

    def connect(self, edit: EditPanel, shown: dict[str, Any]) -> None:
        """Connect the components.

        Args:
            edit: the tab Edit, which shows the sliders.
            shown: options of an event that brings the tab's lists up to date.
        """
        visitor, refresh = self.page.visitor, edit.refresh
        self.export.click(self.exported, [visitor, self.names], self.page.paths, **QUIET).success(
            None, self.page.paths, None, js=script("download_file")
        )
        if not self.page.shared:
            self.keep.click(self.saved, [visitor, self.names], self.said, **QUIET)
        self.remove.click(
            self.removed, [visitor, self.names], [visitor, self.said], **QUIET
        ).success(**shown).success(**refresh)
        self.file.upload(
            self.imported, [visitor, self.file], [visitor, self.said], **QUIET
        ).success(**shown).success(**refresh)

    def choices(self, visitor: Visitor) -> gr.Dropdown:
        """Return the list as it is now, with the newest chosen."""
        own = [(b.info.title, b.info.name) for b in visitor.project.sliders]
        return gr.Dropdown(choices=own, value=own[-1][1] if own else None)

    @tells_errors
    def exported(self, visitor: Visitor, name: str | None) -> str:
        """Export one of the visitor's sliders as a file."""
        visitor = self.page.store.newest(visitor)
        slider = _own(visitor, name)
        data = export_slider(slider)
        return self.page.handlers.export(visitor, f"{slider.info.name}.safetensors", data)

    @tells_errors
    def saved(self, visitor: Visitor, name: str | None) -> str:
        """Make one of the visitor's sliders one of the domain's."""
        visitor = self.page.store.newest(visitor)
        slider, library = _own(visitor, name), self.page.handlers.domains
        editor = library.open(visitor.domain)
        save_slider(editor.engine, slider, library.folders["boundaries"])
        editor.add_sliders([slider])
        return status(f"'{html.escape(slider.info.title)}' is a slider of {editor.info.title} now.")

    @tells_errors
    def removed(self, visitor: Visitor, name: str | None) -> Iterator[tuple[Any, Any]]:
        """Remove one of the visitor's sliders. Yield visitor and status."""
        visitor = self.page.store.newest(visitor)
        slider, before = _own(visitor, name), visitor.project
        editor, name = self.page.handlers.domains.open(visitor.domain), slider.info.name
        after = before
        for done, after in enumerate(remove_slider(before, editor, name)):
            left = sum(not node.thumb for node in after.nodes)
            yield gr.skip(), progress(done, done + left, f"Edits made again: {done}")
        count = changed_edits(before, after)
        said = f"{count} edit{'s' if count > 1 else ''} changed" if count else "no edit changed"
        if name in editor.boundaries:
            said = f"{said}, it stays a slider of {html.escape(editor.info.title)}"
        yield (
            self.page.store.update(visitor, lambda newest: _without(newest, after, name)),
            status(f"'{html.escape(slider.info.title)}' was removed; {said}."),
        )

    @tells_errors
    def imported(self, visitor: Visitor, path: str | None) -> tuple[Visitor, str]:
        """Add a slider from a file."""
        visitor = self.page.store.newest(visitor)
        if path is None:
            raise OptionError("give a file")
        slider = read_slider(self.page.editor(visitor).engine, path)
        return add_slider(self.page, visitor, slider, slider.info.title)


def add_slider(
    page: PageContext, visitor: Visitor, slider: Boundary, title: str
) -> tuple[Visitor, str]:
    """Add a slider to the visit. It replaces one of the visitor's of the same name.

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

    visitor = page.store.update(visitor, with_it)
    return visitor, status(f"'{html.escape(slider.info.title)}' is among the sliders in Edit now.")


def slider_rows(
    page: PageContext, visitor: Visitor, sliders: Sliders, examples: int = 3
) -> dict[str, Any]:
    """Show what sliders do to the shown picture, and to some generated ones."""
    editor, project = page.editor(visitor), visitor.project
    shown = project.shown
    codes = [] if shown is None else [torch.from_numpy(shown.wp)]
    codes += [editor.sample(seed).wp for seed in editor.info.example_seeds]
    return {
        "rows": [
            {
                "title": slider.info.title if len(sliders) > 1 or examples == 1 else "",
                "sources": [data_uri(i) for i in slider_strip(editor.engine, wp, slider)],
                "names": [f"{slider.info.title}, place {i + 1} of 5" for i in range(5)],
            }
            for slider in sliders
            for wp in codes[:examples]
        ]
    }


def slider_name(title: str) -> str:
    """Make a name from a title.

    Raises:
        OptionError: nothing is left of it.
    """
    name = re.sub(r"\W+", "_", (title or "").strip().lower()).strip("_")[:64]
    if not name:
        raise OptionError("write a name for the slider first")
    return name if name.isidentifier() else f"my_{name}"[:64]


def _own(visitor: Visitor, name: str | None) -> Boundary:
    for slider in visitor.project.sliders:
        if slider.info.name == name:
            return slider
    raise OptionError("choose one of your sliders first")


def _without(visitor: Visitor, project: Project, name: str) -> Visitor:
    """Put the project without a slider in place, or drop the slider anew if it changed meanwhile."""
    now = visitor.projects[project.domain]
    if len(now.nodes) == len(project.nodes) and now.pictures == project.pictures:
        return visitor.put(replace(project, at=now.at, left=now.left))
    return visitor.put(now.without_slider(name))
