"""Sliders made of directions that other programs saved. They are never stamped as fitted for this generator."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from editor.engine import Engine
from editor.errors import WeightsError
from editor.files import plain_text, shown_name
from editor.layers import check_layers
from editor.packs.convert.foreign_arrays import SUFFIXES, read_foreign
from editor.sliders.boundary import MAX_NAME, MAX_TITLE, Boundary
from editor.sliders.foreign_directions import Direction, directions_of
from editor.sliders.generator_fit import code_statistics, fit_to_generator
from editor.sliders.make import make_slider, with_range

IMPORTED = "imported"  # the fact that says so
ENDINGS = ("_boundary", "_direction", ".pt", ".npy")  # of names, which say nothing


def read_directions(engine: Engine, path: str | Path) -> list[Direction]:
    """Read the directions of a file that another program saved, and run nothing in it.

    Args:
        engine: of the domain whose codes they are to move.
        path: an .npy, .npz or .pt file.

    Raises:
        WeightsError: it is missing, damaged, too large, or holds no directions.
        MismatchError: they are of codes of another shape.
    """
    path, pack = Path(path), engine.info
    try:
        return directions_of(
            read_foreign(path), _plain_name(path.stem), pack.name, pack.num_ws, pack.w_dim
        )
    except WeightsError as error:
        said = str(error).replace(str(path), path.name)  # folders are nobody's business
        named = said if path.name in said else f"{shown_name(path)}: {said}"
        raise type(error)(named) from error


def imported_slider(
    engine: Engine,
    direction: Direction,
    source: str,
    name: str,
    title: str = "",
    layers: tuple[int, ...] | None = None,
) -> Boundary:
    """Make a slider of a direction of unknown origin.

    Its range is ±2.5 standard deviations of this generator's codes along it. Its facts say where it came from,
    how it fits, and what is doubted; it names no generator that it was fitted for.

    Args:
        engine: of the domain.
        direction: from `read_directions`.
        source: name of the file.
        name: letters, digits and _.
        title: as shown; made of the name by default.
        layers: that it moves; by default those that the file says, else all.

    Raises:
        OptionError: the name cannot be used, or a layer does not exist.
    """
    chosen = check_layers(layers or direction.layers, engine.info.num_ws)
    statistics = code_statistics(engine)
    fit = fit_to_generator(statistics, direction, chosen, engine.info.name)
    facts = {
        "made": f"imported from {plain_text(source)[:MAX_TITLE]}",
        IMPORTED: plain_text(direction.name)[:MAX_TITLE],
        "alignment": round(fit.alignment, 3),
        "warnings": list(fit.warnings),
    }
    made = make_slider(engine, direction.rows, name, title, chosen, facts)
    made = replace(made, info=replace(made.info, generator=""))
    return with_range(made, statistics.codes)


def is_imported(slider_facts: dict[str, object]) -> bool:
    """Return whether a slider's facts say that it was imported, and so not fitted for this generator."""
    return IMPORTED in slider_facts


def is_direction_file(path: str | Path) -> bool:
    """Return whether a file's name is one of those that `read_directions` reads."""
    return str(path).lower().endswith(SUFFIXES)


def name_from(title: str) -> str:
    """Return a name for a slider made of a title; "direction" where nothing is left of it."""
    name = re.sub(r"\W+", "_", title.strip().lower()).strip("_")[:MAX_NAME] or "direction"
    return name if name.isidentifier() else f"my_{name}"[:MAX_NAME]


def _plain_name(stem: str) -> str:
    """Return a file's name without the endings that directions commonly have."""
    for ending in ENDINGS:
        stem = stem.removesuffix(ending) or stem
    return stem
