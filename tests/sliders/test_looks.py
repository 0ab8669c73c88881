from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from editor.errors import OptionError
from editor.packs.info import read_info
from editor.session import Editor
from editor.sliders.boundary_file import load_boundaries
from editor.sliders.looks import look_bytes, look_of, read_looks
from editor.sliders.scale import SliderScale
from editor.sliders.slider_set import SliderSet

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("domain", ["faces64", "faces128", "scenes128"])
@pytest.mark.parametrize("position", [-1000.0, -150.0, -100.0, -30.0, 5.0, 100.0, 150.0, 1000.0])
def test_a_look_that_was_saved_can_be_read_again(domain: str, position: float) -> None:
    info = read_info(domain, ROOT / "checkpoints")
    known = load_boundaries(ROOT / "boundaries" / domain, domain, info.num_ws, info.w_dim)
    sliders = SliderSet(info, "", known)
    assert known
    moves = {info.name: SliderScale.of(info).distance(position) for info in sliders}
    look = look_of(json.loads(look_bytes("All", sliders, moves.items())))
    for name, share in look.values:
        low, high = sliders[name].info.range
        exact = moves[name] / (high if moves[name] > 0 else -low)
        assert share == pytest.approx(max(-2.0, min(2.0, exact)), abs=1e-4)
    sided = {name for name in moves if sliders[name].info.range[0 if position < 0 else 1]}
    assert {name for name, _ in look.values} == sided, "a side without a length has no share"


def test_a_look_holds_no_more_than_is_read(tiny: Editor) -> None:
    smile = tiny.sliders["smile"]
    own = [replace(smile, info=replace(smile.info, name=f"own_{number}")) for number in range(41)]
    many = [(one.info.name, 1.0) for one in own]
    with pytest.raises(OptionError, match="at most 40 sliders; 41 are set"):
        look_bytes("Many", tiny.sliders.with_own(own), many)


@pytest.mark.parametrize("domain", ["faces64", "faces128", "scenes128"])
def test_the_shipped_looks_move_sliders_of_their_domain(domain: str) -> None:
    looks = read_looks(ROOT / "boundaries" / domain)
    known = {path.stem for path in (ROOT / "boundaries" / domain).glob("*.safetensors")}
    assert looks
    assert {name for look in looks for name, _ in look.values} <= known
    assert len({look.name for look in looks}) == len(looks)


def test_no_file_is_no_looks(tmp_path: Path) -> None:
    assert read_looks(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"looks": 1}',
        '{"looks": [1]}',
        '{"looks": [{"name": "", "sliders": {}}]}',
        '{"looks": [{"name": "x", "sliders": [1]}]}',
        '{"looks": [{"name": "x", "sliders": {"smile": "1"}}]}',
        '{"looks": [{"name": "x", "sliders": {"smile": NaN}}]}',
        '{"looks": [{"name": "x", "sliders": {"smile": 9}}]}',
        '{"looks": [{"name": "x", "sliders": {"smile": true}}]}',
        json.dumps({"looks": [{"name": "x", "sliders": {}}] * 41}),
        "[" * 3000,
    ],
)
def test_files_that_make_no_sense(tmp_path: Path, text: str) -> None:
    (tmp_path / "looks.json").write_text(text)
    with pytest.raises(OptionError):
        read_looks(tmp_path)


def test_names_are_one_line() -> None:
    assert look_of({"name": " Big\n smile ", "sliders": {}}).name == "Big smile"
