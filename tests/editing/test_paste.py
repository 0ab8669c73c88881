from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editor.editing.paste import MODES, paste_back, soft_mask
from editor.errors import MismatchError, OptionError
from editor.media.images import to_tensor
from editor.photo.crop import Crop, crop_square

CROPS = [Crop(0.4, 0.55, 0.6, 0), Crop(0.5, 0.5, 0.5, 25), Crop(0.1, 0.9, 0.9, -10), Crop(side=1.4)]


@pytest.fixture
def photo() -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 256, (200, 300, 3), np.uint8))


def _inside(photo: Image.Image, crop: Crop, share: float = 1.0) -> np.ndarray:
    """Pixels whose centre lies in the square, shrunk to a share of its side."""
    width, height = photo.size
    half = crop.side * min(width, height) / 2 * share
    y, x = np.mgrid[:height, :width] + 0.5
    angle = np.radians(crop.angle)
    dx, dy = x - crop.x * width, y - crop.y * height
    u, v = np.cos(angle) * dx + np.sin(angle) * dy, np.cos(angle) * dy - np.sin(angle) * dx
    return (np.abs(u) <= half) & (np.abs(v) <= half)


@pytest.mark.parametrize("crop", CROPS)
def test_no_edit_changes_no_pixel(photo: Image.Image, crop: Crop) -> None:
    before = torch.rand(3, 64, 64) * 2 - 1
    pasted = paste_back(photo, crop, before, before.clone())
    assert np.array_equal(np.asarray(pasted), np.asarray(photo))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("crop", CROPS)
def test_an_edit_stays_inside_the_square(photo: Image.Image, crop: Crop, mode: str) -> None:
    before, after = torch.rand(2, 3, 64, 64) * 2 - 1
    pasted = np.asarray(paste_back(photo, crop, before, after, mode))
    changed = (pasted != np.asarray(photo)).any(axis=2)
    assert changed.any()
    assert not (changed & ~_inside(photo, crop)).any()


@pytest.mark.parametrize("crop", CROPS)
def test_a_constant_difference_is_added_exactly_where_the_mask_is_whole(crop: Crop) -> None:
    photo = Image.new("RGB", (300, 200), (100, 120, 140))
    before, after = torch.zeros(3, 32, 32), torch.full((3, 32, 32), 40 / 127.5)
    pasted = np.asarray(paste_back(photo, crop, before, after)).astype(int)
    middle = _inside(photo, crop, 0.6)
    assert np.abs(pasted[middle] - np.array([140, 160, 180])).max() <= 1


def test_the_edit_lands_where_the_crop_was_taken() -> None:
    """Cutting the square out of the pasted photo gives the edited crop again."""
    rng = np.random.default_rng(1)
    small = Image.fromarray(rng.integers(0, 256, (20, 30, 3), np.uint8))
    photo = small.resize((600, 400), Image.Resampling.BICUBIC)
    for crop in (Crop(0.45, 0.5, 0.6, 0), Crop(0.5, 0.5, 0.6, 30)):
        before = to_tensor(crop_square(photo, crop, 64))[0]
        after = before.clone()
        after[:, 20:30, 34:44] = (after[:, 20:30, 34:44] + 0.6).clamp(max=1)
        again = to_tensor(crop_square(paste_back(photo, crop, before, after), crop, 64))[0]
        assert (again - after).abs().mean() < 0.02
        assert (again - before)[:, 22:28, 36:42].mean() > 0.8 * (after - before)[
            :, 22:28, 36:42
        ].mean()


def test_replacing_takes_the_photos_colours() -> None:
    """A reconstruction that is too dark all over is as bright as the photo when it is pasted."""
    photo = Image.fromarray(np.full((200, 200, 3), 180, np.uint8))
    dark = torch.full((3, 32, 32), -0.5)
    pasted = np.asarray(paste_back(photo, Crop(side=0.8), dark, dark, "replace"))
    assert np.abs(pasted.astype(int) - 180).max() <= 1


def test_the_photos_own_detail_stays() -> None:
    """In difference mode the fine pattern is as strong after the edit as before."""
    pattern = (np.indices((256, 256)).sum(axis=0) % 2 * 40 + 90).astype(np.uint8)
    photo = Image.fromarray(np.repeat(pattern[..., None], 3, axis=2))
    before, after = torch.zeros(3, 32, 32), torch.zeros(3, 32, 32)
    after[:, 8:24, 8:24] = 0.3
    kept, lost = (
        np.asarray(paste_back(photo, Crop(), before, after, mode))[110:140, 110:140].std()
        for mode in MODES
    )
    assert kept == pytest.approx(20, abs=1)
    assert lost < 10


def test_the_mask() -> None:
    mask = soft_mask(64)
    assert mask[32, 32] == 1
    assert mask[0].max() < 0.02
    assert mask[0, 0] == 0
    assert torch.equal(mask, mask.T)
    assert torch.equal(mask, mask.flip(0))
    steps = mask[32, :32].diff()
    assert (steps >= 0).all()
    assert steps.max() < 0.2


def test_a_mask_of_ones_own(photo: Image.Image) -> None:
    before, after = torch.zeros(3, 64, 64), torch.ones(3, 64, 64)
    mask = torch.zeros(64, 64)
    mask[:, :32] = 1.0
    changed = np.asarray(paste_back(photo, Crop(), before, after, mask=mask)) != np.asarray(photo)
    assert changed[:, :140].any()
    assert not changed[:, 160:].any()


def test_what_does_not_fit_is_refused(photo: Image.Image) -> None:
    x = torch.zeros(3, 32, 32)
    with pytest.raises(OptionError, match="mode"):
        paste_back(photo, Crop(), x, x, "melt")
    with pytest.raises(MismatchError):
        paste_back(photo, Crop(), x, torch.zeros(3, 16, 16))
    with pytest.raises(MismatchError, match="mask"):
        paste_back(photo, Crop(), x, x, mask=torch.ones(8, 8))


SCRIPT = """
import resource, time
import torch
from PIL import Image
from editor.photo.crop import Crop
from editor.editing.paste import paste_back
photo = Image.effect_noise((6000, 4000), 50).convert("RGB")
before, after = torch.rand(2, 3, 128, 128) * 2 - 1
paste_back(photo.crop((0, 0, 300, 300)), Crop(), before, after)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.monotonic()
paste_back(photo, Crop(side=1.0, angle=10), before, after)
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 2**20
print(time.monotonic() - started, grown)
"""


def test_a_photo_of_24_megapixels() -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=root, capture_output=True, check=True, timeout=120
    )
    seconds, gigabytes = map(float, done.stdout.split())
    print(f"24 MP: {seconds:.1f} s, {gigabytes:.2f} GB more")
    assert gigabytes < 1.0
    assert seconds < 6  # 1.0 when nothing else runs
