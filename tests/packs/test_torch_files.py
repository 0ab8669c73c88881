"""What torch saves is read as torch reads it, without torch's reader."""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from editor.errors import OptionError
from editor.layers import parse_layers
from editor.packs.convert.restricted import read_checkpoint, read_torch

HOW: dict[str, dict[str, Any]] = {
    "zip": {},
    "legacy": {"_use_new_zipfile_serialization": False},
    "protocol 4": {"pickle_protocol": 4},
}


def _trained() -> dict[str, Any]:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.randn(2, 3, 8, 8)).sum().backward()
    optimizer.step()
    return {"g_ema": network.state_dict(), "g_optim": optimizer.state_dict()}


def _named() -> Tensor:
    tensor = torch.randn(3)
    tensor.title = "age"  # type: ignore[attr-defined]
    return tensor


def _same(found: Any, wanted: Any) -> None:
    if isinstance(wanted, Tensor):
        assert found.dtype == wanted.dtype
        assert torch.equal(found, wanted)
    elif isinstance(wanted, dict):
        assert list(found) == list(wanted)
        for key in wanted:
            _same(found[key], wanted[key])
    else:
        assert found == wanted


TYPES = (
    *(torch.float64, torch.float16, torch.bfloat16, torch.bool),
    *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8),
)
VALUES: dict[str, Any] = {
    "a training": _trained(),
    "a parameter": nn.Parameter(torch.randn(3, 2)),
    "views of one storage": [torch.arange(12)[2:9:3], torch.arange(12.0).reshape(3, 4).t()],
    "types": {str(dtype): torch.arange(5).to(dtype) for dtype in TYPES},
    "nothing, and a number": [torch.empty(0, 3), torch.tensor(3.0)],
    "a tensor with an attribute": _named(),
    "six dimensions": torch.randn(1, 2, 1, 2, 1, 2),
}


@pytest.mark.parametrize("how", list(HOW))
@pytest.mark.parametrize("name", list(VALUES))
def test_what_torch_saves_is_read(name: str, how: str, tmp_path: Path) -> None:
    torch.save(VALUES[name], tmp_path / "x.pt", **HOW[how])
    found, wanted = read_torch(tmp_path / "x.pt", "."), VALUES[name]
    for one, other in (
        zip(found, wanted, strict=True) if type(wanted) is list else [(found, wanted)]
    ):
        _same(one, other)


@pytest.mark.parametrize("how", list(HOW))
def test_a_change_of_what_was_read_is_not_one_of_the_file(how: str, tmp_path: Path) -> None:
    torch.save({"w": torch.ones(4)}, tmp_path / "x.pt", **HOW[how])
    read_torch(tmp_path / "x.pt", ".")["w"].zero_()
    assert read_torch(tmp_path / "x.pt", ".")["w"].tolist() == [1, 1, 1, 1]


def test_files_are_read_at_once(tmp_path: Path) -> None:
    """What one reader knows for a moment is no other's: options are known to each."""
    torch.save({"opts": argparse.Namespace(size=64)}, tmp_path / "x.pt")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(read_checkpoint, [tmp_path / "x.pt"] * 200))
    assert found == [{"opts": {"size": 64}}] * 200


@pytest.mark.parametrize(
    "said", [[float("inf")], [float("nan")], "0," * 600, [[[1]]], ["1" * 5000], {"a": 1}, [None]]
)
def test_layers_that_are_none(said: Any) -> None:
    with pytest.raises(OptionError) as told:
        parse_layers(said)
    assert len(str(told.value)) < 200
