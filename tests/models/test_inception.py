"""Against torchvision's network, and against the published code of the Fréchet distance."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from editor.models.inception import Block, InceptionFeatures
from editor.packs.features.torchvision_ops import define_missing_ops

define_missing_ops()
import pytorch_fid.inception as published  # noqa: E402
from torchvision.models.inception import Inception3  # noqa: E402


def random_state() -> dict[str, Tensor]:
    """Random weights under the published names, with the 1008 classes; activations stay alive."""
    draw = torch.Generator().manual_seed(0)
    with torch.device("meta"):
        names = Inception3(num_classes=1008, aux_logits=False, init_weights=False).state_dict()
    state: dict[str, Tensor] = {}
    for name, value in names.items():
        if name.endswith("num_batches_tracked"):
            state[name] = torch.tensor(0)
        elif name.endswith(("running_var", "bn.weight")):
            state[name] = 0.5 + torch.rand(value.shape, generator=draw)
        elif value.ndim == 4:
            deviation = (2 / value[0].numel()) ** 0.5
            state[name] = torch.randn(value.shape, generator=draw) * deviation
        else:
            state[name] = torch.randn(value.shape, generator=draw) * 0.1
    return state


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    return random_state()


@pytest.fixture(scope="module")
def network(state) -> InceptionFeatures:
    own = {name: value for name, value in state.items() if not name.startswith("fc.")}
    with torch.device("meta"):
        made = InceptionFeatures()
    made.load_state_dict(own, strict=True, assign=True)
    return made.eval()


@pytest.fixture(scope="module")
def images() -> Tensor:
    draw = torch.Generator().manual_seed(1)
    small = torch.rand(2, 3, 6, 6, generator=draw)
    return F.interpolate(small, size=64, mode="bicubic").clamp(0, 1) * 2 - 1


@pytest.fixture(scope="module")
def features(network, images) -> Tensor:
    with torch.no_grad():
        return network(images)


def test_equals_the_published_network(state, images, features, monkeypatch) -> None:
    monkeypatch.setattr(published, "load_state_dict_from_url", lambda url, progress: state)
    reference = published.InceptionV3([3]).eval()
    with torch.no_grad():
        wanted = reference((images + 1) / 2)[0][:, :, 0, 0]
    assert features.shape == wanted.shape == (2, 2048)
    assert wanted.std(dim=1).min() > 1e-2
    torch.testing.assert_close(features, wanted, rtol=1e-3, atol=1e-4 * wanted.max().item())


def test_equals_torchvision_where_the_pools_do(state, network, images, monkeypatch) -> None:
    """With torchvision's pools the rest of the network is torchvision's; with its own, not."""
    with torch.device("meta"):
        reference = Inception3(num_classes=1008, aux_logits=False, init_weights=False).eval()
    reference.load_state_dict(state, assign=True)
    reference.fc = torch.nn.Identity()
    images = images[:1]
    image = F.interpolate(images, size=(299, 299), mode="bilinear", align_corners=False)
    average = F.avg_pool2d
    with torch.no_grad():
        wanted = reference(image)
        monkeypatch.setattr(F, "avg_pool2d", lambda *args, count_include_pad=True: average(*args))
        own = network(images)
        assert (own - wanted).abs().max() > 0.01 * wanted.max()
        monkeypatch.setattr(network.Mixed_7c, "pool", "average")
        found = network(images)
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-4 * wanted.max().item())


def test_each_picture_by_itself_and_the_same_again(network, images, features) -> None:
    with torch.no_grad():
        assert torch.equal(network(images), features)
        alone = network(images[1:])
    torch.testing.assert_close(alone, features[1:], rtol=1e-4, atol=1e-5)
    assert (features >= 0).all()
    assert (features[0] - features[1]).abs().max() > 1e-3


@pytest.mark.parametrize(("pool", "side"), [("average", 9), ("largest", 9), ("halve", 4)])
def test_shape_of_a_block(pool: str, side: int) -> None:
    branches = {"one": ((4, 3),), "two": ((3, (1, 7)), (5, 3))}
    block = Block(6, branches, pool, 0 if pool == "halve" else 2).eval()
    found = block(torch.randn(2, 6, 9, 9))
    assert found.shape == (2, block.width, side, side)
    assert block.width == 4 + 5 + (6 if pool == "halve" else 2)
