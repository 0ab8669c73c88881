"""Many pictures taken home at once, each with the edits that it has."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from editor.errors import EditorError, OptionError
from editor.project import exports
from editor.project.history import Project
from editor.ui.error_messages import tells_errors
from editor.ui.export_wish import Wish
from editor.ui.library_values import Key, chosen_keys, said
from editor.ui.page_context import PageContext
from editor.ui.state import Visitor


class LibraryExport:
    """What makes files of the chosen pictures.

    Args:
        page: what the panels share.
    """

    def __init__(self, page: PageContext) -> None:
        self.page = page

    @tells_errors
    def exported(self, visitor: Visitor, value: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
        """Make a file of the chosen picture, or a zip of several. Yield the grid's value.

        Names follow the photos, "holiday edited.jpg", and are numbered where they are taken.
        """
        visitor = self.page.store.newest(visitor)
        keys, wish = chosen_keys(value, visitor), Wish.read((value or {}).get("wish"))
        if wish.what not in ("photo", "face"):
            raise OptionError("several pictures are saved as photos, or as faces only")
        made: dict[str, bytes] = {}
        failures: list[str] = []
        for done, key in enumerate(keys):
            yield {"progress": {"done": done, "total": len(keys), "saving": True}}
            project = visitor.projects[key[0]]
            try:
                name, data = self._file(project, key, wish, made)
                made[name] = data
            except EditorError as error:
                failures.append(f"{project.picture(key[1]).name}: {error}.")
        if not made:
            raise OptionError(" ".join(failures))
        name, data = next(iter(made.items())) if len(made) == 1 else ("pictures.zip", _zip(made))
        path = self.page.handlers.export(visitor, name, data)
        count = f"{len(made)} of {len(keys)} pictures were" if len(keys) > 1 else f"{name} was"
        message = said(" ".join([f"{count} saved.", *failures]), bad=bool(failures))
        yield {"progress": None, "saved": {"file": path, "name": name}, "said": message}

    def _file(
        self, project: Project, key: Key, wish: Wish, taken: dict[str, bytes]
    ) -> tuple[str, bytes]:
        """Return name and bytes of one picture's file."""
        editor, picture = self.page.handlers.domains.open(key[0]), project.picture(key[1])
        edit = project.edit(editor, project.latest(picture.id))
        face_only = wish.what == "face"
        image = exports.face(editor, edit) if face_only else exports.after(editor, edit, picture)
        stem = f"{exports.plain_stem(picture.name)} {'face' if face_only else 'edited'}"
        return exports.free_name(stem, wish.suffix, taken.__contains__), wish.encoded(image)


def _zip(files: dict[str, bytes]) -> bytes:
    """Return files as a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()
