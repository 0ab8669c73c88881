"""Makes a domain pack of published files: reads them inertly, converts, and installs it whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from editor.defaults import UNSAID
from editor.errors import OptionError
from editor.files import take_name, temporary_beside, write_whole
from editor.geometry import FFHQ, Alignment
from editor.packs.convert.card import model_card
from editor.packs.convert.idinvert import (
    convert_boundary,
    convert_encoder,
    convert_generator,
    convert_vgg16,
)
from editor.packs.convert.layouts import read_pair
from editor.packs.convert.npy_files import read_npy
from editor.packs.convert.restricted import read_pth
from editor.packs.fetch import file_sha256
from editor.packs.info import DomainInfo
from editor.packs.tensors import fingerprint, half, read_header, write_tensors
from editor.packs.write import check_name, install, write_info, write_network

PUBLISHED_INVERSION = {"steps": 100, "lr": 0.01, "pix": 1.0, "feat": 5e-5, "domain": 2.0}
# without an encoder: from the mean code. On four test faces of faces64 the pixel error is .010 after 100
# steps, .014 at a rate of 0.02; at 0.1 it is .009, with codes half as far again from the domain
FREE_INVERSION = {"steps": 100, "lr": 0.05, "domain": 0.0}
PUBLISHED_RANGE = (-3.0, 3.0)
Part = tuple[nn.Module, Path, dict[str, Any]]  # a network, its file, and facts for its header
GROUPS = {
    "age": "Face",
    "expression": "Expression",
    "eyeglasses": "Face",
    "gender": "Face",
    "pose": "Pose",
}


@dataclass(frozen=True)
class Sources:
    """Published files of one domain.

    Attributes:
        name: of the pack to make.
        generator: file of the generator; None where the encoder's file holds it.
        encoder: file of its encoder; None makes a pack without one.
        perceptual: .pth of VGG16 with Caffe preprocessing; None leaves the feature term out.
        boundaries: folder of .npy files, searched for a folder inside that is named after the domain.
        title: a person's words for the domain.
        subject: what a picture shows.
        licence: of the weights, with credits.
        float16: store half as much, at a small loss of agreement with the original.
        alignment: how its squares lie around a face; FFHQ's by default.
        family: whose files they are, "idinvert" or "stylegan2".
    """

    name: str
    generator: Path | None
    encoder: Path | None
    perceptual: Path | None = None
    boundaries: Path | None = None
    title: str = ""
    subject: str = "picture"
    licence: str = UNSAID
    float16: bool = False
    alignment: Alignment | None = None
    family: str = "idinvert"

    @property
    def squares(self) -> Alignment | None:
        """Return how the pack's squares lie around a face, None where it shows none."""
        return self.alignment or (FFHQ if self.subject == "face" else None)


def convert_files(
    sources: Sources, checkpoints: Path, boundaries: Path
) -> Iterator[tuple[str, int, int]]:
    """Convert published networks, and boundaries if there are any, step by step.

    Everything is read and checked before anything is written.

    Args:
        sources: the published files.
        checkpoints: folder of packs.
        boundaries: folder of boundary folders.

    Yields:
        (what was done, how many steps are done, of how many).

    Raises:
        WeightsError: a file is missing, damaged, of another make or was made to do harm.
        OptionError: the name is no plain folder name, or a file is not given.
        StorageError: the disk is full; what was there stays as it is.
    """
    check_name(sources.name)
    files = [] if sources.boundaries is None else find_boundaries(sources.boundaries, sources.name)
    networks: dict[str, Part] = {}
    total = 2 + len(files) + sum(path is not None for path in (sources.encoder, sources.perceptual))
    for kind, part in _read_networks(sources):
        networks[kind] = part
        yield kind, len(networks), total
    generator: Any = networks["generator"][0]
    trained_for = fingerprint(generator)
    if "encoder" in networks:
        networks["encoder"][2]["generator"] = trained_for
    rows = {
        file: convert_boundary(read_npy(file), generator.num_ws, generator.w_dim) for file in files
    }
    if not rows:
        _refuse_stale(boundaries / sources.name, trained_for)
    install(sources.name, checkpoints, lambda path: _write_pack(path, sources, networks))
    done = len(networks) + 1
    yield "pack", done, total
    target = boundaries / sources.name
    with temporary_beside(target) as staging:
        for name in _write_boundaries(staging, sources, rows, trained_for):
            done += 1
            yield name, done, total
        if rows:  # all of them at once
            shutil.rmtree(target, ignore_errors=True)
            take_name(staging, target)


