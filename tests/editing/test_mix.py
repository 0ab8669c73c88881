from __future__ import annotations

import math

import pytest
import torch

from editor import Editor
from editor.editing.mix import (
    layer_groups,
    layer_strengths,
    mix,
    mix_grid,
    mix_groups,
)
from editor.errors import MismatchError, OptionError
from editor.media.images import to_tensor


@pytest.fixture
def content() -> torch.Tensor:
    return torch.randn(10, 8)


@pytest.fixture
def style() -> torch.Tensor:
    return torch.randn(10, 8)


def test_the_groups_of_the_sizes_in_use() -> None:
    expected = {10: (3, 6), 12: (3, 8), 14: (3, 10)}
    for num_ws, (features, colour) in expected.items():
        assert layer_groups(num_ws) == {
            "pose and shape": tuple(range(features)),
            "features": tuple(range(features, colour)),
            "colour": tuple(range(colour, num_ws)),
        }


@pytest.mark.parametrize("num_ws", range(3, 20))
def test_every_layer_is_in_one_group(num_ws: int) -> None:
    groups = layer_groups(num_ws)
    assert [layer for layers in groups.values() for layer in layers] == list(range(num_ws))
    assert all(groups.values())


def test_two_layers_are_not_three_groups() -> None:
    with pytest.raises(OptionError, match="2 layers"):
        layer_groups(2)


def test_zero_is_the_content_and_one_the_style(content: torch.Tensor, style: torch.Tensor) -> None:
    assert torch.equal(mix(content, style, tuple(range(10)), 0.0), content)
    mixed = mix(content, style, (6, 7, 9), 1.0)
    assert torch.equal(mixed[[6, 7, 9]], style[[6, 7, 9]])
    assert torch.equal(mixed[[0, 1, 2, 3, 4, 5, 8]], content[[0, 1, 2, 3, 4, 5, 8]])
    assert torch.equal(mix(content, style, ()), content)


def test_strength_is_linear_and_the_inputs_stay(content: torch.Tensor, style: torch.Tensor) -> None:
    before = content.clone(), style.clone()
    for strength in (0.3, 0.7):
        mixed = mix(content, style, (2,), strength)
        expected = (1 - strength) * content[2] + strength * style[2]
        assert torch.allclose(mixed[2], expected, atol=1e-6)
    assert torch.equal(before[0], content)
    assert torch.equal(before[1], style)


def test_each_group_has_its_own_strength(content: torch.Tensor, style: torch.Tensor) -> None:
    mixed = mix_groups(content, style, {"pose and shape": 0.25, "colour": 1.0})
    assert torch.allclose(mixed[:3], 0.75 * content[:3] + 0.25 * style[:3], atol=1e-6)
    assert torch.equal(mixed[3:6], content[3:6])
    assert torch.equal(mixed[6:], style[6:])


def test_layers_in_words_and_the_last_word_counts() -> None:
    found = layer_strengths(10, {"colour": 1.0, "4-6,9": 0.5, "0": 0.25})
    expected = [0.25, 0, 0, 0, 0.5, 0.5, 0.5, 1, 1, 0.5]
    assert found.tolist() == expected
    assert layer_strengths(10, {}).tolist() == [0] * 10


def test_a_grid_holds_every_pair() -> None:
    contents, styles = torch.randn(3, 6, 4), torch.randn(2, 6, 4)
    strengths = {"colour": 1.0, "features": 0.4}
    grid = mix_grid(contents, styles, strengths)
    assert grid.shape == (3, 2, 6, 4)
    for c in range(3):
        for s in range(2):
            assert torch.equal(grid[c, s], mix_groups(contents[c], styles[s], strengths))


def test_what_does_not_fit_is_refused(content: torch.Tensor, style: torch.Tensor) -> None:
    for strength in (-0.1, 1.1, math.nan):
        with pytest.raises(OptionError, match="strength"):
            mix(content, style, (0,), strength)
        with pytest.raises(OptionError, match="strength"):
            layer_strengths(10, {"colour": strength})
    for layers in ((10,), (-1,)):
        with pytest.raises(OptionError, match="outside"):
            mix(content, style, layers)
    with pytest.raises(OptionError, match=r"'hair'.*pose and shape"):
        layer_strengths(10, {"hair": 1.0})
    with pytest.raises(OptionError, match="outside"):
        layer_strengths(10, {"8-12": 1.0})
    with pytest.raises(OptionError, match="lower number first"):
        layer_strengths(10, {"7-4": 1.0})
    with pytest.raises(MismatchError, match=r"10, 8.*9, 8"):
        mix(content, style[:9], (0,))
    with pytest.raises(MismatchError):
        mix_grid(content, style[None], {})
    with pytest.raises(MismatchError):
        mix(content[0], style[0], (0,))


def test_on_faces_the_groups_do_what_they_are_called(faces: Editor) -> None:
    """Colour follows the colour layers and structure the coarse ones; on 12 pairs."""
    codes = torch.stack([faces.sample(200 + i).wp_edited for i in range(24)])
    first, second = codes[:12], codes[12:]

    def chroma_and_gradients(pair: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        images = torch.cat([to_tensor(image) for image in faces.engine.render(pair)])
        luma = images.mean(1, keepdim=True)
        chroma = torch.nn.functional.avg_pool2d(images - luma, 16).flatten(1)
        coarse = torch.nn.functional.avg_pool2d(luma, 4)[:, 0]
        across, down = coarse.diff(dim=2).flatten(1), coarse.diff(dim=1).flatten(1)
        return chroma, torch.cat([across, down], dim=1)

    def structure_change(a: torch.Tensor, b: torch.Tensor) -> float:
        a, b = (x - x.mean(dim=1, keepdim=True) for x in (a, b))
        return float((1 - torch.cosine_similarity(a, b)).mean())

    start, end = chroma_and_gradients(first), chroma_and_gradients(second)
    chroma, gradients = {}, {}
    for group in layer_groups(10):
        mixed = chroma_and_gradients(mix_groups(first, second, {group: 1.0}))
        chroma[group] = float((mixed[0] - start[0]).norm() / (end[0] - start[0]).norm())
        gradients[group] = structure_change(start[1], mixed[1]) / structure_change(start[1], end[1])
    print(chroma, gradients)
    assert gradients["pose and shape"] > 3 * gradients["features"]
    assert gradients["features"] > gradients["colour"] > 0
    assert chroma["colour"] > 2 * gradients["colour"]
