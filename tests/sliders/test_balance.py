"""Balanced directions, on responses that are known exactly."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from editor.errors import OptionError
from editor.geometry import background
from editor.sliders.fit.balance import Responses, balance
from editor.sliders.fit.calibration import Probes, layer_choices
from editor.sliders.fit.responses import evidence, layer_parts, measure

PARTS = ((0, 1), (2, 3))


def responses(first: list[list[float]], second: list[list[float]], outside: Tensor) -> Responses:
    """Two attributes, two normals, two parts: changes [normal][attribute] of each part, on 3 pictures."""
    changes = torch.tensor([first, second])[..., None].expand(-1, -1, -1, 3)
    return Responses(("smile", "mouth"), torch.eye(2, 4), PARTS, changes, outside)


def effect(given: Responses, rows: Tensor) -> Tensor:
    """[O]: what moving by rows changes, in a world that is linear."""
    steps = torch.stack([rows[part[0]] @ given.directions.T for part in given.parts])
    return torch.einsum("pk,pko->o", steps, given.changes.mean(dim=3))


ENTANGLED = [[1.0, 0.8], [0.3, 1.0]]


def test_the_others_stay_as_they_are() -> None:
    given = responses(ENTANGLED, ENTANGLED, torch.zeros(4, 4))
    rows = balance(given, "smile", (0, 1, 2, 3), {}, 1e-6, 0.0)
    assert torch.allclose(rows.norm(dim=1), torch.ones(4), atol=1e-5)
    smile, mouth = effect(given, rows)
    assert smile > 0.5
    assert abs(mouth / smile) < 1e-3
    plain = given.directions[0].expand(4, -1)
    assert effect(given, plain)[1] / effect(given, plain)[0] == pytest.approx(0.8)


def test_further_directions_cancel_what_the_normals_cannot() -> None:
    """Both normals do the same, a third direction moves the mouth alone."""
    changes = torch.tensor([[1.0, 0.8], [1.0, 0.8], [0.0, 0.5]]).expand(2, 3, 2)[..., None]
    eye, nothing = torch.eye(3, 4), torch.zeros(6, 6)
    given = Responses(("smile", "mouth"), eye, PARTS, changes.expand(-1, -1, -1, 3), nothing)
    rows = balance(given, "smile", (0, 1, 2, 3), {}, 1e-4, 0.0)
    smile, mouth = effect(given, rows)
    assert abs(mouth / smile) < 0.01
    assert rows[0, 2] < -0.5
    normals = Responses(given.names, eye[:2], PARTS, given.changes[:, :2], nothing[:4, :4])
    without = balance(normals, "smile", (0, 1, 2, 3), {}, 1e-4, 0.0)
    assert effect(normals, without)[1] / effect(normals, without)[0] == pytest.approx(0.8)


def test_stiffness_gives_the_step_that_changes_most() -> None:
    """Where short steps are all that counts, the direction is that of the response itself."""
    given = responses(ENTANGLED, ENTANGLED, torch.zeros(4, 4))
    rows = balance(given, "smile", (0, 1, 2, 3), {}, 1e6, 0.0)
    steepest = torch.tensor([1.0, 0.3, 0.0, 0.0])
    assert torch.allclose(rows, (steepest / steepest.norm()).expand(4, -1), atol=1e-4)


def test_a_weight_says_how_much_an_attribute_counts() -> None:
    given = responses(ENTANGLED, ENTANGLED, torch.zeros(4, 4))
    left = [
        abs(effect(given, balance(given, "smile", (0, 1, 2, 3), {"mouth": w}, 0.1, 0.0))[1])
        for w in (0.1, 1.0, 10.0)
    ]
    assert left[0] > left[1] > left[2]


def test_what_surrounds_a_face_is_left_alone() -> None:
    """Both normals smile; the second, on the second part, repaints the background."""
    outside = torch.diag(torch.tensor([0.0, 0.0, 0.0, 4.0]))
    given = responses([[1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]], outside)
    careless = balance(given, "smile", (0, 1, 2, 3), {}, 0.01, 0.0)
    careful = balance(given, "smile", (0, 1, 2, 3), {}, 0.01, 1.0)
    assert careless[2, 1] == pytest.approx(0.5**0.5, abs=1e-3)
    assert abs(careful[2, 1]) < 0.01
    assert careful[0, 1] == pytest.approx(0.5**0.5, abs=1e-3)


def test_rows_of_one_length_still_cancel() -> None:
    """The second part changes a tenth of the first: alone, its step would be far shorter."""
    weak = [[0.1, 0.08], [0.03, 0.1]]
    given = responses(ENTANGLED, weak, torch.zeros(4, 4))
    rows = balance(given, "smile", (0, 1, 2, 3), {}, 1e-3, 0.0)
    assert torch.allclose(rows.norm(dim=1), torch.ones(4), atol=1e-5)
    smile, mouth = effect(given, rows)
    assert abs(mouth / smile) < 0.02


def test_layers_that_do_not_move_keep_the_normal() -> None:
    given = responses(ENTANGLED, ENTANGLED, torch.zeros(4, 4))
    rows = balance(given, "mouth", (2, 3), {}, 1e-6, 0.0)
    assert torch.equal(rows[:2], given.directions[1].expand(2, -1))
    assert not torch.allclose(rows[2], given.directions[1], atol=0.1)


def test_a_part_that_changes_nothing_keeps_the_normal() -> None:
    given = responses(ENTANGLED, [[0.0, 0.0], [0.0, 0.0]], torch.zeros(4, 4))
    rows = balance(given, "smile", (0, 1, 2, 3), {}, 1e-6, 0.0)
    assert torch.equal(rows[2:], given.directions[0].expand(2, -1))
    assert abs(float(rows[0] @ torch.tensor([0.8, 1.0, 0.0, 0.0]))) < 1e-3  # the mouth stays shut


def test_what_cannot_be_balanced() -> None:
    given = responses(ENTANGLED, [[0.0, 0.0], [0.0, 0.0]], torch.zeros(4, 4))
    with pytest.raises(OptionError, match="whole parts"):
        balance(given, "smile", (0, 1, 2), {}, 0.1, 0.0)
    with pytest.raises(OptionError, match="not measured"):
        balance(given, "hat", (0, 1), {}, 0.1, 0.0)
    with pytest.raises(OptionError, match="out of range"):
        balance(given, "smile", (0, 1), {}, 0.0, 0.0)
    with pytest.raises(OptionError, match="no step"):
        balance(given, "smile", (2, 3), {}, 0.1, 0.0)


class _Painter:
    """Code value 0 of layers 0 and 1 brightens the face, value 1 of 2 and 3 all around it."""

    num_ws = 4

    def synthesis(self, wp: Tensor) -> Tensor:
        face, around = wp[:, :2, 0].mean(dim=1), wp[:, 2:, 1].mean(dim=1)
        outside = background("face", 16)[None, None]
        shape = (-1, 1, 1, 1)
        return torch.where(outside, around.view(shape), face.view(shape)).expand(-1, 3, -1, -1)

    def score(self, images: Tensor) -> dict[str, Tensor]:
        return {"bright": torch.sigmoid(4 * images[:, 0, 8, 8]), "age": images[:, 0, 0, 0]}


def test_responses_are_those_of_the_pictures() -> None:
    painter = _Painter()
    codes = torch.zeros(6, 4, 3)
    codes[:, :, 0], codes[:, :, 1] = (
        torch.linspace(-1, 1, 6)[:, None],
        torch.linspace(-2, 2, 6)[:, None],
    )
    images = painter.synthesis(codes)
    probes = Probes(painter, painter, codes, painter.score(images), images, background("face", 16))  # type: ignore[arg-type]
    names, deviations = ("bright", "age"), torch.tensor([0.5, 0.5, 0.2])
    directions = torch.eye(3)  # the normals, and one that does nothing
    found = measure(probes, names, directions, deviations)
    assert (found.names, found.parts) == (names, PARTS)
    assert torch.equal(found.directions, directions)
    spread = torch.linspace(-1, 1, 6).std()
    expected = torch.zeros(2, 3, 2)
    expected[0, 0, 0] = 1 / spread  # evidence 4 · brightness, in its own deviations
    expected[1, 1, 1] = 1 / (2 * spread)
    assert torch.allclose(found.changes, expected[..., None].expand(-1, -1, -1, 6), atol=1e-3)
    around = torch.diag(torch.tensor([0.0, 0, 0, 0, 1, 0]))
    assert torch.allclose(found.outside.float(), around, atol=1e-4)
    nowhere = Probes(painter, painter, codes, painter.score(images), images)  # type: ignore[arg-type]
    assert not bool(measure(nowhere, names, directions, deviations).outside.any())


def test_evidence_is_finite_where_a_judge_is_sure() -> None:
    found = evidence(
        {"smile": torch.tensor([0.0, 0.5, 1.0]), "age": torch.tensor([-2.0, 0.0, 3.0])}
    )
    assert bool(torch.isfinite(found).all())
    assert found[0, 0] == pytest.approx(-float(found[0, 2]), rel=1e-3)
    assert found[0, 0] < 0 == found[0, 1]
    assert found[1].tolist() == [-2.0, 0.0, 3.0]


@pytest.mark.parametrize("num_ws", [2, 4, 6, 8, 10, 12, 14, 18])
def test_parts_hold_each_layer_once(num_ws: int) -> None:
    parts = layer_parts(num_ws)
    assert sum(parts, ()) == tuple(range(num_ws))
    assert all(len(part) == 2 for part in parts[:4])
    for layers in layer_choices(num_ws):  # else they could not be balanced
        assert sum((part for part in parts if set(part) <= set(layers)), ()) == layers
