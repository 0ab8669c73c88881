from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editor.cli import main
from editor.data.image_set import ImageSet
from editor.errors import OptionError, TrainingError
from editor.models.config import PredictorConfig
from editor.models.predictor import Predictor
from editor.packs.load import load_network
from editor.packs.tensors import read_tensors
from editor.training.attribute_labels import (
    agreement,
    labels_loss,
    mirrored,
    predictable,
    read_labels,
    scale_of,
)
from editor.training.predictor import PredictorTraining, _rate, train_predictor
from editor.training.run import RunFolder
from tests.conftest import write_tiny_pack

CPU = torch.device("cpu")
CONFIG = PredictorConfig(("bar", "yaw"), ("yaw",), resolution=32, width=4)


@pytest.fixture
def images() -> ImageSet:
    """A bright bar, left, right or nowhere: `bar` says whether, `yaw` where."""
    draw = torch.Generator().manual_seed(3)
    pixels = torch.randint(60, 120, (200, 3, 32, 32), generator=draw, dtype=torch.uint8)
    attributes: list[dict] = []
    for i in range(200):
        kind = i % 3
        if kind:
            left = 4 if kind == 1 else 22
            pixels[i, :, 4:28, left : left + 6] = 250
        side = {0: 0.0, 1: -0.4, 2: 0.4}[kind]
        attributes.append({"bar": float(kind > 0), "yaw": side, "unusable": 0.0})
    attributes[0] = {"bar": 0.0}  # one of unknown yaw
    return ImageSet(pixels, [str(i) for i in range(200)], attributes)


def _run(images: ImageSet, path: Path, kimg: float, **options: object) -> list[dict]:
    short = {"batch": 16, "tick_kimg": 0.16, "snapshot_kimg": 0.32, "held_out": 40, "bf16": False}
    settings = PredictorTraining(**(short | {"kimg": kimg} | options))
    return list(train_predictor(images, RunFolder(path), settings, CONFIG, CPU))


def test_it_learns_what_the_labels_say(images: ImageSet, tmp_path: Path) -> None:
    last = _run(images, tmp_path, 3.2)[-1]
    assert last["val_bar"] > 0.95
    assert last["val_yaw"] > 0.9
    network = load_network(
        tmp_path / "predictor.safetensors", "predictor", Predictor, PredictorConfig
    )
    assert network.norms is None
    answers = network(images.batch(torch.arange(200)))
    truth = torch.tensor([row["bar"] > 0.5 for row in images.attributes])
    assert ((answers[:, 0] > 0) == truth).float().mean() > 0.95
    _, header = read_tensors(tmp_path / "predictor.safetensors")
    assert header["training"]["val_bar"] == pytest.approx(last["val_bar"])


def test_resuming_gives_the_numbers_of_an_uninterrupted_run(
    images: ImageSet, tmp_path: Path
) -> None:
    _run(images, tmp_path / "whole", 0.64)
    # the same length, interrupted: the learning rate depends on it
    stopped = train_predictor(
        images,
        RunFolder(tmp_path / "parts"),
        PredictorTraining(
            kimg=0.64, batch=16, tick_kimg=0.16, snapshot_kimg=0.32, held_out=40, bf16=False
        ),
        CONFIG,
        CPU,
    )
    for record in stopped:
        if record["kimg"] == pytest.approx(0.48):
            stopped.close()
            break
    again = _run(images, tmp_path / "parts", 0.64)
    assert again[0]["kimg"] == pytest.approx(0.48), "from the checkpoint at 0.32"
    whole, _ = read_tensors(tmp_path / "whole" / "checkpoint.safetensors")
    parts, _ = read_tensors(tmp_path / "parts" / "checkpoint.safetensors")
    for name, tensor in whole.items():
        assert torch.equal(tensor, parts[name]), name


def test_labels_and_their_loss(images: ImageSet) -> None:
    assert predictable(images) == (("bar", "yaw"), ("yaw",))
    labels = read_labels(images, CONFIG)
    assert labels[0, 1].isnan()
    assert labels[1].tolist() == pytest.approx([1.0, -0.4])
    flip = torch.zeros(200, dtype=torch.bool)
    flip[1] = True
    assert mirrored(labels, flip, CONFIG)[1].tolist() == pytest.approx([1.0, 0.4])
    scale = scale_of(labels, CONFIG)
    known = labels[1:, 1]
    assert scale[1].tolist() == pytest.approx([1.0, known.std().item()])
    answers = torch.tensor([[0.0, 7.0], [2.0, 0.0]])
    deviation = known.std().item()
    expected = [math.log(2), math.log1p(math.exp(-2)), 0.4 / deviation - 0.5]
    assert labels_loss(answers, labels[:2], scale, CONFIG).item() == pytest.approx(
        sum(expected) / 3
    )
    with pytest.raises(TrainingError, match="'hat' is labelled on 0 images"):
        read_labels(images, PredictorConfig(("hat",)))
    with pytest.raises(TrainingError, match=r"dataset\.json"):
        predictable(ImageSet(images.pixels, images.names, [{} for _ in images.names]))


