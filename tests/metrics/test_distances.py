from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import linalg, ndimage, stats

from editor.errors import InputError
from editor.metrics import distances
from editor.metrics.distances import (
    frechet_distance,
    sliced_wasserstein_distance,
    wasserstein_along,
)
from editor.packs.features.torchvision_ops import define_missing_ops

define_missing_ops()
from pytorch_fid.fid_score import calculate_frechet_distance  # noqa: E402


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


def _rows(values: np.ndarray, axes: np.ndarray, mean: np.ndarray, count: int) -> torch.Tensor:
    """[count, F] rows whose mean and covariance are exactly `mean` and Σ values · axes axesᵀ."""
    draw = np.random.default_rng(len(values) + count)
    around = draw.standard_normal((count, len(values)))
    around = np.linalg.qr(around - around.mean(0))[0] * (count - 1) ** 0.5
    return torch.from_numpy(around * values**0.5 @ axes.T + mean)


def _axes(features: int, count: int, seed: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((features, count)))[0]


@pytest.mark.parametrize(("features", "rank", "count"), [(12, 12, 40), (60, 10, 200), (60, 10, 25)])
def test_frechet_distance_of_normals_with_the_same_axes(
    features: int, rank: int, count: int
) -> None:
    """‖μ₁ - μ₂‖² + Σ (√λ₁ - √λ₂)²: full rank, less rank than rows, and fewer rows than features."""
    draw = np.random.default_rng(0)
    axes, (first, second) = _axes(features, rank, 1), draw.random((2, rank)) * 5
    mean = draw.standard_normal(features)
    a = _rows(first, axes, mean * 0, count)
    b = _rows(second, axes, mean, count + 7)
    wanted = (mean**2).sum() + ((first**0.5 - second**0.5) ** 2).sum()
    assert frechet_distance(a, b) == pytest.approx(wanted, rel=1e-9)
    assert frechet_distance(b, a) == pytest.approx(wanted, rel=1e-9)


def test_frechet_distance_of_normals_without_a_common_axis() -> None:
    """Nothing is shared: both whole variances count."""
    axes = _axes(60, 20, 2)
    first, second = np.linspace(1, 2, 10), np.linspace(3, 9, 10)
    a, b = (
        _rows(first, axes[:, :10], np.zeros(60), 25),
        _rows(second, axes[:, 10:], np.ones(60), 30),
    )
    assert frechet_distance(a, b) == pytest.approx(60 + first.sum() + second.sum(), rel=1e-9)


def test_frechet_distance_with_fewer_rows_than_features() -> None:
    """(Σ₁ Σ₂)^½ through the eigenvalues of the product; and equal sets are 0 apart."""
    draw = torch.Generator().manual_seed(5)
    mix = torch.randn(80, 80, generator=draw, dtype=torch.float64)
    a = torch.randn(30, 80, generator=draw, dtype=torch.float64) @ mix
    b = torch.rand(50, 80, generator=draw, dtype=torch.float64) @ mix
    x, y = a.numpy(), b.numpy()
    values = linalg.eigvals(np.cov(x.T) @ np.cov(y.T)).real.clip(min=0)
    wanted = np.sum((x.mean(0) - y.mean(0)) ** 2) + x.var(0, ddof=1).sum()
    wanted += y.var(0, ddof=1).sum() - 2 * np.sqrt(values).sum()
    assert frechet_distance(a, b) == pytest.approx(wanted, rel=1e-5)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9 * wanted)


@pytest.mark.filterwarnings("ignore")
def test_frechet_distance_equals_the_published_code() -> None:
    draw = torch.Generator().manual_seed(6)
    a = torch.rand(300, 64, generator=draw) @ torch.rand(64, 64, generator=draw)
    b = torch.rand(200, 64, generator=draw) @ torch.rand(64, 64, generator=draw)
    x, y = a.double().numpy(), b.double().numpy()
    wanted = calculate_frechet_distance(x.mean(0), np.cov(x.T), y.mean(0), np.cov(y.T))
    assert frechet_distance(a, b) == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (torch.zeros(1, 4), r"shape \[1, 4\].*at least two rows"),
        (torch.zeros(4), "at least two rows"),
        (torch.full((3, 4), float("nan")), "not finite"),
        (torch.zeros(3, 5), "5 features with 4"),
    ],
)
def test_sets_that_have_no_frechet_distance(rows: torch.Tensor, said: str) -> None:
    with pytest.raises(InputError, match=said):
        frechet_distance(rows, torch.zeros(3, 4))


