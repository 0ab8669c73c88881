"""The app as a process of its own, and a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from editor.packs.convert.run import Sources, convert_files
from tests.conftest import SHARED
from tests.reference.published import write_published
from tests.ui.driver import CHROMIUM, FLAGS, ROOT, complaints, opened, ready, served
from tests.ui.overlay_stage import harness as harness
from tests.ui.overlay_stage import stage as stage
from tests.ui.stranger import Stranger


@pytest.fixture(autouse=True)
def _strangers_leave() -> Iterator[None]:
    yield
    while Stranger.clients:
        Stranger.clients.pop().close()


@pytest.fixture(scope="session")
def root(tmp_path_factory) -> Path:
    """The shipped pack, and a small one of the published make with boundaries."""
    root = tmp_path_factory.mktemp("root")
    for folder in ("checkpoints", "boundaries"):
        shutil.copytree(ROOT / folder / "faces64", root / folder / "faces64")
    files = write_published(root / "files")
    np.save(root / "files" / "tilt.npy", np.random.default_rng(0).normal(size=(1, 16)))
    sources = Sources(
        "pub32",
        files / "generator.pth",
        files / "encoder.pth",
        boundaries=files,
        title="Published, 32 px",
        subject="scene",
    )
    list(convert_files(sources, root / "checkpoints", root / "boundaries"))
    return root


@pytest.fixture(scope="session")
def server(browser, tmp_path_factory, root: Path) -> Iterator[str]:
    with served(root, tmp_path_factory.mktemp("server") / "log.txt") as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    if CHROMIUM is None and not os.environ.get("REQUIRE_CHROMIUM"):
        pytest.skip("no Chromium was found: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def tab(server: str, browser) -> Iterator[Callable[..., object]]:
    """Open tabs, each of a visitor of its own; an error that a browser tells fails the test."""
    contexts, told = [], []

    def new(**options):
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        contexts.append(context)
        page = opened(context, None, 15_000)
        told.append(complaints(page))
        page.goto(server)
        ready(page)
        return page

    yield new
    for context in contexts:
        context.close()
    assert [one for each in told for one in each] == []


@pytest.fixture
def page(tab):
    return tab()


@pytest.fixture(scope="session")
def photo(tmp_path_factory, faces) -> Path:
    """A held-out photo, or a generated face where ../shared is absent."""
    path = tmp_path_factory.mktemp("photo") / "photo.jpg"
    archive = SHARED / "photos_unaligned.zip"
    if archive.exists():
        import zipfile

        with zipfile.ZipFile(archive) as file:
            name = min(n for n in file.namelist() if n.startswith("test/") and "json" not in n)
            path.write_bytes(file.read(name))
    else:
        faces.example(4).resize((300, 300)).save(path)
    return path
