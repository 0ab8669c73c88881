"""Published files become a pack, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from editor import Editor
from editor.cli import main
from editor.errors import EditorError, MismatchError, OptionError, WeightsError
from editor.layers import parse_layers
from editor.packs import write as pack_writer
from editor.packs.convert.describe import describe_file
from editor.packs.convert.idinvert import (
    convert_boundary,
    convert_encoder,
    convert_generator,
)
from editor.packs.convert.npy_files import read_npy
from editor.packs.convert.run import Sources, convert_files
from editor.packs.info import read_info
from tests.conftest import SHARED
from tests.reference.cut import FOLDER
from tests.reference.published import encoder_state, generator_state, write_published

PUBLISHED = SHARED.parent / "reference" / "idinvert" / "boundaries"


def _convert(folder: Path, root: Path, **options: object) -> Editor:
    perceptual = folder / "perceptual.pth"
    sources = Sources(
        "pub32",
        folder / "generator.pth",
        folder / "encoder.pth",
        perceptual if perceptual.exists() else None,
        **options,
    )
    for _ in convert_files(sources, root / "checkpoints", root / "boundaries"):
        pass
    return Editor.open("pub32", "cpu", root / "checkpoints", root / "boundaries")


def test_a_published_model_works_like_any_pack(tmp_path: Path) -> None:
    files = write_published(tmp_path / "files", vgg=True)
    folder = tmp_path / "npy"
    folder.mkdir()
    rng = np.random.default_rng(0)
    boundary = {"boundary": rng.normal(size=(1, 8, 16)), "meta_data": {"manipulate_layers": "2-4"}}
    np.save(folder / "age.npy", np.array(boundary, dtype=object), allow_pickle=True)
    np.save(folder / "pose.npy", rng.normal(size=(1, 16)))
    editor = _convert(files, tmp_path, boundaries=folder, subject="face", title="Published")
    assert editor.info.title == "Published"
    assert editor.engine.pack.discriminator is None
    assert editor.engine.inversion.weights.feat == 5e-5
    assert editor.engine.inversion.weights.domain == 2.0
    assert editor.engine.inversion.lr == 0.01
    age = editor.sliders["age"].info
    assert age.layers == (2, 3, 4)
    assert editor.sliders["pose"].info.layers == tuple(range(8))
    photo = editor.example(3)
    assert photo.size == (32, 32)
    steps = list(editor.invert_steps(photo))
    assert {"loss_pix", "loss_feat", "loss_domain"} <= set(steps[0].losses)
    edit = editor.edit(steps[-1].wp[0]).move(age=2.0)
    moved = (edit.wp_edited - edit.wp).abs().amax(dim=1) > 0
    assert moved.nonzero()[:, 0].tolist() == [2, 3, 4]
    card = (tmp_path / "checkpoints" / "pub32" / "MODEL_CARD.md").read_text()
    assert "generator.pth" in card


def test_without_a_perceptual_network_the_feature_term_is_off(tmp_path: Path) -> None:
    editor = _convert(write_published(tmp_path / "files"), tmp_path)
    assert editor.engine.feature_term is None
    assert editor.engine.inversion.weights.feat == 0.0
    assert "loss_feat" not in next(editor.invert_steps(editor.example(0))).losses


def test_float16_halves_the_files(tmp_path: Path) -> None:
    files = write_published(tmp_path / "files")
    exact = _convert(files, tmp_path / "a")
    small = _convert(files, tmp_path / "b", float16=True)
    name = "encoder.safetensors"
    sizes = [e.info.files[name]["bytes"] for e in (exact, small)]
    assert sizes[1] < 0.6 * sizes[0]
    pictures = [np.asarray(e.example(1), dtype=float) for e in (exact, small)]
    assert np.abs(pictures[0] - pictures[1]).mean() < 2


def test_both_layouts_of_the_doubling_convolution_give_the_same_image() -> None:
    """TF's layout is the plain one with axes moved and the kernel turned by half a turn."""
    torch.manual_seed(3)
    state = generator_state()
    plain = convert_generator(state)
    moved = dict(state)
    for layer in (2, 4, 6):
        weight = moved.pop(f"synthesis.layer{layer}.conv.weight")
        moved[f"synthesis.layer{layer}.weight"] = weight.flip(2, 3).permute(2, 3, 1, 0)
    other = convert_generator(moved)
    z = torch.randn(2, plain.z_dim)
    torch.testing.assert_close(plain(z), other(z))


