"""What a slider changes at a distance, and the scale that follows from it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from editor.cli import main
from editor.errors import OptionError, WeightsError
from editor.packs.tensors import pack_tensors, unpack_tensors
from editor.project.file import open_project, project_bytes
from editor.project.history import Project
from editor.project.nodes import Picture
from editor.sliders.boundary import Boundary, BoundaryInfo
from editor.sliders.boundary_file import boundary_bytes, load_boundary, save_boundary, with_response
from editor.sliders.exchange import export_slider, import_slider
from editor.sliders.response import FEW_STOPS, STOPS, measured, rising, with_response_of_own
from editor.sliders.scale import SliderScale

INFO = BoundaryInfo("smile", "smile", "Face", "tiny", (0,), (-2.0, 4.0))
KNOWN = ((-3.0, -1.1), (-2.0, -1.0), (-1.0, -0.8), (0.0, 0.0), (1.0, 0.1), (4.0, 1.0), (6.0, 1.5))


class _Engine:
    """Pictures of one grey that is a known function of how far the code went."""

    def __init__(self, grey) -> None:
        self.grey, self.made = grey, 0

    def sample(self, seeds: list[int], psi: float) -> torch.Tensor:
        assert len(seeds) >= 12
        assert psi == 0.7
        return torch.zeros(len(seeds), 2, 3)

    def synthesis(self, codes: torch.Tensor) -> torch.Tensor:
        self.made += len(codes)
        return self.grey(codes[:, 0, 0])[:, None, None, None].expand(-1, 3, 4, 4)


def _slider(low: float = -2.0, high: float = 4.0) -> Boundary:
    return Boundary(replace(INFO, range=(low, high)), torch.tensor([[1.0, 0, 0], [1.0, 0, 0]]))


def test_a_known_response_is_found() -> None:
    engine = _Engine(lambda x: x / (1 + x.abs()))
    found = dict(measured(engine, _slider()).info.response)
    assert len(found) == 2 * len(STOPS) + 1
    assert found[0.0] == 0
    for distance in (-3.0, -1.5, -0.5, 1.0, 2.0, 5.0):
        end = 4.0 if distance > 0 else 2.0
        expected = distance / (1 + abs(distance)) / (end / (1 + end))
        assert found[distance] == pytest.approx(expected, abs=1e-4), distance
    assert found[-2.0] == -1
    assert found[4.0] == 1


def test_pictures_are_cut_off_at_black_and_white() -> None:
    found = dict(measured(_Engine(lambda x: x), _slider(-0.5, 2.0)).info.response)
    white = 1 + 0.05 * 0.5  # at 1; from there to 2 it rises by the least
    assert found[0.5] == pytest.approx(0.5 / white, abs=1e-4)
    assert found[1.0] == pytest.approx(1 / white, abs=1e-4)
    assert found[-0.25] == pytest.approx(-0.5, abs=1e-4)


def test_a_response_rises_where_the_measure_falls() -> None:
    side = rising(2.0, STOPS, [0.1, 0.3, 0.2, 0.4, 0.35, 0.0])
    assert [distance for distance, _ in side] == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    effects = [effect for _, effect in side]
    assert effects == sorted(set(effects))
    assert effects[3] == 1
    assert effects[:2] == [0.25, 0.75]
    assert rising(-2.0, STOPS, [0.1, 0.3, 0.2, 0.4, 0.35, 0.0]) == tuple((-d, -e) for d, e in side)
    assert rising(2.0, STOPS, [0.0] * 6) == (), "nothing is to be seen"


def test_a_slider_without_effect_stays_even() -> None:
    slider = measured(_Engine(torch.zeros_like), _slider())
    assert slider.info.response == ()
    scale = SliderScale.of(slider.info)
    assert (scale.distance(-50), scale.distance(50)) == (-1, 2)


def test_sliders_just_made_are_measured_at_few_stops_and_once() -> None:
    engine = _Engine(torch.tanh)
    slider = with_response_of_own(engine, _slider())
    assert len(slider.info.response) == 2 * len(FEW_STOPS) + 1
    assert engine.made == 12 * (1 + 2 * len(FEW_STOPS))
    assert with_response_of_own(engine, slider) is slider


def test_a_short_side_is_not_measured() -> None:
    engine = _Engine(torch.tanh)
    for low in (-0.4, 0.0):
        slider = measured(engine, _slider(low, 4.0))
        assert all(distance >= 0 for distance, _ in slider.info.response)
    slider = measured(engine, _slider(-4.0, 0.1))
    assert all(distance <= 0 for distance, _ in slider.info.response)


def test_scale_of_a_known_response() -> None:
    scale = SliderScale.of(replace(INFO, response=KNOWN))
    expected = {0: 0, -100: -2, 100: 4, -80: -1, 10: 1, -90: -1.5, -40: -0.5, 55: 2.5}
    for position, distance in expected.items():
        assert scale.distance(position) == pytest.approx(distance, abs=1e-12), position
    for position in (-100, 0, 100):
        assert scale.distance(position) == expected[position], "exactly"
        assert scale.position(expected[position]) == position
    # (1.5 - 0.1) of the effect from 1 to 6 is 1.12 of the end's 1 in 4
    assert scale.distance(150) == pytest.approx(4 * 1.5), "but never nearer than 1.5 of the end"
    assert scale.distance(-150) == pytest.approx(-2 * 2), (
        "nor farther than 2: (1.1-0.8)/2 = 0.15 · 2"
    )
    assert (scale.low, scale.high) == (-100, 100)


def test_slope_of_the_overdrive_is_that_of_the_end() -> None:
    response = ((-2.0, -1.0), (0.0, 0.0), (3.0, 0.8), (4.0, 1.0), (6.0, 1.4))
    scale = SliderScale.of(replace(INFO, response=response))
    assert scale.distance(150) == pytest.approx(4 + 0.5 / 0.2)
    assert scale.position(4 + 0.25 / 0.2) == pytest.approx(125)


@pytest.mark.parametrize(
    "info",
    [
        INFO,
        replace(INFO, response=KNOWN),
        replace(INFO, range=(0.0, 3.0)),
        replace(INFO, range=(-0.3, 3.0), response=((0.0, 0.0), (1.0, 0.7), (3.0, 1.0))),
        replace(INFO, range=(-3.0, 0.3), response=((-3.0, -1.0), (-1.0, -0.7), (0.0, 0.0))),
    ],
)
def test_scale_rises_and_is_its_own_inverse(info: BoundaryInfo) -> None:
    scale = SliderScale.of(info)
    distances = [scale.distance(position / 10) for position in range(-1500, 1501)]
    assert all(a < b for a, b in pairwise(distances))
    for index, distance in enumerate(distances):
        assert scale.position(distance) == pytest.approx(index / 10 - 150, abs=1e-6)
    assert scale.knots[0][0] == -150
    assert scale.knots[-1][0] == 150


def test_an_old_slider_has_an_even_scale() -> None:
    scale = SliderScale.of(INFO)
    assert [scale.distance(p) for p in (-150, -50, 0, 25, 150)] == [-3, -1, 0, 1, 6]


def test_a_short_side_is_scaled_as_the_other() -> None:
    response = ((0.0, 0.0), (1.0, 0.7), (4.0, 1.0))
    scale = SliderScale.of(replace(INFO, range=(-0.4, 4.0), response=response))
    assert scale.distance(-70) == -scale.distance(70) == -1
    assert scale.low == pytest.approx(-28)
    assert scale.high == 100
    assert SliderScale.of(replace(INFO, range=(0.0, 4.0), response=response)).low == 0


def test_responses_that_do_not_fit_are_refused() -> None:
    wrong = {
        "an end is missing": KNOWN[:5],
        "no zero": KNOWN[:3] + KNOWN[4:],
        "falls": (*KNOWN[:4], (1.0, -0.1), *KNOWN[5:]),
        "another end": ((-2.0, -1.0), (0.0, 0.0), (4.0, 0.9)),
        "not finite": (*KNOWN, (7.0, float("inf"))),
        "too long": tuple((i / 25, i / 100) for i in range(-50, 101)),
    }
    for response in wrong.values():
        with pytest.raises(OptionError, match=r"response.*measure-response --domain tiny"):
            replace(INFO, response=response)
    with pytest.raises(OptionError, match="response"):
        replace(INFO, range=(-0.1, 4.0), response=((-0.1, -1.0), (0.0, 0.0), (4.0, 1.0)))


def test_files_keep_a_response_and_open_without(tmp_path: Path, tiny) -> None:
    normal = tiny.sliders["smile"].normal
    old = replace(tiny.sliders["smile"].info, range=(-2.0, 4.0), response=())
    path = tmp_path / "smile.safetensors"
    for info in (old, replace(old, response=KNOWN)):
        save_boundary(Boundary(info, normal), path)
        pack = tiny.info
        assert load_boundary(path, pack.name, pack.num_ws, pack.w_dim).info == info
        again = import_slider(tiny.engine, export_slider(Boundary(info, normal)))
        assert again.info == info
    before = boundary_bytes(Boundary(old, normal))
    assert "response" not in unpack_tensors(before, "boundary")[1]
    changed = with_response(before, KNOWN)
    assert changed == boundary_bytes(Boundary(replace(old, response=KNOWN), normal))
    assert with_response(changed, ()) == before
    with pytest.raises(WeightsError, match=r"cannot be used.*response"):
        import_slider(tiny.engine, with_response(before, ((0.0, 0.0), (9.0, 1.0))))
    tensors, header = unpack_tensors(before, "boundary")
    for wrong in (7, [[1]], [["a", 2]], [None], {"a": 1}, [[0, 0], [1e400, 1]]):
        data = pack_tensors(tensors, {**header, "response": wrong})
        with pytest.raises(WeightsError, match=r"not complete|cannot be used"):
            import_slider(tiny.engine, data)


def test_command_writes_the_response_alone(tiny_root: Path, tiny, capsys) -> None:
    folder = tiny_root / "boundaries" / "tiny"
    before = {path: path.read_bytes() for path in folder.glob("*.safetensors")}
    command = ["measure-response", "--domain", "tiny", "--root", str(tiny_root), "--device", "cpu"]
    assert main([*command, "--only", "smile"]) == 0
    changed = [path for path, data in before.items() if path.read_bytes() != data]
    assert [path.name for path in changed] == ["smile.safetensors"]
    (path,) = changed
    header = unpack_tensors(path.read_bytes(), "boundary")[1]
    assert header["response"][0][1] < -1
    assert with_response(path.read_bytes(), ()) == before[path]
    assert main([*command, "--only", "smile"]) == 0
    assert capsys.readouterr().out.count("as it was") == 1
    assert main([*command, "--only", "nose"]) == 1
    broken = folder / "age.safetensors"
    broken.write_bytes(b"hello")
    assert main(command) == 1
    assert "age.safetensors" in capsys.readouterr().err


def test_projects_keep_the_response_of_own_sliders(tiny) -> None:
    normal = tiny.sliders["smile"].normal
    info = replace(INFO, name="mine", response=KNOWN)
    made = Project("tiny", tiny.engine.fingerprint, sliders=(Boundary(info, normal),))
    made = made.add(Picture("p0", "one", tiny.sample(5).wp.numpy()), "generated")
    again = open_project(project_bytes(made), tiny, lambda name, data: name)
    assert again.sliders[0].info == info


def test_shipped_sliders_are_measured(faces) -> None:
    for info in faces.sliders:
        assert info.response, info.name
        scale = SliderScale.of(info)
        assert 0 < scale.distance(50) < 0.6 * scale.distance(100), info.name
