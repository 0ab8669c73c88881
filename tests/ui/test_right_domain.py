"""A landscape dropped on faces, and a face dropped on landscapes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from editor import Domains
from editor.ui.handlers import Handlers
from editor.ui.right_domain import better_domain

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = (1, 0.01, 1.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def domains() -> Domains:
    return Domains("cpu", ROOT / "checkpoints", ROOT / "boundaries")


def _face_in_a_room(domains: Domains) -> Image.Image:
    room = Image.new("RGB", (900, 700), (120, 110, 100))
    room.paste(domains.open("faces64").example(4, 0.5).resize((320, 320)), (300, 180))
    return room


def test_a_face_given_as_a_landscape_is_for_faces(domains: Domains) -> None:
    scenes = domains.open("scenes128")
    assert better_domain(domains, scenes, _face_in_a_room(domains), False).startswith("faces")
    landscape = scenes.example(2).resize((600, 600))
    assert better_domain(domains, scenes, landscape, False) == ""


def test_what_is_no_face_is_for_landscapes(domains: Domains) -> None:
    faces = domains.open("faces64")
    landscape = domains.open("scenes128").example(2).resize((600, 600))
    assert better_domain(domains, faces, landscape, False).startswith("scenes")
    assert better_domain(domains, faces, landscape, True) == "", "it was sure of a face"


def test_the_photo_goes_along(domains: Domains, tmp_path: Path) -> None:
    path = tmp_path / "friend.png"
    _face_in_a_room(domains).save(path)
    handlers = Handlers(domains, "scenes128")
    visitor = handlers.first_visitor()
    *_, (visitor, stage, *_) = handlers.take(visitor, {"given": {"path": str(path)}}, *SETTINGS)
    assert stage["state"] == "done"
    assert stage["suggest"]["subject"] == "face"
    name = stage["suggest"]["domain"]
    visitor, domain, *settings = handlers.switch(visitor, {"domain": name})
    assert domain == visitor.domain == name
    assert settings[0] > 1, "the domain's own settings"
    *_, (visitor, stage, *_) = handlers.read_waiting(visitor, *SETTINGS)
    assert stage["state"] == "done"
    assert stage["name"] == "friend"
    assert stage["suggest"] is None
    assert visitor.waiting == ""
