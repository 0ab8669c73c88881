"""What a pack says of its squares, and what the headers of its networks keep."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from editor import Editor
from editor.cli import main
from editor.errors import OptionError, PackError, WeightsError
from editor.geometry import FFHQ, TIGHT
from editor.models.aligner import Aligner
from editor.models.config import AlignerConfig
from editor.models.perceptual import PixelsAlone
from editor.packs.info import CHECKPOINTS, DomainInfo, read_info
from editor.packs.load import load_domain, load_encoder, load_pair
from editor.packs.tensors import read_header, read_tensors, write_tensors
from editor.packs.write import make_pack, update_info
from editor.training.critic import load_with_critic, own_perceptual
from tests.conftest import write_tiny_pack

KINDS = ("generator", "encoder", "discriminator")


def _source(root: Path) -> Path:
    return write_tiny_pack(root).parents[1] / "source"


def test_domain_json_holds_the_two_numbers(tmp_path: Path) -> None:
    sources, root = dict.fromkeys(KINDS, _source(tmp_path)), tmp_path / "checkpoints"
    file = root / "tiny" / "domain.json"
    assert "alignment" not in json.loads(file.read_text())
    assert read_info("tiny", root).squares is None
    make_pack("tiny", sources, root, "Tiny", "face", "MIT", [0], alignment=FFHQ)
    assert json.loads(file.read_text())["alignment"] == [1.0, 0.1]
    info = read_info("tiny", root)
    assert info.alignment == info.squares == FFHQ
    assert DomainInfo.from_json(info.to_json()) == info
    assert replace(info, alignment=None).squares == TIGHT, "a pack of faces that does not say"
    assert (
        Editor.open("tiny", "cpu", root, tmp_path / "boundaries").find(Image.new("RGB", (40, 30)))
        == []
    )


@pytest.mark.parametrize("value", ["[1.0]", '"1 0"', "[0.0, 0.1]", "[1.0, 9.0]", "null"])
def test_a_damaged_alignment_is_refused(tmp_path: Path, value: str) -> None:
    root = write_tiny_pack(tmp_path).parent
    file = root / "tiny" / "domain.json"
    file.write_text(file.read_text().replace('"schema"', f'"alignment": {value}, "schema"'))
    with pytest.raises(PackError, match=r"domain\.json cannot be read \(alignment"):
        read_info("tiny", root)


@pytest.mark.parametrize("name", ["faces64", "faces128"])
def test_shipped_faces_say_how_tight_they_are(name: str) -> None:
    text = (CHECKPOINTS / name / "domain.json").read_text()
    info = read_info(name)
    assert info.alignment == TIGHT
    assert info.to_json() == text, "written again, it is the same file"
    assert read_info("scenes128").squares is None


def test_the_aligner_of_another_alignment_is_refused(tmp_path: Path) -> None:
    source, root = _source(tmp_path), tmp_path / "checkpoints"
    network = Aligner(AlignerConfig(4))
    header = {"kind": "aligner", "config": network.config.to_dict(), "alignment": [1.0, 0.1]}
    write_tensors(source / "aligner.safetensors", network.state_dict(), header)
    given = dict.fromkeys((*KINDS, "aligner"), source), root, "Tiny", "face", "MIT", [0]
    with pytest.raises(OptionError, match=r"\[1\.0, 0\.1\].*is \[0\.64, 0\.36\]; give --alignment"):
        make_pack("tiny", *given)
    assert read_info("tiny", root).subject == "picture", "the pack that was there stays"
    make_pack("tiny", *given, alignment=FFHQ)
    assert read_header(root / "tiny" / "aligner.safetensors")["alignment"] == [1.0, 0.1]


def test_the_command_writes_alignment_licence_and_all_data_names(tmp_path: Path, capsys) -> None:
    """Names of several sets and a long licence with credits come through, in every file."""
    source, made = _source(tmp_path), tmp_path / "made"
    root = made / "checkpoints"
    names = "heads256_train.zip, heads256_synthetic.zip, heads128_extra.zip"
    for kind in KINDS:
        tensors, header = read_tensors(source / f"{kind}.safetensors")
        write_tensors(source / f"{kind}.safetensors", tensors, header | {"data": names})
    licence = "research and non-commercial; Kärkkäinen, Karras, Laine and Aila; " * 40
    command = [
        "make-pack",
        "--root",
        str(made),
        "--name",
        "heads",
        "--title",
        "Heads",
        "--subject",
        "face",
    ]
    command += ["--generator", str(source), "--encoder", str(source), "--licence", licence]
    assert main([*command, "--alignment", "9", "0.1"]) == 1
    assert "alignment 9.0 0.1" in capsys.readouterr().err
    assert not made.exists()
    assert main([*command, "--alignment", "1.0", "0.1"]) == 0
    info = read_info("heads", root)
    assert (info.alignment, info.licence) == (FFHQ, licence)
    for kind in KINDS:
        header = read_header(root / "heads" / f"{kind}.safetensors")
        assert (header["data"], header["licence"], header["domain"]) == (names, licence, "heads")
    pack = load_domain("heads", torch.device("cpu"), root)
    assert pack.info.files.keys() == {f"{kind}.safetensors" for kind in KINDS}


def test_a_pack_made_of_another_keeps_what_that_says(tmp_path: Path, capsys) -> None:
    source, root = _source(tmp_path), tmp_path / "checkpoints"
    said = {"subject": "face", "alignment": FFHQ, "landmarks": {"mouth": [0.5, 0.75]}}
    said |= {"inversion": {"steps": 7, "lr": 0.02, "feat": 0.5}, "example_seeds": [4]}
    given = update_info(root / "tiny", lambda info: replace(info, **said))
    make = ["make-pack", "--root", str(tmp_path), "--encoder", str(source), "--generator"]
    assert main([*make, str(root / "tiny"), "--name", "kin"]) == 0
    kin = read_info("kin", root)
    assert kin == replace(given, name="kin", files=kin.files)
    assert kin.squares == FFHQ
    told = ["--title", "Other", "--alignment", "tight", "--inversion", "lr=0.5", "--landmarks"]
    assert main([*make, str(root / "tiny"), "--name", "kin", *told]) == 0
    kin = read_info("kin", root)
    assert (kin.title, kin.alignment, kin.landmarks) == ("Other", TIGHT, {})
    assert kin.inversion == {"steps": 7, "lr": 0.5, "feat": 0.5}
    assert main([*make, str(source), "--name", "new", "--title", "New"]) == 1
    assert "--licence is missing" in capsys.readouterr().err
    assert not (root / "new").exists()


def test_what_is_left_of_an_older_pack_is_not_used(tmp_path: Path) -> None:
    """Such as a feature network, and an encoder, of a conversion under the same name."""
    source, root = _source(tmp_path), tmp_path / "checkpoints"
    pack = root / "tiny"
    for kind in ("discriminator", "encoder", "perceptual"):
        (pack / f"{kind}.safetensors").write_bytes(b"old")
    listed = {"generator.safetensors": read_info("tiny", root).files["generator.safetensors"]}
    update_info(pack, lambda info: replace(info, files=listed, inversion={"lr": 0.2, "feat": 0.5}))
    assert isinstance(own_perceptual(pack), PixelsAlone)
    assert load_encoder(pack) is None
    load_with_critic(pack, 128, 1, 16)
    with pytest.raises(WeightsError, match="tiny has no discriminator"):
        load_pair(pack)
    make = ["make-pack", "--root", str(tmp_path), "--name", "kin", "--generator", str(pack)]
    assert main([*make, "--encoder", str(pack)]) == 1
    assert main([*make, "--encoder", str(source)]) == 0
    kin = read_info("kin", root)
    assert kin.files.keys() == {"generator.safetensors", "encoder.safetensors"}
    assert kin.inversion == {"feat": 0.5}, "the rate made up for the encoder that was missing"
