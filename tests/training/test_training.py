from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from editor.data.image_set import ImageSet, load_images
from editor.errors import OptionError, TrainingError
from editor.models.config import EncoderConfig
from editor.models.encoder import Encoder
from editor.models.perceptual import DiscriminatorPerceptual, SqueezeNetFeatures
from editor.packs.load import load_encoder, load_pair
from editor.packs.tensors import read_tensors
from editor.training.augment import AdaptiveStrength, apply_changes, draw_changes
from editor.training.encoder import train_encoder
from editor.training.encoder_step import EncoderTraining, _set_lr
from editor.training.generator import _prepare, train_generator
from editor.training.generator_options import GeneratorTraining
from editor.training.grow import Origin
from editor.training.loop import Clock
from editor.training.losses import loss_discriminator, loss_generator, r1_penalty
from editor.training.projected import WIDTH, ProjectedDiscriminator, draw_window
from editor.training.run import RunFolder
from tests.conftest import DISCRIMINATOR, ENCODER, GENERATOR

CPU = torch.device("cpu")
SHORT = {"batch": 4, "tick_kimg": 0.008, "snapshot_kimg": 0.016, "bf16": False}


@pytest.fixture
def images() -> ImageSet:
    pixels = torch.randint(0, 256, (24, 3, 16, 16), dtype=torch.uint8)
    return ImageSet(pixels, [str(i) for i in range(24)], [{} for _ in range(24)])


def _generator_run(
    images: ImageSet,
    path: Path,
    kimg: float,
    noise: bool = False,
    features: SqueezeNetFeatures | None = None,
    **options: object,
) -> list[dict]:
    settings = GeneratorTraining(kimg=kimg, **(SHORT | options))
    config = replace(GENERATOR, noise=noise)
    run = RunFolder(path)
    return list(
        train_generator(images, run, settings, config, DISCRIMINATOR, CPU, {}, features=features)
    )


def test_generator_training_writes_its_run(images: ImageSet, tmp_path: Path) -> None:
    records = _generator_run(images, tmp_path, 0.032)
    assert [r["kimg"] for r in records] == [0.008, 0.016, 0.024, 0.032]
    names = {p.name for p in tmp_path.iterdir()}
    assert {"options.json", "stats.jsonl", "checkpoint.safetensors"} <= names
    assert {"generator.safetensors", "discriminator.safetensors"} <= names
    assert any(name.startswith("samples-") for name in names)
    logged = [json.loads(line) for line in (tmp_path / "stats.jsonl").read_text().splitlines()]
    assert logged == records


def _with_reconstructions(images: ImageSet, path: Path, kimg: float, **options: object) -> list:
    settings = GeneratorTraining(kimg=kimg, **(SHORT | {"recon_share": 0.5} | options))
    run = RunFolder(path)
    given = (images, run, settings, GENERATOR, DISCRIMINATOR, CPU, {})
    return list(train_generator(*given, encoder_config=ENCODER))


def test_reconstructions_teach_the_generator_the_photos(images: ImageSet, tmp_path: Path) -> None:
    few = replace(images, pixels=images.pixels[:4], names=["a"] * 4, attributes=[{}] * 4)
    options = {"lr": 0.01, "recon_lr": 0.01, "ema_kimg": 0.01, "flip": False, "tick_kimg": 0.08}
    records = _with_reconstructions(few, tmp_path, 0.8, **options)
    assert records[-1]["loss_recon"] < 0.8 * records[0]["loss_recon"]
    assert records[-1]["loss_code"] >= 0
    assert (tmp_path / "encoder.safetensors").is_file()
    options["recon_pix"] = options["recon_feat"] = 0.0
    blind = _with_reconstructions(few, tmp_path / "blind", 0.8, **options)
    assert blind[-1]["loss_recon"] > 1.2 * records[-1]["loss_recon"], "it is these terms that teach"


