"""Loads the Inception network of the published Fréchet distance; its weights are fetched once."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from editor.errors import UnavailableError, WeightsError
from editor.models.inception import InceptionFeatures
from editor.packs import fetch as fetching
from editor.packs.tensors import load_into

URL = (
    "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
    "pt_inception-2015-12-05-6726825d.pth"
)
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
NAME = "pt_inception-2015-12-05-6726825d.pth"


def inception_is_present(path: Path | None = None) -> bool:
    """Return whether the pinned weights are here, and nothing has to be downloaded.

    Args:
        path: the file; that of the cache by default.
    """
    path = path or fetching.cache_folder() / NAME
    return path.is_file() and fetching.file_sha256(path) == SHA256


def load_inception(
    device: torch.device | str = "cpu",
    fetch: bool = True,
    path: Path | None = None,
    batch: int = 32,
) -> Callable[[Tensor], Tensor]:
    """Load the features that the published Fréchet distance compares.

    Args:
        device: where the network goes.
        fetch: download the weights (91 MiB) into the cache when they are not there.
        path: a file of these weights, in place of the cache's; then nothing is downloaded.
        batch: images at a time; it does not change the features.

    Returns:
        A function: images [N, 3, H, W], RGB, in [-1, 1], of any size (cut off outside, brought to
        299×299) → [N, 2048], float32, on the CPU.

    Raises:
        UnavailableError: the weights are not here and may not or cannot be downloaded, or are not
            the pinned file.
        WeightsError: the file is not a table of tensors.
        MismatchError: its tensors do not fit.
    """
    with torch.device("meta"):
        network = InceptionFeatures()
    load_into(network, _read(_find(fetch, path)), NAME)
    network = network.to(device).eval().requires_grad_(False)

    @torch.no_grad()
    def features(images: Tensor) -> Tensor:
        found = [
            network(part.to(device).float().clamp(-1, 1)).cpu() for part in images.split(batch)
        ]
        return torch.cat(found)

    return features


def _find(fetch: bool, path: Path | None) -> Path:
    if path is None and fetch:
        return fetching.fetch(URL, SHA256, NAME)
    place = path or fetching.cache_folder() / NAME
    if inception_is_present(place):
        return place
    state = "is not the pinned file (another sha256)" if place.is_file() else "is not there"
    raise UnavailableError(
        f"the Inception weights of the Fréchet distance are needed, but {place} {state}. "
        f"Download {URL} and put it there; its sha256 begins with {SHA256[:16]}."
    )


def _read(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a file, without those of its classes."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise WeightsError(
            f"{path} is not a table of tensors; nothing in it was run ({error})"
        ) from error
    if not isinstance(state, dict):
        raise WeightsError(f"{path} holds a {type(state).__name__}, not a table of tensors")
    return {name: value for name, value in state.items() if not name.startswith("fc.")}
