"""The inversion methods of the comparison, and their codes, kept on disk batch by batch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from editor.errors import MismatchError, OptionError
from editor.inversion.loop import InversionOptions, Start
from editor.inversion.objective import EncoderLike, Weights
from editor.models.config import EncoderConfig
from editor.models.encoder import Encoder
from editor.packs.info import needed_file
from editor.packs.load import load_network
from editor.packs.tensors import read_header, read_tensors, write_tensors
from editor.session import Editor

TRADITIONAL = "traditional"
FREE = Weights(domain=0.0)


@dataclass(frozen=True)
class Method:
    """How a method finds a code.

    Attributes:
        says: in words, for tables.
        steps: whether it optimises; else the encoder's answer is the code.
        start: "encoder" or "mean".
        free: without the domain term.
    """

    says: str
    steps: bool = True
    start: Start = "encoder"
    free: bool = False


METHODS = {
    TRADITIONAL: Method("traditional encoder", steps=False),
    "free": Method("free optimisation from the mean code", start="mean", free=True),
    "free-from-encoder": Method("free optimisation from the encoder's code", free=True),
    "encoder": Method("domain-guided encoder", steps=False),
    "in-domain": Method("domain-regularised optimisation"),
}


@dataclass(frozen=True)
class Inverted:
    """What a method made of the photos.

    Attributes:
        codes: [N, num_ws, w_dim], on the CPU.
        images: [N, 3, R, R], RGB, cut off at [-1, 1], on the CPU: the pictures of the codes.
        seconds: a photo, in batches.
    """

    codes: Tensor
    images: Tensor
    seconds: float


def options_of(name: str, usual: InversionOptions) -> InversionOptions:
    """Return the options of a method: the domain's own, without early stopping.

    Raises:
        OptionError: the method is not known.
    """
    if name not in METHODS:
        raise OptionError(f"method '{name}' is not known; use {', '.join(METHODS)}")
    method = METHODS[name]
    weights = replace(usual.weights, domain=0.0) if method.free else usual.weights
    steps = usual.steps if method.steps else 0
    return replace(usual, steps=steps, start=method.start, weights=weights, patience=0)


def load_traditional(source: Path, editor: Editor) -> Encoder:
    """Load the traditional encoder of the comparison.

    Args:
        source: run folder of `train-encoder --preset traditional`, or its file.
        editor: of the domain that it was trained for.

    Raises:
        WeightsError: the file is missing or damaged.
        MismatchError: it belongs to another generator.
        OptionError: it is another kind of encoder.
    """
    file = needed_file(source, "encoder") if source.is_dir() else source
    header = read_header(file)
    if header.get("generator") != editor.engine.fingerprint:
        raise MismatchError(
            f"{file} was trained for generator {header.get('generator')}, not "
            f"{editor.engine.fingerprint} of '{editor.info.name}'; train one for it: "
            f"train-encoder --preset traditional --generator {editor.engine.path}"
        )
    kind = header.get("training", {}).get("kind")
    if kind != TRADITIONAL:
        raise OptionError(f"{file} holds a {kind} encoder; give one of --preset traditional")
    encoder = load_network(file, "encoder", Encoder, EncoderConfig).to(editor.engine.device)
    encoder.compute_dtype = editor.engine.compute_dtype
    return encoder


def find_codes(
    editor: Editor,
    photos: Tensor,
    name: str,
    options: InversionOptions,
    encoder: EncoderLike | None,
    folder: Path,
    batch: int,
) -> Iterator[int]:
    """Invert the photos whose codes are not in the folder yet.

    Args:
        editor: of the domain.
        photos: [N, 3, R, R], RGB, in [-1, 1].
        name: of the method.
        options: of it, see `options_of`.
        encoder: the traditional one; None for the domain's own.
        folder: codes/METHOD-00000.safetensors and so on, each with its seconds.
        batch: photos at a time, and a file.

    Yields:
        The number of photos that are done, after each batch.
    """
    for start in range(0, len(photos), batch):
        part = photos[start : start + batch]
        file = _file(folder, name, start)
        if not file.exists():
            began = time.perf_counter()
            *_, last = editor.engine.invert(part, options, encoder=encoder)
            seconds = time.perf_counter() - began
            write_tensors(
                file, {"codes": last.wp.float().cpu()}, {"kind": "codes", "seconds": seconds}
            )
        yield start + len(part)


@torch.no_grad()
def read_codes(editor: Editor, name: str, count: int, folder: Path, batch: int) -> Inverted:
    """Read the codes that `find_codes` wrote, and render their pictures.

    Raises:
        WeightsError: a file is missing or damaged.
        MismatchError: a file holds codes of another shape.
    """
    parts, images, seconds = [], [], 0.0
    for start in range(0, count, batch):
        file = _file(folder, name, start)
        tensors, header = read_tensors(file, kind="codes")
        codes = tensors["codes"]
        shape = (min(batch, count - start), editor.info.num_ws, editor.info.w_dim)
        if codes.shape != shape:
            raise MismatchError(f"{file} holds codes {tuple(codes.shape)}, not {shape}; remove it")
        parts.append(codes)
        images.append(pictures(editor, codes, batch))
        seconds += header["seconds"]
    return Inverted(torch.cat(parts), torch.cat(images), seconds / count)


@torch.no_grad()
def pictures(editor: Editor, codes: Tensor, batch: int = 50) -> Tensor:
    """Return pictures [N, 3, R, R] of codes, cut off at [-1, 1] as a viewer sees them, on the CPU."""
    return editor.engine.synthesis(codes, batch).clamp(-1, 1)


@torch.no_grad()
def code_distances(editor: Editor, codes: Tensor, images: Tensor, batch: int = 50) -> Tensor:
    """Return how far codes lie outside the domain: [N], ‖wp - E(G(wp))‖² averaged over elements.

    Args:
        editor: of the domain, whose own encoder measures.
        codes: [N, num_ws, w_dim].
        images: [N, 3, R, R], their pictures.
        batch: pictures at a time.
    """
    again = editor.engine.encode(images, batch)
    return (codes.cpu() - again).square().mean(dim=(1, 2))


def _file(folder: Path, name: str, start: int) -> Path:
    return folder / "codes" / f"{name}-{start:05d}.safetensors"
