"""Domains are kept within a budget of memory."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

from editor import DEFAULT_DOMAIN, Domains
from editor.errors import PackError, PackNotFoundError
from tests.conftest import write_tiny_pack


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("one", "two", "three"):
        write_tiny_pack(tmp_path, name)
    return tmp_path / "checkpoints", tmp_path / "boundaries"


def test_the_last_domains_are_kept(folders: tuple[Path, Path]) -> None:
    library = Domains("cpu", *folders)
    assert library.choices == [("Tiny", "one"), ("Tiny", "three"), ("Tiny", "two")]
    assert library.open("one") is library.open("one")
    assert library.open("two") is not library.open("one")
    with pytest.raises(PackNotFoundError):
        library.open("four")
    assert library.open("one").info.name == "one"


def test_what_the_budget_cannot_hold_is_released(folders: tuple[Path, Path]) -> None:
    size = Domains("cpu", *folders).open("one").engine.weight_bytes
    assert size > 1000
    library = Domains("cpu", *folders, budget_bytes=size)
    first, second = (
        weakref.ref(library.open(name).engine.pack.generator) for name in ("one", "two")
    )
    gc.collect()
    assert first() is not None
    library.open("three")
    gc.collect()
    assert first() is None
    assert second() is not None
    strict = Domains("cpu", *folders, budget_bytes=0)
    only = weakref.ref(strict.open("one").engine.pack.generator)
    strict.open("two")
    gc.collect()
    assert only() is None


def test_a_damaged_pack_is_not_offered(folders: tuple[Path, Path]) -> None:
    (folders[0] / "two" / "domain.json").write_text("{")
    assert [name for _, name in Domains("cpu", *folders).choices] == ["one", "three"]


def test_the_first_domain_is_the_default_where_it_is_there(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    assert Domains("cpu", *folders).first == "one"
    write_tiny_pack(tmp_path, DEFAULT_DOMAIN)
    assert Domains("cpu", *folders).first == DEFAULT_DOMAIN
    assert Domains("cpu").first == DEFAULT_DOMAIN
    with pytest.raises(PackError, match="no domain pack"):
        _ = Domains("cpu", tmp_path / "nothing", folders[1]).first
