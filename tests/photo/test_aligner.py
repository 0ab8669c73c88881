from __future__ import annotations

import json
import math
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editor import Editor
from editor.cli import main
from editor.data.image_set import ImageSet
from editor.errors import OptionError, TrainingError
from editor.evaluation.aligner import measure_photos
from editor.geometry import FFHQ, TIGHT, Pose, sample_windows
from editor.media.images import to_tensor
from editor.models.aligner import (
    CONTEXT,
    OUTPUTS,
    STRIDE,
    WINDOW,
    Aligner,
    apply_answer,
    wanted_answer,
)
from editor.models.config import AlignerConfig
from editor.packs.tensors import read_tensors
from editor.photo.crop import Crop, crop_square
from editor.photo.detect import (
    CONFIDENT,
    LARGEST,
    Found,
    crop_of,
    detect,
    distinct,
    largest_of,
)
from editor.training.aligner import AlignerTraining, train_aligner
from editor.training.known_photos import SIDE_PX, load_photos, made_backgrounds, photos_of_images
from editor.training.run import RunFolder
from editor.training.windows import draw_windows
from tests.conftest import SHARED, picture_of, write_noise


def _poses(count: int) -> torch.Tensor:
    draw = torch.Generator().manual_seed(4)
    r = torch.rand(count, 4, generator=draw)
    return torch.stack([r[:, 0] * 99, r[:, 1] * 99, r[:, 2] * 50 + 20, r[:, 3] * 6 - 3], dim=1)


def test_an_answer_undoes_a_change() -> None:
    poses, truth = _poses(20), _poses(40)[20:]
    wanted = wanted_answer(poses, truth)
    moved = apply_answer(poses, torch.cat([torch.zeros(20, 1), wanted], dim=1))
    torch.testing.assert_close(moved[:, :3], truth[:, :3], atol=1e-3, rtol=1e-4)
    turn = torch.remainder(moved[:, 3] - truth[:, 3] + math.pi, 2 * math.pi) - math.pi
    assert turn.abs().max() < 1e-4
    assert wanted[:, 3].abs().max() <= math.pi + 1e-5


def test_windows_are_the_squares_of_crop_square() -> None:
    rng = np.random.default_rng(0)
    small = Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8))
    photo = small.resize((320, 240), Image.Resampling.BICUBIC)
    for crop in (Crop(0.5, 0.5, 0.5, 0), Crop(0.4, 0.55, 0.4, 25)):
        quad = crop.quad(*photo.size)
        pose = Pose.of_quad([list(p) for p in quad])
        assert np.allclose(pose.quad(), quad)
        row = torch.tensor([[pose.x, pose.y, pose.side, pose.angle]])
        window = sample_windows(to_tensor(photo), row, 96)
        square = to_tensor(crop_square(photo, crop, 96))
        assert (window - square).abs().mean() < 0.02
        again = crop_of(pose, *photo.size)
        assert (again.x, again.y, again.side, again.angle) == pytest.approx(
            (crop.x, crop.y, crop.side, crop.angle)
        )


def test_a_picture_gives_what_its_windows_give() -> None:
    aligner = Aligner(AlignerConfig(4)).eval()
    torch.nn.init.normal_(aligner.out.weight)
    image = torch.randn(1, 3, WINDOW + 16, WINDOW + 24)
    whole = aligner(image)
    assert whole.shape == (1, OUTPUTS, 3, 4)
    part = aligner(image[:, :, 8 : 8 + WINDOW, 16 : 16 + WINDOW])
    torch.testing.assert_close(whole[:, :, 1, 2], part[:, :, 0, 0], atol=1e-4, rtol=1e-3)


def _photo_set(count: int = 40):
    """A bright cross on dark ground, always in the middle of its square."""
    pixels = torch.full((count, 3, 64, 64), 30, dtype=torch.uint8)
    pixels[:, :, 28:36, 6:58] = 220
    pixels[:, 0, 6:58, 28:36] = 200
    pixels += torch.randint(0, 30, pixels.shape, dtype=torch.uint8)
    images = ImageSet(pixels, [str(i) for i in range(count)], [{} for _ in range(count)])
    return images, photos_of_images(images)


