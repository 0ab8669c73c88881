from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from editor import Domains
from editor.project.actions import INVERTED, add_edit
from editor.project.history import Project
from editor.sliders.slider_set import SliderSet
from editor.ui.slider_words import moved_label, sentence_of, step_label

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def sliders() -> SliderSet:
    return Domains("cpu", ROOT / "checkpoints", ROOT / "boundaries").open("faces64").sliders


def test_an_edit_is_told_by_the_position_that_the_slider_shows(sliders: SliderSet) -> None:
    low, high = sliders["smile"].info.range
    assert moved_label(sliders, (), (("smile", high),)) == "Smile 100"
    assert moved_label(sliders, (), (("smile", low),)) == "Smile −100"
    assert moved_label(sliders, (("smile", 1.0),), (("age", 2.0),)).endswith("and 1 more")


def test_what_is_back_at_zero_is_a_reset(sliders: SliderSet) -> None:
    assert moved_label(sliders, (("smile", 1.0),), ()) == "Reset"
    assert moved_label(sliders, (("gone", 1.0),), (("gone", 2.0),)) == "Reset"
    assert moved_label(sliders, (), ()) == "Same"


def test_a_sentence_leaves_the_name_of_a_file_as_it_is() -> None:
    assert sentence_of("holiday.jpg cannot be read") == "holiday.jpg cannot be read"
    assert sentence_of("no face was found; try again.") == "No face was found; try again."


def test_the_first_step_is_a_start_whoever_made_it(tiny) -> None:
    project = add_edit(Project.new(tiny), tiny, tiny.sample(0), "Ann")
    assert project.nodes[0].label == INVERTED, "as the command says"
    assert step_label(project.nodes[0]) == "Start"
    assert step_label(replace(project.nodes[0], label="")) == "Start"
    assert step_label(replace(project.nodes[0], label="Smile 45")) == "Smile 45"
