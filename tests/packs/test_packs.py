from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from editor import Crop, Editor
from editor.cli import main
from editor.errors import (
    MismatchError,
    OptionError,
    PackError,
    PackNotFoundError,
    WeightsError,
)
from editor.inversion.loop import InversionOptions
from editor.media.images import to_tensor
from editor.models.config import PredictorConfig
from editor.models.perceptual import DiscriminatorPerceptual, PredictorPerceptual
from editor.models.predictor import Predictor
from editor.packs.info import BOUNDARIES, CHECKPOINTS, list_domains, read_info
from editor.packs.load import load_domain
from editor.packs.tensors import fingerprint, half, read_header, read_tensors, write_tensors
from editor.packs.write import make_pack, update_info
from tests.conftest import write_tiny_pack

CPU = torch.device("cpu")


def test_round_trip(tmp_path: Path) -> None:
    tensors = {"a": torch.randn(3, 4), "b": torch.arange(5)}
    write_tensors(tmp_path / "x.safetensors", tensors, {"kind": "test", "note": "é"})
    found, header = read_tensors(tmp_path / "x.safetensors", kind="test")
    assert header == {"kind": "test", "note": "é", "schema": 1}
    assert all(torch.equal(found[name], tensors[name]) for name in tensors)
    assert [p.name for p in tmp_path.iterdir()] == ["x.safetensors"]


def test_float16_storage_refuses_what_it_cannot_hold() -> None:
    assert half({"a": torch.ones(2)})["a"].dtype == torch.float16
    with pytest.raises(WeightsError, match="float16"):
        half({"a": torch.tensor([1e6])})


def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    write_tensors(path, {"a": torch.ones(2)}, {"kind": "test"})
    with pytest.raises(TypeError):
        write_tensors(path, {"a": torch.zeros(2)}, {"kind": object()})
    assert torch.equal(read_tensors(path)[0]["a"], torch.ones(2))
    assert len(list(tmp_path.iterdir())) == 1


def test_pack_loads(tiny_root: Path) -> None:
    pack = load_domain("tiny", CPU, tiny_root / "checkpoints")
    assert list_domains(tiny_root / "checkpoints") == ["tiny"]
    assert pack.generator.w_avg.shape == (6, 8)
    assert not any(p.requires_grad for p in pack.generator.parameters())


def test_encoder_of_another_snapshot(tmp_path: Path) -> None:
    source = write_tiny_pack(tmp_path).parents[1] / "source"
    file = source / "encoder.safetensors"
    tensors, header = read_tensors(file)
    name = load_domain("tiny", CPU, tmp_path / "checkpoints").fingerprint

    def pack(generator: str) -> Path:
        write_tensors(file, tensors, header | {"generator": generator})
        kinds = ("generator", "encoder", "discriminator")
        sources = dict.fromkeys(kinds, source)
        return make_pack("tiny", sources, tmp_path / "checkpoints", "Tiny", "picture", "MIT", [0])

    pack(name)
    with pytest.raises(MismatchError, match=r"another snapshot.*train-encoder"):
        pack("0123456789abcdef")
    assert load_domain("tiny", CPU, tmp_path / "checkpoints").fingerprint == name


def test_a_pack_may_invert_in_its_own_way(tmp_path: Path) -> None:
    source = write_tiny_pack(tmp_path).parents[1] / "source"
    sources = dict.fromkeys(("generator", "encoder", "discriminator"), source)
    root, facts = tmp_path / "checkpoints", ("Tiny", "picture", "MIT", [0])
    make_pack("tiny", sources, root, *facts, inversion={"lr": 0.04, "feat": 0.05, "steps": 7})
    editor = Editor.open("tiny", "cpu", root, tmp_path / "boundaries")
    usual = InversionOptions()
    assert editor.engine.inversion == replace(
        usual, steps=7, lr=0.04, weights=replace(usual.weights, feat=0.05)
    )
    assert (editor.engine.diffusion.steps, editor.engine.diffusion.lr) == (60, 0.01)
    with pytest.raises(OptionError, match=r"\['rate'\] is not known; use steps"):
        make_pack("tiny", sources, root, *facts, inversion={"rate": 0.04})
    assert Editor.open("tiny", "cpu", root, tmp_path / "boundaries").engine.inversion.lr == 0.04