def test_known_squares_are_where_the_windows_say() -> None:
    """Cutting the true square out of a window gives the aligned picture, mirrored or not."""
    images, photos = _photo_set()
    backgrounds = made_backgrounds(images, 6)
    options = AlignerTraining(octaves=0.2, shift=0.1)
    rng = torch.Generator().manual_seed(0)
    window, poses, truth, there = draw_windows(
        photos, backgrounds, torch.arange(32), options.spread, rng, 32
    )
    assert there.tolist() == [1.0] * 32
    fit = torch.tensor([[WINDOW / 2, WINDOW / 2, WINDOW / CONTEXT, 0.0]]).expand(32, -1)
    answer = torch.cat([torch.zeros(32, 1), wanted_answer(poses, truth)], dim=1)
    found = sample_windows(window, apply_answer(fit, answer), 32)
    wanted = images.batch(torch.arange(32))
    middle = torch.nn.functional.interpolate(wanted, size=32, mode="area")[:, :, 6:26, 6:26]
    assert (found[:, :, 6:26, 6:26] - middle).abs().mean() < 0.15


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> tuple[Aligner, list[dict]]:
    torch.manual_seed(0)
    images, photos = _photo_set(120)
    run = RunFolder(tmp_path_factory.mktemp("aligner"))
    options = AlignerTraining(
        kimg=25, batch=64, tick_kimg=1.6, snapshot_kimg=25, held_out=20, lr=4e-3, turn=10
    )
    backgrounds = made_backgrounds(images, 60)
    records = list(train_aligner(photos, backgrounds, run, options, AlignerConfig(8)))
    from editor.packs.load import load_network

    return load_network(
        run.path / "aligner.safetensors", "aligner", Aligner, AlignerConfig
    ), records


def test_training_learns_to_undo_and_to_tell(trained: tuple[Aligner, list[dict]]) -> None:
    records = trained[1]
    assert records[-1]["val_corner"] < 0.5 * records[0]["val_corner"]
    assert records[-1]["val_corner"] < 0.1
    assert records[-1]["val_missed"] < 0.2


