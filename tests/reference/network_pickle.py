"""Network pickles of the form that NVIDIA's repositories write: state beside source code."""

from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tests.reference.plain_stylegan2 import Plain

SOURCE = "class Part: pass"


class EasyDict(dict):
    """A dictionary of another name."""


EasyDict.__module__ = "dnnlib.util"


def _reconstruct_persistent_obj(meta: dict[str, Any]) -> Any:
    """Do what the published function does: run the source that the pickle brings."""
    exec(meta["module_src"], {})
    return meta


_reconstruct_persistent_obj.__module__ = "torch_utils.persistence"


@contextmanager
def published_names() -> Iterator[None]:
    """Let the names of the repositories be found, as where their code is."""
    made = {name: types.ModuleType(name) for name in ("torch_utils", "dnnlib")}
    made["torch_utils.persistence"] = types.ModuleType("torch_utils.persistence")
    made["dnnlib.util"] = types.ModuleType("dnnlib.util")
    made["torch_utils.persistence"].__dict__["_reconstruct_persistent_obj"] = (
        _reconstruct_persistent_obj
    )
    made["dnnlib.util"].__dict__["EasyDict"] = EasyDict
    sys.modules.update(made)
    try:
        yield
    finally:
        for name in made:
            del sys.modules[name]


class Part(nn.Module):
    """A module of the published form; `kind` is what its class was called."""

    def __init__(self, kind: str, source: str = SOURCE, **facts: Any) -> None:
        super().__init__()
        self.__dict__.update(facts)
        self.__dict__["_init_args"] = ()
        self.__dict__["_init_kwargs"] = EasyDict(facts)
        self.__dict__["described"] = (kind, source)

    def __reduce__(self) -> Any:
        state = dict(self.__dict__)
        kind, source = state.pop("described")
        meta = {"type": "class", "version": 6, "module_src": source, "class_name": kind}
        return _reconstruct_persistent_obj, ({**meta, "state": state},), None


BUFFERS = ("w_avg", "noise_const", "resample_filter")
KINDS = {"mapping": "MappingNetwork", "synthesis": "SynthesisNetwork", "torgb": "ToRGBLayer"}


def _kind(name: str) -> str:
    if name in KINDS:
        return KINDS[name]
    if name.startswith("b"):
        return "SynthesisBlock"
    return "SynthesisLayer" if name.startswith("conv") else "FullyConnectedLayer"


def module_of(state: dict[str, Tensor], source: str = SOURCE, **facts: Any) -> Part:
    """Return a tree of modules that holds tensors by their full names."""
    root = Part("Generator", source, **facts)
    for full, value in state.items():
        *path, name = full.split(".")
        part: nn.Module = root
        for step in path:
            if step not in part._modules:
                part.add_module(step, Part(_kind(step), source))
            part = part._modules[step]  # type: ignore[assignment]
        if name in BUFFERS:
            part.register_buffer(name, value)
        else:
            part.register_parameter(name, nn.Parameter(value, requires_grad=False))
    return root


def generator_of(
    plain: Plain, state: dict[str, Tensor] | None = None, source: str = SOURCE, c_dim: int = 0
) -> Part:
    """Return a generator as the repositories build it, with the attributes that they keep."""
    z, w = plain.mapping[0][0].shape[1], len(plain.w_avg)
    sizes = {"z_dim": z, "c_dim": c_dim, "w_dim": w, "img_resolution": plain.resolution}
    root = module_of(plain.nvidia() if state is None else state, source, **sizes, img_channels=3)
    for full, part in root.named_modules():
        if full.startswith("mapping.fc"):
            facts = {"activation": "lrelu", "weight_gain": plain.rate / np.sqrt(z)}
            part.__dict__.update(facts, bias_gain=plain.rate)
        elif full.rpartition(".")[2] in ("conv0", "conv1"):
            facts = {"activation": "lrelu", "act_gain": np.sqrt(2), "use_noise": True, "up": 1}
            part.__dict__.update(facts, conv_clamp=plain.clamp)
    return root


def network_pickle(generator: Any, protocol: int = 3, **more: Any) -> bytes:
    """Return the bytes of a network pickle with an averaged generator."""
    with published_names():
        kwargs = EasyDict(class_name="training.dataset.ImageFolderDataset", path="faces.zip")
        found = {"G_ema": generator, "augment_pipe": None, "training_set_kwargs": kwargs, **more}
        return pickle.dumps(found, protocol)


def write_network(path: Path, plain: Plain, **options: Any) -> Path:
    """Write a network pickle of a plain generator, with a raw one and a discriminator beside it."""
    other = module_of({"b4.conv.weight": torch.zeros(2, 2, 3, 3)})
    generator = generator_of(plain)
    path.write_bytes(network_pickle(generator, G=generator_of(plain), D=other, **options))
    return path
