from __future__ import annotations

import numpy as np
import pytest
import torch

from editor.errors import OptionError
from editor.models.config import StyleGAN1Config
from editor.models.stylegan1 import StyleGAN1Generator
from editor.sliders.discover import pca, sefa


def test_sefa_against_the_singular_vectors() -> None:
    weights = [torch.randn(20, 8) * torch.rand(8), torch.randn(12, 8), torch.randn(30, 8)]
    found = sefa(weights, (0, 2), 8)
    a = np.concatenate([weights[0].numpy(), weights[2].numpy()]).astype(np.float64)
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    _, values, vectors = np.linalg.svd(a, full_matrices=False)
    cosines = np.abs((found.rows[:, 0].numpy() * vectors).sum(axis=1))
    np.testing.assert_allclose(cosines, 1, atol=1e-5)
    np.testing.assert_allclose(found.strength, values**2 / (values**2).sum(), atol=1e-6)


def test_pca_against_the_singular_vectors() -> None:
    codes = torch.randn(500, 1, 8) @ torch.randn(8, 8) + 5
    found = pca(codes, 5)
    x = codes[:, 0].double().numpy()
    _, values, vectors = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    cosines = np.abs((found.rows[:, 0].numpy() * vectors[:5]).sum(axis=1))
    np.testing.assert_allclose(cosines, 1, atol=1e-5)
    np.testing.assert_allclose(found.strength, (values**2 / (values**2).sum())[:5], atol=1e-5)


def test_pca_of_layers_with_codes_of_their_own() -> None:
    """Rows of length 1, in the layers' own directions, from one component of all of them."""
    truth = torch.nn.functional.normalize(torch.randn(3, 8), dim=1)
    codes = 4 * torch.randn(600, 1, 1) * truth + 0.1 * torch.randn(600, 3, 8)
    found = pca(codes, 2)
    assert found.rows.shape == (2, 3, 8)
    assert (found.rows[0] * truth).sum(dim=1).abs().min() > 0.99
    assert (found.rows[0] * truth).sum(dim=1).sign().abs().sum() == 3
    assert len(set((found.rows[0] * truth).sum(dim=1).sign().tolist())) == 1, "one way in all"


def test_the_way_up_is_always_the_same() -> None:
    weights = [torch.randn(20, 8)]
    for found in (sefa(weights, (0,), 8), pca(torch.randn(100, 1, 8), 8)):
        flat = found.rows.flatten(1)
        assert (flat.gather(1, flat.abs().argmax(1, keepdim=True)) > 0).all()
        assert (found.strength.diff() <= 1e-7).all()


def test_what_cannot_be_found() -> None:
    weights = [torch.randn(20, 8)] * 3
    with pytest.raises(OptionError, match="0…2"):
        sefa(weights, (0, 3), 2)
    with pytest.raises(OptionError, match="0…2"):
        sefa(weights, (), 2)
    with pytest.raises(OptionError, match="1…8"):
        sefa(weights, (0,), 9)
    with pytest.raises(OptionError, match="1…4"):
        pca(torch.randn(5, 1, 8), 5)


def test_style_weights_of_stylegan2_make_the_styles(generator) -> None:
    weights = generator.style_weights()
    assert len(weights) == generator.num_ws
    assert all(weight.shape[1] == generator.w_dim for weight in weights)
    convs = [c for block in generator.synth.blocks for c in (block.conv0, block.conv1) if c]
    affines = [conv.affine for conv in convs] + [generator.synth.blocks[-1].to_rgb.affine]
    a, b = torch.randn(2, 5, generator.w_dim)
    for weight, affine in zip(weights, affines, strict=True):
        torch.testing.assert_close(affine(a) - affine(b), (a - b) @ weight.T)


def test_style_weights_of_stylegan1_make_gain_and_shift() -> None:
    config = StyleGAN1Config(
        resolution=16, z_dim=12, w_dim=8, fmaps_base=128, fmaps_max=16, mapping_layers=2
    )
    generator = StyleGAN1Generator(config).eval()
    weights = generator.style_weights()
    assert len(weights) == generator.num_ws
    a, b = torch.randn(2, 5, 8)
    for weight, layer in zip(weights, generator.layers, strict=True):
        assert weight.shape == (2 * len(layer.bias), 8)
        torch.testing.assert_close(layer.style(a) - layer.style(b), (a - b) @ weight.T)