@pytest.mark.parametrize(("x", "y", "side"), [(200, 150, 120), (420, 260, 90)])
def test_the_object_is_found_in_a_photo(trained: tuple[Aligner, list[dict]], x, y, side) -> None:
    images, _ = _photo_set(1)
    photo = Image.fromarray(made_backgrounds(images, 1)[0].permute(1, 2, 0).numpy())
    photo = photo.resize((600, 400))
    cross = Image.fromarray(images.pixels[0].permute(1, 2, 0).numpy()).resize((side, side))
    photo.paste(cross, (x - side // 2, y - side // 2))
    found = detect(to_tensor(photo), trained[0])
    assert found
    pose = found[0].pose
    assert math.dist((pose.x, pose.y), (x, y)) < 0.12 * side
    assert pose.side == pytest.approx(side, rel=0.2)


def test_overlapping_finds_become_one() -> None:
    finds = [
        Found(Pose(100, 100, 50, 0), 0.6),
        Found(Pose(105, 98, 55, 0.1), 0.9),
        Found(Pose(200, 100, 50, 0), 0.5),
        Found(Pose(100, 100, 160, 0), 0.4),
    ]
    assert [one.confidence for one in distinct(finds)] == [0.9, 0.5, 0.4]


def test_photos_with_known_squares(tmp_path: Path) -> None:
    path = tmp_path / "photos.zip"
    Image.new("RGB", (300, 200), (9, 9, 9)).save(tmp_path / "a.png")
    quad = [[110, 60], [110, 160], [210, 160], [210, 60]]
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(tmp_path / "a.png", "train/a.png")
        archive.writestr("alignment.json", json.dumps({"train/a.png": {"quad": quad}}))
    photos = load_photos(path, "train/")
    x, y, side, angle = photos.truth[0].tolist()
    assert side == pytest.approx(SIDE_PX)
    assert angle == pytest.approx(0)
    assert (x, y) == (pytest.approx(96, abs=1), pytest.approx(110 * 0.72, abs=1))
    with pytest.raises(TrainingError, match="test/"):
        load_photos(path, "test/")
    with pytest.raises(TrainingError, match=r"alignment\.json"):
        load_photos(tmp_path / "a.png", "")


def _photos_with_landmarks(folder: Path, count: int) -> Path:
    rng = np.random.default_rng(0)
    points = [[130.0, 90.0], [170.0, 90.0], [150.0, 115.0], [135.0, 140.0], [165.0, 140.0]]
    entry = {"quad": [list(p) for p in TIGHT.square(points).quad()], "landmarks": points}
    known = {}
    with zipfile.ZipFile(folder / "photos.zip", "w") as archive:
        for name in (f"train/{i}.png" for i in range(count)):
            Image.fromarray(rng.integers(0, 256, (200, 300, 3), np.uint8)).save(folder / "a.png")
            archive.write(folder / "a.png", name)
            known[name] = entry
        archive.writestr("alignment.json", json.dumps(known))
    return folder / "photos.zip"


def test_squares_of_photos_are_those_of_the_alignment(tmp_path: Path) -> None:
    """The same photo, scaled until its square has the usual side: a head's shows less enlarged."""
    path = _photos_with_landmarks(tmp_path, 1)
    stored, tight, head = (
        load_photos(path, "train/", alignment=wished) for wished in (None, TIGHT, FFHQ)
    )
    assert torch.equal(stored.truth, tight.truth)
    assert head.truth[0, 2].item() == pytest.approx(SIDE_PX)
    square = FFHQ.square([[130, 90], [170, 90], [150, 115], [135, 140], [165, 140]])
    factor = SIDE_PX / square.side
    assert head.sizes[0].tolist() == pytest.approx([300 * factor, 200 * factor], abs=1)
    assert head.truth[0, :2].tolist() == pytest.approx(
        [square.x * factor, square.y * factor], abs=1
    )


def test_the_alignment_of_a_training_stands_in_its_files(tmp_path: Path, capsys) -> None:
    data = write_noise(tmp_path / "data", 12)
    photos, out = _photos_with_landmarks(tmp_path, 12), tmp_path / "run"
    command = ["train-aligner", "--data", str(data), "--photos", str(photos), "--out", str(out)]
    command += ["--kimg", "0.008", "--batch", "4", "--held-out", "4", "--width", "4"]
    assert main([*command, "--alignment", "1.0", "0.1"]) == 0
    _, header = read_tensors(out / "aligner.safetensors")
    assert header["alignment"] == [1.0, 0.1]
    assert header["data"] == "data"
    assert main([*command, "--kimg", "0.016", "--alignment", "0.64", "0.36"]) == 1
    assert "other options" in capsys.readouterr().err
    assert main([*command, "--alignment", "0", "0.1"]) == 1
    assert "alignment 0.0 0.1" in capsys.readouterr().err
    assert main([*command, "--out", str(tmp_path / "as"), "--domain", "faces64"]) == 0
    _, header = read_tensors(tmp_path / "as" / "aligner.safetensors")
    assert header["alignment"] == [0.64, 0.36], "as the pack of that name says"
    assert main([*command, "--out", str(tmp_path / "no")]) == 0
    _, header = read_tensors(tmp_path / "no" / "aligner.safetensors")
    assert "alignment" not in header


def test_squares_of_heads_may_be_larger_than_the_photo() -> None:
    """A face that fills the photo has a head's square of 1.6 of its longer side."""
    assert largest_of(None) == largest_of(TIGHT) == LARGEST
    assert largest_of(FFHQ) == pytest.approx(LARGEST / 0.64)
    seen = []

    class Looker:
        def __call__(self, image: torch.Tensor) -> torch.Tensor:
            seen.append(image.shape[-1] - WINDOW)
            height, width = ((side - WINDOW) // STRIDE + 1 for side in image.shape[-2:])
            return torch.full((1, OUTPUTS, height, width), -9.0)

    photo = torch.zeros(1, 3, 640, 640)
    assert detect(photo, Looker(), largest_of(FFHQ)) == []  # type: ignore[arg-type]
    sides = [WINDOW / CONTEXT * 640 / shown for shown in seen]
    assert 1.3 * 640 < max(sides) < 1.95 * 640
    count = len(seen)
    seen.clear()
    assert detect(photo, Looker()) == []  # type: ignore[arg-type]
    assert len(seen) == count - 1
    assert max(WINDOW / CONTEXT * 640 / shown for shown in seen) < 1.25 * 640


def test_too_few_photos_are_refused(tmp_path: Path) -> None:
    images, photos = _photo_set(10)
    with pytest.raises(OptionError, match="too few"):
        next(
            train_aligner(
                photos,
                made_backgrounds(images, 2),
                RunFolder(tmp_path),
                AlignerTraining(),
                AlignerConfig(4),
            )
        )


@pytest.mark.skipif(not (SHARED / "photos_unaligned.zip").exists(), reason="needs ../shared")
def test_the_shipped_aligner_finds_held_out_faces(faces: Editor) -> None:
    archive = SHARED / "photos_unaligned.zip"
    changes = ["as it is", "half the size", "4 times the size", "turned by 15 degrees"]
    for record in measure_photos(faces.find, archive, ["test/"], CONFIDENT, 24, changes):
        assert record["found"] >= 0.9, record
        assert record["corner_error"] < 0.07, record


def test_a_photo_without_the_object_is_placed_in_the_middle(faces: Editor, tiny: Editor) -> None:
    assert tiny.find(Image.new("RGB", (80, 60))) == []
    assert tiny.place(Image.new("RGB", (80, 60))) == Crop()
    assert faces.find(Image.new("RGB", (300, 200), (90, 120, 160))) == []
    generated = faces.example(4, 0.6).resize((200, 200))
    canvas = Image.new("RGB", (500, 400), (90, 120, 160))
    canvas.paste(generated, (220, 120))
    crop = faces.place(canvas)
    assert (crop.x * 500, crop.y * 400) == (pytest.approx(320, abs=20), pytest.approx(220, abs=20))
    assert crop.side * 400 == pytest.approx(200, rel=0.15)


def test_the_command_cuts_squares_out(faces: Editor, tmp_path: Path, capsys) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    canvas = Image.new("RGB", (700, 400), (90, 120, 160))
    for index, x in enumerate((60, 420)):
        canvas.paste(faces.example(index, 0.6).resize((220, 220)), (x, 90))
    canvas.save(photos / "two.png")
    Image.new("RGB", (300, 200), (90, 120, 160)).save(photos / "none.png")
    command = ["align", str(photos), "--out", str(out), "--domain", "faces64", "--size", "96"]
    assert main(command) == 1
    assert "no face was found" in capsys.readouterr().err
    assert {path.name for path in out.iterdir()} == {
        "two.png",
        "two_1.png",
        "places.json",
        "done.json",
    }
    assert picture_of(out / "two.png").size == (96, 96)
    places = json.loads((out / "places.json").read_text())
    assert sorted(round(place["x"] * 700 / 10) for place in places["two.png"]) == pytest.approx(
        [17, 53], abs=2
    )
    (out / "two.png").write_bytes(b"")  # seen to be made again or not
    assert main(command) == 1
    assert "1 were done before" in capsys.readouterr().out
    assert not (out / "two.png").read_bytes()
    assert json.loads((out / "places.json").read_text()) == places
    assert main([*command, "--redo"]) == 1
    assert (out / "two.png").read_bytes()
    (out / "two_1.png").unlink()
    assert main(command) == 1
    assert (out / "two_1.png").exists(), "what is missing is made again"
    assert main([*command[:-1], "0"]) == 1
    assert "--size is 0" in capsys.readouterr().err


def test_align_never_writes_over_a_photo(faces: Editor, tmp_path: Path, capsys) -> None:
    canvas = Image.new("RGB", (700, 400), (90, 120, 160))
    for index, x in enumerate((60, 420)):
        canvas.paste(faces.example(index, 0.6).resize((220, 220)), (x, 90))
    for name in ("two.jpg", "two_1.png"):
        canvas.save(tmp_path / name)
    before = (tmp_path / "two_1.png").read_bytes()
    out = ["--out", str(tmp_path), "--domain", "faces64"]
    assert main(["align", str(tmp_path / "two_1.png"), *out]) == 1
    assert main(["align", str(tmp_path / "two.jpg"), str(tmp_path / "two_1.png"), *out]) == 1
    assert "would be overwritten" in capsys.readouterr().err
    assert (tmp_path / "two_1.png").read_bytes() == before