@torch.no_grad()
def test_the_mean_code_of_each_layer_is_that_of_its_layer() -> None:
    generator = convert_generator(generator_state())
    z = torch.randn(4000, generator.z_dim, generator=torch.Generator().manual_seed(5))
    codes = generator.mapping(z)
    spread = codes.std(dim=0).norm(dim=1)
    assert (spread > 0).all()
    error = (generator.w_avg - codes.mean(dim=0)).norm(dim=1)
    assert (error < 0.1 * spread).all()
    assert not torch.allclose(generator.w_avg[0], generator.w_avg[-1])


def _dropped(state: dict, name: str) -> dict:
    return {key: value for key, value in state.items() if key != name}


BROKEN = {
    "missing": lambda s: _dropped(s, "synthesis.layer3.conv.weight"),
    "unknown": lambda s: s | {"synthesis.layer3.extra": torch.zeros(1)},
    "shape": lambda s: s | {"synthesis.layer3.epilogue.bias": torch.zeros(5)},
    "growing": lambda s: s | {"synthesis.lod": torch.tensor(1.5)},
    "blur": lambda s: s | {"synthesis.layer2.blur.kernel": torch.ones(32, 1, 3, 3)},
    "not finite": lambda s: s | {"synthesis.layer3.epilogue.bias": torch.full((32,), torch.nan)},
    "mapping": lambda s: s | {"mapping.dense7.fc.weight": torch.zeros(17, 32)},
    "no mean": lambda s: _dropped(s, "truncation.w_avg"),
    "empty": lambda s: {},
    "an encoder": lambda s: encoder_state(),
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_generators_that_do_not_fit_are_refused(name: str, tmp_path: Path) -> None:
    files = write_published(tmp_path / "files")
    torch.save(BROKEN[name](generator_state()), files / "generator.pth")
    with pytest.raises(MismatchError):
        _convert(files, tmp_path)
    assert not (tmp_path / "checkpoints").exists()
    assert not (tmp_path / "boundaries").exists()


def test_an_encoder_of_another_generator_is_refused() -> None:
    with pytest.raises(MismatchError, match="belongs to the generator"):
        convert_encoder(encoder_state(w=8), 8, 16)
    with pytest.raises(MismatchError, match="belongs to the generator"):
        convert_encoder(encoder_state(resolution=64), 8, 16)


def test_an_interrupted_conversion_leaves_the_old_pack(tmp_path: Path, monkeypatch) -> None:
    files = write_published(tmp_path / "files")
    before = _convert(files, tmp_path).info.files
    torch.manual_seed(99)
    write_published(files)

    def full_disk(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pack_writer, "write_tensors", full_disk)
    with pytest.raises(OSError, match="No space"):
        _convert(files, tmp_path)
    checkpoints = tmp_path / "checkpoints"
    assert [path.name for path in checkpoints.iterdir()] == ["pub32"]
    assert Editor.open("pub32", "cpu", checkpoints, tmp_path / "boundaries").info.files == before


def test_boundaries_of_an_earlier_generator_are_replaced_or_refused(tmp_path: Path) -> None:
    files = write_published(tmp_path / "files")
    folder = tmp_path / "npy"
    folder.mkdir()
    np.save(folder / "age.npy", np.ones((1, 16)))
    _convert(files, tmp_path, boundaries=folder)
    torch.manual_seed(99)
    write_published(files)
    before = (tmp_path / "checkpoints" / "pub32" / "domain.json").read_text()
    with pytest.raises(OptionError, match=r"age\.safetensors"):
        _convert(files, tmp_path)
    assert (tmp_path / "checkpoints" / "pub32" / "domain.json").read_text() == before
    (folder / "age.npy").rename(folder / "pose.npy")
    assert list(_convert(files, tmp_path, boundaries=folder).boundaries) == ["pose"]
    assert [path.name for path in (tmp_path / "boundaries").iterdir()] == ["pub32"]


@pytest.mark.parametrize(
    ("folder", "count"), [(FOLDER, 1), *([(PUBLISHED, 14)] if PUBLISHED.exists() else [])]
)
def test_published_boundaries_are_read_with_their_layers(folder: Path, count: int) -> None:
    """Layers as the paper's code lists them."""
    wanted = {"age": range(6), "expression": range(2, 6), "eyeglasses": range(3)}
    wanted |= {"gender": range(2, 5), "pose": range(3)}
    files = sorted(folder.rglob("*.npy"))
    assert len(files) == count
    for file in files:
        normal, layers = convert_boundary(read_npy(file), 14, 512)
        assert layers == tuple(wanted.get(file.stem, range(14))), file
        torch.testing.assert_close(normal.norm(dim=1), torch.ones(14))
        original = np.load(file, allow_pickle=True).item()["boundary"]
        np.testing.assert_allclose(normal.numpy(), original[0], atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 16), (16,), (8, 16), (1, 8, 16)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_boundaries_of_every_shape(shape: tuple[int, ...], dtype: type) -> None:
    values = np.random.default_rng(0).normal(size=shape).astype(dtype)
    normal, layers = convert_boundary(values, 8, 16)
    assert normal.shape == (8, 16)
    assert layers == tuple(range(8))
    row = torch.from_numpy(values.reshape(-1, 16)[-1]).float()
    torch.testing.assert_close(normal[-1], row / row.norm())


def test_blank_layers_are_all() -> None:
    """As where directions of other programs are read: a blank text names none."""
    blank = {"boundary": np.ones((1, 16)), "meta_data": {"manipulate_layers": " "}}
    assert convert_boundary(blank, 8, 16)[1] == tuple(range(8))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (np.zeros((1, 16)), WeightsError),
        (np.full((1, 16), np.nan), WeightsError),
        (np.ones((1, 12)), MismatchError),
        (np.ones((3, 16)), MismatchError),
        (np.ones((1, 16), dtype=int), WeightsError),
        ({"boundary": None}, WeightsError),
        ("boundary", WeightsError),
        ({"boundary": np.ones((1, 16)), "meta_data": {"manipulate_layers": [9]}}, MismatchError),
        ({"boundary": np.ones((1, 16)), "meta_data": {"manipulate_layers": "a-b"}}, OptionError),
    ],
)
def test_boundaries_that_do_not_fit(data: object, error: type[EditorError]) -> None:
    with pytest.raises(error):
        convert_boundary(data, 8, 16)


