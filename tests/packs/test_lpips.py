from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from editor.errors import InputError, OptionError, UnavailableError
from editor.packs.features import perceptual
from editor.packs.features.lpips import load_lpips
from editor.packs.features.torchvision_ops import define_missing_ops

define_missing_ops()
import torchmetrics.functional.image.lpips as reference  # noqa: E402
from torchvision.models import alexnet  # noqa: E402
from torchvision.models.vgg import cfgs, make_layers  # noqa: E402


def _backbone(net: str) -> nn.Module:
    torch.manual_seed(0)  # layers take no generator
    if net == "vgg":
        return make_layers(cfgs["D"])
    with torch.device("meta"):
        features = alexnet(weights=None).features
    features.to_empty(device="cpu")
    for layer in features:
        if isinstance(layer, nn.Conv2d):
            layer.reset_parameters()
    return features


@pytest.fixture(params=["alex", "vgg"])
def net(request, monkeypatch) -> str:
    """Random weights in place of the downloads, for ours and for torchmetrics' own network."""
    features = _backbone(request.param)
    state = {f"features.{name}": value for name, value in features.state_dict().items()}
    name = {"alex": "_alexnet_state", "vgg": "_vgg16_state"}[request.param]
    monkeypatch.setattr(perceptual, name, lambda: state)
    monkeypatch.setattr(reference, "_get_tv_model_features", lambda *args: features)
    return request.param


def _pictures() -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(1)
    photo = torch.rand(3, 3, 64, 64, generator=draw) * 2 - 1
    recon = photo + torch.randn(photo.shape, generator=draw) * 0.3
    return recon.clamp(-1, 1), photo


def test_equals_torchmetrics(net: str) -> None:
    recon, photo = _pictures()
    distance = load_lpips("cpu", net, batch=2)
    found = distance(recon, photo)
    with torch.no_grad():
        wanted = reference._LPIPS(net=net, pnet_rand=True)(recon, photo).flatten()
    assert found.shape == (3,)
    assert found.dtype == torch.float32
    assert not found.requires_grad
    assert found.min() > 1e-4
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=0)
    assert distance(photo, photo).tolist() == [0, 0, 0]
    for other in (photo[:1], photo[:, :, :31]):
        with pytest.raises(InputError, match="of the same shape, H and W at least 32"):
            distance(recon[:, :, : other.shape[2]], other)
    torch.testing.assert_close(
        distance(recon * 2, photo), distance((recon * 2).clamp(-1, 1), photo)
    )


def test_an_unknown_backbone_is_told() -> None:
    with pytest.raises(OptionError, match="'squeeze' is not known; use vgg or alex"):
        load_lpips("cpu", "squeeze")


@pytest.mark.parametrize(
    ("net", "file"), [("vgg", "vgg16-397923af"), ("alex", "alexnet-owt-7be5be79")]
)
def test_offline_says_what_to_do(net: str, file: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("EDITOR_CACHE", str(tmp_path))
    monkeypatch.setattr(perceptual, "VGG16_URL", "http://127.0.0.1:9/vgg16.pth")
    monkeypatch.setattr(perceptual, "ALEXNET_URL", "http://127.0.0.1:9/alexnet.pth")
    with pytest.raises(UnavailableError, match=rf"by hand and put it at .*{file}\.pth"):
        load_lpips("cpu", net)


def test_pins_are_whole_and_of_the_published_names() -> None:
    for url, sha in (
        (perceptual.VGG16_URL, perceptual.VGG16_SHA256),
        (perceptual.ALEXNET_URL, perceptual.ALEXNET_SHA256),
    ):
        assert len(sha) == 64
        assert url.endswith(f"-{sha[:8]}.pth")
