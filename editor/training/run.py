"""A run folder: options, statistics, sample grids and the checkpoint to resume from."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from editor.errors import NotFiniteError, TrainingError
from editor.files import telling_full, write_text
from editor.packs.tensors import read_tensors, write_tensors


@dataclass(frozen=True)
class RunFolder:
    """Paths and writers of one training run."""

    path: Path

    @property
    def checkpoint(self) -> Path:
        """Return the path of the whole state, for resuming."""
        return self.path / "checkpoint.safetensors"

    def start(self, options: dict[str, Any], free: tuple[str, ...] = ("kimg",)) -> None:
        """Write options.json, after a check against the one of a run that goes on.

        Args:
            options: what the run was asked for.
            free: options that may change when a run is resumed, also inside other options.

        Raises:
            TrainingError: the folder holds a run with other options.
        """
        with telling_full(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        file = self.path / "options.json"
        if file.exists() and self.checkpoint.exists():
            before = _read_options(file)
            differ = {
                key: (before.get(key), value)
                for key, value in options.items()
                if key not in free and not _same(before.get(key), value, free)
            }
            if differ:
                raise TrainingError(
                    f"{self.path} holds a run with other options (was, now): {differ}. "
                    f"Choose another --out, or give the same options to resume."
                )
        write_text(file, json.dumps(options, indent=2, default=str) + "\n")

    def log(self, record: dict[str, Any]) -> None:
        """Append one object to stats.jsonl, as a whole line or not at all.

        Raises:
            StorageError: the disk is full.
        """
        path = self.path / "stats.jsonl"
        line = (json.dumps(record) + "\n").encode()
        with telling_full(path), path.open("ab", buffering=0) as file:
            before = file.tell()
            try:
                if file.write(line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError:
                file.truncate(before)
                raise

    def trim_log(self, images_seen: int) -> None:
        """Drop the records that are later than the checkpoint from which a run resumes."""
        file = self.path / "stats.jsonl"
        if file.exists():
            lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
            kept = [line for line in lines if _kimg(line) * 1000 < images_seen + 0.5]
            write_text(file, "".join(kept))


def _read_options(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return found
        said = f"it holds a {type(found).__name__}"
    except ValueError as error:
        said = str(error)
    raise TrainingError(
        f"{file} is damaged ({said}); put it right, or remove it to take the options of now"
    )


def _same(before: Any, now: Any, free: tuple[str, ...]) -> bool:
    """Return whether options are equal, but for free ones and those unknown when the run began."""
    if isinstance(before, dict) and isinstance(now, dict):
        return all(key in free or _same(value, now.get(key), free) for key, value in before.items())
    return bool(before == now)


def _kimg(line: str) -> float:
    """Return the kimg of a record, infinite for a line that was cut off."""
    try:
        return float(json.loads(line)["kimg"])
    except (ValueError, KeyError, TypeError):
        return float("inf")


def check_finite(modules: dict[str, nn.Module]) -> None:
    """Check that every weight is finite.

    Raises:
        NotFiniteError: one is infinite or undefined.
    """
    for name, module in modules.items():
        for key, value in module.state_dict().items():
            if not bool(torch.isfinite(value).all()):
                raise NotFiniteError(f"{name}/{key} not finite")


def save_checkpoint(
    path: Path,
    modules: dict[str, nn.Module],
    optimizers: dict[str, torch.optim.Optimizer],
    rng: torch.Generator,
    facts: dict[str, Any],
) -> None:
    """Write everything that resuming needs into one tensor file."""
    tensors: dict[str, Tensor] = {"rng": rng.get_state()}
    for name, module in modules.items():
        for key, value in module.state_dict().items():
            tensors[f"{name}/{key}"] = value
    for name, optimizer in optimizers.items():
        for index, state in optimizer.state_dict()["state"].items():
            for key, value in state.items():
                tensors[f"{name}/{index}/{key}"] = torch.as_tensor(value)
    write_tensors(path, tensors, {"kind": "checkpoint", **facts})


def load_checkpoint(
    path: Path,
    modules: dict[str, nn.Module],
    optimizers: dict[str, torch.optim.Optimizer],
    rng: torch.Generator,
) -> dict[str, Any]:
    """Restore what `save_checkpoint` wrote, and return its header."""
    tensors, header = read_tensors(path, kind="checkpoint")
    rng.set_state(tensors["rng"])
    for name, module in modules.items():
        start = f"{name}/"
        module.load_state_dict(
            {k[len(start) :]: v for k, v in tensors.items() if k.startswith(start)}
        )
    for name, optimizer in optimizers.items():
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            if key.startswith(f"{name}/"):
                _, index, field = key.split("/")
                state.setdefault(int(index), {})[field] = value
        optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    return header
