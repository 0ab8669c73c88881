from __future__ import annotations

import pytest
import torch

from editor.errors import OptionError, UnavailableError
from editor.models.config import PredictorConfig
from editor.models.perceptual import (
    DiscriminatorPerceptual,
    PredictorPerceptual,
    VGG16Perceptual,
)
from editor.models.predictor import Predictor
from editor.packs.features import perceptual

CPU = torch.device("cpu")


@pytest.fixture
def vgg_state(monkeypatch: pytest.MonkeyPatch) -> dict[str, torch.Tensor]:
    """Random weights under torchvision's names, in place of the download."""
    state: dict[str, torch.Tensor] = {}
    index, channels = 0, 3
    for width in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0):
        if width == 0:
            index += 1
            continue
        state[f"features.{index}.weight"] = torch.randn(width, channels, 3, 3) * 0.03
        state[f"features.{index}.bias"] = torch.randn(width) * 0.1
        channels, index = width, index + 2
    state["classifier.0.weight"] = torch.zeros(1)
    monkeypatch.setattr(perceptual, "_vgg16_state", lambda: state)
    return state


def test_default_needs_nothing(discriminator) -> None:
    term = perceptual.make_perceptual("discriminator", discriminator, CPU)
    assert isinstance(term, DiscriminatorPerceptual)
    with pytest.raises(OptionError, match="use discriminator, lpips or vgg16"):
        perceptual.make_perceptual("alexnet", discriminator, CPU)


def test_vgg16_equals_torchvision(vgg_state, discriminator) -> None:
    from editor.packs.features.torchvision_ops import define_missing_ops

    define_missing_ops()
    from torchvision.models import vgg16

    term = perceptual.make_perceptual("vgg16", discriminator, CPU)
    assert isinstance(term, VGG16Perceptual)
    reference = vgg16(weights=None).features[:23].eval()
    reference.load_state_dict({k[9:]: v for k, v in vgg_state.items() if 0 <= _index(k) < 23})
    image = torch.rand(2, 3, 32, 32) * 2 - 1
    mean = torch.tensor([0.485, 0.456, 0.406])[None, :, None, None]
    std = torch.tensor([0.229, 0.224, 0.225])[None, :, None, None]
    expected = reference(((image + 1) / 2 - mean) / std)
    torch.testing.assert_close(term.features(image)[0], expected, atol=1e-4, rtol=1e-3)


def test_lpips_equals_the_package(vgg_state, discriminator) -> None:
    term = perceptual.make_perceptual("lpips", discriminator, CPU)
    a, b = torch.rand(2, 2, 3, 32, 32) * 2 - 1
    ours = term.distance(term.features(a), term.features(b))
    theirs = term.network(a, b).flatten()
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-3)
    assert term.distance(term.features(a), term.features(a)).abs().max() == 0


def test_offline_says_what_to_do(discriminator, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("EDITOR_CACHE", str(tmp_path))
    monkeypatch.setattr(perceptual, "VGG16_URL", "http://127.0.0.1:9/vgg16.pth")
    with pytest.raises(UnavailableError, match=r"by hand and put it at .*vgg16-397923af\.pth"):
        perceptual.make_perceptual("vgg16", discriminator, CPU)


def _index(key: str) -> int:
    return int(key.split(".")[1]) if key.startswith("features.") else -1


def test_a_predictor_adds_the_angles_between_its_maps(discriminator) -> None:
    predictor = Predictor(PredictorConfig(("hat",), resolution=32, width=4)).eval()
    beside = DiscriminatorPerceptual(discriminator)
    term = PredictorPerceptual(predictor, beside, weight=0.5)
    a, b = torch.rand(2, 3, 3, 16, 16) * 2 - 1
    found = term.distance(term.features(a), term.features(b))
    maps = [predictor.maps(x) for x in (a, b)]
    angles = [
        1 - torch.cosine_similarity(x, y, dim=1).mean((1, 2)) for x, y in zip(*maps, strict=True)
    ]
    other = beside.distance(beside.features(a), beside.features(b))
    torch.testing.assert_close(found, other + 0.5 * 2 * sum(angles) / 3, atol=1e-3, rtol=1e-3)
    assert term.distance(term.features(a), term.features(a)).abs().max() < 1e-6
    mask = torch.zeros(1, 1, 16, 16)
    mask[..., :8] = 1
    inside = term.distance(term.features(a), term.features(b), mask)
    assert (inside - found).abs().min() > 1e-6, "places outside the mask do not count"