def _read_networks(sources: Sources) -> Iterator[tuple[str, Part]]:
    """Read the networks one by one, by kind."""
    if sources.family == "stylegan2":
        pair, file = read_pair(sources.generator, sources.encoder)
        yield "generator", (pair.generator, file, {"architecture": "stylegan2"})
        if pair.encoder is not None and sources.encoder is not None:
            yield "encoder", (pair.encoder, sources.encoder, {"architecture": "pyramid"})
    else:
        if sources.generator is None or sources.encoder is None:
            raise OptionError("idinvert comes as two files; give --generator and --encoder")
        generator = convert_generator(read_pth(sources.generator))
        yield "generator", (generator, sources.generator, {"architecture": "stylegan1"})
        encoder = convert_encoder(read_pth(sources.encoder), generator.num_ws, generator.w_dim)
        yield "encoder", (encoder, sources.encoder, {"architecture": "stylegan1"})
    if sources.perceptual is not None:
        vgg = convert_vgg16(read_pth(sources.perceptual))
        yield "perceptual", (vgg, sources.perceptual, {"architecture": "vgg16-caffe"})


def _refuse_stale(folder: Path, generator: str) -> None:
    for file in sorted(folder.glob("*.safetensors")):
        if read_header(file).get("generator") not in ("", None, generator):
            raise OptionError(
                f"{folder} holds boundaries of another generator, such as {file.name}. Give "
                f"--boundaries to replace them, or move that folder away"
            )


def _write_boundaries(
    folder: Path, sources: Sources, rows: dict[Path, tuple[Tensor, tuple[int, ...]]], generator: str
) -> Iterator[str]:
    for file, (normal, layers) in rows.items():
        name = file.stem
        header = {
            "kind": "boundary",
            "name": name,
            "title": name.replace("_", " "),
            "group": GROUPS.get(name, "Scene" if sources.subject == "scene" else "Other"),
            "domain": sources.name,
            "layers": list(layers),
            "range": list(PUBLISHED_RANGE),
            "accuracy": None,
            "facts": {"source": file.name, "source_sha256": file_sha256(file)},
            "generator": generator,
        }
        write_tensors(folder / f"{name}.safetensors", {"normal": normal}, header)
        yield name


def find_boundaries(folder: Path, name: str) -> list[Path]:
    """Find the boundary files in a folder, or in one inside it whose name ends with the domain's.

    Raises:
        OptionError: there are none, or one has a name that no slider may have.
    """
    for place in (*sorted(folder.glob(f"*{name}")), folder):
        if place.is_dir() and (files := sorted(place.glob("*.npy"))):
            if bad := [file.name for file in files if not file.stem.isidentifier()]:
                raise OptionError(f"{place}: {bad} are no names for sliders; rename them")
            return files
    raise OptionError(f"{folder} holds no .npy boundaries; give the folder that does")


def _write_pack(path: Path, sources: Sources, networks: dict[str, Part]) -> None:
    files: dict[str, dict[str, Any]] = {}
    lines = []
    generator = networks["generator"][0]
    config: Any = generator.config
    for kind, (network, source, facts) in networks.items():
        digest = file_sha256(source)
        header = {
            "kind": kind,
            "config": {} if kind == "perceptual" else network.config.to_dict(),  # type: ignore[operator, union-attr]
            "domain": sources.name,
            "licence": sources.licence,
            "source": source.name,
            "source_sha256": digest,
            **facts,
        }
        tensors = network.state_dict()
        files |= write_network(path, kind, half(tensors) if sources.float16 else tensors, header)
        count = sum(p.numel() for p in network.parameters())
        lines.append(f"| {kind} | {count / 1e6:.1f} M | `{source.name}` | `{digest}` |")
    inversion = dict(PUBLISHED_INVERSION)
    if "perceptual" not in networks:
        inversion["feat"] = 0.0
    if "encoder" not in networks:
        inversion |= FREE_INVERSION
    info = DomainInfo(
        name=sources.name,
        title=sources.title or sources.name,
        subject=sources.subject,
        resolution=config.resolution,
        num_ws=config.num_ws,
        w_dim=config.w_dim,
        licence=sources.licence,
        files=files,
        inversion=inversion,
        alignment=sources.squares,
    )
    write_info(path, info)
    card = model_card(sources.family, sources.name, sources.licence, lines, "encoder" in networks)
    write_whole(path / "MODEL_CARD.md", card.encode("utf-8", "replace"))