def test_layers_in_words() -> None:
    assert parse_layers("6-11") == (6, 7, 8, 9, 10, 11)
    assert parse_layers("0, 2-4") == (0, 2, 3, 4)
    assert parse_layers([3, 1, 1]) == (1, 3)


def test_inspect_says_what_a_file_is(tmp_path: Path, capsys) -> None:
    files = write_published(tmp_path / "files", legacy=True, vgg=True)
    generator = describe_file(files / "generator.pth")
    assert generator["format"] == "torch file, legacy"
    assert (generator["resolution"], generator["num_ws"], generator["w_dim"]) == (32, 8, 16)
    encoder = describe_file(files / "encoder.pth")
    assert (encoder["resolution"], encoder["num_ws"], encoder["w_dim"]) == (32, 8, 16)
    assert "VGG16" in describe_file(files / "perceptual.pth")["what"]
    np.save(tmp_path / "smile.npy", np.ones((1, 16)))
    assert describe_file(tmp_path / "smile.npy")["what"] == "boundary"
    (tmp_path / "text.pth").write_text("hello")
    assert main(["inspect", str(files / "encoder.pth"), str(tmp_path / "text.pth")]) == 1
    captured = capsys.readouterr()
    assert "encoder of idinvert" in captured.out
    assert "text.pth" in captured.err


def test_inspect_reads_our_own_files(tiny_root: Path) -> None:
    found = describe_file(tiny_root / "checkpoints" / "tiny" / "generator.safetensors")
    assert found["what"] == "generator"
    assert found["resolution"] == 16
    assert found["licence"] == "MIT"
    found = describe_file(tiny_root / "boundaries" / "tiny" / "age.safetensors")
    assert found["what"] == "boundary"
    assert found["layers"] == [0, 1, 2]


def test_the_command(tmp_path: Path, capsys) -> None:
    files = write_published(tmp_path / "files")
    command = ["convert", "idinvert", "--generator", str(files / "generator.pth")]
    command += ["--encoder", str(files / "encoder.pth"), "--root", str(tmp_path), "--name", "pub32"]
    assert main([*command, "--licence", "MIT"]) == 0
    assert f"--domain pub32 --root {tmp_path}" in capsys.readouterr().out
    assert read_info("pub32", tmp_path / "checkpoints").licence == "MIT"
    assert main([*command[:-1], "../outside"]) == 1
    assert "no name for a domain" in capsys.readouterr().err
