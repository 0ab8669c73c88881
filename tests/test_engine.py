from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
import torch
from PIL import Image

from editor import Crop, Domains, Editor, InversionOptions
from tests.conftest import with_own, write_tiny_pack


@pytest.fixture
def counted(tiny: Editor, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for every synthesis of the tiny domain."""
    calls: list[int] = []
    synthesis = tiny.engine._synthesis

    def count(code: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        return synthesis(code)

    monkeypatch.setattr(tiny.engine, "_synthesis", count)
    return calls


def test_a_slider_in_the_whole_photo_costs_one_synthesis(tiny: Editor, counted: list[int]) -> None:
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 30, 3), np.uint8))
    edit = tiny.invert(photo, Crop(), InversionOptions(steps=1))
    tiny.paste(edit)
    counted.clear()
    moved = edit.move(smile=1.0)
    square, whole = tiny.render(moved), tiny.paste(moved)
    assert len(counted) == 1
    masked = moved.inside(torch.eye(16))
    tiny.paste(masked)
    tiny.render(masked)
    assert len(counted) == 1
    assert square.size == (16, 16)
    assert whole.size == photo.size


def test_what_is_kept_is_nobody_elses_to_change(tiny: Editor, counted: list[int]) -> None:
    code = tiny.sample(1).wp[None]
    first = tiny.engine.render(code)[0]
    before = first.tobytes()
    first.paste((255, 0, 0), (0, 0, 16, 16))
    assert tiny.engine.render(code)[0].tobytes() == before
    assert len(counted) == 1


def test_the_oldest_pictures_make_room(tiny: Editor, counted: list[int]) -> None:
    kept = tiny.engine._pictures
    kept.most = 3 * 3 * 16 * 16
    codes = torch.stack([tiny.sample(seed).wp for seed in range(5)])
    tiny.engine.render(codes)
    assert len(kept._kept) == 3
    counted.clear()
    tiny.engine.render(codes[2:])
    assert not counted
    tiny.engine.render(codes[:1])
    assert len(counted) == 1


def test_an_own_slider_shares_the_engine(tiny: Editor) -> None:
    own = with_own(tiny, tiny.sliders["age"])
    assert own.engine is tiny.engine
    edit = tiny.sample(0)
    assert edit.sliders is tiny.sliders
    tiny.add_sliders([tiny.sliders["smile"]])
    assert edit.sliders is not tiny.sliders, "an edit's sliders never change under it"


def test_opening_a_domain_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        write_tiny_pack(tmp_path, name)
    domains = Domains.at(tmp_path, "cpu")
    first, reading, go_on = domains.open("one"), Event(), Event()
    plain = Editor.open.__func__

    def slow(cls: type, name: str, *given: object, **named: object) -> Editor:
        reading.set()
        assert go_on.wait(20)
        return plain(cls, name, *given, **named)

    monkeypatch.setattr(Editor, "open", classmethod(slow))
    opening = Thread(target=domains.open, args=("two",))
    opening.start()
    assert reading.wait(20)
    found: list[Editor] = []
    other = Thread(target=lambda: found.append(domains.open("one")))
    other.start()
    other.join(5)
    assert found == [first]
    go_on.set()
    opening.join(20)
    assert domains.open("two").info.name == "two"


def test_names_that_nobody_has_are_not_kept(tmp_path: Path) -> None:
    write_tiny_pack(tmp_path, "one")
    domains = Domains.at(tmp_path, "cpu")
    for index in range(20):
        with pytest.raises(Exception, match="was not found"):
            domains.open(f"none{index}")
    assert not domains._opening
