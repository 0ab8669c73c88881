"""What no page of ours sends: every handler answers it with a sentence, and nothing half-done stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from editor.ui.components import html_component
from editor.ui.components.animate_panel import animate_panel
from editor.ui.components.blend_panel import blend_panel
from editor.ui.components.browser_storage import browser_storage
from editor.ui.components.filmstrip import filmstrip
from editor.ui.components.header import header
from editor.ui.components.library_grid import library_grid
from editor.ui.components.looks import looks_row
from editor.ui.components.new_slider import new_slider
from editor.ui.components.panel_foot import panel_foot
from editor.ui.components.patch_panel import patch_panel
from editor.ui.components.rail import rail
from editor.ui.components.save_dialog import save_dialog
from editor.ui.components.slider_panel import slider_panel
from editor.ui.components.stage import stage
from editor.ui.limits import Limits
from tests.ui.inprocess import served_tiny
from tests.ui.stranger import Stranger, error_of

LIMITS = Limits(requests_client=5000, max_pages_visit=99, max_pages_client=199, max_events_visit=40)
HUGE = 1e308
SLOTS: list[Any] = [
    {"picture": "p9", "node": -5},
    {"picture": "p1", "node": HUGE},
    {},
    {"picture": "p1"},
]
VALUES: dict[str, list[dict[str, Any]]] = {
    "stage": [
        {},
        {"given": {}},
        {"given": {"name": "x"}},
        {"frame": {}},
        {"frame": {"x": None, "y": 0.5, "side": 1, "angle": 0}},
        {"frame": {"x": HUGE, "y": -HUGE, "side": 1.0, "angle": 0.0}},
        {"frame": {"x": 0.5, "y": 0.5, "side": 0, "angle": 0}},
        {"frame": {"x": 0.5, "y": 0.5, "side": -1, "angle": 1e18}},
        {"frame": {"x": 0.5, "y": 0.5, "side": 1e-300, "angle": HUGE}},
        {"face": 10**17},
        {"face": -1},
        {"example": -(10**17)},
        *({"quarters": wrong} for wrong in ("x", [], {"a": 1}, HUGE, 0.5, True)),
        {"mask": "x" * 10_000},
        {"mask": "data:image/png;base64,"},
    ],
    "panel": [
        {},
        {"moves": {"smile": HUGE}},
        {"moves": {"smile": "1"}},
        {"moves": {"smile": None}},
        {"moves": {"smile": True}},
        {"moves": {"smile": [1]}},
        {"moves": {"smile": {"a": 1}}},
        {"moves": {f"s{i}": 1.0 for i in range(3000)}},
        {"moves": {"x" * 5000: 5000.0}, "turn": HUGE},
        {"moves": {"smile": 1.0}, "turn": None, "settings": {"detail": "x"}},
    ],
    "filmstrip": [{}, {"chosen": None}, {"chosen": HUGE}, {"chosen": -(10**17)}, {"chosen": 0.5}],
    "library": [
        {},
        {"chosen": []},
        {"chosen": ["x"] * 3000},
        {"chosen": [":"]},
        {"chosen": ["tiny:p9", "elsewhere:p1", "tiny:" + "9" * 5000]},
        {"chosen": ["tiny:p1"], "moves": {"smile": "x"}},
        {"chosen": ["tiny:p1"], "moves": {"smile": HUGE}},
        {"chosen": ["tiny:p1"], "wish": {"what": "x", "kind": "y", "name": "/../" * 900}},
        {"rename": {}},
        {"rename": {"key": "tiny:p1", "name": "\u0000/" * 5000}},
        {"given": []},
        {"given": [{}]},
        {"given": [{"name": "x"}] * 900},
    ],
    "saving": [
        {},
        {"wish": {}},
        {"wish": {"what": "wipe", "kind": "PNG", "name": "../../x"}},
        {"wish": {"what": "photo", "kind": "EXE"}},
        {"wish": {"what": "face", "name": "\u0000\n" * 4000}, "turn": HUGE},
    ],
    "new-slider-sheet": [
        {},
        {"domain": "elsewhere", "marks": [], "hold": []},
        {"domain": "tiny", "marks": [{}] * 2000, "hold": ["x"] * 2000},
        {"domain": "tiny", "marks": [{"id": "s1e9", "of": "x", "mark": "?"}], "name": "x" * 9000},
        {
            "domain": "tiny",
            "method": "magic",
            "row": HUGE,
            "kind": "zip",
            "first": [{}],
            "second": [],
        },
        *({"domain": "tiny", "method": "files", "first": wrong} for wrong in (5, "x", ["x"], [5])),
        {"domain": "tiny", "row": -1, "name": "\u0000", "own": "smile", "file": {}},
        {"domain": None, "marks": None, "hold": None, "own": None, "first": None, "file": None},
    ],
    "blend-panel": [
        {},
        {"from": SLOTS, "bases": SLOTS * 300, "style": HUGE, "strengths": [HUGE, -HUGE]},
        {
            "from": [{"picture": "p1"}],
            "style": -3,
            "strengths": [],
            "cell": {"row": 9, "column": -9},
        },
        {"from": [{"picture": "p1"}], "style": None, "strengths": [0.5] * 900, "cell": {}},
    ],
    "patch-panel": [
        {},
        {"source": SLOTS[1], "on": SLOTS * 300, "kind": "x", "steps": HUGE, "offset": [HUGE]},
        {
            "source": {"picture": "p1"},
            "on": [{"picture": "p1"}],
            "kind": "brush",
            "mask": "x",
            "steps": -1,
        },
        {"source": {"picture": "p1"}, "offset": [], "steps": 0, "result": HUGE},
        {"source": {"picture": "p1"}, "on": [{"picture": "p1"}], "steps": 0.5, "result": -1},
    ],
    "animate-panel": [
        {},
        {"kind": "x", "tiles": SLOTS * 300, "gaps": [HUGE, -1], "length": HUGE},
        {
            "kind": "people",
            "tiles": [{"picture": "p1"}] * 2,
            "gaps": [],
            "length": -1,
            "size": HUGE,
        },
        {
            "kind": "slider",
            "tiles": [{"picture": "p1"}],
            "slider": "x" * 999,
            "type": "EXE",
            "size": 1e9,
        },
        {
            "kind": "change",
            "ease": "x",
            "back": None,
            "length": 1e-300,
            "type": "MP4",
            "size": None,
        },
    ],
    "browser-storage": [
        {},
        {"restore": {}},
        {"restore": {"projects": {"tiny": 5, "../x": "AAAA"}, "photos": {"x": 5}}},
        {"restore": {"projects": {"tiny": "%%%"}, "photos": {"a.png": {"path": None}}}},
    ],
    "domain": [],
    "mode": [],
    "layers": [],
}
EVENTS = [
    ("mode", None),
    ("mode", 5),
    ("domain", None),
    ("domain", ["tiny"]),
    ("domain", "../tiny"),
]
EVENTS += [("layers", 5), ("layers", ["x"]), ("layers", "smile=" + "9" * 900)]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served_tiny(tmp_path_factory.mktemp("values"), LIMITS, shared=True) as where:
        yield where


@pytest.mark.parametrize("name", [name for name, values in VALUES.items() if values])
def test_every_handler_of_a_component_answers_a_sentence(
    url: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    stranger, wrong = Stranger(url), []
    taking = [
        item
        for item in stranger.config["dependencies"]
        if item["backend_fn"] and name in [stranger.names.get(i) for i in item["inputs"]]
    ]
    assert taking, name
    for item in taking:
        for value in VALUES[name]:
            said = error_of(stranger.run(item, **{name: value}))
            if "nexpected" in said:
                wrong.append((item["id"], item["targets"], str(value)[:120], said[:80]))
    told = [str(one.exc_info[1]) for one in caplog.records if one.exc_info]
    assert not wrong, (wrong, told)
    assert stranger.call("panel", "release", panel={"moves": {"smile": 0.5}})["success"]
    assert stranger.live({"smile": 1.0})["after"], "the visit goes on"


P1 = {"picture": "p1"}
WHOLE: dict[
    str, list[dict[str, Any]]
] = {  # what a page of ours may send; else as `_whole` makes it
    "stage": [{"frame": {"x": 0.5, "y": 0.5, "side": 1.0, "angle": 0.0}, "mask": ""}],
    "panel": [{"moves": {"smile": 1.0}, "picture": "p1", "node": 0, "turn": 1}],
    "library": [{"chosen": ["tiny:p1"], "moves": {"smile": 1.0}, "wish": {"what": "face"}}],
    "saving": [{"wish": {"what": what, "kind": "PNG"}} for what in ("photo", "face", "look")],
    "new-slider-sheet": [{"domain": "tiny", "marks": [], "hold": [], "kind": "pairs"}],
    "blend-panel": [{"from": [P1], "bases": [P1], "strengths": [50, 50, 50]}],
    "patch-panel": [{"source": P1, "on": [P1], "kind": "face", "offset": [0.0, 0.0], "steps": 1}],
    "animate-panel": [
        {"kind": "people", "tiles": [P1, P1], "gaps": [0.5, 0.5], "length": 1.0, "done": 0},
        {"kind": "change", "length": 0.5, "size": 16, "type": "GIF"},
        {"kind": "slider", "slider": "smile", "length": 0.5, "size": 16, "type": "GIF"},
    ],
}


def _whole(kind: Any) -> Any:
    """A value that fits a shape."""
    if isinstance(kind, dict):
        return {name: _whole(inner) for name, inner in kind.items()}
    if isinstance(kind, list):
        return [_whole(kind[0])]
    return {str: "x", bool: True, int: 0}.get(kind, 1)


def _with_nulls(value: dict[str, Any], shape: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The value with a null for each name of a shape, one at a time, however deep."""
    for name, kind in shape.items():
        yield {**value, name: None}
        inner = kind[0] if isinstance(kind, list) else kind
        if not isinstance(inner, dict) or not inner:
            continue
        given = value.get(name) or _whole(kind)
        given = given[0] if isinstance(kind, list) else given
        for one in _with_nulls(given, inner):
            yield {**value, name: [one] if isinstance(kind, list) else one}


