"""Making a domain pack out of trained networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from editor.errors import OptionError
from editor.file_names import is_reserved
from editor.files import sync_tree, take_name, temporary_beside, write_whole
from editor.geometry import Alignment
from editor.models.config import GeneratorConfig
from editor.packs.fetch import file_sha256
from editor.packs.info import INVERSION, DomainInfo, needed_file, read_info
from editor.packs.load import load_domain
from editor.packs.tensors import half, read_tensors, write_tensors


def make_pack(
    name: str,
    sources: dict[str, Path],
    root: Path,
    title: str,
    subject: str,
    licence: str,
    example_seeds: list[int],
    landmarks: dict[str, list[float]] | None = None,
    inversion: dict[str, float] | None = None,
    alignment: Alignment | None = None,
) -> Path:
    """Write checkpoints/<name>/ with float16 networks and domain.json.

    The pack is made and loaded in a folder of its own first, so that a pack that was there stays as
    it is unless the new one is whole.

    Args:
        name: of the domain.
        sources: folder of each network: generator, discriminator, encoder.
        root: folder of packs.
        title: a person's words for the domain.
        subject: what a picture shows.
        licence: of the weights, with credits.
        example_seeds: seeds of pictures that show it well.
        landmarks: where its pictures have eyes and mouth, as in `DomainInfo`.
        inversion: options of an inversion that suit it better than the usual, as there.
        alignment: how its squares lie around a face, as there.

    Returns:
        The pack's folder.

    Raises:
        OptionError: the name is not a plain folder name, an option of the inversion is unknown, or
            the aligner was trained on squares of another alignment.
        WeightsError: a network is missing or damaged, or does not fit the others.
    """
    own: dict[str, Any] = {
        "landmarks": landmarks or {},
        "inversion": inversion or {},
        "alignment": alignment,
    }
    if unknown := sorted(set(own["inversion"]) - set(INVERSION)):
        raise OptionError(f"inversion {unknown} is not known; use {', '.join(INVERSION)}")
    return install(
        name,
        root,
        lambda path: _fill(path, name, sources, title, subject, licence, example_seeds, own),
    )


def install(name: str, root: Path, fill: Callable[[Path], None]) -> Path:
    """Make a pack in a folder of its own, load it, and only then put it in its place.

    Args:
        name: of the domain.
        root: folder of packs.
        fill: writes every file of the pack into an existing folder.

    Returns:
        The pack's folder.

    Raises:
        OptionError: the name is not a plain folder name.
        PackError: what was written does not load.
        StorageError: the disk is full; a pack that was there stays as it is.
    """
    check_name(name)
    path = root / name
    with temporary_beside(path) as staging:
        (staging / name).mkdir(parents=True)
        fill(staging / name)
        load_domain(name, torch.device("cpu"), staging)
        sync_tree(staging)
        path.mkdir(parents=True, exist_ok=True)
        for file in (staging / name).iterdir():
            take_name(file, path / file.name)
    return path


def check_name(name: str) -> None:
    """Refuse a name that is no plain folder name.

    Raises:
        OptionError: it has other characters than letters, digits and _, begins with a digit, or is one
            that Windows reserves.
    """
    if not name.isidentifier():
        raise OptionError(f"'{name}' is no name for a domain; use letters, digits and _")
    if is_reserved(name):
        raise OptionError(f"'{name}' is no name for a domain: Windows keeps it for a device")


def write_network(
    folder: Path, kind: str, tensors: Mapping[str, Tensor], header: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """Write one network of a pack.

    Args:
        folder: of the pack.
        kind: of the network, which names the file.
        tensors: of the network.
        header: of the file, with at least its "kind".

    Returns:
        What domain.json should say of the file, by its name.

    Raises:
        StorageError: the disk is full; nothing is left behind.
    """
    target = folder / f"{kind}.safetensors"
    write_tensors(target, tensors, header)
    return {target.name: {"bytes": target.stat().st_size, "sha256": file_sha256(target)}}


def write_info(folder: Path, info: DomainInfo) -> None:
    """Write the domain.json of a pack, whole or not at all.

    Raises:
        StorageError: the disk is full; what was there stays as it is.
    """
    write_whole(folder / "domain.json", info.to_json().encode("utf-8", "replace"))


def update_info(folder: Path, change: Callable[[DomainInfo], DomainInfo]) -> DomainInfo:
    """Change the domain.json of a pack.

    Args:
        folder: of the pack.
        change: given what it says now, returns what it should say.

    Returns:
        What it says from now on.

    Raises:
        PackNotFoundError: there is no such pack.
        PackError: domain.json cannot be understood.
        StorageError: the disk is full; what was there stays as it is.
    """
    info = change(read_info(folder.name, folder.parent))
    write_info(folder, info)
    return info


def _fill(
    path: Path,
    name: str,
    sources: dict[str, Path],
    title: str,
    subject: str,
    licence: str,
    example_seeds: list[int],
    own: dict[str, Any],
) -> None:
    """Write the files of a pack into a folder."""
    files: dict[str, dict[str, Any]] = {}
    config, of_aligner = GeneratorConfig(), None
    for kind, source in sources.items():
        tensors, header = read_tensors(needed_file(source, kind), kind=kind)
        if kind == "generator":
            config = GeneratorConfig.from_dict(header["config"])
        if kind == "aligner":
            of_aligner = header.get("alignment")
        facts = {key: value for key, value in header.items() if key != "schema"}
        said = {**facts, "domain": name, "licence": licence}
        files |= write_network(path, kind, half(tensors), said)
    info = DomainInfo(
        name=name,
        title=title,
        subject=subject,
        resolution=config.resolution,
        num_ws=config.num_ws,
        w_dim=config.w_dim,
        licence=licence,
        files=files,
        example_seeds=example_seeds,
        **own,
    )
    if of_aligner is not None and Alignment.of(of_aligner) != info.squares:
        ours = None if info.squares is None else info.squares.values()
        raise OptionError(
            f"the aligner was trained on squares of the alignment {of_aligner}, but the pack's is "
            f"{ours}; give --alignment {' '.join(map(str, of_aligner))}, or train the aligner again"
        )
    write_info(path, info)
