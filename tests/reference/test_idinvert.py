"""Agreement with what the published code computes, through converted files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from editor import Editor
from editor.inversion.loop import InversionOptions, invert
from editor.inversion.objective import Weights
from editor.packs.convert.restricted import read_pth
from editor.packs.convert.run import Sources, convert_files
from tests.reference.cut import EVERY, State, read_cut

WHOLE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "idinvert"


@dataclass(frozen=True)
class Reference:
    """What the published code computed with two networks, and which pixels were kept."""

    states: dict[str, State]
    io: State
    every: int

    def pixels(self, images: torch.Tensor) -> torch.Tensor:
        """Those that were kept, of pictures that were."""
        return images[: len(self.io["image"]), :, :: self.every, :: self.every]


@pytest.fixture(scope="module", params=["cut", "whole"] if WHOLE.exists() else ["cut"])
def reference(request: pytest.FixtureRequest) -> Reference:
    """Networks and numbers as they are committed, and where they are there, all of them."""
    if request.param == "cut":
        states, io = read_cut()
        return Reference(states, io, EVERY)
    states = {name: read_pth(WHOLE / f"{name}.pth") for name in ("generator", "encoder")}
    with np.load(WHOLE / "io.npz") as data:
        return Reference(states, {name: torch.from_numpy(data[name]) for name in data.files}, 1)


@pytest.fixture(scope="module", params=["zip", "legacy"])
def editor(request: pytest.FixtureRequest, reference: Reference, tmp_path_factory) -> Editor:
    """The reference networks as a pack, from files of either form."""
    root = tmp_path_factory.mktemp(request.param)
    for name, state in reference.states.items():
        file = root / f"{name}.pth"
        torch.save(state, file, _use_new_zipfile_serialization=request.param == "zip")
        assert (file.read_bytes()[:2] == b"PK") == (request.param == "zip")
    sources = Sources("ref128", root / "generator.pth", root / "encoder.pth")
    steps = list(convert_files(sources, root / "checkpoints", root / "boundaries"))
    assert steps[-1][1] == steps[-1][2] == 3
    return Editor.open("ref128", "cpu", root / "checkpoints", root / "boundaries")


@pytest.fixture(scope="module")
def io(reference: Reference) -> dict[str, torch.Tensor]:
    return reference.io


def _close(found: torch.Tensor, wanted: torch.Tensor, atol: float = 1e-4) -> None:
    torch.testing.assert_close(found, wanted, atol=atol, rtol=0)


@torch.no_grad()
def test_mapping_and_truncation(editor: Editor, io: dict[str, torch.Tensor]) -> None:
    generator = editor.engine.pack.generator
    same = {"atol": 1e-7, "rtol": 1e-4}  # the reference's codes are of the order of 1e-3
    torch.testing.assert_close(generator.mapping(io["z"]), io["wp_untruncated"], **same)
    own = generator.w_avg.clone()
    generator.w_avg.copy_(generator.w_avg_published.expand_as(own))
    try:
        found = generator.mapping(io["z"], truncation_psi=0.7)
        torch.testing.assert_close(found, io["wp"], **same)
    finally:
        generator.w_avg.copy_(own)


@torch.no_grad()
def test_image_and_encoder(
    editor: Editor, reference: Reference, io: dict[str, torch.Tensor]
) -> None:
    pack = editor.engine.pack
    _close(reference.pixels(pack.generator.synthesis(io["wp"])), io["image"])
    code = pack.encoder(io["encoder_in"])
    _close(code, io["encoder_out"])
    _close(reference.pixels(pack.generator.synthesis(code)), io["encoder_rec"])


def test_ten_steps_of_inversion(editor: Editor, io: dict[str, torch.Tensor]) -> None:
    pack = editor.engine.pack
    weights = Weights(pix=1.0, feat=0.0, domain=2.0)
    options = InversionOptions(steps=10, lr=0.01, weights=weights, patience=0)
    steps = list(invert(io["encoder_in"][:1], pack.generator, pack.encoder, None, options))
    _close(steps[0].wp, io["encoder_out"][:1])
    for index in range(10):
        _close(steps[index + 1].wp, io["inversion_wp"][index], 1e-3)
        pixel, domain = io["inversion_losses"][index].tolist()
        assert steps[index].losses["loss_pix"] == pytest.approx(pixel, abs=1e-4)
        assert steps[index].losses["loss_domain"] == pytest.approx(domain, abs=1e-4)


@torch.no_grad()
def test_bfloat16_is_close(
    editor: Editor, reference: Reference, io: dict[str, torch.Tensor]
) -> None:
    generator = editor.engine.pack.generator
    generator.compute_dtype = torch.bfloat16
    try:
        found = reference.pixels(generator.synthesis(io["wp"]))
        difference = (found - io["image"]).abs().mean()
    finally:
        generator.compute_dtype = torch.float32
    assert difference < 0.05 * io["image"].std()
