"""A pack without an encoder: free from the mean code, said so, and given an encoder by training."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from editor import Editor
from editor.cli import main
from editor.inversion.loop import InversionOptions
from editor.inversion.objective import Weights
from editor.models.mean_code import MeanCode
from editor.packs.info import NO_ENCODER, read_info
from tests.packs.test_stylegan2_files import install
from tests.reference.network_pickle import write_network
from tests.reference.plain_stylegan2 import Plain
from tests.reference.published import vgg16_state


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """The root of a converted pack of 16 px without encoder, discriminator and feature network."""
    plain = Plain.random(resolution=16, base=128, top=8, w=8, z=8)
    install(tmp_path, generator=write_network(tmp_path / "g.pkl", plain))
    return tmp_path


def _open(root: Path, name: str = "other") -> Editor:
    return Editor.open(name, "cpu", root / "checkpoints", root / "boundaries")


def test_inversions_begin_at_the_mean_and_are_free(bare: Path) -> None:
    editor = _open(bare)
    mean = Plain.random(resolution=16, base=128, top=8, w=8, z=8).w_avg
    photo = editor.example(1)
    code = editor.engine.encode(editor.engine.tensor(photo))
    torch.testing.assert_close(code[0], mean.expand(6, -1))
    options = InversionOptions(steps=30, lr=0.05, weights=Weights(domain=5.0), patience=0)
    for chosen in (None, options):  # also where somebody asks for the term
        steps = list(editor.invert_steps(photo, chosen))
        torch.testing.assert_close(steps[0].wp[0], mean.expand(6, -1))
        assert set(steps[0].losses) == {"loss_pix", "loss"}
        assert steps[-1].losses["loss_pix"] < 0.5 * steps[0].losses["loss_pix"]
    assert editor.engine.inversion.weights.domain == 0
    edit = editor.edit(steps[-1].wp[0], photo, steps[-1].losses)
    assert editor.judge(edit) is None
    assert set(editor.engine.signs(editor.engine.tensor(photo), steps[-1].wp)) == {
        "fit",
        "contrast",
    }


def test_the_command_line_says_so(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _open(bare).example(0).save(bare / "photo.png")
    command = ["invert", str(bare / "photo.png"), "--out", str(bare / "out"), "--steps", "2"]
    assert main([*command, "--domain", "other", "--root", str(bare), "--device", "cpu"]) == 0
    assert NO_ENCODER in capsys.readouterr().err
    assert (bare / "out" / "photo.npz").exists()


def test_the_page_says_so(bare: Path) -> None:
    from editor.domains import Domains
    from editor.ui.handlers import Handlers
    from editor.ui.page import _about

    domains = Domains("cpu", bare / "checkpoints", bare / "boundaries")
    assert NO_ENCODER in _about(domains)["other"]
    handlers = Handlers(domains, "other")
    given = {"given": {"path": str(bare / "photo.png")}}
    domains.open("other").example(0).save(bare / "photo.png")
    visitor, settings = handlers.first_visitor(), (3, 0.05, 1.0, 0.2, 2.0)
    list(handlers.take(visitor, given, *settings))
    frame = {"frame": {"x": 0.5, "y": 0.5, "side": 1.0, "angle": 0.0}}
    shown = list(handlers.place(visitor, frame, *settings))
    assert NO_ENCODER in shown[-1][-1]
    assert not any(NO_ENCODER in str(early[-1]) for early in shown[:-1])


@pytest.mark.parametrize("features", [False, True])
def test_training_gives_it_an_encoder(features: bool, bare: Path) -> None:
    pack, photos = bare / "checkpoints" / "other", bare / "photos"
    if features:
        torch.save(vgg16_state(), bare / "vgg.pth")
        install(bare, generator=bare / "g.pkl", perceptual=bare / "vgg.pth")
    photos.mkdir()
    for seed in range(12):
        _open(bare).example(seed).save(photos / f"{seed}.png")
    train = ["train-encoder", "--generator", str(pack), "--data", str(photos), "--out"]
    train += [str(bare / "run"), "--kimg", "0.016", "--batch", "4", "--held-out", "4"]
    train += ["--fmaps-base", "128", "--fmaps-max", "8", "--heads", "single", "--device", "cpu"]
    assert main([*train, "--tick-kimg", "0.008", "--snapshot-kimg", "0.016"]) == 0
    make = ["make-pack", "--name", "whole", "--root", str(bare), "--generator", str(pack)]
    make += ["--encoder", str(bare / "run"), "--title", "Whole", "--licence", "MIT"]
    assert main(make) == 0
    editor = _open(bare, "whole")
    assert editor.info.has_encoder
    assert not isinstance(editor.engine.pack.encoder, MeanCode)
    assert editor.engine.fingerprint == _open(bare).engine.fingerprint
    assert (editor.engine.feature_term is not None) == features
    losses = next(editor.invert_steps(editor.example(0))).losses
    assert "loss_domain" in losses
    assert ("loss_feat" in losses) == features


def test_a_pack_is_made_over_one_with_an_encoder(tiny_root: Path) -> None:
    """What lay there of the old pack does not come along."""
    plain = Plain.random(resolution=16, base=128, top=8, w=8, z=8)
    path = write_network(tiny_root / "g.pkl", plain)
    (tiny_root / "boundaries" / "tiny").rename(tiny_root / "old")
    sources = ["convert", "stylegan2", "--generator", str(path), "--name", "tiny"]
    assert main([*sources, "--root", str(tiny_root)]) == 0
    assert not read_info("tiny", tiny_root / "checkpoints").has_encoder
    assert isinstance(_open(tiny_root, "tiny").engine.pack.encoder, MeanCode)
    assert _open(tiny_root, "tiny").example(0).size == (16, 16)
