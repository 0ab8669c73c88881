"""Tells what the arrays of another program are, by their names and shapes: directions, codes, or either."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from editor.errors import WeightsError
from editor.files import plain_text

SLIDER = "python -m editor import-slider {path} --list --domain …"
PICTURE = "python -m editor edit {path} --move … --out … --domain …"
EITHER = f"{SLIDER} takes it for a direction; {PICTURE} for a code"
BOUNDARY = f"{SLIDER}; of a whole folder: python -m editor convert idinvert … --boundaries FOLDER"
COMPONENTS = ("lat_comp", "comp")
LAYERS = range(2, 65)  # of a code
UNKNOWN = "nothing is known"
MAX_NAMED, MAX_SAID = 4, 200
Array = np.ndarray[Any, Any]


def describe_arrays(data: Any, kind: str, path: Path) -> dict[str, Any]:
    """Describe what `read_foreign` returned of a file.

    The shape alone does not tell a direction from a code; where both have it, both are named.

    Args:
        data: an array, or a dictionary or list of them.
        kind: format of the file.
        path: of the file.

    Returns:
        "format", "what", "shape" and "next", and for some "layers", "names" or "domain".

    Raises:
        WeightsError: it holds no array.
    """
    found = _described(data)
    if found is None:
        raise WeightsError(f"{path} holds no array of numbers, and so neither directions nor codes")
    return {"format": kind, **found, "next": found["next"].format(path=path)}


def _described(data: Any) -> dict[str, Any] | None:
    if isinstance(data, np.ndarray):
        return _array(data)
    if isinstance(data, list):
        return _several({str(number): one for number, one in enumerate(data, 1)}, "a list")
    return _dictionary(data) if isinstance(data, dict) else None


def _dictionary(data: dict[str, Any]) -> dict[str, Any] | None:
    if "schema" in data and "wp" in data:
        domain = data.get("domain")
        found = {"what": "code of this editor", "shape": _shape(data["wp"]), "next": PICTURE}
        return found | ({} if domain is None else {"domain": _shown(str(domain))})
    if isinstance(data.get("boundary"), np.ndarray):
        meta = data.get("meta_data")
        layers = meta.get("manipulate_layers") if isinstance(meta, dict) else None
        found = {"what": "boundary", "shape": _shape(data["boundary"]), "next": BOUNDARY}
        return found | {"layers": "not said" if layers is None else _shown(layers)}
    for key in COMPONENTS:
        if isinstance(data.get(key), np.ndarray):
            what = "principal components, a direction each (GANSpace)"
            return {"what": what, "shape": _shape(data[key]), "next": SLIDER}
    if isinstance(data.get("eigvec"), np.ndarray):
        what = "factors, a direction each column (SeFa)"
        return {"what": what, "shape": _shape(data["eigvec"]), "next": SLIDER}
    if isinstance(data.get("w"), np.ndarray):
        return {"what": "code (stylegan2-ada)", "shape": _shape(data["w"]), "next": PICTURE}
    return _several(data, "a dictionary")


def _array(array: Array) -> dict[str, Any]:
    shape = array.shape
    rows = shape[-2] if len(shape) > 1 else 1
    what, then = "array", UNKNOWN
    if array.dtype.kind in "fiu" and array.size and shape and shape[-1] > 1:
        if len(shape) <= 2 and rows == 1:
            what, then = "boundary", f"{BOUNDARY}. As a single w: {PICTURE}"
        elif len(shape) == 2 and rows in LAYERS:
            what, then = "code, or a direction with a row for each layer", EITHER
        elif len(shape) == 2:
            what, then = "codes or directions, flattened, one a row", EITHER
        elif len(shape) == 3 and rows == 1:
            what, then = "directions, or codes w", EITHER
        elif len(shape) == 3 and rows in LAYERS:
            what, then = "codes, or directions with a row for each layer", EITHER
    return {"what": what, "shape": list(shape), "next": then}


def _several(data: dict[str, Any], whole: str) -> dict[str, Any] | None:
    """Describe arrays by name, and lists of them, by the first, where they are alike."""
    arrays = {name: one for name, value in data.items() if (one := _last(value)) is not None}
    if not arrays:
        return None
    found = _array(next(iter(arrays.values())))
    alike = (
        len({(one.ndim > 1 and one.shape[-2:]) or (1, *one.shape) for one in arrays.values()}) == 1
    )
    names = ", ".join(plain_text(name)[:60] for name in list(arrays)[:MAX_NAMED])
    more = ", …" if len(arrays) > MAX_NAMED else ""
    return {
        "what": f"{whole} of {len(arrays)} arrays; the first: {found['what']}"
        + ("" if alike else ", others of other shapes"),
        "names": names + more,
        "shape": found["shape"],
        "next": found["next"].replace(BOUNDARY, SLIDER) if alike else UNKNOWN,
    }


def _last(value: Any) -> Array | None:
    value = value[-1] if isinstance(value, list) and value else value
    return value if isinstance(value, np.ndarray) and value.ndim else None


def _shape(array: Any) -> list[int]:
    return list(getattr(array, "shape", ()))


def _shown(value: Any) -> Any:
    """Return a value as it is where that is short, else its beginning."""
    text = str(value)
    return (
        value if len(text) <= MAX_SAID and text.isprintable() else plain_text(text[:MAX_SAID]) + "…"
    )
