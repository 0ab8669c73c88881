"""Sliders of one's own: made of a direction, named, saved, exported, imported, shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from editor.directions.boundary import (
    GROUPS,
    Boundary,
    BoundaryInfo,
    check_boundary,
    save_boundary,
)
from editor.directions.fit import project_out
from editor.editing.move import move
from editor.errors import MismatchError, OptionError, WeightsError
from editor.session import Editor
from editor.weights.domain import BOUNDARIES
from editor.weights.format import pack_tensors, unpack_tensors

REACH = 2.5  # standard deviations; the ends of fitted sliders lie at 1.4 to 3
MAX_BYTES = 2**20
MAX_NAME, MAX_TITLE, MAX_FACTS = 64, 80, 4000


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
        title=_title(name, title),
        group="Other",
        domain=editor.info.name,
        layers=check_layers(editor, layers),
        range=(-1.0, 1.0),
        accuracy=accuracy,
        facts=facts or {},
        generator=editor.pack.fingerprint,
    )
    return Boundary(info, rows.float().expand(editor.info.num_ws, -1).contiguous())


def renamed(slider: Boundary, name: str, title: str = "") -> Boundary:
    """A slider under another name.

    Raises:
        OptionError: the name cannot be used.
    """
    check_name(name)
    return replace(slider, info=replace(slider.info, name=name, title=_title(name, title)))


def check_name(name: str) -> None:
    """Refuse what cannot be a slider's name, and so a file's.

    Raises:
        OptionError: it is not an identifier of at most 64 characters.
    """
    if not isinstance(name, str) or not name.isidentifier() or len(name) > MAX_NAME:
        raise OptionError(
            f"{str(name)[:MAX_NAME]!r} is no name for a slider; use letters, digits and _, at most "
            f"{MAX_NAME}, and a letter first"
        )


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
    others = [editor.boundary(name).normal for name in dict.fromkeys(names)]
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
        OptionError: there is one of this name, or the folder cannot be written.
        MismatchError: the slider is of another domain.
    """
    _check(editor, slider.info, slider.normal)
    path = boundaries / editor.info.name / f"{slider.info.name}.safetensors"
    if path.exists() and not replace_old:
        raise OptionError(
            f"'{editor.info.name}' has a slider '{slider.info.name}' already; choose another name, "
            f"or ask to replace it"
        )
    try:
        save_boundary(slider, path)
    except OSError as error:
        raise OptionError(f"{path} cannot be written: {error}") from error
    return path


def export_slider(slider: Boundary) -> bytes:
    """A slider as the bytes of a .safetensors file, as `save_slider` would write it."""
    return pack_tensors({"normal": slider.normal}, {"kind": "boundary", **asdict(slider.info)})


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
    try:
        if len(header["layers"]) > editor.info.num_ws:
            raise MismatchError(
                f"the slider moves {len(header['layers'])} layers; '{editor.info.name}' has "
                f"{editor.info.num_ws}"
            )
        info, normal = BoundaryInfo.from_json(header), tensors["normal"]
        check_name(info.name)
        if not normal.is_floating_point() or normal.ndim != 2:
            raise TypeError("the normal is not a matrix of real numbers")
        accuracy = None if info.accuracy is None else float(info.accuracy)
        info = replace(
            info,
            title=_title(info.name, str(info.title)[:MAX_FACTS]),
            group=info.group if info.group in GROUPS else "Other",
            domain=str(info.domain)[:MAX_TITLE],
            accuracy=accuracy if accuracy is not None and 0 <= accuracy <= 1 else None,
            facts=_sound(info.facts),
        )
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
        raise WeightsError(f"the slider is not complete: {str(error)[:MAX_TITLE]}") from error
    except OptionError as error:
        raise WeightsError(f"the slider cannot be used: {error}") from error
    return _check(editor, info, normal.float())


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
    return editor.synthesise_all(move(codes, slider.normal, distances, slider.info.layers))


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


def _check(editor: Editor, info: BoundaryInfo, normal: Tensor) -> Boundary:
    pack = editor.info
    return check_boundary(info, normal, pack.name, pack.num_ws, pack.w_dim, editor.pack.fingerprint)


def _title(name: str, title: str) -> str:
    return " ".join(title.split())[:MAX_TITLE] or name.replace("_", " ")


def _sound(facts: Any) -> dict[str, Any]:
    """Facts that can be shown and saved again; none where they are something else."""
    try:
        text = json.dumps(facts, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return {}
    return dict(facts) if isinstance(facts, dict) and len(text) <= MAX_FACTS else {}