@pytest.fixture
def shapes(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """What each component of the page sends, by its name on the page."""
    with gr.Blocks():
        components = [
            *(animate_panel(), blend_panel(), patch_panel(1), slider_panel({}), header({})),
            *(new_slider("new-slider-sheet"), save_dialog(), filmstrip({}), rail(), stage()),
            *(browser_storage(), panel_foot(), library_grid(), looks_row({})),
        ]
    files = Path(html_component.__file__).parent.glob("*.py")
    assert len(components) == len([one for one in files if one.stem[0] != "_"]) - 1
    seen: list[dict[str, Any]] = []
    with monkeypatch.context() as patched:  # the page that is served checks as ever
        patched.setattr(html_component, "read_record", lambda _, shape: seen.append(shape))
        for component in components:
            component.preprocess({})
    return dict(zip([str(one.elem_id) for one in components], seen, strict=True))


def test_a_null_is_as_what_was_not_sent(
    url: str, shapes: dict[str, dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    stranger, wrong = Stranger(url), []
    for item in stranger.config["dependencies"]:
        for name in {str(stranger.names.get(i)) for i in item["inputs"]} & shapes.keys():
            if not item["backend_fn"]:
                continue
            for whole in WHOLE.get(name) or [_whole(shapes[name])]:
                for value in _with_nulls(whole, shapes[name]):
                    said = error_of(stranger.run(item, **{name: value}))
                    if "nexpected" in said:
                        wrong.append((item["targets"], str(value)[:120], said[:80]))
    told = [str(one.exc_info[1]) for one in caplog.records if one.exc_info]
    assert not wrong, (wrong, told)


@pytest.mark.parametrize(("name", "value"), EVENTS)
def test_fields_of_gradio_get_a_sentence(url: str, name: str, value: Any) -> None:
    stranger = Stranger(url)
    for item in stranger.config["dependencies"]:
        if item["backend_fn"] and name in [stranger.names.get(i) for i in item["inputs"]]:
            assert "nexpected" not in error_of(stranger.run(item, **{name: value})), item["targets"]
