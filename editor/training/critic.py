"""What an encoder's training starts from where a pack came without the network that judged its pictures."""

from __future__ import annotations

from pathlib import Path

import torch

from editor.models.config import DiscriminatorConfig, GeneratorConfig
from editor.models.discriminator import Discriminator
from editor.models.perceptual import PixelsAlone, VGG16Perceptual
from editor.models.stylegan2 import StyleGAN2Generator
from editor.packs.info import info_of, needed_file, network_file
from editor.packs.load import load_network, load_pair, load_perceptual


def came_without_critic(folder: Path) -> bool:
    """Return whether a folder is a pack whose domain.json names no discriminator.

    Raises:
        PackError: its domain.json cannot be understood.
    """
    info = info_of(folder)
    return info is not None and "discriminator.safetensors" not in info.files


def load_with_critic(
    folder: Path, fmaps_base: int, fmaps_min: int, fmaps_max: int
) -> tuple[StyleGAN2Generator, Discriminator]:
    """Load a generator and its discriminator; where a pack has none, make an untrained one.

    Args:
        folder: a pack or run folder.
        fmaps_base: an untrained one has fmaps_base // r channels at resolution r,
        fmaps_min: but at least so many,
        fmaps_max: and at most so many.

    Raises:
        WeightsError: a file is missing or damaged.
        MismatchError: another kind or architecture.
        OptionError: the channels are impossible.
    """
    if not came_without_critic(folder):
        return load_pair(folder)
    file = needed_file(folder, "generator")
    generator = load_network(file, "generator", StyleGAN2Generator, GeneratorConfig)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = DiscriminatorConfig(
            generator.resolution, fmaps_base, fmaps_max, fmaps_min=fmaps_min
        )
        return generator, Discriminator(config).eval().requires_grad_(False)


def own_perceptual(folder: Path) -> VGG16Perceptual | PixelsAlone:
    """Return the pack's own perceptual network, or a term that leaves features out where it has none.

    Raises:
        PackError: its domain.json cannot be understood.
        WeightsError: the file is damaged.
    """
    file = network_file(folder, "perceptual")
    return PixelsAlone() if file is None else load_perceptual(file)