def test_a_training_with_reconstructions_resumes_and_is_an_origin(
    images: ImageSet, tmp_path: Path
) -> None:
    _with_reconstructions(images, tmp_path / "whole", 0.032)
    _with_reconstructions(images, tmp_path / "parts", 0.016)
    _with_reconstructions(images, tmp_path / "parts", 0.032)
    whole, _ = read_tensors(tmp_path / "whole" / "checkpoint.safetensors")
    parts, _ = read_tensors(tmp_path / "parts" / "checkpoint.safetensors")
    assert all(torch.equal(value, parts[name]) for name, value in whole.items())
    assert any(name.startswith("ema_e/") for name in whole)
    written = load_encoder(tmp_path / "whole")
    assert written is not None
    assert written.config == ENCODER
    assert load_encoder(tmp_path) is None
    origin = Origin(*load_pair(tmp_path / "whole"), written)
    larger = replace(ENCODER, fmaps_base=2 * ENCODER.fmaps_base)
    options = GeneratorTraining(kimg=0.008, recon_share=0.5, **SHORT)
    given = (
        images,
        RunFolder(tmp_path / "new"),
        options,
        GENERATOR,
        DISCRIMINATOR,
        CPU,
        {},
        origin,
    )
    with pytest.raises(OptionError, match="cannot start one"):
        next(train_generator(*given, encoder_config=larger))
    assert not (tmp_path / "new").exists()
    assert list(train_generator(*given, encoder_config=ENCODER))[-1]["kimg"] == 0.008


@pytest.mark.parametrize("share", [0.01, 0.99])
def test_there_is_always_a_reconstruction_and_a_sample(
    images: ImageSet, tmp_path: Path, share: float
) -> None:
    (record,) = _with_reconstructions(images, tmp_path, 0.008, recon_share=share)
    assert all(math.isfinite(record[name]) for name in ("loss_recon", "loss_code"))


@pytest.mark.parametrize(
    "options",
    [{"recon_share": 1.0}, {"recon_share": -0.1}, {"recon_lr": 0.0}, {"recon_feat": -1.0}],
)
def test_reconstruction_options_out_of_range_are_refused(options: dict) -> None:
    with pytest.raises(OptionError, match="recon_"):
        GeneratorTraining(**options)


@pytest.mark.parametrize("more", [False, True], ids=["plain", "noise and projected"])
def test_resuming_gives_the_numbers_of_an_uninterrupted_run(
    images: ImageSet, tmp_path: Path, more: bool
) -> None:
    extra: dict = {"noise": more, "features": SqueezeNetFeatures() if more else None}
    extra |= {"projected_zoom": 0.5} if more else {}
    _generator_run(images, tmp_path / "whole", 0.032, **extra)
    _generator_run(images, tmp_path / "parts", 0.016, **extra)
    again = _generator_run(images, tmp_path / "parts", 0.032, **extra)
    assert again[0]["kimg"] == 0.024
    assert ("loss_projected" in again[0]) == more
    whole, _ = read_tensors(tmp_path / "whole" / "checkpoint.safetensors")
    parts, _ = read_tensors(tmp_path / "parts" / "checkpoint.safetensors")
    assert set(whole) == set(parts)
    for name, tensor in whole.items():
        assert torch.equal(tensor, parts[name]), name


def test_projected_discriminator_learns_and_its_features_do_not() -> None:
    features = SqueezeNetFeatures()
    before = {name: value.clone() for name, value in features.state_dict().items()}
    judge = ProjectedDiscriminator(features, SqueezeNetFeatures.CHANNELS)
    assert all(head[-1].weight.shape == (1, WIDTH, 1, 1) for head in judge.heads)
    assert not any(name.startswith("features") for name in judge.state_dict())
    projections = [layer.weight.clone() for layer in judge.projections]
    adam = torch.optim.Adam(judge.heads.parameters(), lr=0.01)
    flat = torch.full((4, 3, 32, 32), 0.3)
    rough = torch.where(torch.rand(4, 3, 32, 32) < 0.5, -1.0, 1.0)
    for _ in range(20):
        loss = loss_discriminator(judge.judge(judge.maps(flat)), judge.judge(judge.maps(rough)))
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert loss < 1.0  # log 4 = 1.39 where it cannot tell
    assert all(torch.equal(value, before[n]) for n, value in features.state_dict().items())
    assert all(map(torch.equal, projections, [layer.weight for layer in judge.projections]))

    fake = rough.clone().requires_grad_(True)
    judge.requires_grad_(False)
    loss_generator(judge.judge(judge.maps(fake))).backward()
    assert fake.grad is not None
    assert fake.grad.abs().sum() > 0


