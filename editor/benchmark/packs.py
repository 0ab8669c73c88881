"""Domain packs of random weights, of the shipped and of the published architecture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from editor.models.config import (
    DiscriminatorConfig,
    EncoderConfig,
    GeneratorConfig,
    StyleGAN1Config,
    StyleGAN1EncoderConfig,
)
from editor.models.discriminator import Discriminator
from editor.models.encoder import Encoder
from editor.models.perceptual import VGG16Perceptual
from editor.models.stylegan1 import StyleGAN1Encoder, StyleGAN1Generator
from editor.models.stylegan2 import StyleGAN2Generator
from editor.packs.convert.run import PUBLISHED_INVERSION
from editor.packs.info import DomainInfo
from editor.packs.tensors import fingerprint, half
from editor.packs.write import install, write_info, write_network
from editor.sliders.boundary import Boundary, BoundaryInfo
from editor.sliders.boundary_file import save_boundary

PUBLISHED_FROM = 256  # px: from here on the published architecture, below it the shipped one
PYRAMID_FROM = 64  # px: smaller codes have too few layers for an encoder with finer heads
BASE_G, BASE_D, BASE_E = 4096, 2048, 3072  # channels, as the training commands choose them
LICENCE = "MIT; random weights"
SLIDER = "random"


def write_random_pack(root: Path, resolution: int, seed: int = 0) -> str:
    """Write a pack of random networks and a slider under checkpoints/ and boundaries/ of a folder.

    Below 256 px it is made like a trained pack: StyleGAN2, residual encoder, discriminator, stored
    as float16. From 256 px on like a converted one: the published StyleGAN, its encoder and VGG16,
    stored as float32, with the published options of inversion.

    Args:
        root: the folder.
        resolution: px, a power of two from 16.
        seed: of the weights.

    Returns:
        The domain's name.

    Raises:
        OptionError: the resolution is outside its range.
        OSError: the folder cannot be written.
    """
    name, published = f"random{resolution}", resolution >= PUBLISHED_FROM
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        networks = _published(resolution) if published else _shipped(resolution)
        generator: Any = networks["generator"][0]
        normal = torch.randn(generator.num_ws, generator.w_dim)
    trained_for = fingerprint(generator)

    install(name, root / "checkpoints", lambda path: _fill(path, name, networks, published))
    info = BoundaryInfo(
        name=SLIDER,
        title=SLIDER,
        group="Other",
        domain=name,
        layers=tuple(range(generator.num_ws)),
        range=(-3.0, 3.0),
        generator=trained_for,
    )
    rows = normal / normal.norm(dim=1, keepdim=True)
    save_boundary(Boundary(info, rows), root / "boundaries" / name / f"{SLIDER}.safetensors")
    return name


def _fill(
    path: Path, name: str, networks: dict[str, tuple[nn.Module, str]], published: bool
) -> None:
    """Write the files of a pack into a folder."""
    generator: Any = networks["generator"][0]
    files: dict[str, dict[str, Any]] = {}
    for kind, (network, architecture) in networks.items():
        config: Any = getattr(network, "config", None)
        header = {
            "kind": kind,
            "architecture": architecture,
            "config": {} if config is None else config.to_dict(),
            "domain": name,
            "licence": LICENCE,
        }
        tensors = network.state_dict()
        files |= write_network(path, kind, tensors if published else half(tensors), header)
    info = DomainInfo(
        name=name,
        title=f"Random weights, {generator.resolution} px",
        subject="picture",
        resolution=generator.resolution,
        num_ws=generator.num_ws,
        w_dim=generator.w_dim,
        licence=LICENCE,
        files=files,
        inversion=dict(PUBLISHED_INVERSION) if published else {},
    )
    write_info(path, info)


def _shipped(resolution: int) -> dict[str, tuple[nn.Module, str]]:
    generator = GeneratorConfig(resolution=resolution, fmaps_base=BASE_G)
    encoder = EncoderConfig(
        resolution=resolution,
        fmaps_base=BASE_E,
        num_ws=generator.num_ws,
        w_dim=generator.w_dim,
        heads="pyramid" if resolution >= PYRAMID_FROM else "single",
    )
    judge = DiscriminatorConfig(resolution=resolution, fmaps_base=BASE_D)
    return {
        "generator": (StyleGAN2Generator(generator), "stylegan2"),
        "encoder": (Encoder(encoder), "residual"),
        "discriminator": (Discriminator(judge), "residual"),
    }


def _published(resolution: int) -> dict[str, tuple[nn.Module, str]]:
    generator = StyleGAN1Config(resolution=resolution)
    encoder = StyleGAN1EncoderConfig(
        resolution=resolution, num_ws=generator.num_ws, w_dim=generator.w_dim
    )
    return {
        "generator": (StyleGAN1Generator(generator), "stylegan1"),
        "encoder": (StyleGAN1Encoder(encoder), "stylegan1"),
        "perceptual": (VGG16Perceptual(caffe=True), "vgg16-caffe"),
    }
