from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import linalg, stats

from editor.metrics import distances
from editor.metrics.distances import frechet_distance, sliced_wasserstein_distance


def test_frechet_distance_of_known_normals() -> None:
    """Means 1 apart and deviations 1 and 2 in each of 8 dimensions: 8 · 1 + 8 · (1 - 2)²."""
    draw = torch.Generator().manual_seed(0)
    a = torch.randn(20_000, 8, generator=draw)
    b = torch.randn(20_000, 8, generator=draw) * 2 + 1
    assert frechet_distance(a, b) == pytest.approx(16, rel=0.02)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_equals_the_formula_with_scipys_matrix_root() -> None:
    draw = torch.Generator().manual_seed(1)
    mix = torch.randn(6, 6, generator=draw)
    a, b = torch.randn(50, 6, generator=draw) @ mix, torch.rand(40, 6, generator=draw)
    x, y = a.double().numpy(), b.double().numpy()
    first, second = np.cov(x.T), np.cov(y.T)
    root = linalg.sqrtm(first @ second).real
    wanted = np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(first + second - 2 * root)
    assert frechet_distance(a, b) == pytest.approx(wanted, rel=1e-6)


def test_the_pyramid_adds_up_to_the_image() -> None:
    image = torch.rand(2, 3, 64, 64)
    *details, x = distances._laplacian_pyramid(image)
    assert [level.shape[-1] for level in (*details, x)] == [64, 32, 16]
    for detail in reversed(details):
        up = torch.zeros_like(detail)
        up[:, :, ::2, ::2] = x
        x = detail + 4 * distances._blur(up)
    torch.testing.assert_close(x, image)
    smooth = F.interpolate(torch.rand(2, 3, 2, 2), size=64, mode="bicubic")
    assert distances._laplacian_pyramid(smooth)[0][:, :, 8:-8, 8:-8].abs().mean() < 5e-3


def test_sliced_wasserstein_agrees_with_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    """One level, one direction: the distance is scipy's between the projected patches."""
    draw = torch.Generator().manual_seed(2)
    a, b = torch.rand(30, 3, 16, 16, generator=draw), torch.rand(30, 3, 16, 16, generator=draw) ** 3
    monkeypatch.setattr(distances, "ROUNDS", 1)
    monkeypatch.setattr(distances, "DIRECTIONS", 1)
    found = sliced_wasserstein_distance(a, b, seed=7)[16]
    again = torch.Generator().manual_seed(7)
    x, y = distances._patches(a, again), distances._patches(b, again)
    direction = torch.randn(147, 1, generator=again)
    direction /= direction.norm()
    wanted = stats.wasserstein_distance((x @ direction)[:, 0], (y @ direction)[:, 0])
    assert found == pytest.approx(1000 * wanted, rel=1e-4)


def test_sliced_wasserstein_sees_what_differs() -> None:
    draw = torch.Generator().manual_seed(3)
    images = torch.rand(80, 3, 32, 32, generator=draw)
    blurred = distances._blur(images)
    same = sliced_wasserstein_distance(images[:40], images[40:])
    other = sliced_wasserstein_distance(images[:40], blurred[40:])
    assert set(same) == {32, 16}
    assert other[32] > 2 * same[32]
    assert sliced_wasserstein_distance(images, images[:40]) == sliced_wasserstein_distance(
        images, images[:40]
    )
