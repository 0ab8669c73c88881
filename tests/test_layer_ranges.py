"""Layers in words, and against those that there are."""

from __future__ import annotations

import pytest

from editor.errors import MismatchError, OptionError
from editor.layers import check_layers, parse_layers


@pytest.mark.parametrize(
    ("said", "layers"),
    [("0-2", (0, 1, 2)), ("0,2-4", (0, 2, 3, 4)), ([3, 1, 3], (1, 3)), (2, (2,))],
)
def test_layers_in_words(said: object, layers: tuple[int, ...]) -> None:
    assert parse_layers(said) == layers


@pytest.mark.parametrize("said", ["", "a", "0-1000", {"a": 1}])
def test_words_that_are_no_layers(said: object) -> None:
    with pytest.raises(OptionError, match="neither"):
        parse_layers(said)


def test_layers_that_exist() -> None:
    assert check_layers((9, 0, 9), 10) == (0, 9)
    assert check_layers(None, 3) == (0, 1, 2)


@pytest.mark.parametrize("layers", [(), (-1, 2), (0, 10)])
def test_layers_that_do_not_exist(layers: tuple[int, ...]) -> None:
    with pytest.raises(OptionError, match=r"layers \(.*\) of 'smile' lie outside 0…9"):
        check_layers(layers, 10, "'smile'")
    with pytest.raises(MismatchError):
        check_layers(layers, 10, error=MismatchError)
