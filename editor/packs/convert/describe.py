"""Tells what a file of weights, directions or codes is, reading it inertly."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from editor.errors import WeightsError
from editor.packs.convert.describe_arrays import UNKNOWN, describe_arrays
from editor.packs.convert.foreign_arrays import read_foreign
from editor.packs.convert.idinvert import convert_generator
from editor.packs.convert.layouts import (
    Networks,
    checkpoint_networks,
    is_checkpoint,
    is_network_pickle,
    read_stylegan2,
)
from editor.packs.convert.restricted import (
    NPY_MAGIC,
    ZIP_MAGIC,
    dense_tensors,
    read_checkpoint,
)
from editor.packs.tensors import read_header

HEAD = 30 + 255  # of a zip: up to the end of its first part's name


def describe_file(path: Path) -> dict[str, Any]:
    """Describe a file of weights, directions or codes, and run nothing in it.

    Returns:
        "format", "what" (in words), "next" (what to do with it), and what could be read off it:
        "architecture", "resolution", "num_ws", "w_dim", "layers", "licence", "tensors", "parameters",
        "shape", "names".

    Raises:
        WeightsError: it is missing, damaged or was made to do harm.
    """
    if not path.is_file():
        raise WeightsError(f"{path} is missing; give the path of the file")
    with path.open("rb") as file:
        head = file.read(HEAD)
    magic = head[:9]
    if magic[:6] == NPY_MAGIC:
        return _describe_npy(path)
    if magic[4:] == b"\0\0\0\0{":  # the length of a safetensors header, whatever its first byte
        return _describe_own(path)
    if magic[:4] == ZIP_MAGIC and head[30 : 30 + head[26]].endswith(b".npy"):
        return describe_arrays(read_foreign(path), ".npz", path)
    if magic[:4] == ZIP_MAGIC or magic[:1] == b"\x80":
        if is_network_pickle(path):
            return _describe_stylegan2(read_stylegan2(path), path)
        return _describe_pth(path, magic)
    return _describe_own(path)


def _describe_stylegan2(networks: Networks, path: Path) -> dict[str, Any]:
    """Describe the networks of a file in a layout of StyleGAN2."""
    generator, encoder = networks.generator, networks.encoder
    option = "--generator" if encoder is None else "--encoder"
    return {
        "format": networks.layout,
        "what": "generator (StyleGAN2)" + ("" if encoder is None else " and its encoder"),
        "architecture": "stylegan2",
        "resolution": generator.resolution,
        "num_ws": generator.num_ws,
        "w_dim": generator.w_dim,
        "parameters": sum(
            value.numel()
            for network in (generator, encoder)
            if network is not None
            for value in network.parameters()
        ),
        "next": f"python -m editor convert stylegan2 {option} {path} --name …",
    }


def _describe_own(path: Path) -> dict[str, Any]:
    header = read_header(path)
    config = header.get("config") or {}
    found = {"format": "this editor's safetensors", "what": str(header.get("kind"))}
    kept = ("architecture", "domain", "licence", "layers", "range", "source", "source_sha256")
    found |= {key: header[key] for key in kept if header.get(key)}
    found |= {key: config[key] for key in ("resolution", "num_ws", "w_dim") if key in config}
    training = header.get("training")
    if isinstance(training, dict) and "kimg" in training:
        found["trained"] = f"{training['kimg']} kimg"
    folder = "boundaries" if found["what"] == "boundary" else "checkpoints"
    return found | {"next": f"it belongs into {folder}/{header.get('domain') or '<domain>'}"}


def _describe_pth(path: Path, magic: bytes) -> dict[str, Any]:
    kind = "torch file, " + ("zip" if magic[:4] == ZIP_MAGIC else "legacy")
    try:
        tree = read_checkpoint(path)
        tensors = {} if is_checkpoint(tree) else dense_tensors(tree, str(path))
    except WeightsError as error:  # it may be a tensor by itself, or a list
        return _arrays_of(path, kind, error)
    if is_checkpoint(tree):
        return _describe_stylegan2(checkpoint_networks(tree, path), path)
    found: dict[str, Any] = {
        "format": kind,
        "tensors": len(tensors),
        "parameters": sum(value.numel() for value in tensors.values()),
    }
    names = set(tensors)
    if any(name.startswith("synthesis.layer0.") for name in names):
        generator = convert_generator(tensors)
        return found | {
            "what": "generator of idinvert (StyleGAN)",
            "architecture": "stylegan1",
            "resolution": generator.resolution,
            "num_ws": generator.num_ws,
            "w_dim": generator.w_dim,
            "next": f"python -m editor convert idinvert --generator {path} --encoder … --name …",
        }
    if "block0.conv.weight" in names:
        last = max(int(n.split(".")[0][5:]) for n in names if n.startswith("block"))
        outputs = tensors[f"block{last}.fc.weight"].shape[0]
        return found | {
            "what": "encoder of idinvert",
            "architecture": "stylegan1",
            "resolution": 2 ** (last + 1),
            "num_ws": 2 * last,
            "w_dim": outputs // (2 * last),
            "next": f"python -m editor convert idinvert --generator … --encoder {path} --name …",
        }
    if names & {"layer0.weight", "features.0.weight"}:
        caffe = "layer0.weight" in names
        return found | {
            "what": "VGG16" + (" with Caffe preprocessing, of idinvert" if caffe else ""),
            "architecture": "vgg16",
            "next": f"python -m editor convert idinvert … --perceptual {path}",
        }
    with suppress(WeightsError):
        arrays = describe_arrays(read_foreign(path), kind, path)
        if arrays["next"] != UNKNOWN:
            return arrays
    some = ", ".join(sorted(names)[:4])
    return found | {
        "what": f"tensors of an unknown network ({some}, …)",
        "next": UNKNOWN,
    }


def _arrays_of(path: Path, kind: str, refused: WeightsError) -> dict[str, Any]:
    """Describe the arrays of a file that is no network.

    Raises:
        WeightsError: it holds none; the given one.
    """
    try:
        return describe_arrays(read_foreign(path), kind, path)
    except WeightsError:
        raise refused from None


def _describe_npy(path: Path) -> dict[str, Any]:
    data = read_foreign(path)
    kind = ".npy" + (" of a pickled dictionary" if isinstance(data, dict) else "")
    return describe_arrays(data, kind, path)
