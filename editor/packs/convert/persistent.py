"""NVIDIA's network pickles (stylegan2-ada-pytorch, stylegan3), read without running what is inside.

They hold each module's source code beside its state, and unpickling them as meant runs it. Here the
source stays a text that nobody reads: of a module its class name and its state are kept.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from editor.errors import WeightsError
from editor.files import read_regular
from editor.packs.convert.inert import MAX_COPIED, InertUnpickler, Names, Refused, StandIn
from editor.packs.convert.restricted import SAFE
from editor.packs.convert.stand_ins import CONTAINERS, NUMPY, mapping
from editor.packs.convert.storages import Lazy, StoredOnce, rebuild_parameter, rebuild_tensor

MAX_BYTES = 2 * 2**30
MAX_MODULES, MAX_DEPTH = 10_000, 16
STYLEGAN3 = (
    "it is a StyleGAN3 network, an architecture that this editor does not have. Convert a StyleGAN2 "
    "network of the same repository"
)
TENSORFLOW = (
    "it is a pickle of the TensorFlow version. Convert it first with legacy.py of NVIDIA's "
    "stylegan3 repository, which writes one of the PyTorch version"
)


@dataclass(frozen=True)
class Module:
    """A module of a network pickle.

    Attributes:
        kind: name of its class.
        state: its attributes, among them the tables `_parameters`, `_buffers` and `_modules`.
    """

    kind: str
    state: dict[str, Any]

    def table(self, name: str) -> dict[str, Any]:
        """Return one of its three tables.

        Raises:
            Refused: there is none.
        """
        found = self.state.get(name)
        if type(found) is not dict or not all(type(key) is str for key in found):
            raise Refused(f"a module without {name}")
        return found

    def part(self, path: str) -> Module:
        """Return the module at a path such as "mapping.fc0".

        Raises:
            Refused: there is none.
        """
        found = self
        for name in path.split("."):
            inside = found.table("_modules").get(name)
            if not isinstance(inside, Module):
                raise Refused(f"the generator has no '{path}'")
            found = inside
        return found

    def tensors(self) -> dict[str, Lazy]:
        """Return all parameters and buffers by their full names.

        Raises:
            Refused: modules are too many or nest too deeply, as where one lies inside itself.
        """
        return dict(self._walk("", 0, [MAX_MODULES]))

    def _walk(self, prefix: str, depth: int, left: list[int]) -> Iterator[tuple[str, Lazy]]:
        left[0] -= 1
        if left[0] < 0 or depth > MAX_DEPTH:
            raise Refused("its modules are too many, or nest too deeply")
        for table in ("_parameters", "_buffers"):
            for name, value in self.table(table).items():
                if isinstance(value, Lazy):
                    yield prefix + name, value
                elif value is not None:
                    raise Refused(f"'{prefix}{name}' is no tensor")
        for name, inside in self.table("_modules").items():
            if isinstance(inside, Module):
                yield from inside._walk(f"{prefix}{name}.", depth + 1, left)
            elif inside is not None:
                raise Refused(f"'{prefix}{name}' is no module")


def _module(meta: Any = None) -> Module:
    """Stand in for `torch_utils.persistence._reconstruct_persistent_obj`."""
    if type(meta) is not dict or meta.get("type") != "class" or type(meta.get("state")) is not dict:
        raise Refused("a module of another form")
    kind = meta.get("class_name")
    if type(kind) is not str:
        raise Refused("a module without a class")
    if kind == "SynthesisInput":
        raise Refused(STYLEGAN3)
    return Module(kind, meta["state"])


def _tensorflow(*_: Any) -> Any:
    raise Refused(TENSORFLOW)


NAMES: Names = {
    **NUMPY,
    **CONTAINERS,
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): _module,
    ("dnnlib.util", "EasyDict"): mapping,
    ("torch", "device"): StandIn,
    ("torch._utils", "_rebuild_tensor_v2"): rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): rebuild_parameter,
    ("dnnlib.tflib.network", "Network"): _tensorflow,
}


@dataclass(frozen=True)
class Network:
    """A generator out of a network pickle: its tensors by name, and the module that holds them."""

    tensors: dict[str, Tensor]
    module: Module


def read_network(path: Path) -> Network:
    """Read the averaged generator (`G_ema`) of a network pickle, and run nothing in it.

    Raises:
        WeightsError: it is missing, damaged, of another architecture or was made to do harm; nothing
            of it was executed.
    """
    if not path.is_file():
        raise WeightsError(f"{path} is missing; give the path of the file")
    data = read_regular(path, MAX_BYTES, WeightsError)
    try:
        names = {**NAMES, ("torch.storage", "_load_from_bytes"): StoredOnce().load_from_bytes}
        copied = MAX_COPIED + len(data)  # protocol 2 writes bytes as texts, which are copied once
        found = InertUnpickler(io.BytesIO(data), names, copied=copied).load()
        module = found.get("G_ema") if type(found) is dict else None
        if not isinstance(module, Module):
            raise Refused("it holds no G_ema, the averaged generator")
        lazy = module.tensors()
        if sum(item.count for item in lazy.values()) > len(data):
            raise Refused("its tensors claim more than the file holds")
        return Network({name: item.tensor() for name, item in lazy.items()}, module)
    except Exception as error:
        # whatever a hostile file provokes in the reader is a reason to refuse the file
        why = str(error) if isinstance(error, Refused) else f"it is damaged, {type(error).__name__}"
        raise WeightsError(f"{path} was refused: {why}. {SAFE}") from error