def test_the_window_is_a_quarter_as_often_as_asked() -> None:
    rng = torch.Generator().manual_seed(0)
    drawn = [draw_window(16, rng, 0.3) for _ in range(1000)]
    picture = torch.arange(256).view(1, 1, 16, 16)
    seen = [picture[..., rows, columns] for rows, columns in drawn]
    quarters = [part for part in seen if part.shape[-2:] == (8, 8)]
    assert all(torch.equal(part, picture) for part in seen if part.shape[-2:] != (8, 8))
    assert 0.25 < len(quarters) / len(seen) < 0.35
    assert {int(part[0, 0, 0, 0]) for part in quarters} > {0, 8, 8 * 16, 8 * 16 + 8}, "all corners"
    assert len(torch.cat([part.flatten() for part in quarters]).unique()) == 256
    with pytest.raises(OptionError, match="projected_zoom"):
        GeneratorTraining(projected_zoom=1.1)
    with pytest.raises(OptionError, match="shares"):
        GeneratorTraining(augment_geometry=1.1)


def test_another_run_is_not_overwritten(images: ImageSet, tmp_path: Path) -> None:
    _generator_run(images, tmp_path, 0.008)
    with pytest.raises(TrainingError, match="other options"):
        _generator_run(images, tmp_path, 0.016, lr=0.1)


def test_the_average_may_be_another_when_a_run_goes_on(images: ImageSet, tmp_path: Path) -> None:
    """It changes the snapshots, and nothing of the training."""
    found = {}
    for name, half_life in (("same", 10.0), ("shorter", 1e-9)):
        _generator_run(images, tmp_path / name, 0.016)
        _generator_run(images, tmp_path / name, 0.032, ema_kimg=half_life)
        found[name], _ = read_tensors(tmp_path / name / "checkpoint.safetensors")
    key = "synth.blocks.0.conv1.weight"
    assert torch.equal(found["same"][f"g/{key}"], found["shorter"][f"g/{key}"])
    assert torch.equal(found["shorter"][f"ema/{key}"], found["shorter"][f"g/{key}"])
    assert not torch.equal(found["same"][f"ema/{key}"], found["shorter"][f"ema/{key}"])


def _failing(monkeypatch: pytest.MonkeyPatch, fails: Callable[[int], bool]) -> list[int]:
    """Make the generator's loss undefined at some of its evaluations, counted from 1."""
    calls: list[int] = []

    def loss(logits: torch.Tensor) -> torch.Tensor:
        calls.append(len(calls) + 1)
        return loss_generator(logits) * (float("nan") if fails(calls[-1]) else 1.0)

    monkeypatch.setattr("editor.training.adversarial.loss_generator", loss)
    return calls


