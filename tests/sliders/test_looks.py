from __future__ import annotations

import json
from pathlib import Path

import pytest

from editor.errors import OptionError
from editor.session import Editor
from editor.sliders.looks import Look, distance_of, look_of, read_looks

ROOT = Path(__file__).resolve().parents[2]


def test_a_share_is_of_the_range_on_its_side(tiny: Editor) -> None:
    info = next(iter(tiny.sliders))
    low, high = info.range
    assert distance_of(info, 0.5) == 0.5 * high
    assert distance_of(info, -1.0) == low
    assert distance_of(info, 0.0) == 0.0


def test_moves_leave_out_what_the_domain_lacks(tiny: Editor) -> None:
    smile = tiny.sliders["smile"].info.range[1]
    look = Look("Grin", (("smile", 1.0), ("halo", 1.0)))
    assert look.moves(tiny.sliders, 0.5) == {"smile": 0.5 * smile}


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