@pytest.mark.parametrize(
    ("value", "said"),
    [("lr=5", "lr 5.0 outside"), ("feat=-1", "must not be negative"), ("steps=nan", "finite")],
)
def test_options_out_of_range_are_refused_before_a_pack_is_made(
    value: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = ["--generator", str(tmp_path), "--encoder", str(tmp_path), "--licence", "MIT"]
    command = ["make-pack", "--name", "never-made", *sources, "--title", "X", "--inversion", value]
    assert main(command) == 1
    assert said in capsys.readouterr().err
    assert not (CHECKPOINTS / "never-made").exists()


def test_a_pack_may_have_a_predictor(tmp_path: Path) -> None:
    source = write_tiny_pack(tmp_path).parents[1] / "source"
    network = Predictor(PredictorConfig(("hat", "age"), ("age",), 32, 2))
    header = {"kind": "predictor", "config": network.config.to_dict()}
    write_tensors(source / "predictor.safetensors", network.state_dict(), header)
    kinds = ("generator", "encoder", "discriminator", "predictor")
    root = tmp_path / "checkpoints"
    plain = load_domain("tiny", CPU, root)
    make_pack("tiny", dict.fromkeys(kinds, source), root, "Tiny", "picture", "MIT", [0])
    pack = load_domain("tiny", CPU, root)
    assert pack.predictor is not None
    assert pack.predictor.config == network.config
    assert pack.predictor in pack.networks
    assert isinstance(plain.feature_term(), DiscriminatorPerceptual)
    assert isinstance(pack.feature_term(), PredictorPerceptual)
    editor = Editor.open("tiny", "cpu", root, tmp_path / "boundaries")
    photo = torch.rand(1, 3, 16, 16) * 2 - 1
    with_it = editor.engine.feature_term
    without = plain.feature_term()
    assert with_it is not None
    assert without is not None
    black = -torch.ones(1, 3, 16, 16)
    distances = [
        term.distance(term.features(photo), term.features(black)) for term in (with_it, without)
    ]
    assert distances[0] > distances[1]


def test_fingerprint_survives_float16_storage() -> None:
    layer, same = torch.nn.Linear(3, 4), torch.nn.Linear(3, 4)
    same.load_state_dict(half(layer.state_dict()))
    assert fingerprint(layer) == fingerprint(same)
    with torch.no_grad():
        same.bias[1] += 0.01
    assert fingerprint(layer) != fingerprint(same)


@pytest.mark.parametrize("kind", ["generator", "encoder", "discriminator"])
def test_missing_file(tiny_root: Path, kind: str) -> None:
    root = tiny_root / "checkpoints"
    (root / "tiny" / f"{kind}.safetensors").unlink()
    with pytest.raises(WeightsError, match=rf"{kind}\.safetensors is missing.*Restore"):
        load_domain("tiny", CPU, root)


@pytest.mark.parametrize("keep", [0, 4, 100, -10])
def test_truncated_file(tiny_root: Path, keep: int) -> None:
    root = tiny_root / "checkpoints"
    file = root / "tiny" / "generator.safetensors"
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(WeightsError, match=r"generator\.safetensors.*(incomplete|damaged)"):
        load_domain("tiny", CPU, root)
    with pytest.raises(WeightsError, match="damaged"):
        read_header(file)


def test_changed_byte(tiny_root: Path) -> None:
    root = tiny_root / "checkpoints"
    file = root / "tiny" / "encoder.safetensors"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(bytes(data))
    with pytest.raises(WeightsError, match="sha256"):
        load_domain("tiny", CPU, root)


def test_networks_swapped(tiny_root: Path) -> None:
    root = tiny_root / "checkpoints" / "tiny"
    info = json.loads((root / "domain.json").read_text())
    info["files"]["generator.safetensors"] = info["files"]["encoder.safetensors"]
    (root / "domain.json").write_text(json.dumps(info))
    (root / "generator.safetensors").write_bytes((root / "encoder.safetensors").read_bytes())
    with pytest.raises(MismatchError, match=r"'encoder'.*'generator'"):
        load_domain("tiny", CPU, root.parent)


def test_other_architecture(tiny_root: Path) -> None:
    root = tiny_root / "checkpoints" / "tiny"
    info = json.loads((root / "domain.json").read_text())
    info["num_ws"] = 8
    (root / "domain.json").write_text(json.dumps(info))
    with pytest.raises(MismatchError, match=r"\(16, 6, 8\).*\(16, 8, 8\)"):
        load_domain("tiny", CPU, root.parent)


@pytest.mark.parametrize("name", ["nowhere", "", "../tiny", "tiny/../tiny"])
def test_unknown_domain(tiny_root: Path, name: str) -> None:
    with pytest.raises(PackNotFoundError, match="found: tiny"):
        load_domain(name, CPU, tiny_root / "checkpoints")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "tiny"}'])
