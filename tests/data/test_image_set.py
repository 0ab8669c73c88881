"""Several image sets as one."""

from __future__ import annotations

import pytest
import torch

from editor.data.image_set import ImageSet, join_images
from editor.errors import OptionError


def _set(name: str, count: int, value: int, **attributes: float) -> ImageSet:
    pixels = torch.full((count, 3, 4, 4), value, dtype=torch.uint8)
    return ImageSet(pixels, [f"{name}/{i}" for i in range(count)], [dict(attributes)] * count)


def test_one_set_stays_as_it_is() -> None:
    one = _set("a", 5, 1)
    assert join_images([one]) is one


def test_every_image_keeps_its_name_and_labels() -> None:
    both = join_images([_set("a", 30, 10, smile=1.0), _set("b", 20, 20)])
    assert len(both) == 50
    assert both.weights is None
    for pixels, name, labels in zip(both.pixels, both.names, both.attributes, strict=True):
        assert int(pixels[0, 0, 0]) == {"a": 10, "b": 20}[name[0]]
        assert labels == ({"smile": 1.0} if name[0] == "a" else {})
    assert {name[0] for name in both.names[-10:]} == {"a", "b"}  # a held-out tail is of both


def test_weights_are_shares_of_what_is_drawn() -> None:
    both = join_images([_set("a", 300, 1), _set("b", 20, 2), _set("c", 80, 3)], [2, 1, 1])
    index = both.draw(8000, torch.Generator().manual_seed(0))
    drawn = [both.names[i][0] for i in index.tolist()]
    assert drawn.count("a") / 8000 == pytest.approx(0.5, abs=0.02)
    assert drawn.count("b") / 8000 == pytest.approx(0.25, abs=0.02)
    assert int(both.draw(1000, torch.Generator(), 50).max()) < 50


def test_without_weights_draws_are_those_of_before() -> None:
    one, rng = _set("a", 40, 1), torch.Generator()
    drawn = one.draw(16, rng.manual_seed(3))
    assert torch.equal(drawn, torch.randint(40, (16,), generator=rng.manual_seed(3)))


@pytest.mark.parametrize("weights", [[1], [1, 0], [1, -1], [1, float("nan")], [1, float("inf")]])
def test_weights_that_do_not_fit(weights: list[float]) -> None:
    with pytest.raises(OptionError, match=r"weights"):
        join_images([_set("a", 3, 1), _set("b", 3, 2)], weights)
