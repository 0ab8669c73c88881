"""Who is shown, by dlib, on generated faces; and the figures, by a recogniser that follows colours."""

from __future__ import annotations

import importlib.util

import pytest
import torch

from editor import Editor
from editor.errors import UnavailableError
from editor.media.images import to_tensor
from editor.metrics.identity import DlibRecogniser, People


class ByColour:
    """Takes the mean colour for the person; finds nobody in black pictures."""

    name = "colour"

    def find(self, images: torch.Tensor) -> list:
        return [None if bool((one == -1).all()) else (0.2, 0.2, 0.8, 0.8) for one in images]

    def vectors(self, images: torch.Tensor, boxes: list) -> torch.Tensor:
        found = images.mean(dim=(2, 3))
        found[[box is None for box in boxes]] = torch.nan
        return found


@pytest.fixture(scope="module")
def people() -> tuple[DlibRecogniser, torch.Tensor]:
    editor = Editor.open("faces128", "cpu")
    shown = [editor.example(seed, truncation_psi=0.8) for seed in (3, 4, 5)]
    return DlibRecogniser(), torch.cat([to_tensor(image) for image in shown])


def test_a_person_stays_the_same_through_noise_and_differs_from_others(people) -> None:
    recogniser, faces = people
    shown = People.of(recogniser, faces)
    assert None not in shown.boxes
    assert shown.vectors.shape == (3, 128)
    noisy = (
        faces + 0.05 * torch.randn(faces.shape, generator=torch.Generator().manual_seed(0))
    ).clamp(-1, 1)
    same, other = shown.compare(noisy), shown.compare(faces.roll(1, 0))
    assert same["same"] == 1.0
    assert same["distance"] < 0.35
    assert other["distance"] > 0.6
    assert shown.compare(faces)["distance"] == pytest.approx(0, abs=1e-5)


def test_a_tight_crop_is_found_by_its_border(people) -> None:
    recogniser, faces = people
    tight = torch.nn.functional.interpolate(faces[:, :, 20:-8, 14:-14], size=128, mode="bicubic")
    boxes = recogniser.find(tight)
    assert None not in boxes
    left, top, right, bottom = boxes[0]
    assert right - left > 0.5
    assert bottom - top > 0.5


def test_a_picture_without_a_face_does_not_count(people) -> None:
    recogniser, faces = people
    photos = torch.cat([faces[:1], torch.zeros(1, 3, 128, 128)])
    shown = People.of(recogniser, photos)
    assert shown.boxes[1] is None
    assert bool(shown.vectors[1].isnan().all())
    assert shown.compare(photos)["photos"] == 1
    nobody = People.of(recogniser, torch.zeros(2, 3, 64, 64))
    assert nobody.compare(photos[:, :, :64, :64]) == {"same": None, "distance": None, "photos": 0}


def test_only_what_counts_counts() -> None:
    photos = torch.zeros(4, 3, 8, 8)
    photos[3] = -1.0  # no face
    shown = People.of(ByColour(), photos)
    images = photos.clone()
    images[1] += 0.1
    images[2] += 0.9
    found = shown.compare(images)
    assert found["photos"] == 3
    assert found["same"] == pytest.approx(2 / 3)
    assert found["distance"] == pytest.approx((0.1 + 0.9) * 3**0.5 / 3, rel=1e-4)
    part = shown.compare(images, torch.tensor([True, False, True, True]))
    assert (part["photos"], part["same"]) == (2, 0.5)
    assert shown.some(torch.tensor([2])).compare(images[2:3])["same"] == 0.0


def test_without_its_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UnavailableError, match=r"requirements-identity\.txt"):
        DlibRecogniser()
