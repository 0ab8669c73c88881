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

from tests.ui.driver import AFTER, ROOT, serving, slide
from tests.ui.test_hostile_client import attacked, memory_mb

MINUTES = float(os.environ.get("HOUR_MINUTES", "60"))
HOSTILE = os.environ.get("HOSTILE") == "1"


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
    page = browser.new_context(viewport={"width": 1000, "height": 800}).new_page()
    page.set_default_timeout(90_000)
    page.goto(url)
    page.wait_for_selector(f"{AFTER}[src]")
    page.click("text=Advanced")
    steps = page.get_by_label("Most steps")
    steps.fill("5")
    steps.press("Tab")
    page.click("text=Advanced")
    return page


def _round(page, photo: Path, rng: random.Random) -> None:
    """A photo inverted, sliders dragged, the result saved, a path made, pictures removed."""
    page.click("role=tab[name=Edit]")
    if page.locator("#photo [aria-label='Remove Image']").count():
        page.click("#photo [aria-label='Remove Image']")
    page.set_input_files("#photo input[type=file]", str(photo))
    page.wait_for_selector("#square .crop:not([hidden])")
    page.wait_for_timeout(300)
    _done(page, "#invert", "#status :text('Done')")
    for name in ("smile", "age", "glasses"):
        for index in range(4):
            slide(page, name, round(rng.uniform(-2, 2), 1), rests=index == 3)
            page.wait_for_timeout(60)
        page.wait_for_timeout(400)
    page.click("#undo")
    page.wait_for_timeout(200)
    page.click("#redo")
    page.wait_for_timeout(200)
    _saved(page, "#save-photo")
    page.click("role=tab[name=Interpolate]")
    page.wait_for_timeout(300)
    _done(page, "#path-make", "#path-status :text('frames in')", _choose_two)
    _saved(page, "#path-save")
    if page.locator("#filmstrip .picture").count() > 15:
        page.click("role=tab[name=Library]")
        page.evaluate(
            "import('/modules/page_state.js').then((m) => m.change({ place: 'library' }))"
        )
        page.wait_for_timeout(300)
        page.locator("#library .tile .go").nth(0).click()
        page.locator("#library .tile .go").nth(4).click(modifiers=["Shift"])
        page.keyboard.press("Delete")
        page.wait_for_timeout(500)


def _saved(page, button: str, patience_s: float = 300) -> None:
    """Press a button until a file comes: again after "busy"."""
    files: list[object] = []
    page.once("download", lambda file: files.append(file))
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        page.click(button)
        for _ in range(300):
            page.wait_for_timeout(300)
            if files:
                return
            if said := _said(page):
                print(f"{button}: {said}", flush=True)
                break
    raise AssertionError(f"{button} gave no file in {patience_s} s")


def _said(page) -> list[str]:
    """Messages that are shown, which are closed."""
    toasts = page.locator(".toast-body")
    said = [toasts.nth(i).inner_text() for i in range(toasts.count())]
    for _ in said:
        page.locator(".toast-close").first.click()
    if said:
        page.wait_for_timeout(3000)
    return said


def _choose_two(page) -> None:
    for index in range(2):
        card = page.locator("#path .card").nth(index)
        if "on" not in (card.get_attribute("class") or "").split():
            card.click()
            page.wait_for_timeout(300)


def _done(
    page, button: str, sign: str, prepare: Callable = lambda _: None, patience_s: float = 300
) -> None:
    """Press a button until its work is done: again after "busy", as a visitor would."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        prepare(page)
        page.wait_for_timeout(300)
        page.click(button)
        page.wait_for_timeout(300)
        page.locator(sign).or_(page.locator(".toast-body")).first.wait_for()
        if not (said := _said(page)):
            return
        print(f"{button}: {said}", flush=True)
    raise AssertionError(f"{button} was busy for {patience_s} s")


@contextmanager
def _nothing(_url: str, _seconds: float) -> Iterator[None]:
    yield
