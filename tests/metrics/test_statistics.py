from __future__ import annotations

import pytest
import torch

from editor.errors import MismatchError
from editor.metrics.attributes import PooledFeatures, fit_predictor
from editor.metrics.statistics import STATISTICS


def _flat(*rgb: float) -> torch.Tensor:
    """One image of one colour, given in 0…1."""
    return torch.tensor(rgb)[None, :, None, None].expand(1, 3, 20, 20).clone() * 2 - 1


def test_statistics_of_known_pictures() -> None:
    value = {name: function(_flat(0.8, 0.6, 0.2)).item() for name, function in STATISTICS.items()}
    assert value["brightness"] == pytest.approx(0.299 * 0.8 + 0.587 * 0.6 + 0.114 * 0.2)
    assert value["contrast"] == pytest.approx(0, abs=1e-6)
    assert value["warmth"] == pytest.approx(0.6)
    assert value["greenness"] == pytest.approx(0.6 - 0.5)
    assert value["cloudiness"] == pytest.approx(1 - 0.6 / 0.8)
    assert value["light_side"] == pytest.approx(0)


def test_clouds_are_in_the_sky_and_snow_on_the_land() -> None:
    sky, land = _flat(0.2, 0.4, 0.9), _flat(0.95, 0.95, 0.95)
    snowy = torch.cat([sky[:, :, :7], land[:, :, 7:]], dim=2)
    cloudy = torch.cat([land[:, :, :7], _flat(0.2, 0.5, 0.1)[:, :, 7:]], dim=2)
    snow, clouds = STATISTICS["snow"], STATISTICS["cloudiness"]
    assert snow(snowy).item() > 0.95 > 0.05 > snow(cloudy).item()
    assert clouds(cloudy).item() > 0.95 > 0.5 > clouds(snowy).item()


def test_light_side_is_positive_when_the_right_is_brighter() -> None:
    image = _flat(0.2, 0.2, 0.2)
    image[..., 10:] = _flat(0.6, 0.6, 0.6)[..., 10:]
    value = STATISTICS["light_side"]
    assert value(image).item() == pytest.approx(0.5)
    assert value(image.flip(3)).item() == pytest.approx(-0.5)


def test_a_statistic_is_scored_in_deviations_of_the_labelled_images() -> None:
    pixels = torch.randint(0, 256, (40, 3, 8, 8), dtype=torch.uint8)
    features = PooledFeatures(lambda x: [x])
    predictor = fit_predictor(features, pixels, [{} for _ in pixels], ["brightness"], 8)
    scores = predictor.score(pixels.float() / 127.5 - 1)["brightness"]
    assert scores.mean().item() == pytest.approx(0, abs=1e-4)
    assert scores.std().item() == pytest.approx(1, rel=1e-4)
    assert predictor.quality == {"brightness": 1.0}
    assert (
        scores.argmax()
        == pixels.float().mean(dim=(2, 3)).matmul(torch.tensor([0.299, 0.587, 0.114])).argmax()
    )


def test_the_predictor_wants_bytes() -> None:
    """Floats would be scaled again, and every score be nonsense."""
    features = PooledFeatures(lambda x: [x], None)
    with pytest.raises(MismatchError, match="uint8"):
        fit_predictor(features, torch.zeros(4, 3, 8, 8), [{}] * 4, ["brightness"], 1)