@pytest.mark.parametrize("first", [1, 7])
def test_a_loss_that_is_not_finite_is_rolled_back(
    first: int, images: ImageSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bad step: back to the checkpoint (of the start, or of 0.016 kimg), then on to the end."""
    calls = _failing(monkeypatch, lambda call: call == first)
    records = _generator_run(images, tmp_path, 0.032)
    assert len(calls) == 8 + (1 if first == 1 else 3)
    assert records[-1]["rollbacks"] == 1
    logged = [json.loads(line) for line in (tmp_path / "stats.jsonl").read_text().splitlines()]
    assert [r["kimg"] for r in logged] == [0.008, 0.016, 0.024, 0.032]
    tensors, _ = read_tensors(tmp_path / "checkpoint.safetensors")
    assert all(bool(torch.isfinite(t).all()) for t in tensors.values())


def test_a_weight_that_is_not_finite_is_rolled_back(
    images: ImageSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Finite losses, then an update that ruins a weight just before a checkpoint."""
    from editor.training import generator as module

    original, calls = module.training_step, []

    def step(state, *args) -> dict[str, float]:
        calls.append(1)
        stats = original(state, *args)
        if len(calls) == 4:
            with torch.no_grad():
                state.generator.w_avg[0, 0] = float("inf")
        return stats

    monkeypatch.setattr(module, "training_step", step)
    records = _generator_run(images, tmp_path, 0.016)
    assert len(calls) == 8
    assert records[-1]["rollbacks"] == 1
    tensors, _ = read_tensors(tmp_path / "checkpoint.safetensors")
    assert bool(torch.isfinite(tensors["g/w_avg"]).all())


def test_updates_are_recorded_again_after_a_checkpoint_was_read(images: ImageSet) -> None:
    """A recording knows the addresses of Adam's state, which reading a checkpoint replaces."""
    options = GeneratorTraining(**SHORT)
    state = _prepare(options, GENERATOR, DISCRIMINATOR, CPU, None, images, set())
    first = state.recorded(options)
    assert state.recorded(options) is first
    state.adam_g.load_state_dict(state.adam_g.state_dict())
    assert state.recorded(options) is not first


def test_losses_that_stay_undefined_end_the_run(
    images: ImageSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _generator_run(images, tmp_path, 0.016)
    before = (tmp_path / "checkpoint.safetensors").read_bytes()
    calls = _failing(monkeypatch, lambda call: True)
    with pytest.raises(TrainingError, match=r"loss_g not finite.*4 times"):
        _generator_run(images, tmp_path, 0.032)
    assert len(calls) == 4
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == before


@pytest.mark.parametrize("kind", ["domain-guided", "traditional"])
def test_encoder_training(
    kind: str, images: ImageSet, tmp_path: Path, generator, discriminator
) -> None:
    fixed = [p.clone() for p in generator.parameters()]

    def run(kimg: float) -> list[dict]:
        options = EncoderTraining(kind=kind, kimg=kimg, held_out=4, lr=0.003, **SHORT)
        term = DiscriminatorPerceptual(discriminator)
        return list(
            train_encoder(
                images, RunFolder(tmp_path), options, ENCODER, generator, discriminator, term, {}
            )
        )

    first = run(0.32)
    loss = "loss_code" if kind == "traditional" else "loss_pix"
    assert sum(r[loss] for r in first[-10:]) < sum(r[loss] for r in first[:10])
    assert {"val_mse", "val_domain"} <= set(first[0])
    assert run(0.336)[0]["kimg"] == pytest.approx(0.328)
    assert all(torch.equal(a, b) for a, b in zip(fixed, generator.parameters(), strict=True))
    assert (
        read_tensors(tmp_path / "encoder.safetensors", kind="encoder")[1]["training"]["kind"]
        == kind
    )


def _encoder_run(
    images: ImageSet,
    path: Path,
    networks: tuple,
    config: EncoderConfig = ENCODER,
    origin: Encoder | None = None,
    **options: object,
) -> list[dict]:
    generator, discriminator = networks
    settings = EncoderTraining(**(SHORT | {"kimg": 0.016, "held_out": 4} | options))
    term = DiscriminatorPerceptual(discriminator)
    return list(
        train_encoder(
            images,
            RunFolder(path),
            settings,
            config,
            generator,
            discriminator,
            term,
            origin=origin,
        )
    )


def test_codes_of_samples_are_learnt_beside_the_photos(
    images: ImageSet, tmp_path: Path, generator, discriminator
) -> None:
    records = _encoder_run(
        images,
        tmp_path,
        (generator, discriminator),
        kimg=0.32,
        lr=0.003,
        weight_code=10.0,
        weight_pix=0.0,
        weight_feat=0.0,
        weight_adv=0.0,
    )
    losses = [record["loss_code"] for record in records]
    assert sum(losses[-10:]) < 0.8 * sum(losses[:10])


def test_an_encoder_can_start_from_the_discriminators_blocks(
    images: ImageSet, tmp_path: Path, generator, discriminator
) -> None:
    networks = (generator, discriminator)
    _encoder_run(images, tmp_path / "a", networks, lr=1e-9, trunk_from_discriminator=True)
    state, _ = read_tensors(tmp_path / "a" / "checkpoint.safetensors")
    for name, value in discriminator.trunk.state_dict().items():
        torch.testing.assert_close(state[f"e/trunk.{name}"], value)
    wider = replace(ENCODER, fmaps_base=256)
    with pytest.raises(OptionError, match="--fmaps-base 128"):
        _encoder_run(images, tmp_path / "b", networks, wider, trunk_from_discriminator=True)


def test_an_encoder_can_start_from_another(
    images: ImageSet, tmp_path: Path, generator, discriminator
) -> None:
    networks = (generator, discriminator)
    origin = Encoder(ENCODER)
    generator.w_avg.fill_(3.0)
    _encoder_run(images, tmp_path / "a", networks, origin=origin, lr=1e-9)
    state, _ = read_tensors(tmp_path / "a" / "checkpoint.safetensors")
    for name, value in origin.named_parameters():
        torch.testing.assert_close(state[f"e/{name}"], value)
    assert state["e/w_avg"].unique().tolist() == [3.0]
    with pytest.raises(TrainingError, match="init_from"):
        _encoder_run(images, tmp_path / "a", networks, origin=Encoder(ENCODER), lr=1e-9, kimg=1)
    wider = replace(ENCODER, fmaps_base=256)
    with pytest.raises(OptionError, match="must be the same"):
        _encoder_run(images, tmp_path / "b", networks, wider, origin=origin)


def test_absolute_codes_have_no_mean(
    images: ImageSet, tmp_path: Path, generator, discriminator
) -> None:
    generator.w_avg.fill_(3.0)
    for offset, mean in ((True, 3.0), (False, 0.0)):
        path = tmp_path / str(offset)
        _encoder_run(images, path, (generator, discriminator), mean_offset=offset)
        found, _ = read_tensors(path / "encoder.safetensors")
        assert found["w_avg"].float().unique().tolist() == [mean]


def test_learning_rate_schedules() -> None:
    adam = torch.optim.Adam([torch.zeros(1, requires_grad=True)], lr=1.0)
    state = SimpleNamespace(clock=Clock(), adam_e=adam)

    def at(part: float, schedule: str) -> float:
        state.clock.images_seen = round(part * 40_000)
        _set_lr(state, EncoderTraining(kimg=40, lr=1.0, lr_schedule=schedule))
        return adam.param_groups[0]["lr"]

    assert [at(part, "cosine") for part in (0, 0.5, 0.75, 1, 1.5)] == pytest.approx(
        [1, 1, 0.55, 0.1, 0.1]
    )
    assert [at(part, "steps") for part in (0, 0.24, 0.25, 0.5, 0.99, 1)] == pytest.approx(
        [1, 1, 0.8, 0.64, 0.512, 0.512]
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"lr_schedule": "linear"},
        {"sample_share": 0.0},
        {"weight_code": -1.0},
        {"beta1": 1.0},
        {"augment_shift": -0.1},
    ],
)
def test_encoder_options_are_checked(wrong: dict) -> None:
    with pytest.raises(OptionError):
        EncoderTraining(**wrong)


