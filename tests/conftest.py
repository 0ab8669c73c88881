"""A tiny random pack for everything that needs no trained network, and the shipped one."""

from __future__ import annotations

import io
import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editor import Editor
from editor.models.config import DiscriminatorConfig, EncoderConfig, GeneratorConfig
from editor.models.discriminator import Discriminator
from editor.models.encoder import Encoder
from editor.models.stylegan2 import StyleGAN2Generator
from editor.packs.tensors import write_tensors
from editor.packs.write import make_pack
from editor.sliders.boundary import Boundary, BoundaryInfo
from editor.sliders.boundary_file import save_boundary

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
SIZE = {"resolution": 16, "fmaps_base": 128, "fmaps_max": 16}
GENERATOR = GeneratorConfig(**SIZE, z_dim=12, w_dim=8, mapping_layers=2)
DISCRIMINATOR = DiscriminatorConfig(**SIZE, mbstd_group=4)
ENCODER = EncoderConfig(**SIZE, num_ws=GENERATOR.num_ws, w_dim=8)


if os.environ.get("PYTEST_XDIST_WORKER"):  # as many workers as cores: each has one
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)


@pytest.fixture
def generator() -> StyleGAN2Generator:
    return StyleGAN2Generator(GENERATOR).eval()


@pytest.fixture
def discriminator() -> Discriminator:
    return Discriminator(DISCRIMINATOR).eval()


@pytest.fixture
def encoder() -> Encoder:
    return Encoder(ENCODER).eval()


def picture_of(source: object) -> Image.Image:
    """A picture, decoded; its file is closed."""
    with Image.open(source) as image:  # type: ignore[arg-type]
        image.load()
    return image


def write_noise(folder: Path, count: int) -> Path:
    """A new folder of seeded 8×8 pictures of noise."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(count):
        Image.fromarray(rng.integers(0, 255, (8, 8, 3), np.uint8)).save(folder / f"{i}.png")
    return folder


def write_tiny_pack(root: Path, name: str = "tiny") -> Path:
    """A complete pack of random networks with two boundaries; returns its folder."""
    torch.manual_seed(0)
    source = root / "source"
    networks = {
        "generator": StyleGAN2Generator(GENERATOR),
        "discriminator": Discriminator(DISCRIMINATOR),
        "encoder": Encoder(ENCODER),
    }
    for kind, network in networks.items():
        header = {"kind": kind, "config": network.config.to_dict(), "domain": name}
        write_tensors(source / f"{kind}.safetensors", network.state_dict(), header)
    path = make_pack(
        name,
        dict.fromkeys(networks, source),
        root / "checkpoints",
        title="Tiny",
        subject="picture",
        licence="MIT",
        example_seeds=[0, 1],
    )
    for index, attribute in enumerate(("smile", "age")):
        normal = torch.zeros(GENERATOR.num_ws, 8)
        normal[:, index] = 1.0
        info = BoundaryInfo(attribute, attribute, "Face", name, (0, 1, 2), (-2.0, 2.0), 0.95)
        folder = root / "boundaries" / name
        save_boundary(Boundary(info, normal), folder / f"{attribute}.safetensors")
    return path


@pytest.fixture
def tiny_root(tmp_path: Path) -> Path:
    write_tiny_pack(tmp_path)
    return tmp_path


@pytest.fixture
def tiny(tiny_root: Path) -> Editor:
    return Editor.open(
        "tiny", "cpu", checkpoints=tiny_root / "checkpoints", boundaries=tiny_root / "boundaries"
    )


def with_own(editor: Editor, *own: Boundary) -> Editor:
    """An editor whose domain has more sliders."""
    return Editor(editor.engine, editor.sliders.with_own(own))


@pytest.fixture(scope="session")
def faces() -> Editor:
    """The shipped pack."""
    return Editor.open("faces64", "cpu")


@pytest.fixture(scope="session")
def face_photos(faces: Editor) -> list[Image.Image]:
    """Eight held-out aligned faces; generated ones where ../shared is absent."""
    archive = SHARED / "faces128_test.zip"
    if not archive.exists():
        return [faces.example(1000 + i, truncation_psi=0.8) for i in range(8)]
    import zipfile

    with zipfile.ZipFile(archive) as file:
        names = sorted(name for name in file.namelist() if name.endswith(".webp"))[5::120][:8]
        return [Image.open(io.BytesIO(file.read(name))).convert("RGB") for name in names]
