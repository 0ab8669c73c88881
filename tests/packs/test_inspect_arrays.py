"""`inspect` of what other programs saved: directions and codes, told by names and shapes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from editor import Editor
from editor.cli import main
from editor.packs.convert.describe import describe_file

CODES = np.ones((3, 14, 32), np.float32)
KNOWN: dict[str, tuple[str, Any, str, list[int], str]] = {
    "inverted_codes": ("c.npy", CODES, "codes, or directions", [3, 14, 32], "edit"),
    "latents by photo": (
        "l.npy",
        {"ann.jpg": [CODES[0], CODES[1]], "bob.jpg": CODES[2:]},
        "dictionary of 2 arrays; the first: code",
        [14, 32],
        "edit",
    ),
    "a bare tensor": ("age.pt", torch.ones(1, 32), "boundary", [1, 32], "import-slider"),
    "a list of codes": (
        "l.pt",
        [torch.ones(14, 32)] * 3,
        "list of 3 arrays; the first: code",
        [14, 32],
        "edit",
    ),
    "directions by name": (
        "d.pt",
        {"age": torch.ones(1, 32), "smile": torch.ones(32)},
        "dictionary of 2 arrays; the first: boundary",
        [1, 32],
        "import-slider",
    ),
    "SeFa": ("f.pt", {"eigvec": torch.eye(32)}, "SeFa", [32, 32], "import-slider"),
    "GANSpace": (
        "ffhq_pca.npz",
        {"lat_comp": np.ones((5, 1, 32)), "lat_mean": np.ones((1, 32)), "act_comp": np.ones(9)},
        "GANSpace",
        [5, 1, 32],
        "import-slider",
    ),
    "stylegan2-ada": ("projected_w.npz", {"w": CODES[:1]}, "stylegan2-ada", [1, 14, 32], "edit"),
}


@pytest.mark.parametrize("name", list(KNOWN))
def test_inspect_tells_arrays_by_their_shapes(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, value, what, shape, then = KNOWN[name]
    path = tmp_path / file
    if path.suffix == ".npz":
        np.savez(path, **value)
    elif path.suffix == ".npy":
        np.save(path, value, allow_pickle=True)
    else:
        torch.save(value, path)
    found = describe_file(path)
    assert what in found["what"]
    assert found["shape"] == shape
    assert f"python -m editor {then} {path}" in found["next"]
    assert main(["inspect", str(path)]) == 0
    assert f"  next: {found['next']}" in capsys.readouterr().out


def test_inspect_tells_a_code_of_this_editor_and_no_network_for_codes(
    tmp_path: Path, tiny: Editor
) -> None:
    tiny.save_code(tiny.sample(0), tmp_path / "a.npz")
    found = describe_file(tmp_path / "a.npz")
    assert (found["what"], found["shape"], found["domain"]) == (
        "code of this editor",
        [6, 8],
        "tiny",
    )
    network = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Linear(8, 8))
    torch.save(network.state_dict(), tmp_path / "n.pt")
    assert describe_file(tmp_path / "n.pt")["what"].startswith("tensors of an unknown network")