def test_missing_labels_have_no_part_in_the_loss() -> None:
    """Whatever is answered where nothing is known, and no gradient from there."""
    labels = torch.tensor([[1.0, math.nan], [math.nan, 0.4], [math.nan, math.nan]])
    scale = torch.zeros(2), torch.ones(2)
    answers = torch.tensor([[2.0, 9.0], [-7.0, 0.4], [5.0, -5.0]], requires_grad=True)
    loss = labels_loss(answers, labels, scale, CONFIG)
    assert loss.item() == pytest.approx(math.log1p(math.exp(-2)) / 2)
    loss.backward()
    assert answers.grad is not None
    assert (answers.grad != 0).tolist() == [[True, False], [False, False], [False, False]]
    none = labels_loss(answers[2:], labels[2:], scale, CONFIG)
    assert none.item() == 0.0
    none.backward()
    assert bool(answers.grad.isfinite().all())


def test_held_out_images_count_where_they_are_labelled() -> None:
    labels = torch.tensor([[1.0, math.nan], [math.nan, 0.1], [0.0, 0.2], [math.nan, 0.4]])
    answers = torch.tensor([[3.0, 9.0], [-8.0, 1.0], [4.0, 2.0], [-8.0, 4.0]])
    found = agreement(answers, labels, CONFIG)
    assert found == {"val_bar": 0.5, "val_yaw": pytest.approx(1.0)}
    assert agreement(answers[:2], labels[:2], CONFIG) == {"val_bar": 1.0}
    assert agreement(answers[1:2], labels[1:2], CONFIG) == {}


def test_training_goes_on_where_the_held_out_images_lack_a_label(
    images: ImageSet, tmp_path: Path
) -> None:
    rows = [
        row if i < 160 else {"yaw": math.nan, "bar": None}
        for i, row in enumerate(images.attributes)
    ]
    last = _run(ImageSet(images.pixels, images.names, rows), tmp_path, 0.16)[-1]
    assert last["val_loss"] == 0.0
    assert not {"val_bar", "val_yaw"} & set(last)
    rows = [row if i > 150 else {"bar": row["bar"]} for i, row in enumerate(images.attributes)]
    with pytest.raises(TrainingError, match=r"'yaw' is labelled on 9 images only.*--attributes"):
        _run(ImageSet(images.pixels, images.names, rows), tmp_path / "late", 0.16)


def test_the_learning_rate_rises_and_falls() -> None:
    assert [_rate(part) for part in (0, 0.1, 0.55, 1, 2)] == pytest.approx(
        [0.04, 1.0, 0.505, 0.01, 0.01]
    )


@pytest.mark.parametrize(
    "wrong", [{"kimg": 0}, {"batch": 1}, {"drop": 1.0}, {"soften": -0.1}, {"held_out": 0}]
)
def test_options_are_checked(wrong: dict) -> None:
    with pytest.raises(OptionError):
        PredictorTraining(**wrong)


def test_too_few_images_are_refused(images: ImageSet, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="fewer than a batch"):
        _run(images, tmp_path, 1.0, held_out=190)
    assert not list(tmp_path.iterdir())


def _labelled_folder(folder: Path) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(0)
    attributes = {}
    for i in range(40):
        name = f"{i}.png"
        Image.fromarray(rng.integers(0, 255, (16, 16, 3), np.uint8)).save(folder / name)
        attributes[name] = {"hat": float(i % 2), "age": 20.0 + i}
    (folder / "dataset.json").write_text(json.dumps({"attributes": attributes}))
    return folder


def test_from_the_command_line_to_an_encoder_that_uses_it(tmp_path: Path, capsys) -> None:
    data, runs = _labelled_folder(tmp_path / "data"), tmp_path / "runs"
    common = ["--data", str(data), "--batch", "4", "--kimg", "0.008", "--held-out", "8"]
    predictor = ["train-predictor", *common, "--side", "32", "--width", "2"]
    assert main([*predictor, "--out", str(runs / "p"), "--attributes", "fur"]) == 1
    assert "['fur'] are not labelled; the data knows age, hat" in capsys.readouterr().err
    assert main([*predictor, "--out", str(runs / "p")]) == 0
    _, header = read_tensors(runs / "p" / "predictor.safetensors")
    assert header["config"]["names"] == ["age", "hat"]
    assert header["config"]["continuous"] == ["age"]
    pack = write_tiny_pack(tmp_path)
    # one update, from equal networks on equal images
    encoder = [
        "train-encoder",
        *common,
        "--kimg",
        "0.004",
        "--generator",
        str(pack),
        "--heads",
        "single",
    ]
    encoder += ["--fmaps-base", "128", "--fmaps-max", "16", "--init-from", str(pack)]
    plain, seen = runs / "plain", runs / "seen"
    assert main([*encoder, "--out", str(plain)]) == 0
    assert main([*encoder, "--out", str(seen), "--predictor", str(runs / "p")]) == 0
    _, header = read_tensors(seen / "encoder.safetensors")
    assert header["perceptual"] == "discriminator and predictor"
    losses = [
        json.loads((run / "stats.jsonl").read_text().splitlines()[0])["loss_feat"]
        for run in (plain, seen)
    ]
    assert losses[1] > losses[0] + 1e-3, "what the predictor sees is added"
