"""Puts the page together."""

from __future__ import annotations

import html
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from editor.domains import Domains
from editor.errors import PackError
from editor.packs.info import NO_ENCODER, read_info
from editor.project.archive import MAX_BYTES
from editor.ui.animate import AnimatePanel
from editor.ui.blend import BlendPanel
from editor.ui.browser_storage import BrowserStorage
from editor.ui.component_values import strip_value
from editor.ui.components.filmstrip import filmstrip
from editor.ui.components.header import header
from editor.ui.components.html_component import stylesheet
from editor.ui.components.rail import rail
from editor.ui.edit import EditPanel
from editor.ui.environment import keep_to_ourselves
from editor.ui.handlers import Handlers
from editor.ui.library import LibraryPanel
from editor.ui.limits import Limits
from editor.ui.new_slider import NewSliderSheet
from editor.ui.page_context import PageContext
from editor.ui.patch import PatchPanel
from editor.ui.saving import SaveDialog
from editor.ui.scheduling import schedule
from editor.ui.scripts import script
from editor.ui.service import Service
from editor.ui.theme import theme
from editor.ui.visit_files import VisitFiles

SHARED_NOTE = (
    "Photos that you give go to the computer that serves this page. They "
    "stay there in a private folder for at most seven hours, and are then deleted; nothing else "
    "is kept. Give only photos that you may share."
)
TITLE = '<a class="skip" href="#panel">Skip to the sliders</a><h1>Sliders for photos</h1>'
PAGE_STYLES = Path(__file__).with_name("page.css")
# Gradio scopes what stands in a media query, and so loses the root; here it stays
TOUCH = "<style>@media (pointer: coarse) { html:root { --control: 44px; } }</style>"
STATE_LIFE_S = 6 * 3600


def launch_options() -> dict[str, Any]:
    """Return look and limits for `Blocks.launch`."""
    return {
        "theme": theme(),
        "css": PAGE_STYLES.read_text(encoding="utf-8") + stylesheet(),
        "head": TOUCH,
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
        title="Sliders for photos",
        fill_width=True,
        analytics_enabled=False,
    ) as page:
        with gr.Column(elem_id="page"):
            context = _context(handlers, shared)
            panels = Panels.of(context)
        panels.connect()
    schedule(page, service, context.visitor)
    return page


@dataclass(frozen=True)
class Panels:
    """All panels. They are made of what they share, in the order of the page, and connected after it."""

    edit: EditPanel
    storage: BrowserStorage
    blend: BlendPanel
    patch: PatchPanel
    animate: AnimatePanel
    library: LibraryPanel
    new_slider: NewSliderSheet
    saving: SaveDialog

    @classmethod
    def of(cls, context: PageContext) -> Panels:
        """Make all panels. None needs another."""
        rail()
        with gr.Column(elem_id="stage-column"):
            edit = EditPanel(context)
        with gr.Column(elem_id="tool-panel"):
            with gr.Column(elem_id="tool-sliders"):
                edit.sliders()
            with gr.Column(elem_id="tool-brush"):
                edit.brush()
            with gr.Column(elem_id="tool-blend"):
                blend = BlendPanel(context)
            with gr.Column(elem_id="tool-patch"):
                patch = PatchPanel(context)
        with gr.Column(elem_id="animate-place"):
            animate = AnimatePanel(context)
        with gr.Column(elem_id="library-place"):
            pictures = LibraryPanel(context)
        context.strip.render()
        storage = BrowserStorage(context)
        sheets = NewSliderSheet(context), SaveDialog(context)  # they open over every place
        return cls(edit, storage, blend, patch, animate, pictures, *sheets)

    def connect(self) -> None:
        """Connect the panels with each other, in this place alone."""
        edit = self.edit
        changed = edit.connect()
        restored = self.storage.connect(edit)
        self.animate.connect(changed, edit.refresh)
        self.patch.connect(edit, changed)
        self.blend.connect(edit, changed)
        self.new_slider.connect(edit, changed)
        self.library.connect(edit, (changed, restored), self.storage)
        self.saving.connect(edit.panel, edit.layers, edit.mode)


def _context(handlers: Handlers, shared: bool) -> PageContext:
    """Make what the panels share, with the header."""
    first = handlers.first_visitor()
    visitor = gr.State(first, time_to_live=STATE_LIFE_S)
    with gr.Row(elem_id="header"):
        gr.HTML(TITLE, elem_id="title", padding=False)
        domain = gr.Dropdown(
            handlers.domains.choices,
            value=handlers.start,
            show_label=False,
            container=False,
            label="What the photos show",
            elem_id="domain",
            filterable=False,
        )
        places = header(_about(handlers.domains))
    if shared:
        gr.HTML(f"<p>{html.escape(SHARED_NOTE)}</p>", elem_id="shared-note", padding=False)
    strip = filmstrip(strip_value(first.project), render=False)
    file, paths = gr.JSON(visible=False), gr.File(visible=False)
    return PageContext(handlers, visitor, domain, places, strip, file, paths, shared)


def _about(domains: Domains) -> dict[str, str]:
    """Return for each domain a sentence on its pack: size and licence."""
    said = {}
    for title, name in domains.choices:
        with suppress(PackError):
            info = read_info(name, domains.folders["checkpoints"])
            said[name] = f"{title}. Licence of the pack: {info.licence}."
            if not info.has_encoder:
                said[name] += f" {NO_ENCODER}"
    return said
