"""Layers that a published boundary of idinvert or HiGAN names: {"boundary": …, "meta_data": {"manipulate_layers": …}}."""

from __future__ import annotations

from typing import Any

from editor.errors import MismatchError
from editor.layers import check_layers, parse_layers


def boundary_layers(data: dict[str, Any], num_ws: int, of: str) -> tuple[int, ...] | None:
    """Return the layers that a boundary's dictionary names, in order; None where it names none.

    Args:
        data: the dictionary. Its layers are a list, or a text such as "6-11" or "0,2-4"; a blank one names none.
        num_ws: layers of the domain's codes.
        of: what to call the boundary in an error.

    Raises:
        OptionError: they are no layers.
        MismatchError: the domain's codes have fewer.
    """
    meta = data.get("meta_data")
    said = meta.get("manipulate_layers") if isinstance(meta, dict) else None
    if said is None or (isinstance(said, str) and not said.strip()):
        return None
    return check_layers(parse_layers(said), num_ws, of, MismatchError)