def test_damaged_domain_json(tiny_root: Path, text: str) -> None:
    (tiny_root / "checkpoints" / "tiny" / "domain.json").write_text(text)
    with pytest.raises(PackError, match=r"domain\.json"):
        load_domain("tiny", CPU, tiny_root / "checkpoints")


def test_foreign_safetensors(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.ones(1)}, tmp_path / "x.safetensors")
    with pytest.raises(WeightsError, match="without this editor's header"):
        read_header(tmp_path / "x.safetensors")


WANTED = {"smile", "mouth_open", "glasses", "beard", "female", "age", "yaw", "pitch"}


SCENES = {"sea", "mountain", "glacier", "snow", "cloudiness", "brightness", "warmth", "greenness"}


@pytest.mark.parametrize(
    ("name", "resolution", "sliders"),
    [
        ("faces64", 64, WANTED),
        ("faces128", 128, WANTED | {"headwear", "light_side"}),
        ("scenes128", 128, SCENES),
    ],
)
def test_shipped_packs_are_whole(name: str, resolution: int, sliders: set[str]) -> None:
    """And each names its boundaries' generator, has a licence and a card, and invents a face."""
    editor = Editor.open(name, "cpu")
    assert editor.info.resolution == resolution
    assert sliders <= set(editor.boundaries)
    assert editor.info.licence
    assert (editor.engine.has_aligner) == (editor.info.subject == "face")
    assert (editor.engine.pack.path / "MODEL_CARD.md").is_file()
    face = editor.example(editor.info.example_seeds[0])
    assert face.size == (resolution, resolution)
    encoder_alone = replace(editor.engine.inversion, steps=0)
    edit = editor.invert(face, Crop(0.5, 0.5, 1.0), encoder_alone)
    mean = editor.edit(editor.engine.pack.generator.w_avg.numpy())

    def error(image: Image.Image) -> float:
        return (to_tensor(image) - to_tensor(face)).square().mean().item()

    assert error(editor.reconstruction(edit)) < 0.25 * error(editor.render(mean))


def test_everything_shipped_is_at_most_190_megabytes() -> None:
    files = [f for folder in (CHECKPOINTS, BOUNDARIES) for f in folder.rglob("*") if f.is_file()]
    assert sum(file.stat().st_size for file in files) < 190 * 10**6


def test_domain_json_is_changed_and_the_rest_of_it_stays(tiny_root: Path) -> None:
    folder = tiny_root / "checkpoints" / "tiny"
    before = read_info("tiny", folder.parent)
    found = update_info(folder, lambda info: replace(info, typical={"loss_pix_p95": 0.5}))
    assert found == replace(before, typical={"loss_pix_p95": 0.5})
    assert read_info("tiny", folder.parent) == found
    with pytest.raises(PackNotFoundError):
        update_info(tiny_root / "nothing", lambda info: info)
