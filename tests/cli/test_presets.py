from __future__ import annotations

from pathlib import Path

import pytest

from editor.cli import main
from editor.cli.options import apply_preset
from editor.training.encoder_step import EncoderTraining
from editor.training.generator_options import GeneratorTraining
from editor.training.presets import ENCODERS, GENERATORS
from tests.conftest import write_noise


def _parse(argv: list[str]):
    from editor.cli import parser

    top = parser()
    args = top.parse_args(argv)
    return top.parse_args(argv) if apply_preset(args) else args


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_generator_presets_set_the_options(name: str) -> None:
    args = _parse(["train-generator", "--data", "d", "--out", "o", "--preset", name])
    for option, value in GENERATORS[name].items():
        assert getattr(args, option) == value, option
        assert type(getattr(args, option)) is type(value), option


@pytest.mark.parametrize("name", sorted(ENCODERS))
def test_encoder_presets_set_the_options(name: str) -> None:
    common = ["train-encoder", "--data", "d", "--out", "o", "--generator", "g"]
    args = _parse([*common, "--preset", name])
    for option, value in ENCODERS[name].items():
        assert getattr(args, option) == value, option
    from editor.cli.options import from_args

    from_args(args, EncoderTraining)


def test_a_given_option_overrides_the_preset_even_at_the_usual_value() -> None:
    common = ["train-generator", "--data", "d", "--out", "o", "--preset", "faces128"]
    usual = GeneratorTraining().kimg
    assert GENERATORS["faces128"]["kimg"] != usual
    assert _parse([*common, "--kimg", str(usual)]).kimg == usual
    assert _parse(common).kimg == GENERATORS["faces128"]["kimg"]
    assert _parse(common[:-2]).kimg == usual


def test_a_preset_reaches_the_training(tmp_path: Path, capsys) -> None:
    data = write_noise(tmp_path / "data", 20)
    size = ["--resolution", "8", "--fmaps-base", "64", "--fmaps-base-d", "64", "--fmaps-max", "8"]
    common = ["train-generator", "--data", str(data), "--out", str(tmp_path / "g"), "--batch", "4"]
    assert main([*common, *size, "--preset", "faces64", "--dry-run"]) == 0
    assert f"for {GENERATORS['faces64']['kimg']:g} kimg" in capsys.readouterr().out
