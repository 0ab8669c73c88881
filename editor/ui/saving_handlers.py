"""What can be taken home of the shown edit: picture, whole photo, code, as the Save dialog asks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from editor.editing.code_file import code_bytes
from editor.editing.edit import Edit
from editor.errors import EditorError, ImageError, OptionError
from editor.media.images import image_size
from editor.media.motion import encode_motion
from editor.media.source import Source
from editor.project import exports
from editor.project.nodes import Picture
from editor.project.photo_source import source_of
from editor.sliders.looks import look_bytes
from editor.ui.error_messages import tells_errors
from editor.ui.export_wish import PICTURES, Wish, format_facts
from editor.ui.handler_base import KEEP, MODES, HandlerBase, mode_of
from editor.ui.state import Visitor
from editor.ui.turns import reads_files


class SavingHandlers(HandlerBase):
    """Files of the shown edit."""

    @reads_files
    @tells_errors
    def export_as(
        self,
        visitor: Visitor,
        panel: dict[str, Any] | None,
        layers: str = "",
        mode: str = KEEP,
        value: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Export the shown edit as the Save dialog asks. Return the dialog's value.

        It says the file's path, name, bytes and size in px, or why that failed, and the wish's turn.
        """
        visitor = self.store.newest(visitor)
        turn = {"turn": (value or {}).get("turn")}
        try:
            wish = Wish.read((value or {}).get("wish"))
            edit, shown = self.edit(visitor, panel, layers), visitor.project.shown
            if shown is None or mode not in MODES:
                raise OptionError("there is nothing to save yet; open a photo first")
            beside = exports.faces_beside(visitor.project, self.editor(visitor), shown)
            if wish.colour:
                edit = replace(edit, grey=False)
                beside = [(replace(other, grey=False), where) for other, where in beside]
            data, size, source = self._exported(visitor, edit, shown, mode, wish, beside)
            name = f"{wish.name or exports.stem(shown, edit)}{wish.suffix(source)}"
            path = self.export(visitor, name, data)
        except EditorError as error:
            return turn | {"failed": str(error)}
        width, height = size or (0, 0)
        laid_in = 1 + len(beside) if wish.what in ("photo", "pair", "wipe") else 1
        saved = {"file": path, "name": name, "bytes": len(data), "width": width, "height": height}
        word = wish.chosen(source)[1] if wish.what in PICTURES else ""
        return turn | {"saved": saved | {"faces": laid_in, "word": word}}

    @tells_errors
    def export_facts(
        self, visitor: Visitor, panel: dict[str, Any] | None, layers: str = ""
    ) -> dict[str, Any]:
        """Return what the Save dialog says before anything is saved: sizes, and the usual name."""
        visitor = self.store.newest(visitor)
        editor, edit = self.editor(visitor), self.edit(visitor, panel, layers)
        shown, side = visitor.project.shown, editor.info.resolution
        assert shown is not None
        facts = {
            "name": exports.stem(shown, edit),
            "photo": _photo_size(shown),
            "model": side,
            "face": max(side, exports.FACE_PX),
            "subject": editor.info.subject,
            "faces": 1 + len(exports.faces_beside(visitor.project, editor, shown)),
            "grey": shown.grey,
            **format_facts(source_of(shown)),
        }
        return {"facts": facts}

    def _exported(
        self,
        visitor: Visitor,
        edit: Edit,
        shown: Picture,
        mode: str,
        wish: Wish,
        beside: list[tuple[Edit, Picture]],
    ) -> tuple[bytes, tuple[int, int] | None, Source]:
        """Return the bytes of what is wished, its size in px where it is a picture, and its source."""
        editor = self.editor(visitor)
        if wish.what == "code":
            return code_bytes(edit), None, Source()
        if wish.what == "look":
            look = look_bytes(wish.name or shown.name, edit.sliders, edit.moves)
            return look, None, Source()
        if wish.what == "face":
            made = exports.face(editor, edit, shown)
            return wish.encoded(made), made.pixels.size, made.source
        made = exports.after(editor, edit, shown, mode_of(mode), beside)
        if wish.what == "photo":
            return wish.encoded(made), made.pixels.size, made.source
        first = exports.before(editor, edit, shown)
        if wish.what == "wipe":
            frames = exports.wipe(first.on_paper(), made.on_paper())
            film = encode_motion(frames, "MP4", exports.WIPE_FPS)
            return film, exports.wipe_size(first.pixels), Source()
        both = exports.side_by_side(first, made)
        return wish.encoded(both), both.pixels.size, both.source


def _photo_size(picture: Picture) -> list[int] | None:
    """Return width and height of a picture's upright photo, px; None where there is none."""
    if not exports.with_photo(picture):
        return None
    try:
        return list(image_size(picture.photo))
    except ImageError:
        return None
