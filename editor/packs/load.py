"""Loading a pack, strictly: checkpoints/<domain>/ with its networks and domain.json."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from editor.errors import MismatchError, OptionError, PackError, WeightsError
from editor.models.aligner import Aligner
from editor.models.config import (
    AlignerConfig,
    Config,
    DiscriminatorConfig,
    EncoderConfig,
    GeneratorConfig,
    PredictorConfig,
    PyramidEncoderConfig,
    StyleGAN1Config,
    StyleGAN1EncoderConfig,
)
from editor.models.discriminator import Discriminator
from editor.models.encoder import Encoder
from editor.models.mean_code import MeanCode, MeanCodeConfig
from editor.models.perceptual import VGG16Perceptual
from editor.models.predictor import Predictor
from editor.models.pyramid_encoder import PyramidEncoder
from editor.models.stylegan1 import StyleGAN1Encoder, StyleGAN1Generator, blur_kernel
from editor.models.stylegan2 import StyleGAN2Generator
from editor.packs.domain_pack import AnyEncoder, AnyGenerator, DomainPack
from editor.packs.fetch import file_sha256
from editor.packs.info import CHECKPOINTS, DomainInfo, needed_file, network_file, read_info
from editor.packs.tensors import fingerprint, load_into, read_header, read_tensors

N = TypeVar("N", bound=nn.Module)
GENERATORS: dict[str, tuple[type[AnyGenerator], type[Config]]] = {
    "stylegan2": (StyleGAN2Generator, GeneratorConfig),
    "stylegan1": (StyleGAN1Generator, StyleGAN1Config),
}
ENCODERS: dict[str, tuple[type[AnyEncoder], type[Config]]] = {
    "residual": (Encoder, EncoderConfig),
    "stylegan1": (StyleGAN1Encoder, StyleGAN1EncoderConfig),
    "pyramid": (PyramidEncoder, PyramidEncoderConfig),
}


def load_domain(name: str, device: torch.device, root: Path = CHECKPOINTS) -> DomainPack:
    """Load a pack strictly, and freeze its networks.

    Args:
        name: the pack's folder under `root`.
        device: where the networks go.
        root: folder of packs.

    Raises:
        PackNotFoundError: there is no such pack.
        WeightsError: a file is missing or damaged; the text names it and says what to do.
        MismatchError: a file is sound, but belongs to another pack or architecture.
    """
    info = read_info(name, root)
    path = root / name

    def file(kind: str) -> Path:
        found = path / f"{kind}.safetensors"
        _verify(found, info)
        return found

    def has(kind: str) -> bool:
        return f"{kind}.safetensors" in info.files

    generator = load_any(file("generator"), "generator", GENERATORS, name)
    encoder: AnyEncoder
    if info.has_encoder:
        encoder = load_any(file("encoder"), "encoder", ENCODERS, name)
    else:
        sizes = MeanCodeConfig(generator.resolution, generator.num_ws, generator.w_dim)
        encoder = MeanCode(sizes, generator.w_avg)
    discriminator = perceptual = aligner = predictor = None
    if has("discriminator"):
        discriminator = load_network(
            file("discriminator"), "discriminator", Discriminator, DiscriminatorConfig, name
        )
    if has("perceptual"):
        perceptual = load_perceptual(file("perceptual"))
    if has("aligner"):
        aligner = load_network(file("aligner"), "aligner", Aligner, AlignerConfig, name)
    if has("predictor"):
        predictor = load_network(file("predictor"), "predictor", Predictor, PredictorConfig, name)
    pack = DomainPack(
        info,
        path,
        generator,
        encoder,
        discriminator,
        fingerprint(generator),
        perceptual,
        aligner,
        predictor,
    )
    _check_fit(pack)
    return pack.to(device)


def _check_fit(pack: DomainPack) -> None:
    """Refuse networks that do not fit each other.

    Raises:
        MismatchError: their sizes differ, or the encoder is of another snapshot of the generator.
    """
    info, path, generator, encoder = pack.info, pack.path, pack.generator, pack.encoder
    found = (generator.resolution, generator.num_ws, generator.w_dim)
    said = (info.resolution, info.num_ws, info.w_dim)
    inverse = (encoder.config.resolution, encoder.config.num_ws, encoder.config.w_dim)
    judge = pack.discriminator
    seen = info.resolution if judge is None else judge.config.resolution
    if not found == said == inverse or seen != info.resolution:
        raise MismatchError(
            f"the files of {path} do not fit each other (resolution, num_ws, w_dim): generator "
            f"{found}, encoder {inverse}, domain.json {said}. Restore them from one release."
        )
    if not info.has_encoder:
        return
    trained_for = read_header(path / "encoder.safetensors").get("generator")
    if trained_for not in (None, pack.fingerprint):
        raise MismatchError(
            f"the encoder of {path} was trained for another snapshot of the generator "
            f"({trained_for}, not {pack.fingerprint}). Restore the pack from one release, or train "
            f"the encoder for this generator: python -m editor train-encoder --generator {path}"
        )


def load_any(
    file: Path, kind: str, known: dict[str, tuple[type[N], type[Config]]], domain: str | None
) -> N:
    """Load a network whose header names its architecture.

    Args:
        file: the tensor file.
        kind: of the network.
        known: class and configuration by architecture; the first is meant where none is named.
        domain: refuse the file of another one.

    Raises:
        WeightsError: the file is missing or damaged, or the architecture is not known.
        MismatchError: another kind, domain or architecture.
    """
    name = read_header(file).get("architecture", next(iter(known)))
    if name not in known:
        raise WeightsError(
            f"{file} holds a {kind} of architecture '{name}'; this version knows "
            f"{', '.join(known)}. Update the editor."
        )
    make, config = known[name]
    return load_network(file, kind, make, config, domain)


def load_perceptual(file: Path) -> VGG16Perceptual:
    """Load a pack's own perceptual network, and freeze it.

    Raises:
        WeightsError: the file is missing or damaged.
        MismatchError: another kind or architecture.
    """
    tensors, _ = read_tensors(file, kind="perceptual")
    network = VGG16Perceptual(caffe=True)
    load_into(network, tensors, str(file))
    return network.eval().requires_grad_(False)


def load_network(
    file: Path, kind: str, make: type[N], config: type[Config], domain: str | None = None
) -> N:
    """Load one network from a tensor file strictly, and freeze it.

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
    return build_network(make, settings, tensors, str(file))


