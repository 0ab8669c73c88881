"""Many pictures taken home at once, each with the edits that it has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from editor.errors import EditorError, OptionError
from editor.file_names import folded
from editor.media.names import done_stem, free_name
from editor.project import exports
from editor.project.history import Project
from editor.ui.error_messages import tells_errors, told_by_page
from editor.ui.export_wish import Wish
from editor.ui.growing_zip import GrowingZip, growing_zip
from editor.ui.library_values import Key, chosen_keys, failures_text, said
from editor.ui.page_context import PageContext
from editor.ui.state import Visitor


class _Files:
    """Files that are taken home together: one as it is, several in a zip that grows on the disk.

    Args:
        page: what the panels share.
        visitor: whose they are.
        stack: ends the zip.
    """

    def __init__(self, page: PageContext, visitor: Visitor, stack: ExitStack) -> None:
        self.page, self.visitor, self._stack = page, visitor, stack
        self.names: list[str] = []
        self._first = b""
        self._zip: GrowingZip | None = None

    def add(self, name: str, data: bytes) -> None:
        """Add a file.

        Raises:
            InputError: there is no room for it.
        """
        self.names.append(name)
        if len(self.names) == 1:
            self._first = data
            return
        if self._zip is None:
            files, owner = self.page.files, self.visitor.visit.owner
            self._zip = self._stack.enter_context(growing_zip(files, owner, "pictures.zip"))
            self._zip.add(self.names[0], self._first)
            self._first = b""
        self._zip.add(name, data)

    def path(self) -> str:
        """Return where the file or the zip lies, which is whole then."""
        if self._zip is None:
            return self.page.handlers.export(self.visitor, self.names[0], self._first)
        self._stack.close()
        return str(self._zip.path)


class LibraryExport:
    """What makes files of the chosen pictures.

    Args:
        page: what the panels share.
    """

    def __init__(self, page: PageContext) -> None:
        self.page = page

    @told_by_page
    @tells_errors
    def exported(self, visitor: Visitor, value: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
        """Make a file of the chosen picture, or a zip of several. Yield the grid's value.

        Names follow the photos, "holiday edited.jpg", and are numbered where they are taken. Of a photo
        with several faces there is one file, in which all their edits are.
        """
        visitor = self.page.store.newest(visitor)
        keys, wish = chosen_keys(value, visitor), Wish.read((value or {}).get("wish"))
        if wish.what not in ("photo", "face"):
            raise OptionError("several pictures are saved as photos, or as faces only")
        failures: list[tuple[str, str]] = []
        laid_in: set[Key] = set()
        with ExitStack() as stack:
            files = _Files(self.page, visitor, stack)
            for done, key in enumerate(keys):
                yield {"progress": {"done": done, "total": len(keys), "saving": True}}
                if key in laid_in:
                    continue
                project = visitor.projects[key[0]]
                try:
                    name, data = self._file(project, key, wish, files.names)
                except EditorError as error:
                    failures.append((project.picture(key[1]).name, str(error)))
                    continue
                laid_in |= {key, *_beside(project, key, wish)}
                try:
                    files.add(name, data)
                except EditorError as error:
                    raise OptionError(
                        f"{len(files.names) - 1} of {len(keys)} pictures were made, then: {error}. Export "
                        f"fewer at once, or as JPEG"
                    ) from error
            if not files.names:
                raise OptionError(failures_text(failures))
            path = files.path()
        yield {"progress": None, **_saved(path, files.names, len(keys), failures)}

    def _file(self, project: Project, key: Key, wish: Wish, taken: list[str]) -> tuple[str, bytes]:
        """Return name and bytes of one picture's file."""
        editor, picture = self.page.handlers.domains.open(key[0]), project.picture(key[1])
        edit = project.edit(editor, project.latest(picture.id))
        edit = replace(edit, grey=edit.grey and not wish.colour)
        beside = [
            (replace(other, grey=other.grey and not wish.colour), where)
            for other, where in exports.faces_beside(project, editor, picture)
        ]
        if wish.what == "face":
            made, stem = exports.face(editor, edit), done_stem(picture.name, "face")
        else:
            made = exports.after(editor, edit, picture, beside=beside)
            stem = done_stem(picture.name, "edited") if beside else exports.stem(picture, edit)
        suffix = wish.suffix(made.source)
        known = set(map(folded, taken))
        return free_name(stem, suffix, lambda one: folded(one) in known), wish.encoded(made)


def _beside(project: Project, key: Key, wish: Wish) -> list[Key]:
    """Return the pictures that the file of one has too."""
    if wish.what == "face":
        return []
    others = exports.others_of(project, project.picture(key[1]))
    return [(key[0], other.id) for other in others]


def _saved(
    path: str, names: list[str], count: int, failures: list[tuple[str, str]]
) -> dict[str, Any]:
    """Return what the grid takes home and says."""
    name, made = Path(path).name, count - len(failures)
    text = f"{made} of {count} pictures were saved" if count > 1 else f"{name} was saved"
    if len(names) < made:
        files = "file" if len(names) == 1 else "files"
        text += f", in {len(names)} {files}: faces of one photo go together"
    text, bad = f"{text}.", bool(failures)
    message = said(f"{text} {failures_text(failures)}" if bad else text, bad=bad, stay=bad)
    return {"saved": {"file": path, "name": name}, "said": message}
