"""Tensor files: safetensors whose header explains the file.

The header is one JSON object under the metadata key "editor": schema version, kind, configuration
of the network, domain, licence and training facts.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor, nn

from editor.errors import MismatchError, WeightsError
from editor.files import write_whole

SCHEMA = 1
MAX_HEADER_BYTES = 16 * 2**20
MAX_GIVEN_HEADER_BYTES = 2**20  # of tensors that a visitor gives


def write_tensors(path: Path, tensors: Mapping[str, Tensor], header: dict[str, Any]) -> None:
    """Write a tensor file, whole or not at all. Folders are made.

    Args:
        path: the file, ending in .safetensors.
        tensors: what to store.
        header: a JSON-ready dictionary with at least "kind".

    Raises:
        StorageError: the disk is full; nothing is left behind.
        OSError: it cannot be written; nothing is left behind.
    """
    write_whole(path, pack_tensors(tensors, header))


def read_header(path: Path) -> dict[str, Any]:
    """Read the header of a tensor file, without its tensors.

    Raises:
        WeightsError: the file is missing, damaged, or not of this format.
    """
    _check_file(path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(
            f"{path} is damaged or not a safetensors file ({error}). Restore it from the release, "
            f"or make it again with the command in its MODEL_CARD.md."
        ) from error
    try:
        header = json.loads(metadata["editor"])
    except (KeyError, ValueError) as error:
        raise WeightsError(
            f"{path} is a safetensors file, but without this editor's header; it was not written "
            f"by this program. Convert it with: python -m editor convert …"
        ) from error
    if not isinstance(header, dict) or header.get("schema") != SCHEMA:
        found = header.get("schema") if isinstance(header, dict) else type(header).__name__
        raise WeightsError(
            f"{path} has schema {found!r}; this version reads schema {SCHEMA}. "
            f"Update the editor, or restore the file that came with this version."
        )
    return header


def read_tensors(path: Path, kind: str | None = None) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a tensor file.

    Args:
        path: the file.
        kind: refuse a header of another kind.

    Returns:
        Tensors by name, as stored, and the header.

    Raises:
        WeightsError: the file is missing, damaged, or not of this format.
        MismatchError: the file is of another kind.
    """
    header = read_header(path)
    if kind is not None and header.get("kind") != kind:
        raise MismatchError(
            f"{path} holds a {header.get('kind')!r}, but a {kind!r} was expected. "
            f"Put the right file there."
        )
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    return tensors, header


def pack_tensors(tensors: Mapping[str, Tensor], header: dict[str, Any]) -> bytes:
    """Return the bytes that `write_tensors` would write."""
    data = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    return save(data, metadata={"editor": json.dumps({"schema": SCHEMA, **header}, sort_keys=True)})


def unpack_tensors(data: bytes, kind: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `pack_tensors` made.

    Raises:
        WeightsError: the bytes are damaged, or not of this format.
        MismatchError: they are of another kind.
    """
    try:
        (length,) = struct.unpack("<Q", data[:8])
        if length > min(len(data) - 8, MAX_GIVEN_HEADER_BYTES):
            raise ValueError("its header is longer than it, or than any of ours")
        header = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["editor"])
        if header["schema"] != SCHEMA:
            raise ValueError(f"it has schema {header['schema']!r}, not {SCHEMA}")
        if header["kind"] != kind:
            raise MismatchError(f"it holds a {header['kind']!r}, but a {kind!r} was expected")
        return load(data), header
    except (SafetensorError, struct.error, KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"the tensors are damaged, or not of this editor: {error}") from error
    except RecursionError as error:
        raise WeightsError("the header of the tensors nests too deeply") from error


def load_into(module: nn.Module, tensors: Mapping[str, Tensor], source: str) -> None:
    """Fill a module strictly. Floating-point tensors become float32.

    Args:
        module: the network, which may lie on the meta device.
        tensors: by parameter and buffer name.
        source: what to call the file in an error.

    Raises:
        MismatchError: names or shapes differ, or a value is not finite.
    """
    expected = module.state_dict()
    missing = sorted(set(expected) - set(tensors))
    extra = sorted(set(tensors) - set(expected))
    if missing or extra:
        raise MismatchError(
            f"{source} does not fit {type(module).__name__}: "
            f"{len(missing)} tensors missing {missing[:3]}, {len(extra)} unknown {extra[:3]}. "
            f"It was made for another architecture; use the file of this pack."
        )
    state: dict[str, Tensor] = {}
    for name, target in expected.items():
        found = tensors[name]
        if found.shape != target.shape:
            raise MismatchError(
                f"{source}: '{name}' has shape {tuple(found.shape)}, but the configuration says "
                f"{tuple(target.shape)}. Use the file of this pack."
            )
        if found.is_floating_point() != target.is_floating_point():
            raise MismatchError(f"{source}: '{name}' is {found.dtype}; expected {target.dtype}")
        value = found.float() if found.is_floating_point() else found
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise MismatchError(f"{source}: '{name}' holds values that are not finite")
        state[name] = value
    module.load_state_dict(state, strict=True, assign=True)


def half(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Turn float32 tensors into float16 for storage, and leave others as they are.

    Raises:
        WeightsError: a value is outside float16's range.
    """
    stored: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        small = tensor.half() if tensor.dtype == torch.float32 else tensor
        if small.is_floating_point() and not bool(torch.isfinite(small).all()):
            raise WeightsError(f"'{name}' has values that float16 cannot hold; store it as float32")
        stored[name] = small
    return stored


def fingerprint(module: nn.Module) -> str:
    """Return 16 hexadecimal digits that name the weights of a network.

    They are taken at float16, so that a network and its stored copy have the same.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().to("cpu", torch.float16).contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise WeightsError(
            f"{path} is missing. Restore it from the release, or make it again with the command "
            f"in its MODEL_CARD.md."
        )
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
    length = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
    if len(head) < 8 or length > min(size - 8, MAX_HEADER_BYTES):
        raise WeightsError(
            f"{path} is damaged or not a safetensors file ({size} bytes). Restore it from the "
            f"release, or make it again with the command in its MODEL_CARD.md."
        )
