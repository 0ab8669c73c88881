"""The Save dialog of the page, connected."""

from __future__ import annotations

from typing import Any

from editor.ui.components.save_dialog import save_dialog
from editor.ui.page_context import PageContext

QUIET: dict[str, Any] = {"show_progress": "hidden"}


class SaveDialog:
    """The dialog and what it asks for.

    Args:
        page: what the panels share.
    """

    def __init__(self, page: PageContext) -> None:
        self.page = page
        self.dialog = save_dialog()

    def connect(self, panel: Any, layers: Any, mode: Any) -> None:
        """Connect the dialog with what says how the shown picture is edited.

        Args:
            panel: the sliders.
            layers: field of the sliders' layers.
            mode: how the square is laid into the photo.
        """
        handlers, shown = self.page.handlers, [self.page.visitor, panel, layers]
        self.dialog.expand(handlers.export_facts, shown, self.dialog, **QUIET)
        self.dialog.submit(
            handlers.export_as, [*shown, mode, self.dialog], self.dialog, **QUIET
        ).failure(lambda: {"failed": ""}, None, self.dialog, **QUIET)
