"""Four visitors at work for an hour (HOUR_MINUTES: shorter); memory and temporary files stay bounded.

HOSTILE=1 lets a hostile client attack all the while.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from tests.ui.driver import (
    ROOT,
    STAGE,
    give,
    go_to,
    in_state,
    most_steps,
    opened,
    serving,
    slide,
    until,
)
from tests.ui.test_hostile_client import attacked, memory_mb

MINUTES = float(os.environ.get("HOUR_MINUTES", "60"))
HOSTILE = os.environ.get("HOSTILE") == "1"
BAD = "#toasts .toast.bad, .toast-body"  # what did not work is told in
CLOSE = "#toasts .toast.bad [aria-label=Close], .toast-close"


@pytest.fixture
def photos(tmp_path: Path, faces) -> list[Path]:
    """Generated faces as photos of a telephone's shape."""
    made = []
    for seed in range(30):
        photo = Image.new("RGB", (900, 1200), (90, 110, 130))
        photo.paste(faces.example(2000 + seed).resize((640, 640)), (130, 200))
        made.append(tmp_path / f"photo{seed}.jpg")
        photo.save(made[-1], quality=92)
    return made


@pytest.mark.slow
def test_an_hour_of_four_visitors(browser, photos: list[Path], tmp_path: Path) -> None:
    root = tmp_path / "root"
    for folder in ("checkpoints", "boundaries"):
        shutil.copytree(ROOT / folder, root / folder)
    cache, rng, rounds, early = tmp_path / "cache", random.Random(0), 0, 0.0
    options = ("--files", str(cache), "--shared", *(("--max-jobs-client", "8") if HOSTILE else ()))
    beside = attacked if HOSTILE else _nothing
    with (
        serving(root, tmp_path / "log.txt", options=options) as (url, process),
        beside(url, 60 * MINUTES),
    ):
        pages = [_visitor(browser, url) for _ in range(4)]
        started = time.monotonic()
        while (spent := (time.monotonic() - started) / 60) < MINUTES:
            _round(pages[rounds % 4], rng.choice(photos), rng)
            rounds += 1
            if spent >= MINUTES / 12 and not early:
                early = memory_mb(process.pid)
        late = memory_mb(process.pid)
        files = sum(f.stat().st_size for f in cache.rglob("*") if f.is_file()) / 2**20
        print(f"{rounds} rounds: {early:.0f} MB, at the end {late:.0f} MB; files {files:.0f} MB")
    assert rounds >= 4
    assert late <= 1.2 * early
    assert files <= 10 * rounds + (900 if HOSTILE else 0)  # its quota, and what is on its way


def _visitor(browser, url: str):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = opened(context, url, 90_000)
    most_steps(page, 5)
    return page


def _round(page, photo: Path, rng: random.Random) -> None:
    """A photo read, sliders dragged, the result saved, a film made, pictures removed."""
    go_to(page, "edit")
    _done(page, lambda: _read(page, photo))
    for name in ("smile", "age", "glasses"):
        for index in range(4):
            slide(page, name, round(rng.uniform(-2, 2), 1), rests=index == 3)
            page.wait_for_timeout(60)
        page.wait_for_timeout(400)
    page.click("[data-act=undo]")
    page.wait_for_timeout(200)
    page.click("[data-act=redo]")
    page.wait_for_timeout(200)
    _done(page, lambda: _saved(page, "#header-bar [data-act=save]"))
    go_to(page, "animate")
    page.get_by_label("Before → after").check()
    _done(page, lambda: _saved(page, "#animate-place [data-part=export]:enabled"))
    if page.locator("#filmstrip .picture").count() > 15:
        go_to(page, "library")
        page.locator("#library .tile .go").nth(0).click()
        page.locator("#library .tile .go").nth(4).click(modifiers=["Shift"])
        page.keyboard.press("Delete")
        page.wait_for_timeout(500)


def _read(page, photo: Path) -> bool:
    """Open a photo. Whether it was read: one more picture is there."""
    there = page.locator("#filmstrip .picture").count()
    give(page, photo)
    if in_state(page, "frame", "done", "error") == "frame":
        page.click("#stage [data-send=release]")
        in_state(page, "done", "error")
    return bool(until(lambda: page.locator("#filmstrip .picture").count() > there, 5))


def _saved(page, button: str) -> bool:
    """Press a button. Whether a file came, before a message told of something else."""
    files: list[object] = []
    page.once("download", lambda file: files.append(file))
    page.click(button)
    for _ in range(300):
        page.wait_for_timeout(300)
        if files:
            return True
        if page.locator(BAD).count():
            return False
    return False


def _done(page, work: Callable[[], bool], patience_s: float = 300) -> None:
    """Do something until it is done: again after "busy", as a visitor would."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if work():
            return
        said = [page.locator(STAGE).inner_text(), *page.locator(BAD).all_inner_texts()]
        print(f"not yet: {said}", flush=True)
        for _ in range(page.locator(CLOSE).count()):
            page.locator(CLOSE).first.click()
        page.wait_for_timeout(3000)
    raise AssertionError(f"it was busy for {patience_s} s")


@contextmanager
def _nothing(_url: str, _seconds: float) -> Iterator[None]:
    yield
