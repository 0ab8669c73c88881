"""The comparison as a whole, on the tiny pack and pictures of noise."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from editor import Editor
from editor.cli import main
from editor.errors import MismatchError, OptionError
from editor.evaluation import features
from editor.evaluation.features import pick_features
from editor.evaluation.methods import load_traditional, options_of
from editor.evaluation.report import markdown, reconstruction_table
from editor.evaluation.run import Plan, Subject, evaluate
from editor.inversion.loop import InversionOptions
from editor.packs import fetch
from editor.packs.tensors import read_tensors, write_tensors
from editor.sliders.slider_set import SliderSet
from tests.conftest import write_noise
from tests.metrics.test_identity import ByColour

COUNT = 12
PLAN = Plan(("free", "encoder", "in-domain"), batch=5, edit_count=6, ablation_count=0)


class Judge:
    """Scores that follow the picture: how bright, and how red."""

    quality = {"smile": 1.0, "age": 1.0}

    def score(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        x = images.cpu()
        return {
            "smile": torch.sigmoid(8 * x.mean(dim=(1, 2, 3))),
            "age": x[:, 0].mean(dim=(1, 2)) - x[:, 2].mean(dim=(1, 2)),
        }


@pytest.fixture(autouse=True)
def _no_weights(tmp_path: Path, monkeypatch) -> None:
    """Nothing is found in a cache, nothing is fetched."""
    monkeypatch.setenv("EDITOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("urllib.request.urlopen", _offline)
    assert fetch.cache_folder() == tmp_path / "cache"


def _offline(*_: object, **__: object) -> None:
    raise OSError("no network")


@pytest.fixture
def subject(tiny: Editor) -> Subject:
    photos = torch.rand(COUNT, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    photos[::2] = photos[::2] * 0.5 + 0.4
    labels = [{"smile": float(i % 2 == 0), "age": 20.0 + i} for i in range(COUNT)]
    usual = InversionOptions(steps=4)
    return Subject(photos, labels, pick_features(tiny), Judge(), None, usual)  # type: ignore[arg-type]


def test_features_that_are_given_win(tiny: Editor, monkeypatch) -> None:
    """Weights that happen to lie in a cache do not replace what --features names."""
    monkeypatch.setattr(features, "inception_is_present", lambda: True)
    monkeypatch.setattr(features, "load_inception", lambda *_, **__: lambda images: images)
    monkeypatch.setattr(features, "load_squeezenet", lambda path: path)
    monkeypatch.setattr(features, "mean_features", lambda network, images: (network, images))
    given = pick_features(tiny, Path("squeezenet.npz"))
    assert given.name == "squeezenet"
    assert given.of(torch.zeros(1))[0] == Path("squeezenet.npz")
    assert pick_features(tiny).name == "inception"
    monkeypatch.setattr(features, "inception_is_present", lambda: False)
    assert pick_features(tiny).name == "discriminator"


def _quiet(*_: object) -> None:
    pass


def _numbers(value: object, path: str = "") -> dict[str, object]:
    """Every figure by its place, times apart; texts too. Equal to one in 10⁶: threads may add up in
    another order on a busy machine."""
    if isinstance(value, dict):
        parts = [
            _numbers(v, f"{path}/{k}") for k, v in value.items() if not k.startswith("seconds")
        ]
        return {key: number for part in parts for key, number in part.items()}
    if isinstance(value, (list, tuple)):
        return _numbers({str(i): v for i, v in enumerate(value)}, path)
    return {path: pytest.approx(value, rel=1e-6, abs=1e-9) if type(value) is float else value}


def test_the_same_seed_gives_the_same_numbers(tiny, subject, tmp_path) -> None:
    first, second = (evaluate(tiny, subject, PLAN, tmp_path / name, _quiet) for name in ("a", "b"))
    assert _numbers(first) == _numbers(second)
    other = evaluate(tiny, subject, replace(PLAN, seed=1), tmp_path / "c", _quiet)
    assert _numbers(other) != _numbers(first)


def test_interrupted_and_restarted_it_gives_the_same_table(tiny, subject, tmp_path) -> None:
    whole = evaluate(tiny, subject, PLAN, tmp_path / "whole", _quiet)
    stages: list[str] = []

    def stop(part: str, done: int, total: int) -> None:
        stages.append(part)
        if len(stages) in (2, 9):
            raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            evaluate(tiny, subject, PLAN, tmp_path / "parts", stop)
    assert len(list((tmp_path / "parts" / "codes").iterdir())) >= 2
    again = evaluate(tiny, subject, PLAN, tmp_path / "parts", _quiet)
    assert _numbers(again) == _numbers(whole)
    kept = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "parts" / "codes").iterdir()}
    evaluate(tiny, subject, PLAN, tmp_path / "parts", _quiet)
    assert kept == {p.name: p.stat().st_mtime_ns for p in (tmp_path / "parts" / "codes").iterdir()}


def test_the_batch_does_not_change_the_codes(tiny, subject, tmp_path) -> None:
    results = {}
    for batch in (2, 5):
        plan = replace(PLAN, batch=batch, edit_count=0)
        results[batch] = evaluate(tiny, subject, plan, tmp_path / str(batch), _quiet)
    for name in PLAN.methods:
        codes = []
        for batch in (2, 5):
            files = sorted((tmp_path / str(batch) / "codes").glob(f"{name}-*"))
            codes.append(torch.cat([read_tensors(file, "codes")[0]["codes"] for file in files]))
        assert torch.allclose(codes[0], codes[1], atol=1e-4)
        a, b = (results[batch]["methods"][name] for batch in (2, 5))
        assert a["reconstruction"]["mse"]["mean"] == pytest.approx(
            b["reconstruction"]["mse"]["mean"], rel=1e-4
        )
        assert a["mean_ap"] == pytest.approx(b["mean_ap"], abs=1e-6)


def test_figures_are_what_they_say(tiny, subject, tmp_path) -> None:
    result = evaluate(tiny, subject, PLAN, tmp_path, _quiet)
    methods = result["methods"]
    assert set(methods) == set(PLAN.methods)
    recon = {name: entry["reconstruction"] for name, entry in methods.items()}
    assert recon["in-domain"]["mse"]["mean"] < recon["encoder"]["mse"]["mean"]
    assert recon["encoder"]["lpips_vgg"] == "not measured"
    assert "frechet_discriminator_12" in recon["encoder"]
    assert "swd_12" in recon["encoder"]
    with torch.no_grad():
        wp = tiny.engine.pack.encoder(subject.photos)
        made = tiny.engine.pack.generator.synthesis(wp).clamp(-1, 1)
        again = tiny.engine.pack.encoder(made)
        logits = tiny.engine.pack.discriminator(made)
    assert recon["encoder"]["logit"]["mean"] == pytest.approx(logits.mean().item(), abs=1e-4)
    own = (made - subject.photos).square().mean().item()
    assert recon["encoder"]["mse"]["mean"] == pytest.approx(own, rel=1e-4)
    distance = (wp - again).square().mean().item()
    assert recon["encoder"]["code_distance"]["mean"] == pytest.approx(distance, rel=1e-3)
    assert methods["encoder"]["semantics"]["smile"]["chance"] == 0.5
    assert methods["encoder"]["kept"]["smile"]["agreement"] <= 1
    sliders = {(r["slider"], r["stop"]) for r in methods["encoder"]["edits"]}
    assert len(sliders) == 2 * 2 * len(PLAN.stops) + len(PLAN.stops)
    text = markdown(result)
    for heading in ("Reconstruction", "Semantics", "Kept", "Edits", "Realism"):
        assert f"## {heading}" in text
    assert "LPIPS is not measured" in text


def test_the_ablation_starts_all_weights_at_the_encoder(tiny, subject, tmp_path) -> None:
    plan = replace(PLAN, methods=("encoder",), edit_count=0, ablation_count=6)
    plan = replace(plan, ablation_weights=(0.0, 5.0), ablation_iterations=(0, 40))
    records = evaluate(tiny, subject, plan, tmp_path, _quiet)["ablation"]
    start = [r["mse"] for r in records if r["iterations"] == 0]
    assert len(start) == 2
    assert max(start) - min(start) < 1e-6
    end = {r["weight"]: r["code_distance"] for r in records if r["iterations"] == 40}
    assert end[5.0] < end[0.0]


def test_a_folder_of_other_options_is_refused(tiny, subject, tmp_path) -> None:
    plan = replace(PLAN, methods=("encoder",), edit_count=0)
    evaluate(tiny, subject, plan, tmp_path, _quiet)
    more = replace(plan, methods=("encoder", "in-domain"))
    assert set(evaluate(tiny, subject, more, tmp_path, _quiet)["methods"]) == set(more.methods)
    other = replace(subject, usual=InversionOptions(steps=5))
    with pytest.raises(OptionError, match="inversion"):
        evaluate(tiny, other, plan, tmp_path, _quiet)
    with pytest.raises(OptionError, match="photos_sum"):
        evaluate(tiny, replace(subject, photos=subject.photos.flip(0)), plan, tmp_path, _quiet)


def test_sliders_that_were_fitted_again_are_measured_again(
    tiny, subject, tmp_path, monkeypatch
) -> None:
    plan = replace(PLAN, methods=("encoder",))
    first = evaluate(tiny, subject, plan, tmp_path, _quiet)["methods"]["encoder"]["edits"]
    smile = tiny.boundaries["smile"]
    longer = replace(smile.info, range=(smile.info.range[0], 2 * smile.info.range[1]))
    changed = {**tiny.boundaries, "smile": replace(smile, info=longer)}
    monkeypatch.setattr(tiny, "sliders", SliderSet(tiny.info, tiny.engine.fingerprint, changed))
    again = evaluate(tiny, subject, plan, tmp_path, _quiet)["methods"]["encoder"]["edits"]
    distances = [
        {r["stop"]: r["distance"] for r in records if r["slider"] == "smile"}
        for records in (first, again)
    ]
    assert distances[1][1.0] == 2 * distances[0][1.0]
    assert distances[1][-1.0] == distances[0][-1.0]


def test_who_is_shown_is_told_of_inversions_edits_and_pasted_photos(
    tiny, subject, tmp_path
) -> None:
    plan = replace(PLAN, methods=("encoder",))
    without = evaluate(tiny, subject, plan, tmp_path, _quiet)
    assert "identity" not in without["methods"]["encoder"]
    assert "## Identity" not in markdown(without)
    asked = replace(subject, recogniser=ByColour())
    result = evaluate(tiny, asked, plan, tmp_path, _quiet)  # the same folder: one more figure
    entry = result["methods"]["encoder"]
    photos = subject.photos
    with torch.no_grad():
        made = tiny.engine.pack.generator.synthesis(tiny.engine.pack.encoder(photos)).clamp(-1, 1)
    distance = (made.mean(dim=(2, 3)) - photos.mean(dim=(2, 3))).norm(dim=1)
    assert entry["identity"]["photos"] == COUNT
    assert entry["identity"]["distance"] == pytest.approx(distance.mean().item(), abs=1e-3)
    assert entry["identity"]["same"] == pytest.approx((distance < 0.6).float().mean().item())
    smile = [r for r in entry["edits"] if r["slider"] == "smile"]
    assert {abs(r["stop"]) for r in smile if "same_person" in r} == {0.5, 1.0}
    half = [r["same_person_pasted"] for r in smile if abs(r["stop"]) == 0.5 and r["photos"]]
    assert half
    assert set(half) == {1.0}  # colours move little
    text = markdown(result)
    assert "## Identity" in text
    assert "same_person_pasted" in text


def test_wrong_plans_are_refused(tiny, subject, tmp_path) -> None:
    for wrong in ({"methods": ("best",)}, {"metrics": ("fid",)}, {"batch": 0}, {"stops": (-1.0,)}):
        with pytest.raises(OptionError):
            replace(PLAN, **wrong)
    with pytest.raises(OptionError, match="--traditional"):
        evaluate(tiny, subject, replace(PLAN, methods=("traditional",)), tmp_path, _quiet)
    few = replace(subject, photos=subject.photos[:4], attributes=subject.attributes[:4])
    with pytest.raises(OptionError, match="too few"):
        evaluate(tiny, few, PLAN, tmp_path / "few", _quiet)


def test_the_traditional_encoder_must_fit(tiny: Editor, encoder, tmp_path: Path) -> None:
    header = {"kind": "encoder", "config": encoder.config.to_dict()}
    own = {"generator": tiny.engine.fingerprint, "training": {"kind": "traditional"}}
    for name, change, error in (
        ("good", {}, None),
        ("other", {"generator": "0123"}, MismatchError),
        ("guided", {"training": {"kind": "domain-guided"}}, OptionError),
    ):
        file = tmp_path / name / "encoder.safetensors"
        write_tensors(file, encoder.state_dict(), {**header, **own, **change})
        if error is None:
            assert load_traditional(file.parent, tiny)(torch.zeros(1, 3, 16, 16)).shape[0] == 1
        else:
            with pytest.raises(error):
                load_traditional(file.parent, tiny)


def test_options_of_the_methods() -> None:
    usual = InversionOptions(steps=30, lr=0.03)
    free, own = options_of("free", usual), options_of("in-domain", usual)
    assert (free.start, free.weights.domain, free.steps) == ("mean", 0.0, 30)
    assert own.weights == usual.weights
    assert own.patience == 0
    assert options_of("encoder", usual).steps == 0
    with pytest.raises(OptionError):
        options_of("magic", usual)


def test_only_a_clear_best_is_bold() -> None:
    def method(mean: float, width: float) -> dict:
        mse = {"mean": mean, "low": mean - width, "high": mean + width, "p95": mean}
        return {"reconstruction": {"mse": mse}}

    result = {"halves_of_the_photos": {}, "lpips": "measured"}
    clear = {"methods": {"a": method(0.5, 0.1), "b": method(0.2, 0.1)}}
    assert "| b | **0.2 " in reconstruction_table({**result, **clear})
    close = {"methods": {"a": method(0.5, 0.1), "b": method(0.4, 0.1)}}
    assert "**" not in reconstruction_table({**result, **close})


def test_the_command(tiny_root: Path, tmp_path: Path, capsys) -> None:
    photos = write_noise(tmp_path / "photos", COUNT)
    out = tmp_path / "out"
    command = ["evaluate", "--domain", "tiny", "--root", str(tiny_root)]
    command += ["--photos", str(photos), "--out", str(out)]
    small = [
        "--ablation-iterations",
        "0",
        "2",
        "--steps",
        "2",
        "--ablation-count",
        "2",
        "--edit-count",
        "4",
        "--batch",
        "4",
    ]
    assert main([*command, *small, "--record"]) == 0
    result = json.loads((out / "result.json").read_text())
    assert set(result["methods"]) == {"free", "free-from-encoder", "encoder", "in-domain"}
    assert "--train" in result["judge"]
    assert "not measured" in (out / "result.md").read_text()
    for name in ("reconstruction.png", "ablation.png"):
        with Image.open(out / name) as image:
            assert min(image.size) > 200
    info = json.loads((tiny_root / "checkpoints" / "tiny" / "domain.json").read_text())
    p95 = result["methods"]["in-domain"]["reconstruction"]["mse"]["p95"]
    assert info["typical"]["loss_pix_p95"] == p95
    assert main([*command, *small, "--steps", "3"]) == 1
    assert "other options" in capsys.readouterr().err
    assert main([*command, "--methods", "best"]) == 1
