"""Two processes give the update of one with the whole batch, through the real command."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from editor.errors import OptionError
from editor.packs.tensors import read_tensors
from editor.training.parallel import Ranks
from tests.conftest import write_noise

ROOT = Path(__file__).resolve().parents[2]


def test_shares_are_whole_groups_and_make_up_the_batch() -> None:
    values = torch.arange(24)
    parts = [Ranks(rank, 2).share(values, columns=4) for rank in range(2)]
    assert sorted(torch.cat(parts).tolist()) == values.tolist()
    groups = {tuple(values[column::4].tolist()) for column in range(4)}
    found = {tuple(part[column::2].tolist()) for part in parts for column in range(2)}
    assert found == groups
    assert torch.equal(Ranks().share(values, columns=4), values)


def test_batches_that_cannot_be_shared_are_refused() -> None:
    Ranks(0, 2).check_columns(4)
    Ranks().check_columns(1)
    with pytest.raises(OptionError, match="multiple of 4"):
        Ranks(0, 2).check_columns(2)


def test_every_second_group_is_a_whole_group() -> None:
    values = torch.arange(32)
    alone = Ranks().some(values, columns=4)
    assert sorted(alone.tolist()) == sorted((values[0::4].tolist()) + values[2::4].tolist())
    parts = [Ranks(rank, 2).some(Ranks(rank, 2).share(values, 4), 4) for rank in range(2)]
    assert sorted(torch.cat(parts).tolist()) == sorted(alone.tolist())
    assert Ranks().some(values, columns=1).tolist() == values.tolist()


def _train(
    command: str, data: Path, out: Path, processes: int, *options: str
) -> dict[str, torch.Tensor]:
    launcher = [sys.executable]
    if processes > 1:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        launcher += ["-m", "torch.distributed.run", "--nproc-per-node", str(processes)]
        launcher += ["--master-addr", "127.0.0.1", "--master-port", port]
    command_line = [
        *launcher, "-m", "editor", command, "--data", str(data), "--out", str(out),
        "--fmaps-base", "64", "--fmaps-max", "8", "--batch", "32",
        "--tick-kimg", "0.032", "--snapshot-kimg", "0.032",
        "--no-bf16", "--lr", "0.0001", "--device", "cpu", *options,
    ]  # fmt: skip
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command_line, cwd=ROOT, env=environment, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return read_tensors(out / "checkpoint.safetensors")[0]


GENERATOR = ("--resolution", "8", "--fmaps-base-d", "64", "--kimg", "0.064")


def _assert_same(folder: Path, one: dict, two: dict, losses: tuple[str, ...]) -> None:
    """Adam divides by the gradient's size: compare its second moments, which are gradients squared."""
    assert set(one) == set(two)
    for name, value in one.items():
        if name.endswith("exp_avg_sq"):
            scale = value.abs().max().clamp_min(1e-12)
            assert ((two[name] - value).abs() / scale).max() < 2e-3, name
        elif name.startswith(("g/", "e/", "d/", "ema/")):
            torch.testing.assert_close(two[name], value, atol=4e-4, rtol=0, msg=name)
            assert (two[name] - value).abs().mean() < 1e-5, name
    logs = [
        [json.loads(line) for line in (folder / run / "stats.jsonl").read_text().splitlines()]
        for run in ("one", "two")
    ]
    for a, b in zip(*logs, strict=True):
        for key in losses:
            assert a[key] == pytest.approx(b[key], rel=1e-3, abs=1e-4), key


def test_two_processes_train_a_generator_as_one(tmp_path: Path) -> None:
    data = write_noise(tmp_path / "data", 64)
    one = _train("train-generator", data, tmp_path / "one", 1, *GENERATOR)
    two = _train("train-generator", data, tmp_path / "two", 2, *GENERATOR)
    _assert_same(tmp_path, one, two, ("loss_d", "loss_g", "real_sign"))


def test_two_processes_train_an_encoder_as_one(tmp_path: Path) -> None:
    data = write_noise(tmp_path / "data", 64)
    _train("train-generator", data, tmp_path / "g", 1, *GENERATOR)
    options = ("--generator", str(tmp_path / "g"), "--held-out", "8", "--kimg", "0.064")
    options += ("--heads", "single", "--weight-code", "0.5", "--lr-discriminator", "0.0001")
    one = _train("train-encoder", data, tmp_path / "one", 1, *options)
    two = _train("train-encoder", data, tmp_path / "two", 2, *options)
    _assert_same(tmp_path, one, two, ("loss_pix", "loss_feat", "loss_adv", "loss_code", "loss_d"))
