"""A code as a file (.npz of plain arrays): what it may hold, what it must, and how it is written.

Schema 2 holds the square and the photo's name and hash, so that a reopened code can be pasted into
its photo; schema 1, which did not, is still read.
"""

from __future__ import annotations

import io
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from editor.arrays import MAX_ARRAYS, read_npz
from editor.editing.edit import Edit
from editor.errors import ImageError, MismatchError, OptionError
from editor.files import why, write_whole
from editor.photo.crop import Crop
from editor.zips import checked_zip

SCHEMA = 2
MAX_BYTES = 64 * 2**20
MAX_SLIDERS = 1000  # of the domain's and one's own together
MAX_TEXT = 200
NAMES = (
    *("schema", "domain", "generator", "wp", "wp_edited", "base", "mask"),
    *("move_names", "move_distances", "layer_names", "layers"),
    *("crop", "photo_name", "photo_sha256", "grey"),
    "code",  # of schema 1: wp_edited
)
Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class CodeFile:
    """What a file says.

    Attributes:
        domain: name of the pack.
        generator: fingerprint of its generator.
        wp: [num_ws, w_dim], the code, before any slider.
        moves: distance by slider.
        layers: by slider, in words.
        mask: [R, R], where the sliders may change the picture.
        base: [num_ws, w_dim], the code that stands for the photo where `wp` does not.
        crop: the square of the photo that was inverted.
        photo_name: of the photo's file; empty where it is not known.
        photo_sha256: of the photo's file; empty where it is not known.
        grey: whether its pictures are shown without colour, as `Edit.grey`; None where it does not
            say, as files of coloured photos and old ones do not.
    """

    domain: str
    generator: str
    wp: Array
    moves: dict[str, float]
    layers: dict[str, str]
    mask: Array | None = None
    base: Array | None = None
    crop: Crop | None = None
    photo_name: str = ""
    photo_sha256: str = ""
    grey: bool | None = None


def code_bytes(edit: Edit) -> bytes:
    """Return the bytes of the .npz that `save_code` writes."""
    arrays: dict[str, Any] = {
        "schema": np.array(SCHEMA),
        "domain": np.array(edit.sliders.info.name),
        "generator": np.array(edit.sliders.generator),
        "wp": edit.wp.numpy(),
        "wp_edited": edit.wp_edited.numpy(),
        "move_names": np.array([name for name, _ in edit.moves], dtype=str),
        "move_distances": np.array([d for _, d in edit.moves], dtype=np.float64),
        "layer_names": np.array([name for name, _ in edit.layers], dtype=str),
        "layers": np.array([",".join(map(str, those)) for _, those in edit.layers], dtype=str),
    }
    if edit.mask is not None:
        arrays["mask"] = edit.mask.numpy()
    if edit.base is not None:
        arrays["base"] = edit.base.numpy()
    if edit.crop is not None:
        arrays["crop"] = np.array(astuple(edit.crop), dtype=np.float64)
    if edit.photo is not None and edit.photo.sha256:
        arrays["photo_name"] = np.array(edit.photo.name[:MAX_TEXT])
        arrays["photo_sha256"] = np.array(edit.photo.sha256)
    if edit.grey or (edit.photo is not None and edit.photo.source.grey):
        arrays["grey"] = np.array(int(edit.grey))
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def save_code(edit: Edit, path: Path) -> None:
    """Save code, sliders, square and domain as .npz (plain arrays, no pickle).

    Raises:
        OptionError: the suffix is another than .npz.
        ImageError: it cannot be written.
        StorageError: the disk is full.
    """
    if path.suffix != ".npz":
        raise OptionError(f"a code is saved as .npz, not '{path.suffix}'")
    try:
        write_whole(path, code_bytes(edit))
    except OSError as error:
        raise ImageError(f"{path} cannot be written: {why(error)}") from error


def is_own_code(path: Path) -> bool:
    """Return whether a file is to be read by `read_code`: an .npz with a schema, or a damaged one."""
    if path.suffix.lower() != ".npz":
        return False
    try:
        with checked_zip(
            path, MAX_BYTES, MAX_ARRAYS, lambda name: MAX_BYTES, MismatchError
        ) as found:
            return "schema.npy" in found[0].NameToInfo
    except MismatchError:
        return True


def read_code(path: Path) -> CodeFile:
    """Read what `save_code` wrote. Shapes are left to be checked by whoever uses the code.

    Raises:
        MismatchError: the file is missing, damaged, too large, of another kind or of a later version.
    """
    arrays = read_npz(path, NAMES, MAX_BYTES, MismatchError)
    try:
        schema = _number(arrays["schema"], "schema")
        if schema not in (1, SCHEMA):
            raise ValueError(f"it has schema {schema}; this version reads 1 and {SCHEMA}")
        names, distances = _texts(arrays["move_names"]), arrays["move_distances"]
        moves = {name: float(value) for name, value in zip(names, distances, strict=True)}
        layers = {}
        if "layer_names" in arrays:
            names = _texts(arrays["layer_names"])
            layers = dict(zip(names, _texts(arrays["layers"]), strict=True))
        return CodeFile(
            _text(arrays["domain"]),
            _text(arrays["generator"]),
            _matrix(arrays["wp"]),
            moves,
            layers,
            _matrix(arrays["mask"]) if "mask" in arrays else None,
            _matrix(arrays["base"]) if "base" in arrays else None,
            _crop(arrays["crop"]) if "crop" in arrays else None,
            _text(arrays["photo_name"]) if "photo_name" in arrays else "",
            _text(arrays["photo_sha256"]) if "photo_sha256" in arrays else "",
            _number(arrays["grey"], "grey") == 1 if "grey" in arrays else None,
        )
    except KeyError as error:
        raise MismatchError(f"it lacks {error}") from error
    except (TypeError, ValueError, OptionError) as error:
        raise MismatchError(str(error)) from error


def _number(array: Array, what: str) -> int:
    if array.dtype.kind not in "iu" or array.size != 1:
        raise ValueError(f"its {what} is no number")
    return int(array.reshape(())[()])


def _crop(array: Array) -> Crop:
    if array.dtype.kind not in "fiu" or array.shape != (4,):
        raise ValueError(f"a square of shape {array.shape} is none")
    return Crop(*map(float, array))


def _matrix(array: Array) -> Array:
    if array.dtype.kind not in "fiu" or array.ndim != 2:
        raise ValueError(f"values of type {array.dtype} and shape {array.shape} are no matrix")
    return array.astype(np.float32)


def _text(array: Array) -> str:
    if array.dtype.kind != "U" or array.size != 1:
        raise ValueError("a text was expected")
    return str(array.reshape(())[()])[:MAX_TEXT]


def _texts(array: Array) -> list[str]:
    if array.dtype.kind != "U" or array.ndim != 1 or len(array) > MAX_SLIDERS:
        if array.size == 0:
            return []
        raise ValueError("a list of texts was expected")
    return [str(text)[:MAX_TEXT] for text in array]
