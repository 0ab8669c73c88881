"""Labels that are missing for some images, through everything that is trained or measured on them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editor import Editor
from editor.cli import main
from editor.data.image_set import ImageSet, join_images, load_images
from editor.data.labels import label_of, labelled_names
from editor.errors import TrainingError
from editor.evaluation.semantics import labels_of
from editor.metrics.attributes import PooledFeatures, fit_predictor
from editor.packs.tensors import read_header
from editor.runtime import seeded_latents
from editor.sliders.fit.options import FitOptions, known_attributes
from editor.sliders.fit.stages import fit_boundaries
from editor.training.attribute_labels import predictable

UNKNOWN = [None, math.nan, math.inf, "yes", [1.0]]


@pytest.mark.parametrize("value", UNKNOWN)
def test_what_is_no_number_is_no_label(value: object) -> None:
    assert label_of({"hat": value}, "hat") is None
    assert label_of({}, "hat") is None
    rows = [{"hat": value, "age": 3}, {"hat": True}, {}]
    assert labelled_names(rows) == {"age": 1, "hat": 1}


def _bright(count: int, seed: int, **others: object) -> ImageSet:
    """Noise, bright or dark, labelled `bright`; and other labels, the same for all or by a function."""
    rng = np.random.default_rng(seed)
    pixels, rows = [], []
    for i in range(count):
        bright = bool(rng.integers(2))
        pixels.append(rng.integers(0, 110, (3, 16, 16)) + (130 if bright else 0))
        given = {key: v(i, bright) if callable(v) else v for key, v in others.items()}
        rows.append({"bright": float(bright), **given})
    names = [f"{seed}/{i}.png" for i in range(count)]
    return ImageSet(torch.from_numpy(np.stack(pixels)).to(torch.uint8), names, rows)


def _features() -> PooledFeatures:
    return PooledFeatures(lambda image: [image.float()], grid=2)


@pytest.mark.parametrize("missing", [*UNKNOWN, "absent"])
def test_the_probe_of_joined_sets_is_that_of_the_labelled_images(missing: object) -> None:
    """`night` is the contrary of `bright`; read as 0 where it is unknown, it would be half wrong."""
    labelled = _bright(100, 1, night=lambda i, bright: float(not bright))
    other = _bright(100, 2, **({} if missing == "absent" else {"night": missing}))
    both = join_images([labelled, other])
    predictor = fit_predictor(_features(), both.pixels, both.attributes, ["night", "bright"], 40)
    assert predictor.quality == {"night": 1.0, "bright": 1.0}
    scores = predictor.score(other.batch(torch.arange(100)))["night"]
    truth = torch.tensor([row["bright"] < 0.5 for row in other.attributes])
    assert bool(((scores > 0.5) == truth).all())
    balance = (scores[truth].mean() + scores[~truth].mean()).item()
    assert balance == pytest.approx(1.0, abs=0.05), "no zero pulls the scores down"


def test_a_label_that_the_held_out_images_lack_is_measured_on_others() -> None:
    """Not joined, so that the whole tail is unlabelled."""
    labelled = _bright(
        60, 1, night=lambda i, bright: float(not bright), age=lambda i, bright: 20.0 + 9 * bright
    )
    other = _bright(40, 2)
    pixels = torch.cat([labelled.pixels, other.pixels])
    rows = labelled.attributes + other.attributes
    predictor = fit_predictor(_features(), pixels, rows, ["night", "age", "bright"], 30)
    assert predictor.quality["night"] == 1.0
    assert predictor.quality["age"] > 0.9
    rows = [row if i < 15 else {"bright": row["bright"]} for i, row in enumerate(rows)]
    with pytest.raises(TrainingError, match=r"'night' is labelled on 15 images only; 20 are"):
        fit_predictor(_features(), pixels, rows, ["night"], 30)
    rows = [{**row, "night": 0.0} for row in rows]
    with pytest.raises(TrainingError, match="one class"):
        fit_predictor(_features(), pixels, rows, ["night"], 30)


def test_a_statistic_that_is_null_everywhere_is_computed() -> None:
    images = _bright(60, 1, brightness=None)
    predictor = fit_predictor(_features(), images.pixels, images.attributes, ["brightness"], 20)
    assert predictor.moments.keys() == {"brightness"}
    assert predictor.quality == {"brightness": 1.0}


@pytest.mark.parametrize("missing", UNKNOWN)
def test_unknown_labels_are_left_out_of_the_evaluation(missing: object) -> None:
    photos = torch.zeros(20, 3, 4, 4)
    rows = [{"hat": float(i % 2)} for i in range(12)] + [{"hat": missing}] * 4 + [{}] * 4
    found = labels_of("hat", rows, photos)
    assert not isinstance(found, str)
    labels, known = found
    assert known.tolist() == [True] * 12 + [False] * 8
    assert labels[known].tolist() == [bool(i % 2) for i in range(12)]
    assert known_attributes(ImageSet(photos, [], [{"hat": missing}]), "face") == ["light_side"]


def test_attributes_of_joined_sets(tmp_path: Path) -> None:
    """Those of either set, where enough images are labelled; continuous by the values that are known."""
    one = _bright(30, 1, age=40.0, rare=1.0, moustache=None)
    two = _bright(25, 2, moustache=lambda i, bright: i / 25, age=math.nan)
    for row in one.attributes[10:]:
        del row["rare"]
    names, continuous = predictable(join_images([one, two]))
    assert (names, continuous) == (("age", "bright", "moustache"), ("age",))


def test_a_class_that_is_null_is_not_every_other_class(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    kinds = {"0.png": "sea", "1.png": "hill", "2.png": None}
    for name in (*kinds, "3.png"):
        Image.fromarray(rng.integers(0, 255, (8, 8, 3), np.uint8)).save(tmp_path / name)
    rows = {name: {"class": kind, "hat": 1.0} for name, kind in kinds.items()}
    (tmp_path / "dataset.json").write_text(json.dumps({"attributes": {**rows, "3.png": None}}))
    images = load_images(tmp_path, 8, {"hat": 2.0})
    found = dict(zip(images.names, images.attributes, strict=True))
    assert found["0.png"] == {"hat": 1.0, "sea": 1.0, "hill": 0.0}
    assert labelled_names([found["2.png"]]) == {"hat": 1}
    assert found["3.png"] == {}


def _folder(images: ImageSet, folder: Path) -> Path:
    folder.mkdir()
    rows = {}
    for i, row in enumerate(images.attributes):
        pixels = images.pixels[i].permute(1, 2, 0).numpy()
        Image.fromarray(pixels).save(folder / f"{i}.png")
        rows[f"{i}.png"] = row
    (folder / "dataset.json").write_text(json.dumps({"attributes": rows}))
    return folder


def test_the_predictor_learns_from_two_folders_of_different_labels(tmp_path: Path) -> None:
    """From the command line: one folder knows `night`, the other `age`; both know `bright`."""
    one = _folder(_bright(60, 1, night=lambda i, bright: float(not bright)), tmp_path / "one")
    two = _folder(_bright(60, 2, night=None, age=lambda i, bright: 30.0 + i), tmp_path / "two")
    out = tmp_path / "run"
    command = ["train-predictor", "--data", str(one), str(two), "--data-weight", "2", "1"]
    command += ["--side", "32", "--width", "4", "--batch", "16", "--held-out", "30"]
    command += ["--kimg", "1.6", "--tick-kimg", "0.8", "--no-bf16", "--out", str(out)]
    assert main(command) == 0
    records = [json.loads(line) for line in (out / "stats.jsonl").read_text().splitlines()]
    assert records[-1]["val_bright"] > 0.9
    assert records[-1]["val_night"] > 0.9, "over the images that are labelled with it"
    assert math.isfinite(records[-1]["val_loss"])
    header = read_header(out / "predictor.safetensors")
    assert header["data"] == "one, two"
    assert header["config"]["names"] == ["age", "bright", "night"]
    assert header["config"]["continuous"] == ["age"]


def test_sliders_are_fitted_from_joined_sets(tiny: Editor, tmp_path: Path) -> None:
    """Half of the images are labelled with their brightness, the other half with nothing or null."""
    generator = tiny.engine.pack.generator
    with torch.no_grad():
        images = generator(seeded_latents(list(range(600)), generator.z_dim))
    mean = images.mean(dim=(1, 2, 3))
    low, high = mean.quantile(0.4), mean.quantile(0.6)
    shown = ((mean - low) / (high - low)).clamp(0, 1).tolist()
    pixels = images.clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8)
    names = [str(i) for i in range(600)]
    rows = [{"bright": value} for value in shown[:300]]
    others = [{"bright": None} if i % 2 else {"dark": 1 - shown[300 + i]} for i in range(300)]
    one = ImageSet(pixels[:300], names[:300], rows)
    both = join_images([one, ImageSet(pixels[300:], names[300:], others)])
    assert known_attributes(both, "picture")[:2] == ["bright", "dark"]
    options = FitOptions(samples=300, share=0.2, held_out=100, probes=24, steps=2, components=2)
    records = list(fit_boundaries(tiny.engine.pack, both, ["bright", "dark"], options, tmp_path))
    assert records[0]["quality"]["bright"] > 0.9
    assert records[0]["quality"]["dark"] > 0.9
    assert [record["stage"] for record in records[-2:]] == ["bright", "dark"]
    assert records[-2]["accuracy"] > 0.8
