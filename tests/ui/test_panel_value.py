"""What the slider panel is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from editor import Domains
from editor.sliders.boundary import BoundaryInfo
from editor.sliders.scale import SliderScale
from editor.ui.component_values import panel_value
from editor.ui.handlers import Handlers
from editor.ui.slider_words import slider_words


def test_each_slider_comes_with_its_words_and_scale(faces) -> None:
    value = panel_value(faces.sliders, (("smile", 2.0),))
    assert value["moves"] == {"smile": 2.0}
    assert "node" not in value
    found = {one["name"]: one for group in value["groups"] for one in group["sliders"]}
    assert [group["title"] for group in value["groups"]] == ["Expression", "Face", "Pose"]
    assert found["mouth_open"]["title"] == "Mouth open"
    assert found["female"]["ends"] == ["Masculine", "Feminine"], "the low end first, on the left"
    assert found["smile"]["ends"] is None
    for info in faces.sliders:
        knots = found[info.name]["knots"]
        assert knots == [list(knot) for knot in SliderScale.of(info).knots]
        assert [-100, info.range[0]] in knots or info.short_sides[0]
        assert [100, info.range[1]] in knots
    assert found["beard"]["low"] == pytest.approx(-9.3, abs=0.5), "a short side is not stretched"


def test_sliders_of_ones_own_keep_their_titles() -> None:
    info = BoundaryInfo("pitch", "nod", "Pose", "tiny", (0,), (-1.0, 1.0))
    assert slider_words(info).title == "Tilt up ↔ down"
    own = replace(info, title="nodding Bob", facts={"made": "taught by marks"})
    assert slider_words(own).title == "Nodding Bob"
    assert slider_words(own).ends is None
    assert slider_words(replace(info, name="x", title="eBay green")).title == "EBay green"


def test_after_a_commit_the_panel_hears_which_edit_stands(tiny_root: Path) -> None:
    domains = Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries")
    handlers = Handlers(domains, "tiny")
    visitor = handlers.first_visitor()
    panel = {"moves": {"smile": 0.5}, "turn": 7}
    visitor, _, said = handlers.commit(visitor, panel)
    place = {"visit": visitor.visit.id, "picture": visitor.project.node.picture}
    assert said == {"moves": {"smile": 0.5}, "turn": 7, "node": 1, "parent": 0, **place}
    assert handlers.panel_step(visitor) == {"node": 1, "parent": 0, **place}
    shown = panel_value(handlers.sliders(visitor), (), visitor.project, visitor.visit.id)
    assert {key: shown[key] for key in ("node", "parent", *place)} == {
        "node": 1, "parent": 0, **place
    }  # fmt: skip