def test_an_encoder_can_train_on_changed_photos(tmp_path: Path, generator, discriminator) -> None:
    """Moving leaves a plain colour as it is, and not a ramp; changing colours changes both."""
    ramp = (torch.arange(16) * 16).to(torch.uint8).expand(3, 16, 16)
    same = {"lr": 1e-9, "flip": False, "kimg": 0.008, "weight_adv": 0.0}

    def first_loss(picture: torch.Tensor, name: str, **augment: float) -> float:
        one = ImageSet(picture.expand(24, 3, 16, 16), [str(i) for i in range(24)], [{}] * 24)
        networks = (generator, discriminator)
        return _encoder_run(one, tmp_path / name, networks, **same, **augment)[0]["loss_pix"]

    plain = torch.full((3, 16, 16), 100, dtype=torch.uint8)
    usual = first_loss(plain, "plain")
    assert first_loss(plain, "plain-moved", augment_shift=1.0) == pytest.approx(usual, rel=1e-4)
    assert first_loss(plain, "plain-coloured", augment_colour=1.0) != pytest.approx(usual, rel=0.05)
    moved = first_loss(ramp, "ramp-moved", augment_shift=1.0)
    assert moved != pytest.approx(first_loss(ramp, "ramp"), rel=1e-3)


def test_losses_against_closed_forms() -> None:
    logits = torch.tensor([0.0, 2.0])
    expected = (np.log(2) + np.log1p(np.exp(-2.0))) / 2
    assert loss_generator(logits).item() == pytest.approx(expected)
    both = loss_discriminator(torch.zeros(3), torch.zeros(3)).item()
    assert both == pytest.approx(2 * np.log(2))

    class Linear(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 3.0 * x.sum(dim=(1, 2, 3))

    assert r1_penalty(Linear(), torch.zeros(2, 3, 4, 4)).item() == pytest.approx(9 * 48)


def augment(x: torch.Tensor, rng: torch.Generator, **options: float) -> torch.Tensor:
    return apply_changes(x, draw_changes(len(x), x.shape[-1], rng, **options))


def test_augmentation_is_differentiable_and_can_be_off() -> None:
    x = torch.rand(6, 3, 16, 16, requires_grad=True)
    rng = torch.Generator().manual_seed(0)
    torch.testing.assert_close(augment(x, rng, colour=0, shift=0), x, atol=1e-5, rtol=1e-5)
    y = augment(x, rng, colour=1, shift=1)
    assert not torch.allclose(y, x)
    y.sum().backward()
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()


def test_geometry_turns_zooms_and_stretches() -> None:
    """By hand: half a turn, twice as large, and twice as wide at half the height."""
    x = torch.rand(1, 3, 16, 16)
    neutral = torch.tensor([[0.0, 1, 1, 0, 0, 0, 0, 0]])
    torch.testing.assert_close(apply_changes(x, neutral), x, atol=1e-5, rtol=1e-5)

    def changed(**column: float) -> torch.Tensor:
        changes = neutral.clone()
        for name, value in column.items():
            changes[0, ("zoom", "stretch", "turn").index(name) + 5] = value
        return apply_changes(smooth, changes)

    ramp = (torch.arange(16.0) - 7.5) / 8
    smooth = torch.stack([ramp.expand(16, 16), ramp[:, None].expand(16, 16), torch.zeros(16, 16)])
    smooth = smooth[None]
    inner = (..., slice(5, 11), slice(5, 11))
    close = {"atol": 1e-5, "rtol": 0}
    torch.testing.assert_close(changed(turn=np.pi)[inner], -smooth[inner], **close)
    torch.testing.assert_close(changed(zoom=1)[inner], smooth[inner] / 2, **close)
    torch.testing.assert_close(changed(stretch=-1)[:, 0][inner], smooth[:, 0][inner] / 2, **close)
    torch.testing.assert_close(changed(stretch=-1)[:, 1][inner], smooth[:, 1][inner] * 2, **close)


def test_geometry_touches_its_share_and_draws_nothing_when_off() -> None:
    drawn = draw_changes(4000, 16, torch.Generator().manual_seed(0), 0, 0, geometry=0.25)
    shares = (drawn[:, 5:] != 0).float().mean(0)
    torch.testing.assert_close(shares, torch.full((3,), 0.25), atol=0.03, rtol=0)
    rngs = [torch.Generator().manual_seed(0) for _ in range(2)]
    off = draw_changes(8, 16, rngs[0], 0.5, 0.5, geometry=0.0)
    assert not off[:, 5:].any()
    torch.testing.assert_close(off, draw_changes(8, 16, rngs[1], 0.5, 0.5))


def test_adaptive_strength_follows_the_sign() -> None:
    strength = AdaptiveStrength(target=0.6, kimg=1.0)
    for _ in range(3):
        strength.observe(0.9, batch=100)
    assert strength.value.item() == 0.0
    strength.observe(0.9, batch=100)
    assert strength.value.item() == pytest.approx(0.4)
    for _ in range(40):
        strength.observe(0.9, batch=100)
    assert strength.value.item() == 1.0
    for _ in range(4):
        strength.observe(0.5, batch=100)
    assert strength.value.item() == pytest.approx(0.6)


def test_adaptive_augmentation_resumes_exactly(images: ImageSet, tmp_path: Path) -> None:
    """A target that is passed at once: the strength moves, and survives a restart."""
    options = {"augment_target": 0.001, "augment_kimg": 0.1, "lr": 0.01}
    whole = _generator_run(images, tmp_path / "whole", 0.064, **options)
    _generator_run(images, tmp_path / "parts", 0.032, **options)
    parts = _generator_run(images, tmp_path / "parts", 0.064, **options)
    assert max(record["augment"] for record in whole) > 0
    assert [r["augment"] for r in parts] == [r["augment"] for r in whole[4:]]
    tensors = [
        read_tensors(tmp_path / run / "checkpoint.safetensors")[0] for run in ("whole", "parts")
    ]
    assert all(torch.equal(value, tensors[1][name]) for name, value in tensors[0].items())


def test_a_run_of_an_earlier_version_resumes(images: ImageSet, tmp_path: Path) -> None:
    """Options that it did not know do not make it another run; those that it knew do."""
    _generator_run(images, tmp_path, 0.016)
    file = tmp_path / "options.json"
    options = json.loads(file.read_text())
    del options["training"]["augment_target"]
    file.write_text(json.dumps(options))
    with pytest.raises(TrainingError, match="other options"):
        _generator_run(images, tmp_path, 0.024, r1_gamma=3.0)
    assert _generator_run(images, tmp_path, 0.024)[-1]["kimg"] == 0.024


def test_shift_moves_by_whole_pixels() -> None:
    x = torch.rand(8, 3, 16, 16)
    y = augment(x, torch.Generator().manual_seed(1), colour=0, shift=1, max_shift=0.125)
    inner = x[:, :, 4:12, 4:12]
    found = [
        any(
            torch.allclose(inner[i], y[i, :, 4 + dy : 12 + dy, 4 + dx : 12 + dx], atol=1e-4)
            for dy in range(-2, 3)
            for dx in range(-2, 3)
        )
        for i in range(8)
    ]
    assert all(found)


def test_texts_among_the_attributes_become_flags(tmp_path: Path) -> None:
    rows = {"0.png": {"class": "sea"}, "1.png": {"class": "mountain", "snow": 0.5}, "2.png": {}}
    for name in rows:
        Image.new("RGB", (16, 16)).save(tmp_path / name)
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": None, "attributes": rows}))
    found = load_images(tmp_path, 16)
    flags = dict(zip(found.names, found.attributes, strict=True))
    assert flags == {
        "0.png": {"sea": 1.0, "mountain": 0.0},
        "1.png": {"sea": 0.0, "mountain": 1.0, "snow": 0.5},
        "2.png": {},
    }


def test_images_from_zip_and_folder(tmp_path: Path) -> None:
    def png(colour: str) -> bytes:
        buffer = io.BytesIO()
        Image.new("RGB", (32, 24), colour).save(buffer, format="PNG")
        return buffer.getvalue()

    attributes = {"a.png": {"unusable": 0.1}, "b.png": {"unusable": 0.9}}
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
        file.writestr("a.png", png("red"))
        file.writestr("b.png", png("blue"))
        file.writestr("dataset.json", json.dumps({"labels": None, "attributes": attributes}))
    found = load_images(tmp_path / "x.zip", 8, {"unusable": 0.6})
    assert found.names == ["a.png"]
    assert found.pixels.shape == (1, 3, 8, 8)
    torch.testing.assert_close(
        found.batch(torch.tensor([0]))[0, :, 0, 0], torch.tensor([1.0, -1, -1])
    )
    folder = tmp_path / "folder" / "deep"
    folder.mkdir(parents=True)
    (folder / "c.png").write_bytes(png("blue"))
    assert len(load_images(tmp_path / "folder", 8)) == 1
    (folder / "d.png").write_bytes(b"no picture")
    with pytest.raises(TrainingError, match=r"d\.png"):
        load_images(tmp_path / "folder", 8)
    with pytest.raises(TrainingError, match="neither a folder nor a zip"):
        load_images(tmp_path / "nothing", 8)
