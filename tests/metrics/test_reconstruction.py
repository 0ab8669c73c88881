from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity

from editor.errors import InputError
from editor.metrics.reconstruction import mse, psnr, ssim
from editor.packs.features.torchvision_ops import define_missing_ops

define_missing_ops()
from torchmetrics.functional.image import (  # noqa: E402
    peak_signal_noise_ratio as torchmetrics_psnr,
)
from torchmetrics.functional.image import structural_similarity_index_measure  # noqa: E402


@pytest.fixture(scope="module")
def pairs() -> tuple[torch.Tensor, torch.Tensor]:
    """Smooth pictures, and the same more and more disturbed: [5, 3, 48, 48] both."""
    draw = torch.Generator().manual_seed(0)
    photo = F.interpolate(torch.rand(5, 3, 7, 7, generator=draw), size=48, mode="bicubic")
    photo = (photo * 2 - 1).clamp(-1, 1)
    noise = torch.randn(photo.shape, generator=draw)
    recon = photo + noise * torch.tensor([0.01, 0.05, 0.1, 0.3, 1.0])[:, None, None, None]
    recon[4] = -photo[4]
    return recon.clamp(-1, 1), photo


def _arrays(x: torch.Tensor) -> list[np.ndarray]:
    return [picture.double().permute(1, 2, 0).numpy() for picture in x]


def test_mse_equals_scikit_image_and_numpy(pairs) -> None:
    recon, photo = pairs
    couples = list(zip(_arrays(recon), _arrays(photo), strict=True))
    assert mse(recon, photo).tolist() == pytest.approx(
        [mean_squared_error(b, a) for a, b in couples], rel=1e-5
    )
    assert mse(recon, photo).tolist() == pytest.approx(
        [np.mean((a - b) ** 2) for a, b in couples], rel=1e-5
    )


def test_psnr_equals_scikit_image_and_torchmetrics(pairs) -> None:
    recon, photo = pairs
    found = psnr(recon, photo).tolist()
    couples = list(zip(_arrays(recon), _arrays(photo), strict=True))
    assert found == pytest.approx(
        [peak_signal_noise_ratio(b, a, data_range=2) for a, b in couples], rel=1e-5
    )
    theirs = torchmetrics_psnr(
        recon, photo, data_range=2.0, reduction="none", dim=(1, 2, 3)
    ).tolist()
    assert found == pytest.approx(theirs, rel=1e-5)


@pytest.mark.parametrize("top", [1, 2, 255])
def test_ssim_equals_scikit_image_on_any_scale_of_intensities(pairs, top: int) -> None:
    recon, photo = ((x + 1) / 2 * top for x in pairs)
    found = ssim(*pairs).tolist()
    wanted = [
        structural_similarity(
            b, a, channel_axis=2, data_range=top, gaussian_weights=True, sigma=1.5,
            use_sample_covariance=False,
        )
        for a, b in zip(_arrays(recon), _arrays(photo), strict=True)
    ]  # fmt: skip
    assert found == pytest.approx(wanted, rel=1e-4)
    assert found[0] > 0.98 > found[1] > found[2] > found[3] > 0 > found[4]


def test_ssim_equals_torchmetrics_inside(pairs) -> None:
    """torchmetrics means over mirrored borders too; its map of places is cut to those inside."""
    recon, photo = (x + 1 for x in pairs)
    for i, found in enumerate(ssim(*pairs).tolist()):
        _, places = structural_similarity_index_measure(
            recon[i : i + 1], photo[i : i + 1], data_range=2.0, return_full_image=True
        )
        assert found == pytest.approx(places[..., 5:-5, 5:-5].mean().item(), rel=1e-4)


def test_known_values() -> None:
    """Flat pictures: the error is the gap squared, and only the means are left of the SSIM."""
    a, b = torch.full((1, 3, 12, 20), 0.5), torch.full((1, 3, 12, 20), 0.3)
    assert mse(a, b).item() == pytest.approx(0.04, rel=1e-5)
    assert psnr(a, b).item() == pytest.approx(20, rel=1e-5)
    c1 = 0.02**2
    wanted = (2 * 1.5 * 1.3 + c1) / (1.5**2 + 1.3**2 + c1)
    assert ssim(a, b).item() == pytest.approx(wanted, rel=1e-4)


def test_equal_pictures(pairs) -> None:
    photo = pairs[1]
    assert mse(photo, photo).tolist() == [0.0] * 5
    assert psnr(photo, photo).tolist() == [math.inf] * 5
    assert ssim(photo, photo).tolist() == pytest.approx([1.0] * 5)


@pytest.mark.parametrize("metric", [mse, psnr, ssim])
def test_one_number_a_picture_of_what_a_viewer_sees(metric, pairs) -> None:
    recon, photo = pairs
    whole = metric(recon, photo)
    assert whole.shape == (5,)
    assert whole.dtype == torch.float32
    alone = torch.cat([metric(recon[i : i + 1], photo[i : i + 1]) for i in range(5)])
    torch.testing.assert_close(whole, alone)
    torch.testing.assert_close(metric(recon * 3, photo), metric((recon * 3).clamp(-1, 1), photo))


@pytest.mark.parametrize("metric", [mse, psnr, ssim])
def test_what_cannot_be_compared_is_told(metric) -> None:
    photo = torch.zeros(2, 3, 16, 16)
    for other in (torch.zeros(1, 3, 16, 16), torch.zeros(2, 3, 8, 16), torch.zeros(3, 16, 16)):
        with pytest.raises(InputError, match=r"of the same shape"):
            metric(other, photo)
    with pytest.raises(InputError, match=r"\[N, 3, R, R\]"):
        metric(torch.zeros(2, 1, 16, 16), torch.zeros(2, 1, 16, 16))


def test_the_window_must_fit() -> None:
    assert ssim(torch.zeros(1, 3, 11, 11), torch.zeros(1, 3, 11, 11)).item() == 1
    with pytest.raises(InputError, match="10×11 pixels are smaller than the window"):
        ssim(torch.zeros(1, 3, 11, 10), torch.zeros(1, 3, 11, 10))
