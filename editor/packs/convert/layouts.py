"""Which of the published StyleGAN2 layouts a file has, and the networks in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from editor.errors import MismatchError, OptionError
from editor.models.pyramid_encoder import PyramidEncoder
from editor.models.stylegan2 import StyleGAN2Generator
from editor.packs.convert.persistent import read_network
from editor.packs.convert.pyramid import check_same_synthesis, convert_pyramid, parts
from editor.packs.convert.restricted import dense_tensors, read_checkpoint
from editor.packs.convert.stylegan2 import convert_nvidia, convert_rosinality

LEGACY_MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19"  # how torch's older files begin
NVIDIA = "NVIDIA's network pickle (StyleGAN2)"
ROSINALITY = "checkpoint of rosinality's StyleGAN2"
PYRAMID = "encoder and generator of pSp or e4e"


@dataclass(frozen=True)
class Networks:
    """The networks of a file.

    Attributes:
        layout: in words.
        encoder: None where the file has none.
    """

    layout: str
    generator: StyleGAN2Generator
    encoder: PyramidEncoder | None = None


def is_network_pickle(path: Path) -> bool:
    """Return whether a file is a plain pickle, as NVIDIA's are, rather than a file of torch."""
    with path.open("rb") as file:
        magic = file.read(len(LEGACY_MAGIC))
    return magic[:1] == b"\x80" and magic != LEGACY_MAGIC


def is_checkpoint(tree: dict[str, Any]) -> bool:
    """Return whether a torch file nests as rosinality's, pSp's and e4e's do."""
    return "g_ema" in tree or "state_dict" in tree


def read_stylegan2(path: Path) -> Networks:
    """Read the networks of a file of any known layout, inertly.

    Raises:
        WeightsError: it is missing, damaged, of no known layout, or was made to do harm.
    """
    if path.is_file() and is_network_pickle(path):
        return Networks(NVIDIA, convert_nvidia(read_network(path)))
    return checkpoint_networks(read_checkpoint(path), path)


def checkpoint_networks(tree: dict[str, Any], path: Path) -> Networks:
    """Return the networks of what `read_checkpoint` gave for a path.

    Raises:
        WeightsError: it has no known layout, or they do not fit it.
    """
    mean = tree.get("latent_avg")
    if "g_ema" in tree:
        tensors = dense_tensors(tree["g_ema"], f"g_ema of {path}")
        return Networks(ROSINALITY, convert_rosinality(tensors, mean))
    if "state_dict" in tree:
        state = dense_tensors(tree["state_dict"], f"state_dict of {path}")
        generator = convert_rosinality(parts(state, "decoder"), mean)
        encoder = convert_pyramid(parts(state, "encoder"), tree.get("opts"), mean, generator)
        return Networks(PYRAMID, generator, encoder)
    known = ", ".join(sorted(tree)[:4])
    raise MismatchError(
        f"{path} has neither g_ema (rosinality) nor state_dict (pSp, e4e), but {known or 'nothing'}. "
        f"python -m editor inspect tells what a file is"
    )


def read_pair(generator: Path | None, encoder: Path | None) -> tuple[Networks, Path]:
    """Read a generator and, where there is one, the encoder that belongs to it.

    Args:
        generator: its file; None takes the one in the encoder's file.
        encoder: of pSp or e4e; None leaves the pack without one.

    Returns:
        The networks, and the generator's file.

    Raises:
        WeightsError: a file cannot be used, or the encoder is of another generator.
        OptionError: neither file was given.
    """
    if encoder is None:
        if generator is None:
            raise OptionError("give --generator, or --encoder with a file of pSp or e4e")
        return read_stylegan2(generator), generator
    found = read_stylegan2(encoder)
    if found.encoder is None:
        raise MismatchError(f"{encoder} holds no encoder, but is a {found.layout}")
    if generator is None:
        return found, encoder
    given = read_stylegan2(generator)
    check_same_synthesis(found.generator, given.generator)
    return Networks(given.layout, given.generator, found.encoder), generator
