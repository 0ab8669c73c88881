"""Sliders of one's own: made of a direction, named, saved, exported, imported, shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from editor.editing.move import move
from editor.errors import OptionError, WeightsError
from editor.files import read_regular, why
from editor.packs.info import BOUNDARIES
from editor.packs.tensors import unpack_tensors
from editor.session import Editor
from editor.sliders.boundary import MAX_BYTES as MAX_BYTES
from editor.sliders.boundary import (
    Boundary,
    BoundaryInfo,
    boundary_bytes,
    check_boundary,
    clean_title,
    read_boundary,
    save_boundary,
)
from editor.sliders.boundary import check_name as check_name
from editor.sliders.hyperplane import project_out

REACH = 2.5  # standard deviations; the ends of fitted sliders lie at 1.4 to 3


def make_slider(
    editor: Editor,
    rows: Tensor,
    name: str,
    title: str = "",
    layers: tuple[int, ...] | None = None,
    facts: dict[str, Any] | None = None,
    accuracy: float | None = None,
) -> Boundary:
    """A slider of a direction; its range is still to be set, by `with_range`.

    Args:
        editor: of the domain.
        rows: [num_ws or 1, w_dim], each of length 1.
        name: letters, digits and _.
        title: as shown; made of the name by default.
        layers: that it moves; all by default.
        facts: how it was made; "made" says it in words.
        accuracy: of what it separates, 0…1.

    Raises:
        OptionError: the name cannot be used, or a layer does not exist.
    """
    check_name(name)
    info = BoundaryInfo(
        name=name,
        title=clean_title(name, title),
        group="Other",
        domain=editor.info.name,
        layers=check_layers(editor, layers),
        range=(-1.0, 1.0),
        accuracy=accuracy,
        facts=facts or {},
        generator=editor.engine.fingerprint,
    )
    return Boundary(info, rows.float().expand(editor.info.num_ws, -1).contiguous())


def renamed(slider: Boundary, name: str, title: str = "") -> Boundary:
    """A slider under another name.

    Raises:
        OptionError: the name cannot be used.
    """
    check_name(name)
    return replace(slider, info=replace(slider.info, name=name, title=clean_title(name, title)))


def check_layers(editor: Editor, layers: tuple[int, ...] | None) -> tuple[int, ...]:
    """Layers in order; all for None.

    Raises:
        OptionError: one does not exist.
    """
    last = editor.info.num_ws - 1
    if layers is None:
        return tuple(range(last + 1))
    if not layers or min(layers) < 0 or max(layers) > last:
        raise OptionError(f"layers {layers} lie outside 0…{last}")
    return tuple(sorted(set(layers)))


def independent(editor: Editor, slider: Boundary, names: Sequence[str]) -> Boundary:
    """Without what lies along other sliders of the editor, layer by layer.

    Raises:
        OptionError: a slider is unknown, or nothing is left.
    """
    others = [editor.sliders[name].normal for name in dict.fromkeys(names)]
    if not others:
        return slider
    rows = [
        project_out(row, [other[layer] for other in others])
        for layer, row in enumerate(slider.normal)
    ]
    facts = {**slider.info.facts, "independent_of": list(dict.fromkeys(names))}
    return Boundary(replace(slider.info, facts=facts), torch.stack(rows))


def with_range(slider: Boundary, codes: Tensor) -> Boundary:
    """With ±2.5 standard deviations of codes along it as its range.

    Args:
        slider: whose direction counts.
        codes: [N, num_ws, w_dim], or [N, 1, w_dim] where all layers have one code.
    """
    centred, last = codes - codes.mean(dim=0), codes.shape[1] - 1
    along = [centred[:, min(i, last)] @ slider.normal[i] for i in slider.info.layers]
    deviation = float(torch.stack(along).std(dim=1).mean())
    end = max(round(REACH * deviation, 2), 0.01)
    facts = {**slider.info.facts, "deviation": deviation}
    return replace(slider, info=replace(slider.info, range=(-end, end), facts=facts))


def save_slider(
    editor: Editor, slider: Boundary, boundaries: Path = BOUNDARIES, replace_old: bool = False
) -> Path:
    """Save a slider among those of its domain, for every editor that is opened from then on.

    Args:
        editor: of the domain.
        slider: to save.
        boundaries: folder of boundary folders.
        replace_old: write over one of the same name, be it shipped or one's own.

    Returns:
        The file.

    Raises:
        OptionError: there is one of this name, it could not be opened again, or the folder cannot be
            written.
        StorageError: the disk is full.
        MismatchError: the slider is of another domain.
    """
    pack = editor.info
    check_boundary(
        slider.info, slider.normal, pack.name, pack.num_ws, pack.w_dim, editor.engine.fingerprint
    )
    try:
        import_slider(editor, boundary_bytes(slider))
    except WeightsError as error:
        raise OptionError(f"the slider could not be opened again: {error}") from error
    path = boundaries / editor.info.name / f"{slider.info.name}.safetensors"
    if path.exists() and not replace_old:
        raise OptionError(
            f"'{editor.info.name}' has a slider '{slider.info.name}' already; choose another name, "
            f"or ask to replace it"
        )
    try:
        save_boundary(slider, path)
    except OSError as error:
        raise OptionError(f"{path} cannot be written: {why(error)}") from error
    return path


def export_slider(slider: Boundary) -> bytes:
    """A slider as the bytes of a .safetensors file, as `save_slider` would write it."""
    return boundary_bytes(replace(slider, hyperplane=None))


def import_slider(editor: Editor, data: bytes) -> Boundary:
    """Read a slider that someone gave.

    Args:
        editor: of the domain that it has to be of.
        data: the bytes of the file, at most 1 MiB.

    Raises:
        WeightsError: too large, damaged, not of this format, incomplete, or not finite.
        MismatchError: of another kind, domain, or snapshot of the generator.
    """
    if len(data) > MAX_BYTES:
        raise WeightsError(f"the file has {len(data)} bytes; a slider has at most {MAX_BYTES}")
    tensors, header = unpack_tensors(data, "boundary")
    pack = editor.info
    return read_boundary(
        header, tensors, pack.name, pack.num_ws, pack.w_dim, editor.engine.fingerprint
    )


def read_slider(editor: Editor, path: str | Path) -> Boundary:
    """As `import_slider`, of a file; no more of it is read than a slider has.

    Raises:
        WeightsError, MismatchError: as `import_slider`, or it is no regular file.
    """
    return import_slider(editor, read_regular(path, MAX_BYTES, WeightsError))


def slider_strip(editor: Editor, wp: Tensor, slider: Boundary, stops: int = 5) -> list[Image.Image]:
    """Pictures of one code from the low to the high end of a slider, evenly spaced.

    Args:
        editor: of the domain.
        wp: [num_ws, w_dim].
        slider: need not be among the editor's.
        stops: how many, 2 or more; with an odd number the middle one is unchanged.

    Raises:
        OptionError: fewer than two stops.
    """
    if stops < 2:
        raise OptionError(f"{stops} stops show no change; use 2 or more")
    low, high = slider.info.range
    codes = wp[None].expand(stops, -1, -1)
    distances = torch.linspace(low, high, stops)
    return editor.engine.render(move(codes, slider.normal, distances, slider.info.layers))


def stacked(pictures: Sequence[Image.Image]) -> Image.Image:
    """Pictures below each other, such as strips.

    Raises:
        OptionError: there are none.
    """
    if not pictures:
        raise OptionError("there is nothing to stack; give one picture at least")
    tall = Image.new("RGB", (max(p.width for p in pictures), sum(p.height for p in pictures)))
    top = 0
    for picture in pictures:
        tall.paste(picture, (0, top))
        top += picture.height
    return tall
