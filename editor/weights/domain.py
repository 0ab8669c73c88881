"""Domain packs: checkpoints/<domain>/ with its networks, domain.json and MODEL_CARD.md."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from editor.errors import MismatchError, OptionError, PackError, PackNotFoundError, WeightsError
from editor.models.config import DiscriminatorConfig, EncoderConfig, GeneratorConfig, NetworkConfig
from editor.models.discriminator import Discriminator
from editor.models.encoder import Encoder
from editor.models.stylegan2 import StyleGAN2Generator
from editor.weights.format import fingerprint, load_into, read_header, read_tensors

PROJECT = Path(__file__).resolve().parents[2]
CHECKPOINTS = PROJECT / "checkpoints"
BOUNDARIES = PROJECT / "boundaries"
N = TypeVar("N", bound=nn.Module)


@dataclass(frozen=True)
class DomainInfo:
    """What domain.json says.

    Attributes:
        name: the folder's name, such as faces64.
        title: a person's words for it.
        subject: what its pictures show, singular: "face", "scene".
        licence: of the weights.
        files: for each network its size in bytes and sha256.
        example_seeds: seeds of generated pictures that show the domain well.
        typical: inversion losses of photos that the domain knows, such as loss_pix_p95.
    """

    name: str
    title: str
    subject: str
    resolution: int
    num_ws: int
    w_dim: int
    licence: str
    files: dict[str, dict[str, Any]]
    example_seeds: list[int] = field(default_factory=lambda: [0, 1, 2])
    typical: dict[str, float] = field(default_factory=dict)
    schema: int = 1

    def to_json(self) -> str:
        """The text of domain.json."""
        return json.dumps(asdict(self), indent=2) + "\n"


@dataclass(frozen=True)
class DomainPack:
    """A loaded pack: three frozen networks on one device.

    Attributes:
        fingerprint: of the generator; codes, encoder and boundaries belong to one generator.
    """

    info: DomainInfo
    path: Path
    generator: StyleGAN2Generator
    encoder: Encoder
    discriminator: Discriminator
    fingerprint: str


def list_domains(root: Path = CHECKPOINTS) -> list[str]:
    """Names of all packs under a folder, sorted."""
    return sorted(path.parent.name for path in root.glob("*/domain.json"))


def read_info(name: str, root: Path = CHECKPOINTS) -> DomainInfo:
    """Read a pack's domain.json.

    Raises:
        PackNotFoundError: there is no such pack.
        PackError: domain.json cannot be understood.
    """
    file = root / name / "domain.json"
    if not name or Path(name).name != name or not file.is_file():
        known = ", ".join(list_domains(root)) or "none"
        raise PackNotFoundError(
            f"domain '{name}' was not found in {root}; found: {known}. Choose one of these, or "
            f"train it: python -m editor train-generator --help"
        )
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        info = DomainInfo(**values)
    except (ValueError, TypeError, OSError) as error:
        raise PackError(f"{file} cannot be read ({error}). Restore it from the release.") from error
    if info.schema != 1 or info.name != name or not isinstance(info.files, dict):
        raise PackError(
            f"{file} says name '{info.name}' and schema {info.schema}; expected '{name}' and 1. "
            f"Restore it from the release."
        )
    return info


def load_domain(name: str, device: torch.device, root: Path = CHECKPOINTS) -> DomainPack:
    """Load a pack, strictly.

    Args:
        name: the pack's folder under `root`.
        device: where the networks go.
        root: folder of packs.

    Raises:
        PackNotFoundError: there is no such pack.
        WeightsError: a file is missing or damaged; the text names it and the mend.
        MismatchError: a file is sound, but belongs to another pack or architecture.
    """
    info = read_info(name, root)
    path = root / name

    def load(kind: str, make: type[N], config: type[NetworkConfig]) -> N:
        file = path / f"{kind}.safetensors"
        _verify(file, info)
        return load_network(file, kind, make, config, domain=name).to(device)

    generator = load("generator", StyleGAN2Generator, GeneratorConfig)
    encoder = load("encoder", Encoder, EncoderConfig)
    discriminator = load("discriminator", Discriminator, DiscriminatorConfig)
    found = (generator.resolution, generator.num_ws, generator.w_dim)
    said = (info.resolution, info.num_ws, info.w_dim)
    inverse = (encoder.config.resolution, encoder.config.num_ws, encoder.config.w_dim)
    if not found == said == inverse or discriminator.config.resolution != info.resolution:
        raise MismatchError(
            f"the files of {path} do not fit each other (resolution, num_ws, w_dim): generator "
            f"{found}, encoder {inverse}, domain.json {said}. Restore them from one release."
        )
    name_of_weights = fingerprint(generator)
    trained_for = read_header(path / "encoder.safetensors").get("generator")
    if trained_for not in (None, name_of_weights):
        raise MismatchError(
            f"the encoder of {path} was trained for another snapshot of the generator "
            f"({trained_for}, not {name_of_weights}). Restore the pack from one release, or train "
            f"the encoder for this generator: python -m editor train-encoder --generator {path}"
        )
    return DomainPack(info, path, generator, encoder, discriminator, name_of_weights)


def load_network(
    file: Path, kind: str, make: type[N], config: type[NetworkConfig], domain: str | None = None
) -> N:
    """Load one network from a tensor file: built on the meta device, filled strictly, frozen.

    Raises:
        WeightsError: the file is missing or damaged.
        MismatchError: another kind, domain or architecture.
    """
    tensors, header = read_tensors(file, kind=kind)
    if domain is not None and header.get("domain") not in (None, domain):
        raise MismatchError(
            f"{file} belongs to domain '{header.get('domain')}', not '{domain}'. "
            f"Put the file of '{domain}' there."
        )
    try:
        settings = config.from_dict(header["config"])
    except (KeyError, TypeError, OptionError) as error:
        raise WeightsError(f"{file} has no usable configuration in its header: {error}") from error
    with torch.device("meta"):
        network = make(settings)
    load_into(network, tensors, str(file))
    return network.eval().requires_grad_(False)


def load_pair(folder: Path) -> tuple[StyleGAN2Generator, Discriminator]:
    """Generator and discriminator of a pack or run folder, frozen.

    Raises:
        WeightsError: a file is missing or damaged.
        MismatchError: another kind or architecture.
    """
    return (
        load_network(
            folder / "generator.safetensors", "generator", StyleGAN2Generator, GeneratorConfig
        ),
        load_network(
            folder / "discriminator.safetensors",
            "discriminator",
            Discriminator,
            DiscriminatorConfig,
        ),
    )


def sha256(file: Path) -> str:
    """Hexadecimal sha256 of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _verify(file: Path, info: DomainInfo) -> None:
    said = info.files.get(file.name)
    if said is None:
        raise PackError(f"domain.json of '{info.name}' does not list {file.name}; restore it")
    if not file.is_file():
        raise WeightsError(
            f"{file} is missing. Restore it from the release (git checkout, or unpack it again)."
        )
    size = file.stat().st_size
    if size != said.get("bytes"):
        raise WeightsError(
            f"{file} has {size} bytes; domain.json says {said.get('bytes')}. It is incomplete or of "
            f"another release; restore it (git checkout, or unpack the release again)."
        )
    if sha256(file) != said.get("sha256"):
        raise WeightsError(
            f"{file} is not the file that domain.json describes (its sha256 differs). Restore it "
            f"(git checkout, or unpack the release again)."
        )
