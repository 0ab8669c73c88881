"""What a photo's second look finds belongs to the domain that looked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editor import Domains
from editor.photo.crop import Crop
from editor.session import Editor
from editor.ui.handlers import Handlers

SETTINGS = (3, 0.01, 1.0, 0.2, 2.0)
LARGE, SMALL, OTHER = Crop(0.25, 0.4, 0.4), Crop(0.75, 0.4, 0.1), Crop(0.7, 0.8, 0.1)


@pytest.fixture
def handlers(tiny_root: Path, monkeypatch: pytest.MonkeyPatch) -> Handlers:
    monkeypatch.setattr(Editor, "finds", property(lambda _: True))
    return Handlers(Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries"), "tiny")


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8)).save(path)
    return str(path)


def test_what_the_second_look_puts_in_the_place_of_another_counts(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, closer = [(LARGE, 1.0), (SMALL, 1.0)], [(LARGE, 1.0), (OTHER, 1.0)]
    monkeypatch.setattr(Editor, "find", lambda *_, **__: first)
    monkeypatch.setattr(Editor, "find_small", lambda *_: closer)
    visitor = handlers.first_visitor()
    *_, (visitor, *_) = handlers.take(visitor, {"given": {"path": photo}}, *SETTINGS)
    assert visitor.found_in(photo) == tuple(closer)


@pytest.mark.parametrize("sure", [True, False])
@pytest.mark.parametrize("while_", ["find", "find_small"])
def test_a_domain_that_is_opened_while_another_looks_knows_nothing_of_it(
    handlers: Handlers, photo: str, monkeypatch: pytest.MonkeyPatch, while_: str, sure: bool
) -> None:
    visitor = handlers.first_visitor()
    other = {**visitor.projects, "other": replace(visitor.project, domain="other")}

    def looks(name: str, found: list) -> None:
        def look(*_: object, **__: object) -> list:
            if name == while_:
                handlers.store.update(
                    visitor, lambda now: replace(now, domain="other", projects=other)
                )
            return found

        monkeypatch.setattr(Editor, name, look)

    chance = 1.0 if sure else 0.0
    looks("find", [(LARGE, chance)])
    looks("find_small", [(LARGE, chance), (SMALL, chance)])
    reading = handlers.take(visitor, {"given": {"path": photo}}, *SETTINGS)
    try:
        list(reading)
    except Exception:  # the other domain has no pack to draw the stage with
        reading.close()
    newest = handlers.store.newest(visitor)
    assert newest.domain == "other"
    assert newest.found_in(photo) == ()
    assert newest.waiting == ""
    assert newest.found["tiny", photo][0][0] == LARGE