def test_a_level_of_the_pyramid_equals_scipys_filters() -> None:
    image = torch.rand(1, 3, 32, 32, dtype=torch.float64)
    line = np.array([1, 4, 6, 4, 1]) / 16
    kernel = np.outer(line, line)
    details, small = distances._laplacian_pyramid(image)
    for channel in range(3):
        x = image[0, channel].float().numpy()
        wanted = ndimage.convolve(x, kernel, mode="mirror")[::2, ::2]
        np.testing.assert_allclose(small[0, channel], wanted, atol=1e-6)
        up = np.zeros_like(x)
        up[::2, ::2] = wanted
        wanted = x - ndimage.convolve(up, kernel * 4, mode="mirror")
        np.testing.assert_allclose(details[0, channel], wanted, atol=1e-6)


def test_patches_are_cut_and_brought_to_one_scale() -> None:
    images = torch.rand(3, 3, 20, 20, generator=torch.Generator().manual_seed(4)) ** 2
    found = distances._patches(images, torch.Generator().manual_seed(9)).numpy()
    top, left = torch.randint(0, 14, (2, 3, 64), generator=torch.Generator().manual_seed(9))
    wanted = np.stack([
        images[i, :, y : y + 7, x : x + 7].numpy()
        for i in range(3)
        for y, x in zip(top[i].tolist(), left[i].tolist(), strict=True)
    ])  # fmt: skip
    wanted = wanted - wanted.mean(axis=(0, 2, 3), keepdims=True)
    wanted = (wanted / wanted.std(axis=(0, 2, 3), keepdims=True)).transpose(0, 2, 3, 1)
    np.testing.assert_allclose(found, wanted.reshape(192, 147), rtol=1e-3, atol=1e-4)


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


def test_wasserstein_along_equals_scipy_and_closed_forms() -> None:
    draw = torch.Generator().manual_seed(8)
    points = torch.randn(200, 10, generator=draw)
    directions = torch.randn(10, 6, generator=draw)
    directions /= directions.norm(dim=0)
    other = torch.rand(200, 10, generator=draw) ** 3
    wanted = [
        stats.wasserstein_distance((points @ u).numpy(), (other @ u).numpy()) for u in directions.T
    ]
    assert wasserstein_along(points, other, directions).tolist() == pytest.approx(wanted, rel=1e-4)
    shift = torch.randn(10, generator=draw)
    mixed = (points + shift)[torch.randperm(200, generator=draw)]
    found = wasserstein_along(points, mixed, directions)
    torch.testing.assert_close(found, (shift @ directions).abs(), rtol=1e-4, atol=1e-5)
    found = wasserstein_along(points, 3 * points, directions)
    torch.testing.assert_close(found, 2 * (points @ directions).abs().mean(dim=0))


def test_sliced_wasserstein_equals_scipy_on_the_same_projections() -> None:
    """Every direction of every round of one level, the sets of different sizes."""
    draw = torch.Generator().manual_seed(2)
    a, b = torch.rand(9, 3, 16, 16, generator=draw), torch.rand(6, 3, 16, 16, generator=draw) ** 3
    found = sliced_wasserstein_distance(a, b, seed=7)
    again = torch.Generator().manual_seed(7)
    x = distances._patches(a[torch.tensor([0, 2, 3, 5, 6, 8])], again)
    y = distances._patches(b, again)
    gaps = []
    for _ in range(4):
        directions = torch.randn(147, 128, generator=again)
        for u in (directions / directions.norm(dim=0)).T:
            gaps.append(stats.wasserstein_distance((x @ u).numpy(), (y @ u).numpy()))
    assert found == {16: pytest.approx(1000 * np.mean(gaps), rel=1e-4)}


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
