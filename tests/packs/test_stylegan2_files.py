"""StyleGAN2 files of others: what becomes of them agrees with a plain computation of the same tensors."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from editor import Editor
from editor.cli import main
from editor.errors import MismatchError, OptionError, WeightsError
from editor.geometry import FFHQ, TIGHT
from editor.models.pyramid_encoder import to_input
from editor.packs.convert.describe import describe_file
from editor.packs.convert.layouts import Networks, read_stylegan2
from editor.packs.convert.run import Sources, convert_files
from editor.packs.info import NO_ENCODER, read_info
from tests.reference.network_pickle import (
    Part,
    generator_of,
    module_of,
    network_pickle,
    write_network,
)
from tests.reference.plain_pyramid import checkpoint, codes, encoder_state
from tests.reference.plain_stylegan2 import Plain

CLOSE = 1e-4
LEGACY = {"_use_new_zipfile_serialization": False}


def write_rosinality(path: Path, plain: Plain, legacy: bool = False, **more: Any) -> Path:
    found = {"g_ema": plain.rosinality(), "latent_avg": plain.w_avg, **more}
    torch.save(found, path, **(LEGACY if legacy else {}))
    return path


def write_pyramid(
    path: Path, plain: Plain, kind: str = "Encoder4Editing", legacy: bool = False
) -> Path:
    encoder = encoder_state(plain.num_ws, len(plain.w_avg) // 8)
    mean = plain.w_avg.expand(plain.num_ws, -1).clone()
    found = checkpoint(plain.rosinality(), encoder, kind, mean)
    torch.save(found, path, **(LEGACY if legacy else {}))
    return path


def wide(**options: Any) -> Plain:
    """A generator of codes of 128, for which an encoder can be small."""
    return Plain.random(**{"resolution": 64, "base": 512, "top": 12, "w": 128, "z": 128, **options})


def install(root: Path, **options: Any) -> Editor:
    sources = Sources(**{"name": "other", "family": "stylegan2", "encoder": None, **options})
    for _ in convert_files(sources, root / "checkpoints", root / "boundaries"):
        pass
    return Editor.open("other", "cpu", root / "checkpoints", root / "boundaries")


@torch.no_grad()
def agrees(networks: Networks, plain: Plain) -> None:
    generator = networks.generator
    z = torch.randn(3, generator.z_dim, generator=torch.Generator().manual_seed(4))
    wp = generator.mapping(z)
    assert wp.shape == (3, plain.num_ws, len(plain.w_avg))
    assert (wp - plain.map(z)[:, None]).abs().max() < CLOSE  # a single w, for every layer
    mixed = torch.cat([wp[:1, :3], wp[1:2, 3:5], wp[2:, 5:]], dim=1)
    wanted = plain.pictures(mixed)
    assert wanted.std() > 0.1
    assert (generator.synthesis(mixed) - wanted).abs().max() < CLOSE
    assert torch.equal(generator.synthesis(mixed), generator.synthesis(mixed))  # constant noise
    half = plain.w_avg + 0.5 * (plain.map(z)[:, None] - plain.w_avg)
    assert (generator.mapping(z, truncation_psi=0.5) - half).abs().max() < CLOSE


NVIDIA = {
    "eight layers": {},
    "two layers, as for CIFAR": {"layers": 2},
    "a limit of activations": {"clamp": 1.0},
    "no noise": {"noise": False},
    "64 px": {"resolution": 64, "base": 1024, "top": 16},
    "channels alike at all sides": {"base": 10_000, "top": 6},
}


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("name", sorted(NVIDIA))
def test_nvidia_agrees(name: str, protocol: int, tmp_path: Path) -> None:
    plain = Plain.random(**NVIDIA[name])
    path = write_network(tmp_path / "g.pkl", plain, protocol=protocol)
    agrees(read_stylegan2(path), plain)


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("resolution", [32, 64])
def test_rosinality_agrees(resolution: int, legacy: bool, tmp_path: Path) -> None:
    plain = Plain.random(resolution=resolution, base=16 * resolution, z=16)
    options = {"args": argparse.Namespace(size=resolution, n_sample=64), "d": {}, "g_optim": {}}
    agrees(read_stylegan2(write_rosinality(tmp_path / "g.pt", plain, legacy, **options)), plain)


@torch.no_grad()
def test_a_missing_mean_code_is_computed(tmp_path: Path) -> None:
    plain = Plain.random(z=16)
    torch.save({"g_ema": plain.rosinality()}, tmp_path / "g.pt")
    generator = read_stylegan2(tmp_path / "g.pt").generator
    z = torch.randn(4000, 16, generator=torch.Generator().manual_seed(5))
    w = plain.map(z)
    error = (generator.w_avg[0] - w.mean(dim=0)).norm()
    assert error < 0.1 * w.std(dim=0).norm()


@pytest.mark.parametrize(
    ("kind", "legacy"), [("GradualStyleEncoder", True), ("Encoder4Editing", False)]
)
@torch.no_grad()
def test_encoders_agree(kind: str, legacy: bool, tmp_path: Path) -> None:
    plain = wide()
    networks = read_stylegan2(write_pyramid(tmp_path / "e.pt", plain, kind, legacy))
    agrees(networks, plain)
    encoder = networks.encoder
    assert encoder is not None
    image = torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(6)) * 2 - 1
    wanted = codes(encoder_state(plain.num_ws), image, plain.num_ws, kind == "Encoder4Editing")
    wanted = wanted + plain.w_avg
    assert wanted.std() > 0.1
    assert (encoder(image) - wanted).abs().max() < CLOSE


def test_an_encoder_sees_256_px() -> None:
    large = torch.rand(1, 3, 1024, 1024)
    four = large.reshape(1, 3, 256, 4, 256, 4).mean(dim=(3, 5))
    torch.testing.assert_close(to_input(large), four)
    assert to_input(torch.rand(1, 3, 64, 64)).shape == (1, 3, 256, 256)


def test_a_pack_with_an_encoder_works(tmp_path: Path) -> None:
    plain = wide()
    editor = install(tmp_path, generator=None, encoder=write_pyramid(tmp_path / "e.pt", plain))
    assert editor.info.has_encoder
    photo = editor.example(2)
    assert photo.size == (64, 64)
    step = next(editor.invert_steps(photo))
    assert "loss_domain" in step.losses
    with torch.no_grad():
        start = codes(
            encoder_state(plain.num_ws),
            to_input(editor.engine.tensor(photo)),
            plain.num_ws,
            e4e=True,
        )
    assert (step.wp - start - plain.w_avg).abs().max() < CLOSE


def test_the_encoder_of_another_generator_is_refused(tmp_path: Path) -> None:
    plain = wide()
    pyramid = write_pyramid(tmp_path / "e.pt", plain)
    same = write_network(tmp_path / "same.pkl", plain)
    assert install(tmp_path, generator=same, encoder=pyramid).info.has_encoder
    other = write_network(tmp_path / "other.pkl", wide(seed=8))
    with pytest.raises(MismatchError, match="another generator"):
        install(tmp_path / "new", generator=other, encoder=pyramid)
    with pytest.raises(MismatchError, match="holds no encoder"):
        install(tmp_path / "new", generator=other, encoder=other)
    with pytest.raises(OptionError, match="--generator"):
        install(tmp_path / "new", generator=None)
    assert not (tmp_path / "new").exists()


def test_what_the_command_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_network(tmp_path / "g.pkl", Plain.random())
    command = ["convert", "stylegan2", "--generator", str(path), "--root", str(tmp_path)]
    assert main([*command, "--name", "faces", "--licence", "CC BY 4.0"]) == 0
    said = capsys.readouterr().out
    assert NO_ENCODER in said
    assert "train-encoder" in said
    assert "licence is not said" not in said
    info = read_info("faces", tmp_path / "checkpoints")
    assert (info.licence, info.alignment, info.has_encoder) == ("CC BY 4.0", FFHQ, False)
    assert main([*command, "--name", "near", "--alignment", "tight"]) == 0
    assert "give --licence" in capsys.readouterr().out
    assert read_info("near", tmp_path / "checkpoints").alignment == TIGHT
    assert main([*command, "--name", "halls", "--subject", "scene"]) == 0
    assert read_info("halls", tmp_path / "checkpoints").alignment is None
    assert main([*command, "--name", "bad", "--alignment", "huge"]) == 1
    assert "ffhq" in capsys.readouterr().err
    card = (tmp_path / "checkpoints" / "faces" / "MODEL_CARD.md").read_text()
    assert "no encoder" in card
    assert "convert stylegan2" in card


def test_inspect_knows_the_layouts(tmp_path: Path) -> None:
    plain = wide()
    for path in (
        write_network(tmp_path / "g.pkl", plain),
        write_rosinality(tmp_path / "g.pt", plain),
        write_pyramid(tmp_path / "e.pt", plain),
    ):
        found = describe_file(path)
        assert (found["resolution"], found["num_ws"], found["w_dim"]) == (64, 10, 128)
        assert (
            f"convert stylegan2 --{'encoder' if path.stem == 'e' else 'generator'}" in found["next"]
        )


def test_a_converted_pack_keeps_its_pictures(tmp_path: Path) -> None:
    """The way to disk and back changes nothing, and half the size changes little."""
    plain = Plain.random(resolution=64)
    path = write_network(tmp_path / "g.pkl", plain)
    z = torch.randn(1, 12, generator=torch.Generator().manual_seed(1))
    for float16, most in ((False, CLOSE), (True, 0.05)):
        editor = install(tmp_path / str(float16), generator=path, float16=float16)
        wp = editor.engine.map(z)
        assert (editor.engine.synthesis(wp) - plain.pictures(wp)).abs().max() < most


def test_nvidia_conditional_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.pkl"
    path.write_bytes(network_pickle(generator_of(Plain.random(), c_dim=10)))
    with pytest.raises(MismatchError, match="conditional"):
        read_stylegan2(path)


def test_stylegan3_and_tensorflow_are_told(tmp_path: Path) -> None:
    root = module_of(Plain.random().nvidia())
    root._modules["synthesis"].add_module("input", Part("SynthesisInput", size=np.array([36, 36])))
    (tmp_path / "three.pkl").write_bytes(network_pickle(root))
    with pytest.raises(WeightsError, match="StyleGAN3"):
        read_stylegan2(tmp_path / "three.pkl")
    tensorflow = b"\x80\x03cdnnlib.tflib.network\nNetwork\n)\x81}b."
    (tmp_path / "tf.pkl").write_bytes(tensorflow)
    with pytest.raises(WeightsError, match=r"TensorFlow.*legacy\.py"):
        read_stylegan2(tmp_path / "tf.pkl")
