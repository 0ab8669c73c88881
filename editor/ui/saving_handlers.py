"""What can be taken home from the tab Edit: picture, whole photo, code."""

from __future__ import annotations

import base64
from typing import Any

from editor.editing.code_file import code_bytes
from editor.media.images import encode_image
from editor.project.actions import SUFFIXES, whole_photo
from editor.project.same_photo import edits_beside
from editor.ui.data_uris import png_uri
from editor.ui.error_messages import tells_errors
from editor.ui.handler_base import KEEP, MODES, HandlerBase
from editor.ui.state import Visitor
from editor.ui.turns import reads_files


class SavingHandlers(HandlerBase):
    """Files of the shown edit."""

    @tells_errors
    def whole_photo(
        self,
        visitor: Visitor,
        panel: dict[str, Any] | None,
        layers: str = "",
        mode: str = KEEP,
    ) -> tuple[bytes, str]:
        """Return the bytes and the name of a file of the whole photo, edited, at its own size."""
        return self._whole_photo(self.store.newest(visitor), panel, layers, mode)

    @reads_files
    @tells_errors
    def save_photo(self, visitor: Visitor, *given: Any) -> str:
        """Export the edited photo, to be taken home. Return its path."""
        data, name = self._whole_photo(self.store.newest(visitor), *given)
        return self.export(visitor, name, data)

    @reads_files
    @tells_errors
    def adopt_photo(self, visitor: Visitor, *given: Any) -> str:
        """Keep the edited photo as a photo of the visit. Return its path."""
        data, name = self._whole_photo(self.store.newest(visitor), *given)
        return self.keep_file(visitor, name, data)

    @tells_errors
    def download_picture(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str = ""
    ) -> dict[str, str]:
        """Return the picture as a file for the browser: name and data URI."""
        visitor = self.store.newest(visitor)
        edit = self.edit(visitor, panel, layers)
        return {
            "name": "edited.png",
            "uri": png_uri(encode_image(self.editor(visitor).render(edit), "PNG")),
        }

    @tells_errors
    def download_code(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str = ""
    ) -> dict[str, str]:
        """Return the code as a file for the browser: name and data URI."""
        visitor = self.store.newest(visitor)
        data = code_bytes(self.edit(visitor, panel, layers))
        uri = f"data:application/octet-stream;base64,{base64.b64encode(data).decode()}"
        return {"name": "edited.npz", "uri": uri}

    def _whole_photo(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str, mode: str
    ) -> tuple[bytes, str]:
        edit, shown = self.edit(visitor, panel, layers), visitor.project.shown
        assert shown is not None
        editor = self.editor(visitor)
        beside = edits_beside(visitor.project, editor, shown)
        pasted, kind = whole_photo(editor, edit, shown, MODES[mode], beside)
        return encode_image(pasted, kind), f"edited{SUFFIXES[kind]}"
