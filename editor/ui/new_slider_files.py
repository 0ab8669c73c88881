"""The button "From files": directions of other programs, with what each does to the shown picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from editor.errors import OptionError
from editor.files import shown_name
from editor.session import Editor
from editor.sliders.boundary import Boundary
from editor.sliders.exchange import read_slider
from editor.sliders.imported import imported_slider, is_imported, name_from, read_directions
from editor.ui.new_slider_answers import shown_code, stops
from editor.ui.page_context import PageContext
from editor.ui.slider_words import sentence_case, sentence_of
from editor.ui.state import Visitor

MAX_FILES = 20
LISTED, DRAWN = 100, 12  # directions; the others have no pictures, which take most of the time

Row = dict[str, Any]


def given_sliders(
    page: PageContext, visitor: Visitor, asked: dict[str, Any] | None
) -> Iterator[tuple[Boundary, Row]]:
    """Yield a slider for each direction in the files that were given, and its row of the sheet.

    Raises:
        OptionError: there are no files, or too many files or directions.
        PageFileError: one is not the visit's.
        WeightsError: one cannot be read, or its directions are of codes of another shape.
    """
    given = (asked or {}).get("first") or []
    if not 0 < len(given) <= MAX_FILES:
        raise OptionError(f"give 1 to {MAX_FILES} files of directions, not {len(given)}")
    editor = page.editor(visitor)
    paths = [str(page.files.own((one or {}).get("path"))) for one in given]
    sliders: list[Boundary] = []
    for path in paths:
        sliders += _of_file(editor, path, LISTED - len(sliders))
    wp = shown_code(editor, visitor.project)
    for index, slider in enumerate(sliders):
        sources = stops(editor, wp, slider) if index < DRAWN else []
        yield slider, _row(slider, sources)


def _of_file(editor: Editor, path: str, room: int) -> list[Boundary]:
    """Return the sliders of a file, of this editor or of another program.

    Raises:
        OptionError: they are more than there is room for.
        WeightsError: it cannot be read, or is of codes of another shape.
    """
    own = path.lower().endswith(".safetensors")
    found = [] if own else read_directions(editor.engine, path)
    if len(found) + own > room:
        raise OptionError(
            f"with {shown_name(path)} there are {LISTED - room + len(found) + own} directions; at most "
            f"{LISTED} are listed here. The command takes more: python -m editor import-slider"
        )
    if own:
        return [read_slider(editor.engine, path)]
    return [
        imported_slider(
            editor.engine, one, shown_name(path), name_from(one.name), sentence_case(one.name)
        )
        for one in found
    ]


def _row(slider: Boundary, sources: list[str]) -> Row:
    """Return a row of the sheet: a name to begin with, where it is from, and what is doubted of it."""
    facts = slider.info.facts
    doubts = [sentence_of(str(said)) for said in facts.get("warnings") or []]
    made = sentence_case(str(facts.get("made") or "a slider's file"))
    unmeasured = " Not fitted for this generator." if is_imported(facts) else ""
    return {
        "title": slider.info.title,
        "name": slider.info.title,
        "sources": sources,
        "note": f"{made}.{unmeasured}",
        "doubt": f"{'. '.join(doubts)}." if doubts else "",
    }