def build_network(make: type[N], settings: Config, tensors: dict[str, Tensor], source: str) -> N:
    """Build a frozen network on the meta device, and fill it strictly.

    Raises:
        MismatchError: names or shapes differ, or a value is not finite.
    """
    with torch.device("meta"):
        network = make(settings)
    for module in network.modules():
        if "blur" in dict(module.named_buffers(recurse=False)):  # a constant, in no file
            blur = blur_kernel(module.get_buffer("blur").shape[0])
            module.register_buffer("blur", blur, persistent=False)
    load_into(network, tensors, source)
    return network.eval().requires_grad_(False)


def load_pair(folder: Path) -> tuple[StyleGAN2Generator, Discriminator]:
    """Load the generator and discriminator of a pack or run folder, and freeze them.

    Raises:
        WeightsError: a file is missing or damaged.
        MismatchError: another kind or architecture.
    """
    return (
        load_network(
            needed_file(folder, "generator"), "generator", StyleGAN2Generator, GeneratorConfig
        ),
        load_network(
            needed_file(folder, "discriminator"),
            "discriminator",
            Discriminator,
            DiscriminatorConfig,
        ),
    )


def load_encoder(folder: Path) -> Encoder | None:
    """Load the encoder of a pack or run folder, and freeze it. Return None where there is none.

    Raises:
        WeightsError: the file is damaged.
        MismatchError: another kind or architecture.
    """
    file = network_file(folder, "encoder")
    return None if file is None else load_network(file, "encoder", Encoder, EncoderConfig)


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
    if file_sha256(file) != said.get("sha256"):
        raise WeightsError(
            f"{file} is not the file that domain.json describes (its sha256 differs). Restore it "
            f"(git checkout, or unpack the release again)."
        )
