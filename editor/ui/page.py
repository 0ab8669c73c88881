"""Puts the page together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from editor.domains import Domains
from editor.project.archive import MAX_BYTES
from editor.ui.animate import AnimatePanel
from editor.ui.blend import BlendPanel
from editor.ui.browser_storage import BrowserStorage
from editor.ui.component_values import strip_value
from editor.ui.component_values import where as line
from editor.ui.components.history_strip import history_strip
from editor.ui.components.html_component import stylesheet
from editor.ui.edit import EditPanel
from editor.ui.environment import keep_to_ourselves
from editor.ui.handlers import Handlers
from editor.ui.library import LibraryPanel
from editor.ui.limits import Limits
from editor.ui.page_context import PageContext
from editor.ui.patch import PatchPanel
from editor.ui.scheduling import schedule
from editor.ui.scripts import script
from editor.ui.service import Service
from editor.ui.teach import TeachPanel
from editor.ui.visit_files import VisitFiles

SHARED_NOTE = (
    "Photos that you give go to the computer that serves this page. They "
    "stay there in a private folder for at most seven hours, and are then deleted; nothing else "
    "is kept. Give only photos that you may share."
)
HELP = """
**Edit**: drop a photo, check the square, press Invert, drag sliders. **Interpolate**: a path between pictures.
**Diffuse**: a patch of one spreads into others. **Mix**: shape of one, colours of another. **Teach**: a slider
of your own. **Library**: all pictures, many photos at once, projects.

Every edit is in the strip at the foot: click one to go back, drag it onto the picture (or press + on it) to mix
it in, ⇄ compares the picture with it.

| keys | what they do |
|---|---|
| Ctrl+Z, Ctrl+Y | undo, redo |
| Ctrl+S | save the picture |
| C, held | see the photo |
| arrow keys | move a slider, the square, the brush or the patch; + and − resize the square, space paints |
| double click on a slider's name | back to 0 |
"""
PAGE_STYLES = Path(__file__).with_name("page.css")
STATE_LIFE_S = 6 * 3600


def launch_options() -> dict[str, Any]:
    """Return look and limits for `Blocks.launch`."""
    theme = gr.themes.Base(
        primary_hue="sky", neutral_hue="neutral", font=["system-ui", "sans-serif"]
    )
    return {
        "theme": theme,
        "css": stylesheet() + PAGE_STYLES.read_text(encoding="utf-8"),
        "js": script("start"),
        "max_file_size": MAX_BYTES,
        "footer_links": [],
        # it would store every step of a slider with its pictures in the browser, slower and slower
        "run_history": False,
    }


def build_ui(
    library: Domains, start: str, shared: bool = False, service: Service | None = None
) -> gr.Blocks:
    """Build the page. Start nothing.

    Args:
        library: the domains that a visitor may choose.
        start: name of the first one.
        shared: the page will be reachable by others; it then says where photos go.
        service: what the visitors share; a new one for None.

    Raises:
        PackError: the first domain cannot be opened.
    """
    service = service or Service(Limits() if shared else Limits.at_home(), VisitFiles())
    keep_to_ourselves(service.files.root)
    handlers = Handlers(library, start, service)
    with gr.Blocks(
        title="In-domain editor",
        fill_width=True,
        analytics_enabled=False,
    ) as page:
        context = _context(handlers, shared)
        with gr.Tabs(elem_id="tabs"):
            panels = Panels.of(context)
        context.strip.render()
        panels.connect()
    schedule(page, service, context.visitor)
    return page


@dataclass(frozen=True)
class Panels:
    """All panels. They are made of what they share, in the order of the tabs, and connected after it."""

    edit: EditPanel
    storage: BrowserStorage
    blend: BlendPanel
    patch: PatchPanel
    animate: AnimatePanel
    teach: TeachPanel
    library: LibraryPanel

    @classmethod
    def of(cls, context: PageContext) -> Panels:
        """Make all panels. None needs another."""
        with gr.Tab("Edit", id="edit"):
            edit, storage = EditPanel(context), BrowserStorage(context)
        with gr.Tab("Blend", id="blend"):
            blend = BlendPanel(context)
        with gr.Tab("Patch", id="patch"):
            patch = PatchPanel(context)
        with gr.Tab("Animate", id="animate"):
            animate = AnimatePanel(context)
        return cls(
            edit,
            storage,
            blend,
            patch,
            animate,
            TeachPanel(context),
            LibraryPanel(context),
        )

    def connect(self) -> None:
        """Connect the panels with each other, in this place alone."""
        edit = self.edit
        changed = edit.connect()
        self.storage.connect(edit)
        self.blend.connect(edit, changed)
        self.patch.connect(edit, changed)
        self.animate.connect(changed, edit.refresh)
        self.teach.connect(edit, changed)
        self.library.connect(edit, changed, self.storage)


def _context(handlers: Handlers, shared: bool) -> PageContext:
    """Make what the panels share, with the row above the tabs."""
    first = handlers.first_visitor()
    visitor = gr.State(first, time_to_live=STATE_LIFE_S)
    with gr.Row(elem_id="top"):
        gr.Markdown("# In-domain editor", elem_id="title")
        domain = gr.Dropdown(
            handlers.domains.choices,
            value=handlers.start,
            show_label=False,
            container=False,
            label="Domain",
            elem_id="domain",
            filterable=False,
        )
        editor = handlers.domains.open(handlers.start)
        where = gr.Markdown(line(editor), elem_id="where")
        helped = gr.Button("? Help", elem_id="help-button", size="sm", scale=0, min_width=80)
        dark = gr.Button("☾ Dark or light", elem_id="dark", size="sm", scale=0, min_width=130)
    gr.Markdown(HELP, elem_id="help")
    helped.click(None, js=script("toggle_help"))
    dark.click(None, js=script("toggle_dark"))
    if shared:
        gr.Markdown(SHARED_NOTE, elem_id="shared-note")
    strip = history_strip(strip_value(first.project), render=False)
    file, paths = gr.JSON(visible=False), gr.File(visible=False)
    return PageContext(handlers, visitor, domain, where, strip, file, paths, shared)
