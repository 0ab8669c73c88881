"""Four visitors at work for an hour (HOUR_MINUTES: shorter); memory and temporary files stay bounded."""

from __future__ import annotations

import os
import random
import shutil
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.ui.driver import AFTER, ROOT, serving

MINUTES = float(os.environ.get("HOUR_MINUTES", "60"))


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
    environment = {"GRADIO_TEMP_DIR": str(cache)}
    with serving(root, tmp_path / "log.txt", environment=environment) as (url, process):
        pages = [_visitor(browser, url) for _ in range(4)]
        started = time.monotonic()
        while (spent := (time.monotonic() - started) / 60) < MINUTES:
            _round(pages[rounds % 4], rng.choice(photos), rng)
            rounds += 1
            if spent >= MINUTES / 12 and not early:
                early = _memory_mb(process.pid)
        late = _memory_mb(process.pid)
        files = sum(f.stat().st_size for f in cache.rglob("*") if f.is_file()) / 2**20
    print(f"{rounds} rounds: {early:.0f} MB, at the end {late:.0f} MB; files {files:.0f} MB")
    assert rounds >= 4
    assert late <= 1.2 * early
    assert files <= 10 * rounds


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
    page.click("#invert")
    page.wait_for_timeout(300)
    page.wait_for_selector("#status :text('Done')")
    for name in ("smile", "age", "glasses"):
        thumb = page.locator(f"#slider-{name} input")
        for _ in range(4):
            thumb.fill(str(round(rng.uniform(-2, 2), 1)))
            page.wait_for_timeout(60)
        thumb.dispatch_event("change")
        page.wait_for_timeout(400)
    page.click("#undo")
    page.wait_for_timeout(200)
    page.click("#redo")
    page.wait_for_timeout(200)
    with page.expect_download():
        page.click("#save-photo")
    page.click("role=tab[name=Interpolate]")
    page.wait_for_timeout(300)
    if page.locator("#path .card.on").count() < 2:
        for index in range(2):
            page.locator("#path .card").nth(index).click()
            page.wait_for_timeout(100)
    page.click("#path-make")
    page.wait_for_selector("#path-status :text('frames in')")
    with page.expect_download():
        page.click("#path-save")
    if page.locator("#history .node").count() > 55:
        page.click("role=tab[name=Library]")
        page.wait_for_timeout(300)
        for index in range(1, 6):
            page.locator("#library .card").nth(index).click()
            page.wait_for_timeout(60)
        page.click("#library-remove")
        page.wait_for_timeout(500)


def _memory_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise AssertionError("this system does not tell a process's memory")
