"""Sliders in and out: saved among those of their domain, exported, imported."""

from __future__ import annotations

from pathlib import Path

from editor.engine import Engine
from editor.errors import OptionError, WeightsError
from editor.file_names import folded
from editor.files import read_regular, why
from editor.packs.info import BOUNDARIES
from editor.packs.tensors import unpack_tensors
from editor.sliders.boundary import Boundary, check_boundary
from editor.sliders.boundary_file import (
    MAX_BYTES,
    boundary_bytes,
    read_boundary,
    save_boundary,
    with_hyperplane,
)


def place_of(domain: str, name: str, boundaries: Path, replace_old: bool = False) -> Path:
    """Return the file that `save_slider` writes.

    Raises:
        OptionError: there is one of this name, and it is not to be replaced; or one whose name differs
            in case alone, which is the same file on some disks.
    """
    path = boundaries / domain / f"{name}.safetensors"
    for other in path.parent.glob("*.safetensors"):
        if folded(other.stem) != folded(name):
            continue
        if other.stem != name:
            raise OptionError(
                f"'{domain}' has a slider '{other.stem}', and '{name}' would be the same file on some "
                f"disks; choose another name"
            )
        if not replace_old:
            raise OptionError(
                f"'{domain}' has a slider '{name}' already; choose another name, or ask to replace it"
            )
    return path


def save_slider(
    engine: Engine, slider: Boundary, boundaries: Path = BOUNDARIES, replace_old: bool = False
) -> Path:
    """Save a slider for every editor of its domain that is opened from then on.

    Args:
        engine: of the domain.
        slider: to save.
        boundaries: folder of boundary folders.
        replace_old: write over a slider of the same name, be it shipped or one's own.

    Returns:
        The file.

    Raises:
        OptionError: there is one of this name, it could not be opened again, or the folder cannot be
            written.
        StorageError: the disk is full.
        MismatchError: the slider is of another domain.
    """
    pack = engine.info
    check_boundary(
        slider.info, slider.normal, pack.name, pack.num_ws, pack.w_dim, engine.fingerprint
    )
    try:
        import_slider(engine, boundary_bytes(slider))
    except WeightsError as error:
        raise OptionError(f"the slider could not be opened again: {error}") from error
    path = place_of(engine.info.name, slider.info.name, boundaries, replace_old)
    try:
        save_boundary(slider, path)
    except OSError as error:
        raise OptionError(f"{path} cannot be written: {why(error)}") from error
    return path


def export_slider(slider: Boundary) -> bytes:
    """Return the bytes of the .safetensors file that `save_slider` would write."""
    return boundary_bytes(slider)


def import_slider(engine: Engine, data: bytes) -> Boundary:
    """Read a slider from the bytes of a file that someone gave.

    Args:
        engine: of the domain that it has to belong to.
        data: the bytes of the file, at most 1 MiB.

    Raises:
        WeightsError: it is too large, damaged, not of this format, incomplete, or not finite.
        MismatchError: it is of another kind, domain, or snapshot of the generator.
    """
    if len(data) > MAX_BYTES:
        raise WeightsError(f"the file has {len(data)} bytes; a slider has at most {MAX_BYTES}")
    tensors, header = unpack_tensors(data, "boundary")
    pack = engine.info
    slider = read_boundary(header, tensors, pack.name, pack.num_ws, pack.w_dim, engine.fingerprint)
    return with_hyperplane(slider, tensors.get("hyperplane"))


def read_slider(engine: Engine, path: str | Path) -> Boundary:
    """Read a slider from a file as `import_slider` does, and no more bytes than a slider has.

    Raises:
        WeightsError, MismatchError: as `import_slider`, or it is no regular file.
    """
    return import_slider(engine, read_regular(path, MAX_BYTES, WeightsError))
